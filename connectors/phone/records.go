package phone

import (
	"bufio"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"time"
)

// Records read a file of one account in order. What they remember is the
// headings of its first line, and of FreeSWITCH's files which leg belongs to
// which call: those lines name only what they were connected to.
type records struct {
	set      *Settings
	layout   *Layout
	name     string // of the file, as people know it
	headings map[string]int
	joined   map[string]string // leg to the leg that its call began with
}

func newRecords(set *Settings, path string) *records {
	return &records{set: set, layout: set.layout, name: filepath.Base(path), joined: map[string]string{}}
}

// A record is a line, or several that one quoted field spans, and what they say.
type record struct {
	line  line
	cells []string
	err   error // why it can't be taken apart
}

// lines is how many lines of the file it is.
func (r record) lines() int { return 1 + strings.Count(r.line.text, "\n") }

// read takes the next record. io.EOF means that there is no whole one.
func (r *records) read(in *bufio.Reader, n int, whole bool) (record, error) {
	l, err := readLine(in, n, whole)
	if err != nil {
		return record{}, err
	}
	if l.long {
		return record{line: l, err: invalid("it has more than %d bytes", maxLine)}, nil
	}
	text := l.text
	if r.layout.kind == FreeSWITCH {
		if from, found := strings.CutPrefix(text, "INSERT INTO cdr VALUES ("); found {
			text = strings.TrimSuffix(strings.TrimRight(from, " ;"), ")")
		}
	}
	row, open, err := cells(text, r.layout.delimiter())
	if err == nil || !open {
		return record{line: l, cells: row, err: err}, nil
	}
	// A quoted field may go on in the next lines: only when they mend it are
	// they taken, so that one stray quote costs one line. They are looked at
	// and left where they are.
	joined, size := text, 0
	for range maxJoined {
		more, e := in.Peek(min(in.Size(), size+4096))
		if e != nil && !errors.Is(e, io.EOF) && !errors.Is(e, bufio.ErrBufferFull) {
			break
		}
		next, _, found := strings.Cut(string(more[min(size, len(more)):]), "\n")
		if !found {
			break
		}
		size += len(next) + 1
		joined += "\n" + strings.TrimSuffix(next, "\r")
		if row, open, e := cells(joined, r.layout.delimiter()); e == nil {
			if _, discarded := in.Discard(size); discarded != nil {
				break
			}
			l.text, l.size = joined, l.size+int64(size)
			return record{line: l, cells: row}, nil
		} else if !open {
			break
		}
	}
	return record{line: l, err: err}, nil
}

// head takes a line of headings.
func (r *records) head(cells []string) error {
	r.headings = map[string]int{}
	for i, c := range cells {
		if _, has := r.headings[heading(c)]; !has {
			r.headings[heading(c)] = i
		}
	}
	for _, field := range []string{"start", "from", "to"} {
		column := r.layout.Columns[field]
		if _, has := r.headings[heading(column)]; column != "" && !has && !isCount(column) {
			return invalid("%s has no column %q, which should hold %s", r.name, column, field)
		}
	}
	return nil
}

func isCount(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// maxJoins bounds what is remembered of legs.
const maxJoins = 100_000

// learn notes what a line says of other lines.
func (r *records) learn(rec record) {
	if r.layout.kind != FreeSWITCH || rec.err != nil {
		return
	}
	c := r.channel(rec.cells)
	if c["uuid"] == "" || c["bleg_uuid"] == "" {
		return
	}
	if len(r.joined) >= maxJoins {
		clear(r.joined)
	}
	r.joined[c["bleg_uuid"]] = c["uuid"]
}

func (r *records) channel(cells []string) channel {
	c := channel{}
	for i, name := range r.layout.names {
		if i < len(cells) {
			c[name] = strings.TrimSpace(cells[i])
		}
	}
	return c
}

// word is what a record says. ok is false for what is no customer's call; err
// says why nothing can be made of it.
func (r *records) word(rec record) (w word, ok bool, err error) {
	switch {
	case rec.err != nil:
		return w, false, rec.err
	case r.layout.kind == Asterisk:
		c, err := readCDR(rec.cells)
		if err != nil {
			return w, false, err
		}
		if t, good := readTime(c.start, r.set.zone, time.Time{}); !good || t.IsZero() {
			return w, false, invalid("%q is no time that can be read", c.start)
		}
		w, ok = r.set.cdrWord(c)
	case r.layout.kind == FreeSWITCH:
		c := r.channel(rec.cells)
		if len(rec.cells) < 8 || !uuidShape.MatchString(c["uuid"]) {
			return w, false, invalid("it has %d columns and no uuid where the template has one", len(rec.cells))
		}
		if root := r.joined[c["uuid"]]; root != "" {
			c["call_uuid"] = root
		}
		w, ok = r.set.channelWord(c)
	default:
		fields, err := r.layout.pick(rec.cells, r.headings)
		if err != nil {
			return w, false, err
		}
		w, ok, err = r.set.rowWord(r.layout, fields, rec.line.text)
		if err != nil {
			return w, false, err
		}
	}
	w.raw = []byte(rec.line.text)
	return w, ok, nil
}

// broken is a word on a line of which nothing can be made.
func (r *records) broken(rec record, err error) word {
	w := unreadable("line "+itoa(rec.line.n)+" of "+r.name+": "+strings.TrimSuffix(err.Error(), "."), []byte(rec.line.text))
	w.event = "line/" + sum(r.name, rec.line.text)
	return w
}
