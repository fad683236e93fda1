package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/jackc/pgx/v5/pgxpool"

	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/inboxtest"
	"skein/inbox/outbox"
	"skein/inbox/store"
	"skein/inbox/threader"
	"skein/realtime"
)

type anybody struct{}

func (anybody) Verify(string) (realtime.Claims, error) {
	return realtime.Claims{Agent: "a", Session: "s", Expires: time.Now().Add(time.Hour)}, nil
}

func (anybody) RightsOfSessions(_ context.Context, sessions []inbox.Session) ([]*inbox.Rights, error) {
	all := make([]*inbox.Rights, len(sessions))
	for i := range all {
		all[i] = &inbox.Rights{Version: 1, Inboxes: []inbox.InboxID{"mine"}}
	}
	return all, nil
}

// From a commit in PostgreSQL over NATS to a browser's socket, over a break,
// and over the loss of the stream.
func TestLive(t *testing.T) {
	t.Parallel()
	dsn := inboxtest.Database(t)
	st, err := store.Open(t.Context(), dsn, 8, threader.Rules())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	b, err := bus.Open(t.Context(), inboxtest.NATS(t), bus.Config{SecretKey: []byte(strings.Repeat("k", 32))})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	hub := realtime.New(realtime.Config{
		Source: source{outbox.NewPosition(st, b, log), b}, Tokens: anybody{}, Rights: anybody{}, CheckEvery: 50 * time.Millisecond,
	})
	parts := newStack(log)
	parts.run("relay", outbox.New(outbox.Config{Source: st, Bus: b, Log: log}).Run)
	parts.run("realtime", hub.Run)
	t.Cleanup(func() { parts.stop(20 * time.Second) })
	server := httptest.NewServer(hub)
	t.Cleanup(server.Close)

	commit := func(version int64, in inbox.InboxID) {
		t.Helper()
		raw, err := json.Marshal(inbox.Event{Kind: inbox.ConversationChanged, Entity: "c", Version: version,
			Audience: inbox.Audience{After: &inbox.Place{InboxID: in}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(t.Context(), `WITH n AS (SELECT pg_notify('skein_outbox', ''))
			INSERT INTO outbox (subject, payload) SELECT $1, $2 FROM n`, store.EventSubject+string(inbox.ConversationChanged), raw); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	type frame struct {
		Type, Position string
		Reload         bool
		Event          inbox.Event
	}
	open := func(position string) *websocket.Conn {
		t.Helper()
		for {
			conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(server.URL, "http"), nil)
			if err == nil {
				t.Cleanup(func() { _ = conn.CloseNow() })
				if err = conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"auth","token":"t","position":%q,"rights":1}`, position)); err == nil {
					return conn
				}
			}
			if ctx.Err() != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	next := func(conn *websocket.Conn) (f frame, err error) {
		for f.Type == "" || f.Type == "heartbeat" {
			_, raw, err := conn.Read(ctx)
			if err != nil {
				return f, err
			}
			f = frame{}
			if err := json.Unmarshal(raw, &f); err != nil {
				return f, err
			}
		}
		return f, nil
	}
	want := func(conn *websocket.Conn, kind string, version int64) frame {
		t.Helper()
		f, err := next(conn)
		if err != nil || f.Type != kind || f.Event.Version != version {
			t.Fatalf("got %+v, %v, want %s of version %d", f, err, kind, version)
		}
		return f
	}

	first := open("")
	want(first, "ready", 0)
	commit(1, "mine")
	commit(2, "theirs")
	commit(3, "mine")
	want(first, "event", 1)
	at := want(first, "event", 3).Position
	_ = first.CloseNow()

	commit(4, "mine")
	back := open(at)
	if f := want(back, "ready", 0); f.Reload || f.Position != at {
		t.Errorf("came back to %+v, want to go on at %s", f, at)
	}
	want(back, "event", 4)

	if err := b.ResetEvents(ctx); err != nil {
		t.Fatal(err)
	}
	if f, err := next(back); websocket.CloseStatus(err) != realtime.CloseResume {
		t.Fatalf("after the stream was lost: %+v, %v", f, err)
	}
	again := open(at)
	if f := want(again, "ready", 0); !f.Reload {
		t.Errorf("came back to %+v, want to reload", f)
	}
	commit(5, "mine")
	want(again, "event", 5)
}
