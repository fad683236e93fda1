package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// What a mail proved and a shop vouches for is one customer, whichever came
// first; every id that there ever was leads to it, and both are told of.
func TestMergeByProvenKey(t *testing.T) {
	t.Parallel()
	for _, mailFirst := range []bool{true, false} {
		b := newDesk(t)
		mail := arrival("m1", "ann@x.example", nil)
		mail.Claims = []inbox.Claim{claim(inbox.ClaimName, inbox.FromChannel, "ann", inbox.Proven, day(1))}
		shop := record("shop", "7", day(2), inbox.Proven, fields{inbox.ClaimEmail: "Ann@X.example", inbox.ClaimName: "Ann Lee"})
		order := orderOf("o1", 3, inbox.IdentityRef{Kind: inbox.ShopAccount, Key: "shop/7"}, "ann@x.example")
		batches := [][]inbox.Received{{mail}, {shop, order}}
		if !mailFirst {
			slices.Reverse(batches)
		}
		for _, batch := range batches {
			b.deliver(t, batch...)
		}
		if d := cmp.Diff([]string{"ann@x.example shop/7"}, b.people(t)); d != "" {
			t.Fatalf("mail first %v: people (-want +got):\n%s", mailFirst, d)
		}
		b.joined(t)
		_, _, mailBorn := b.identity(t, "ann@x.example")
		_, now, shopBorn := b.identity(t, "shop/7")
		for _, id := range []inbox.CustomerID{mailBorn, shopBorn} {
			c, err := b.Customer(t.Context(), &b.anna.Rights, id)
			if err != nil || c.ID != now || c.Name != "Ann Lee" || len(c.Identities) != 2 {
				t.Errorf("customer %s = %+v, %v, want %s with both", id, c, err, now)
			}
			orders, err := b.Orders(t.Context(), &b.anna.Rights, id)
			if err != nil || len(orders) != 1 {
				t.Errorf("orders of %s = %v, %v, want one", id, orders, err)
			}
			list, _, _, err := b.CustomerConversations(t.Context(), &b.anna.Rights, id, inbox.Cursor{}, 0)
			if err != nil || len(list) != 1 || list[0].Customer.CustomerID != now || list[0].Customer.Name != "Ann Lee" {
				t.Errorf("conversations of %s = %v, %v, want one of Ann Lee's", id, list, err)
			}
			if entries, _, _, err := b.Timeline(t.Context(), &b.anna.Rights, id, inbox.Cursor{}, 0); err != nil || len(entries) != 3 {
				t.Errorf("timeline of %s = %v, %v, want message, order and merge", id, entries, err)
			}
		}
		merges, err := b.Merges(t.Context(), &b.anna.Rights, mailBorn)
		if err != nil || len(merges) != 1 || !merges[0].Automatic || merges[0].Text != "The same address ann@x.example: both have proven it" {
			t.Errorf("merges = %+v, %v", merges, err)
		}
		gone := mailBorn
		if now == mailBorn {
			gone = shopBorn
		}
		// Of one that was made in the same transaction nobody ever heard.
		for id, into := range map[inbox.CustomerID]string{now: "", gone: string(now)} {
			got := b.strings(t, `SELECT coalesce(after ->> 'mergedInto', '') FROM events WHERE kind = 'customer.changed' AND entity = $1`, id)
			if len(got) > 1 || len(got) == 1 && got[0] != into {
				t.Errorf("events of %s say that it went into %q, want %q", id, got, into)
			}
		}
	}
}

// The same person on several channels at once, each item twice, with a key that
// all have proven: one customer, and nothing of what was said is lost.
func TestMergeConcurrently(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	const n = 12
	var wg sync.WaitGroup
	for i := range n * 4 {
		wg.Go(func() {
			who := i % n
			phone := claim(inbox.ClaimPhone, inbox.FromChannel, "+43 664 1234567", inbox.Proven, day(1))
			email := claim(inbox.ClaimEmail, inbox.FromChannel, "ann@x.example", inbox.Signed, day(1))
			switch i / n {
			case 0, 1:
				b.deliver(t, message(fmt.Sprint("s", who), inbox.SocialUser, fmt.Sprint("bsuid", who), inbox.Proven, phone))
			case 2:
				b.deliver(t, message(fmt.Sprint("v", who), inbox.ChatVisitor, fmt.Sprint("visitor", who), inbox.Signed, email),
					arrival(fmt.Sprint("m", who), "ann@x.example", nil))
			default:
				b.deliver(t, record("shop", "1", day(1), inbox.Proven, fields{inbox.ClaimEmail: "ann@x.example", inbox.ClaimPhone: "+436641234567"}))
			}
		})
	}
	wg.Wait()
	if got := b.people(t); len(got) != 1 {
		t.Errorf("%d customers, want one:\n%v", len(got), got)
	}
	if got := b.strings(t, `SELECT count(*)::text FROM messages`); got[0] != fmt.Sprint(3*n) {
		t.Errorf("%s messages, want %d", got[0], 3*n)
	}
	b.whole(t)
	b.joined(t)
}

