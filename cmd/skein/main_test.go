package main

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skein/inbox"
)

// command runs skein as a person would, and returns what it says.
func runCommand(t *testing.T, vars map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	e := &env{
		args: args, getenv: func(name string) string { return vars[name] }, stdin: strings.NewReader(""), stdout: &out, stderr: &errs,
		log: slog.New(slog.DiscardHandler),
	}
	code = run(t.Context(), e)
	return code, out.String(), errs.String()
}

// A setting that can't be meant stops the process with one sentence that names
// it, before anything was started or written.
func TestBadSettings(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // after the parallel cases below
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		vars map[string]string
		args []string
		code int
		want []string
	}{
		{"port in use", nil, []string{"up", "--addr", taken.Addr().String()}, 1, []string{taken.Addr().String(), "in use", "--addr"}},
		{"address without a port", nil, []string{"up", "--addr", "localhost"}, 1, []string{"--addr", "SKEIN_ADDR", "host:port"}},
		{"port that is none", map[string]string{"SKEIN_ADDR": "127.0.0.1:99999"}, []string{"up"}, 1, []string{"SKEIN_ADDR", "65535"}},
		{"demo for everybody", nil, []string{"up", "--demo", "--addr", "0.0.0.0:0"}, 1, []string{"--demo", "127.0.0.1"}},
		{"demo for everybody, no host", nil, []string{"up", "--demo", "--addr", ":0"}, 1, []string{"--demo", "127.0.0.1"}},
		{"database of another kind", map[string]string{"DATABASE_URL": "mysql://u:geheim@h/d"}, []string{"up"}, 1, []string{"DATABASE_URL", "postgres://"}},
		{"database that is no address", map[string]string{"DATABASE_URL": "u:geheim@"}, []string{"up"}, 1, []string{"DATABASE_URL", "postgres://"}},
		{"database that isn't there", map[string]string{"DATABASE_URL": "postgres://u:geheim@127.0.0.1:1/d"}, []string{"up", "--addr", "127.0.0.1:0"}, 1, []string{"DATABASE_URL", "127.0.0.1:1"}},
		{"NATS of another kind", map[string]string{"SKEIN_NATS_URL": "http://u:geheim@h"}, []string{"up"}, 1, []string{"SKEIN_NATS_URL", "nats://"}},
		{"second NATS server that is none", map[string]string{"SKEIN_NATS_URL": "nats://127.0.0.1:1,u:geheim@h:x"}, []string{"up", "--addr", "127.0.0.1:0"}, 1, []string{"SKEIN_NATS_URL", "nats://"}},
		{"connector's NATS server that is none", map[string]string{"SKEIN_NATS_URL": "nats://u:geheim@h:x", "SKEIN_NATS_CREDS": "/dev/null", "SKEIN_CHANNEL_KEY": strings.Repeat("0", 64)}, []string{"connector", "email"}, 1, []string{"NATS"}},
		{"credential of no server", map[string]string{"SKEIN_DATA": t.TempDir()}, []string{"nats", "credential", "social"}, 1, []string{"skein up"}},
		{"credential of no channel", nil, []string{"nats", "credential", "pigeon"}, 2, []string{"social"}},
		{"credentials that aren't there", map[string]string{"SKEIN_NATS_URL": "nats://h", "SKEIN_NATS_CREDS": "/nonexistent"}, []string{"up"}, 1, []string{"SKEIN_NATS_CREDS"}},
		{"short secret", map[string]string{"SKEIN_SECRET_KEY": "geheim"}, []string{"up", "--addr", "127.0.0.1:0"}, 1, []string{"SKEIN_SECRET_KEY", "32"}},
		{"public address that is none", nil, []string{"up", "--public-url", "support.example.com"}, 1, []string{"--public-url", "SKEIN_PUBLIC_URL"}},
		{"proxy that is none", map[string]string{"SKEIN_TRUSTED_PROXIES": "127.0.0.1, everybody"}, []string{"up"}, 1, []string{"SKEIN_TRUSTED_PROXIES", "everybody"}},
		{"data folder that is a file", nil, []string{"up", "--data", file}, 1, []string{file, "not a folder"}},
		{"demo neither on nor off", map[string]string{"SKEIN_DEMO": "perhaps"}, []string{"up"}, 1, []string{"SKEIN_DEMO"}},
		{"duration that is none", map[string]string{"SKEIN_DEMO_EVERY": "often"}, []string{"up"}, 1, []string{"SKEIN_DEMO_EVERY"}},
		{"unknown flag", nil, []string{"up", "--nonsense"}, 2, []string{"nonsense"}},
		{"a word too many", nil, []string{"up", "demo"}, 2, []string{"demo"}},
		{"unknown command", nil, []string{"upp"}, 2, []string{"upp", "skein help"}},
		{"node without its key", map[string]string{"DATABASE_URL": "postgres://h/d", "SKEIN_NATS_URL": "nats://h"}, []string{"serve"}, 1, []string{"SKEIN_SECRET_KEY"}},
		{"connector by hand", nil, []string{"connector", "email"}, 1, []string{"SKEIN_NATS_URL"}},
		{"connector for nothing", nil, []string{"connector"}, 2, []string{"email"}},
		{"nobody", nil, []string{"user", "add", "--name", "x"}, 2, []string{"address"}},
		{"no such role", nil, []string{"user", "add", "a@example.com", "--role", "boss"}, 2, []string{"--role", "supervisor"}},
		{"no password", nil, []string{"user", "add", "a@example.com"}, 1, []string{"SKEIN_PASSWORD"}},
		{"short password", map[string]string{"SKEIN_PASSWORD": "geheim"}, []string{"user", "add", "a@example.com"}, 1, []string{"password", "characters"}},
		{"mailbox without settings", nil, []string{"account", "add", "support", "--address", "a@example.com"}, 2, []string{"--settings"}},
		{"mailbox with a bad name", nil, []string{"account", "add", "Sup port", "--address", "a@example.com"}, 2, []string{"id"}},
		{"no demo to write to", nil, []string{"demo", "send", "--text", "x"}, 1, []string{"no demo is running", "skein up --demo"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			vars := map[string]string{"SKEIN_DATA": filepath.Join(t.TempDir(), "data")}
			for k, v := range tc.vars {
				vars[k] = v
			}
			code, _, stderr := runCommand(t, vars, tc.args...)
			if code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			said := strings.TrimSpace(stderr)
			lines := strings.Split(said, "\n")
			last := lines[len(lines)-1]
			if !strings.HasPrefix(last, "skein: ") {
				t.Errorf("said %q, want one sentence after skein: at the end", said)
			}
			for _, want := range tc.want {
				if !strings.Contains(said, want) {
					t.Errorf("said %q, want %q in it", said, want)
				}
			}
			if strings.Contains(said, "geheim") {
				t.Errorf("a secret is in %q", last)
			}
		})
	}
}

