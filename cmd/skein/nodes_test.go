package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	natsserver "github.com/nats-io/nats-server/v2/server"

	"skein/inbox"
	"skein/inbox/auth"
	"skein/inbox/inboxtest"
	"skein/inbox/store"
	"skein/inbox/threader"
	"skein/realtime"
)

// A cluster is several `skein serve` over one PostgreSQL and one NATS.
type cluster struct {
	t     *testing.T
	env   []string
	store *store.Store
	nodes []*upProcess
}

func startCluster(t *testing.T, n int) *cluster {
	t.Helper()
	ns, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: -1, JetStream: true, JetStreamMaxStore: 1 << 50, StoreDir: t.TempDir(), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(time.Minute) {
		t.Fatal("NATS is not ready")
	}
	dsn := inboxtest.Database(t)
	c := &cluster{t: t, env: append(cleanEnv(), "SKEIN_TEST_MAIN=1", "SKEIN_LOG=warn", "DATABASE_URL="+dsn,
		"SKEIN_NATS_URL="+ns.ClientURL(), "SKEIN_SECRET_KEY="+strings.Repeat("cw", 32))}
	if c.store, err = store.Open(t.Context(), dsn, 4, threader.Rules()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.store.Close)
	for range n {
		c.nodes = append(c.nodes, c.start())
	}
	return c
}

// start starts a node and waits until it is ready.
func (c *cluster) start() *upProcess {
	c.t.Helper()
	up, data := &upProcess{output: &tailBuffer{}, done: make(chan struct{})}, c.t.TempDir()
	up.cmd = exec.Command(os.Args[0], "serve", "--addr", "127.0.0.1:0", "--data", data)
	up.cmd.Env, up.cmd.Stdout, up.cmd.Stderr, up.cmd.WaitDelay = c.env, up.output, up.output, time.Second
	if err := up.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() { // ends with the process
		up.err = up.cmd.Wait()
		close(up.done)
	}()
	c.t.Cleanup(up.kill)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		var run running
		raw, err := os.ReadFile(filepath.Join(data, "run.json"))
		if err != nil || json.Unmarshal(raw, &run) != nil {
			continue
		}
		if res, err := http.Get(run.URL + "/readyz"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				up.url = run.URL
				return up
			}
		}
	}
	c.t.Fatalf("a node is not ready after a minute\n%s", up.log())
	return nil
}

// A follower is a browser that follows everything by whichever node it is at.
type follower struct {
	c        *cluster
	token    string
	url      string // of the node that it is at
	ear      *ear
	position string
	rights   int64
	versions []int64 // of the conversation, in the order in which they came
}

// at opens the socket at a node, where it left off. A reload is a failure.
func (f *follower) at(url string) {
	f.c.t.Helper()
	f.url = url
	f.ear = overhear(f.c.t, url, map[string]any{"token": f.token, "position": f.position, "rights": f.rights, "topics": []string{"list"}})
	if first := f.ear.until("ready", `"type":"ready"`); f.position != "" && !strings.Contains(first, `"resumed":true`) {
		f.c.t.Errorf("came back to %s, want to resume", first)
	}
}

// gone waits for the end of the socket, if it is at a node, with a code.
func (f *follower) gone(node *upProcess, code websocket.StatusCode) bool {
	f.c.t.Helper()
	if f.url != node.url {
		return false
	}
	for end := time.Now().Add(time.Minute); f.ear.ended() != code; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			f.c.t.Fatalf("the socket ended with %d, want %d", f.ear.ended(), code)
		}
	}
	f.take()
	return true
}

// take takes what was heard into account.
func (f *follower) take() {
	f.ear.mu.Lock()
	defer f.ear.mu.Unlock()
	for _, raw := range f.ear.heard {
		var frame struct {
			Type, Position string
			Rights         int64
			Event          inbox.Event
		}
		if err := json.Unmarshal([]byte(raw), &frame); err != nil {
			f.c.t.Fatal(err)
		}
		f.position = frame.Position
		if frame.Type == "ready" {
			f.rights = frame.Rights
		}
		if frame.Type == "event" && frame.Event.Kind == inbox.ConversationChanged {
			f.versions = append(f.versions, frame.Event.Version)
		}
	}
	f.ear.heard = nil
}

// Two and three servers are as good as one: who is at one hears at once what was
// committed at another, comes back to any with the position from any, and misses
// nothing and gets nothing twice, whether a server is replaced or killed.
func TestNodes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			testNodes(t, startCluster(t, n))
		})
	}
}