// A customer feed that comes twice, in any order and cut anyhow, ends the same:
// what is no longer in the newest record is gone.
func TestRecordsInAnyOrder(t *testing.T) {
	t.Parallel()
	feed := func() []inbox.Received {
		list := []inbox.Received{
			record("shop", "1", day(1), inbox.Proven, fields{inbox.ClaimName: "Ann", inbox.ClaimPhone: "+436641234567", inbox.ClaimEmail: "old@x.example"}),
			record("shop", "1", day(2), inbox.Proven, fields{inbox.ClaimName: "Ann Lee", inbox.ClaimEmail: "ann@x.example"}),
			record("shop", "1", day(2), inbox.Claimed, fields{inbox.ClaimName: "Ann Lee", inbox.ClaimEmail: "ann@x.example"}),
			record("shop", "2", day(3), inbox.Proven, fields{inbox.ClaimName: "Bob", inbox.ClaimEmail: "bob@x.example"}),
			record("shop", "2", day(4), inbox.Proven, nil),
			record("other", "9", day(5), inbox.Proven, fields{inbox.ClaimEmail: "ann@x.example", inbox.ClaimBirthday: "1990-04-01"}),
			message("v", inbox.ChatVisitor, "v", inbox.Proven, claim(inbox.ClaimEmail, inbox.FromChannel, "bob@x.example", inbox.Claimed, day(9))),
			message("w", inbox.ChatVisitor, "v", inbox.Proven, claim(inbox.ClaimEmail, inbox.FromChannel, "ann@x.example", inbox.Signed, day(8))),
			message("x", inbox.ChatVisitor, "v", inbox.Proven, claim(inbox.ClaimEmail, inbox.FromChannel, "cid@x.example", inbox.Claimed, day(10))),
		}
		list[0].Consents = []inbox.Consent{{Purpose: "email_marketing", Source: "shop", Granted: true, At: day(1)}}
		list[1].Consents = []inbox.Consent{{Purpose: "email_marketing", Source: "shop", Granted: false, At: day(1)}}
		return list
	}
	want := []string{
		"consent email_marketing shop f",
		"other/9 birthday shop 1990-04-01 2", "other/9 email shop ann@x.example 2",
		"shop/1 email shop ann@x.example 2", "shop/1 name shop Ann Lee 2",
		"shop/2 name shop  0",
		"v email channel ann@x.example 3",
	}
	rng := rand.New(rand.NewPCG(3, 3))
	for range 6 {
		b := newDeliverBench(t)
		all := append(feed(), feed()...)
		for i := range all {
			all[i].EventID += fmt.Sprint("/r", i) // a replay, which is not swallowed
			if m := all[i].Message; m != nil {
				m.Own = inbox.HeaderKey(fmt.Sprint(m.HeaderID, i))
			}
		}
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for len(all) > 0 {
			n := min(len(all), 1+rng.IntN(5))
			b.deliver(t, all[:n]...)
			all = all[n:]
		}
		got := b.strings(t, `
			SELECT concat_ws(' ', i.key, c.field, c.source, c.value, c.proof) AS said FROM claims c JOIN identities i ON i.id = c.identity_id
			UNION ALL SELECT concat_ws(' ', 'consent', purpose, source, granted) FROM consents ORDER BY 1`)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("claims (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]string{"other/9 shop/1 v", "shop/2"}, b.people(t)); d != "" {
			t.Fatalf("people (-want +got):\n%s", d)
		}
		b.joined(t)
	}
}

// Two accounts of one shop with one address stay two customers; whoever writes
// from the address belongs to one of them.
func TestTwoAccountsOneAddress(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	b.deliver(t, record("shop", "1", day(1), inbox.Proven, fields{inbox.ClaimEmail: "ann@x.example"}))
	b.deliver(t, arrival("m", "ann@x.example", nil), record("shop", "2", day(2), inbox.Proven, fields{inbox.ClaimEmail: "ann@x.example"}))
	if d := cmp.Diff([]string{"ann@x.example shop/1", "shop/2"}, b.people(t)); d != "" {
		t.Errorf("people (-want +got):\n%s", d)
	}
	b.joined(t)
}

