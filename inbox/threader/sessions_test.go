package threader

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/thread"
)

func readChat(t *testing.T, in connectors.Inbound) (inbox.Received, error) {
	t.Helper()
	keys, err := thread.NewKeys([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	in.Channel, in.Account, in.EventID = inbox.Chat, "web", "e1"
	web := inbox.Account{ID: "web", Channel: inbox.Chat, MaxProof: inbox.Signed, Address: "support@shop.example"}
	tr := &Threader{cfg: Config{Keys: keys}, accounts: map[inbox.AccountID]inbox.Account{"web": web}, own: map[string]bool{"support@shop.example": true}}
	r := inbox.Received{Account: "web", Channel: inbox.Chat, EventID: "e1", At: time.Unix(1.7e9, 0).UTC()}
	if err := tr.read(t.Context(), &in, &r); err != nil {
		return r, err
	}
	tr.setClaims(&r, &in)
	return r, nil
}

// A chat's message is of its visitor's session and of no other, whatever else it
// says; the address that they leave to be answered at takes no part in the thread,
// and is none of ours.
func TestSessionOfMessage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*connectors.Inbound)
		want   []string // session, external id, answer to
	}{
		{"as the chat says it", func(*connectors.Inbound) {}, []string{"s1", "s1/c1", ""}},
		{"left an address", func(in *connectors.Inbound) { in.Message.ReplyTo = []inbox.Party{{Address: "Ann@X.example"}} }, []string{"s1", "s1/c1", "Ann@X.example"}},
		{"left one that is none, and ours", func(in *connectors.Inbound) {
			in.Message.ReplyTo = []inbox.Party{{Address: "ann"}, {Address: "support@shop.example"}}
		}, []string{"s1", "s1/c1", ""}},
		{"of another's session", func(in *connectors.Inbound) { in.Message.ThreadKey = "s2" }, []string{"", "", ""}},
		{"of no visitor", func(in *connectors.Inbound) { in.Sender.Kind = inbox.EmailAddress }, []string{"", "", ""}},
		{"of a session that is no token", func(in *connectors.Inbound) { in.Sender.Address, in.Message.ThreadKey = "a.b", "a.b" }, []string{"", "", ""}},
		{"named after another session", func(in *connectors.Inbound) { in.ExternalID = "s2/c1" }, []string{"s1", "", ""}},
	} {
		in := connectors.Inbound{Kind: connectors.KindMessage, ExternalID: "s1/c1", Sender: connectors.Sender{Kind: inbox.ChatVisitor, Address: "s1", Proof: inbox.Proven},
			Message: &connectors.Message{ThreadKey: "s1", Text: "hello", VisibleText: "hello"}}
		tc.change(&in)
		r, err := readChat(t, in)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		m := r.Message
		if diff := cmp.Diff(tc.want, []string{m.Session, m.ExternalID, m.AnswerTo}); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
		if strings.Contains(strings.Join(m.People, " "), "@") {
			t.Errorf("%s: %v take part", tc.name, m.People)
		}
	}
}

// What a visitor's browser says of what they do is of their own session: it names
// no customer, changes nobody's order, and no cart but their own; what they say of
// themselves is claimed as far as the chat vouches.
func TestTrackOfVisitor(t *testing.T) {
	t.Parallel()
	track := func(kind, event, properties, traits string) connectors.Inbound {
		return connectors.Inbound{Kind: connectors.KindTrack, Lane: connectors.LaneLive, ProviderAt: time.Unix(1.7e9, 0),
			Sender: connectors.Sender{Kind: inbox.ChatVisitor, Address: "s1", Proof: inbox.Signed,
				Claims: []connectors.Claim{{Field: inbox.ClaimEmail, Value: "ann@x.example", Proof: inbox.Claimed}, {Field: inbox.ClaimShop, Value: "shop/7", Proof: inbox.Signed}}},
			Track: &inbox.Track{Store: "shop", Type: kind, Event: event, UserID: "7", Properties: json.RawMessage(properties), Traits: json.RawMessage(traits)}}
	}
	own := inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: "s1"}
	for _, in := range []connectors.Inbound{
		track("track", "Product Added", `{"cart_id": "somebody-elses", "product_id": "1", "sku": "K-1", "name": "Kettle", "price": 10, "quantity": 1, "currency": "EUR"}`, ""),
		track("track", "Order Completed", `{"order_id": "10021", "total": 1, "currency": "EUR", "email": "bob@x.example", "products": [{"sku": "K-1", "price": 1, "quantity": 1}]}`, ""),
		track("track", "Order Refunded", `{"order_id": "10021", "total": 1}`, ""),
		track("identify", "", "", `{"email": "bob@x.example", "name": "Bob"}`),
		track("page", "", `{"url": "https://shop.example/k", "title": "Kettle"}`, ""),
	} {
		r, err := readChat(t, in)
		if err != nil {
			t.Errorf("%s: %v", in.Track.Event, err)
			continue
		}
		got := r.Track
		if got.Who != own || got.Proof > inbox.Claimed || len(got.Orders) > 0 || got.Customer != nil {
			t.Errorf("%s %s: %+v", in.Track.Type, in.Track.Event, got)
		}
		for _, w := range got.Carts {
			if w.Who != own || w.ExternalID != "~s1" {
				t.Errorf("a cart %s of %v", w.ExternalID, w.Who)
			}
		}
		if in.Track.Event == "Product Added" && len(got.Carts) != 1 {
			t.Errorf("no cart: %+v", got)
		}
		if in.Track.Event == "Order Completed" && got.Kind != inbox.TrackedEvent {
			t.Errorf("what a browser says of an order shows as %q", got.Kind)
		}
		want := []inbox.Claim{
			{Field: inbox.ClaimEmail, Source: inbox.FromChannel, Value: "ann@x.example", Key: "ann@x.example", Proof: inbox.Claimed, At: got.At},
			{Field: inbox.ClaimShop, Source: inbox.FromChannel, Value: "shop/7", Key: "shop/7", Proof: inbox.Signed, At: got.At},
		}
		if diff := cmp.Diff(want, r.Claims); diff != "" {
			t.Errorf("%s claims: %s", in.Track.Type, diff)
		}
	}
	nobody := track("page", "", "{}", "")
	nobody.Sender.Kind = inbox.EmailAddress
	if _, err := readChat(t, nobody); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("a track of no session: %v", err)
	}
}
