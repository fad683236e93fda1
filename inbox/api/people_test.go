package api_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/api"
	"skein/inbox/auth"
	"skein/inbox/store"
)

func tokenOf(t testing.TB, link, page string) string {
	t.Helper()
	token, ok := strings.CutPrefix(link, "https://help.example/"+page+"#")
	if !ok || len(token) < 40 {
		t.Fatalf("link = %q", link)
	}
	return token
}

// sweep fires what was begun by changes of many conversations until nothing is left.
func (s *server) sweep(t testing.TB) {
	t.Helper()
	for fired := true; fired; {
		var err error
		if fired, err = s.store.FireSweep(t.Context(), s.now.now()); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *client) member(t testing.TB, name string) inbox.Member {
	t.Helper()
	var list listOf[inbox.Member]
	c.want(t, 200, "GET", "/api/v1/agents", nil, &list)
	for _, m := range list.Items {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("there is no %s", name)
	return inbox.Member{}
}

// What is an admin's is nobody else's, and says so.
func TestPeopleRights(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	hash, err := auth.NewPasswords(auth.Cost{Memory: 64, Passes: 1, Threads: 1}, 1).Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	s.addAgent(t, "su", inbox.SupervisorRole, hash)
	anna, su, admin := s.signIn(t, "anna"), s.signIn(t, "su"), s.signIn(t, "admin")
	bert := string(admin.member(t, "bert").ID)
	for _, test := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/invitations", nil},
		{"POST", "/invitations", map[string]any{"email": "cleo@skein.example", "role": "agent"}},
		{"POST", "/invitations/" + bert + "/resend", nil},
		{"DELETE", "/invitations/" + bert, nil},
		{"PATCH", "/agents/" + bert, map[string]any{"role": "admin"}},
		{"PATCH", "/agents/" + bert, map[string]any{"name": "Bertha"}},
		{"PATCH", "/agents/me", map[string]any{"role": "admin"}},
		{"PATCH", "/agents/me", map[string]any{"inboxes": []any{s.first.ID, s.second.ID}}},
		{"PATCH", "/agents/me", map[string]any{"teams": []any{}}},
		{"POST", "/agents/" + bert + "/deactivate", map[string]any{}},
		{"POST", "/agents/me/deactivate", map[string]any{}},
		{"POST", "/agents/" + bert + "/reactivate", nil},
		{"POST", "/agents/" + bert + "/sign-out", nil},
		{"POST", "/agents/" + bert + "/password-link", nil},
		{"POST", "/agents/me/password-link", nil},
		{"POST", "/teams", map[string]any{"name": "Mine"}},
		{"PUT", "/teams/" + bert, map[string]any{"name": "Mine"}},
		{"DELETE", "/teams/" + bert, nil},
		{"GET", "/audit", nil},
		{"GET", "/audit.csv", nil},
	} {
		for _, c := range []*client{anna, su} {
			c.want(t, 403, test.method, "/api/v1"+test.path, test.body, nil)
		}
		s.client(t).want(t, 401, test.method, "/api/v1"+test.path, test.body, nil)
	}
	anna.want(t, 403, "GET", "/api/v1/agents", nil, nil)
	anna.want(t, 403, "GET", "/api/v1/tags/all", nil, nil)
	anna.want(t, 403, "POST", "/api/v1/tags/change", map[string]any{"name": "a", "to": "b"}, nil)
	su.want(t, 200, "GET", "/api/v1/agents", nil, nil)
	if m := admin.member(t, "anna"); m.Role != inbox.AgentRole || !slices.Equal(m.Inboxes, []inbox.InboxID{s.first.ID}) || m.SeenAt == nil {
		t.Errorf("anna = %+v", m)
	}
}

// An invitation is accepted once, by its newest link, within seven days; who comes
// by it may see and do what it says.
func TestInvitation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "second", "m1", "kim@x.example", "where is my kettle")
	admin := s.signIn(t, "admin")
	ask := map[string]any{"email": "Cleo@skein.example", "role": "agent", "inboxes": []any{s.second.ID}}
	var first, again api.InvitationLink
	admin.want(t, 201, "POST", "/api/v1/invitations", ask, &first)
	if v := first.Invitation; !v.Mailed || v.ExpiresAt.Sub(v.CreatedAt) != 7*24*time.Hour || v.Email != "Cleo@skein.example" {
		t.Errorf("invitation = %+v", v)
	}
	for _, wrong := range []struct {
		status int
		body   map[string]any
	}{
		{409, ask},
		{409, map[string]any{"email": "ANNA@skein.example", "role": "agent"}},
		{409, map[string]any{"email": "dora@skein.example", "role": "agent", "inboxes": []string{"nowhere"}}},
		{409, map[string]any{"email": "dora@skein.example", "role": "agent", "teams": []any{s.first.ID}}},
		{422, map[string]any{"email": "dora", "role": "agent"}},
		{422, map[string]any{"email": "Dora <dora@skein.example>", "role": "agent"}},
		{422, map[string]any{"email": "dora@skein.example", "role": "owner"}},
	} {
		admin.want(t, wrong.status, "POST", "/api/v1/invitations", wrong.body, nil)
	}
	admin.want(t, 200, "POST", "/api/v1/invitations/"+string(first.Invitation.ID)+"/resend", nil, &again)
	old, token := tokenOf(t, first.Link, "join"), tokenOf(t, again.Link, "join")
	cleo := s.client(t)
	look := func(status int, token string) {
		t.Helper()
		cleo.want(t, status, "POST", "/api/v1/invitation", map[string]string{"token": token}, nil)
	}
	look(404, old)
	look(404, "x")
	look(404, token[1:]+"A")
	look(200, token)
	accept := map[string]string{"token": token, "name": " Cleo  Winter ", "password": "short", "locale": "de"}
	cleo.want(t, 422, "POST", "/api/v1/invitation/accept", accept, nil)
	accept["password"] = "long enough a word"
	cleo.want(t, 403, "POST", "/api/v1/invitation/accept", accept, nil, "Sec-Fetch-Site", "cross-site")
	var signed api.Signed
	cleo.want(t, 200, "POST", "/api/v1/invitation/accept", accept, &signed)
	if a := signed.Agent; a.Name != "Cleo Winter" || a.Role != inbox.AgentRole || a.Locale != "de" || !a.CallPop {
		t.Errorf("agent = %+v", a)
	}
	cleo.token = signed.AccessToken
	if got := cleo.list(t, ""); len(got.Items) != 1 {
		t.Errorf("the invited sees %d conversations of the inbox, want 1", len(got.Items))
	}
	cleo.want(t, 404, "POST", "/api/v1/invitation/accept", accept, nil)
	look(404, token)
	admin.want(t, 404, "DELETE", "/api/v1/invitations/"+string(first.Invitation.ID), nil, nil)

	var gone, late api.InvitationLink
	admin.want(t, 201, "POST", "/api/v1/invitations", map[string]any{"email": "dora@skein.example", "role": "admin", "inboxes": []any{s.first.ID, s.first.ID}}, &gone)
	admin.want(t, 204, "DELETE", "/api/v1/invitations/"+string(gone.Invitation.ID), nil, nil)
	look(404, tokenOf(t, gone.Link, "join"))
	admin.want(t, 201, "POST", "/api/v1/invitations", map[string]any{"email": "dora@skein.example", "role": "agent"}, &late)
	s.now.pass(7*24*time.Hour + time.Second)
	look(404, tokenOf(t, late.Link, "join"))
	admin = s.signIn(t, "admin")
	var list listOf[inbox.Invitation]
	admin.want(t, 200, "GET", "/api/v1/invitations", nil, &list)
	if len(list.Items) != 1 || list.Items[0].ID != late.Invitation.ID {
		t.Errorf("invitations = %+v", list.Items)
	}
}

