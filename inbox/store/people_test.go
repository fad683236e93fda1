package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
	"skein/inbox/identity"
)

// day is an instant of a feed.
func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

func claim(field inbox.ClaimField, source inbox.ClaimSource, value string, proof inbox.Proof, at time.Time) inbox.Claim {
	return inbox.Claim{Field: field, Source: source, Value: value, Key: identity.ClaimKey(field, value, ""), Proof: proof, At: at}
}

// record is a shop's word on a customer as the threader makes it, with proof
// for the address and the number.
func record(store, id string, at time.Time, proof inbox.Proof, fields map[inbox.ClaimField]string) inbox.Received {
	r := inbox.Received{
		Account: "shop", Channel: inbox.Shop, EventID: fmt.Sprint("customer/", store, id, at.UnixNano(), fields), At: time.Now(),
		Customer: &inbox.CustomerRecord{Store: store, ExternalID: id, UpdatedAt: at, Proof: inbox.Signed,
			Identity: inbox.IdentityRef{Kind: inbox.ShopAccount, Key: inbox.ShopKey(store, id)}},
	}
	for field, value := range fields {
		r.Claims = append(r.Claims, claim(field, inbox.FromShop, value, proof, at))
	}
	return r
}

type fields = map[inbox.ClaimField]string

// message is one from an identity of any kind, with what its sender claims.
func message(id string, kind inbox.IdentityKind, key string, proof inbox.Proof, claims ...inbox.Claim) inbox.Received {
	r := arrival(id, key, nil)
	r.Message.Identity.Kind, r.Message.Proof, r.Claims = kind, proof, claims
	return r
}

func orderOf(event string, at int, buyer inbox.IdentityRef, email string) inbox.Received {
	return inbox.Received{Account: "shop", Channel: inbox.Shop, EventID: event, At: time.Now(), Order: &inbox.Order{
		Store: "shop", ExternalID: event, Number: event, Email: email, Status: "paid", Currency: "EUR",
		PlacedAt: day(at), UpdatedAt: day(at), Buyer: buyer,
	}}
}

// people lists the customers as sorted lists of their identities' keys.
func (b *deliverBench) people(t testing.TB) []string {
	return b.strings(t, `SELECT string_agg(key, ' ' ORDER BY key) AS keys FROM identities GROUP BY customer_id ORDER BY 1`)
}

func (b *deliverBench) identity(t testing.TB, key string) (id inbox.IdentityID, customer, born inbox.CustomerID) {
	t.Helper()
	if err := b.pool.QueryRow(t.Context(), `SELECT id, customer_id, born_id FROM identities WHERE key = $1`, key).Scan(&id, &customer, &born); err != nil {
		t.Fatalf("identity %s: %v", key, err)
	}
	return id, customer, born
}

func (b *deliverBench) customerOf(t testing.TB, key string) inbox.CustomerID {
	t.Helper()
	_, customer, _ := b.identity(t, key)
	return customer
}

