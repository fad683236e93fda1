package connectorstest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Judges is the folder into which .ci/prepare brings the platforms' own SDKs and
// descriptions of their APIs, and what checks requests by them. Where it lacks
// the test is skipped, and fails in CI.
func Judges(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs("../../.tools/platforms")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules/telegram-test-api")); err != nil {
		const missing = "the platforms' own judges are missing: .ci/prepare platforms"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	return dir
}

// TwilioAPI is Twilio's description of its API, below Judges.
const TwilioAPI = "package/twilio-oai/spec/json/twilio_api_v2010.json"

// OpenAPI serves the API that spec describes, until the test ends: it answers
// what is asked as described, and refuses what isn't. It returns its address.
func OpenAPI(t testing.TB, spec string) (url string) {
	t.Helper()
	dir := Judges(t)
	if !filepath.IsAbs(spec) {
		if _, err := os.Stat(spec); err != nil {
			spec = filepath.Join(dir, spec)
		}
	}
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	Serve(t, address, filepath.Join(dir, "node_modules/@stoplight/prism-cli/dist/index.js"), "mock", "--errors", "-h", "127.0.0.1", "-p", port, spec)
	return "http://" + address
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// NodeServer runs a script of Node, with the folder of Judges and an address of
// 127.0.0.1 as its arguments, and returns that address when it takes connections.
func NodeServer(t testing.TB, script string) (address string) {
	t.Helper()
	dir := Judges(t)
	address = freeAddress(t)
	Serve(t, address, script, dir, address)
	return address
}

// Serve runs a program of Node until the test ends, and returns when it takes
// connections at address.
func Serve(t testing.TB, address, script string, args ...string) {
	t.Helper()
	var said log
	cmd := exec.Command("node", append([]string{script}, args...)...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }() // ends with the process
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-gone
		if t.Failed() {
			t.Logf("%s said %s", filepath.Base(script), said.String())
		}
	})
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-gone:
			t.Fatalf("%s ended: %s", script, said.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("%s takes no connections: %v; it said %s", script, err, said.String())
		}
	}
}

// Node runs a script of Node with the folder of Judges as its argument, and
// returns what it prints.
func Node(t testing.TB, script, input string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", script, Judges(t))
	cmd.Stdin = strings.NewReader(input)
	var errs log
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w: %s", script, err, errs.String()))
	}
	return string(out)
}

// A log is what a process says, for people.
type log struct {
	mu sync.Mutex // guards b
	b  strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
