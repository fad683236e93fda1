package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"

	"skein/cmd/skein/demo"
	"skein/inbox"
	"skein/inbox/inboxtest"
)

// A process is a real skein of its own, as a person would start it.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	url   string
	setup chan string // the address that the first admin is made at, when it is printed
	took  time.Duration
	out   *bytes.Buffer // written until the process has ended
	done  chan error
}

// startUp runs `skein up` on data and returns when it says that it is ready, which
// it then is.
func startUp(t *testing.T, data string, args ...string) *process {
	t.Helper()
	return startUpWith(t, nil, data, args...)
}

func startUpWith(t *testing.T, vars []string, data string, args ...string) *process {
	t.Helper()
	p := &process{t: t, out: &bytes.Buffer{}, done: make(chan error, 1), setup: make(chan string, 1)}
	p.cmd = exec.Command(os.Args[0], append([]string{"up", "--addr", "127.0.0.1:0", "--data", data}, args...)...)
	p.cmd.Env = append(os.Environ(), "SKEIN_TEST_MAIN=1", "DATABASE_URL=", "SKEIN_NATS_URL=", "SKEIN_SECRET_KEY=")
	p.cmd.Env = append(p.cmd.Env, vars...)
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	p.cmd.Stderr = &stderr
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			fmt.Fprintln(p.out, lines.Text())
			if _, url, ok := strings.Cut(lines.Text(), "ready at "); ok {
				ready <- url
			}
			if strings.Contains(lines.Text(), "/setup#code=") {
				p.setup <- strings.TrimSpace(lines.Text())
			}
		}
		p.done <- p.cmd.Wait()
	}()
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	select {
	case p.url = <-ready:
	case err := <-p.done:
		t.Fatalf("skein up ended: %v\n%s", err, stderr.String())
	case <-time.After(2 * time.Minute):
		t.Fatal("skein up isn't ready after two minutes")
	}
	p.took = time.Since(began)
	resp, err := http.Get(p.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("/readyz answers %d to who was told that it is ready", resp.StatusCode)
	}
	return p
}

func (p *process) end(sig syscall.Signal) error {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.done:
		return err
	case <-time.After(2 * time.Minute):
		p.t.Fatalf("skein up is still there two minutes after %v", sig)
		return nil
	}
}

// call makes a request as agent@demo.test and decodes the answer into to.
func (p *process) call(token, method, path string, body, to any) int {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fmt.Sprintf("test-%d", time.Now().UnixNano()))
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if to != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(answer, to); err != nil {
			p.t.Fatalf("%s %s: %v in %.300s", method, path, err, answer)
		}
	}
	return resp.StatusCode
}

func (p *process) login() string {
	p.t.Helper()
	var got struct{ AccessToken string }
	if code := p.call("", "POST", "/login", map[string]string{"email": "agent@demo.test", "password": "skein-demo"}, &got); code != 200 {
		p.t.Fatalf("login answers %d", code)
	}
	return got.AccessToken
}

type shownConversation struct {
	ID, Subject string
	PublicSeq   int64
}

// find waits for the open conversation with a subject.
func (p *process) find(token, subject string) shownConversation {
	p.t.Helper()
	var list struct{ Items []shownConversation }
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		p.call(token, "GET", "/conversations?limit=100", nil, &list)
		for _, c := range list.Items {
			if c.Subject == subject {
				return c
			}
		}
	}
	p.t.Fatalf("%q is not in the open list, %d others are", subject, len(list.Items))
	return shownConversation{}
}

// settle waits for today's mails of the demo: what comes before the connector
// has looked for the first time is history, and not in the open list.
func (p *process) settle(token string) {
	p.t.Helper()
	var list struct{ Items []shownConversation }
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if p.call(token, "GET", "/conversations?limit=100", nil, &list); len(list.Items) >= 8 {
			return
		}
	}
	p.t.Fatalf("%d open conversations after 30 s, want today's eight", len(list.Items))
}

