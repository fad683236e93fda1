package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"skein/inbox"
)

// strangers makes n customers, each with one mail in one of two inboxes.
func (d *desk) strangers(t testing.TB, n int) []inbox.CustomerID {
	t.Helper()
	var batch []inbox.Received
	for i := range n {
		r := arrival(fmt.Sprint("m", i), fmt.Sprintf("p%d@x.example", i), nil)
		r.Account = []inbox.AccountID{"support", "second"}[i%2]
		batch = append(batch, r)
	}
	d.deliver(t, batch...)
	list := make([]inbox.CustomerID, n)
	for i := range n {
		list[i] = d.customerOf(t, fmt.Sprintf("p%d@x.example", i))
	}
	return list
}

// Agents merge and unmerge at random, several at once, while mail comes in:
// after every round the customers are the components of the edges that stand,
// and when all is undone everything is where it came from.
func TestMergeAndUnmergeAtRandom(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	const n = 14
	born := d.strangers(t, n)
	page := &browser{conversations: map[inbox.ConversationID]inbox.Conversation{}}
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(11, uint64(w)))
			for i := range 25 {
				x, y := born[rng.IntN(n)], born[rng.IntN(n)]
				switch rng.IntN(4) {
				case 0, 1:
					if _, err := d.Merge(ctx, d.su, x, y, "", time.Now()); err != nil {
						t.Errorf("merge: %v", err)
					}
				case 2:
					merges, err := d.Merges(ctx, &d.su.Rights, x)
					if err != nil || len(merges) == 0 {
						continue
					}
					_, _, err = d.Unmerge(ctx, d.su, x, merges[rng.IntN(len(merges))].ID, time.Now())
					if code := inbox.CodeOf(err); err != nil && code != inbox.NotFound && code != inbox.Conflict {
						t.Errorf("unmerge: %v", err)
					}
				case 3:
					who := rng.IntN(n)
					r := arrival(fmt.Sprint("r", w, "-", i), fmt.Sprintf("p%d@x.example", who), []string{fmt.Sprint("m", who)})
					r.Claims = []inbox.Claim{claim(inbox.ClaimName, inbox.FromChannel, fmt.Sprint("P", w, i), inbox.Proven, time.Now())}
					d.deliver(t, r)
				}
			}
		})
	}
	wg.Wait()
	d.joined(t)
	d.whole(t)
	d.foldsToFetch(t, page)
	for _, id := range born {
		for {
			merges, err := d.Merges(ctx, &d.su.Rights, id)
			if err != nil {
				t.Fatal(err)
			}
			if len(merges) == 0 {
				break
			}
			kept, restored, err := d.Unmerge(ctx, d.su, id, merges[0].ID, time.Now())
			if inbox.CodeOf(err) == inbox.Conflict { // joined in another way, too
				_, _, err = d.Unmerge(ctx, d.su, id, merges[len(merges)-1].ID, time.Now())
			}
			if err != nil {
				t.Fatal(err)
			}
			if kept.ID == restored.ID {
				t.Fatalf("%s was unmerged from itself", kept.ID)
			}
		}
	}
	for i, id := range born {
		if got := d.customerOf(t, fmt.Sprintf("p%d@x.example", i)); got != id {
			t.Errorf("p%d belongs to %s, want %s, where it came from", i, got, id)
		}
	}
	d.joined(t)
	d.foldsToFetch(t, page)
}

// foldsToFetch fails where the events folded into what a page has differ from
// a fresh fetch.
func (d *desk) foldsToFetch(t testing.TB, page *browser) {
	t.Helper()
	page.fold(t, d.deliverBench)
	want := map[inbox.ConversationID]inbox.Conversation{}
	list, _, err := d.Conversations(t.Context(), &d.su.Rights, inbox.ConversationFilter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		want[c.ID] = c
	}
	for id, c := range page.conversations {
		if c.MergedInto != "" {
			delete(page.conversations, id)
		}
	}
	if diff := cmp.Diff(want, page.conversations, cmpopts.EquateApproxTime(time.Microsecond)); diff != "" {
		t.Errorf("folded differ from fetched (-fetched +folded):\n%s", diff)
	}
}

