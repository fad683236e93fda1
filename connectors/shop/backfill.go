package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A place is how far a shop has been asked: its JSON is the account's cursor.
// What was taken before it may come again and changes nothing.
type place struct {
	Since time.Time       `json:"since,omitzero"` // as it was set: another one begins anew
	Heard time.Time       `json:"heard,omitzero"` // when the shop was last heard of, in whichever process
	Walks map[string]walk `json:"walks,omitempty"`
}

// What a shop is asked for, in this order: orders find their buyers there.
const (
	customers = "customers"
	orders    = "orders"
	products  = "products"
)

var walked = []string{customers, orders, products}

// longAgo is before there was any shop.
var longAgo = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// A walk is how far a shop has been asked for one kind of record.
type walk struct {
	At    time.Time `json:"at"`              // what changed before is in
	After string    `json:"after,omitempty"` // Shopify: the page after this one
	Page  int       `json:"page,omitempty"`  // WooCommerce: of what changed in one second, or by id
	Done  bool      `json:"done,omitempty"`  // once to the end: what comes now is news
}

// A pageFunc asks for what follows w: the words of it, where the next page
// begins, whether there is one at once, and how long to wait before it.
type pageFunc func(ctx context.Context, w walk) (p page, err error)

type page struct {
	words []said
	next  walk
	more  bool
	wait  time.Duration
}

// Receive implements [connectors.Connector]. Where the account says since when,
// it asks the shop for its customers and for the orders that have changed since,
// and for all that it sells, page by page in the bulk lane and from the cursor on
// after a crash; then now and then for what no webhook brought. It fails when the
// shop has been silent for longer than the account allows.
func (c *Connector) Receive(ctx context.Context, account connectors.Account, cursor string, emit connectors.EmitFunc) error {
	set, err := c.settings(account)
	if err != nil {
		return err
	}
	var pos place
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &pos); err != nil {
			return fmt.Errorf("read the cursor: %w", err)
		}
	}
	if !pos.Since.Equal(set.since) {
		pos = place{Since: set.since, Heard: pos.Heard}
	}
	if c.heard(account.ID, pos.Heard); c.lastHeard(account.ID).IsZero() {
		c.heard(account.ID, c.cfg.Now()) // nobody knows how long before
	}
	if err := c.silent(account.ID, set); err != nil && set.since.IsZero() {
		return err
	}
	f := &filler{c: c, set: set, account: account, asker: c.asker(set), emit: emit, pos: pos}
	if err := f.keep(ctx, pos.Walks); err != nil {
		return err
	}
	for {
		wait := min(set.stale/4, time.Minute)
		if !set.since.IsZero() {
			if err := f.fill(ctx); err != nil {
				if at := c.lastHeard(account.ID); ctx.Err() == nil && c.cfg.Now().Sub(at) >= set.stale {
					err = &connectors.Silent{At: at, Err: err}
				}
				return err
			}
			c.heard(account.ID, c.cfg.Now())
			wait = set.poll
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
		if !set.since.IsZero() {
			continue
		}
		if err := c.silent(account.ID, set); err != nil {
			return err
		}
		if c.lastHeard(account.ID).After(f.pos.Heard) { // the next start, and other processes, know it by the cursor
			if err := f.keep(ctx, f.pos.Walks); err != nil {
				return err
			}
		}
	}
}

func (c *Connector) lastHeard(account inbox.AccountID) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[account]
}

// silent says that a shop has given no word for longer than it may.
func (c *Connector) silent(account inbox.AccountID, set *Settings) error {
	at := c.lastHeard(account)
	age := c.cfg.Now().Sub(at)
	if age < set.stale {
		return nil
	}
	return &connectors.Silent{At: at, Err: &inbox.Error{Code: inbox.Unavailable, Message: fmt.Sprintf("the feed is stale: no word from the shop for %s; are its webhooks still there?", age.Truncate(time.Minute))}}
}

// A filler asks one shop for what it has and for what has changed.
type filler struct {
	c       *Connector
	set     *Settings
	account connectors.Account
	asker   *asker
	emit    connectors.EmitFunc
	pos     place
}

// fill asks for each kind page by page, until there is no more.
func (f *filler) fill(ctx context.Context) error {
	pages := map[string]pageFunc{customers: f.wooCustomers, orders: f.wooOrders, products: f.wooProducts}
	if f.set.Provider == Shopify {
		pages = map[string]pageFunc{customers: f.shopifyCustomers, orders: f.shopifyOrders, products: f.shopifyProducts}
	}
	for _, kind := range walked {
		if err := f.walk(ctx, kind, pages[kind]); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) walk(ctx context.Context, kind string, ask pageFunc) error {
	for {
		w, begun := f.pos.Walks[kind]
		if !begun {
			if w.At = f.set.since; kind == products { // of what a shop sells all is wanted
				w.At = longAgo
			}
		}
		p, err := ask(ctx, w)
		if l, ok := errors.AsType[*later](err); ok {
			p.more, p.wait, err = true, l.wait, nil
		} else if err == nil {
			err = f.take(ctx, kind, !w.Done, &p)
		}
		if no, ok := errors.AsType[*refusal](err); ok {
			return &inbox.Error{Code: inbox.Unauthorized, Message: no.words}
		}
		if err != nil {
			return err
		}
		if !p.more {
			return nil
		}
		t := time.NewTimer(p.wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// take puts the items of a page out, and only then moves on.
func (f *filler) take(ctx context.Context, kind string, old bool, p *page) error {
	lane := connectors.LaneLive
	if old {
		lane = connectors.LaneBulk
	}
	var items []connectors.Inbound
	for _, w := range p.words {
		for _, in := range w.items {
			if old && kind == orders && in.Cart != nil {
				continue // that it was in a cart long ago is no news
			}
			in.Channel, in.Lane, in.ReceivedAt = inbox.Shop, lane, f.c.cfg.Now()
			items = append(items, in)
		}
	}
	walks := maps.Clone(f.pos.Walks)
	if walks == nil {
		walks = map[string]walk{}
	}
	walks[kind] = p.next
	return f.keep(ctx, walks, items...)
}

// keep puts items out and remembers how far the shop was asked.
func (f *filler) keep(ctx context.Context, walks map[string]walk, items ...connectors.Inbound) error {
	next := place{Since: f.pos.Since, Heard: f.c.lastHeard(f.account.ID), Walks: walks}
	cursor, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("write the cursor: %w", err)
	}
	if err := f.emit(ctx, string(cursor), items...); err != nil {
		return err
	}
	f.pos = next
	return nil
}

// feed is where the words of raw are made.
func (f *filler) feed(raw []byte) *feed {
	return &feed{set: f.set, account: f.account.ID, raw: raw, at: f.c.cfg.Now()}
}
