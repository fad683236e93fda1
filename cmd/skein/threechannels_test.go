package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"skein/connectors"
	"skein/connectors/social"
	"skein/inbox"
)

// One customer over a direct message, mail, chat and a call is one profile with one
// timeline where each is proven. A call and an SMS whose number is no more than shown
// stay apart, are offered as a possible match for it, and are the same customer when
// an agent says so.
func TestFourChannels(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("s", 32)
	n := startChat(t, fmt.Sprintf(`{"origins": [%q], "store": "shop", "secrets": [%q]}`, shopOrigin, secret))
	n.sidecar()
	if _, err := n.store.SaveAccount(t.Context(), inbox.Account{ID: "line", Channel: inbox.Phone, InboxID: n.inboxes["support"].ID, Name: "line",
		Address: "+4315550100", MaxProof: inbox.Proven, Region: "AT", Settings: []byte(`{}`)}, time.Now()); err != nil {
		t.Fatal(err)
	}
	direct := map[string]inbox.Account{ // by which ann and bob write
		"ann": {ID: "whatsapp", Settings: []byte(`{"provider":"whatsapp","secrets":["s"],"token":"t","id":"106","verifyToken":"v"}`)},
		"bob": {ID: "sms", Settings: []byte(`{"provider":"twilio","secrets":["s"],"accountSid":"AC1"}`)},
	}
	for name, a := range direct {
		a.Channel, a.InboxID, a.Name, a.Address, a.MaxProof, a.Region = inbox.Social, n.inboxes["support"].ID, string(a.ID), "+15550783881", inbox.Proven, "AT"
		if _, err := n.store.SaveAccount(t.Context(), a, time.Now()); err != nil {
			t.Fatal(err)
		}
		direct[name] = a
	}
	boss := n.agent("boss", inbox.AdminRole)

	customers := map[string]inbox.CustomerID{}
	calls, texts := map[string]inbox.CustomerID{}, map[string]inbox.CustomerID{}
	for _, c := range []struct {
		name, sub, number string
		proof             inbox.Proof // of the number that calls
	}{{"ann", "7", "+436601234567", inbox.Proven}, {"bob", "8", "+436607654321", inbox.Claimed}} {
		email := c.name + "@x.example"
		n.mail("support", "mail of "+c.name, c.name+"/"+email, inbox.Proven, "hello")
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": c.sub, "email": email, "email_verified": true,
			"phone_number": c.number, "phone_number_verified": true, "exp": time.Now().Add(time.Hour).Unix()}).SignedString([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		n.visit(map[string]any{"jwt": token}).write(uuid(len(customers)+1), "chat of "+c.name)
		now := time.Now()
		if err := n.links[inbox.Phone].Publish(t.Context(), connectors.Inbound{
			Kind: connectors.KindCall, Channel: inbox.Phone, Account: "line", EventID: "call:" + c.name, ExternalID: c.name, Key: c.name,
			Lane: connectors.LaneLive, Sender: connectors.Sender{Kind: inbox.PhoneNumber, Address: c.number, Proof: c.proof}, ProviderAt: now, ReceivedAt: now,
			Call: &connectors.Call{ID: c.name, Call: inbox.Call{Direction: inbox.In, StartedAt: now, From: c.number, To: "+4315550100", Disposition: inbox.CallAnswered}},
		}); err != nil {
			t.Fatal(err)
		}
		a, body := direct[c.name], "MessageSid=SM1&From="+url.QueryEscape(c.number)+"&To=%2B15550783881&Body=dm+of+"+c.name
		if c.name == "ann" {
			body = fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106"},
				"messages":[{"from":%q,"id":"w1","timestamp":"%d","type":"text","text":{"body":"dm of ann"}}]}}]}]}`, c.number[1:], now.Unix())
		}
		items, err := social.Items(connectors.Account{ID: a.ID, Channel: inbox.Social, Address: a.Address, Region: a.Region, Settings: a.Settings}, []byte(body), now)
		if err != nil || len(items) != 1 {
			t.Fatalf("the direct message of %s is read as %+v, %v", c.name, items, err)
		}
		items[0].ReceivedAt = now
		if err := n.links[inbox.Social].Publish(t.Context(), items[0]); err != nil {
			t.Fatal(err)
		}
		customers[c.name] = boss.find("mail of " + c.name).Customer.CustomerID
		boss.until("chat and mail of "+c.name+" are one customer's", func() bool {
			customers[c.name] = boss.find("mail of " + c.name).Customer.CustomerID
			return boss.chat("chat of "+c.name).Customer.CustomerID == customers[c.name]
		})
		boss.until("the call of "+c.name, func() bool {
			var list struct{ Items []inbox.Conversation }
			boss.want(200, "GET", "/conversations?status=all&limit=100", nil, &list)
			i := slices.IndexFunc(list.Items, func(v inbox.Conversation) bool { return v.Channel == inbox.Phone && v.Customer.Address == c.number })
			if i < 0 {
				return false
			}
			calls[c.name] = list.Items[i].Customer.CustomerID
			return c.proof == inbox.Claimed || calls[c.name] == customers[c.name]
		})
		boss.until("the direct message of "+c.name, func() bool {
			texts[c.name] = boss.chat("dm of " + c.name).Customer.CustomerID
			return c.proof == inbox.Claimed || texts[c.name] == customers[c.name]
		})
	}

	timeline := func(id inbox.CustomerID) (kinds []string) {
		var list struct{ Items []inbox.TimelineEntry }
		boss.want(200, "GET", "/customers/"+string(id)+"/timeline", nil, &list)
		for _, e := range list.Items {
			if e.Kind == "message" || e.Kind == "call" {
				kinds = append(kinds, e.Kind)
			}
		}
		slices.Sort(kinds)
		return kinds
	}
	if got := timeline(customers["ann"]); !slices.Equal(got, []string{"call", "message", "message", "message"}) {
		t.Errorf("the timeline of who is proven has %v", got)
	}
	if calls["bob"] == customers["bob"] || texts["bob"] == customers["bob"] {
		t.Fatal("a number that is merely shown makes one customer of two")
	}
	if got := timeline(customers["bob"]); !slices.Equal(got, []string{"message", "message"}) {
		t.Errorf("the timeline of who is not proven to have called has %v", got)
	}
	boss.until("the caller may be the customer", func() bool {
		var list struct{ Items []inbox.Match }
		boss.want(200, "GET", "/customers/"+string(customers["bob"])+"/matches", nil, &list)
		return slices.ContainsFunc(list.Items, func(m inbox.Match) bool {
			return m.Customer.ID == calls["bob"] && slices.Contains(m.Reasons, "same telephone number")
		})
	})
	var merged inbox.Customer
	boss.want(200, "POST", "/customers/"+string(customers["bob"])+"/merge", map[string]any{"with": calls["bob"]}, &merged)
	if got := timeline(merged.ID); !slices.Equal(got, []string{"call", "message", "message", "message"}) {
		t.Errorf("what an agent joined has the timeline %v", got)
	}
	if got := timeline(customers["ann"]); len(got) != 4 {
		t.Errorf("the other customer's timeline has become %v", got)
	}
}