// A family's number joins two of it at most: when the third proves it, it is
// seen to be shared and joins nobody any more, and when the third is gone it
// does again.
func TestFamilyPhone(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	person := func(store, id string, at int, phone, birthday string) {
		b.deliver(t, record(store, id, day(at), inbox.Proven, fields{inbox.ClaimPhone: phone, inbox.ClaimBirthday: birthday}))
	}
	const home, own = "+43 1 5880 1234", "+43 664 7654321"
	want := func(what string, people ...string) {
		t.Helper()
		if d := cmp.Diff(people, b.people(t)); d != "" {
			t.Errorf("%s: people (-want +got):\n%s", what, d)
		}
		b.joined(t)
	}
	person("a", "mum", 1, home, "1971-03-09")
	person("b", "dad", 1, home, "1968-11-23")
	want("two", "a/mum b/dad")
	person("c", "kid", 1, home, "2001-06-15")
	want("three", "a/mum", "b/dad", "c/kid")
	person("c", "kid", 2, own, "2001-06-15")
	want("the third has a number of its own", "a/mum b/dad", "c/kid")
	if got := b.strings(t, `SELECT count(*)::text FROM identity_edges WHERE revoked_at IS NOT NULL AND revoked_kind = 'system'`); got[0] != "1" {
		t.Errorf("%s edges are revoked, want 1: none is ever deleted", got[0])
	}
	// A birthday alone may tell.
	person("c", "kid", 3, home, "1971-03-09")
	want("the third is the first", "a/mum b/dad c/kid")
	person("c", "kid", 4, home, "2001-06-15")
	want("and is not", "a/mum", "b/dad", "c/kid")
}

// An order that comes before its customer is that customer's, and an address
// that it names is one that the account claims.
func TestOrderBeforeCustomer(t *testing.T) {
	t.Parallel()
	b := newDesk(t)
	ref := inbox.IdentityRef{Kind: inbox.ShopAccount, Key: "shop/7"}
	early := orderOf("o1", 3, ref, "ann@x.example")
	early.Claims = []inbox.Claim{claim(inbox.ClaimEmail, inbox.FromChannel, "ann@x.example", inbox.Claimed, day(3))}
	b.deliver(t, arrival("m1", "ann@x.example", nil))
	b.deliver(t, early)
	if got := len(b.people(t)); got != 2 {
		t.Fatalf("%d customers before the record, want 2: what was typed proves nothing", got)
	}
	b.deliver(t, record("shop", "7", day(1), inbox.Proven, fields{inbox.ClaimEmail: "ann@x.example", inbox.ClaimName: "Ann"}))
	orders, err := b.Orders(t.Context(), &b.anna.Rights, b.customerOf(t, "ann@x.example"))
	if err != nil || len(orders) != 1 {
		t.Errorf("orders of the mail's customer = %v, %v, want one", orders, err)
	}
	guest := orderOf("o2", 4, inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "ann@x.example"}, "ann@x.example")
	b.deliver(t, guest)
	if orders, err := b.Orders(t.Context(), &b.anna.Rights, b.customerOf(t, "shop/7")); err != nil || len(orders) != 2 {
		t.Errorf("orders with the guest's = %v, %v, want two", orders, err)
	}
	b.joined(t)
}

// A visitor who types a customer's address stays a stranger, to whom nothing of
// the customer shows: the agent is told who it claims to be. By the shop's own
// token the same visitor is that customer.
func TestClaimedAddress(t *testing.T) {
	t.Parallel()
	b := newDesk(t)
	ctx := t.Context()
	b.deliver(t, arrival("m1", "ann@x.example", nil), record("shop", "7", day(1), inbox.Proven, fields{inbox.ClaimEmail: "ann@x.example", inbox.ClaimName: "Ann Lee"}))
	b.deliver(t, message("v1", inbox.ChatVisitor, "visitor", inbox.Proven, claim(inbox.ClaimEmail, inbox.FromChannel, "ann@x.example", inbox.Claimed, day(2))))
	ann, visitor := b.customerOf(t, "ann@x.example"), b.customerOf(t, "visitor")
	if ann == visitor {
		t.Fatal("what was typed has made them one")
	}
	list, _, _, err := b.CustomerConversations(ctx, &b.anna.Rights, visitor, inbox.Cursor{}, 0)
	if err != nil || len(list) != 1 || list[0].Customer.Name == "Ann Lee" {
		t.Errorf("conversations of the visitor = %+v, %v, want its own", list, err)
	}
	if n, err := b.IndexHints(ctx, 100); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	for _, id := range []inbox.CustomerID{visitor, ann} {
		matches, err := b.Matches(ctx, &b.anna.Rights, id, time.Now())
		if err != nil || len(matches) != 1 || len(matches[0].Reasons) == 0 {
			t.Errorf("matches of %s = %+v, %v, want one with its reasons", id, matches, err)
		}
	}
	b.deliver(t, message("v2", inbox.ChatVisitor, "visitor", inbox.Signed, claim(inbox.ClaimEmail, inbox.FromChannel, "ann@x.example", inbox.Signed, day(2))))
	if got := b.customerOf(t, "visitor"); got != ann {
		t.Errorf("with the shop's word the visitor is %s, want %s", got, ann)
	}
	b.joined(t)
}

