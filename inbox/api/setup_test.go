package api_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

func beginWith(change map[string]string) map[string]string {
	body := map[string]string{"code": "abcd efgh ijkl mnop", "email": "ada@shop.example", "name": "Ada", "password": password,
		"workspace": "Lamps", "locale": "de", "zone": "Europe/Vienna"}
	for k, v := range change {
		body[k] = v
	}
	return body
}

// While nobody works here whoever has the code that was printed becomes the admin,
// of what has a name and a zone; nobody without it, and nobody afterwards.
func TestBegin(t *testing.T) {
	t.Parallel()
	s, _ := emptyServer(t)
	c := s.client(t)
	var needed struct{ Needed bool }
	c.want(t, 200, "GET", "/api/v1/setup", nil, &needed)
	if !needed.Needed {
		t.Error("an empty server needs no set-up")
	}
	for _, wrong := range []string{"", "ABCD-EFGH-IJKL-MNOQ", "ABCD"} {
		c.want(t, 403, "POST", "/api/v1/setup", beginWith(map[string]string{"code": wrong}), nil)
	}
	for k, wrong := range map[string]string{"email": "ada", "name": " ", "password": "short", "workspace": " ", "locale": "x", "zone": "Vienna"} {
		c.want(t, 422, "POST", "/api/v1/setup", beginWith(map[string]string{k: wrong}), nil)
	}
	c.want(t, 403, "POST", "/api/v1/setup", beginWith(nil), nil, "Sec-Fetch-Site", "cross-site")
	if has, err := s.store.HasAgents(t.Context()); err != nil || has {
		t.Fatalf("what was refused has made an agent: %v, %v", has, err)
	}
	var signed api.Signed
	cookieOf(t, c.want(t, 201, "POST", "/api/v1/setup", beginWith(nil), &signed))
	c.token = signed.AccessToken
	var me api.Me
	c.want(t, 200, "GET", "/api/v1/me", nil, &me)
	if me.Agent.Role != inbox.AdminRole || me.Agent.Email != "ada@shop.example" || me.Agent.Locale != "de" || len(me.Inboxes) != 1 {
		t.Errorf("me = %+v", me)
	}
	var brands listOf[inbox.Brand]
	c.want(t, 200, "GET", "/api/v1/brands", nil, &brands)
	if len(brands.Items) != 1 || brands.Items[0].Name != "Lamps" || brands.Items[0].Locale != "de" {
		t.Errorf("brands = %+v", brands.Items)
	}
	c.want(t, 409, "POST", "/api/v1/setup", beginWith(map[string]string{"email": "eve@x.example"}), nil)
	c.want(t, 200, "GET", "/api/v1/setup", nil, &needed)
	if needed.Needed {
		t.Error("a server that was set up needs it again")
	}
}

// The code can't be found by trying.
func TestBeginGuesses(t *testing.T) {
	t.Parallel()
	s, _ := emptyServer(t)
	c := s.client(t)
	for n := 0; ; n++ {
		res, _ := c.do(t, "POST", "/api/v1/setup", beginWith(map[string]string{"code": "AAAA-AAAA-AAAA-AAAA"}))
		if res.StatusCode == http.StatusTooManyRequests {
			break
		}
		if n > 30 {
			t.Fatal("guessing has no end")
		}
	}
}

// Of many who have the code at once one becomes the admin, and the others are told.
func TestBeginAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := emptyServer(t)
	var made, refused atomic.Int32
	var all sync.WaitGroup
	for i := range 6 {
		c := s.client(t)
		all.Go(func() {
			res, raw := c.do(t, "POST", "/api/v1/setup", beginWith(map[string]string{"email": strings.Repeat("x", i+1) + "@shop.example"}))
			switch res.StatusCode {
			case http.StatusCreated:
				made.Add(1)
			case http.StatusConflict:
				refused.Add(1)
			default:
				t.Errorf("%d: %s", res.StatusCode, raw)
			}
		})
	}
	all.Wait()
	agents, err := s.store.Agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if made.Load() != 1 || refused.Load() != 5 || len(agents) != 1 {
		t.Errorf("%d were made and %d refused, %d agents; want 1, 5, 1", made.Load(), refused.Load(), len(agents))
	}
}

// How far the first run has come is an admin's to see; it follows from what is
// there, and what was passed over is kept.
func TestSetupProgress(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, anna := s.signIn(t, "admin"), s.signIn(t, "anna")
	anna.want(t, 403, "GET", "/api/v1/setup/progress", nil, nil)
	anna.want(t, 403, "PUT", "/api/v1/setup/progress", map[string]any{"skipped": []string{}, "finished": true}, nil)
	var got inbox.Setup
	admin.want(t, 200, "GET", "/api/v1/setup/progress", nil, &got)
	if got.Mailbox == "" || got.Agents != 3 || got.First != nil || got.FinishedAt != nil || got.Skipped == nil {
		t.Errorf("progress = %+v", got)
	}
	admin.want(t, 201, "POST", "/api/v1/invitations", map[string]any{"email": "dora@skein.example", "role": "agent"}, nil)
	admin.want(t, 200, "GET", "/api/v1/setup/progress", nil, &got)
	if got.Agents != 3 || got.Invited != 1 {
		t.Errorf("%d agents and %d invited; want 3, 1", got.Agents, got.Invited)
	}
	s.mail(t, "support", "m1@x.example", "kim@x.example", "hello")
	admin.want(t, 422, "PUT", "/api/v1/setup/progress", map[string]any{"skipped": []string{"lunch"}, "finished": false}, nil)
	admin.want(t, 200, "PUT", "/api/v1/setup/progress", map[string]any{"skipped": []string{"people", "widget"}, "finished": true}, &got)
	if len(got.Skipped) != 2 || got.FinishedAt == nil || got.First == nil || got.First.Number == 0 || got.First.Answered || got.First.Order != "" {
		t.Errorf("progress = %+v", got)
	}
	first := *got.FinishedAt
	s.now.pass(1e9)
	admin.want(t, 200, "PUT", "/api/v1/setup/progress", map[string]any{"skipped": []string{}, "finished": true}, &got)
	if len(got.Skipped) != 0 || !got.FinishedAt.Equal(first) {
		t.Errorf("progress = %+v, want it finished at %v", got, first)
	}
}
