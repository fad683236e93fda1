package email

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"skein/connectors"
)

// fromLine is a separator: "From ", a sender, a time of day and a year. A
// sentence that begins with "From" after an empty line is none (RFC 4155
// appendix A is what the better writers follow). Mozilla and its forebears may
// write a dash and nothing else.
var fromLine = lazy(`^From (?:.{0,400}\b\d{1,2}:\d{2}(:\d{2})?\b.{0,80}\b\d{4}\b|-[ \t]*\r?\n?$)`)

// ImportMbox brings in the mails of one mbox, as a stream: of the variants
// mboxo and mboxrd, a line that begins with one or more ">" and "From " loses
// one ">". Line ends become CRLF, as the mails had them on the wire, so that
// where a mail lay doesn't change what it is.
//
// Errors and repetition are as with [ImportEML]; in addition a file that isn't
// an mbox is an [inbox.Invalid].
func ImportMbox(ctx context.Context, r io.Reader, opt Options, emit func(connectors.Inbound) error) (Counts, error) {
	var counts Counts
	m := newMbox(r)
	defer m.mail.close()
	for {
		if err := ctx.Err(); err != nil {
			return counts, err
		}
		more, err := m.next()
		if err != nil {
			return counts, fmt.Errorf("import mail %d: %w", counts.Mails+1, err)
		}
		if m.found {
			if err := importOne(ctx, m.mail.readerAt(), m.mail.size, opt, &counts, emit); err != nil {
				return counts, fmt.Errorf("import mail %d: %w", counts.Mails+1, err)
			}
		}
		m.mail.close()
		if !more {
			return counts, nil
		}
	}
}

// An mboxReader cuts an mbox into mails.
type mboxReader struct {
	r     *bufio.Reader
	mail  spill
	found bool // mail holds one
	begun bool // the first separator was read
	blank bool // the last line was empty, or there was none
	owed  []byte
}

func newMbox(r io.Reader) *mboxReader {
	return &mboxReader{r: bufio.NewReaderSize(r, 64<<10), blank: true}
}

// next reads one mail into m.mail; more is false at the end.
func (m *mboxReader) next() (more bool, err error) {
	m.found = m.begun
	lineStart := true
	for {
		chunk, err := m.r.ReadSlice('\n')
		if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
			return false, err
		}
		whole := err == nil
		if lineStart && m.blank && fromLine().Match(chunk) {
			m.owed = nil // the empty line before a separator is part of it
			if !whole {
				if err := m.skipLine(); err != nil && err != io.EOF {
					return false, err
				}
			}
			m.begun, m.blank = true, false
			return true, nil
		}
		if lineStart && len(bytes.TrimRight(chunk, "\r\n")) > 0 && !m.begun {
			return false, invalid(`this is not an mbox: it does not begin with a "From " line`)
		}
		if len(chunk) > 0 && m.begun {
			if err := m.keep(chunk, lineStart); err != nil {
				return false, err
			}
		}
		if err == io.EOF {
			return false, nil
		}
		lineStart = whole
	}
}

func (m *mboxReader) skipLine() error {
	for {
		_, err := m.r.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// keep appends a line, or a piece of one, to the mail. An empty line is owed
// until it is known not to belong to a separator.
func (m *mboxReader) keep(chunk []byte, lineStart bool) error {
	if _, err := m.mail.Write(m.owed); err != nil {
		return err
	}
	m.owed = nil
	text, ended := bytes.CutSuffix(chunk, []byte("\n"))
	if ended {
		text = bytes.TrimSuffix(text, []byte("\r"))
	}
	m.blank = lineStart && ended && len(text) == 0
	if m.blank {
		m.owed = []byte("\r\n")
		return nil
	}
	if lineStart {
		if quoted := bytes.TrimLeft(text, ">"); len(quoted) < len(text) && bytes.HasPrefix(quoted, []byte("From ")) {
			text = text[1:]
		}
	}
	if _, err := m.mail.Write(text); err != nil {
		return err
	}
	if !ended {
		return nil
	}
	_, err := m.mail.Write([]byte("\r\n"))
	return err
}
