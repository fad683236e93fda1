package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
	"skein/inbox/api"
)

// Accounts are made, changed, paused and removed while everything runs: a
// webhook's secret is changed without a request lost, what is wrong is seen by
// admins, and a removed account's webhooks answer 404 while its conversations
// stay.
func TestAccountsWhileRunning(t *testing.T) {
	t.Parallel()
	n := startPhone(t)
	n.sidecar()
	admin := n.agent("admin", inbox.AdminRole)
	calls := 0
	ring := func(secret string) int {
		calls++
		id := fmt.Sprintf("made-%d", calls)
		return n.event("desk", secret, id, fmt.Sprintf(`{"type": "call.ended", "id": %q, "call": {"id": %q, "from": "+43 660 7654321", "to": "+43 1 5550199", "startedAt": "2026-06-02T10:00:00Z", "endedAt": "2026-06-02T10:00:09Z"}}`, id, id))
	}
	becomes := func(what, secret string, want int) {
		t.Helper()
		n.until(what, func() bool { return ring(secret) == want })
	}
	if got := ring("one"); got != http.StatusNotFound {
		t.Errorf("before it is made: %d, want 404", got)
	}
	doc := map[string]any{"id": "desk", "channel": "phone", "inboxId": n.inboxes["support"].ID, "name": "Desk", "address": "+43 1 5550199"}
	var v api.AccountView
	set := func(status int, method, path, settings string) {
		t.Helper()
		doc["settings"], doc["version"] = json.RawMessage(settings), v.Version
		v = api.AccountView{}
		raw := admin.want(status, method, path, doc, &v)
		if strings.Contains(raw, `"one"`) || strings.Contains(raw, `"two"`) {
			t.Errorf("a secret came back: %s", raw)
		}
	}
	set(201, "POST", "/accounts", `{"provider": "webhook", "secrets": ["one"]}`)
	becomes("it is served", "one", 200)
	if got := ring("two"); got != http.StatusUnauthorized {
		t.Errorf("by another secret: %d, want 401", got)
	}
	look := func(what string, ok func(v api.AccountView) bool) {
		t.Helper()
		n.until(what, func() bool {
			var list struct{ Items []api.AccountView }
			admin.want(200, "GET", "/accounts", nil, &list)
			for _, one := range list.Items {
				if one.ID == "desk" {
					v = one
				}
			}
			return ok(v)
		})
	}
	look("admins see that a signature was wrong", func(v api.AccountView) bool {
		return v.Health.State == "running" && v.Health.Received > 0 && v.Health.Rejected == 1 && strings.Contains(v.Health.LastError, "signature") && v.Health.LastItem != nil
	})

	set(200, "PUT", "/accounts/desk", `{"provider": "webhook", "secrets": [{"set": true, "at": 0}, "two"]}`)
	becomes("the new secret holds", "two", 200)
	if got := ring("one"); got != 200 {
		t.Errorf("the old secret beside the new: %d, want 200", got)
	}
	set(200, "PUT", "/accounts/desk", `{"provider": "webhook", "secrets": [{"set": true, "at": 1}]}`)
	becomes("the old secret is gone", "one", http.StatusUnauthorized)
	if got := ring("two"); got != 200 {
		t.Errorf("the new secret: %d, want 200", got)
	}

	set(200, "PUT", "/accounts/desk", `{"provider": "webhook", "secrets": [{"set": true, "at": 0}], "shadow": true}`)
	becomes("what fails the check is let pass", "three", 200)
	look("and counted", func(v api.AccountView) bool { return v.Health.Doubted > 0 })
	set(200, "PUT", "/accounts/desk", `{"provider": "webhook", "secrets": [{"set": true, "at": 0}]}`)
	becomes("it is no longer", "three", http.StatusUnauthorized)

	admin.want(200, "POST", "/accounts/desk/pause", map[string]bool{"paused": true}, &v)
	becomes("a paused account has it sent again", "two", http.StatusServiceUnavailable)
	admin.want(200, "POST", "/accounts/desk/pause", map[string]bool{"paused": false}, &v)
	becomes("it goes on", "two", 200)

	var c inbox.Conversation
	n.until("its calls are in the inbox", func() bool {
		var page struct{ Items []inbox.Conversation }
		admin.want(200, "GET", "/conversations", nil, &page)
		for _, one := range page.Items {
			if one.Account == "desk" {
				c = one
			}
		}
		return c.ID != ""
	})
	admin.want(204, "DELETE", "/accounts/desk", nil, nil)
	becomes("it is gone", "two", http.StatusNotFound)
	admin.want(200, "GET", "/conversations/"+string(c.ID), nil, nil)
	if got := n.changes("desk"); got != 8 {
		t.Errorf("the log has %d changes of the account, want 8: made, changed four times, paused, resumed, removed", got)
	}
}

// changes is how many changes of an account the log has.
func (n *phoneNode) changes(id inbox.AccountID) (count int) {
	n.t.Helper()
	db, err := pgx.Connect(n.t.Context(), n.base.database)
	if err != nil {
		n.t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	if err := db.QueryRow(n.t.Context(), `SELECT count(*) FROM events WHERE kind = 'account.changed' AND after->>'id' = $1 AND actor_kind = 'agent'`, id).Scan(&count); err != nil {
		n.t.Fatal(err)
	}
	return count
}
