package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
	"skein/inbox/orderlink"
)

// A coder counts codes up, so that a test knows them.
func coder(first int) inbox.Coder {
	n := first - 1
	return inbox.Coder{
		New:      func() (string, []byte) { n++; return fmt.Sprint(n), codeSum(fmt.Sprint(n)) },
		HeaderID: func(id inbox.MessageID, from *inbox.Account) string { return string(id) + "@" + from.Address },
		Encode: func(d inbox.Departure) (string, []byte, error) {
			payload, err := json.Marshal(d)
			return "skein.out.email." + string(d.Message.Account), payload, err
		},
	}
}

func codeSum(code string) []byte { return []byte("sum of " + code) }

// letters are the mails that left, oldest first.
func (d *desk) letters(t testing.TB) []inbox.Departure {
	t.Helper()
	var list []inbox.Departure
	for _, raw := range d.strings(t, `SELECT convert_from(payload, 'utf8') FROM outbox WHERE subject LIKE 'skein.out.%' ORDER BY id`) {
		var l inbox.Departure
		if err := json.Unmarshal([]byte(raw), &l); err != nil {
			t.Fatal(err)
		}
		list = append(list, l)
	}
	return list
}

// telling has a mail tell what may be codes.
func telling(r inbox.Received, text string) inbox.Received {
	r = naming(r, inbox.Proven, text)
	for _, code := range orderlink.Codes(text) {
		r.Message.Codes = append(r.Message.Codes, inbox.Guess{Code: code, Sum: codeSum(code)})
	}
	return r
}

// missing is a conversation whose claim names no order that there is.
func (d *desk) missing(t testing.TB, stranger string) (inbox.Conversation, string) {
	t.Helper()
	d.deliver(t, naming(arrival(stranger, stranger, nil), inbox.Proven, "Where is order HP-99999?"))
	c := d.conversationOf(t, stranger)
	return c, d.wantState(t, stranger, c, inbox.LinkClaimed)[0].ClaimID
}

