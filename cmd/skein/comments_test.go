package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"
)

// feed is what Meta tells of a comment by somebody under post 100_200.
func feed(at time.Time, id, by, verb, more string) string {
	return fmt.Sprintf(`{"object":"page","entry":[{"id":"PAGE","time":%d,"changes":[{"field":"feed","value":{"item":"comment","verb":%q,"comment_id":%q,"post_id":"100_200",
		"parent_id":"100_200","created_time":%d,"from":{"id":%q,"name":"Ann"},"post":{"permalink_url":"https://www.facebook.com/shop/posts/200"}%s}}]}]}`,
		at.Unix(), verb, id, at.Add(-time.Minute).Unix(), by, more)
}

// A comment comes as a conversation of its writer and post, however often and in
// whichever order Meta tells of it; it is answered beside it and once in private,
// hidden and shown; who answers that goes on in the same conversation, by direct
// messages; and what becomes of it at Meta shows.
func TestSocialComments(t *testing.T) {
	t.Parallel()
	n := startSocial(t)
	n.told = map[string]string{"/200_301": `{"from":{"id":"PSID1","name":"Ann"}}`, "/17900": `{"permalink":"https://www.instagram.com/p/abc/"}`}
	kill := n.sidecar()
	n.sidecar()
	kim, stranger := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID), n.agent("stranger", inbox.AgentRole, n.inboxes["other"].ID)
	kim.watch("list")
	now, address := time.Now(), n.url+"/in/social/messenger"
	events := []string{
		feed(now, "200_301", "PSID1", "add", `,"message":"How much?"`),
		feed(now.Add(time.Second), "200_301", "PSID1", "edited", `,"message":"How much is it?"`),
		feed(now.Add(2*time.Second), "200_302", "PSID1", "add", `,"message":"Anybody?"`),
		feed(now.Add(3*time.Second), "200_303", "PSID2", "add", `,"message":"Me too"`),
		feed(now.Add(4*time.Second), "200_301", "PSID1", "hide", ""),
		feed(now.Add(5*time.Second), "200_301", "PSID1", "unhide", ""),
	}
	for round := range 3 {
		if round == 1 {
			kill()
		}
		for _, e := range slices.Backward(events) {
			n.said("messenger", address, e)
		}
	}
	n.said("instagram", n.url+"/in/social/instagram", fmt.Sprintf(`{"object":"instagram","entry":[{"id":"IG","time":%d,"changes":[{"field":"comments","value":
		{"id":"17801","from":{"id":"IGSID1","username":"ann.k"},"media":{"id":"17900","media_product_type":"FEED"},"text":"Nice lamp"}}]}]}`, now.Unix()))

	talk := kim.chat("How much is it?") // which came last
	find := func(text string) (m inbox.Message) {
		for _, o := range kim.messages(talk) {
			if o.Text == text {
				m = o
			}
		}
		return m
	}
	kim.until("the comment as it reads now", func() bool { return find("How much is it?").Comment != nil })
	first := find("How much is it?")
	if got := kim.messages(talk); len(got) != 2 || first.Comment.ID != "200_301" || first.Comment.Link != "https://www.facebook.com/shop/posts/200?comment_id=301" {
		t.Errorf("it came to %d messages, the first with %+v", len(got), first.Comment)
	}
	kim.until("it is shown, as it was told last", func() bool { c := find("How much is it?").Comment; return c.HiddenAt != nil && !c.Hidden })
	kim.chat("Me too")
	kim.until("the agent's socket has it", func() bool { return strings.Contains(kim.said(), "How much is it?") })
	other := kim.chat("Nice lamp")
	if c := kim.messages(other)[0].Comment; c == nil || c.Link != "https://www.instagram.com/p/abc/" {
		t.Errorf("Instagram's has %+v", c)
	}

	state := func(c inbox.Conversation) (s inbox.SendState) {
		kim.want(200, "GET", "/conversations/"+string(c.ID)+"/sending", nil, &s)
		return s
	}
	if s := state(talk); !s.May || s.Comment == nil || !s.Comment.Private || s.MaxText != 8000 || s.ClosesAt != nil {
		t.Errorf("the composer is told %+v with %+v", s, s.Comment)
	}
	answer := func(c inbox.Conversation, key string, body map[string]any) (int, inbox.Message, string) {
		body["seenSeq"] = 1 << 40
		status, raw := kim.doKey("POST", "/conversations/"+string(c.ID)+"/replies", key, body)
		var m inbox.Message
		_ = json.Unmarshal([]byte(raw), &m)
		return status, m, raw
	}
	sent := func(text string) func() bool {
		return func() bool { return find(text).State == inbox.Sent }
	}
	// For everybody to read, and Meta tells us of what we wrote.
	if status, m, raw := answer(talk, "public", map[string]any{"text": "Ten euros"}); status != 202 || m.Comment == nil || m.Comment.Private || m.Comment.ID != "200_301" {
		t.Fatalf("a public answer gets %d %s", status, raw)
	}
	kim.until("the public answer is there", sent("Ten euros"))
	if got := n.left(`{"message":"Ten euros"}`); len(got) != 1 || !strings.HasPrefix(got[0], "/200_301/comments ") {
		t.Errorf("it left as %q", got)
	}
	n.mu.Lock()
	id := fmt.Sprint("out", len(n.sent))
	n.mu.Unlock()
	for range 3 {
		n.said("messenger", address, strings.Replace(feed(now.Add(6*time.Second), id, "PAGE", "add", `,"message":"Ten euros"`), `"parent_id":"100_200"`, `"parent_id":"200_301"`, 1))
	}
	n.said("messenger", address, strings.Replace(feed(now.Add(7*time.Second), "200_309", "PAGE", "add", `,"message":"From Facebook itself"`), `"parent_id":"100_200"`, `"parent_id":"200_301"`, 1))
	kim.until("what was written in Facebook itself", func() bool { return find("From Facebook itself").Direction == inbox.Out })
	if got := kim.messages(talk); len(got) != 4 {
		t.Errorf("after it came back there are %d messages", len(got))
	}

	// To who wrote it alone, once.
	if status, _, raw := answer(talk, "file", map[string]any{"text": "x", "private": true, "attachments": []string{uuid(1)}}); status != 400 && status != 422 || !strings.Contains(raw, "no files") {
		t.Errorf("with a file it gets %d %s", status, raw)
	}
	if status, m, raw := answer(talk, "private", map[string]any{"text": "Your order is on its way", "private": true}); status != 202 || !m.Comment.Private {
		t.Fatalf("a private answer gets %d %s", status, raw)
	}
	kim.until("the private answer is there", sent("Your order is on its way"))
	if got := n.left("Your order is on its way"); len(got) != 1 || !strings.HasPrefix(got[0], "/me/messages ") || !strings.Contains(got[0], `"recipient":{"comment_id":"200_301"}`) {
		t.Errorf("it left as %q", got)
	}
	if s := state(talk); !s.May || s.Comment.Private || !strings.Contains(s.Comment.PrivateWhy, "no second") {
		t.Errorf("after it the composer is told %+v", s.Comment)
	}
	if status, _, raw := answer(talk, "again", map[string]any{"text": "And", "private": true}); status != 409 || !strings.Contains(raw, "no second") {
		t.Errorf("a second private answer gets %d %s", status, raw)
	}
	n.said("messenger", address, fmt.Sprintf(`{"object":"page","entry":[{"id":"PAGE","messaging":[{"sender":{"id":"PSID1"},"recipient":{"id":"PAGE"},"timestamp":%d,"message":{"mid":"dm1","text":"Thank you, privately"}}]}]}`, time.Now().UnixMilli()))
	kim.until("they answer in the same conversation", func() bool {
		return find("Thank you, privately").ID != "" && find("Thank you, privately").Comment == nil
	})
	if s := state(talk); !s.May || s.Comment != nil || s.ClosesAt == nil {
		t.Errorf("after they wrote the composer is told %+v", s)
	}
	if status, _, raw := answer(talk, "nothing", map[string]any{"text": "And", "private": true}); status != 400 && status != 422 {
		t.Errorf("in private where that is all there is gets %d %s", status, raw)
	}
	kim.reply(talk, "You are welcome")
	kim.until("the direct answer is there", sent("You are welcome"))
	if got := n.left("You are welcome"); len(got) != 1 || !strings.Contains(got[0], `"recipient":{"id":"PSID1"}`) {
		t.Errorf("it left as %q", got)
	}

	// Hidden by us and shown by Meta.
	path := "/messages/" + string(first.ID) + "/hidden"
	if status, _ := stranger.do("PUT", path, map[string]any{"hidden": true}); status != http.StatusNotFound {
		t.Errorf("who may not see it hides it: %d", status)
	}
	for range 2 {
		kim.want(202, "PUT", path, map[string]any{"hidden": true}, nil)
	}
	kim.until("it is hidden", func() bool { return find("How much is it?").Comment.Hidden })
	kim.want(202, "PUT", path, map[string]any{"hidden": true}, nil)
	if got := n.left(`{"is_hidden":true}`); len(got) != 1 || !strings.HasPrefix(got[0], "/200_301 ") {
		t.Errorf("it was hidden by %q", got)
	}
	n.said("messenger", address, feed(time.Now().Add(time.Minute), "200_301", "PSID1", "unhide", ""))
	kim.until("it is shown again", func() bool { return !find("How much is it?").Comment.Hidden })
	answered := find("Ten euros")
	if status, raw := kim.do("PUT", "/messages/"+string(answered.ID)+"/hidden", map[string]any{"hidden": true}); status != 400 && status != 422 {
		t.Errorf("an answer of ours is hidden: %d %s", status, raw)
	}
	n.said("messenger", address, feed(time.Now().Add(time.Minute), "200_301", "PSID1", "remove", ""))
	kim.until("it is deleted", func() bool {
		return slices.ContainsFunc(kim.messages(talk), func(m inbox.Message) bool { return m.ID == first.ID && m.DeletedAt != nil && m.Text == "" })
	})
	if status, raw := kim.do("PUT", path, map[string]any{"hidden": true}); status != 409 || !strings.Contains(raw, "deleted") {
		t.Errorf("what is deleted is hidden: %d %s", status, raw)
	}
}

