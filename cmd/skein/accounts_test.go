package main

import (
	"log/slog"
	"testing"
	"time"

	"skein/inbox"
)

// A channel's connector is wanted from its first account on, and for good.
func TestServedFromFirstAccount(t *testing.T) {
	t.Parallel()
	n := startNode(t)
	p := newProjection(n.store, n.bus, n.cfg.secret, slog.New(slog.DiscardHandler))
	wanted := func(channel inbox.Channel) bool {
		select {
		case <-p.served[channel]:
			return true
		default:
			return false
		}
	}
	step := func(what string, phone bool) {
		t.Helper()
		if err := p.once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !wanted(inbox.Email) || wanted(inbox.Phone) != phone {
			t.Errorf("%s: email is wanted %v, phone %v, want true, %v", what, wanted(inbox.Email), wanted(inbox.Phone), phone)
		}
	}
	step("before", false)
	line := inbox.Account{ID: "line", Channel: inbox.Phone, InboxID: n.inboxes["support"].ID, Name: "Line"}
	if _, err := n.store.SaveAccount(t.Context(), line, time.Now()); err != nil {
		t.Fatal(err)
	}
	step("with an account", true)
	step("again", true)
}