func testNodes(t *testing.T, c *cluster) {
	ctx, now := t.Context(), time.Now()
	brand, calendar, err := c.store.CreateBrand(ctx, "Shop", "en", "UTC", now)
	if err != nil {
		t.Fatal(err)
	}
	in, err := c.store.CreateInbox(ctx, brand, calendar, "support", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.store.SaveAccount(ctx, inbox.Account{ID: "web", Channel: inbox.Chat, InboxID: in.ID, Name: "Chat"}, now); err != nil {
		t.Fatal(err)
	}
	hash, err := auth.NewPasswords(auth.Cost{Memory: 8, Passes: 1, Threads: 1}, 1).Hash(ctx, "a long enough one")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.store.SaveAgent(ctx, inbox.Agent{ID: inbox.NewID[inbox.AgentID](now), Email: "ann@skein.example", Name: "ann", Role: inbox.AdminRole, Active: true},
		hash, nil, nil, now); err != nil {
		t.Fatal(err)
	}
	m := &inbox.Arrival{Identity: inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: "v"}, SenderKey: "v", Person: inbox.Party{Address: "v", Name: "Ines"},
		People: []string{"v"}, Thread: inbox.ChannelKey("web", "v")}
	m.Direction, m.Text, m.CreatedAt, m.SentAt, m.Author = inbox.In, "hello", now, now, inbox.Author{Kind: inbox.ByCustomer, Address: "v"}
	if err := c.store.Deliver(ctx, []inbox.Received{{Account: "web", Channel: inbox.Chat, EventID: "e", At: now, Message: m}}); err != nil {
		t.Fatal(err)
	}
	list, _, err := c.store.Conversations(ctx, &inbox.Rights{All: true}, inbox.ConversationFilter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("conversations are %v, %v", list, err)
	}
	who := &reader{node: &node{t: t}}
	as := func(node *upProcess) *reader { who.url = node.url; return who }
	var signed struct{ AccessToken string }
	as(c.nodes[0]).want(200, "POST", "/login", map[string]string{"email": "ann@skein.example", "password": "a long enough one"}, &signed)
	who.token = signed.AccessToken

	// commit changes the conversation by one node.
	version := list[0].Version
	commit := func(by *upProcess) {
		t.Helper()
		status := []string{"open", "closed"}[version%2]
		var changed inbox.Conversation
		as(by).want(200, "PATCH", "/conversations/"+string(list[0].ID), map[string]any{"status": status}, &changed)
		if changed.Version != version+1 {
			t.Fatalf("version is %d after %d", changed.Version, version)
		}
		version = changed.Version
	}
	all := make([]*follower, len(c.nodes))
	for i := range all {
		all[i] = &follower{c: c, token: who.token}
		all[i].at(c.nodes[i].url)
	}
	from := version
	// round has every living node commit, and everybody hear of all.
	round := func() {
		t.Helper()
		for _, by := range c.nodes {
			commit(by)
		}
		for i, f := range all {
			f.ear.until(fmt.Sprint("follower ", i), `"conversation.changed"`, fmt.Sprintf(`"version":%d,`, version))
			f.take()
		}
	}
	round()
	for i := range c.nodes {
		// Everybody moves on by one node: the position is worth the same there.
		for j, f := range all {
			_ = f.ear.conn.CloseNow()
			f.take()
			f.at(c.nodes[(i+j+1)%len(c.nodes)].url)
		}
		round()
	}
	// A deploy: each server is replaced, and its clients are told when to come back.
	for i, old := range c.nodes {
		c.nodes[i] = c.start()
		if err := old.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			if f.gone(old, realtime.CloseAway) {
				commit(c.nodes[0])
				f.at(c.nodes[i].url)
			}
		}
		<-old.done
		round()
	}
	// One dies.
	dead := c.nodes[0]
	dead.kill()
	c.nodes = slices.Delete(c.nodes, 0, 1)
	commit(c.nodes[0])
	for _, f := range all {
		if f.gone(dead, -1) {
			f.at(c.nodes[0].url)
		}
	}
	round()
	for i, f := range all {
		// What was announced before may have come while they were coming.
		f.versions = slices.DeleteFunc(f.versions, func(v int64) bool { return v <= from })
		for j, v := range f.versions {
			if v != from+int64(j)+1 {
				t.Fatalf("follower %d heard of versions %v, want each after %d once", i, f.versions, from)
			}
		}
		if len(f.versions) != int(version-from) {
			t.Errorf("follower %d heard of %d versions, want %d", i, len(f.versions), version-from)
		}
	}
}