// A merge is told to the inboxes of both, an unmerge too, and each side goes
// back with what came meanwhile. Automatic edges come and go with the evidence,
// and what an agent parted stays apart.
func TestUnmergeRestores(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	page := &browser{conversations: map[inbox.ConversationID]inbox.Conversation{}}
	first := d.mail(t, "support", "m1", "ann@x.example")
	d.deliver(t, record("shop", "7", day(1), inbox.Proven, fields{inbox.ClaimEmail: "ann@x.example", inbox.ClaimName: "Ann"}))
	d.foldsToFetch(t, page)
	_, _, ann := d.identity(t, "ann@x.example")
	_, now, account := d.identity(t, "shop/7")
	merges, err := d.Merges(ctx, &d.anna.Rights, ann)
	if err != nil || len(merges) != 1 {
		t.Fatal(merges, err)
	}
	d.deliver(t, orderOf("o1", 3, inbox.IdentityRef{Kind: inbox.ShopAccount, Key: "shop/7"}, "ann@x.example"))
	kept, restored, err := d.Unmerge(ctx, d.anna, account, merges[0].ID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	sides := []inbox.CustomerID{kept.ID, restored.ID}
	if kept.ID != now || !slices.Contains(sides, account) || !slices.Contains(sides, first.Customer.CustomerID) || len(kept.Identities) != 1 || len(restored.Identities) != 1 {
		t.Errorf("unmerge = %+v and %+v", kept, restored)
	}
	if orders, err := d.Orders(ctx, &d.anna.Rights, account); err != nil || len(orders) != 1 {
		t.Errorf("orders of the account = %v, %v, want the one that came meanwhile", orders, err)
	}
	d.deliver(t, arrival("m2", "ann@x.example", nil), record("shop", "7", day(2), inbox.Signed, fields{inbox.ClaimEmail: "ann@x.example", inbox.ClaimName: "Ann Lee"}))
	if got := len(d.people(t)); got != 2 {
		t.Errorf("%d customers after more of the same evidence, want 2", got)
	}
	if err := d.Unrefuse(ctx, d.anna, ann, account, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := len(d.people(t)); got != 1 {
		t.Errorf("%d customers after the refusal is taken back, want 1", got)
	}
	d.joined(t)
	d.foldsToFetch(t, page)
}

// An agent's merge that is undone leaves nobody joined by what they have in
// common; what another agent joined is said to be in the way.
func TestUnmergeOfAgents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	born := d.strangers(t, 3)
	merge := func(x, y int) inbox.EdgeID {
		t.Helper()
		if _, err := d.Merge(ctx, d.su, born[x], born[y], "said so on the phone", time.Now()); err != nil {
			t.Fatal(err)
		}
		merges, err := d.Merges(ctx, &d.su.Rights, born[x])
		if err != nil {
			t.Fatal(err)
		}
		if m := merges[0]; m.Automatic || m.Text != "An agent: said so on the phone" || m.Actor.Name != "su" {
			t.Errorf("merge = %+v", m)
		}
		return merges[0].ID
	}
	edge := merge(0, 1)
	// Since then both have proven one number.
	phone := func(i int) inbox.Received {
		r := arrival(fmt.Sprint("again", i), fmt.Sprintf("p%d@x.example", i), nil)
		r.Claims = []inbox.Claim{claim(inbox.ClaimPhone, inbox.FromChannel, "+43 664 1234567", inbox.Proven, day(1))}
		return r
	}
	d.deliver(t, phone(0), phone(1))
	if _, _, err := d.Unmerge(ctx, d.su, born[0], edge, time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := len(d.people(t)); got != 3 {
		t.Errorf("%d customers, want 3", got)
	}
	_, _, err := d.Unmerge(ctx, d.su, born[0], edge, time.Now())
	wantCode(t, "unmerge twice", err, inbox.NotFound)
	d.joined(t)

	// p0 and p2 have an automatic edge, and agents join them by way of p1.
	edge = merge(0, 1)
	merge(1, 2)
	d.deliver(t, phone(2))
	if _, _, err := d.Unmerge(ctx, d.su, born[2], edge, time.Now()); err != nil {
		t.Fatal(err)
	}
	d.joined(t)
}

// Two that an agent refused are never joined nor offered, and "later" is a week.
func TestRefusals(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	claims := func(proof inbox.Proof) inbox.Received {
		return message(fmt.Sprint("v", proof), inbox.ChatVisitor, "visitor", proof, claim(inbox.ClaimEmail, inbox.FromChannel, "ann@x.example", proof, day(1)))
	}
	d.mail(t, "support", "m1", "ann@x.example")
	d.deliver(t, claims(inbox.Claimed))
	if _, err := d.IndexHints(ctx, 100); err != nil {
		t.Fatal(err)
	}
	ann, visitor := d.customerOf(t, "ann@x.example"), d.customerOf(t, "visitor")
	offered := func(at time.Time) int {
		t.Helper()
		list, err := d.Matches(ctx, &d.anna.Rights, visitor, at)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if got := offered(now); got != 1 {
		t.Fatalf("%d matches, want 1", got)
	}
	if err := d.Refuse(ctx, d.anna, visitor, ann, true, now); err != nil {
		t.Fatal(err)
	}
	if a, b := offered(now.Add(time.Hour)), offered(now.Add(8*24*time.Hour)); a != 0 || b != 1 {
		t.Errorf("%d matches within the week and %d after it, want 0 and 1", a, b)
	}
	if err := d.Refuse(ctx, d.anna, ann, visitor, false, now); err != nil {
		t.Fatal(err)
	}
	if got := offered(now.Add(8 * 24 * time.Hour)); got != 0 {
		t.Errorf("%d matches of one who was refused, want none", got)
	}
	d.deliver(t, claims(inbox.Signed))
	if got := len(d.people(t)); got != 2 {
		t.Errorf("%d customers, want 2: an agent said no", got)
	}
	// An agent may change their mind, and then it is forgotten.
	if _, err := d.Merge(ctx, d.anna, ann, visitor, "", now); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "refuse what is one", d.Refuse(ctx, d.anna, ann, visitor, false, now), inbox.Conflict)
	if got := d.strings(t, `SELECT id::text FROM identity_refusals WHERE revoked_at IS NULL`); len(got) != 0 {
		t.Errorf("refusals left after the merge: %v", got)
	}
	d.joined(t)
}

// Nobody sees, merges, refuses or is offered a customer of another inbox.
func TestMergeRights(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	born := d.strangers(t, 2) // the second is in bert's inbox
	mine, other := born[0], born[1]
	d.deliver(t, message("v", inbox.ChatVisitor, "visitor", inbox.Proven, claim(inbox.ClaimEmail, inbox.FromChannel, "p1@x.example", inbox.Claimed, day(1))))
	if _, err := d.IndexHints(ctx, 100); err != nil {
		t.Fatal(err)
	}
	if list, err := d.Matches(ctx, &d.anna.Rights, d.customerOf(t, "visitor"), now); err != nil || len(list) != 0 {
		t.Errorf("anna is offered %v, %v, want nobody", list, err)
	}
	if list, err := d.Matches(ctx, &d.su.Rights, d.customerOf(t, "visitor"), now); err != nil || len(list) != 1 {
		t.Errorf("the supervisor is offered %v, %v, want one", list, err)
	}
	for _, pair := range [][2]inbox.CustomerID{{mine, other}, {other, mine}} {
		_, err := d.Merge(ctx, d.anna, pair[0], pair[1], "", now)
		wantCode(t, "merge", err, inbox.NotFound)
		wantCode(t, "refuse", d.Refuse(ctx, d.anna, pair[0], pair[1], false, now), inbox.NotFound)
		wantCode(t, "unrefuse", d.Unrefuse(ctx, d.anna, pair[0], pair[1], now), inbox.NotFound)
	}
	_, err := d.Matches(ctx, &d.anna.Rights, other, now)
	wantCode(t, "matches", err, inbox.NotFound)
	_, err = d.Merges(ctx, &d.anna.Rights, other)
	wantCode(t, "merges", err, inbox.NotFound)
	_, err = d.PatchCustomer(ctx, d.anna, other, fields{inbox.ClaimName: "Mine"}, now)
	wantCode(t, "patch", err, inbox.NotFound)
	if _, err := d.Merge(ctx, d.su, mine, other, "", now); err != nil {
		t.Fatal(err)
	}
	got := d.strings(t, `
		SELECT coalesce(e #>> '{customer,mergedInto}', 'whole') || ' ' || jsonb_array_length(e #> '{audience,inboxes}')
		FROM (SELECT convert_from(payload, 'UTF8')::jsonb AS e FROM outbox WHERE subject = 'skein.event.customer.changed') o ORDER BY 1`)
	if want := []string{string(mine) + " 1", "whole 2"}; !slices.Equal(got, want) {
		t.Errorf("the merge is told to as many inboxes: %v, want %v", got, want)
	}
	merges, err := d.Merges(ctx, &d.anna.Rights, other)
	if err != nil || len(merges) != 1 {
		t.Fatal(merges, err)
	}
	if _, _, err := d.Unmerge(ctx, d.anna, mine, merges[0].ID, now); err != nil {
		t.Errorf("unmerge by who sees the whole: %v", err)
	}
	_, err = d.Customer(ctx, &d.anna.Rights, other)
	wantCode(t, "what is apart again", err, inbox.NotFound)
}

// An agent's word is shown over what came by mail and under what the shop says,
// on whatever identity it is; taken back, it is gone.
func TestPatchCustomer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	page := &browser{conversations: map[inbox.ConversationID]inbox.Conversation{}}
	born := d.strangers(t, 2)
	d.foldsToFetch(t, page)
	patch := func(i int, f fields) inbox.Customer {
		t.Helper()
		c, err := d.PatchCustomer(ctx, d.su, born[i], f, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	before := patch(0, fields{inbox.ClaimName: " Ann ", inbox.ClaimPhone: "+43 664 1234567"})
	if before.Name != "Ann" || before.Version != 2 {
		t.Errorf("patched = %+v, want Ann, version 2", before)
	}
	if again := patch(0, fields{inbox.ClaimName: "Ann", inbox.ClaimCompany: ""}); again.Version != before.Version+1 {
		// The word is newer, and that is kept.
		t.Errorf("said again = version %d, want %d", again.Version, before.Version+1)
	}
	if nothing := patch(0, fields{inbox.ClaimCompany: ""}); nothing.Version != before.Version+1 {
		t.Errorf("nothing taken back = version %d, want %d", nothing.Version, before.Version+1)
	}
	patch(1, fields{inbox.ClaimName: "Bob"})
	if _, err := d.Merge(ctx, d.su, born[0], born[1], "", time.Now()); err != nil {
		t.Fatal(err)
	}
	c := patch(1, fields{inbox.ClaimName: "", inbox.ClaimPhone: ""})
	for _, f := range c.Profile {
		if f.Source == inbox.FromAgent {
			t.Errorf("%s is still an agent's word: %+v", f.Field, f)
		}
	}
	if c.Name != "" || c.Version != 5 {
		t.Errorf("customer = %+v, want no name and a version above both", c)
	}
	d.foldsToFetch(t, page)
	for _, f := range []fields{{"shoe": "42"}, {inbox.ClaimEmail: "nobody"}, {inbox.ClaimBirthday: "soon"}} {
		_, err := d.PatchCustomer(ctx, d.su, born[0], f, time.Now())
		wantCode(t, fmt.Sprint(f), err, inbox.Invalid)
	}
	d.joined(t)
}

// What an operator says of a key parts and joins its holders at once, and the
// list tells whose word it is.
func TestKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	d.deliver(t, arrival("m1", "desk@x.example", nil), record("a", "1", day(1), inbox.Proven, fields{inbox.ClaimEmail: "desk@x.example"}))
	for i := range 3 {
		d.deliver(t, record("b", fmt.Sprint(i), day(1), inbox.Proven, fields{inbox.ClaimPhone: "+4315880123", inbox.ClaimEmail: "test@test.com"}))
	}
	set := func(policy inbox.KeyPolicy) inbox.KeyRule {
		t.Helper()
		r, err := d.SetKey(ctx, d.su, inbox.EmailAddress, " Desk@X.example", policy, "the front desk", now)
		if err != nil {
			t.Fatal(err)
		}
		d.joined(t)
		return r
	}
	together := func() bool { return d.customerOf(t, "a/1") == d.customerOf(t, "desk@x.example") }
	if !together() {
		t.Fatal("they are not one to begin with")
	}
	for _, policy := range []inbox.KeyPolicy{inbox.KeyShared, inbox.KeyBlocked} {
		if r := set(policy); r.Policy != policy || r.Holders != 2 || r.Counted || together() {
			t.Errorf("%s: %+v, together %v, want apart", policy, r, together())
		}
	}
	var got []string
	for cursor := ""; ; {
		list, next, err := d.Keys(ctx, "", cursor, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			got = append(got, fmt.Sprint(r.Kind, " ", r.Key, " ", r.Policy, " ", r.Counted, " ", r.Holders, " ", r.Note))
		}
		if cursor = next; next == "" || len(got) > 9 {
			break
		}
	}
	if diff := cmp.Diff([]string{"email desk@x.example blocked false 2 the front desk", "email test@test.com blocked true 3 ", "phone +4315880123 shared true 3 "}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if list, _, err := d.Keys(ctx, inbox.KeyShared, "", 0); err != nil || len(list) != 1 {
		t.Errorf("shared keys = %v, %v, want one", list, err)
	}
	if r := set(""); r.Policy != "" || !together() {
		t.Errorf("nothing: %+v, together %v, want joined again", r, together())
	}
	if got := d.strings(t, `SELECT DISTINCT actor_id FROM events WHERE kind = 'key.changed'`); !slices.Equal(got, []string{string(d.su.Agent.ID)}) {
		t.Errorf("the log names %v, want the supervisor", got)
	}
	for _, bad := range []struct {
		kind   inbox.IdentityKind
		value  string
		policy inbox.KeyPolicy
	}{{inbox.ShopAccount, "a/1", inbox.KeyShared}, {inbox.PhoneNumber, "12", inbox.KeyShared}, {inbox.EmailAddress, "a@x.example", "private"}} {
		_, err := d.SetKey(ctx, d.su, bad.kind, bad.value, bad.policy, "", now)
		wantCode(t, fmt.Sprint(bad), err, inbox.Invalid)
	}
	_, _, err := d.Keys(ctx, "", "%%%", 0)
	wantCode(t, "another list's cursor", err, inbox.Invalid)
}

// A key of thousands is several people's without a look at each; who has it and
// another key in common with somebody is joined all the same.
func TestKeyOfThousands(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	if _, err := d.pool.Exec(ctx, `
		WITH n AS (SELECT i, gen_random_uuid() AS id, gen_random_uuid() AS customer FROM generate_series(1, 3000) i),
			k AS (INSERT INTO customers (id) SELECT customer FROM n),
			x AS (INSERT INTO identities (id, customer_id, born_id, kind, key, value, proof) SELECT id, customer, customer, 'visitor', 'v' || i, 'v', 2 FROM n)
		INSERT INTO claims (identity_id, field, source, value, key, proof, at) SELECT id, 'phone', 'channel', 'x', '+4315880123', 2, now() FROM n`); err != nil {
		t.Fatal(err)
	}
	took := time.Now()
	both := fields{inbox.ClaimPhone: "+43 1 5880123", inbox.ClaimEmail: "ann@x.example"}
	d.deliver(t, arrival("m1", "ann@x.example", nil), record("a", "1", day(1), inbox.Proven, both))
	if d.customerOf(t, "a/1") != d.customerOf(t, "ann@x.example") || d.customerOf(t, "a/1") == d.customerOf(t, "v1") {
		t.Error("want joined by the address and not by the number")
	}
	if d := time.Since(took); d > 2*time.Second {
		t.Errorf("it took %v", d)
	}
	d.joined(t)
}

// A customer with ten thousand items is unmerged in less than a second: nothing
// but the identities knows whose they are.
func TestUnmergeLarge(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	born := d.strangers(t, 2)
	who, _, _ := d.identity(t, "p0@x.example")
	if _, err := d.pool.Exec(ctx, `
		WITH n AS (SELECT i, gen_random_uuid() AS c, gen_random_uuid() AS h FROM generate_series(1, 10000) i),
			c AS (INSERT INTO conversations (id, inbox_id, status, channel, account_id, identity_id, last_at, created_at)
				SELECT n.c, a.inbox_id, 'closed', 'email', 'support', $1, now(), now() FROM n, accounts a WHERE a.id = 'support'),
			h AS (INSERT INTO threads (id, root_id, conversation_id, home_id) SELECT h, h, n.c, n.c FROM n),
			o AS (INSERT INTO orders (id, store, external_id, number, identity_id, status, currency, total, placed_at, updated_at)
				SELECT gen_random_uuid(), 'shop', i, i, $1, 'paid', 'EUR', 1, now(), now() FROM n)
		INSERT INTO messages (id, conversation_id, thread_id, seq, kind, direction, channel, account_id, identity_id, author_kind,
			recipients, state, reason, sent_at, created_at)
		SELECT gen_random_uuid(), n.c, n.h, 1, 'message', 'in', 'email', 'support', $1, 'customer', '{}', 'received', '{}', now(), now() FROM n`, who); err != nil {
		t.Fatal(err)
	}
	if _, err := d.pool.Exec(ctx, `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Merge(ctx, d.su, born[0], born[1], "", time.Now()); err != nil {
		t.Fatal(err)
	}
	merges, err := d.Merges(ctx, &d.su.Rights, born[0])
	if err != nil {
		t.Fatal(err)
	}
	took := time.Now()
	if _, _, err := d.Unmerge(ctx, d.su, born[0], merges[0].ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(took); d > time.Second {
		t.Errorf("unmerge took %v, want less than a second", d)
	} else {
		t.Logf("unmerge took %v", d)
	}
}

// Whatever shops, channels, agents and operators say at once of a few people
// What an agent lets join, and whoever shows at the same instant that a number is
// a whole family's: whichever is first, nothing is joined by it. The two have
// nothing in common but the number: of a number that is several people's nobody is
// looked at.
func TestSettleAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const n = 20
	born := []string{"1971-03-09", "1968-11-23", "2001-06-15"}
	of := func(i, who int) string { return fmt.Sprint("s", who, "/", i) }
	says := func(i, who, at int, phone bool) inbox.Received {
		f := fields{inbox.ClaimBirthday: born[who]}
		if phone {
			f[inbox.ClaimPhone] = fmt.Sprint("+43 664 76543", 10+i)
		}
		return record(fmt.Sprint("s", who), fmt.Sprint(i), day(at), inbox.Proven, f)
	}
	for i := range n {
		d.deliver(t, says(i, 0, 1, false), says(i, 1, 1, false))
		if err := d.Refuse(t.Context(), d.su, d.customerOf(t, of(i, 0)), d.customerOf(t, of(i, 1)), false, time.Now()); err != nil {
			t.Fatal(err)
		}
		d.deliver(t, says(i, 0, 2, true), says(i, 1, 2, true))
	}
	for i := range n {
		a, b := d.customerOf(t, of(i, 0)), d.customerOf(t, of(i, 1))
		if a == b {
			t.Fatal("who an agent keeps apart is joined")
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := d.Unrefuse(t.Context(), d.su, a, b, time.Now()); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() { d.deliver(t, says(i, 2, 3, true)) })
		wg.Wait()
	}
	if bad := d.strings(t, `SELECT key FROM identity_edges WHERE revoked_at IS NULL AND automatic`); len(bad) > 0 {
		t.Errorf("numbers of three people that join two of them: %q", bad)
	}
	d.joined(t)
}

// with a few addresses, the store ends where the rules would that see all of it.
func TestSettlesAsAWhole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	emails := []string{"a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example", "f@x.example"}
	phones := []string{"+436641234501", "+436641234502", "+436641234503", "+436641234504"}
	births := []string{"", "", "1971-03-09", "1985-06-15", "2001-11-23"}
	pick := func(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(5, uint64(w)))
			anyone := func() inbox.CustomerID {
				list := d.strings(t, `SELECT born_id::text FROM identities ORDER BY id`)
				if len(list) == 0 {
					return ""
				}
				return inbox.CustomerID(pick(rng, list))
			}
			for i := range 40 {
				event := fmt.Sprint(w, "-", i)
				proof := inbox.Proof(1 + rng.IntN(3))
				switch rng.IntN(10) {
				case 0, 1:
					d.deliver(t, arrival(event, pick(rng, emails), nil))
				case 2, 3, 4, 5:
					f := fields{inbox.ClaimEmail: pick(rng, emails), inbox.ClaimPhone: pick(rng, phones), inbox.ClaimBirthday: pick(rng, births)}
					for field, value := range f {
						if value == "" || rng.IntN(3) == 0 {
							delete(f, field)
						}
					}
					d.deliver(t, record(pick(rng, []string{"s", "t"}), fmt.Sprint(rng.IntN(5)), day(1).Add(time.Duration(rng.IntN(1e6))*time.Second), proof, f))
				case 6:
					field, value := inbox.ClaimEmail, pick(rng, emails)
					if rng.IntN(2) == 0 {
						field, value = inbox.ClaimPhone, pick(rng, phones)
					}
					d.deliver(t, message(event, inbox.ChatVisitor, fmt.Sprint("v", rng.IntN(6)), inbox.Proven, claim(field, inbox.FromChannel, value, proof, day(1+rng.IntN(20)))))
				case 7:
					x, y := anyone(), anyone()
					var err error
					if rng.IntN(3) == 0 {
						_, err = d.Merge(ctx, d.su, x, y, "", time.Now())
					} else {
						err = d.Refuse(ctx, d.su, x, y, false, time.Now())
					}
					if code := inbox.CodeOf(err); err != nil && code == "" {
						t.Error(err)
					}
				case 8:
					x := anyone()
					merges, err := d.Merges(ctx, &d.su.Rights, x)
					if err != nil || len(merges) == 0 {
						continue
					}
					if _, _, err = d.Unmerge(ctx, d.su, x, merges[rng.IntN(len(merges))].ID, time.Now()); err != nil && inbox.CodeOf(err) == "" {
						t.Error(err)
					}
				case 9:
					policy := inbox.KeyPolicy(pick(rng, []string{"", "", "shared", "personal"}))
					if _, err := d.SetKey(ctx, d.su, inbox.PhoneNumber, pick(rng, phones), policy, "", time.Now()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	d.settled(t)
	d.joined(t)
	d.foldsToFetch(t, &browser{conversations: map[inbox.ConversationID]inbox.Conversation{}})
}
