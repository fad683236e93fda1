package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"skein/connectors"
	"skein/inbox"
)

// signedIn is the shop's word on who its customer is.
func signedIn(t *testing.T, secret, sub, email string, verified bool) string {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": sub, "email": email, "email_verified": verified,
		"exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// fetchAs gets a path of the chat by a session's token.
func (n *chatNode) fetchAs(token, path string) (int, string) {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), "GET", n.url+"/in/chat/web"+path, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	req.Header.Set("Origin", shopOrigin)
	req.Header.Set("Authorization", "Bearer "+token)
	return fetch(n.t, req)
}

func (n *chatNode) uploadAs(token, name, body string) (id string) {
	n.t.Helper()
	req, err := http.NewRequestWithContext(n.t.Context(), "POST", n.url+"/in/chat/web/files", io.NopCloser(strings.NewReader(body)))
	if err != nil {
		n.t.Fatal(err)
	}
	req.ContentLength = int64(len(body))
	req.Header.Set("Origin", shopOrigin)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "text/plain")
	req.Header.Set("X-File-Name", name)
	status, raw := fetch(n.t, req)
	var m struct{ ID string }
	if err := json.Unmarshal([]byte(raw), &m); err != nil || status != http.StatusCreated {
		n.t.Fatalf("upload: %d %s", status, raw)
	}
	return m.ID
}

