package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/inboxtest"
)

// A node is a whole server over a real PostgreSQL and a real NATS, and what its
// connectors publish with.
type node struct {
	t        *testing.T
	url      string
	database string
	links    map[inbox.Channel]*bus.Link
	*server
	inboxes map[string]inbox.Inbox
}

func startNode(t *testing.T) *node {
	t.Helper()
	ctx := t.Context()
	nc, ns := inboxtest.NATSServer(t)
	secret := bytes.Repeat([]byte("s"), 32)
	log := slog.New(slog.DiscardHandler)
	parts := newStack(log)
	t.Cleanup(func() { parts.stop(30 * time.Second) })
	database := inboxtest.Database(t)
	s, err := startServer(ctx, &env{log: log}, &settings{data: t.TempDir(), secret: secret},
		&base{database: database, nc: nc, nats: ns, secret: secret}, parts)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.handler())
	t.Cleanup(web.Close)
	n := &node{t: t, url: web.URL, database: database, server: s, links: map[inbox.Channel]*bus.Link{}, inboxes: map[string]inbox.Inbox{}}
	for _, channel := range bus.Channels {
		key, err := bus.DeriveKey(secret, channel)
		if err != nil {
			t.Fatal(err)
		}
		credential, err := ns.Credential(channel)
		if err != nil {
			t.Fatal(err)
		}
		lc, err := bus.ConnectLink(ns.URL(), credential, channel, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(lc.Close)
		if n.links[channel], err = bus.NewLink(lc, bus.LinkConfig{Channel: channel, Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	brand, calendar, err := s.store.CreateBrand(ctx, "Shop", "en", "Europe/Berlin", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"support", "other"} {
		in, err := s.store.CreateInbox(ctx, brand, calendar, name, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		n.inboxes[name] = in
		if _, err := s.store.SaveAccount(ctx, inbox.Account{ID: inbox.AccountID(name), Channel: inbox.Email, InboxID: in.ID, Name: name,
			Address: name + "@shop.example", MaxProof: inbox.Proven}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// A reader is an agent who is signed in.
type reader struct {
	*node
	token string

	mu     sync.Mutex
	frames []string
}

func (n *node) agent(name string, role inbox.Role, in ...inbox.InboxID) *reader {
	n.t.Helper()
	hash, err := n.passwords.Hash(n.t.Context(), "a long enough one")
	if err != nil {
		n.t.Fatal(err)
	}
	if err := n.store.SaveAgent(n.t.Context(), inbox.Agent{ID: inbox.NewID[inbox.AgentID](time.Now()), Email: name + "@skein.example", Name: name,
		Role: role, Active: true}, hash, in, nil, time.Now()); err != nil {
		n.t.Fatal(err)
	}
	r := &reader{node: n}
	var signed struct{ AccessToken string }
	r.want(200, "POST", "/login", map[string]string{"email": name + "@skein.example", "password": "a long enough one"}, &signed)
	r.token = signed.AccessToken
	return r
}

func (r *reader) do(method, path string, body any) (int, string) {
	r.t.Helper()
	return r.doKey(method, path, "", body)
}

// doKey is a call that can be repeated by its key.
func (r *reader) doKey(method, path, key string, body any) (int, string) {
	r.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			r.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+"/api/v1"+path, in)
	if err != nil {
		r.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", strings.ReplaceAll(key, " ", "-"))
	}
	return fetch(r.t, req)
}

func fetch(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func (r *reader) want(status int, method, path string, body, out any) string {
	r.t.Helper()
	got, raw := r.do(method, path, body)
	if got != status {
		r.t.Fatalf("%s %s: %d, want %d: %s", method, path, got, status, raw)
	}
	if out != nil {
		if err := json.Unmarshal([]byte(raw), out); err != nil {
			r.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return raw
}

// watch keeps every frame that the agent's socket gets, of the topics beside what
// everybody hears.
func (r *reader) watch(topics ...string) {
	r.t.Helper()
	var conn *websocket.Conn
	var err error
	for range 500 {
		if conn, _, err = websocket.Dial(r.t.Context(), "ws"+strings.TrimPrefix(r.url, "http")+"/api/v1/live", nil); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	auth, err := json.Marshal(map[string]any{"type": "auth", "token": r.token, "topics": topics})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := conn.Write(r.t.Context(), websocket.MessageText, auth); err != nil {
		r.t.Fatal(err)
	}
	if len(topics) > 0 { // a page that somebody looks at
		if err := conn.Write(r.t.Context(), websocket.MessageText, []byte(`{"type":"here"}`)); err != nil {
			r.t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			_, raw, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			r.mu.Lock()
			r.frames = append(r.frames, string(raw))
			r.mu.Unlock()
		}
	}()
	r.t.Cleanup(func() { _ = conn.CloseNow(); <-done })
	r.until("the socket is ready", func() bool { return strings.Contains(r.said(), `"ready"`) })
}

func (r *reader) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.frames, "\n")
}

func (n *node) until(what string, ok func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	n.t.Fatalf("%s: not within a minute", what)
}

// mail publishes a mail as the connector does.
func (n *node) mail(account inbox.AccountID, id, from string, proof inbox.Proof, text string, answers ...string) {
	n.t.Helper()
	name, address, _ := strings.Cut(from, "/")
	now := time.Now()
	if err := n.links[inbox.Email].Publish(n.t.Context(), connectors.Inbound{
		Kind: connectors.KindMessage, Channel: inbox.Email, Account: account, EventID: "mail:" + id, Key: address, Lane: connectors.LaneLive,
		Sender: connectors.Sender{Kind: inbox.EmailAddress, Address: address, Name: name, Proof: proof}, ProviderAt: now, ReceivedAt: now,
		Message: &connectors.Message{MessageID: id, From: inbox.Party{Address: address, Name: name}, Subject: id, Text: text, VisibleText: text, InReplyTo: answers},
	}); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) order(o inbox.Order) {
	n.t.Helper()
	if o.UpdatedAt.IsZero() {
		o.UpdatedAt = time.Now()
	}
	if o.PlacedAt.IsZero() {
		o.PlacedAt = o.UpdatedAt.Add(-48 * time.Hour)
	}
	if o.Store == "" {
		o.Store, o.Currency = "shop", "EUR"
	}
	if err := n.links[inbox.Shop].Publish(n.t.Context(), connectors.Inbound{
		Kind: connectors.KindOrder, Channel: inbox.Shop, Account: "shop", EventID: fmt.Sprint("order:", o.ExternalID, o.UpdatedAt.UnixNano()),
		Key: o.ExternalID, Lane: connectors.LaneLive, ProviderAt: o.UpdatedAt, ReceivedAt: time.Now(), Order: &o,
	}); err != nil {
		n.t.Fatal(err)
	}
}

// find waits for the conversation that a mail began.
func (r *reader) find(subject string) inbox.Conversation {
	r.t.Helper()
	var found inbox.Conversation
	r.until("conversation "+subject, func() bool {
		var list struct{ Items []inbox.Conversation }
		r.want(200, "GET", "/conversations?status=all&limit=100", nil, &list)
		i := slices.IndexFunc(list.Items, func(c inbox.Conversation) bool { return c.Subject == subject })
		if i >= 0 {
			found = list.Items[i]
		}
		return i >= 0
	})
	return found
}
