package local_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skein/cmd/skein/local"
	"skein/inbox"
	"skein/inbox/bus"
)

func startNATS(t *testing.T, dir string) *local.NATS {
	t.Helper()
	began := time.Now()
	n, err := local.StartNATS(local.NATSConfig{Dir: dir, Log: quiet})
	if err != nil {
		t.Fatalf("StartNATS: %v", err)
	}
	t.Logf("started in %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() { _ = n.Stop(context.Background()) })
	return n
}

// Nobody connects without a credential, and a stranger's is refused.
func TestNATSAuthenticates(t *testing.T) {
	t.Parallel()
	n := startNATS(t, t.TempDir())
	if nc, err := nats.Connect(n.URL()); err == nil {
		nc.Close()
		t.Error("a connection without a credential was admitted")
	}
	other := startNATS(t, t.TempDir())
	creds, err := other.Credential(inbox.Email)
	if err != nil {
		t.Fatal(err)
	}
	if nc, err := nats.Connect(n.URL(), nats.UserCredentialBytes([]byte(creds))); err == nil {
		nc.Close()
		t.Error("a credential of another deployment was admitted")
	}
	if !strings.Contains(n.URL(), "127.0.0.1") {
		t.Errorf("URL() = %s, want loopback", n.URL())
	}
}

// The keys are readable for their owner only, and a second start is refused.
func TestNATSFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "nats")
	n := startNATS(t, dir)
	info, err := os.Stat(filepath.Join(dir, "keys.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("keys.json: %v, %v, want mode 0600", info.Mode(), err)
	}
	if _, err := local.StartNATS(local.NATSConfig{Dir: dir, Log: quiet}); inbox.CodeOf(err) != inbox.Conflict {
		t.Errorf("second StartNATS = %v, want a conflict", err)
	}
	creds, err := n.Credential(inbox.Email)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	again := startNATS(t, dir)
	nc, err := nats.Connect(again.URL(), nats.UserCredentialBytes([]byte(creds)))
	if err != nil {
		t.Fatalf("a credential minted before a restart: %v", err)
	}
	nc.Close()
}

// What was acknowledged is there after kill -9.
func TestNATSKilled(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var acknowledged uint64
	for range 2 {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), "TEST_ROLE=nats", "TEST_FILE="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(500 * time.Millisecond)
		for time.Now().Before(deadline) {
			if _, err := fmt.Fscanf(out, "%d\n", &acknowledged); err != nil {
				t.Fatalf("publisher: %v", err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(out)
		for _, line := range strings.Fields(string(rest)) {
			fmt.Sscan(line, &acknowledged)
		}
		_ = cmd.Wait()

		n := startNATS(t, dir)
		nc, err := n.Connect()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bus.Open(t.Context(), nc, bus.Config{}); err != nil {
			t.Fatal(err)
		}
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		s, err := js.Stream(t.Context(), "INBOUND")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.CachedInfo().State.LastSeq; got < acknowledged {
			t.Errorf("after kill -9 the stream ends at %d, and %d were acknowledged", got, acknowledged)
		}
		t.Logf("%d acknowledged, %d there", acknowledged, s.CachedInfo().State.LastSeq)
		nc.Close()
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// natsParent publishes and prints what was acknowledged, until it is killed.
func natsParent() {
	n, err := local.StartNATS(local.NATSConfig{Dir: os.Getenv("TEST_FILE"), Log: quiet})
	if err != nil {
		panic(err)
	}
	nc, err := n.Connect()
	if err != nil {
		panic(err)
	}
	if _, err := bus.Open(context.Background(), nc, bus.Config{}); err != nil {
		panic(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		panic(err)
	}
	for i := 0; ; i++ {
		ack, err := js.Publish(context.Background(), fmt.Sprintf("skein.in.live.email.support.k%d", i%50), make([]byte, 500))
		if err != nil {
			panic(err)
		}
		fmt.Println(ack.Sequence)
	}
}