// A visitor who types a customer's address, names their order, asks to be answered
// by their mail, and is merged with them by an agent who then writes notes and
// mails the customer gets 0 bytes of that customer's data: every byte that their
// sockets and requests got is read. So does one who is signed in as that customer.
func TestVisitorLearnsNothing(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	n := startChat(t, fmt.Sprintf(`{"origins": [%q], "store": "shop", "secrets": [%q], "mail": {"account": "support", "after": "1m"}}`, shopOrigin, secret))
	n.sidecar()
	boss := n.agent("boss", inbox.AdminRole)

	// What is known of the customer: none of these words may reach a visitor.
	n.mail("support", "grievance-xqxqxq1", "Annabel Xqxqxq2/ann.xqxqxq3@x.example", inbox.Proven, "my parcel xqxqxq4 is broken")
	n.order(inbox.Order{ExternalID: "xqxqxq5", Number: "#10021", Email: "ann.xqxqxq3@x.example", Status: "paid", Total: 4711,
		Items: []inbox.Item{{SKU: "xqxqxq6", Title: "Kettle xqxqxq7", Quantity: 1, Price: 4711}}, Note: "xqxqxq8"})
	if err := n.links[inbox.Shop].Publish(t.Context(), connectors.Inbound{
		Kind: connectors.KindCustomer, Channel: inbox.Shop, Account: "shop", EventID: "customer:1", Key: "7", Lane: connectors.LaneLive,
		Sender: connectors.Sender{Kind: inbox.ShopAccount, Proof: inbox.Signed}, ProviderAt: time.Now(), ReceivedAt: time.Now(),
		Customer: &inbox.CustomerRecord{Store: "shop", ExternalID: "7", Email: "ann.xqxqxq3@x.example", Name: "Annabel Xqxqxq2", Phone: "+43 1 5550199", Company: "xqxqxq9",
			UpdatedAt: time.Now()},
	}); err != nil {
		t.Fatal(err)
	}
	mail := boss.find("grievance-xqxqxq1")
	secrets := []string{"xqxqxq1", "xqxqxq2", "xqxqxq4", "xqxqxq5", "xqxqxq6", "xqxqxq7", "xqxqxq8", "xqxqxq9", "xqxqxqa", "xqxqxqb", "xqxqxqc", "5550199"}

	typed := n.visit(nil)
	typed.say(map[string]any{"t": "identify", "email": "ann.xqxqxq3@x.example", "name": "Somebody"})
	typed.write(uuid(1), "I am ann.xqxqxq3@x.example, where is my order #10021?")
	typed.say(map[string]any{"t": "offline", "id": uuid(2), "email": "ann.xqxqxq3@x.example", "name": "Somebody", "text": "answer there"})
	typed.say(map[string]any{"t": "handover", "id": uuid(3), "email": "ann.xqxqxq3@x.example"})
	typed.expect("all is sent", func(f visitorFrame) bool { return f.T == "state" && string(f.ID) == uuid(3) })
	signed := n.visit(map[string]any{"jwt": signedIn(t, secret, "7", "ann.xqxqxq3@x.example", true)})
	signed.write(uuid(4), "And I am signed in.")

	asked := "Please go on by mail: ann.xqxqxq3@x.example"
	chat := boss.chat(asked)
	boss.until("who is signed in is the customer", func() bool {
		return boss.chat("And I am signed in.").Customer.CustomerID == boss.find("grievance-xqxqxq1").Customer.CustomerID
	})
	mail = boss.find("grievance-xqxqxq1")
	if boss.chat(asked).Customer.CustomerID == mail.Customer.CustomerID {
		t.Error("who typed an address is the customer")
	}
	note := func(text string) {
		t.Helper()
		if status, raw := boss.doKey("POST", "/conversations/"+string(chat.ID)+"/notes", text, map[string]any{"text": text}); status != 201 {
			t.Fatalf("note: %d %s", status, raw)
		}
	}
	note("a note xqxqxqa")
	// An agent makes the worst of it.
	boss.want(200, "POST", "/customers/"+string(mail.Customer.CustomerID)+"/merge", map[string]any{"with": chat.Customer.CustomerID, "reason": "they said so"}, nil)
	boss.want(200, "POST", "/conversations/"+string(chat.ID)+"/merge", map[string]any{"with": string(mail.ID)}, nil)
	note("another xqxqxqb")
	// The customer goes on by mail, and is answered there.
	n.mail("support", "more-xqxqxqc", "Annabel Xqxqxq2/ann.xqxqxq3@x.example", inbox.Proven, "more of xqxqxqc", "grievance-xqxqxq1")
	boss.until("it is in the same conversation", func() bool {
		return slices.ContainsFunc(boss.messages(chat), func(m inbox.Message) bool { return m.Text == "more of xqxqxqc" })
	})
	boss.reply(chat, "to the mail: xqxqxqc")
	boss.until("it left by mail", func() bool {
		return slices.ContainsFunc(boss.messages(chat), func(m inbox.Message) bool {
			return m.Text == "to the mail: xqxqxqc" && m.Channel == inbox.Email
		})
	})

	// Who listens asks for all that there may be.
	typed.write(uuid(5), "Hello?")
	typed.expect("it is there", func(f visitorFrame) bool { return f.T == "message" && f.ClientID == uuid(5) })
	boss.until("the chat goes on there", func() bool { return boss.chat("Hello?").ID == chat.ID })
	boss.reply(boss.chat("Hello?"), "in the chat")
	typed.expect("the answer", func(f visitorFrame) bool { return f.Text == "in the chat" })
	typed.say(map[string]any{"t": "more", "before": 1000})
	typed.expect("all of it", func(f visitorFrame) bool { return f.T == "history" && len(f.Messages) > 3 })
	again := n.visit(map[string]any{"session": typed.Session, "token": typed.Token})
	again.expect("the history", func(f visitorFrame) bool { return f.T == "history" && len(f.Messages) > 3 })
	thief := n.visit(map[string]any{"session": signed.Session, "token": typed.Token})
	if thief.Session != typed.Session {
		t.Error("another session's name opens it")
	}
	var everything strings.Builder
	for _, v := range []*tab{typed, again, signed, thief} {
		everything.WriteString(v.bytes())
	}
	for _, m := range boss.messages(chat) {
		for _, path := range []string{"/files/" + string(m.ID), "/config", "/files/"} {
			_, raw := n.fetchAs(typed.Token, path)
			everything.WriteString(raw)
		}
	}
	said := strings.ToLower(everything.String())
	for _, word := range secrets {
		if strings.Contains(said, word) {
			t.Errorf("a visitor got %q", word)
		}
	}
	if !strings.Contains(said, "hello?") {
		t.Error("the test reads nothing")
	}
}

