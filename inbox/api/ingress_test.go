package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

// places is where connectors take HTTP.
type places map[inbox.Channel][]string

func (p places) Of(channel inbox.Channel) []string { return p[channel] }

// deadAddress is one at which nobody listens.
func deadAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// What comes to a channel reaches a connector that lives, as the outside sent
// it, with the addresses that we saw; an agent's cookie doesn't, and what the
// connector answers is no page of ours.
func TestIngress(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	connector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if r.Header.Get("Upgrade") == "echo" {
			conn, rw, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			_ = rw.Flush()
			line, _ := rw.ReadString('\n')
			_, _ = rw.WriteString("heard " + line)
			_ = rw.Flush()
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			http.Error(w, "no", http.StatusRequestEntityTooLarge)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "skein_refresh", Value: "stolen"})
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Access-Control-Allow-Origin", "https://shop.example")
		_, _ = fmt.Fprint(w, r.Method, " ", r.RequestURI, " ", r.Host, " cookie=", r.Header.Get("Cookie"), " auth=", r.Header.Get("Authorization"),
			" for=", r.Header.Get("X-Forwarded-For"), " proto=", r.Header.Get("X-Forwarded-Proto"), " host=", r.Header.Get("X-Forwarded-Host"))
	}))
	defer connector.Close()
	live := strings.TrimPrefix(connector.URL, "http://")
	at := places{inbox.Chat: {deadAddress(t), live}, inbox.Phone: {deadAddress(t)}}
	serve := func(trusted ...netip.Prefix) *httptest.Server {
		s := httptest.NewServer(api.New(api.Config{Ingress: at, TrustedProxies: trusted,
			Web: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page") })}))
		t.Cleanup(s.Close)
		return s
	}
	direct, behind := serve(), serve(netip.MustParsePrefix("127.0.0.0/8"))
	for _, tc := range []struct {
		server       *httptest.Server
		path         string
		status       int
		want, policy string
	}{
		{direct, "/in/chat/site/x%2Fy?a=1;b=%20", 200, "/in/chat/site/x%2Fy?a=1;b=%20 help.example cookie= auth=Bearer visitor for=127.0.0.1 proto=http host=help.example", "default-src 'none'; sandbox"},
		{behind, "/in/chat/site", 200, "/in/chat/site help.example cookie= auth=Bearer visitor for=203.0.113.9 proto=https host=public.example", "default-src 'none'; sandbox"},
		{direct, "/widget/widget.js", 200, "the page", ""},
		{direct, "/in/phone/exchange", 503, "no connector", ""},
		{direct, "/in/shop/main", 503, "no connector", ""},
		{direct, "/in/nothing/main", 404, "nothing at this path", ""},
		{direct, "/in/", 404, "nothing at this path", ""},
		{direct, "/inbox", 200, "the page", ""},
	} {
		r, err := http.NewRequest("GET", tc.server.URL+tc.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "help.example"
		for name, value := range map[string]string{"Cookie": "skein_refresh=secret", "Authorization": "Bearer visitor",
			"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "public.example"} {
			r.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != tc.status || !strings.Contains(string(body), tc.want) {
			t.Errorf("GET %s: %d %s, want %d with %q", tc.path, res.StatusCode, body, tc.status, tc.want)
		}
		if tc.policy != "" && (res.Header.Get("Content-Security-Policy") != tc.policy || res.Header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("GET %s: policy %q, want %q", tc.path, res.Header.Get("Content-Security-Policy"), tc.policy)
		}
		if res.Header.Get("Set-Cookie") != "" {
			t.Errorf("GET %s: a connector set the cookie %s", tc.path, res.Header.Get("Set-Cookie"))
		}
		if tc.status == 503 && res.Header.Get("Retry-After") == "" {
			t.Errorf("GET %s: 503 without Retry-After", tc.path)
		}
	}

	res, err := http.Post(direct.URL+"/in/chat/site", "text/plain", io.LimitReader(zeros{}, 40<<20))
	if err == nil {
		res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("40 MB: %d, want 413", res.StatusCode)
		}
	}

	conn, err := net.Dial("tcp", strings.TrimPrefix(direct.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /in/chat/site/ws HTTP/1.1\r\nHost: help.example\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	answer := bufio.NewReader(conn)
	if res, err := http.ReadResponse(answer, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade: %+v, %v", res, err)
	}
	_, _ = io.WriteString(conn, "hello\n")
	if line, err := answer.ReadString('\n'); line != "heard hello\n" {
		t.Errorf("over the socket: %q, %v", line, err)
	}
}

// A socket that is passed on to a connector holds little while nothing is said: a
// shop has thousands of visitors. (Not beside other tests: it looks at the heap.)
func TestIngressHoldsLittle(t *testing.T) {
	connector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = rw.Flush()
		_, _ = io.Copy(conn, rw)
	}))
	defer connector.Close()
	server := httptest.NewServer(api.New(api.Config{Ingress: places{inbox.Chat: {strings.TrimPrefix(connector.URL, "http://")}}}))
	defer server.Close()
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const n = 100
	words := strings.Repeat("a long sentence, ", 1000) // more than is passed on at a time
	var conns []net.Conn
	before := heap()
	for range n {
		conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
		_, _ = io.WriteString(conn, "GET /in/chat/site/ws HTTP/1.1\r\nHost: help.example\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		answer := bufio.NewReaderSize(conn, 512)
		if res, err := http.ReadResponse(answer, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("upgrade: %+v, %v", res, err)
		}
		_, _ = io.WriteString(conn, words)
		if got, err := io.ReadAll(io.LimitReader(answer, int64(len(words)))); string(got) != words {
			t.Fatalf("%d of %d bytes came back, %v", len(got), len(words), err)
		}
	}
	each := (heap() - before) / n
	t.Logf("%d bytes a socket, both servers' buffers with them", each)
	if each > 95<<10 {
		t.Errorf("a socket holds %d bytes, want less than 95 KB", each)
	}
	runtime.KeepAlive(conns)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
