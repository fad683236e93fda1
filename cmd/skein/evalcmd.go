package main

import (
	"context"
	"errors"
	"flag"

	"skein/cmd/skein/eval"
)

// evalCommand measures this build against a folder of cases. Flags may stand on
// either side of the folder.
func evalCommand(ctx context.Context, e *env) error {
	fs := flag.NewFlagSet("skein eval", flag.ContinueOnError)
	fs.SetOutput(e.stdout)
	cfg := eval.Config{Out: e.stdout}
	fs.BoolVar(&cfg.JSON, "json", false, "print one JSON object a row")
	fs.BoolVar(&cfg.Misses, "misses", false, "print each case that came out wrong, too")
	fs.StringVar(&cfg.Only, "only", "", "measure only the parts whose name begins with `word`")
	var dirs []string
	for args := e.args; ; {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return err
			}
			return &usageError{err.Error()}
		}
		if fs.NArg() == 0 {
			break
		}
		dirs, args = append(dirs, fs.Arg(0)), fs.Args()[1:]
	}
	if len(dirs) != 1 {
		return &usageError{"skein eval needs one folder of cases: skein eval DIR"}
	}
	cfg.Dir = dirs[0]
	return eval.Run(ctx, cfg)
}
