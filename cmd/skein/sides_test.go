package main

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"skein/inbox"
)

// An agent asks a warehouse about a customer's parcel aside, by real mail: its
// answer comes to the same page, the customer's answer to all of them comes to the
// conversation, and the customer is sent nothing of it. Then the agent writes to
// the same customer first.
func TestWriteFirst(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything, and a browser")
	}
	t.Parallel()
	p := startMailShop(t)
	p.sign(t, "Regards, {{agent.firstname}} of the shop", "")
	// comes has a mail come in from somebody, in answer to others, the newest last.
	comes := func(id, from, to, text string, answers ...string) {
		refs := ""
		if n := len(answers); n > 0 {
			refs = fmt.Sprintf("In-Reply-To: <%s>\r\nReferences: <%s>\r\n", answers[n-1], strings.Join(answers, "> <"))
		}
		p.dovecot.Deliver(t, "support", "INBOX", fmt.Appendf(nil, "From: %s\r\nTo: %s\r\nSubject: Parcel\r\nMessage-ID: <%s>\r\nDate: %s\r\n%s\r\n%s\r\n",
			from, to, id, time.Now().Format(time.RFC1123Z), refs, text))
	}
	// left is the nth mail that we sent, and its Message-ID.
	left := func(n int, to string) (*mail.Message, string) {
		t.Helper()
		got := p.sink.Wait(t, n, time.Minute)[n-1]
		if strings.Join(got.To, " ") != to {
			t.Errorf("mail %d went to %v, want %s", n, got.To, to)
		}
		for _, word := range map[string][]string{"cara@x.example": {"depot", "parcel 4", "van 7"}, "depot@carrier.example": {"cara@"}}[to] {
			if bytes.Contains(bytes.ToLower(got.Data), []byte(word)) {
				t.Errorf("%s is told of %q:\n%s", to, word, got.Data)
			}
		}
		if !bytes.Contains(got.Data, []byte("-- \r\nRegards, Ana of the shop")) && !bytes.Contains(got.Data, []byte("--=20\r\nRegards, Ana of the shop")) {
			t.Errorf("mail %d lacks the signature:\n%s", n, got.Data)
		}
		m, err := mail.ReadMessage(bytes.NewReader(got.Data))
		if err != nil {
			t.Fatal(err)
		}
		return m, strings.Trim(m.Header.Get("Message-ID"), "<>")
	}

	page := p.page(t, "sides.mjs")
	page.expect("signed in")
	comes("first@x.example", "Cara Winter <cara@x.example>", "support@shop.example", "My kettle hasn't come.")
	page.say("go")

	page.expect("asked aside")
	_, asked := left(1, "depot@carrier.example")
	comes("w1@carrier.example", "Depot <depot@carrier.example>", "support@shop.example, cara@x.example", "It is on van 7.", asked)
	page.say("go")

	page.expect("answered aside")
	comes("q1@x.example", "Cara Winter <cara@x.example>", "depot@carrier.example, support@shop.example", "Then I stay at home.", asked, "w1@carrier.example")
	page.say("go")

	page.expect("answered")
	left(2, "cara@x.example")
	page.say("go")

	page.expect("begun")
	m, _ := left(3, "cara@x.example")
	if got := m.Header.Get("Subject"); got != "Your voucher" || m.Header.Get("In-Reply-To") != "" {
		t.Errorf("what began: subject %q, in answer to %q", got, m.Header.Get("In-Reply-To"))
	}
	page.say("go")

	var list struct{ Items []inbox.Conversation }
	p.call(p.as("ana"), "GET", "/conversations?status=all", nil, &list)
	if len(list.Items) != 2 || list.Items[0].Customer.CustomerID != list.Items[1].Customer.CustomerID {
		t.Errorf("conversations = %+v, want two of one customer", list.Items)
	}
}
