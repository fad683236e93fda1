package phone

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// What a line may be, in bytes, and how many a quoted field may span.
const (
	maxLine   = 64 << 10
	maxJoined = 5
)

// A line is one that was read: its text without the line's end, where it is, and
// how many bytes are behind once it is done with.
type line struct {
	text string
	n    int
	size int64 // with its end, and with what is thrown away of one that is too long
	long bool
}

// readLine reads one whole line. A last one without an end is none yet, unless
// the file won't grow: whole says so.
func readLine(r *bufio.Reader, n int, whole bool) (l line, err error) {
	l.n = n
	var text []byte
	for {
		part, err := r.ReadSlice('\n')
		l.size += int64(len(part))
		if len(text)+len(part) <= maxLine {
			text = append(text, part...)
		} else {
			l.long = true
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) && whole && l.size > 0 {
			err = nil
		}
		if err != nil {
			return l, err
		}
		break
	}
	l.text = strings.TrimRight(string(text), "\r\n")
	if n == 1 {
		l.text = strings.TrimPrefix(l.text, "\uFEFF")
	}
	if !utf8.ValidString(l.text) { // an old spreadsheet's
		l.text = latin1(l.text)
	}
	return l, nil
}

func latin1(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// cells takes one line apart. open reports that a quoted field goes on in the
// next one.
func cells(text string, delimiter rune) (row []string, open bool, err error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = delimiter, -1, true
	row, err = r.Read()
	if err != nil {
		open = errors.Is(err, csv.ErrQuote) && strings.Count(text, `"`)%2 == 1
		var parse *csv.ParseError
		if errors.As(err, &parse) {
			err = fmt.Errorf("its quotes don't match")
			if errors.Is(parse.Err, csv.ErrBareQuote) {
				err = fmt.Errorf("it has a quote in the middle of a field")
			}
		}
		return nil, open, err
	}
	return row, false, nil
}
