package api_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/api"
)

// A draft is the agent's own on every device: the last writer who knew what there
// was holds, another gets it to join, and nothing comes back after it was ended.
func TestDrafts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is it")
	anna, bert := s.signIn(t, "anna"), s.signIn(t, "bert")
	ref := "/api/v1/conversations/" + string(anna.list(t, "").Items[0].ID) + "/draft"
	save := func(known int64, text string) (got api.SavedDraft) {
		t.Helper()
		anna.want(t, 200, "PUT", ref, map[string]any{"known": known, "content": map[string]any{"text": text, "html": "<p>" + text + "</p>", "note": "", "tab": "reply", "seenSeq": 1, "accountId": "support", "private": true}}, &got)
		return got
	}
	var d inbox.Draft
	if anna.want(t, 200, "GET", ref, nil, &d); d.Version != 0 || d.Content.Text != "" {
		t.Errorf("before the first word: %+v", d)
	}
	var wg sync.WaitGroup
	first := make([]api.SavedDraft, 8)
	for i := range first {
		wg.Go(func() { first[i] = save(0, "Hello") })
	}
	wg.Wait()
	stored := 0
	for _, f := range first {
		if f.Stored {
			stored++
		}
		if f.Draft.Version != 1 || f.Draft.Content.Text != "Hello" {
			t.Errorf("one of many first words: %+v", f)
		}
	}
	if stored != 1 {
		t.Errorf("%d devices were the first, want 1", stored)
	}
	if got := save(1, "Hello Kim"); !got.Stored || got.Draft.Version != 2 || got.Draft.Content.Account != "support" || !got.Draft.Content.Private {
		t.Errorf("saved: %+v", got)
	}
	if got := save(1, "Other words"); got.Stored || got.Draft.Content.Text != "Hello Kim" || got.Draft.Version != 2 {
		t.Errorf("by an older version: %+v", got)
	}
	save(2, "")
	if got := save(0, "Hello"); got.Stored || got.Draft.Version != 3 || got.Draft.Content.Text != "" {
		t.Errorf("what was ended comes back: %+v", got)
	}
	bert.want(t, 404, "GET", ref, nil, nil)
	bert.want(t, 404, "GET", ref+"/offers", nil, nil)
	bert.want(t, 404, "PUT", ref, map[string]any{"known": 0, "content": map[string]any{"text": "", "html": "", "note": "", "tab": "reply", "seenSeq": 0}}, nil)
	for name, bad := range map[string]any{
		"no content": map[string]any{"known": 0}, "no tab": map[string]any{"known": 0, "content": map[string]any{"text": "", "html": "", "note": "", "tab": "x", "seenSeq": 0}},
		"too long": map[string]any{"known": 0, "content": map[string]any{"text": strings.Repeat("x", 200_001), "html": "", "note": "", "tab": "reply", "seenSeq": 0}},
	} {
		if res, raw := anna.do(t, "PUT", ref, bad); res.StatusCode != 422 {
			t.Errorf("%s: %d: %s", name, res.StatusCode, raw)
		}
	}
}

// The reply that somebody began and left is offered to who may see the
// conversation, without notes; one takes it over, and it stays its author's, who
// is told.
func TestDraftOffers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is it")
	anna, admin, bert := s.signIn(t, "anna"), s.signIn(t, "admin"), s.signIn(t, "bert")
	ref := "/api/v1/conversations/" + string(anna.list(t, "").Items[0].ID) + "/draft"
	content := map[string]any{"text": "It is on", "html": "<p>It is on</p>", "note": "secret", "tab": "reply", "seenSeq": 1}
	anna.want(t, 200, "PUT", ref, map[string]any{"known": 0, "content": content}, nil)
	offers := func(c *client, want int) []inbox.Offer {
		t.Helper()
		var list listOf[inbox.Offer]
		c.want(t, 200, "GET", ref+"/offers", nil, &list)
		if len(list.Items) != want {
			t.Errorf("offered are %+v, want %d", list.Items, want)
		}
		return list.Items
	}
	offers(admin, 0) // she may be in the middle of it
	s.now.pass(2 * time.Minute)
	offers(anna, 0)
	author := offers(admin, 1)[0].AgentID
	s.here.Store(string(author))
	offers(admin, 0) // or look something up
	s.here.Store("")
	_, raw := admin.do(t, "GET", ref+"/offers", nil)
	if strings.Contains(string(raw), "secret") {
		t.Errorf("a note is offered: %s", raw)
	}
	list := offers(admin, 1)
	if o := list[0]; o.Text != "It is on" || o.SeenSeq != 1 || o.Version != 1 || o.Name == "" {
		t.Errorf("offered is %+v", o)
	}
	take := map[string]any{"agentId": list[0].AgentID, "version": 1}
	bert.want(t, 404, "POST", ref+"/take", take, nil)
	anna.want(t, 409, "POST", ref+"/take", take, nil)
	admin.want(t, 422, "POST", ref+"/take", map[string]any{"agentId": "x", "version": 1}, nil)
	admin.want(t, 204, "POST", ref+"/take", take, nil)
	admin.want(t, 409, "POST", ref+"/take", take, nil)
	offers(admin, 0)
	var d inbox.Draft
	if anna.want(t, 200, "GET", ref, nil, &d); d.TakenBy == "" || d.Content.Text != "It is on" || d.Content.Note != "secret" {
		t.Errorf("the author's is %+v", d)
	}
	// What she writes on is hers again.
	anna.want(t, 200, "PUT", ref, map[string]any{"known": 1, "content": content}, &struct{}{})
	s.now.pass(2 * time.Minute)
	offers(admin, 1)
}