// Who forgot a password gets a link where an address is an agent's, and nobody can
// tell whether it is; the link works once and ends every other session.
func TestPasswordReset(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	anna := s.signIn(t, "anna")
	c := s.client(t)
	answers := map[string]bool{}
	for _, email := range []string{"ANNA@skein.example ", "nobody@skein.example", "", "a\x00b"} {
		res, raw := c.do(t, "POST", "/api/v1/password/forgot", map[string]string{"email": email})
		answers[fmt.Sprint(res.StatusCode, string(raw))] = true
	}
	if len(answers) != 1 || !answers["202"] {
		t.Errorf("answers = %v, want one", answers)
	}
	var letters []inbox.AgentLetter
	var tokens []string
	rule := store.ResetRule{
		Coder: inbox.Coder{New: auth.NewLink, HeaderID: func(inbox.MessageID, *inbox.Account) string { return "h@x" },
			Encode: func(d inbox.Departure) (string, []byte, error) {
				raw, err := json.Marshal(d)
				return "skein.out.email.x", raw, err
			}},
		Letter: func(a *inbox.Agent, token string) inbox.AgentLetter {
			tokens = append(tokens, token)
			letters = append(letters, api.PasswordLetter("https://help.example", a, token))
			return letters[len(letters)-1]
		},
	}
	for fired := true; fired; {
		var err error
		if fired, err = s.store.FireReset(t.Context(), s.now.now(), rule); err != nil {
			t.Fatal(err)
		}
	}
	if len(letters) != 1 || letters[0].To.Address != "anna@skein.example" || !strings.Contains(letters[0].Text, "/password#"+tokens[0]) {
		t.Fatalf("letters = %+v, want one to anna", letters)
	}
	var who api.Forgetful
	c.want(t, 200, "POST", "/api/v1/password", map[string]string{"token": tokens[0]}, &who)
	if who.Email != "anna@skein.example" {
		t.Errorf("the link is for %q", who.Email)
	}
	anna.want(t, 200, "GET", "/api/v1/me", nil, nil)
	c.want(t, 422, "POST", "/api/v1/password/reset", map[string]string{"token": tokens[0], "password": "short"}, nil)
	c.want(t, 200, "POST", "/api/v1/password/reset", map[string]string{"token": tokens[0], "password": "another long one"}, nil)
	anna.want(t, 401, "GET", "/api/v1/me", nil, nil)
	c.want(t, 404, "POST", "/api/v1/password/reset", map[string]string{"token": tokens[0], "password": "another long two"}, nil)
	login := map[string]string{"email": "anna@skein.example", "password": password}
	c.want(t, 401, "POST", "/api/v1/login", login, nil)
	login["password"] = "another long one"
	c.want(t, 200, "POST", "/api/v1/login", login, nil)

	// An admin's link, of which the newer ends the older, lives for an hour.
	admin := s.signIn(t, "admin")
	var old, link api.PasswordLink
	path := "/api/v1/agents/" + string(admin.member(t, "anna").ID) + "/password-link"
	admin.want(t, 200, "POST", path, nil, &old)
	admin.want(t, 200, "POST", path, nil, &link)
	c.want(t, 404, "POST", "/api/v1/password", map[string]string{"token": tokenOf(t, old.Link, "password")}, nil)
	c.want(t, 200, "POST", "/api/v1/password", map[string]string{"token": tokenOf(t, link.Link, "password")}, nil)
	s.now.pass(time.Hour + time.Second)
	c.want(t, 404, "POST", "/api/v1/password", map[string]string{"token": tokenOf(t, link.Link, "password")}, nil)

	status := 0
	for range 12 {
		res, _ := c.do(t, "POST", "/api/v1/password/forgot", map[string]string{"email": "anna@skein.example"})
		status = res.StatusCode
	}
	if status != 429 {
		t.Errorf("asking for ever: %d, want 429", status)
	}
}

