// Package fetch is how connectors have files whose addresses others name:
// recordings of calls, pictures of direct messages.
//
// It promises that whoever names an address never sees what only we can: hosts in
// our own network are asked where an account's settings name them, and nowhere
// else, wherever a redirect or a name leads.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"skein/inbox"
)

// ErrTooLarge is the error of a [Bounded] reader.
var ErrTooLarge = errors.New("too large")

// A Guard says which hosts of our own network may be asked.
type Guard struct {
	// Knows reports whether a host and port are named by the settings.
	Knows   func(host, port string) bool
	Setting string // that would name them, for the refusal
}

// Do makes a request to public addresses and to those that g knows. An address in
// our own network is an [inbox.Forbidden]. Redirects are followed five times.
func (g *Guard) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", "Skein")
	client := &http.Client{
		Transport: &http.Transport{
			DialContext:         g.connect,
			TLSHandshakeTimeout: 15 * time.Second, ResponseHeaderTimeout: 30 * time.Second, DisableKeepAlives: true,
		},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) >= 5 {
				return errors.New("it is sent on and on")
			}
			return nil
		},
	}
	return client.Do(r)
}

func (g *Guard) connect(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 15 * time.Second}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if g.Knows == nil || !g.Knows(host, port) {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !inbox.PublicAddress(at.Addr()) {
				return &inbox.Error{Code: inbox.Forbidden, Message: "It lies in our own network, at " + host + ", which " + g.Setting + " doesn't name."}
			}
			return nil
		}
	}
	return dialer.DialContext(ctx, network, address)
}

// A Bounded reader fails with [ErrTooLarge] once more than Left bytes were read.
type Bounded struct {
	R    io.Reader
	Left int64
}

func (b *Bounded) Read(p []byte) (int, error) {
	n, err := b.R.Read(p)
	if b.Left -= int64(n); b.Left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// Plainly is an error without the address that it is about, which may hold a
// secret. who took too long is said of a timeout.
func Plainly(err error, who string) string {
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		if urlErr.Timeout() {
			return who + " took too long"
		}
		err = urlErr.Err
	}
	return err.Error()
}

// SizeWord is a size for people.
func SizeWord(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KB", (n+1023)/1024)
}
