package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/store"
)

// Who is away gets one mail of what is unread, however many nodes look; who is at
// the desk, has read it, may not see it or doesn't want it gets none, and nothing is
// mailed twice. What a machine answers to it is passed over.
func TestDigest(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	var mu sync.Mutex
	since, away := time.Now().Add(-2*time.Hour), false
	rule := store.DigestRule{
		Away: func(inbox.AgentID) (time.Time, bool) { mu.Lock(); defer mu.Unlock(); return since, away },
		Letter: func(a *inbox.Agent, list []inbox.Notification, more int) (string, string) {
			var text []string
			for _, n := range list {
				text = append(text, string(n.Kind))
			}
			return fmt.Sprint(a.Name, " ", len(list), "+", more), strings.Join(text, " ")
		},
		HeaderID: func(id inbox.MessageID, from *inbox.Account) string { return string(id) + "@shop.example" },
		Encode: func(d inbox.Departure) (string, []byte, error) {
			raw, err := json.Marshal(d)
			return "skein.out.email." + string(d.Message.Account), raw, err
		},
	}
	look := func(at time.Time) {
		t.Helper()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for fired := true; fired; {
					var err error
					if fired, err = d.FireDigest(ctx, at, rule); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
	}
	mails := func() []string {
		return d.strings(t, `SELECT (convert_from(payload, 'utf8')::jsonb)->'Message'->>'subject' || ': ' || ((convert_from(payload, 'utf8')::jsonb)->'Message'->>'text')
			FROM outbox WHERE subject LIKE 'skein.out.email.%' ORDER BY id`)
	}
	want := func(what string, n int) {
		t.Helper()
		if got := mails(); len(got) != n {
			t.Errorf("%s: %d mails %q, want %d", what, len(got), got, n)
		}
	}
	c := d.mail(t, "support", "a", "ann@x.example")
	d.assign(t, d.su, c, d.anna)
	d.note(t, d.su, c, "@anna", d.anna.Agent.ID)
	d.deliver(t, arrival("b", "ann@x.example", []string{"a"})) // messages are not mailed unless that is chosen
	look(time.Now())
	want("before it is due", 0)
	hour := time.Now().Add(time.Hour)
	look(hour)
	want("at the desk", 0)
	mu.Lock()
	since, away = hour.Add(-10*time.Minute), true
	mu.Unlock()
	look(hour.Add(6 * time.Minute))
	want("away for too short", 0)
	look(hour.Add(30 * time.Minute))
	if got := mails(); len(got) != 1 || got[0] != "anna 2+0: mention assignment" {
		t.Fatalf("away: %q", got)
	}
	look(hour.Add(24 * time.Hour))
	want("nothing new", 1)

	if timers := d.strings(t, `SELECT key FROM timers WHERE kind = 'digest'`); len(timers) != 0 {
		t.Errorf("still looked at: %v", timers)
	}
	id := d.strings(t, `SELECT id::text FROM digests`)
	answered := arrival("out of office", "anna@skein.example", nil)
	answered.Message.Token, answered.Message.Automatic.Is = inbox.MessageID(id[0]), true
	d.deliver(t, answered)
	if n := d.strings(t, `SELECT count(*)::text FROM messages WHERE header_id = 'out of office'`); n[0] != "0" {
		t.Error("what a machine answers to a digest is a conversation")
	}

	// What was read or may not be seen any more is not mailed.
	d.assign(t, d.su, d.mail(t, "support", "e", "e@x.example"), d.anna)
	if _, err := d.ReadNotifications(ctx, d.anna, inbox.ReadSelection{Through: time.Now()}, time.Now()); err != nil {
		t.Fatal(err)
	}
	look(hour.Add(48 * time.Hour))
	d.assign(t, d.su, d.mail(t, "support", "f", "f@x.example"), d.anna)
	if err := d.SaveAgent(ctx, d.anna.Agent, "", []inbox.InboxID{}, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	look(hour.Add(72 * time.Hour))
	want("read, and taken away", 1)
}
