package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/shop"
	"skein/inbox"
)

// A feed without a word for longer than its account allows is shown as stale,
// with its age, where operators look, until the shop says something again; what
// is far too large is refused, and once the account is removed nothing is taken.
func TestStaleFeed(t *testing.T) {
	t.Parallel()
	n := &shopNode{node: startNode(t)}
	save := func(name string) {
		t.Helper()
		if _, err := n.store.SaveAccount(t.Context(), inbox.Account{ID: "lamps", Channel: inbox.Shop, InboxID: n.inboxes["support"].ID, Name: name,
			MaxProof: inbox.Signed, Settings: []byte(`{"provider": "shopify", "secrets": ["hush"], "stale": "6h"}`)}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	save("Lamps")
	parts := newStack(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { parts.stop(10 * time.Second) })
	if _, err := n.startAccounts(t.Context(), parts); err != nil {
		t.Fatal(err)
	}
	var later atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- connectors.Run(ctx, connectors.Config{Link: n.links[inbox.Shop], Log: slog.New(slog.DiscardHandler), Grace: time.Second, ReportEvery: 50 * time.Millisecond,
			Connector: shop.New(shop.Config{Log: slog.New(slog.DiscardHandler), Now: clock})})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the sidecar ended with %v", err)
		}
	})
	boss := n.agent("boss", inbox.AdminRole)
	health := func() connectors.Status {
		var list struct {
			Items []struct {
				ID     inbox.AccountID
				Health connectors.Status
			}
		}
		boss.want(200, "GET", "/accounts", nil, &list)
		for _, a := range list.Items {
			if a.ID == "lamps" {
				return a.Health
			}
		}
		return connectors.Status{}
	}
	n.until("the shop is served", func() bool { return health().State == connectors.Running })

	// Who answers customers hears how old the orders are, and not why.
	ana := n.agent("ana", inbox.AgentRole, n.inboxes["support"].ID)
	shown := func() (at *time.Time) {
		var list struct{ Items []connectors.Status }
		ana.want(200, "GET", "/connectors", nil, &list)
		for _, c := range list.Items {
			if c.Account == "lamps" {
				at = c.SilentAt
			}
		}
		return at
	}
	before := time.Now()
	later.Store(int64(26 * time.Hour))
	save("Lamps and more") // it is looked at anew
	n.until("the feed is stale, with its age", func() bool {
		h := health()
		return h.State == connectors.Retrying && strings.Contains(h.LastError, "stale") && strings.Contains(h.LastError, "26h")
	})
	if at := shown(); at == nil || at.After(before) {
		t.Errorf("agents are shown orders as of %v, want some time before %v", at, before)
	}
	if got := n.hook("orders/create", fmt.Sprintf(lampOrder, 501), "hush"); got != http.StatusOK {
		t.Fatalf("a word from the shop gets %d", got)
	}
	n.until("it isn't any more", func() bool {
		h := health()
		return h.State == connectors.Running && !strings.Contains(h.LastError, "stale") && shown() == nil
	})

	if got := n.hook("orders/create", strings.Repeat(" ", 10<<20), "hush"); got != http.StatusRequestEntityTooLarge {
		t.Errorf("ten megabytes get %d", got)
	}
	boss.want(http.StatusNoContent, "DELETE", "/accounts/lamps", nil, nil)
	n.until("a removed account takes nothing", func() bool {
		return n.hook("orders/create", fmt.Sprintf(lampOrder, 502), "hush") == http.StatusNotFound
	})
}
