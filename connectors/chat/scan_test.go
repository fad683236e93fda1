package chat

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"skein/inbox"
)

// A fakeClamd speaks INSTREAM as clamd(8) describes it: it finds what says EICAR,
// and hangs up on what is larger than its own limit.
func fakeClamd(t *testing.T, network, address string, limit int) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				in := bufio.NewReader(conn)
				if command, err := in.ReadString(0); err != nil || command != "zINSTREAM\x00" {
					_, _ = conn.Write([]byte("UNKNOWN COMMAND\x00"))
					return
				}
				var file []byte
				for {
					var size uint32
					if binary.Read(in, binary.BigEndian, &size) != nil {
						return
					}
					if size == 0 {
						break
					}
					chunk := make([]byte, size)
					if _, err := io.ReadFull(in, chunk); err != nil {
						return
					}
					if file = append(file, chunk...); len(file) > limit {
						_, _ = conn.Write([]byte("INSTREAM size limit exceeded. ERROR\x00"))
						return
					}
				}
				if strings.Contains(string(file), "EICAR") {
					_, _ = conn.Write([]byte("stream: Eicar-Test-Signature FOUND\x00"))
					return
				}
				_, _ = conn.Write([]byte("stream: OK\x00"))
			}()
		}
	}()
	return l.Addr().String()
}

// What the scanner finds is refused; what it can't say anything of, or isn't there
// for, has to come again.
func TestScan(t *testing.T) {
	t.Parallel()
	tcp := fakeClamd(t, "tcp", "127.0.0.1:0", 300_000)
	unix := "unix:" + fakeClamd(t, "unix", filepath.Join(t.TempDir(), "clamd.sock"), 300_000)
	for _, tc := range []struct {
		name, address, file string
		want                inbox.Code
	}{
		{"clean", tcp, strings.Repeat("a", 200_000), ""},
		{"clean, by a socket", unix, "hello", ""},
		{"empty", tcp, "", ""},
		{"found", tcp, strings.Repeat("a", 100_000) + "EICAR", inbox.Forbidden},
		{"larger than it looks at", tcp, strings.Repeat("a", 900_000), inbox.Unavailable},
		{"nobody there", "127.0.0.1:1", "hello", inbox.Unavailable},
	} {
		s, err := dialScanner(context.Background(), tc.address)
		if err == nil {
			if n, werr := io.Copy(s, strings.NewReader(tc.file)); werr != nil || n != int64(len(tc.file)) {
				t.Errorf("%s: wrote %d, %v: the scanner must not end the reading", tc.name, n, werr)
			}
			err = s.verdict()
			s.close()
		}
		if inbox.CodeOf(err) != tc.want {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
