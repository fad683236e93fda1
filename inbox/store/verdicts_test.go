package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// claims delivers an order of Ann's with an address, and a stranger's mail that
// names it, and returns the stranger's conversation with its claim.
func (d *desk) claims(t testing.TB, number, stranger string) (inbox.Conversation, inbox.OrderID, string) {
	t.Helper()
	d.deliver(t, bought(number, "ann@x.example", time.Now()))
	order := d.strings(t, `SELECT id::text FROM orders WHERE number = $1`, number)[0]
	if _, err := d.pool.Exec(t.Context(), `
		INSERT INTO order_parties (order_id, role, email, address) VALUES ($1, 'recipient', 'ann@x.example', '{"postcode": "1010"}')
		ON CONFLICT (order_id, role) DO UPDATE SET address = EXCLUDED.address`, order); err != nil {
		t.Fatal(err)
	}
	d.deliver(t, naming(arrival(stranger, stranger, nil), inbox.Proven, "Where is order "+number+"?"))
	c := d.conversationOf(t, stranger)
	return c, inbox.OrderID(order), d.wantState(t, stranger, c, inbox.LinkClaimed)[0].ClaimID
}

// said are the verdicts that the log has of a conversation: who, what and why.
func (d *desk) said(t testing.TB, c inbox.Conversation) []string {
	t.Helper()
	return d.strings(t, `
		SELECT concat_ws(' | ', kind, actor_kind, actor_id = $2, after->'orderVerdict'->>'verdict', after->'orderVerdict'->>'reason', after->>'how')
		FROM events WHERE entity = $1 AND (after ? 'orderVerdict' OR kind = 'order.verification') ORDER BY at, id`, c.ID, string(d.anna.Agent.ID))
}

