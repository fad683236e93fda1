package api_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/api"
)

// What an agent is told is listed, counted, read and chosen through the API, within
// rights and bounds.
func TestNotifications(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "call me")
	anna, bert, admin := s.signIn(t, "anna"), s.signIn(t, "bert"), s.signIn(t, "admin")
	ref := "/api/v1/conversations/" + string(anna.list(t, "").Items[0].ID)
	var people listOf[inbox.Mentioned]
	bert.want(t, 404, "GET", ref+"/people", nil, nil)
	admin.want(t, 200, "GET", ref+"/people", nil, &people)
	var me inbox.AgentID
	for _, p := range people.Items {
		if p.Name == "anna" {
			me = p.ID
		}
	}
	note := map[string]any{"text": "Look, @anna", "mentions": []inbox.AgentID{me}}
	for name, bad := range map[string]any{"no id": []string{"x"}, "nobody": []string{""}, "twice": []inbox.AgentID{me, me}} {
		admin.want(t, 422, "POST", ref+"/notes", map[string]any{"text": name, "mentions": bad}, nil, "Idempotency-Key", "bad")
		admin.want(t, 422, "POST", ref+"/notes", map[string]any{"text": name, "teams": bad}, nil, "Idempotency-Key", "bad")
	}
	admin.want(t, 409, "POST", ref+"/notes", map[string]any{"text": "x", "mentions": []inbox.AgentID{inbox.NewID[inbox.AgentID](time.Now())}}, nil, "Idempotency-Key", "gone")
	var m inbox.Message
	for range 2 { // a repetition tells nobody again
		admin.want(t, 201, "POST", ref+"/notes", note, &m, "Idempotency-Key", "k")
	}
	if len(m.Mentions) != 1 || m.Mentions[0] != (inbox.Mentioned{ID: me, Name: "anna"}) {
		t.Errorf("the note names %v", m.Mentions)
	}
	var list listOf[inbox.Notification]
	var count api.UnreadCount
	anna.want(t, 200, "GET", "/api/v1/notifications?unread=true&kind=mention", nil, &list)
	anna.want(t, 200, "GET", "/api/v1/notifications/unread", nil, &count)
	if len(list.Items) != 1 || count.Count != 1 || list.Items[0].MessageID != m.ID || list.Items[0].By.Name != "admin" {
		t.Errorf("anna is told %+v, %d unread", list.Items, count.Count)
	}
	for name, bad := range map[string]map[string]any{
		"nothing": {}, "two ways": {"ids": []string{string(list.Items[0].ID)}, "conversationId": "1"}, "no id": {"ids": []string{"x"}}, "no time": {"through": "x"},
		"year 0": {"through": "0000-01-01T00:00:00Z"},
	} {
		if res, raw := anna.do(t, "POST", "/api/v1/notifications/read", bad); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d: %s", name, res.StatusCode, raw)
		}
	}
	bert.want(t, 404, "POST", "/api/v1/notifications/read", map[string]any{"conversationId": ref[len(ref)-36:]}, nil)
	var read api.ReadCount
	bert.want(t, 200, "POST", "/api/v1/notifications/read", map[string]any{"ids": []inbox.NotificationID{list.Items[0].ID}}, &read)
	if read.Read != 0 {
		t.Error("bert reads what anna was told")
	}
	anna.want(t, 200, "POST", "/api/v1/notifications/read", map[string]any{"conversationId": ref[len(ref)-36:]}, &read)
	if read.Read != 1 {
		t.Errorf("anna reads %d, want 1", read.Read)
	}
	anna.want(t, 422, "GET", "/api/v1/notifications?kind=x", nil, nil)
	anna.want(t, 422, "GET", "/api/v1/notifications?cursor=x", nil, nil)

	var set api.NotificationSettings
	anna.want(t, 422, "PATCH", "/api/v1/notifications/settings", map[string]any{"digestAfter": 1}, nil)
	anna.want(t, 422, "PATCH", "/api/v1/notifications/settings", map[string]any{"kinds": map[string]any{"gossip": inbox.Ways{}}}, nil)
	anna.want(t, 200, "PATCH", "/api/v1/notifications/settings", map[string]any{"digestAfter": 45, "kinds": map[string]any{"message": inbox.Ways{App: true}}}, &set)
	anna.want(t, 200, "GET", "/api/v1/notifications/settings", nil, &set)
	if set.DigestAfter != 45 || set.Kinds.Message != (inbox.Ways{App: true}) || !set.Kinds.Mention.Push {
		t.Errorf("settings: %+v", set)
	}
	var watching api.Watching
	bert.want(t, 404, "PUT", ref+"/watch", nil, nil)
	for _, on := range []bool{true, false} {
		anna.want(t, 204, map[bool]string{true: "PUT", false: "DELETE"}[on], ref+"/watch", nil, nil)
		anna.want(t, 200, "GET", ref+"/watch", nil, &watching)
		if watching.Watching != on {
			t.Errorf("watching is %v, want %v", watching.Watching, on)
		}
	}
}

// A browser subscribes with the server's key and keys of its own; what it is known
// by is shown to nobody, and another agent can't remove it.
func TestPushSubscriptions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	anna, bert := s.signIn(t, "anna"), s.signIn(t, "bert")
	var key api.PushKey
	anna.want(t, 200, "GET", "/api/v1/push/key", nil, &key)
	browser, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	good := map[string]any{"endpoint": "https://push.example/abc", "p256dh": b64(browser.PublicKey().Bytes()), "auth": b64(make([]byte, 16)), "key": key.Key, "name": "Firefox"}
	for status, bad := range map[string]any{"endpoint": "https://10.0.0.1/x", "p256dh": "!", "auth": "AA", "key": key.Key[1:] + "A"} {
		body := map[string]any{}
		for k, v := range good {
			body[k] = v
		}
		body[status] = bad
		if res, raw := anna.do(t, "PUT", "/api/v1/push/subscriptions", body); res.StatusCode < 400 || res.StatusCode >= 500 {
			t.Errorf("bad %s: %d: %s", status, res.StatusCode, raw)
		}
	}
	var first, again inbox.PushSubscription
	anna.want(t, 200, "PUT", "/api/v1/push/subscriptions", good, &first)
	anna.want(t, 200, "PUT", "/api/v1/push/subscriptions", good, &again)
	if first.ID == "" || again.ID != first.ID {
		t.Errorf("subscribed twice: %v, %v", first, again)
	}
	res, raw := anna.do(t, "GET", "/api/v1/push/subscriptions", nil)
	if res.StatusCode != 200 || !strings.Contains(string(raw), `"name":"Firefox"`) || !strings.Contains(string(raw), `"here":true`) || strings.Contains(string(raw), "push.example") {
		t.Errorf("listed: %d %s", res.StatusCode, raw)
	}
	bert.want(t, 404, "DELETE", "/api/v1/push/subscriptions/"+string(first.ID), nil, nil)
	anna.want(t, 204, "DELETE", "/api/v1/push/subscriptions/"+string(first.ID), nil, nil)
	anna.want(t, 404, "DELETE", "/api/v1/push/subscriptions/"+string(first.ID), nil, nil)
}