// One's own password is changed with the present one; other devices are out, this
// one is not, until one signs out everywhere.
func TestOwnPassword(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	here, there := s.signIn(t, "anna"), s.signIn(t, "anna")
	const path = "/api/v1/me/password"
	here.want(t, 422, "POST", path, map[string]string{"current": "wrong", "password": "another long one"}, nil)
	here.want(t, 422, "POST", path, map[string]string{"current": password, "password": "short"}, nil)
	there.want(t, 200, "GET", "/api/v1/me", nil, nil)
	here.want(t, 204, "POST", path, map[string]string{"current": password, "password": "another long one"}, nil)
	there.want(t, 401, "GET", "/api/v1/me", nil, nil)
	there.want(t, 401, "POST", "/api/v1/refresh", nil, nil)
	here.want(t, 200, "GET", "/api/v1/me", nil, nil)
	here.want(t, 204, "POST", "/api/v1/agents/me/sign-out", nil, nil)
	here.want(t, 401, "GET", "/api/v1/me", nil, nil)
}

// What was an agent's in an inbox that they may not see any more waits for nobody in
// particular; what they still see stays theirs.
func TestLostInbox(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is my kettle")
	s.mail(t, "second", "m2", "lee@x.example", "where is my pan")
	admin := s.signIn(t, "admin")
	anna := admin.member(t, "anna").ID
	inboxes := func(list ...inbox.InboxID) {
		t.Helper()
		admin.want(t, 200, "PATCH", "/api/v1/agents/"+string(anna), map[string]any{"inboxes": list}, nil)
		s.sweep(t)
	}
	inboxes(s.first.ID, s.second.ID)
	for _, c := range admin.list(t, "").Items {
		at := "/api/v1/conversations/" + string(c.ID)
		admin.want(t, 200, "PATCH", at, map[string]any{"assigneeId": anna}, nil)
		admin.want(t, 201, "POST", at+"/tasks", map[string]any{"text": "call", "dueAt": s.now.now().Add(time.Hour), "assigneeId": anna}, nil)
	}
	inboxes(s.first.ID)
	var tasks listOf[inbox.Task]
	admin.want(t, 200, "GET", "/api/v1/tasks", nil, &tasks)
	list := admin.list(t, "").Items
	if len(list) != 2 || len(tasks.Items) != 2 {
		t.Fatalf("%d conversations, %d tasks, want 2 of each", len(list), len(tasks.Items))
	}
	whose := map[inbox.InboxID]inbox.AgentID{s.first.ID: anna, s.second.ID: ""}
	for i := range list {
		if c, task := list[i], tasks.Items[i]; c.Assignee != whose[c.InboxID] || task.Assignee != whose[task.InboxID] {
			t.Errorf("#%d is %q's, want %q's; a task is %q's, want %q's", c.Number, c.Assignee, whose[c.InboxID], task.Assignee, whose[task.InboxID])
		}
	}
}

