package threader_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/blob"
	"skein/inbox/bus"
	"skein/inbox/inboxtest"
	"skein/inbox/store"
	"skein/inbox/thread"
	"skein/inbox/threader"
)

type stream struct {
	*bus.Bus
	after func() error // between the handling of a batch and its acknowledgement
}

func (s stream) Inbound(ctx context.Context, workers int, handle func(context.Context, int, []threader.Item) error) error {
	return s.Bus.Inbound(ctx, workers, func(ctx context.Context, worker int, batch []bus.Delivery) error {
		items := make([]threader.Item, len(batch))
		for i, d := range batch {
			items[i] = threader.Item{Data: d.Data, Channel: d.Channel, Account: d.Account, Lane: d.Lane, At: d.At, Handle: d}
		}
		if err := handle(ctx, worker, items); err != nil {
			return err
		}
		return s.after()
	})
}

func (s stream) Bury(ctx context.Context, item threader.Item, reason string) error {
	return s.PutDead(ctx, item.Handle.(bus.Delivery), reason)
}

type keeper struct{ *store.Store }

func (keeper) Transient(err error) bool { return store.Transient(err) }

// Over the real parts: a mail whose bodies went by reference, and whose
// acknowledgement never came, is stored once, whole, and holds nothing up.
func TestRedeliveryAfterCommit(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	nc, n := inboxtest.NATSServer(t)
	secret := bytes.Repeat([]byte("s"), 32)
	b, err := bus.Open(ctx, nc, bus.Config{SecretKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, inboxtest.Database(t), 4, threader.Rules())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	now := time.Now()
	brand, calendar, err := s.CreateBrand(ctx, "Brand", "en", "Europe/Berlin", now)
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.CreateInbox(ctx, brand, calendar, "Support", now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveAccount(ctx, inbox.Account{ID: "support", Channel: inbox.Email, InboxID: in.ID, Name: "Support", Address: "support@shop.example"}, now); err != nil {
		t.Fatal(err)
	}
	files, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	key, err := bus.DeriveKey(secret, inbox.Email)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := n.Credential(inbox.Email)
	if err != nil {
		t.Fatal(err)
	}
	lc, err := bus.ConnectLink(n.URL(), credential, inbox.Email, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lc.Close)
	link, err := bus.NewLink(lc, bus.LinkConfig{Channel: inbox.Email, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	mail := func(id string) connectors.Inbound {
		body, err := link.PutBody(ctx, bytes.NewReader(bytes.Repeat([]byte(id), 700<<10)))
		if err != nil {
			t.Fatal(err)
		}
		return connectors.Inbound{
			Kind: connectors.KindMessage, Channel: inbox.Email, Account: "support", EventID: id, Key: "k", Lane: connectors.Live,
			Sender: connectors.Sender{Kind: inbox.EmailAddress, Address: "ann@x.example"}, ProviderAt: now, ReceivedAt: now,
			Raw: &body, Message: &connectors.Message{MessageID: id, Subject: id},
		}
	}
	for _, id := range []string{"a", "b"} {
		if err := link.Publish(ctx, mail(id)); err != nil {
			t.Fatal(err)
		}
	}

	lost := 2 // acknowledgements
	keys, err := thread.NewKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	handled := make(chan struct{}, 16)
	th := threader.New(threader.Config{
		Stream: stream{b, func() error {
			if lost--; lost >= 0 {
				return errors.New("the acknowledgement is lost")
			}
			handled <- struct{}{}
			return nil
		}},
		Store: keeper{s}, Blobs: files, Transit: b, Keys: keys, Workers: 1, Log: slog.New(slog.DiscardHandler),
	})
	go func() {
		defer close(done)
		_ = th.Run(run)
	}()
	all := &inbox.Rights{All: true}
	var list []inbox.Conversation
	for deadline := time.Now().Add(20 * time.Second); len(list) < 2; {
		select {
		case <-handled:
		case <-time.After(time.Until(deadline)):
			t.Fatalf("stored %d of 2: the partition stands still", len(list))
		}
		if list, _, err = s.Conversations(ctx, all, inbox.ConversationFilter{}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	<-done
	if len(list) != 2 || list[0].MessageSeq != 1 || list[1].MessageSeq != 1 {
		t.Errorf("stored %+v, want two conversations of one message", list)
	}
	if dead, _, err := b.DeadItems(ctx, 0, 10); err != nil || len(dead) != 0 {
		t.Errorf("DEAD holds %d items, %v, want none", len(dead), err)
	}
	for _, c := range list {
		messages, _, err := s.Messages(ctx, all, string(c.ID), 0, 10)
		if err != nil || len(messages) != 1 {
			t.Fatalf("Messages = %d, %v", len(messages), err)
		}
		sum, err := s.Raw(ctx, all, messages[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if there, err := files.Has(ctx, sum); err != nil || !there {
			t.Errorf("the source of %s is not there (%v)", messages[0].HeaderID, err)
		}
	}
}
