package api_test

import (
	"testing"

	"skein/inbox"
)

// An agent begins a conversation and one aside by HTTP, each once however often it
// is tried, within the rights on inboxes; and keeps whom they write to.
func TestOpenings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is my kettle")
	anna, bert := s.signIn(t, "anna"), s.signIn(t, "bert")
	c := anna.list(t, "").Items[0]

	var senders struct{ Items []inbox.SendWay }
	anna.want(t, 200, "GET", "/api/v1/senders", nil, &senders)
	if len(senders.Items) != 1 || senders.Items[0].Account != "support" || !senders.Items[0].May {
		t.Fatalf("senders = %+v, want support", senders)
	}
	body := map[string]any{"accountId": "support", "subject": "Your kettle", "text": "It has come.", "to": []inbox.Party{{Address: "new@x.example"}}}
	var first, again inbox.Opened
	anna.want(t, 202, "POST", "/api/v1/conversations", body, &first, "Idempotency-Key", "key-0001")
	anna.want(t, 202, "POST", "/api/v1/conversations", body, &again, "Idempotency-Key", "key-0001")
	if first.Conversation.ID != again.Conversation.ID || first.Message.State != inbox.Queued || first.Conversation.Subject != "Your kettle" {
		t.Errorf("began %+v, and again %s", first, again.Conversation.ID)
	}
	for what, change := range map[string][2]any{
		"another inbox's account": {"accountId", "second"}, "no subject": {"subject", " "}, "a line break in the subject": {"subject", "a\nb"},
		"nobody": {"to", []inbox.Party{}}, "no address": {"to", []inbox.Party{{Address: "new"}}}, "no text": {"text", " "},
	} {
		bad := map[string]any{}
		for k, v := range body {
			bad[k] = v
		}
		bad[change[0].(string)] = change[1]
		if res, raw := anna.do(t, "POST", "/api/v1/conversations", bad, "Idempotency-Key", "bad-"+change[0].(string)+what); res.StatusCode != 422 {
			t.Errorf("%s: %d, want 422: %s", what, res.StatusCode, raw)
		}
	}

	at := "/api/v1/conversations/" + string(c.ID) + "/sides"
	body["to"] = []inbox.Party{{Address: "depot@carrier.example", Name: "Depot"}}
	var side inbox.Opened
	anna.want(t, 202, "POST", at, body, &side, "Idempotency-Key", "key-0002")
	if side.Conversation.SideOf != c.ID || side.Conversation.Status != inbox.Side {
		t.Errorf("a side conversation: %+v", side.Conversation)
	}
	bert.want(t, 404, "GET", at, nil, nil)
	bert.want(t, 422, "POST", at, body, nil, "Idempotency-Key", "key-0003")
	var sides struct{ Items []inbox.Conversation }
	anna.want(t, 200, "GET", at, nil, &sides)
	if len(sides.Items) != 1 || sides.Items[0].ID != side.Conversation.ID {
		t.Errorf("sides = %+v", sides)
	}
	if list := anna.list(t, "?status=all"); len(list.Items) != 2 {
		t.Errorf("%d in the list, want 2", len(list.Items))
	}

	var kept inbox.Contact
	anna.want(t, 200, "POST", "/api/v1/contacts", map[string]any{"name": "Depot", "address": "depot@carrier.example"}, &kept)
	anna.want(t, 422, "POST", "/api/v1/contacts", map[string]any{"name": "Depot", "address": "depot"}, nil)
	anna.want(t, 204, "DELETE", "/api/v1/contacts/"+kept.ID, nil, nil)
	anna.want(t, 404, "DELETE", "/api/v1/contacts/"+kept.ID, nil, nil)

	var how struct {
		inbox.SendState
		Ways []inbox.SendWay
	}
	anna.want(t, 200, "GET", "/api/v1/conversations/"+string(c.ID)+"/sending", nil, &how)
	if how.Account != "support" || !how.May || len(how.Ways) != 1 || how.Ways[0].To[0].Address != "kim@x.example" {
		t.Errorf("sending = %+v", how)
	}
}