// Hidden, deleted and old comments, those of live videos and under what is somebody
// else's are answered where they can be, and the composer says why not elsewhere.
func TestSocialCommentBounds(t *testing.T) {
	t.Parallel()
	n := startSocial(t)
	n.told = map[string]string{"/IG": `{"mentioned_comment":{"text":"Ask @shop","username":"bob","media":{"permalink":"javascript:alert(1)"}}}`}
	n.sidecar()
	kim := n.agent("kim", inbox.AgentRole, n.inboxes["support"].ID)
	now := time.Now()
	fb := func(at time.Time, id, by, text, more string) {
		n.said("messenger", n.url+"/in/social/messenger", feed(at, id, by, "add", `,"message":"`+text+`"`+more))
	}
	ig := func(field, value string) {
		n.said("instagram", n.url+"/in/social/instagram", fmt.Sprintf(`{"object":"instagram","entry":[{"id":"IG","time":%d,"changes":[{"field":%q,"value":%s}]}]}`, now.Unix(), field, value))
	}
	fb(now.Add(-8*24*time.Hour), "200_401", "PSID4", "Old one", "")
	fb(now, "200_402", "PSID5", "Hidden one", `,"is_hidden":true`)
	fb(now, "200_403", "PSID6", "Gone one", "")
	n.said("messenger", n.url+"/in/social/messenger", feed(now, "200_403", "PSID6", "remove", ""))
	ig("live_comments", `{"id":"17802","from":{"id":"IGSID2","username":"lee"},"media":{"id":"17901"},"text":"Live one"}`)
	ig("mentions", `{"media_id":"17950","comment_id":"17851"}`)
	for _, c := range []struct {
		preview         string
		public, private string // why not
	}{
		{"Old one", "", "older than seven days"},
		{"Hidden one", "The comment is hidden", ""},
		{"", "deleted", "deleted"},
		{"Live one", "in a private message only", ""},
		{"Ask @shop [mentions us]", "", "somebody else's post"},
	} {
		talk := kim.chat(c.preview)
		var s inbox.SendState
		kim.want(200, "GET", "/conversations/"+string(talk.ID)+"/sending", nil, &s)
		if s.Comment == nil || s.May != (c.public == "") || !strings.Contains(s.Why, c.public) || s.Comment.Private != (c.private == "") || !strings.Contains(s.Comment.PrivateWhy, c.private) {
			t.Errorf("%q: the composer is told %+v with %+v", c.preview, s, s.Comment)
			continue
		}
		for private, why := range map[bool]string{false: c.public, true: c.private} {
			if why == "" {
				continue
			}
			status, raw := kim.doKey("POST", "/conversations/"+string(talk.ID)+"/replies", fmt.Sprint(c.preview, private), map[string]any{"text": "x", "seenSeq": 1 << 40, "private": private})
			if status != http.StatusConflict || !strings.Contains(raw, why) {
				t.Errorf("%q, in private %v: %d %s", c.preview, private, status, raw)
			}
		}
		if m := kim.messages(talk)[0]; m.Comment.Elsewhere {
			if m.Comment.Link != "" {
				t.Errorf("a link that leads to no page is shown: %s", m.Comment.Link)
			}
			if status, raw := kim.do("PUT", "/messages/"+string(m.ID)+"/hidden", map[string]any{"hidden": true}); status != http.StatusConflict || !strings.Contains(raw, "only they") {
				t.Errorf("what stands elsewhere is hidden: %d %s", status, raw)
			}
		}
	}
}

