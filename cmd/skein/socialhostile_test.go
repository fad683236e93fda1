package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/api"
)

// account is one as admins see it.
func (r *reader) account(id string) (v api.AccountView) {
	r.t.Helper()
	var list struct{ Items []api.AccountView }
	r.want(200, "GET", "/accounts", nil, &list)
	for _, v := range list.Items {
		if string(v.ID) == id {
			return v
		}
	}
	r.t.Fatalf("there is no account %s", id)
	return v
}

// What a platform would never send is refused, counted and nothing of it kept; what
// it sends with a wrong clock is shown with the time at which it came; and an account
// that was removed takes and sends nothing any more.
func TestSocialHostile(t *testing.T) {
	t.Parallel()
	n := startSocial(t)
	n.sidecar()
	kim, boss := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID), n.agent("boss", inbox.AdminRole)
	address := n.url + "/in/social/"
	wa := func(id string, at time.Time, text string) string {
		return fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"106"},
			"messages":[{"from":"16505551234","id":%q,"timestamp":"%d","type":"text","text":{"body":%q}}]}}]}]}`, id, at.Unix(), text)
	}
	good := wa("w1", time.Now(), "Forged")
	for _, c := range []struct {
		what, provider, account, body, secret string
		status                                int
	}{
		{"a wrong signature", "whatsapp", "whatsapp", good, "wrong", http.StatusUnauthorized},
		{"garbage, rightly signed", "whatsapp", "whatsapp", "garbage \x00\xff", "secret", http.StatusBadRequest},
		{"garbage, rightly signed", "line", "line", "<html>", "secret", http.StatusBadRequest},
		{"10 MB", "messenger", "messenger", strings.Repeat("x", 10<<20), "secret", http.StatusRequestEntityTooLarge},
		{"an unknown account", "whatsapp", "nobody", good, "secret", http.StatusNotFound},
	} {
		if got := n.post(c.provider, address+c.account, c.body, c.secret); got != c.status {
			t.Errorf("%s to %s gets %d, want %d", c.what, c.account, got, c.status)
		}
	}
	for id, want := range map[string]int64{"whatsapp": 2, "messenger": 1, "line": 1} {
		boss.until("what was refused is counted", func() bool { return boss.account(id).Health.Rejected >= want })
	}
	var list struct{ Items []inbox.Conversation }
	if kim.want(200, "GET", "/conversations?status=all", nil, &list); len(list.Items) != 0 {
		t.Errorf("of what was refused there is %+v", list.Items)
	}

	// Clocks that nobody believes.
	for text, at := range map[string]time.Time{"From 2099": time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), "From 1971": time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)} {
		n.said("whatsapp", address+"whatsapp", wa("w"+text, at, text))
	}
	var talk inbox.Conversation
	kim.until("they are shown", func() bool {
		kim.want(200, "GET", "/conversations?status=all", nil, &list)
		if len(list.Items) == 1 {
			talk = list.Items[0]
		}
		return len(list.Items) == 1 && len(kim.messages(talk)) == 2
	})
	for _, m := range kim.messages(talk) {
		if d := time.Since(m.SentAt); d < -time.Hour || d > time.Hour {
			t.Errorf("%q is shown as said at %v", m.Text, m.SentAt)
		}
	}
	var state inbox.SendState
	kim.want(200, "GET", "/conversations/"+string(talk.ID)+"/sending", nil, &state)
	if !state.May || state.ClosesAt == nil || time.Until(*state.ClosesAt) > 25*time.Hour {
		t.Errorf("by such a clock the composer is told %+v", state)
	}

	boss.want(204, "DELETE", "/accounts/whatsapp", nil, nil)
	n.until("a removed account takes nothing", func() bool {
		return n.post("whatsapp", address+"whatsapp", wa("w9", time.Now(), "Too late"), "secret") == http.StatusNotFound
	})
	if status, raw := kim.doKey("POST", "/conversations/"+string(talk.ID)+"/replies", "late", map[string]any{"text": "Hello?", "seenSeq": 1 << 40}); status != http.StatusConflict || !strings.Contains(raw, "removed") {
		t.Errorf("by a removed account an answer gets %d %s", status, raw)
	}
	if got := n.left("Hello?"); len(got) > 0 {
		t.Errorf("it left as %q", got)
	}
}

// The platform takes our token no more: the account is shown refused and says what to
// do, what was written waits, and leaves once when there is a new one.
func TestSocialExpired(t *testing.T) {
	t.Parallel()
	n := startSocial(t)
	n.sidecar()
	kim, boss := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID), n.agent("boss", inbox.AdminRole)
	n.said("telegram", n.url+"/in/social/telegram", fmt.Sprintf(`{"update_id":1,"message":{"message_id":1,"from":{"id":23},"chat":{"id":23,"type":"private","first_name":"Tess"},"date":%d,"text":"Anybody?"}}`, time.Now().Unix()))
	talk := kim.chat("Anybody?")
	n.mu.Lock()
	n.expired = true
	n.mu.Unlock()
	m := kim.reply(talk, "We are here")
	boss.until("the account shows as refused", func() bool {
		v := boss.account("telegram")
		return v.Health.State == "refused" && strings.Contains(v.Health.LastError, "make a new one")
	})
	n.mu.Lock()
	n.expired = false
	n.mu.Unlock()
	n.save("telegram", `"stop":["never"]`)
	kim.until("it has left", func() bool {
		return slices.ContainsFunc(kim.messages(talk), func(o inbox.Message) bool { return o.ID == m.ID && o.State == inbox.Sent })
	})
	if got := n.left("We are here"); len(got) != 1 {
		t.Errorf("it left %d times: %q", len(got), got)
	}
}