// The secret key is made once, for its owner alone, and a damaged one is never
// replaced in silence.
func TestSecretKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	none := func(string) string { return "" }
	first, err := secretKey(none, dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := secretKey(none, dir)
	if err != nil || !bytes.Equal(first, again) || len(first) < minSecret {
		t.Errorf("secretKey gave %d bytes, then %d others, %v", len(first), len(again), err)
	}
	path := filepath.Join(dir, "secret.key")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file has mode %v, %v, want 0600", info.Mode(), err)
	}
	given := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), minSecret))
	if key, err := secretKey(func(string) string { return given }, dir); err != nil || string(key) != strings.Repeat("k", minSecret) {
		t.Errorf("SKEIN_SECRET_KEY gave %q, %v", key, err)
	}
	if err := os.WriteFile(path, []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := secretKey(none, dir); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("a damaged key gave %v, want an error that says so", err)
	}
}

// Two processes never share a data folder, and the second one says who has it.
func TestDataFolderInUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, lock, err := reach(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Unlock() }()
	code, _, stderr := runCommand(t, nil, "up", "--data", dir, "--addr", "127.0.0.1:0")
	if code != 1 || !strings.Contains(stderr, dir) || !strings.Contains(stderr, "in use") || !strings.Contains(stderr, "--data") {
		t.Errorf("up on a folder in use: code %d, said %q", code, stderr)
	}
	if err := (&running{PID: os.Getpid(), Database: "postgres://x"}).save(dir); err != nil {
		t.Fatal(err)
	}
	run, _, err := reach(dir)
	if err != nil || run == nil || run.Database != "postgres://x" {
		t.Errorf("reach = %+v, %v, want what runs there", run, err)
	}
	info, err := os.Stat(runningPath(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("run.json has mode %v, %v, want 0600: there are credentials in it", info.Mode(), err)
	}
}
