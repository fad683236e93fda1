package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
	"skein/inbox/store"
)

// A token is good once: the one before it gives the same successor for a few
// seconds, later it ends the session, and so does any older one.
func TestRotateSession(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	now := time.Now()
	expires := now.Add(time.Hour)
	start := func() inbox.Session {
		s := inbox.Session{ID: inbox.NewID[inbox.SessionID](now), AgentID: d.anna.Agent.ID, Hash: []byte("0"), ExpiresAt: expires}
		if err := d.CreateSession(ctx, s, now); err != nil {
			t.Fatal(err)
		}
		return s
	}
	for what, s := range map[string]inbox.Session{
		"an older password":    {AgentID: d.anna.Agent.ID, Password: "an older hash"},
		"nobody's":             {AgentID: inbox.NewID[inbox.AgentID](now)},
		"the present password": {AgentID: d.anna.Agent.ID, Password: "hash"},
	} {
		s.ID, s.Hash, s.ExpiresAt = inbox.NewID[inbox.SessionID](now), []byte("0"), expires
		if err := d.CreateSession(ctx, s, now); s.Password == "hash" && err != nil || s.Password != "hash" && inbox.CodeOf(err) != inbox.Unauthorized {
			t.Errorf("a session by %s: %v", what, err)
		}
	}
	// Whoever asks for many at once is told of each the same.
	together := func(id inbox.SessionID) {
		t.Helper()
		all := []inbox.Session{{ID: id, AgentID: d.bert.Agent.ID}, {ID: id, AgentID: d.anna.Agent.ID}, {ID: inbox.NewID[inbox.SessionID](now), AgentID: d.anna.Agent.ID}}
		got, err := d.RightsOfSessions(ctx, all)
		if err != nil || len(got) != len(all) {
			t.Fatalf("RightsOfSessions: %v, %v", got, err)
		}
		for i, s := range all {
			one, err := d.SessionRights(ctx, s.AgentID, s.ID)
			if (err == nil) != (got[i] != nil) {
				t.Errorf("session %d: %v alone and %v together", i, err, got[i])
			} else if diff := cmp.Diff(&one, got[i]); err == nil && diff != "" {
				t.Errorf("session %d: alone and together differ: %s", i, diff)
			}
		}
	}
	for _, test := range []struct {
		name  string
		steps []step
		alive bool
	}{
		{"in turn", []step{{"0", "1", 0, true}, {"1", "2", time.Minute, true}, {"2", "3", time.Hour / 2, true}}, true},
		{"two tabs at once", []step{{"0", "1", 0, true}, {"0", "1", time.Second, true}, {"1", "2", time.Minute, true}}, true},
		{"the one before, late", []step{{"0", "1", 0, true}, {"0", "1", store.Grace + time.Second, false}, {"1", "2", 0, false}}, false},
		{"an older one", []step{{"0", "1", 0, true}, {"1", "2", 0, true}, {"0", "1", time.Second, false}, {"2", "3", 0, false}}, false},
		{"ended", []step{{"0", "1", 2 * time.Hour, false}}, true},
	} {
		s := start()
		for i, step := range test.steps {
			got, err := d.RotateSession(ctx, s.ID, []byte(step.presented), []byte(step.next), now.Add(step.after), now.Add(step.after+time.Hour))
			if (err == nil) != step.ok || err != nil && inbox.CodeOf(err) != inbox.Unauthorized {
				t.Errorf("%s, step %d: error %v, want ok %v", test.name, i, err, step.ok)
			}
			if err == nil && got.AgentID != d.anna.Agent.ID {
				t.Errorf("%s, step %d: agent %s", test.name, i, got.AgentID)
			}
		}
		_, err := d.SessionRights(ctx, d.anna.Agent.ID, s.ID)
		if alive := err == nil; alive != test.alive {
			t.Errorf("%s: alive %v (%v), want %v", test.name, alive, err, test.alive)
		}
		together(s.ID)
	}
	wantUnauthorized := func(what string, err error) { t.Helper(); wantCode(t, what, err, inbox.Unauthorized) }
	_, err := d.RotateSession(ctx, inbox.NewID[inbox.SessionID](now), []byte("0"), []byte("1"), now, expires)
	wantUnauthorized("a session that is not there", err)

	s := start()
	_, err = d.SessionRights(ctx, d.bert.Agent.ID, s.ID)
	wantUnauthorized("somebody else's session", err)
	gone := d.anna.Agent
	gone.Active = false
	if err := d.SaveAgent(ctx, gone, "", nil, nil, now); err != nil {
		t.Fatal(err)
	}
	_, err = d.SessionRights(ctx, d.anna.Agent.ID, s.ID)
	wantUnauthorized("an agent who left", err)
	together(s.ID)
	_, err = d.RotateSession(ctx, s.ID, []byte("0"), []byte("1"), now, expires)
	wantUnauthorized("the token of an agent who left", err)
}

