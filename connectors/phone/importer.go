package phone

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"skein/connectors"
)

// Counts say what an import did. Every line that was found is a call, one among
// ourselves, or named in Broken.
type Counts struct {
	Calls  int // words on calls, one a line
	Inside int // lines on calls among ourselves: nobody's
	Broken []Broken
	Failed int // broken lines, of which Broken has the first
}

// A Broken is a line that could not be taken.
type Broken struct {
	Line   int // counted from 1
	Reason string
}

const maxBroken = 100

// ImportCSV brings in the calls of a file of account, whose settings say what is
// in its columns. A line that can't be read is named by its number and the next
// one taken; an error is emit's or ctx's, or says that the file can't be read or
// has not the columns that the settings name. It can be run again: what was
// emitted before has the same event ids.
func ImportCSV(ctx context.Context, path string, account connectors.Account, emit func(connectors.Inbound) error) (Counts, error) {
	var counts Counts
	set, err := ParseSettings(account)
	if err != nil {
		return counts, err
	}
	if set.layout == nil {
		return counts, invalid("account %s is %s and no csv, asterisk or freeswitch account: it says not what is in the columns of a file", account.ID, set.Provider)
	}
	file, err := os.Open(path)
	if err != nil {
		return counts, invalid("%v", err)
	}
	defer file.Close()
	rec := newRecords(set, path)
	if set.layout.kind == FreeSWITCH { // what a line says of others first
		if err := eachRecord(ctx, file, rec, func(r record) error { rec.learn(r); return nil }); err != nil {
			return counts, err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return counts, fmt.Errorf("read %s again: %w", path, err)
		}
	}
	now := time.Now()
	err = eachRecord(ctx, file, rec, func(r record) error {
		if r.err == nil && (len(r.cells) == 0 || len(r.cells) == 1 && r.cells[0] == "") {
			return nil
		}
		if set.layout.headed() && rec.headings == nil {
			if r.err != nil {
				return invalid("the headings of %s can't be read: %v", rec.name, r.err)
			}
			return rec.head(r.cells)
		}
		w, ok, err := rec.word(r)
		switch {
		case err != nil:
			if counts.Failed++; len(counts.Broken) < maxBroken {
				counts.Broken = append(counts.Broken, Broken{r.line.n, err.Error()})
			}
			return nil
		case !ok:
			counts.Inside++
			return nil
		}
		in := w.item(hashed(w.raw))
		in.Account, in.Lane, in.ReceivedAt = account.ID, connectors.LaneBulk, now
		if err := emit(in); err != nil {
			return fmt.Errorf("line %d: %w", r.line.n, err)
		}
		counts.Calls++
		return nil
	})
	return counts, err
}

func eachRecord(ctx context.Context, file io.Reader, rec *records, each func(record) error) error {
	in := bufio.NewReaderSize(file, maxReader)
	for n := 1; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := rec.read(in, n, true)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read line %d: %w", n, err)
		}
		if err := each(r); err != nil {
			return err
		}
		n += r.lines()
	}
}
