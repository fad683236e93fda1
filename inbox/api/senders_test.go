package api_test

import (
	"strings"
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

// What a blocked sender writes is kept as spam, in whichever conversation it
// belongs: it reopens nothing, waits for no answer, is counted nowhere and told to
// nobody, until the sender is let through again. Only who sees the sender may block
// it, and it is in the log.
func TestBlockedSender(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "hello")
	s.mail(t, "support", "m2", "kim@x.example", "another matter")
	admin, anna, bert := s.signIn(t, "admin"), s.signIn(t, "anna"), s.signIn(t, "bert")
	list := anna.list(t, "").Items
	other, first := list[0], list[1]
	at := "/api/v1/conversations/" + string(first.ID)
	anna.want(t, 204, "PUT", "/api/v1/conversations/"+string(other.ID)+"/watch", nil, nil)
	anna.want(t, 200, "PATCH", "/api/v1/conversations/"+string(other.ID), map[string]any{"status": "closed"}, nil)

	bert.want(t, 404, "POST", at+"/block", map[string]any{}, nil)
	anna.want(t, 422, "POST", at+"/block", map[string]any{"note": "a\x00b"}, nil)
	anna.want(t, 422, "POST", at+"/block", map[string]any{"note": strings.Repeat("x", 501)}, nil)
	anna.want(t, 404, "POST", "/api/v1/conversations/nowhere/block", map[string]any{}, nil)
	var c inbox.Conversation
	for range 2 { // the second changes nothing
		anna.want(t, 200, "POST", at+"/block", map[string]any{"note": "sells watches"}, &c)
		if c.Status != inbox.Spam || !c.Customer.Blocked || c.Version != first.Version+1 || c.WaitingSince != nil {
			t.Fatalf("blocked: %+v", c)
		}
	}
	s.mail(t, "support", "m3", "kim@x.example", "buy")
	s.mail(t, "support", "m4", "kim@x.example", "buy now", "m2")
	s.mail(t, "second", "m5", "kim@x.example", "buy elsewhere")
	if open := anna.list(t, "").Items; len(open) != 0 {
		t.Errorf("open: %+v", open)
	}
	spam := anna.list(t, "?status=spam").Items
	if len(spam) != 2 || spam[0].Preview != "buy" {
		t.Errorf("spam: %+v", spam)
	}
	if there := bert.list(t, "?status=spam").Items; len(there) != 1 {
		t.Errorf("in the other inbox: %+v", there)
	}
	anna.want(t, 200, "GET", "/api/v1/conversations/"+string(other.ID), nil, &c)
	if c.Status != inbox.Closed || c.WaitingSince != nil || c.MessageSeq != 2 {
		t.Errorf("the closed one became %+v", c)
	}
	var said api.MessagePage
	anna.want(t, 200, "GET", "/api/v1/conversations/"+string(other.ID)+"/messages", nil, &said)
	if len(said.Items) != 2 || !said.Items[1].Spam || said.Items[1].Text != "buy now" {
		t.Errorf("what was said there: %+v", said.Items)
	}
	var told listOf[inbox.Notification]
	anna.want(t, 200, "GET", "/api/v1/notifications", nil, &told)
	if len(told.Items) != 0 {
		t.Errorf("anna was told %+v", told.Items)
	}

	anna.want(t, 403, "GET", "/api/v1/senders/blocked", nil, nil)
	var blocked listOf[inbox.BlockedSender]
	admin.want(t, 200, "GET", "/api/v1/senders/blocked?limit=1", nil, &blocked)
	if len(blocked.Items) != 1 || blocked.Items[0].Address != "kim@x.example" || blocked.Items[0].By != "anna" || blocked.Items[0].Note != "sells watches" {
		t.Errorf("blocked senders: %+v", blocked.Items)
	}
	admin.want(t, 422, "GET", "/api/v1/senders/blocked?cursor=nonsense", nil, nil)
	free := "/api/v1/identities/" + string(first.Customer.IdentityID) + "/block"
	admin.want(t, 404, "DELETE", "/api/v1/identities/nobody/block", nil, nil)
	admin.want(t, 404, "DELETE", "/api/v1/identities/01900000-0000-7000-8000-000000000000/block", nil, nil)
	for range 2 {
		anna.want(t, 204, "DELETE", free, nil, nil)
	}
	// What is no spam after all has waited since it came, whichever way it is opened,
	// until somebody answers; opening what is only closed finds the same.
	buy := "/api/v1/conversations/" + string(spam[0].ID)
	for _, way := range [][2]string{{"PATCH", buy}, {"POST", buy + "/actions"}, {"PATCH", buy}} {
		var open inbox.Conversation
		anna.want(t, 200, way[0], way[1], map[string]any{"status": "open"}, &open)
		if open.WaitingSince == nil || !open.WaitingSince.Equal(spam[0].CreatedAt) {
			t.Errorf("opened by %s, it waits since %v, want %v", way[0], open.WaitingSince, spam[0].CreatedAt)
		}
		status := "spam"
		if way[0] == "POST" {
			status = "closed"
		}
		anna.want(t, 200, "PATCH", buy, map[string]any{"status": status}, nil)
	}
	anna.want(t, 200, "PATCH", buy, map[string]any{"status": "open"}, nil)
	anna.want(t, 202, "POST", buy+"/replies", map[string]any{"text": "No, thanks", "seenSeq": 1}, nil, "Idempotency-Key", "k")
	var done inbox.Conversation
	if anna.want(t, 200, "GET", buy, nil, &done); done.WaitingSince != nil || done.FirstReplyAt == nil {
		t.Errorf("answered: %+v", done)
	}
	anna.want(t, 200, "PATCH", buy, map[string]any{"status": "closed"}, nil)
	s.mail(t, "support", "m6", "kim@x.example", "sorry")
	if open := anna.list(t, "").Items; len(open) != 1 || open[0].WaitingSince == nil || open[0].Customer.Blocked {
		t.Errorf("let through again: %+v", open)
	}
	var log listOf[inbox.AuditEntry]
	admin.want(t, 200, "GET", "/api/v1/audit?kind=sender.changed", nil, &log)
	if len(log.Items) != 2 || log.Items[0].Subject != "kim@x.example" || log.Items[0].Actor.Name != "anna" {
		t.Errorf("the log says %+v", log.Items)
	}

	// Our own addresses are no senders to be blocked.
	if _, err := s.store.SaveAccount(t.Context(), inbox.Account{ID: "second", Channel: inbox.Email, InboxID: s.second.ID, Name: "second",
		Address: "second@shop.example", Own: []string{"second@shop.example"}}, s.now.now()); err != nil {
		t.Fatal(err)
	}
	s.mail(t, "support", "m7", "second@shop.example", "from ourselves")
	anna.want(t, 409, "POST", "/api/v1/conversations/"+string(anna.list(t, "").Items[0].ID)+"/block", map[string]any{}, nil)
}