// Who is deactivated is out at once, and what was theirs and open goes on with
// somebody who may see it; the last active admin stays.
func TestDeactivate(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for i := range 5 {
		s.mail(t, "support", fmt.Sprint("m", i), fmt.Sprintf("kim%d@x.example", i), "where is my kettle")
	}
	s.mail(t, "second", "m9", "kim9@x.example", "where is my pan")
	admin, anna, bert := s.signIn(t, "admin"), s.signIn(t, "anna"), s.signIn(t, "bert")
	me := admin.member(t, "admin")
	annaID, bertID := admin.member(t, "anna").ID, admin.member(t, "bert").ID
	admin.want(t, 200, "PATCH", "/api/v1/agents/"+string(annaID), map[string]any{"inboxes": []any{s.first.ID, s.second.ID}}, nil)
	all := admin.list(t, "?limit=50").Items
	for i, c := range all {
		admin.want(t, 200, "PATCH", "/api/v1/conversations/"+string(c.ID), map[string]any{"assigneeId": annaID}, nil)
		if i == 0 {
			admin.want(t, 200, "PATCH", "/api/v1/conversations/"+string(c.ID), map[string]any{"status": "closed"}, nil)
		}
	}
	open := all[1]
	anna.want(t, 200, "PUT", "/api/v1/conversations/"+string(open.ID)+"/draft", map[string]any{"known": 0, "content": map[string]any{"text": "Dear Kim", "html": "", "note": "", "seenSeq": 1, "tab": "reply"}}, nil)
	var task inbox.Task
	admin.want(t, 201, "POST", "/api/v1/conversations/"+string(open.ID)+"/tasks", map[string]any{"text": "call", "dueAt": s.now.now().Add(time.Hour), "assigneeId": annaID}, &task)
	if m := admin.member(t, "anna"); m.Open != len(all)-1 {
		t.Errorf("anna has %d open, want %d", m.Open, len(all)-1)
	}

	admin.want(t, 409, "POST", "/api/v1/agents/me/deactivate", map[string]any{}, nil)
	admin.want(t, 409, "PATCH", "/api/v1/agents/me", map[string]any{"role": "agent"}, nil)
	path := "/api/v1/agents/" + string(annaID)
	admin.want(t, 409, "POST", path+"/deactivate", map[string]any{"agentId": "nobody"}, nil)
	admin.want(t, 409, "POST", path+"/deactivate", map[string]any{"teamId": s.first.ID}, nil)
	admin.want(t, 422, "POST", path+"/deactivate", map[string]any{"agentId": annaID}, nil)
	admin.want(t, 404, "POST", "/api/v1/agents/nobody/deactivate", map[string]any{}, nil)
	anna.want(t, 200, "GET", "/api/v1/me", nil, nil)

	admin.want(t, 204, "POST", path+"/deactivate", map[string]any{"agentId": bertID}, nil)
	anna.want(t, 401, "GET", "/api/v1/me", nil, nil)
	anna.want(t, 401, "POST", "/api/v1/refresh", nil, nil)
	s.client(t).want(t, 401, "POST", "/api/v1/login", map[string]string{"email": "anna@skein.example", "password": password}, nil)
	s.sweep(t)
	for _, c := range admin.list(t, "?limit=50&status=all").Items {
		want := inbox.AgentID("") // bert may not see it
		switch {
		case c.Status == inbox.Closed:
			want = annaID // history stays
		case c.InboxID == s.second.ID:
			want = bertID
		}
		if c.Assignee != want {
			t.Errorf("#%d in %s, %s, is %q's, want %q", c.Number, c.InboxID, c.Status, c.Assignee, want)
		}
	}
	var tasks listOf[inbox.Task]
	admin.want(t, 200, "GET", "/api/v1/tasks", nil, &tasks)
	if len(tasks.Items) != 1 || tasks.Items[0].ID != task.ID || tasks.Items[0].Assignee != "" {
		t.Errorf("tasks = %+v, want what anna was to do to be nobody's", tasks.Items)
	}
	var offers listOf[inbox.Offer]
	admin.want(t, 200, "GET", "/api/v1/conversations/"+string(open.ID)+"/draft/offers", nil, &offers)
	if len(offers.Items) != 1 || offers.Items[0].Text != "Dear Kim" {
		t.Errorf("offers = %+v, want what anna began", offers.Items)
	}
	bert.want(t, 200, "GET", "/api/v1/me", nil, nil)

	admin.want(t, 204, "POST", path+"/reactivate", nil, nil)
	anna = s.signIn(t, "anna")
	if got := anna.list(t, "?status=all&limit=50"); len(got.Items) != len(all) {
		t.Errorf("who is back sees %d conversations, want %d", len(got.Items), len(all))
	}

	// Of two admins either can go, and not both.
	admin.want(t, 200, "PATCH", path, map[string]any{"role": "admin"}, nil)
	anna.want(t, 200, "PATCH", "/api/v1/agents/"+string(me.ID), map[string]any{"role": "supervisor"}, nil)
	anna.want(t, 409, "PATCH", "/api/v1/agents/me", map[string]any{"role": "supervisor"}, nil)
	admin.want(t, 403, "GET", "/api/v1/audit", nil, nil)
}

