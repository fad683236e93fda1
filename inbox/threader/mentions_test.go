package threader

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/orderlink"
)

// ownNumber is Ann's order, and passes for a card's number.
const ownNumber = "6011000990139424"

func prepareMessage(t *testing.T, m *connectors.Message, grammars ...inbox.StoreGrammar) *inbox.Arrival {
	t.Helper()
	f := &fakes{grammars: grammars, numbers: map[inbox.IdentityRef][]string{{Kind: inbox.EmailAddress, Key: "ann@x.example"}: {ownNumber}}}
	th := New(Config{Stream: f, Store: f, Blobs: f, Transit: f, Log: slog.New(slog.DiscardHandler)})
	if err := th.loadAccounts(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(connectors.Inbound{
		Kind: connectors.KindMessage, Channel: inbox.Email, Account: "support", EventID: "e", Message: m,
		Sender: connectors.Sender{Kind: inbox.EmailAddress, Address: "ann@x.example", Name: m.From.Name, Proof: inbox.Proven},
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := th.prepare(t.Context(), Item{Data: data, Channel: inbox.Email, Account: "support", At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return p.received.Message
}

// A list of thousands of numbers, and a number that never ends, leave a bounded
// trace.
func TestMentionsAreBounded(t *testing.T) {
	t.Parallel()
	var list strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&list, "order #%d, parcel 1Z999AA1%010d\n", 100000+i, i)
	}
	for name, text := range map[string]string{
		"list": list.String(), "endless": "order #" + strings.Repeat("1234567890", 40), "longer": "order " + strings.Repeat("7", 1<<18),
	} {
		a := prepareMessage(t, &connectors.Message{Subject: text, VisibleText: text, Text: text})
		if len(a.Mentions) > maxMentions || name == "list" && len(a.Mentions) == 0 {
			t.Errorf("%s: %d mentions, want at most %d", name, len(a.Mentions), maxMentions)
		}
		for _, m := range a.Mentions {
			if len(m.Key) > maxMentionKey || len(m.Text) > maxMentionKey {
				t.Errorf("%s: a mention of %d bytes", name, max(len(m.Key), len(m.Text)))
			}
		}
	}
}

// What a channel says that a message is about is kept in the form by which the
// order is found, and only when it names one.
func TestContextMention(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   inbox.OrderContext
		want string
	}{
		{inbox.OrderContext{Store: "shop", ExternalID: "gid://1", Number: "#1001"}, inbox.ContextKey("shop", "gid://1", "")},
		{inbox.OrderContext{Store: "shop", Number: "#1001"}, inbox.ContextKey("shop", "", orderlink.NumberKey("#1001"))},
		{inbox.OrderContext{Store: "shop"}, ""},
		{inbox.OrderContext{ExternalID: "1"}, ""},
		{inbox.OrderContext{Store: "shop", ExternalID: strings.Repeat("x", 2*maxMentionKey)}, ""},
	} {
		a := prepareMessage(t, &connectors.Message{Text: "hello", Order: &c.in})
		got := ""
		for _, m := range a.Mentions {
			got += m.Key
		}
		if got != c.want {
			t.Errorf("context %+v has key %q, want %q", c.in, got, c.want)
		}
	}
}

// A store's own form of number is found by the grammar that was learned of it.
func TestMentionByGrammar(t *testing.T) {
	t.Parallel()
	var numbers []string
	for i := range 200 {
		numbers = append(numbers, fmt.Sprintf("ZQ-%06d-EU", 104000+7*i))
	}
	grammar, err := Rules().Orders.Learn(nil, numbers)
	if err != nil {
		t.Fatal(err)
	}
	a := prepareMessage(t, &connectors.Message{Text: "ZQ-104007-EU has not come"}, inbox.StoreGrammar{Store: "shop", Orders: 200, Grammar: grammar},
		inbox.StoreGrammar{Store: "broken", Grammar: []byte("x")})
	if len(a.Mentions) != 1 || a.Mentions[0].Key != orderlink.NumberKey("ZQ-104007-EU") {
		t.Errorf("mentions = %+v", a.Mentions)
	}
}

// A card's number is nowhere that people look, and the message says that there
// was one.
func TestCardsAreMasked(t *testing.T) {
	t.Parallel()
	const card, spaced = "4111111111111111", "4111 1111 1111 1111"
	a := prepareMessage(t, &connectors.Message{
		From: inbox.Party{Name: "Ann " + spaced}, To: []inbox.Party{{Address: "support@shop.example", Name: card}}, Cc: []inbox.Party{{Address: "b@x.example", Name: card}},
		Subject: "my order, card " + spaced, Text: "order " + card + "\n> " + card, VisibleText: "order number " + card,
		HTML:        "<p>card <b>4111</b> 1111 1111 1111 and " + card + "</p>",
		Attachments: []connectors.Attachment{{Name: card + ".pdf", Body: connectors.Body{SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}},
		Bounces:     []inbox.Bounce{{Recipient: "b@x.example", Detail: "said " + card}}, Problems: []string{card},
		Automatic: inbox.Automatic{Reason: card},
	})
	if !a.Masked {
		t.Error("the message does not say that something was masked")
	}
	shown, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`<[^>]*>| `).ReplaceAllString(a.HTML, "")
	for _, number := range []string{card, spaced} {
		if strings.Contains(string(shown), number) || strings.Contains(text, number) {
			t.Errorf("%q is shown in %s", number, shown)
		}
	}
	if len(a.Mentions) > 0 {
		t.Errorf("what is left of a card passes for an order: %+v", a.Mentions)
	}
	if clean := prepareMessage(t, &connectors.Message{Subject: "order 4111", Text: "no card"}); clean.Masked {
		t.Error("a message without a card says that one was masked")
	}
}

// An order's number that passes for a card's stays, and is found, when it is the
// sender's own, written in one; in the groups of a card, or beside a real one, a
// card's number never does.
func TestOwnNumberIsNoCard(t *testing.T) {
	t.Parallel()
	const card = "4111111111111111"
	text := "order " + ownNumber + " paid by " + card
	a := prepareMessage(t, &connectors.Message{Subject: ownNumber, Text: text, VisibleText: text, HTML: "<p>" + ownNumber + " " + card + "</p>"})
	if !a.Masked || a.Subject != ownNumber || a.Text != "order "+ownNumber+" paid by ************1111" || a.HTML != "<p>"+ownNumber+" ************1111</p>" {
		t.Errorf("subject %q, text %q, HTML %q", a.Subject, a.Text, a.HTML)
	}
	if len(a.Mentions) != 1 || a.Mentions[0].Key != ownNumber {
		t.Errorf("mentions = %+v", a.Mentions)
	}
	groups := "6011 0009 9013 9424"
	if a := prepareMessage(t, &connectors.Message{Text: groups}); a.Text != "**** **** **** 9424" {
		t.Errorf("in a card's groups: %q", a.Text)
	}
	if a := prepareMessage(t, &connectors.Message{Text: "order 5555555555554444"}); !a.Masked || len(a.Mentions) > 0 {
		t.Errorf("a stranger's: %q, %+v", a.Text, a.Mentions)
	}
}

// What a person says now may be a one-time code, as it is kept; what a machine
// says, and more than a few numbers, is none.
func TestCodes(t *testing.T) {
	t.Parallel()
	list := "111111 222222 333333 444444 555555 666666 777777"
	for _, c := range []struct {
		name string
		in   connectors.Message
		want int
	}{
		{"told", connectors.Message{Subject: "my code", VisibleText: "it is 482913", Text: "it is 482913\n> 550127"}, 1},
		{"in the subject", connectors.Message{Subject: "482 913", Text: "see above"}, 1},
		{"a list", connectors.Message{Text: list}, maxCodes},
		{"a machine's", connectors.Message{Text: "482913", Automatic: inbox.Automatic{Is: true}}, 0},
		{"spam", connectors.Message{Text: "482913", Spam: true}, 0},
	} {
		a := prepareMessage(t, &c.in)
		if len(a.Codes) != c.want {
			t.Errorf("%s: %v, want %d codes", c.name, a.Codes, c.want)
		}
		for _, g := range a.Codes {
			if len(g.Sum) == 0 || strings.Contains(string(g.Sum), g.Code) {
				t.Errorf("%s: %q is kept as %q", c.name, g.Code, g.Sum)
			}
		}
	}
}
