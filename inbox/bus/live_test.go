package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
)

// during runs f until the test ends.
func during(t testing.TB, f func(ctx context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); f(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

// until looks again and again whether ok holds.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 20 s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// A question is answered once, under the channel and account that the asker's
// credential vouches for; a refusal keeps its code, and a fault tells nothing of
// itself.
func TestAsk(t *testing.T) {
	t.Parallel()
	b, server, n := open(t)
	l, _ := link(t, n, inbox.Chat)
	var got struct{ Said string }
	if err := l.Ask(t.Context(), "site", "history", nil, &got); inbox.CodeOf(err) != inbox.Unavailable {
		t.Errorf("Ask with nobody there = %v, want unavailable", err)
	}
	for range 2 { // two nodes
		during(t, func(ctx context.Context) {
			_ = b.Asks(ctx, func(_ context.Context, ask connectors.Ask) (any, error) {
				switch ask.Verb {
				case "no":
					return nil, &inbox.Error{Code: inbox.NotFound, Message: "there is no such session"}
				case "fault":
					return nil, errors.New("the password is hunter2")
				case "long":
					return strings.Repeat("x", 3<<20), nil
				case "nothing":
					return nil, nil
				}
				return map[string]string{"said": fmt.Sprintf("%s/%s %s", ask.Channel, ask.Account, ask.Request)}, nil
			})
		})
	}
	until(t, "an answer", func() bool { return l.Ask(t.Context(), "site", "nothing", nil, nil) == nil })
	if err := l.Ask(t.Context(), "site", "history", map[string]int{"before": 7}, &got); err != nil || got.Said != `chat/site {"before":7}` {
		t.Errorf("Ask = %+v, %v", got, err)
	}
	for verb, want := range map[string]inbox.Code{"no": inbox.NotFound, "fault": inbox.Unavailable, "long": inbox.TooLarge, "a.b": inbox.Invalid, "": inbox.Invalid} {
		err := l.Ask(t.Context(), "site", verb, nil, &got)
		if inbox.CodeOf(err) != want || strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("Ask %q = %v, want %s", verb, err, want)
		}
	}
	// The server answers with its own rights: only into the asker's prefix.
	heard, err := server.SubscribeSync("skein.out.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.PublishRequest("skein.ask.chat.site.history", "skein.out.email.support", nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Ask(t.Context(), "site", "history", 1, nil); err != nil {
		t.Fatal(err)
	}
	if msg, err := heard.NextMsg(50 * time.Millisecond); err == nil {
		t.Errorf("an answer went to %s", msg.Subject)
	}
}

// Words go up to every node and down to the one channel, and what a word says
// of its channel and account counts for nothing.
func TestLive(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	chat, _ := link(t, n, inbox.Chat)
	phone, _ := link(t, n, inbox.Phone)
	up, down, other := make(chan connectors.Live, 100), make(chan connectors.Live, 100), make(chan connectors.Live, 100)
	during(t, func(ctx context.Context) { _ = b.HearLive(ctx, func(w connectors.Live) { up <- w }) })
	during(t, func(ctx context.Context) { _ = chat.Hear(ctx, func(w connectors.Live) { down <- w }) })
	during(t, func(ctx context.Context) { _ = phone.Hear(ctx, func(w connectors.Live) { other <- w }) })

	said := connectors.Live{Kind: connectors.LiveTyping, Channel: inbox.Email, Account: "site", Key: "s 1", TTL: 10}
	want := said
	want.Channel = inbox.Chat
	var got connectors.Live
	until(t, "a word up", func() bool {
		_ = chat.Say(t.Context(), said)
		select {
		case got = <-up:
			return true
		default:
			return false
		}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("heard of chat (-want +got):\n%s", diff)
	}
	until(t, "a word down", func() bool {
		_ = b.SayLive(t.Context(), want)
		select {
		case got = <-down:
			return true
		default:
			return false
		}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("heard of the server (-want +got):\n%s", diff)
	}
	if len(other) > 0 {
		t.Errorf("the phone heard %+v", <-other)
	}
	if err := b.SayLive(t.Context(), connectors.Live{Channel: "chat", Account: "a.b"}); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("SayLive to no account = %v, want invalid", err)
	}
}

// A visitor's session is shown in order and without a gap from the number asked
// for, of that session alone, and nothing that a sidecar smuggled in.
func TestVisitor(t *testing.T) {
	t.Parallel()
	b, nc, n := open(t)
	rows := 0
	put := func(session, text string) {
		t.Helper()
		rows++
		row := inbox.OutboxRow{ID: int64(rows), Subject: inbox.VisitorSubject("site", session), Payload: []byte(text)}
		if err := b.PublishEvents(t.Context(), []inbox.OutboxRow{row}); err != nil {
			t.Fatal(err)
		}
	}
	put("ann", "1")
	put("bob", "secret")
	put("ann", "2")
	forge(t, n, nc, inbox.VisitorSubject("site", "ann"), []byte("pay here"))
	chat, _ := link(t, n, inbox.Chat)
	type shown struct {
		seq  uint64
		data string
	}
	come := make(chan shown, 100)
	follow := func(after uint64) {
		during(t, func(ctx context.Context) {
			_ = chat.Visitor(ctx, "site", "ann", after, func(seq uint64, data []byte) error {
				come <- shown{seq, string(data)}
				return nil
			})
		})
	}
	next := func(want shown) {
		t.Helper()
		select {
		case got := <-come:
			if got != want {
				t.Errorf("shown %+v, want %+v", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing was shown, want %+v", want)
		}
	}
	follow(0)
	next(shown{1, "1"})
	next(shown{3, "2"})
	put("ann", "3")
	next(shown{5, "3"})
	follow(3) // resumes
	next(shown{5, "3"})

	stop := errors.New("stop")
	if err := chat.Visitor(t.Context(), "site", "ann", 0, func(uint64, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Visitor = %v, want what show returned", err)
	}
	for _, session := range []string{"", "*", "a.b", ">"} {
		if err := chat.Visitor(t.Context(), "site", session, 0, nil); inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("Visitor of %q = %v, want invalid", session, err)
		}
	}
	// No other channel may.
	mail, _ := link(t, n, inbox.Email)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_ = mail.Visitor(ctx, "site", "bob", 0, func(_ uint64, data []byte) error {
		t.Errorf("the email connector read %s", data)
		return nil
	})
}

// The newest instance of a channel comes first; one that says so is gone at
// once; who is announced is no account's health.
func TestInstances(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	chat, chatConn := link(t, n, inbox.Chat)
	if err := chat.Announce(t.Context(), connectors.Instance{Instance: "old", Address: "127.0.0.1:1", At: time.Unix(1, 0)}); err != nil {
		t.Fatal(err)
	}
	var known bus.Instances
	during(t, func(ctx context.Context) { _ = b.Follow(ctx, &known) })
	want := func(addresses ...string) {
		t.Helper()
		until(t, fmt.Sprint("addresses ", addresses), func() bool { return slices.Equal(known.Of(inbox.Chat), addresses) })
	}
	want("127.0.0.1:1")
	say := func(instance, address string, at int64) {
		t.Helper()
		if err := chat.Announce(t.Context(), connectors.Instance{Channel: inbox.Email, Instance: instance, Address: address, At: time.Unix(at, 0)}); err != nil {
			t.Fatal(err)
		}
	}
	say("new", "127.0.0.1:2", 2)
	want("127.0.0.1:2", "127.0.0.1:1")
	say("old", "127.0.0.1:1", 3) // goes on, and is no newer for it
	say("new", "127.0.0.1:2", 4)
	want("127.0.0.1:2", "127.0.0.1:1")
	say("new", "", 5)
	want("127.0.0.1:1")
	if got := known.Of(inbox.Email); len(got) > 0 {
		t.Errorf("the chat announced %v for email", got)
	}
	if list, err := b.Statuses(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("Statuses = %+v, %v, want none", list, err)
	}
	refused := make(chan error, 10)
	chatConn.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err })
	if err := chatConn.Publish("$KV.connector_status.email.HTTP.x", []byte(`{"address":"127.0.0.1:9"}`)); err != nil {
		t.Fatal(err)
	}
	if err := chatConn.Flush(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-refused:
	case <-time.After(10 * time.Second):
		t.Error("the chat may announce for email")
	}
}
