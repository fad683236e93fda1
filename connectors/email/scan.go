package email

import (
	"bufio"
	"bytes"
	"context"
	"io"
)

// pieceSize bounds a line in memory: a longer one comes in pieces.
const pieceSize = 64 << 10

// A scanner reads a mail line by line. A line ends in CRLF, in LF or, in a mail
// that has no LF at all, in CR. Every byte comes out again: data and ends,
// joined, are the mail.
type scanner struct {
	ctx    context.Context
	src    io.ReaderAt
	size   int64
	in     *bufio.Reader
	cr     bool  // CR alone ends a line
	off    int64 // where the line that next returns begins
	cur    line
	again  bool // next returns cur once more
	middle bool // cur left its line unfinished
	err    error
}

// A line, or a piece of one. Its data is good until the next call.
type line struct {
	data  []byte
	end   string // "\r\n", "\n", "\r" or, within a long line and at the end, ""
	start bool   // data begins a line
	off   int64
}

func newScanner(ctx context.Context, src io.ReaderAt, size int64) *scanner {
	s := &scanner{ctx: ctx, src: src, size: size, in: bufio.NewReaderSize(nil, pieceSize)}
	s.seek(0)
	head, _ := s.in.Peek(pieceSize)
	s.cr = bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0
	return s
}

// seek continues at offset off, which begins a line.
func (s *scanner) seek(off int64) {
	s.in.Reset(io.NewSectionReader(s.src, off, s.size-off))
	s.off, s.again, s.middle, s.cur = off, false, false, line{}
}

// next returns the next line; ok is false at the end of the mail, when reading
// fails and when the context ends.
func (s *scanner) next() (l line, ok bool) {
	if s.again {
		s.again = false
		s.off = s.cur.off + int64(len(s.cur.data)+len(s.cur.end))
		return s.cur, true
	}
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err != nil {
		return line{}, false
	}
	delim := byte('\n')
	if s.cr {
		delim = '\r'
	}
	b, err := s.in.ReadSlice(delim)
	if len(b) == 0 {
		if err != io.EOF {
			s.err = err
		}
		return line{}, false
	}
	l = line{data: b, start: !s.middle, off: s.off}
	s.off += int64(len(b))
	switch {
	case bytes.HasSuffix(b, []byte("\r\n")):
		l.data, l.end = b[:len(b)-2], "\r\n"
	case b[len(b)-1] == delim:
		l.data, l.end = b[:len(b)-1], string(delim)
	}
	s.middle = l.end == ""
	s.cur = l
	return l, true
}

// unread makes next return the last line again.
func (s *scanner) unread() {
	s.again = true
	s.off = s.cur.off
}

// peek shows what follows the last line, up to n bytes. It moves the buffer: of
// the last line only what unread gives back is good afterwards.
func (s *scanner) peek(n int) []byte {
	s.cur.data = bytes.Clone(s.cur.data)
	b, _ := s.in.Peek(n)
	return b
}