// One session can't see another's: not by its name, nor by a token that was
// changed, nor a file of it; and a session that was somebody's who signed in isn't
// the next one's.
func TestSessionsAreApart(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	n := startChat(t, fmt.Sprintf(`{"origins": [%q], "store": "shop", "secrets": [%q]}`, shopOrigin, secret))
	n.sidecar()
	anna := n.agent("anna", inbox.AgentRole, n.inboxes["support"].ID)

	victim := n.visit(nil)
	id := n.uploadAs(victim.Token, "bill.txt", "the bill of xqxqxq1")
	victim.say(map[string]any{"t": "message", "id": uuid(1), "text": "my bill, xqxqxq2", "files": []string{id}})
	got := victim.expect("it is there", func(f visitorFrame) bool { return f.T == "message" && len(f.Files) == 1 })
	if status, raw := n.fetchAs(victim.Token, "/files/"+string(got.Files[0].ID)); status != 200 || raw != "the bill of xqxqxq1" {
		t.Errorf("their own file: %d %q", status, raw)
	}
	anna.chat("my bill, xqxqxq2")

	thief := n.visit(map[string]any{"session": victim.Session})
	if thief.Session == victim.Session {
		t.Fatal("a session is opened by its name")
	}
	thief.say(map[string]any{"t": "more", "before": 1000})
	thief.write(uuid(1), "the same id") // as the victim's message has
	thief.expect("it is another message", func(f visitorFrame) bool { return f.T == "message" && f.Text == "the same id" })
	if status, raw := n.fetchAs(thief.Token, "/files/"+string(got.Files[0].ID)); status != 404 {
		t.Errorf("another's file: %d %q", status, raw)
	}
	thief.say(map[string]any{"t": "message", "id": uuid(2), "text": "with your file", "files": []string{id}})
	thief.expect("another's upload is none", func(f visitorFrame) bool { return f.T == "error" && f.Code == "not_found" })
	payload, mac, _ := strings.Cut(thief.Token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(string(raw), thief.Session, victim.Session))) + "." + mac
	f := n.dial(map[string]any{"session": victim.Session, "token": forged})
	f.expect("a forged token is refused", func(f visitorFrame) bool { return f.T == "error" && f.Code == "unauthenticated" && f.About == "token" })
	<-f.ended
	if strings.Contains(thief.bytes()+f.bytes(), "xqxqxq") {
		t.Error("another session's words were seen")
	}

	ann := n.visit(map[string]any{"jwt": signedIn(t, secret, "7", "ann@x.example", true)})
	bob := n.visit(map[string]any{"jwt": signedIn(t, secret, "8", "bob@x.example", true), "session": ann.Session, "token": ann.Token})
	elsewhere := n.visit(map[string]any{"jwt": signedIn(t, secret, "7", "ann@x.example", true)})
	if bob.Session == ann.Session || elsewhere.Session != ann.Session {
		t.Errorf("sessions %s, %s, %s: each has their own, in every browser the same", ann.Session, bob.Session, elsewhere.Session)
	}
}

// A visitor for whom the shop vouches is one customer with their mail and their
// account there; one whose address the shop has not verified stays apart.
func TestSignedInIsTheCustomer(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	n := startChat(t, fmt.Sprintf(`{"origins": [%q], "store": "shop", "secrets": [%q]}`, shopOrigin, secret))
	n.sidecar()
	boss := n.agent("boss", inbox.AdminRole)
	n.mail("support", "by mail", "Ann/ann@x.example", inbox.Proven, "hello")
	n.mail("support", "by mail too", "Bob/bob@x.example", inbox.Proven, "hello")
	n.visit(map[string]any{"jwt": signedIn(t, secret, "7", "ann@x.example", true)}).write(uuid(1), "signed, verified")
	n.visit(map[string]any{"jwt": signedIn(t, secret, "8", "bob@x.example", false)}).write(uuid(2), "signed, not verified")
	n.visit(map[string]any{"jwt": signedIn(t, secret, "7", "", false)}).write(uuid(3), "the same again")
	ann := boss.find("by mail").Customer.CustomerID
	boss.until("who is verified is one customer", func() bool { return boss.chat("the same again").Customer.CustomerID == ann })
	boss.chat("signed, not verified")
	if got := boss.chat("signed, not verified").Customer.CustomerID; got == boss.find("by mail too").Customer.CustomerID {
		t.Error("an address that the shop has not verified makes one customer of two")
	}
}
