package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"time"

	"skein/inbox"
)

// Instances tells where a channel's connectors take HTTP, the best first.
type Instances interface {
	Of(channel inbox.Channel) []string
}

var channels = []inbox.Channel{inbox.Email, inbox.Chat, inbox.Phone, inbox.Social, inbox.Shop}

const (
	// dialTimeout is how long one instance may take to answer the door.
	dialTimeout = 2 * time.Second
	// connectorTimeout is how long it may take to say something.
	connectorTimeout = 30 * time.Second
)

// channelOf returns which channel's connector takes a path: /in/<channel>/….
func channelOf(path string) (inbox.Channel, bool) {
	rest, ok := strings.CutPrefix(path, "/in/")
	if !ok {
		return "", false
	}
	name, _, _ := strings.Cut(rest, "/")
	return inbox.Channel(name), true
}

// newIngress returns the proxy to the connectors. It holds nothing back but what
// is the agents' own: their cookies never reach a connector, and what a
// connector answers never runs as a page of ours.
func (a *API) newIngress() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: func(pr *httputil.ProxyRequest) {
			channel, _ := channelOf(pr.In.URL.Path)
			pr.Out.URL.Scheme, pr.Out.URL.Host = "http", string(channel)
			pr.Out.URL.RawQuery = pr.In.URL.RawQuery // as it was signed
			pr.Out.Host = pr.In.Host
			scheme, host := "http", pr.In.Host
			if a.cfg.Secure || pr.In.TLS != nil {
				scheme = "https"
			}
			if a.trusted(peer(pr.In)) {
				scheme = cmp.Or(pr.In.Header.Get("X-Forwarded-Proto"), scheme)
				host = cmp.Or(pr.In.Header.Get("X-Forwarded-Host"), host)
			}
			h := pr.Out.Header
			h.Del("Cookie")
			h.Set("X-Forwarded-For", a.client(pr.In).String())
			h.Set("X-Forwarded-Proto", scheme)
			h.Set("X-Forwarded-Host", host)
		},
		Transport: &http.Transport{
			DialContext:           a.dialConnector,
			MaxIdleConnsPerHost:   64,
			IdleConnTimeout:       30 * time.Second,
			ResponseHeaderTimeout: connectorTimeout,
			DisableCompression:    true,
		},
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(a.cfg.Log.Handler(), slog.LevelDebug),
		ModifyResponse: func(res *http.Response) error {
			for _, name := range []string{"Set-Cookie", "Clear-Site-Data", "Service-Worker-Allowed"} {
				res.Header.Del(name)
			}
			res.Header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
			res.Header.Set("X-Content-Type-Options", "nosniff")
			if conn, ok := res.Body.(io.ReadWriteCloser); ok && res.StatusCode == http.StatusSwitchingProtocols {
				res.Body = thin{conn}
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			err = tooLarge(err, MaxUpload)
			switch {
			case inbox.CodeOf(err) != "":
			case r.Context().Err() != nil: // who asked is gone
			default:
				a.cfg.Log.Warn("a connector failed a request", "error", err)
				err = &inbox.Error{Code: inbox.Unavailable, Message: "the connector does not answer"}
			}
			a.fail(w, r, err)
		},
	}
}

// A thin connection is a visitor's socket on its way to a connector: thousands are
// open, and say little. What they say is passed on by little at a time, where each
// would hold 64 KB otherwise.
type thin struct{ io.ReadWriteCloser }

const thinBuffer = 2 << 10

// WriteTo implements io.WriterTo.
func (t thin) WriteTo(w io.Writer) (int64, error) { return passOn(w, t.ReadWriteCloser) }

// ReadFrom implements io.ReaderFrom.
func (t thin) ReadFrom(r io.Reader) (int64, error) { return passOn(t.ReadWriteCloser, r) }

func passOn(w io.Writer, r io.Reader) (int64, error) {
	// Without the ways by which they would take a buffer of their own.
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, thinBuffer))
}

// dialConnector connects to an instance of the channel that addr names, as
// newIngress does: the first that opens.
func (a *API) dialConnector(ctx context.Context, network, addr string) (net.Conn, error) {
	channel, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	for _, address := range a.cfg.Ingress.Of(inbox.Channel(channel)) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err == nil {
			return conn, nil
		}
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		a.cfg.Log.Debug("a connector does not open", "channel", channel, "error", err)
	}
	return nil, &inbox.Error{Code: inbox.Unavailable, Message: "no connector of this channel takes requests just now"}
}

// serveConnector passes a request, or a socket, on to its connector.
func (a *API) serveConnector(w http.ResponseWriter, r *http.Request, channel inbox.Channel) {
	if !slices.Contains(channels, channel) {
		a.fail(w, r, newProblem(http.StatusNotFound, "there is nothing at this path"))
		return
	}
	if r.ContentLength > maxBody {
		movesFile(w)
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxUpload+64<<10)
	start, rec := time.Now(), &recorder{ResponseWriter: w}
	a.ingress.ServeHTTP(rec, r)
	if rec.status != 0 { // a socket has none, and no time to be measured by
		a.metrics.request("/in/"+string(channel), rec.status, time.Since(start))
		if channel == inbox.Chat && rec.status == http.StatusOK {
			a.chatShown(r)
		}
	}
}