// Teams are made, named, filled and deleted; what was a deleted team's goes where
// it was said, and nothing is given to it any more.
func TestTeams(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is my kettle")
	admin := s.signIn(t, "admin")
	anna := admin.member(t, "anna").ID
	var returns, vip inbox.Team
	admin.want(t, 201, "POST", "/api/v1/teams", map[string]any{"name": " Returns ", "agents": []any{anna}}, &returns)
	admin.want(t, 201, "POST", "/api/v1/teams", map[string]any{"name": "VIP"}, &vip)
	admin.want(t, 409, "POST", "/api/v1/teams", map[string]any{"name": "returns"}, nil)
	admin.want(t, 409, "PUT", "/api/v1/teams/"+string(vip.ID), map[string]any{"name": "RETURNS"}, nil)
	admin.want(t, 422, "POST", "/api/v1/teams", map[string]any{"name": "  "}, nil)
	admin.want(t, 422, "PUT", "/api/v1/teams/"+string(vip.ID), map[string]any{"name": "VIP", "agents": []string{"x"}}, nil)
	admin.want(t, 404, "PUT", "/api/v1/teams/"+string(vip.ID), map[string]any{"name": "VIP", "agents": []any{s.first.ID}}, nil)
	admin.want(t, 404, "PUT", "/api/v1/teams/nowhere", map[string]any{"name": "X"}, nil)
	admin.want(t, 200, "PUT", "/api/v1/teams/"+string(returns.ID), map[string]any{"name": "Returns and repairs"}, nil)
	if m := admin.member(t, "anna"); !slices.Equal(m.Teams, []inbox.TeamID{returns.ID}) {
		t.Errorf("anna's teams = %v", m.Teams)
	}
	c := admin.list(t, "").Items[0]
	admin.want(t, 200, "PATCH", "/api/v1/conversations/"+string(c.ID), map[string]any{"teamId": returns.ID}, nil)
	admin.want(t, 422, "DELETE", "/api/v1/teams/"+string(returns.ID)+"?to="+string(returns.ID), nil, nil)
	admin.want(t, 409, "DELETE", "/api/v1/teams/"+string(returns.ID)+"?to="+string(s.first.ID), nil, nil)
	admin.want(t, 204, "DELETE", "/api/v1/teams/"+string(returns.ID)+"?to="+string(vip.ID), nil, nil)
	s.sweep(t)
	if got := admin.list(t, "").Items[0]; got.TeamID != vip.ID || got.Version != c.Version+2 {
		t.Errorf("conversation = %+v, want it to be the other team's", got)
	}
	admin.want(t, 409, "PATCH", "/api/v1/conversations/"+string(c.ID), map[string]any{"teamId": returns.ID}, nil)
	admin.want(t, 409, "PATCH", "/api/v1/agents/"+string(anna), map[string]any{"teams": []any{returns.ID}}, nil)
	var list listOf[inbox.Team]
	admin.want(t, 200, "GET", "/api/v1/teams", nil, &list)
	if len(list.Items) != 1 || list.Items[0] != vip {
		t.Errorf("teams = %+v, want %+v", list.Items, vip)
	}
	if m := admin.member(t, "anna"); len(m.Teams) != 0 {
		t.Errorf("anna's teams = %v", m.Teams)
	}
}

