package chat

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"skein/inbox"
)

const (
	scanDial  = 5 * time.Second
	scanTime  = 2 * time.Minute
	scanChunk = 64 << 10
)

// scanner copies a file to a clamd while it is read, by its INSTREAM command
// (clamd(8)): chunks with their length in four bytes, the last of length 0. The
// verdict comes at the end. One that can't be had is no good verdict.
type scanner struct {
	conn net.Conn
	err  error
}

// dialScanner connects to clamd at address, host:port or unix:/path.
func dialScanner(ctx context.Context, address string) (*scanner, error) {
	network, at := "tcp", address
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, at = "unix", path
	}
	conn, err := (&net.Dialer{Timeout: scanDial}).DialContext(ctx, network, at)
	if err == nil {
		_ = conn.SetDeadline(time.Now().Add(scanTime))
		_, err = conn.Write([]byte("zINSTREAM\x00"))
	}
	if err != nil {
		if conn != nil {
			_ = conn.Close()
		}
		return nil, scanAway(err)
	}
	return &scanner{conn: conn}, nil
}

func scanAway(err error) error {
	return fmt.Errorf("scan file: %w: %w", &inbox.Error{Code: inbox.Unavailable, Message: "files can't be checked just now: try again in a while"}, err)
}

// Write implements io.Writer. What fails is told by verdict: the file is read to
// its end whatever the scanner does, so that it says what it found.
func (s *scanner) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && s.err == nil; {
		n := min(len(rest), scanChunk)
		s.err = s.chunk(rest[:n])
		rest = rest[n:]
	}
	return len(p), nil
}

func (s *scanner) chunk(p []byte) error {
	if _, err := s.conn.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p)))); err != nil {
		return err
	}
	_, err := s.conn.Write(p)
	return err
}

// verdict returns nil for a file in which nothing was found, an [inbox.Forbidden]
// for one in which something was, and an [inbox.Unavailable] when nobody can
// say.
func (s *scanner) verdict() error {
	if s.err == nil {
		_, s.err = s.conn.Write([]byte{0, 0, 0, 0})
	}
	// It may have hung up on what it found, or on its own limit, and said so.
	line, err := bufio.NewReader(io.LimitReader(s.conn, 1024)).ReadString(0)
	line = strings.TrimRight(line, "\x00\n")
	switch {
	case strings.HasSuffix(line, " FOUND"):
		return &inbox.Error{Code: inbox.Forbidden, Message: "the file was refused: something harmful was found in it"}
	case strings.HasSuffix(line, ": OK") && s.err == nil:
		return nil
	case line != "":
		return scanAway(fmt.Errorf("clamd said %.100q", line))
	case s.err != nil:
		return scanAway(s.err)
	}
	return scanAway(err)
}

func (s *scanner) close() { _ = s.conn.Close() }
