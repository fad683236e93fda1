package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/bus"
)

func jetStream(t testing.TB, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func tracked(n int) connectors.Inbound {
	i := item(n)
	i.Kind, i.Channel, i.Account = connectors.KindTrack, inbox.Shop, "shop"
	return i
}

// What people do in a shop comes by a stream of its own: it is handed over once,
// retried in place while the database is away, and never holds up a message.
func TestTrack(t *testing.T) {
	t.Parallel()
	b, _, n := open(t)
	shop, _ := link(t, n, inbox.Shop)
	mail, _ := link(t, n, inbox.Email)
	const many = 700 // more than are held at once
	for i := range many {
		if err := shop.Publish(t.Context(), tracked(i)); err != nil {
			t.Fatal(err)
		}
	}
	away := make(chan struct{})
	messages, tracks := collect(), collect()
	running(t, b, 2, func(_ context.Context, _ int, batch []bus.Delivery) error {
		if batch[0].Channel != inbox.Shop {
			messages.add(batch)
			return nil
		}
		select {
		case <-away:
			tracks.add(batch)
			return nil
		default:
			return errors.New("the database is away")
		}
	})
	if err := mail.Publish(t.Context(), item(1)); err != nil {
		t.Fatal(err)
	}
	messages.wait(t, 1)
	close(away)
	seen := map[string]bool{}
	for _, d := range tracks.wait(t, many) {
		if seen[d.EventID] || d.Account != "shop" || d.Lane != connectors.LaneLive {
			t.Fatalf("got %+v, twice or not as published", d)
		}
		seen[d.EventID] = true
	}
}

// A track that can't be handled is put aside and comes back by the same way;
// what is handled is cleaned away, what waits is not.
func TestTrackDeadAndClean(t *testing.T) {
	t.Parallel()
	b, nc, n := open(t)
	shop, _ := link(t, n, inbox.Shop)
	if err := shop.Publish(t.Context(), tracked(1)); err != nil {
		t.Fatal(err)
	}
	got := make(chan bus.Delivery, 4)
	stop := running(t, b, 1, func(ctx context.Context, _ int, batch []bus.Delivery) error {
		for _, d := range batch {
			if d.Replay == 0 {
				if err := b.PutDead(ctx, d, "of nobody"); err != nil {
					return err
				}
			}
			got <- d
		}
		return nil
	})
	<-got
	dead, _, err := b.DeadItems(t.Context(), 0, 10)
	if err != nil || len(dead) != 1 {
		t.Fatalf("DEAD holds %d items, %v, want 1", len(dead), err)
	}
	if err := b.Replay(t.Context(), fmt.Sprint(dead[0].ID)); err != nil {
		t.Fatal(err)
	}
	if d := <-got; d.Replay != 1 || d.EventID != "e1" {
		t.Errorf("the replay came as %+v", d)
	}
	stop()
	if err := shop.Publish(t.Context(), tracked(2)); err != nil {
		t.Fatal(err)
	}
	left := func() uint64 {
		js := jetStream(t, nc)
		s, err := js.Stream(t.Context(), "TRACK")
		if err != nil {
			t.Fatal(err)
		}
		return s.CachedInfo().State.Msgs
	}
	if err := b.Clean(t.Context(), time.Now()); err != nil || left() != 1 {
		t.Errorf("Clean = %v, %d tracks left, want the one that waits", err, left())
	}
}

// Only a shop's sidecar publishes there: no other channel's word is taken for a
// shop's.
func TestTrackIsOfShops(t *testing.T) {
	t.Parallel()
	_, nc, n := open(t)
	_, raw := link(t, n, inbox.Chat)
	if err := raw.Publish("skein.track.shop.k", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := raw.Flush(); err != nil {
		t.Fatal(err)
	}
	chat, _ := link(t, n, inbox.Chat)
	seen := tracked(3)
	seen.Channel, seen.Account, seen.Lane = inbox.Chat, "widget", connectors.LaneBulk
	if err := chat.Publish(t.Context(), seen); err != nil {
		t.Fatal(err)
	}
	for stream, want := range map[string]uint64{"TRACK": 0, "INBOUND": 1} {
		s, err := jetStream(t, nc).Stream(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.CachedInfo().State.Msgs; got != want {
			t.Errorf("%s holds %d of a chat's, want %d", stream, got, want)
		}
	}
}