type step struct {
	presented, next string
	after           time.Duration
	ok              bool
}

// Many tabs that present one token at the same instant all end with the same.
func TestRotateSessionConcurrently(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	now := time.Now()
	s := inbox.Session{ID: inbox.NewID[inbox.SessionID](now), AgentID: d.anna.Agent.ID, Hash: []byte("0"), ExpiresAt: now.Add(time.Hour)}
	if err := d.CreateSession(t.Context(), s, now); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := d.RotateSession(t.Context(), s.ID, []byte("0"), []byte("1"), now, now.Add(time.Hour)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, err := d.RotateSession(t.Context(), s.ID, []byte("1"), []byte("2"), now, now.Add(time.Hour)); err != nil {
		t.Errorf("the successor: %v", err)
	}
}

// Rights are what the tables say, and every change raises their version and is
// announced; an address belongs to one agent whatever its case.
func TestSaveAgent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	before := d.anna.Rights
	a := d.anna.Agent
	a.Name = "Anna B."
	if err := d.SaveAgent(ctx, a, "", []inbox.InboxID{d.second.ID}, nil, now); err != nil {
		t.Fatal(err)
	}
	after, err := d.Rights(ctx, a.ID)
	if err != nil || after.Version <= before.Version || len(after.Inboxes) != 1 || after.Inboxes[0] != d.second.ID || after.Agent.Name != "Anna B." {
		t.Errorf("rights = %+v, %v", after, err)
	}
	if got, hash, err := d.Credentials(ctx, "ANNA@skein.example"); err != nil || got.ID != a.ID || hash != "hash" {
		t.Errorf("Credentials() = %s %q, %v: the password is to stay", got.ID, hash, err)
	}
	if got, hash, err := d.Credentials(ctx, "nobody@skein.example"); err != nil || got.ID != "" || hash != "" {
		t.Errorf("Credentials(nobody) = %s %q, %v", got.ID, hash, err)
	}
	twin := inbox.Agent{ID: inbox.NewID[inbox.AgentID](now), Email: "Anna@Skein.example", Name: "x", Role: inbox.AgentRole, Active: true}
	wantCode(t, "an address twice", d.SaveAgent(ctx, twin, "", nil, nil, now), inbox.Conflict)
	a.Role = "king"
	wantCode(t, "an unknown role", d.SaveAgent(ctx, a, "", nil, nil, now), inbox.Invalid)
	wantCode(t, "an inbox that is not there", d.SaveAgent(ctx, d.bert.Agent, "", []inbox.InboxID{inbox.NewID[inbox.InboxID](now)}, nil, now), inbox.Conflict)
	if got := d.strings(t, `SELECT version::text FROM events WHERE entity = $1 AND kind = 'agent.changed' ORDER BY version`, a.ID); len(got) != 2 {
		t.Errorf("events = %v, want two versions", got)
	}
}

// An account's version rises with what changes, and only then.
func TestSaveAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	a := inbox.Account{ID: "sales", Channel: inbox.Email, InboxID: d.first.ID, Name: "Sales", Address: "a@shop.example", Settings: []byte(`{"a": 1, "b": 2}`)}
	for i, want := range []int64{1, 1, 2} {
		if i == 1 {
			a.Settings = []byte(`{"b":2,"a":1}`)
		}
		if i == 2 {
			a.Paused = true
		}
		if got, err := d.SaveAccount(ctx, a, now); err != nil || got != want {
			t.Errorf("save %d = version %d, %v, want %d", i, got, err, want)
		}
	}
	a.Channel = inbox.Chat
	_, err := d.SaveAccount(ctx, a, now)
	wantCode(t, "another channel", err, inbox.Conflict)
	a.ID = "Not good"
	_, err = d.SaveAccount(ctx, a, now)
	wantCode(t, "a bad id", err, inbox.Invalid)
	list, err := d.Accounts(ctx)
	if err != nil || len(list) != 4 || list[0].ID != "sales" || list[0].Version != 2 || !list[0].Paused {
		t.Errorf("Accounts() = %+v, %v", list, err)
	}
}
