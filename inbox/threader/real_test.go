package threader_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/cmd/skein/local"
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

// A realBench is the parts that a threader stands between: the bus, the store
// and a folder of bodies, with an account of mail and one of a shop.
type realBench struct {
	bus    *bus.Bus
	nats   *local.NATS
	store  *store.Store
	files  *blob.Files
	secret []byte
	dsn    string
}

func newReal(t *testing.T) *realBench {
	t.Helper()
	ctx := t.Context()
	nc, n := inboxtest.NATSServer(t)
	r := &realBench{nats: n, secret: bytes.Repeat([]byte("s"), 32), dsn: inboxtest.Database(t)}
	var err error
	if r.bus, err = bus.Open(ctx, nc, bus.Config{SecretKey: r.secret}); err != nil {
		t.Fatal(err)
	}
	if r.store, err = store.Open(ctx, r.dsn, 4, threader.Rules()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.store.Close)
	now := time.Now()
	brand, calendar, err := r.store.CreateBrand(ctx, "Brand", "en", "Europe/Berlin", now)
	if err != nil {
		t.Fatal(err)
	}
	in, err := r.store.CreateInbox(ctx, brand, calendar, "Support", now)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []inbox.Account{
		{ID: "support", Channel: inbox.Email, InboxID: in.ID, Name: "Support", Address: "support@shop.example"},
		{ID: "shop", Channel: inbox.Shop, InboxID: in.ID, Name: "Shop", MaxProof: inbox.Signed},
	} {
		if _, err := r.store.SaveAccount(ctx, a, now); err != nil {
			t.Fatal(err)
		}
	}
	if r.files, err = blob.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	return r
}

