package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

const (
	dialTimeout  = 20 * time.Second
	writeTimeout = time.Minute
)

// A timedConn ends a read or write in which nothing moves for too long. Its own
// patience is the only deadline: those that the protocol libraries set are
// ignored, since they bound a whole body or nothing at all.
type timedConn struct {
	net.Conn
	patience atomic.Int64 // of a read, nanoseconds
}

// expect gives the read that is waiting now, and every later one, d to bring
// at least one byte.
func (c *timedConn) expect(d time.Duration) {
	c.patience.Store(int64(d))
	_ = c.Conn.SetReadDeadline(time.Now().Add(d))
}

func (c *timedConn) Read(b []byte) (int, error) {
	if err := c.Conn.SetReadDeadline(time.Now().Add(time.Duration(c.patience.Load()))); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *timedConn) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func (c *timedConn) SetDeadline(time.Time) error      { return nil }
func (c *timedConn) SetReadDeadline(time.Time) error  { return nil }
func (c *timedConn) SetWriteDeadline(time.Time) error { return nil }

// dial opens a connection whose end is bound to ctx: release must be called
// when it is no longer used. With security tls, conn is the encrypted one;
// raw is always the one below.
func (s *Settings) dial(ctx context.Context, srv *Server, protocol string) (raw *timedConn, conn net.Conn, release func(), err error) {
	what := "IMAP"
	if protocol == "" {
		what = "SMTP"
	}
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	c, err := dialer.DialContext(ctx, "tcp", srv.addr())
	if err != nil {
		return nil, nil, nil, &unreachable{fmt.Errorf("cannot reach the %s server %s (check host, port and firewall): %w", what, srv.addr(), err)}
	}
	raw = &timedConn{Conn: c}
	raw.expect(dialTimeout)
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	release = func() {
		stop()
		_ = c.Close()
	}
	if srv.Security != securityTLS {
		return raw, raw, release, nil
	}
	var protocols []string
	if protocol != "" {
		protocols = []string{protocol}
	}
	tc := tls.Client(raw, s.tlsConfig(srv, protocols...))
	hctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := tc.HandshakeContext(hctx); err != nil {
		release()
		return nil, nil, nil, tlsError(what, srv, err)
	}
	return raw, tc, release, nil
}

// An unreachable server is one to which there is no connection at all.
type unreachable struct{ error }

func (e *unreachable) Unwrap() error { return e.error }

// tlsError says what to check after a failed handshake.
func tlsError(what string, srv *Server, err error) error {
	hint := `check port and security: "starttls" is needed where the port speaks plain text first`
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		hint = "its certificate is not trusted for this name"
	}
	return fmt.Errorf("no TLS with the %s server %s (%s): %w", what, srv.addr(), hint, err)
}
