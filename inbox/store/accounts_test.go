package store_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/inbox"
)

// Accounts are made, changed and removed once each, whoever does it at the same
// time; a change of another state than the present one is refused; and the log
// says who did what, without a setting.
func TestAccounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := inbox.Account{ID: "page", Channel: inbox.Social, InboxID: d.first.ID, Name: "Page", Address: "page", MaxProof: inbox.Proven, Settings: []byte(`{"token":"hunter2"}`)}
	const n = 8
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range n {
		wg.Go(func() {
			_, err := d.CreateAccount(t.Context(), d.anna, a, time.Now())
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case inbox.CodeOf(err) != inbox.Conflict:
				t.Errorf("CreateAccount = %v, want a conflict", err)
			}
		})
	}
	wg.Wait()
	if made != 1 {
		t.Errorf("made %d times, want 1", made)
	}
	find := func() inbox.Account {
		t.Helper()
		all, err := d.Accounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(x inbox.Account) bool { return x.ID == "page" })
		return all[i]
	}
	was := find()
	is := was
	is.Name, is.Paused = "Our page", true
	is, err := d.UpdateAccount(t.Context(), d.anna, is, time.Now())
	if err != nil || is.Version != was.Version+1 {
		t.Fatalf("UpdateAccount = %+v, %v", is, err)
	}
	if _, err := d.UpdateAccount(t.Context(), d.anna, was, time.Now()); inbox.CodeOf(err) != inbox.Conflict {
		t.Errorf("UpdateAccount of an old version = %v, want a conflict", err)
	}
	other := is
	other.Channel = inbox.Email
	if _, err := d.UpdateAccount(t.Context(), d.anna, other, time.Now()); inbox.CodeOf(err) != inbox.Conflict {
		t.Errorf("UpdateAccount to another channel = %v, want a conflict", err)
	}
	if err := d.RemoveAccount(t.Context(), d.anna, "page", time.Now()); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"remove again":     d.RemoveAccount(t.Context(), d.anna, "page", time.Now()),
		"remove of nobody": d.RemoveAccount(t.Context(), d.anna, "nobody", time.Now()),
	} {
		if inbox.CodeOf(err) != inbox.NotFound {
			t.Errorf("%s = %v, want not found", what, err)
		}
	}
	if got := find(); !got.Removed || string(got.Settings) != "{}" {
		t.Errorf("after its removal: %+v with settings %s", got, got.Settings)
	}
	a.InboxID = d.second.ID
	if again, err := d.CreateAccount(t.Context(), d.anna, a, time.Now()); err != nil || again.Removed || again.Version != 4 {
		t.Errorf("made again: %+v, %v", again, err)
	}
	log := d.strings(t, `SELECT actor_id || ' ' || (after->>'version') || ' ' || coalesce(after->>'settings', '') || ' ' || coalesce(after->>'removed', '')
		FROM events WHERE kind = 'account.changed' AND after->>'id' = 'page' ORDER BY version`)
	who := string(d.anna.Agent.ID)
	if want := []string{who + " 1 changed ", who + " 2  ", who + " 3 changed true", who + " 4 changed "}; !slices.Equal(log, want) {
		t.Errorf("log = %q, want %q", log, want)
	}
	if all, _ := json.Marshal(d.strings(t, `SELECT coalesce(before::text, '') || after::text FROM events`)); strings.Contains(string(all), "hunter2") {
		t.Errorf("the log holds a secret: %s", all)
	}
}

// What was said on an account that is removed stays, can be noted on and can't be
// answered from it.
func TestRemovedAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.mail(t, "support", "m1", "kim@x.example")
	if err := d.RemoveAccount(t.Context(), d.anna, "support", time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Reply(t.Context(), d.anna, string(c.ID), answer("key-1", "Here.", c.PublicSeq)); inbox.CodeOf(err) != inbox.Conflict || !strings.Contains(err.Error(), "removed") {
		t.Errorf("Reply = %v, want a conflict that says why", err)
	}
	if _, err := d.Note(t.Context(), d.anna, string(c.ID), answer("key-2", "They wrote.", c.PublicSeq)); err != nil {
		t.Errorf("Note = %v", err)
	}
	// What was on its way is kept.
	if late := d.mail(t, "support", "m2", "kim@x.example", "m1"); late.ID != c.ID {
		t.Errorf("late mail is in %s, want %s", late.ID, c.ID)
	}
	d.whole(t)
}