// A tag is named anew, merged and taken away on every conversation, and in what
// saved replies add.
func TestTags(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.signIn(t, "admin")
	for i := range 3 {
		s.mail(t, "support", fmt.Sprint("m", i), fmt.Sprintf("kim%d@x.example", i), "where is my kettle")
	}
	list := admin.list(t, "").Items
	for i, tags := range [][]string{{"a", "return"}, {"return", "returns"}, {"returns", "b"}} {
		admin.want(t, 200, "PATCH", "/api/v1/conversations/"+string(list[i].ID), map[string]any{"addTags": tags}, nil)
	}
	admin.want(t, 201, "POST", "/api/v1/saved-replies", map[string]any{"name": "Back", "shared": true, "texts": []any{}, "actions": map[string]any{"addTags": []string{"return", "returns"}}}, nil)
	tags := func() string {
		t.Helper()
		s.sweep(t)
		var of []string
		for _, c := range list {
			var now inbox.Conversation
			admin.want(t, 200, "GET", "/api/v1/conversations/"+string(c.ID), nil, &now)
			of = append(of, strings.Join(now.Tags, ","))
		}
		var replies api.SavedReplyList
		admin.want(t, 200, "GET", "/api/v1/saved-replies", nil, &replies)
		return strings.Join(of, " ") + " / " + strings.Join(replies.Items[0].Actions.AddTags, ",")
	}
	const change = "/api/v1/tags/change"
	admin.want(t, 422, "POST", change, map[string]any{"name": "return", "to": "return"}, nil)
	admin.want(t, 422, "POST", change, map[string]any{"name": "return", "to": `"`}, nil)
	admin.want(t, 202, "POST", change, map[string]any{"name": "return", "to": "Returns"}, nil)
	admin.want(t, 409, "POST", change, map[string]any{"name": "returns", "to": "return"}, nil) // in the midst of it
	if got, want := tags(), "a,returns returns returns,b / returns"; got != want {
		t.Errorf("tags = %q, want %q", got, want)
	}
	admin.want(t, 202, "POST", change, map[string]any{"name": "b", "to": "big deal"}, nil)
	if got, want := tags(), "a,returns returns returns,big deal / returns"; got != want {
		t.Errorf("tags = %q, want %q", got, want)
	}
	admin.want(t, 202, "POST", change, map[string]any{"name": "returns"}, nil)
	if got, want := tags(), "a  big deal / "; got != want {
		t.Errorf("tags = %q, want %q", got, want)
	}
	var counted listOf[inbox.TagCount]
	admin.want(t, 200, "GET", "/api/v1/tags/all", nil, &counted)
	if !slices.Equal(counted.Items, []inbox.TagCount{{Tag: "a", Count: 1}, {Tag: "big deal", Count: 1}}) {
		t.Errorf("tags = %+v", counted.Items)
	}
}