// The whole path in one command: a customer's mail is in the list, the answer
// leaves, the customer answers it in the same conversation; kill -9 hinders no
// start, a stop leaves no process, and the demo's logins end with the demo.
func TestUp(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything, several times")
	}
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	demoArgs := []string{"--demo", "--demo-every", "0", "--demo-answer", "100ms"}
	p := startUp(t, data, demoArgs...)
	token := p.login()
	p.settle(token)
	send := func(subject string) {
		t.Helper()
		if code, _, said := runCommand(t, map[string]string{"SKEIN_DATA": data}, "demo", "send", "--text", "Where is it?", "--subject", subject, "--order", "HP-21"); code == 0 {
			t.Errorf("demo send about no order said %q", said)
		}
		if code, _, said := runCommand(t, map[string]string{"SKEIN_DATA": data}, "demo", "send", "--text", "Where is it?", "--subject", subject); code != 0 {
			t.Fatalf("demo send: %s", said)
		}
	}
	send("first of all")
	c := p.find(token, "first of all")
	if code := p.call(token, "POST", "/conversations/"+c.ID+"/replies", map[string]any{"text": "It is on its way.", "seenSeq": c.PublicSeq}, nil); code != 202 {
		t.Fatalf("reply answers %d", code)
	}
	var said struct {
		Items []struct{ Direction, State, VisibleText string }
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline) && (len(said.Items) < 3 || said.Items[1].State != "sent"); time.Sleep(100 * time.Millisecond) {
		p.call(token, "GET", "/conversations/"+c.ID+"/messages", nil, &said)
	}
	if len(said.Items) != 3 || said.Items[1].State != "sent" || said.Items[2].Direction != "in" {
		t.Errorf("the conversation holds %+v, want mail, answer sent, mail", said.Items)
	}
	if code, _, stderr := runCommand(t, nil, "up", "--data", data, "--addr", "127.0.0.1:0"); code != 1 || !strings.Contains(stderr, "in use") {
		t.Errorf("a second up on the folder: code %d, said %q", code, stderr)
	}

	_ = p.end(syscall.SIGKILL)
	p = startUp(t, data, demoArgs...)
	t.Logf("ready after kill -9 in %v", p.took)
	token = p.login()
	if again := p.find(token, "first of all"); again.ID != c.ID {
		t.Errorf("after kill -9 the conversation is %s, was %s", again.ID, c.ID)
	}
	var saved struct{ Items []inbox.SavedReply }
	if p.call(token, "GET", "/saved-replies", nil, &saved); len(saved.Items) != len(demo.Replies()) {
		t.Errorf("the shop has %d saved replies after its second start, want its %d", len(saved.Items), len(demo.Replies()))
	}
	send("after the kill")
	p.find(token, "after the kill")
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("after SIGTERM skein up ends with %v", err)
	}
	if left := usersOf(t, data); left != "" {
		t.Errorf("a stopped skein left processes behind:\n%s", left)
	}

	p = startUp(t, data)
	t.Logf("ready without the demo in %v", p.took)
	if code := p.call("", "POST", "/login", map[string]string{"email": "agent@demo.test", "password": "skein-demo"}, nil); code != 401 {
		t.Errorf("without --demo a demo login is answered %d, want 401", code)
	}
	if err := p.end(syscall.SIGINT); err != nil {
		t.Errorf("after Ctrl-C skein up ends with %v", err)
	}
}

// Real servers take the place of our own, with nothing of ours beside them.
func TestUpBesideRealServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything")
	}
	t.Parallel()
	bus, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, JetStreamMaxStore: 1 << 50, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		Username: "skein", Password: "geheim"})
	if err != nil {
		t.Fatal(err)
	}
	bus.Start()
	t.Cleanup(func() { bus.Shutdown(); bus.WaitForShutdown() })
	if !bus.ReadyForConnections(20 * time.Second) {
		t.Fatal("NATS isn't ready")
	}
	data := filepath.Join(t.TempDir(), "data")
	p := startUpWith(t, []string{
		"DATABASE_URL=" + inboxtest.EmptyDatabase(t),
		"SKEIN_NATS_URL=" + strings.Replace(bus.ClientURL(), "nats://", "nats://skein:geheim@", 1),
	}, data, "--demo", "--demo-every", "0")
	token := p.login()
	p.settle(token)
	if code, _, said := runCommand(t, map[string]string{"SKEIN_DATA": data}, "demo", "send", "--text", "hello", "--subject", "beside real servers"); code != 0 {
		t.Fatalf("demo send: %s", said)
	}
	p.find(token, "beside real servers")
	for _, own := range []string{"postgres", "nats"} {
		if _, err := os.Stat(filepath.Join(data, own)); !os.IsNotExist(err) {
			t.Errorf("an own %s was started", own)
		}
	}
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("skein up ends with %v", err)
	}
}

// usersOf lists the processes whose command line names the data folder.
func usersOf(t *testing.T, data string) string {
	t.Helper()
	var left string
	for range 100 { // a process that was told to end may take a moment
		out, _ := exec.Command("pgrep", "-af", "--", data).Output()
		left = strings.TrimSpace(string(out))
		if left == "" {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	return left
}
