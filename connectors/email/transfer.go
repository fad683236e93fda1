package email

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045 section 6). It
// never fails: what is no part of the encoding is passed over or passed on, as
// the encoding allows, and damage is told through bad.
func decodeTransfer(encoding string, r io.Reader, bad *bool) io.Reader {
	switch strings.ToLower(strings.Trim(encoding, " \t\"';.")) {
	case "base64", "base-64", "b64":
		return &base64Reader{in: bufio.NewReader(r), bad: bad}
	case "quoted-printable", "quotedprintable", "qp":
		return &quotedReader{in: bufio.NewReaderSize(r, 32<<10), bad: bad}
	case "x-uuencode", "uuencode", "x-uue", "uue":
		return &uuReader{in: bufio.NewReaderSize(r, 32<<10)}
	}
	return r
}

// base64Reader decodes base64 with anything between: line ends, blanks, stray
// bytes, padding in the middle where two encodings were joined.
type base64Reader struct {
	in   *bufio.Reader
	bad  *bool
	quad [4]byte
	n    int
	buf  [3072]byte
	out  []byte
	err  error
}

func (d *base64Reader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		d.fill()
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

func (d *base64Reader) fill() {
	out := d.buf[:]
	w := 0
	for w+3 <= len(out) {
		c, err := d.in.ReadByte()
		if err != nil {
			w += d.flush(out[w:], false)
			d.err = err
			break
		}
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			d.quad[d.n] = c
			if d.n++; d.n == 4 {
				_, _ = base64.StdEncoding.Decode(out[w:], d.quad[:])
				w, d.n = w+3, 0
			}
		case c == '=':
			full := d.n == 3
			w += d.flush(out[w:], true)
			if next, err := d.in.Peek(1); err == nil && next[0] == '=' {
				_, _ = d.in.Discard(1)
				full = true
			}
			// What follows the end on its line is no base64.
			for full {
				if c, err := d.in.ReadByte(); err != nil || c == '\n' || c == '\r' {
					break
				} else if c > ' ' {
					*d.bad = true
				}
			}
		case c > ' ':
			*d.bad = true
		}
	}
	d.out = out[:w]
}

// flush decodes an unfinished group of two or three digits.
func (d *base64Reader) flush(out []byte, padded bool) int {
	n := 0
	if d.n > 1 {
		n, _ = base64.RawStdEncoding.Decode(out, d.quad[:d.n])
		// A group with dirty rest bits does not decode at its end.
		if n < d.n-1 {
			q := [4]byte{d.quad[0], d.quad[1], 'A', 'A'}
			if d.n == 3 {
				q[2] = d.quad[2]
			}
			var b [3]byte
			_, _ = base64.StdEncoding.Decode(b[:], q[:])
			n = copy(out, b[:d.n-1])
		}
	}
	if d.n == 1 || d.n > 0 && !padded {
		*d.bad = true
	}
	d.n = 0
	return n
}

// quotedReader decodes quoted-printable (RFC 2045 section 6.7). A "=" that
// begins no escape stays as it is.
type quotedReader struct {
	in  *bufio.Reader
	bad *bool
	out []byte
	buf []byte
	err error
}

func (d *quotedReader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		var b []byte
		b, d.err = d.in.ReadSlice('\n')
		if d.err == bufio.ErrBufferFull {
			d.err = nil
			// An escape must not be cut in two.
			if i := bytes.LastIndexByte(b, '='); i > 0 && i > len(b)-3 {
				rest := append([]byte(nil), b[i:]...)
				b = append([]byte(nil), b[:i]...)
				d.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(rest), d.in), 32<<10)
			}
		}
		d.buf = unquote(d.buf[:0], b, d.bad)
		d.out = d.buf
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

// unquote appends the decoded form of one line to dst.
func unquote(dst, b []byte, bad *bool) []byte {
	end := []byte(nil)
	if n := len(b); n > 0 && b[n-1] == '\n' {
		end = b[n-1:]
		if n > 1 && b[n-2] == '\r' {
			end = b[n-2:]
		}
		b = bytes.TrimRight(b[:n-len(end)], " \t") // RFC 2045 section 6.7 (3)
		if bytes.HasSuffix(b, []byte("=")) {
			b, end = b[:len(b)-1], nil
		}
	}
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			dst = append(dst, b[i])
			continue
		}
		if i+2 < len(b) {
			hi, lo := unhex(b[i+1]), unhex(b[i+2])
			if hi >= 0 && lo >= 0 {
				dst = append(dst, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		if i+1 < len(b) && b[i+1] == '\r' { // a soft break in a mail of CR line ends
			i++
			continue
		}
		if i == len(b)-1 && end == nil { // a soft break at the very end
			continue
		}
		*bad = true
		dst = append(dst, '=')
	}
	return append(dst, end...)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// uuReader decodes one uuencoded file.
type uuReader struct {
	in    *bufio.Reader
	begun bool
	out   []byte
	err   error
}

func (d *uuReader) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err != nil {
			return 0, d.err
		}
		var b []byte
		b, d.err = d.in.ReadSlice('\n')
		if d.err == bufio.ErrBufferFull {
			d.err = nil
		}
		b = bytes.TrimRight(b, "\r\n")
		switch {
		case !d.begun:
			d.begun = bytes.HasPrefix(b, []byte("begin "))
		case string(b) == "end":
			d.err = io.EOF
		default:
			d.out = uuLine(b)
		}
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	return n, nil
}

// uuLine decodes one line of a uuencoded file; nil when it is none.
func uuLine(b []byte) []byte {
	if len(b) < 2 || b[0] < ' ' || b[0] > '`' {
		return nil
	}
	want := int(b[0]-' ') & 63
	out := make([]byte, 0, want+2)
	for b = b[1:]; len(out) < want && len(b) > 0; {
		var q [4]byte
		for i := range q {
			if i < len(b) {
				q[i] = (b[i] - ' ') & 63
			}
		}
		out = append(out, q[0]<<2|q[1]>>4, q[1]<<4|q[2]>>2, q[2]<<6|q[3])
		b = b[min(4, len(b)):]
	}
	return out[:min(want, len(out))]
}

// looksBase64 reports whether b, up to a boundary, can be base64 that somebody
// damaged rather than text that nobody encoded.
func looksBase64(b []byte) bool {
	if i := bytes.Index(b, []byte("\n--")); i >= 0 {
		b = b[:i]
	}
	if bytes.HasPrefix(b, []byte("--")) {
		return true
	}
	good, other := 0, 0
	for _, c := range b {
		switch {
		case isAlnum(c), c == '+', c == '/', c == '=':
			good++
		case c == '\r', c == '\n':
		default:
			other++
		}
	}
	return other*20 <= good || good+other < 16
}