// Whatever is administrative is in the audit log: who, what, and what was before;
// nothing that is secret is. It is paged, filtered and exported.
func TestAudit(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is my kettle")
	admin := s.signIn(t, "admin")
	me, anna := admin.member(t, "admin").ID, admin.member(t, "anna").ID
	begun := s.now.now()
	var link api.InvitationLink
	var team inbox.Team
	var reply inbox.SavedReply
	var view inbox.View
	var calendars listOf[inbox.Calendar]
	admin.want(t, 201, "POST", "/api/v1/invitations", map[string]any{"email": "cleo@skein.example", "role": "agent"}, &link)
	admin.want(t, 204, "DELETE", "/api/v1/invitations/"+string(link.Invitation.ID), nil, nil)
	admin.want(t, 201, "POST", "/api/v1/teams", map[string]any{"name": "=Returns"}, &team)
	admin.want(t, 204, "DELETE", "/api/v1/teams/"+string(team.ID), nil, nil)
	admin.want(t, 200, "PATCH", "/api/v1/agents/"+string(anna), map[string]any{"role": "supervisor"}, nil)
	admin.want(t, 200, "POST", "/api/v1/agents/"+string(anna)+"/password-link", nil, nil)
	admin.want(t, 204, "POST", "/api/v1/agents/"+string(anna)+"/deactivate", map[string]any{}, nil)
	admin.want(t, 202, "POST", "/api/v1/tags/change", map[string]any{"name": "a", "to": "b"}, nil)
	admin.want(t, 201, "POST", "/api/v1/saved-replies", map[string]any{"name": "Hello", "shared": true, "texts": []any{map[string]string{"locale": "en", "text": "Hello"}}}, &reply)
	admin.want(t, 201, "POST", "/api/v1/views", map[string]any{"name": "Late", "query": "is:waiting", "sort": "waiting", "shared": true}, &view)
	admin.want(t, 204, "DELETE", "/api/v1/views/"+view.ID, nil, nil)
	admin.want(t, 200, "GET", "/api/v1/calendars", nil, &calendars)
	admin.want(t, 200, "PATCH", "/api/v1/calendars/"+calendars.Items[0].ID, map[string]any{"zone": "Europe/Berlin"}, nil)
	admin.want(t, 200, "PUT", "/api/v1/keys", map[string]any{"kind": "email", "value": "office@x.example", "policy": "shared"}, nil)
	c := admin.list(t, "").Items[0]
	admin.want(t, 200, "PATCH", "/api/v1/conversations/"+string(c.ID), map[string]any{"status": "closed"}, nil)

	var all []inbox.AuditEntry
	query := url.Values{"actor": {string(me)}, "from": {begun.Format(time.RFC3339Nano)}, "limit": {"4"}}
	for {
		var page listOf[inbox.AuditEntry]
		admin.want(t, 200, "GET", "/api/v1/audit?"+query.Encode(), nil, &page)
		all = append(all, page.Items...)
		if page.Next == "" {
			break
		}
		query.Set("cursor", page.Next)
	}
	var told []string
	for _, e := range slices.Backward(all) {
		if e.Actor.Name != "admin" || e.SessionID == "" || e.RequestID == "" {
			t.Errorf("entry = %+v", e)
		}
		told = append(told, string(e.Kind)+" "+e.Subject)
	}
	slices.Sort(told)
	want := []string{
		"agent.changed anna", "agent.changed anna", "agent.changed anna", "calendar.changed Shop", "conversation.changed subject",
		"invitation.changed cleo@skein.example", "invitation.changed cleo@skein.example", "key.changed office@x.example", "saved-reply.changed Hello",
		"tag.changed b", "team.changed =Returns", "team.changed =Returns", "view.changed Late", "view.changed Late",
	}
	if !slices.Equal(told, want) {
		t.Errorf("the log tells\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	var some listOf[inbox.AuditEntry]
	admin.want(t, 200, "GET", "/api/v1/audit?kind=agent.changed,conversation.changed&actor="+string(me), nil, &some)
	// All of one instant: they come in any order.
	one := slices.IndexFunc(some.Items, func(e inbox.AuditEntry) bool { return e.Kind == inbox.ConversationChanged })
	if one < 0 || len(some.Items) != 4 || some.Items[one].Number != c.Number ||
		!slices.ContainsFunc(some.Items[one].Changes, func(c inbox.AuditChange) bool {
			return c.Field == "status" && string(c.Before) == `"open"` && string(c.After) == `"closed"`
		}) {
		t.Errorf("page = %+v", some.Items)
	}
	admin.want(t, 200, "GET", "/api/v1/audit?to="+url.QueryEscape(begun.Add(-time.Hour).Format(time.RFC3339)), nil, &some)
	if len(some.Items) != 0 {
		t.Errorf("before it began: %+v", some.Items)
	}
	for _, wrong := range []string{"?cursor=x", "?actor=me", "?from=yesterday", "?limit=0"} {
		admin.want(t, 422, "GET", "/api/v1/audit"+wrong, nil, nil)
	}

	res, raw := admin.do(t, "GET", "/api/v1/audit.csv?actor="+string(me), nil)
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil || res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/csv") || len(rows) != len(want)+1 {
		t.Fatalf("export: %d, %v, %d rows, want %d: %s", res.StatusCode, err, len(rows), len(want)+1, raw)
	}
	if !strings.Contains(string(raw), "'=Returns") || strings.Contains(string(raw), ",=Returns") {
		t.Error("a cell of the export would be run by a spreadsheet")
	}
	for _, secret := range []string{tokenOf(t, link.Link, "join"), "argon2", "hash"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
}