// A code goes to the order's own buyer and to nobody else, and is kept nowhere in
// clear; what an agent sees of it, what is announced and how it is refused are the
// same whether or not there is an order.
func TestSendCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	c, order, claim := d.claims(t, "HP-40001", "eve@x.example")
	none, missing := d.missing(t, "eva@x.example")
	d.strings(t, `UPDATE identities SET locale = 'de' WHERE id = (SELECT identity_id FROM orders WHERE id = $1) RETURNING id::text`, order)

	look := func(mail string, c inbox.Conversation, claim string) (seen string) {
		list, err := d.SendCode(ctx, d.anna, string(c.ID), claim, coder(482913), now)
		if err != nil {
			t.Fatalf("%s: %v", mail, err)
		}
		if code := list[0].Code; code == nil || code.TriesLeft != 5 || !code.ExpiresAt.Equal(code.At.Add(15*time.Minute)) {
			t.Errorf("%s: code %+v", mail, code)
		}
		if v := d.conversationOf(t, mail).Version; v != c.Version+1 {
			t.Errorf("%s: version %d, want %d: nobody else sees that a code was sent", mail, v, c.Version+1)
		}
		_, err = d.VerifyClaim(ctx, d.anna, string(c.ID), claim, inbox.Proofing{Code: codeSum("000000")}, "", now.Add(time.Second))
		wantCode(t, mail, err, inbox.Conflict)
		after := d.links(t, c)
		for _, l := range [][]inbox.OrderLink{list, after} {
			l[0].ClaimID, l[0].Reason.MessageID = "", ""
		}
		if after[0].Code.TriesLeft != 4 {
			t.Errorf("%s: after a wrong code %d tries are left", mail, after[0].Code.TriesLeft)
		}
		return strings.NewReplacer("HP-40001", "N", "HP-99999", "N").Replace(asJSON(t, []any{list, after, err.Error()}))
	}
	if diff := cmp.Diff(look("eva@x.example", none, missing), look("eve@x.example", c, claim)); diff != "" {
		t.Errorf("an order that is there differs from one that isn't:\n%s", diff)
	}

	mails := d.letters(t)
	if len(mails) != 1 || len(mails[0].Message.To) != 1 || mails[0].Message.To[0].Address != "ann@x.example" || !mails[0].Automatic ||
		mails[0].From.Address != "support@shop.example" || !strings.Contains(mails[0].Message.Text, "482913") || !strings.Contains(mails[0].Message.Text, "diesen Code") {
		t.Fatalf("what left: %+v", mails)
	}
	if kept := d.strings(t, `SELECT k::text FROM claim_codes k UNION ALL SELECT e::text FROM events e`); strings.Contains(strings.Join(kept, "\n"), "482913") {
		t.Error("the code is kept in clear")
	}
	for _, raw := range d.strings(t, `SELECT convert_from(payload, 'utf8') FROM outbox WHERE subject LIKE 'skein.event.conversation%'`) {
		if strings.Contains(raw, "ann@") {
			t.Errorf("where it went is announced: %s", raw)
		}
	}

	list, err := d.VerifyClaim(ctx, d.anna, string(c.ID), claim, inbox.Proofing{Code: codeSum("482913")}, "", now.Add(14*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if list[0].State != inbox.Linked || list[0].OrderID != order || list[0].Order == nil {
		t.Errorf("verified: %+v", list[0])
	}
	_, err = d.VerifyClaim(ctx, d.anna, string(none.ID), missing, inbox.Proofing{Code: codeSum("482913")}, "", now)
	wantCode(t, "the right number of a code about nothing", err, inbox.Conflict)
	if diff := cmp.Diff([]string{
		"order.verification | agent | t | one-time code sent",
		"order.verification | agent | t | one-time code",
		"conversation.changed | agent | t | verified | one-time code",
	}, slices.DeleteFunc(d.said(t, c), func(s string) bool { return s == "conversation.changed | agent | t" })); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	_, err = d.SendCode(ctx, d.bert, string(c.ID), claim, coder(1), now)
	wantCode(t, "who may not see the conversation", err, inbox.NotFound)
	_, err = d.SendCode(ctx, d.anna, string(none.ID), claim, coder(1), now)
	wantCode(t, "another conversation's claim", err, inbox.NotFound)
	d.folded(t)
}

// A code that is told in the conversation that it was sent for links the order at
// once, and is no order itself; told elsewhere it does nothing.
func TestCodeIsHeard(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	c, order, claim := d.claims(t, "HP-40002", "eve@x.example")
	if _, err := d.SendCode(ctx, d.anna, string(c.ID), claim, coder(482913), time.Now()); err != nil {
		t.Fatal(err)
	}
	d.deliver(t, telling(arrival("elsewhere", "ivy@x.example", nil), "482913"))
	d.wantState(t, "told elsewhere", c, inbox.LinkClaimed)

	before := d.conversationOf(t, "eve@x.example").Version
	d.deliver(t, telling(arrival("told", "eve@x.example", []string{"eve@x.example"}), "Order 482913 it says, and my post code is 101000."))
	list := d.wantState(t, "told", c, inbox.Linked)
	if list[0].OrderID != order || list[0].Order == nil || !list[0].Meant {
		t.Errorf("links = %+v", list)
	}
	now := d.conversationOf(t, "told")
	if now.ID != c.ID || now.Order == nil || now.Order.ID != order || now.Version != before+1 {
		t.Errorf("the conversation is %+v", now)
	}
	if said := d.said(t, c); !slices.ContainsFunc(said, func(s string) bool { return strings.HasSuffix(s, "one-time code told") }) {
		t.Errorf("log: %q", said)
	}
	if who := d.strings(t, `SELECT verdict || ' ' || (actor_id = $1)::text FROM order_verdicts`, string(d.anna.Agent.ID)); len(who) != 1 || who[0] != "verified true" {
		t.Errorf("verdicts = %q", who)
	}
	if _, err := d.JudgeOrder(ctx, d.anna, string(c.ID), order, "none", "", time.Now()); err != nil {
		t.Fatal(err)
	}
	d.wantState(t, "taken back", c, inbox.LinkClaimed)
	d.folded(t)
	d.whole(t)
}

// A code may be tried five times, by whomever, and for fifteen minutes; a new one
// ends the one before. The number that is claimed is no try.
func TestCodesEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	c, _, claim := d.claims(t, "400030", "eve@x.example")
	send := func(first int) {
		t.Helper()
		if _, err := d.SendCode(ctx, d.anna, string(c.ID), claim, coder(first), now); err != nil {
			t.Fatal(err)
		}
	}
	enter := func(what, code string, at time.Time) {
		t.Helper()
		_, err := d.VerifyClaim(ctx, d.anna, string(c.ID), claim, inbox.Proofing{Code: codeSum(code)}, "", at)
		wantCode(t, what, err, inbox.Conflict)
	}
	send(111111)
	d.deliver(t, telling(arrival("wrong", "eve@x.example", []string{"eve@x.example"}), "It is 400030, or 222222 333333 444444"))
	if left := d.links(t, c)[0].Code.TriesLeft; left != 2 {
		t.Errorf("%d tries are left, want 2", left)
	}
	enter("the fourth try", "555555", now)
	enter("the fifth try", "666666", now)
	enter("the right one after five tries", "111111", now)
	d.deliver(t, telling(arrival("late", "eve@x.example", []string{"eve@x.example"}), "111111"))
	d.wantState(t, "after five tries", c, inbox.LinkClaimed)

	now = now.Add(time.Minute)
	send(700001)
	now = now.Add(time.Minute)
	send(700002)
	enter("the one before", "700001", now)
	enter("after a quarter of an hour", "700002", now.Add(15*time.Minute))
	if _, err := d.VerifyClaim(ctx, d.anna, string(c.ID), claim, inbox.Proofing{Code: codeSum("700002")}, "", now.Add(14*time.Minute)); err != nil {
		t.Error(err)
	}
}