// link is a sidecar's end, with its credential.
func (r *realBench) link(t *testing.T, channel inbox.Channel) *bus.Link {
	t.Helper()
	key, err := bus.DeriveKey(r.secret, channel)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := r.nats.Credential(channel)
	if err != nil {
		t.Fatal(err)
	}
	lc, err := bus.ConnectLink(r.nats.URL(), credential, channel, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lc.Close)
	link, err := bus.NewLink(lc, bus.LinkConfig{Channel: channel, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return link
}

// run runs a threader until stop is called; handled gets a word after every
// batch but the first few, whose acknowledgements are lost.
func (r *realBench) run(t *testing.T, lost int64) (handled chan struct{}, stop func()) {
	t.Helper()
	keys, err := thread.NewKeys(r.secret)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	handled = make(chan struct{}, 64)
	var left atomic.Int64
	left.Store(lost)
	th := threader.New(threader.Config{
		Stream: stream{r.bus, func() error {
			if left.Add(-1) >= 0 {
				return errors.New("the acknowledgement is lost")
			}
			handled <- struct{}{}
			return nil
		}},
		Store: keeper{r.store}, Blobs: r.files, Transit: r.bus, Keys: keys, Workers: 1, Log: slog.New(slog.DiscardHandler),
	})
	go func() {
		defer close(done)
		_ = th.Run(ctx)
	}()
	return handled, func() { cancel(); <-done }
}

// Over the real parts: a mail whose bodies went by reference, and whose
// acknowledgement never came, is stored once, whole, and holds nothing up.
func TestRedeliveryAfterCommit(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Now()
	r := newReal(t)
	b, s, files, link := r.bus, r.store, r.files, r.link(t, inbox.Email)
	mail := func(id string) connectors.Inbound {
		body, err := link.PutBody(ctx, bytes.NewReader(bytes.Repeat([]byte(id), 700<<10)))
		if err != nil {
			t.Fatal(err)
		}
		return connectors.Inbound{
			Kind: connectors.KindMessage, Channel: inbox.Email, Account: "support", EventID: id, Key: "k", Lane: connectors.LaneLive,
			Sender: connectors.Sender{Kind: inbox.EmailAddress, Address: "ann@x.example"}, ProviderAt: now, ReceivedAt: now,
			Raw: &body, Message: &connectors.Message{MessageID: id, Subject: id},
		}
	}
	for _, id := range []string{"a", "b"} {
		if err := link.Publish(ctx, mail(id)); err != nil {
			t.Fatal(err)
		}
	}

	handled, stop := r.run(t, 2)
	all := &inbox.Rights{All: true}
	var list []inbox.Conversation
	for deadline := time.Now().Add(20 * time.Second); len(list) < 2; {
		select {
		case <-handled:
		case <-time.After(time.Until(deadline)):
			t.Fatalf("stored %d of 2: the partition stands still", len(list))
		}
		var err error
		if list, _, err = s.Conversations(ctx, all, inbox.ConversationFilter{}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
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

// Over the real parts: a shop's records and what people do in it come by their
// own ways, some twice and in the wrong order, and are stored once; a word that
// is wrong is put aside and stops nothing.
func TestShopOverTheBus(t *testing.T) {
	t.Parallel()
	ctx, now := t.Context(), time.Now().UTC().Truncate(time.Second)
	r := newReal(t)
	link := r.link(t, inbox.Shop)
	put := func(kind connectors.Kind, event string, after time.Duration, edit func(*connectors.Inbound)) {
		t.Helper()
		in := connectors.Inbound{
			Kind: kind, Channel: inbox.Shop, Account: "shop", EventID: event, Key: event, Lane: connectors.LaneLive, ProviderAt: now.Add(after), ReceivedAt: now,
			Sender: connectors.Sender{Kind: inbox.ShopAccount, Address: "c1", Proof: inbox.Signed},
		}
		edit(&in)
		if err := link.Publish(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	track := func(event, name, properties string, after time.Duration) {
		put(connectors.KindTrack, event, after, func(in *connectors.Inbound) {
			in.Track = &inbox.Track{Store: "shop", Type: "track", Event: name, UserID: "c1", Currency: "EUR", Properties: []byte(properties)}
		})
	}
	track("refund", "Order Refunded", `{"order_id":"1","total":4.99}`, 3*time.Hour)
	track("out", "Product Removed", `{"sku":"a","quantity":1}`, -time.Minute)
	track("in", "Product Added", `{"sku":"a","name":"Mug","price":4.99,"quantity":3}`, -time.Hour)
	track("in", "Product Added", `{"sku":"a","name":"Mug","price":4.99,"quantity":3}`, -time.Hour)
	put(connectors.KindOrder, "order", time.Hour, func(in *connectors.Inbound) {
		in.Order = &inbox.Order{Store: "shop", ExternalID: "1", Number: "HP-1", CustomerExternalID: "c1", Status: "delivered", Currency: "EUR",
			Total: 998, PlacedAt: now, UpdatedAt: now.Add(time.Hour), Items: []inbox.Item{{SKU: "a", Title: "Mug", Quantity: 2, Price: 499}}}
	})
	put(connectors.KindOrder, "wrong", 0, func(in *connectors.Inbound) {
		in.Order = &inbox.Order{Store: "shop", ExternalID: "2", Number: "HP-2", Currency: "EURO", UpdatedAt: now}
	})
	put(connectors.KindCustomer, "customer", 0, func(in *connectors.Inbound) {
		in.Customer = &inbox.CustomerRecord{Store: "shop", ExternalID: "c1", Name: "Ann", Email: "ann@x.example", UpdatedAt: now}
	})
	db, err := pgx.Connect(ctx, r.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	handled, stop := r.run(t, 2)
	defer stop()
	all := &inbox.Rights{All: true}
	for deadline := time.Now().Add(20 * time.Second); ; {
		select {
		case <-handled:
		case <-time.After(time.Until(deadline)):
			t.Fatal("the shop's words don't come in")
		}
		dead, _, err := r.bus.DeadItems(ctx, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		var id inbox.CustomerID
		if err := db.QueryRow(ctx, `SELECT customer_id FROM identities WHERE kind = 'shop' AND key = 'shop/c1'`).Scan(&id); err == nil && len(dead) == 1 {
			orders, err := r.store.Orders(ctx, all, id)
			if err != nil {
				t.Fatal(err)
			}
			carts, err := r.store.Carts(ctx, all, id)
			if err != nil {
				t.Fatal(err)
			}
			if len(orders) != 1 || orders[0].Number != "HP-1" || orders[0].Refunded == 0 || len(carts) != 1 || carts[0].Total != 998 {
				continue
			}
			if o := orders[0]; o.Total != 998 || o.Refunded != 499 || o.FinancialStatus != "partially_refunded" || len(o.Problems) != 0 {
				t.Errorf("order = %+v", o)
			}
			return
		}
	}
}