// An agent sees that a comment is public, hides it and shows it again, and answers
// its writer in private, by the page; which shows of direct messages what they answer,
// reactions, and that they were changed or taken back.
func TestCommentsInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server, and a browser")
	}
	t.Parallel()
	n := startSocial(t)
	n.sidecar()
	ana := n.agent("ana", inbox.AgentRole, n.inboxes["support"].ID)
	n.said("messenger", n.url+"/in/social/messenger", feed(time.Now(), "200_301", "PSID1", "add", `,"message":"How much is it?"`))
	ana.chat("How much is it?")
	direct := func(what string) {
		n.said("messenger", n.url+"/in/social/messenger", fmt.Sprintf(`{"object":"page","entry":[{"id":"PAGE","messaging":[{"sender":{"id":"PSID9"},"recipient":{"id":"PAGE"},"timestamp":%d,%s}]}]}`, time.Now().UnixMilli(), what))
	}
	direct(`"message":{"mid":"d1","text":"First wrods"}`)
	direct(`"message_edit":{"mid":"d1","text":"First words","num_edit":1}`)
	direct(`"reaction":{"mid":"d1","action":"react","reaction":"love"}`)
	direct(`"message":{"mid":"d2","text":"Oops"}`)
	direct(`"message":{"mid":"d2","is_deleted":true}`)
	direct(`"message":{"mid":"d3","text":"Second words","reply_to":{"mid":"d1"}}`)
	ana.chat("Second words")
	n.inBrowser("comments.mjs", "marked hidden answered beside")
	if got := n.left(`"recipient":{"comment_id":"200_301"}`); len(got) != 1 || !strings.Contains(got[0], "Ten euros, and yours are on the way.") {
		t.Errorf("in private left %q", got)
	}
	if hid, shown := n.left(`{"is_hidden":true}`), n.left(`{"is_hidden":false}`); len(hid) != 1 || len(shown) != 1 {
		t.Errorf("it was hidden by %q and shown by %q", hid, shown)
	}
}