// The hints of what is changed while they are made are made again: none is lost.
func TestIndexHintsMeanwhile(t *testing.T) {
	t.Parallel()
	b := newDesk(t)
	ctx := t.Context()
	say := func(n int) {
		b.deliver(t, record("shop", "1", day(n), inbox.Claimed, fields{inbox.ClaimEmail: fmt.Sprintf("a%d@x.example", n)}))
	}
	say(1)
	hold, err := b.pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback(ctx) //nolint:errcheck // the test is over
	if _, err := hold.Exec(ctx, `LOCK TABLE outbox IN SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { say(2) }) // waits with all written and nothing committed
	for len(b.strings(t, `SELECT pid::text FROM pg_locks WHERE relation = 'outbox'::regclass AND NOT granted`)) == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := b.IndexHints(ctx, 100); err != nil {
		t.Fatal(err)
	}
	if err := hold.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if _, err := b.IndexHints(ctx, 100); err != nil {
		t.Fatal(err)
	}
	got := b.strings(t, `SELECT DISTINCT hint FROM identity_hints WHERE hint LIKE 'email:%'`)
	if len(got) != 1 || !strings.HasPrefix(got[0], "email:a2") {
		t.Errorf("hints = %v, want those of the second address alone", got)
	}
}

// Two that prove one key at the same instant, and of whom nothing was known, are
// one customer.
func TestMergeAtOneInstant(t *testing.T) {
	t.Parallel()
	b := newDeliverBench(t)
	const n = 25
	for i := range n {
		start := make(chan struct{})
		var wg sync.WaitGroup
		for side := range 2 {
			wg.Go(func() {
				<-start
				id := fmt.Sprint(i, "-", side)
				b.deliver(t, message(id, inbox.ChatVisitor, id, inbox.Signed,
					claim(inbox.ClaimEmail, inbox.FromChannel, fmt.Sprintf("p%d@x.example", i), inbox.Signed, day(1))))
			})
		}
		close(start)
		wg.Wait()
	}
	if got := b.people(t); len(got) != n {
		t.Errorf("%d customers, want %d:\n%v", len(got), n, got)
	}
	b.whole(t)
	b.joined(t)
}

// A visitor who only looks around is in no list, nobody's possible match, and
// told of to nobody, however many pages; what they looked at is there once they
// write.
func TestVisitorIsNobody(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	look := func(event, visitor string, more ...inbox.Claim) {
		d.deliver(t, told(event, func(r *inbox.Received) {
			r.Claims = more
			r.Track = &inbox.Tracked{Who: inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: visitor}, Person: inbox.Party{Address: visitor},
				Kind: inbox.TrackedPage, At: time.Now(), Store: "shop", Title: event, Properties: []byte("{}")}
		}))
	}
	ann := d.mail(t, "support", "a", "ann.summer@x.example").Customer.CustomerID
	before := d.strings(t, `SELECT count(*)::text FROM outbox`)[0]
	for i := range 5 {
		look(fmt.Sprint("page", i), fmt.Sprint("shop/v", i%2))
	}
	index := func() {
		if _, err := d.IndexHints(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
	}
	index()
	for what, sql := range map[string]string{
		"hints":       `SELECT hint FROM identity_hints h JOIN identities i ON i.id = h.identity_id WHERE i.kind = 'visitor'`,
		"events":      `SELECT id::text FROM outbox OFFSET ` + before,
		"log entries": `SELECT id::text FROM events WHERE entity IN (SELECT customer_id FROM identities WHERE kind = 'visitor')`,
	} {
		if got := d.strings(t, sql); len(got) > 0 {
			t.Errorf("%s of visitors: %v", what, got)
		}
	}
	if list, err := d.Matches(t.Context(), &d.su.Rights, ann, time.Now()); err != nil || len(list) > 0 {
		t.Errorf("she may be %v, %v", list, err)
	}

	look("typed", "shop/v0", claim(inbox.ClaimEmail, inbox.FromChannel, "ann.summer@x.example", inbox.Claimed, time.Now()))
	index()
	if list, err := d.Matches(t.Context(), &d.su.Rights, ann, time.Now()); err != nil || len(list) != 1 {
		t.Errorf("who typed her address may be her: %v, %v", list, err)
	}
	d.deliver(t, message("hello", inbox.ChatVisitor, "shop/v1", inbox.Inferred))
	list, _, _, err := d.Timeline(t.Context(), &d.anna.Rights, d.customerOf(t, "shop/v1"), inbox.Cursor{}, 10)
	if err != nil || len(list) != 3 {
		t.Errorf("timeline of who wrote: %v, %v, want two pages and the message", list, err)
	}
}
