// Package eval measures Skein against cases whose answers are known: real mail,
// replies, bounces and the like from other projects' test suites, in one folder
// that is handed to it.
//
// It runs the very code that the connectors and the threading service run, and
// counts. A part whose file or folder is absent is passed over, a case that
// can't be read counts as wrong, and a wrong answer is a figure, never an
// error. The package holds no case of its own and writes nothing to the folder.
package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"skein/inbox"
)

// Config says what to measure and how to show it.
type Config struct {
	Dir    string // the folder of cases
	Only   string // measure the parts whose name begins so; "" is all
	JSON   bool   // one object a row instead of a table
	Misses bool   // also every case that came out wrong
	Out    io.Writer
}

// A Part measures one kind of answer.
type Part struct {
	Name string // one word, unique
	Dir  string // the file or folder below Config.Dir that it reads
	// Run opens rows of r and checks cases in them. dir is the path of Dir. An
	// error means that the cases themselves can't be read.
	Run func(ctx context.Context, dir string, r *Reporter) error
}

// Run measures every part whose cases are there and prints each as it is done.
// A part whose cases can't be read doesn't keep the others from being measured;
// the error tells of it.
func Run(ctx context.Context, cfg Config) error {
	if info, err := os.Stat(cfg.Dir); err != nil || !info.IsDir() {
		return &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("%s is not a folder", cfg.Dir)}
	}
	r := newReporter(cfg)
	var failed error
	for _, p := range parts() {
		if !strings.HasPrefix(p.Name, cfg.Only) {
			continue
		}
		dir := filepath.Join(cfg.Dir, filepath.FromSlash(p.Dir))
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := p.Run(ctx, dir, r); err != nil {
			failed = errors.Join(failed, fmt.Errorf("measure %s: %w", p.Name, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := r.flush(); err != nil {
			return err
		}
	}
	if r.printed == 0 && failed == nil {
		return &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("%s holds nothing that is measured", cfg.Dir)}
	}
	return failed
}