// joined fails where the customers are not what the edges say, or a name or
// a version is not what was announced last.
func (b *deliverBench) joined(t testing.TB) {
	t.Helper()
	rows, err := b.pool.Query(t.Context(), `SELECT id::text, customer_id::text, born_id::text FROM identities ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	parent, born, has := map[string]string{}, map[string]string{}, map[string]string{}
	var all []string
	for rows.Next() {
		var id, customer, own string
		if err := rows.Scan(&id, &customer, &own); err != nil {
			t.Fatal(err)
		}
		all = append(all, id)
		parent[id], has[id], born[id] = id, customer, own
	}
	root := func(id string) string {
		for parent[id] != id {
			id = parent[id]
		}
		return id
	}
	for _, e := range b.strings(t, `SELECT a || ' ' || b FROM identity_edges WHERE revoked_at IS NULL`) {
		a, z, _ := strings.Cut(e, " ")
		if a, z = root(a), root(z); a != z {
			parent[max(a, z)] = min(a, z) // the oldest is the root
		}
	}
	for _, id := range all {
		if want := born[root(id)]; has[id] != want {
			t.Errorf("identity %s has customer %s, want %s, of the oldest that it is joined with", id, has[id], want)
		}
	}
	for _, check := range []struct{ what, sql string }{
		{"customers that were announced and are now otherwise", `SELECT k.id::text FROM customers k JOIN LATERAL (
			SELECT e.version, e.after FROM events e WHERE e.entity = k.id AND e.kind = 'customer.changed' ORDER BY e.version DESC LIMIT 1) e ON true
			WHERE e.version <> k.version OR e.after ->> 'name' <> k.name
				OR jsonb_array_length(e.after -> 'identities') <> (SELECT count(*) FROM identities i WHERE i.customer_id = k.id)`},
		{"a version of a customer twice", `SELECT entity::text FROM events WHERE kind = 'customer.changed' GROUP BY entity, version HAVING count(*) > 1`},
		{"merged customers that lead nowhere", `SELECT k.id::text FROM customers k WHERE NOT EXISTS (SELECT FROM identities i WHERE i.born_id = k.id)`},
	} {
		if bad := b.strings(t, check.sql); len(bad) > 0 {
			t.Errorf("%s: %v", check.what, bad)
		}
	}
}

// A browser is what folds the events of the list topic.
type browser struct {
	conversations map[inbox.ConversationID]inbox.Conversation
	last          int64 // of the outbox
}

// fold applies what was announced since, as every client does: of two words on
// one identity the one with the higher version of its customer holds.
func (w *browser) fold(t testing.TB, b *deliverBench) {
	t.Helper()
	rows, err := b.pool.Query(context.WithoutCancel(t.Context()), `SELECT id, payload FROM outbox WHERE id > $1 AND subject LIKE 'skein.event.c%' ORDER BY id`, w.last)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&w.last, &data); err != nil {
			t.Fatal(err)
		}
		var e inbox.Event
		if err := json.Unmarshal(data, &e); err != nil {
			t.Fatal(err)
		}
		w.apply(&e)
	}
}

func (w *browser) apply(e *inbox.Event) {
	switch {
	case e.Conversation != nil:
		c := *e.Conversation
		old, ok := w.conversations[c.ID]
		if ok && old.Version >= c.Version {
			return
		}
		if ok && old.Customer.IdentityID == c.Customer.IdentityID && old.Customer.CustomerVersion > c.Customer.CustomerVersion {
			c.Customer = old.Customer
		}
		w.conversations[c.ID] = c
	case e.Customer != nil:
		for id, c := range w.conversations {
			i := slices.IndexFunc(e.Customer.Identities, func(i inbox.Identity) bool { return i.ID == c.Customer.IdentityID })
			if i < 0 || c.Customer.CustomerVersion >= e.Version {
				continue
			}
			who := e.Customer.Identities[i]
			c.Customer.CustomerID, c.Customer.CustomerVersion = e.Customer.ID, e.Version
			c.Customer.Name, c.Customer.Proof = e.Customer.Name, who.Proof
			if c.Customer.Name == "" {
				c.Customer.Name = who.Shown()
			}
			w.conversations[id] = c
		}
	}
}

// settled fails where the rules, shown everything at once, would have it
// otherwise than the store, which looks at what bears on a change alone.
func (b *deliverBench) settled(t testing.TB) {
	t.Helper()
	ev := inbox.ClusterEvidence{Policies: map[inbox.IdentityRef]inbox.KeyPolicy{}}
	query := func(sql string, dest []any, do func()) {
		t.Helper()
		rows, err := b.pool.Query(t.Context(), sql)
		if err == nil {
			_, err = pgx.ForEachRow(rows, dest, func() error { do(); return nil })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	at := map[inbox.IdentityID]int{}
	var n inbox.Node
	var own, held inbox.HeldKey
	query(`SELECT i.id, i.customer_id, i.born_id, i.kind, i.key, i.proof, coalesce((SELECT c.key FROM claims c WHERE c.identity_id = i.id AND c.field = 'birthday'
		ORDER BY array_position(ARRAY['shop', 'agent', 'channel'], c.source) LIMIT 1), '') FROM identities i ORDER BY i.id`,
		[]any{&n.ID, &n.Customer, &n.Born, &own.Kind, &own.Key, &own.Proof, &n.Birthday}, func() {
			n.Store, n.Keys = "", []inbox.HeldKey{own}
			if own.Kind == inbox.ShopAccount {
				n.Store = inbox.StoreOf(own.Key)
			}
			at[n.ID] = len(ev.Nodes)
			ev.Nodes = append(ev.Nodes, n)
		})
	var who inbox.IdentityID
	query(`SELECT identity_id, field, key, proof FROM claims WHERE field IN ('email', 'phone') AND key <> ''`,
		[]any{&who, &held.Kind, &held.Key, &held.Proof}, func() {
			ev.Nodes[at[who]].Keys = append(ev.Nodes[at[who]].Keys, held)
		})
	var e inbox.Edge
	query(`SELECT id, a, b, automatic, key_kind, key FROM identity_edges WHERE revoked_at IS NULL`,
		[]any{&e.ID, &e.A, &e.B, &e.Automatic, &e.Key.Kind, &e.Key.Key}, func() { ev.Edges = append(ev.Edges, e) })
	var r inbox.Refusal
	query(`SELECT a, b FROM identity_refusals WHERE revoked_at IS NULL AND until IS NULL`, []any{&r.A, &r.B}, func() { ev.Refusals = append(ev.Refusals, r) })
	var ref inbox.IdentityRef
	var p inbox.KeyPolicy
	query(`SELECT kind, key, policy FROM key_policies`, []any{&ref.Kind, &ref.Key, &p}, func() { ev.Policies[ref] = p })

	want := identity.Resolve(&ev)
	if len(want.Add)+len(want.Revoke) > 0 {
		t.Errorf("edges are missing: %v, or stand and should not: %v", want.Add, want.Revoke)
	}
	for _, n := range ev.Nodes {
		if want.Customers[n.ID] != n.Customer {
			t.Errorf("%s has customer %s, want %s", n.Keys[0].Key, n.Customer, want.Customers[n.ID])
		}
	}
}

// Who is given something while their work here ends doesn't get it: it would be left
// with nobody.
func TestAssignedWhileLeaving(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c := d.mail(t, "support", "m1", "kim@x.example")
	leaves, err := d.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer leaves.Rollback(ctx) //nolint:errcheck // the test is over
	if _, err := leaves.Exec(ctx, `SELECT FROM agents WHERE id = $1 FOR UPDATE`, d.anna.Agent.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := leaves.Exec(ctx, `UPDATE agents SET active = false WHERE id = $1`, d.anna.Agent.ID); err != nil {
		t.Fatal(err)
	}
	given := make(chan error, 1)
	go func() {
		_, err := d.Patch(ctx, d.su, string(c.ID), inbox.Patch{Assignee: &d.anna.Agent.ID}, time.Now())
		given <- err
	}()
	d.waitForLocks(t, 1, "agents")
	if err := leaves.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "to who has left", <-given, inbox.Conflict)
}

// Two admins who take each other's role or work in the same instant, each before
// the other's is done: one stays.
func TestLastAdmin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	ada, bo := d.agent(t, "ada", inbox.AdminRole), d.agent(t, "bo", inbox.AdminRole)
	hold, err := d.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback(ctx) //nolint:errcheck // the test is over
	if _, err := hold.Exec(ctx, `SELECT FROM agents WHERE role = 'admin' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	role := inbox.SupervisorRole
	failed := make(chan error, 2)
	go func() { failed <- d.Deactivate(ctx, ada, bo.Agent.ID, inbox.Handoff{}, time.Now()) }()
	go func() {
		_, err := d.PatchAgent(ctx, bo, ada.Agent.ID, inbox.AgentPatch{Role: &role}, time.Now())
		failed <- err
	}()
	d.waitForLocks(t, 2, "agents")
	if err := hold.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	codes := []inbox.Code{inbox.CodeOf(<-failed), inbox.CodeOf(<-failed)}
	slices.Sort(codes)
	if !slices.Equal(codes, []inbox.Code{"", inbox.Conflict}) {
		t.Errorf("codes = %q, want one refused", codes)
	}
	if got := d.strings(t, `SELECT count(*)::text FROM agents WHERE role = 'admin' AND active`); got[0] != "1" {
		t.Errorf("%s admins are left, want one", got[0])
	}
}
