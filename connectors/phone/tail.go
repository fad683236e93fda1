package phone

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"
)

// A follower reads a growing file from a position on, whole lines only, through
// rotations: a file that was renamed is read to its end before the one that
// takes its place, and the rest of one that was emptied is looked for in its
// copy.
type follower struct {
	set  *Settings
	path string
	pos  position
	log  *slog.Logger
	// take publishes what lines say and stores the position. live says that
	// they are new.
	take func(ctx context.Context, words []word, pos position, live bool) error

	rec   *records
	file  *os.File
	ended bool  // the last look found the file renamed and read to its end
	known int64 // FreeSWITCH: what lies before was there at the last look
}

// run follows until ctx ends or the file can't be read.
func (f *follower) run(ctx context.Context) error {
	f.rec = newRecords(f.set, f.path)
	defer func() {
		if f.file != nil {
			_ = f.file.Close()
		}
	}()
	begun := f.pos
	if err := f.begin(); err != nil {
		return err
	}
	if f.pos != begun {
		if err := f.take(ctx, nil, f.pos, true); err != nil {
			return err
		}
	}
	tick := time.NewTicker(f.set.recheck)
	defer tick.Stop()
	for {
		if err := f.look(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// begin opens the file that the position is in.
func (f *follower) begin() error {
	if f.pos.Head == "" && !f.pos.CaughtUp && f.set.since.IsZero() {
		// A new account starts with what comes from now on.
		file, err := os.Open(f.path)
		if errors.Is(err, os.ErrNotExist) {
			f.pos.CaughtUp = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("open the file: %w", err)
		}
		f.file = file
		if err := f.skipAll(); err != nil {
			return err
		}
		return f.remember()
	}
	file, err := f.find()
	if err != nil || file == nil {
		return err
	}
	return f.open(file)
}

// skipAll passes over every whole line.
func (f *follower) skipAll() error {
	in := bufio.NewReaderSize(f.file, maxReader)
	for {
		l, err := readLine(in, f.pos.Line+1, false)
		if errors.Is(err, io.EOF) {
			f.pos.CaughtUp = true
			f.known = f.pos.Offset
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		f.pos.Line, f.pos.Offset = l.n, f.pos.Offset+l.size
	}
}

// open takes file up at the position: its headings, and what the lines before
// tell of those to come, are read again.
func (f *follower) open(file *os.File) error {
	f.file, f.ended = file, false
	if f.set.layout.headed() && f.pos.Offset > 0 {
		if rec, err := f.rec.read(bufio.NewReaderSize(io.NewSectionReader(file, 0, maxReader), maxReader), 1, false); err == nil && rec.err == nil {
			if err := f.rec.head(rec.cells); err != nil {
				return err
			}
		}
	}
	if f.set.layout.kind == FreeSWITCH && f.pos.Offset > 0 {
		from := max(0, f.pos.Offset-lookBack)
		in := bufio.NewReaderSize(io.NewSectionReader(file, from, f.pos.Offset-from), maxReader)
		for {
			rec, err := f.rec.read(in, 2, false)
			if err != nil {
				break
			}
			f.rec.learn(rec)
		}
	}
	return nil
}

// look reads what has come, and sees whether the file was put aside.
func (f *follower) look(ctx context.Context) error {
	for {
		if f.file == nil {
			file, err := f.find()
			if err != nil {
				return err
			}
			if file == nil {
				return nil // not there yet
			}
			if err := f.open(file); err != nil {
				return err
			}
		} else if !f.isThere(f.file) { // emptied in place, after a copy was made
			_ = f.file.Close()
			f.file = nil
			continue
		}
		if err := f.drain(ctx); err != nil {
			return err
		}
		if !f.pos.CaughtUp {
			f.pos.CaughtUp = true
			if err := f.take(ctx, nil, f.pos, true); err != nil {
				return err
			}
		}
		if !f.replaced() {
			f.ended = false
			return nil
		}
		// Whoever writes may have the old file open for a moment: one more look
		// before it is let go.
		if !f.ended {
			f.ended = true
			return nil
		}
		if err := f.drainAll(ctx); err != nil {
			return err
		}
		_ = f.file.Close()
		f.file, f.ended, f.known = nil, false, 0
		f.pos = position{CaughtUp: true}
		f.rec = newRecords(f.set, f.path)
		if err := f.take(ctx, nil, f.pos, true); err != nil {
			return err
		}
	}
}

// replaced reports whether another file stands in the open one's place.
func (f *follower) replaced() bool {
	now, err := os.Stat(f.path)
	if err != nil {
		return false // between two names
	}
	was, err := f.file.Stat()
	return err == nil && !os.SameFile(now, was)
}

// drain reads whole lines up to the file's end. FreeSWITCH's lines wait for one
// look more: a leg that was called is known by the line of the one that called,
// which may come after its own.
func (f *follower) drain(ctx context.Context) error {
	info, err := f.file.Stat()
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	until := info.Size()
	if f.set.layout.kind == FreeSWITCH {
		until, f.known = f.known, until
		if !f.pos.CaughtUp {
			until = f.known
		}
	}
	return f.readTo(ctx, until, f.file)
}

func (f *follower) drainAll(ctx context.Context) error {
	info, err := f.file.Stat()
	if err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	return f.readTo(ctx, info.Size(), f.file)
}

// readTo takes the whole lines that begin before until.
func (f *follower) readTo(ctx context.Context, until int64, file *os.File) error {
	if f.pos.Offset >= until {
		return nil
	}
	if f.set.layout.kind == FreeSWITCH {
		in := bufio.NewReaderSize(io.NewSectionReader(file, f.pos.Offset, 1<<60), maxReader)
		for {
			rec, err := f.rec.read(in, 2, false)
			if err != nil {
				break
			}
			f.rec.learn(rec)
		}
	}
	in := bufio.NewReaderSize(io.NewSectionReader(file, f.pos.Offset, 1<<60), maxReader)
	var words []word
	flush := func() error {
		if err := f.remember(); err != nil {
			return err
		}
		err := f.take(ctx, words, f.pos, f.pos.CaughtUp)
		words = nil
		return err
	}
	lines := 0
	for f.pos.Offset < until {
		rec, err := f.rec.read(in, f.pos.Line+1, false)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read line %d: %w", f.pos.Line+1, err)
		}
		f.pos.Line, f.pos.Offset = rec.line.n+rec.lines()-1, f.pos.Offset+rec.line.size
		if w, ok, err := f.word(rec); err != nil {
			return err
		} else if ok {
			words = append(words, w)
		}
		if lines++; lines%maxBatch == 0 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if lines == 0 {
		return nil
	}
	return flush()
}

// word is what one record says, if it says anything to us.
func (f *follower) word(rec record) (w word, ok bool, err error) {
	if rec.err == nil && (len(rec.cells) == 0 || len(rec.cells) == 1 && rec.cells[0] == "") {
		return w, false, nil
	}
	if f.set.layout.headed() && f.rec.headings == nil {
		if rec.err != nil {
			return w, false, invalid("the headings of %s can't be read: %v", f.rec.name, rec.err)
		}
		return w, false, f.rec.head(rec.cells)
	}
	w, ok, err = f.rec.word(rec)
	if err != nil {
		f.log.Warn("a line can't be read", "line", rec.line.n, "error", err)
		w, ok = f.rec.broken(rec, err), true
	}
	if !f.pos.CaughtUp && !w.at.IsZero() && w.at.Before(f.set.since) {
		return w, false, nil
	}
	return w, ok, nil
}