// Few codes are sent about one claim, in whatever conversation, to one order's
// buyer, by whatever it is named, and by one agent; what of it depends on there
// being an order is not seen.
func TestCodeLimits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	d.deliver(t, bought("HP-40004", "ann@x.example", now, func(o *inbox.Order) {
		o.Shipments = []inbox.Shipment{{Carrier: "ups", Tracking: "1Z12345E0205271688", Status: "in_transit", At: now}}
	}))
	claimOf := func(mail, text string) (inbox.Conversation, string) {
		d.deliver(t, naming(arrival(mail, mail, nil), inbox.Proven, text))
		c := d.conversationOf(t, mail)
		return c, d.wantState(t, mail, c, inbox.LinkClaimed)[0].ClaimID
	}
	send := func(c inbox.Conversation, claim string) error {
		now = now.Add(time.Second)
		_, err := d.SendCode(ctx, d.anna, string(c.ID), claim, coder(100000), now)
		return err
	}
	for i, number := range []string{"HP-40004", "HP-40005"} { // the second one isn't there
		a, first := claimOf(fmt.Sprint("eve", i, "@x.example"), "Where is order "+number+"?")
		b, second := claimOf(fmt.Sprint("ivy", i, "@x.example"), "Where is order "+number+"?")
		for j := range 3 {
			if err := send(a, first); err != nil {
				t.Errorf("%s: the %d. code: %v", number, j+1, err)
			}
		}
		wantCode(t, number+", a fourth time", send(a, first), inbox.TooMany)
		wantCode(t, number+", for another stranger", send(b, second), inbox.TooMany)
	}
	if n := len(d.letters(t)); n != 3 {
		t.Errorf("%d mails left, want 3", n)
	}
	c, claim := claimOf("parcel@x.example", "Where is my parcel 1Z12345E0205271688?")
	if err := send(c, claim); err != nil {
		t.Errorf("by its parcel: %v", err)
	}
	if n := len(d.letters(t)); n != 3 {
		t.Errorf("%d mails left, want 3: the buyer had enough of them", n)
	}
	for i := 0; ; i++ {
		c, claim := claimOf(fmt.Sprint("kim", i, "@x.example"), fmt.Sprint("Where is order HP-", 50000+i, "?"))
		if err := send(c, claim); err != nil {
			wantCode(t, "the agent's limit", err, inbox.TooMany)
			if i != 13 {
				t.Errorf("an agent has %d codes sent an hour, want 20", i+7)
			}
			break
		}
	}
	now = now.Add(time.Hour)
	if err := send(c, claim); err != nil || len(d.letters(t)) != 4 {
		t.Errorf("an hour later: %v, %d mails", err, len(d.letters(t)))
	}
}

// What a machine answers to a code's mail, a bounce or an absence, shows nowhere:
// it would tell that there is an order, and whose. A person's answer does.
func TestCodeBounces(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c, _, claim := d.claims(t, "HP-40006", "eve@x.example")
	if _, err := d.SendCode(t.Context(), d.anna, string(c.ID), claim, coder(1), time.Now()); err != nil {
		t.Fatal(err)
	}
	id := d.letters(t)[0].Message.ID
	answer := func(name string, change func(*inbox.Arrival)) inbox.Received {
		r := arrival(name, "ann@x.example", nil)
		r.Message.Token = id
		change(r.Message)
		return r
	}
	d.deliver(t,
		answer("bounce", func(m *inbox.Arrival) { m.Bounces = []inbox.Bounce{{Recipient: "ann@x.example", Hard: true}} }),
		answer("absence", func(m *inbox.Arrival) { m.Automatic = inbox.Automatic{Is: true} }),
		answer("person", func(*inbox.Arrival) {}))
	if diff := cmp.Diff([]string{"eve@x.example", "person"}, d.strings(t, `SELECT header_id FROM messages ORDER BY 1`)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	d.whole(t)
}
