package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"skein/connectors"
)

// Counts say what an import did. Every mail that was found is either emitted
// or named in Problems.
type Counts struct {
	Mails    int      // emitted
	Bytes    int64    // of raw mail
	Failed   int      // files that could not be opened or read
	Problems []string // about the failed ones; at most maxFailures
}

const maxFailures = 100

func (c *Counts) failed(path string, err error) {
	c.Failed++
	if len(c.Problems) < maxFailures {
		c.Problems = append(c.Problems, path+": "+err.Error())
	}
}

// ImportEML brings in mails that are one file each. A folder is taken with all
// the files below it, in order of their names; hidden files and folders are
// passed over. A file that can't be read is counted and the next one taken; an
// error is emit's, opt.Store's or ctx's alone, and the import can be run again:
// what was emitted before has the same event ids.
//
// opt.Store takes the bodies that are too large for an item.
func ImportEML(ctx context.Context, paths []string, opt Options, emit func(connectors.Inbound) error) (Counts, error) {
	var counts Counts
	take := func(path string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			counts.failed(path, err)
			return nil
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil || !info.Mode().IsRegular() {
			counts.failed(path, errors.New("not a file"))
			return nil
		}
		// A file that can't be read to its end would pass for a shorter mail.
		if n, err := io.Copy(io.Discard, file); err != nil || n != info.Size() {
			counts.failed(path, fmt.Errorf("read %d of %d bytes: %w", n, info.Size(), errors.Join(err, ctx.Err())))
			return nil
		}
		return importOne(ctx, file, info.Size(), opt, &counts, emit)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			counts.failed(path, err)
			continue
		}
		if !info.IsDir() {
			if err := take(path); err != nil {
				return counts, fmt.Errorf("import %s: %w", path, err)
			}
			continue
		}
		err = filepath.WalkDir(path, func(p string, e fs.DirEntry, err error) error {
			hidden := p != path && strings.HasPrefix(filepath.Base(p), ".")
			switch {
			case err != nil:
				counts.failed(p, err)
				return nil
			case e.IsDir() && hidden:
				return filepath.SkipDir
			case !e.Type().IsRegular() || hidden:
				return nil
			}
			if err := take(p); err != nil {
				return fmt.Errorf("import %s: %w", p, err)
			}
			return nil
		})
		if err != nil {
			return counts, err
		}
	}
	return counts, nil
}

// importOne makes an item of one mail and emits it.
func importOne(ctx context.Context, raw io.ReaderAt, size int64, opt Options, counts *Counts, emit func(connectors.Inbound) error) error {
	store := opt.Store
	opt.Store = inlineStore(store)
	if opt.Lane == "" {
		opt.Lane = connectors.LaneBulk
	}
	if opt.ReceivedAt.IsZero() {
		opt.ReceivedAt = time.Now()
	}
	item, err := makeItem(ctx, raw, size, opt)
	if err != nil {
		return err
	}
	if err := emit(item); err != nil {
		return err
	}
	counts.Mails++
	counts.Bytes += size
	return nil
}

// A spill is a writer that keeps what it gets in memory, and in a file when it
// is more than inMemory. It reads back as a whole.
type spill struct {
	mem  bytes.Buffer
	file *os.File
	size int64
}

func (s *spill) Write(p []byte) (int, error) {
	if s.file == nil && s.mem.Len()+len(p) > inMemory {
		file, err := os.CreateTemp("", "skein-mail-*")
		if err != nil {
			return 0, err
		}
		_ = os.Remove(file.Name())
		s.file = file
		if _, err := file.Write(s.mem.Bytes()); err != nil {
			return 0, err
		}
		s.mem = bytes.Buffer{}
	}
	s.size += int64(len(p))
	if s.file != nil {
		return s.file.Write(p)
	}
	return s.mem.Write(p)
}

func (s *spill) readerAt() io.ReaderAt {
	if s.file != nil {
		return s.file
	}
	return bytes.NewReader(s.mem.Bytes())
}

func (s *spill) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
		s.file = nil
	}
	s.mem.Reset()
	s.size = 0
}