// A claim is linked to who knows a post code and an item of the order, or by an
// agent's word, and each try is in the log with who and why. Wrong details and
// an order that is not there are refused in the same words.
func TestVerifyClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c, order, claim := d.claims(t, "HP-30001", "eve@x.example")
	d.deliver(t, naming(arrival("none", "eva@x.example", nil), inbox.Proven, "Where is order HP-99999?"))
	none := d.conversationOf(t, "none")
	missing := d.wantState(t, "none", none, inbox.LinkClaimed)[0].ClaimID

	right := inbox.Proofing{Postcode: "1010", Item: "a copper kettle"}
	_, wrong := d.VerifyClaim(ctx, d.anna, string(c.ID), claim, inbox.Proofing{Postcode: "1011", Item: "copper kettle"}, "", time.Now())
	_, unknown := d.VerifyClaim(ctx, d.anna, string(none.ID), missing, right, "", time.Now())
	_, unknowable := d.VerifyClaim(ctx, d.anna, string(none.ID), missing, inbox.Proofing{}, "he insists", time.Now())
	for what, err := range map[string]error{"wrong": wrong, "unknown": unknown, "overridden, unknown": unknowable} {
		wantCode(t, what, err, inbox.Conflict)
		if err.Error() != wrong.Error() {
			t.Errorf("%s is refused by %q, wrong details by %q", what, err, wrong)
		}
	}
	_, err := d.VerifyClaim(ctx, d.anna, string(none.ID), claim, right, "", time.Now())
	wantCode(t, "another conversation's claim", err, inbox.NotFound)
	_, err = d.VerifyClaim(ctx, d.bert, string(c.ID), claim, right, "", time.Now())
	wantCode(t, "who may not see the conversation", err, inbox.NotFound)
	d.wantState(t, "after wrong details", c, inbox.LinkClaimed)

	list, err := d.VerifyClaim(ctx, d.anna, string(c.ID), claim, right, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if list[0].State != inbox.Linked || list[0].OrderID != order || list[0].Order == nil {
		t.Errorf("verified: %+v", list[0])
	}
	again := d.conversationOf(t, "eve@x.example")
	if _, err := d.VerifyClaim(ctx, d.anna, string(c.ID), claim, right, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := d.conversationOf(t, "eve@x.example").Version; got != again.Version || again.Version != c.Version+1 {
		t.Errorf("versions %d, %d, %d: to say it again changes something", c.Version, again.Version, got)
	}
	if _, err := d.JudgeOrder(ctx, d.anna, string(c.ID), order, "none", "", time.Now()); err != nil {
		t.Fatal(err)
	}
	d.wantState(t, "taken back", c, inbox.LinkClaimed)

	_, err = d.JudgeOrder(ctx, d.anna, string(c.ID), order, "linked", " ", time.Now())
	wantCode(t, "a stranger's order without a reason", err, inbox.Conflict)
	if _, err := d.JudgeOrder(ctx, d.anna, string(c.ID), order, "linked", "I know her voice", time.Now()); err != nil {
		t.Fatal(err)
	}
	if now := d.conversationOf(t, "eve@x.example"); now.Order == nil || now.Order.ID != order {
		t.Errorf("the conversation's order is %+v", now.Order)
	}

	want := []string{
		"order.verification | agent | t | post code and item",
		"conversation.changed | agent | t | verified | post code and item",
		"conversation.changed | agent | t | none | takes back: verified",
		"conversation.changed | agent | t | verified | override: I know her voice",
	}
	if diff := cmp.Diff(want, d.said(t, c)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if got := d.said(t, none); len(got) != 2 || !strings.HasSuffix(got[1], "override: he insists") {
		t.Errorf("log of the other: %q", got)
	}
	d.folded(t)
}

// What an agent rejects is never offered in that conversation again, however
// often it is named and whoever it belongs to, until it is taken back.
func TestRejectedStaysAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.deliver(t, bought("HP-30002", "ann@x.example", time.Now()))
	d.deliver(t, naming(arrival("m1", "ann@x.example", nil), inbox.Proven, "Where is order HP-30002?"))
	c := d.conversationOf(t, "m1")
	order := d.wantState(t, "first", c, inbox.Linked)[0].OrderID
	if _, err := d.JudgeOrder(ctx, d.anna, string(c.ID), order, "rejected", "", time.Now()); err != nil {
		t.Fatal(err)
	}
	d.deliver(t, naming(arrival("m2", "ann@x.example", []string{"m1"}), inbox.Proven, "HP-30002 it is, order HP-30002!"))
	d.deliver(t, bought("HP-30002", "ann@x.example", time.Now().Add(time.Second)))
	for _, l := range d.links(t, c) {
		if l.OrderID == order && l.State != inbox.LinkRejected || l.Meant && l.OrderID == order {
			t.Errorf("offered again: %+v", l)
		}
	}
	if now := d.conversationOf(t, "m1"); now.Order != nil {
		t.Errorf("the conversation's order is %+v", now.Order)
	}
	if _, err := d.JudgeOrder(ctx, d.anna, string(c.ID), order, "none", "", time.Now()); err != nil {
		t.Fatal(err)
	}
	if now := d.conversationOf(t, "m1"); now.Order == nil {
		t.Errorf("taken back, it is not meant again: %+v", d.links(t, c))
	}
	for _, unknown := range []inbox.OrderID{"01900000-0000-7000-8000-000000000000", "x"} {
		_, err := d.JudgeOrder(ctx, d.anna, string(c.ID), unknown, "rejected", "", time.Now())
		wantCode(t, "rejecting "+string(unknown), err, inbox.Conflict)
	}
	d.folded(t)
}

// A claim that an agent rejects stays rejected in that conversation, however
// often it is named and whether or not the order comes, until it is taken back;
// it is nothing to any other conversation.
func TestRejectedClaim(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c, claim := d.missing(t, "eve@x.example")
	other, _ := d.missing(t, "ivy@x.example")
	judge := func(word string) []inbox.OrderLink {
		t.Helper()
		list, err := d.JudgeClaim(ctx, d.anna, string(c.ID), claim, word, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := judge("rejected"); list[0].State != inbox.LinkRejected || list[0].ClaimID != claim || list[0].Reason.Mention != "HP-99999" {
		t.Errorf("rejected: %+v", list)
	}
	was := d.conversationOf(t, "eve@x.example").Version
	judge("rejected")
	if now := d.conversationOf(t, "eve@x.example").Version; was != c.Version+1 || now != was {
		t.Errorf("versions %d, %d, %d: nobody is told, or told twice", c.Version, was, now)
	}
	d.deliver(t, naming(arrival("again", "eve@x.example", []string{"eve@x.example"}), inbox.Proven, "order HP-99999, I said!"))
	d.deliver(t, bought("HP-99999", "ann@x.example", time.Now()))
	list := d.wantState(t, "named again", c, inbox.LinkRejected)
	d.wantState(t, "elsewhere", other, inbox.LinkClaimed)
	claim = list[0].ClaimID // of the newer message
	judge("none")
	d.wantState(t, "taken back", c, inbox.LinkClaimed)
	_, err := d.JudgeClaim(ctx, d.anna, string(other.ID), claim, "rejected", time.Now())
	wantCode(t, "another conversation's claim", err, inbox.NotFound)
	_, err = d.JudgeClaim(ctx, d.bert, string(c.ID), claim, "rejected", time.Now())
	wantCode(t, "who may not see the conversation", err, inbox.NotFound)

	d.deliver(t, bought("HP-99998", "eve@x.example", time.Now()))
	judge("rejected")
	if c := d.conversationOf(t, "eve@x.example"); c.Order != nil && c.Order.Number != "HP-99998" {
		t.Errorf("the conversation is about %+v", c.Order)
	}
	if said := d.strings(t, `SELECT concat_ws(' ', after->'orderVerdict'->>'verdict', after->'orderVerdict'->>'claim') FROM events
		WHERE entity = $1 AND after ? 'orderVerdict' ORDER BY at, id`, c.ID); len(said) != 3 || said[0] != "rejected HP99999" || said[1] != "none HP99999" {
		t.Errorf("log: %q", said)
	}
	d.folded(t)
}
