package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
	"skein/inbox/api"
)

// A contact reason that is required stands before every way of closing a
// conversation: alone, with others, with an answer and by a saved reply. What is
// refused names the field, and nothing of it is done.
func TestClosedWithFields(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, id := range []string{"m1", "m2"} {
		s.said(t, id, id+"@x.example", "hello")
	}
	s.mail(t, "second", "m3", "lee@x.example", "hello")
	admin, anna := s.signIn(t, "admin"), s.signIn(t, "anna")
	var reason, note inbox.Field
	admin.want(t, 201, "POST", "/api/v1/fields", map[string]any{"name": "Contact reason", "kind": "reason", "required": true, "inboxes": []any{s.first.ID},
		"options": []any{map[string]any{"name": "Delivery", "below": []any{map[string]any{"name": "Late"}}}, map[string]any{"name": "Returns"}}}, &reason)
	admin.want(t, 201, "POST", "/api/v1/fields", map[string]any{"name": "Pieces", "kind": "number"}, &note)
	late := reason.Options[0].Below[0].ID
	list := anna.list(t, "").Items
	at := "/api/v1/conversations/" + string(list[0].ID)
	ids := []inbox.ConversationID{list[0].ID, list[1].ID}
	refused := func(what string, res *http.Response, raw []byte) {
		t.Helper()
		var p api.Problem
		if err := json.Unmarshal(raw, &p); err != nil || res.StatusCode != 422 || !strings.Contains(p.Detail, "Contact reason") || !cmp.Equal(p.Lacking, []inbox.FieldID{reason.ID}) {
			t.Errorf("%s: %d %s, want it refused for the contact reason", what, res.StatusCode, raw)
		}
		var c inbox.Conversation
		anna.want(t, 200, "GET", at, nil, &c)
		if c.Version != list[0].Version || c.Status != inbox.Open || c.Fields != nil || len(c.Tags) > 0 {
			t.Errorf("%s: half of it was done: %+v", what, c)
		}
	}
	key := func(k string) []string { return []string{"Idempotency-Key", k} }
	answer := func(more map[string]any) map[string]any {
		more["text"], more["seenSeq"] = "Gladly", 1
		return more
	}
	res, raw := anna.do(t, "PATCH", at, map[string]any{"status": "closed", "addTags": []string{"done"}})
	refused("closing", res, raw)
	res, raw = anna.do(t, "POST", at+"/replies", answer(map[string]any{"close": true}), key("k1")...)
	refused("sending and closing", res, raw)
	res, raw = anna.do(t, "POST", at+"/replies", answer(map[string]any{"then": map[string]any{"status": "closed", "addTags": []string{"done"}}}), key("k2")...)
	refused("a saved reply that closes", res, raw)
	res, raw = anna.do(t, "POST", at+"/actions", map[string]any{"status": "closed", "addTags": []string{"done"}})
	refused("a saved reply's actions", res, raw)
	var said api.MessagePage
	anna.want(t, 200, "GET", at+"/messages", nil, &said)
	if len(said.Items) != 1 {
		t.Errorf("%d messages, want the customer's alone", len(said.Items))
	}

	// What it lacks goes with it; one that has a reason keeps its own.
	var c inbox.Conversation
	anna.want(t, 200, "PATCH", "/api/v1/conversations/"+string(ids[1]), map[string]any{"fields": map[string]any{string(reason.ID): late, string(note.ID): " 02.50"}}, &c)
	if want := (inbox.FieldValues{reason.ID: string(late), note.ID: "2.5"}); !cmp.Equal(c.Fields, want) || c.Status != inbox.Open {
		t.Errorf("noted %+v, want %v", c, want)
	}
	var told listOf[inbox.AuditEntry]
	admin.want(t, 200, "GET", "/api/v1/audit?kind=conversation.changed&limit=1", nil, &told)
	if ch := told.Items[0].Changes; len(ch) != 1 || ch[0].Field != "fields" || string(ch[0].After) != `{"Contact reason":"Delivery / Late","Pieces":"2.5"}` {
		t.Errorf("the audit log tells %+v, want it by names", ch)
	}
	var got listOf[api.Changed]
	anna.want(t, 200, "POST", "/api/v1/conversations/changes", map[string]any{"ids": ids, "change": map[string]any{"status": "closed"}}, &got)
	if got.Items[0].Error == "" || !cmp.Equal(got.Items[0].Lacking, []inbox.FieldID{reason.ID}) || got.Items[1].Error != "" {
		t.Errorf("closed together: %+v", got.Items)
	}
	anna.want(t, 200, "PATCH", "/api/v1/conversations/"+string(ids[1]), map[string]any{"status": "open"}, nil)
	fill := map[string]any{"status": "closed", "fill": map[string]any{string(reason.ID): reason.Options[1].ID}}
	admin.want(t, 200, "POST", "/api/v1/conversations/changes", map[string]any{"ids": append(ids, admin.list(t, "?inbox="+string(s.second.ID)).Items[0].ID), "change": fill}, &got)
	for i, want := range []inbox.FieldValues{{reason.ID: string(reason.Options[1].ID)}, {reason.ID: string(late), note.ID: "2.5"}, nil} {
		if c := got.Items[i].Conversation; c == nil || c.Status != inbox.Closed || !cmp.Equal(c.Fields, want) {
			t.Errorf("%d is closed as %+v, want %v", i, got.Items[i], want)
		}
	}

	// What is closed keeps what it was closed with.
	anna.want(t, 422, "PATCH", at, map[string]any{"fields": map[string]any{string(reason.ID): ""}}, nil)
	anna.want(t, 200, "PATCH", at, map[string]any{"fields": map[string]any{string(reason.ID): late}}, nil)
	c = inbox.Conversation{}
	anna.want(t, 200, "PATCH", at, map[string]any{"status": "open", "fields": map[string]any{string(reason.ID): ""}}, &c)
	if c.Fields != nil {
		t.Errorf("taken away, and there is %v", c.Fields)
	}
	// With an answer, and taken back with it.
	var m inbox.Message
	body := answer(map[string]any{"close": true, "holdSeconds": 20, "then": map[string]any{"fields": map[string]any{string(reason.ID): late}}})
	anna.want(t, 202, "POST", at+"/replies", body, &m, key("k3")...)
	anna.want(t, 200, "GET", at, nil, &c)
	if c.Status != inbox.Closed || c.Fields[reason.ID] != string(late) {
		t.Errorf("answered and closed: %+v", c)
	}
	anna.want(t, 200, "POST", "/api/v1/messages/"+string(m.ID)+"/unsend", nil, nil)
	c = inbox.Conversation{}
	anna.want(t, 200, "GET", at, nil, &c)
	if c.Status != inbox.Open || c.Fields != nil {
		t.Errorf("taken back: %+v", c)
	}
}

// Admins alone say what is noted; agents see the fields of their inboxes and no
// others; of two admins the second is told. What nobody can mean is refused.
func TestFields(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.said(t, "m1", "kim@x.example", "hello")
	admin, anna, bert := s.signIn(t, "admin"), s.signIn(t, "anna"), s.signIn(t, "bert")
	var f inbox.Field
	options := []any{map[string]any{"name": "Express"}, map[string]any{"name": "Standard"}}
	carrier := map[string]any{"name": "Carrier", "kind": "choice", "inboxes": []any{s.first.ID}, "options": options}
	anna.want(t, 403, "POST", "/api/v1/fields", carrier, nil)
	admin.want(t, 201, "POST", "/api/v1/fields", carrier, &f)
	admin.want(t, 409, "POST", "/api/v1/fields", map[string]any{"name": "CARRIER", "kind": "text"}, nil)
	for c, want := range map[*client]int{anna: 1, bert: 0, admin: 1} {
		var list listOf[inbox.Field]
		c.want(t, 200, "GET", "/api/v1/fields", nil, &list)
		if len(list.Items) != want {
			t.Errorf("%d fields, want %d", len(list.Items), want)
		}
	}
	for _, wrong := range []map[string]any{
		{"name": "", "kind": "text"}, {"name": "x", "kind": "colour"}, {"name": "x\x00", "kind": "text"}, {"name": "x", "kind": "choice"},
		{"name": "x", "kind": "text", "inboxes": []string{"nowhere"}}, {"name": "x", "kind": "choice", "options": []any{map[string]any{"id": "x", "name": "y"}}},
		{"name": "x", "kind": "choice", "options": []any{map[string]any{"id": s.first.ID, "name": "y"}}}, {"name": "x", "kind": "text", "place": -1},
	} {
		admin.want(t, 422, "POST", "/api/v1/fields", wrong, nil)
	}
	admin.want(t, 409, "POST", "/api/v1/fields", map[string]any{"name": "x", "kind": "text", "inboxes": []string{"01900000-0000-7000-8000-000000000000"}}, nil)

	path := "/api/v1/fields/" + string(f.ID)
	change := map[string]any{"name": "Carrier", "kind": "choice", "version": 1, "inboxes": []any{s.first.ID}, "options": []any{map[string]any{"id": f.Options[1].ID, "name": "Slow"}}}
	anna.want(t, 403, "PUT", path, change, nil)
	at := "/api/v1/conversations/" + string(anna.list(t, "").Items[0].ID)
	set := func(value any) map[string]any { return map[string]any{"fields": map[string]any{string(f.ID): value}} }
	anna.want(t, 200, "PATCH", at, set(f.Options[0].ID), nil)
	bert.want(t, 404, "PATCH", at, set(f.Options[0].ID), nil)
	admin.want(t, 200, "PUT", path, change, &f)
	admin.want(t, 409, "PUT", path, change, nil) // of version 1
	if len(f.Options) != 2 || f.Options[0].Name != "Slow" || !f.Options[1].Retired {
		t.Errorf("changed to %+v", f.Options)
	}
	var c inbox.Conversation
	anna.want(t, 200, "GET", at, nil, &c)
	if c.Fields[f.ID] != string(f.Options[1].ID) {
		t.Errorf("what was chosen became %v", c.Fields)
	}
	anna.want(t, 200, "PATCH", at, set(f.Options[0].ID), nil)
	for _, wrong := range []any{f.Options[1].ID, "Slow", "x\x00", strings.Repeat("x", 1000)} {
		anna.want(t, 422, "PATCH", at, set(wrong), nil)
	}
	anna.want(t, 422, "PATCH", at, set(7), nil)
	anna.want(t, 422, "PATCH", at, map[string]any{"fields": map[string]any{"nowhere": "x"}}, nil)
	change["version"], change["kind"] = 2, "text"
	delete(change, "options")
	admin.want(t, 409, "PUT", path, change, nil)
	change["kind"], change["options"], change["archived"] = "choice", []any{map[string]any{"id": f.Options[0].ID, "name": "Slow"}}, true
	admin.want(t, 200, "PUT", path, change, &f)
	anna.want(t, 422, "PATCH", at, set(f.Options[0].ID), nil)
	admin.want(t, 201, "POST", "/api/v1/fields", map[string]any{"name": "Carrier", "kind": "text"}, nil) // the name is free again
	admin.want(t, 404, "PUT", "/api/v1/fields/nowhere", change, nil)
	anna.want(t, 200, "PATCH", "/api/v1/agents/me", map[string]any{"onward": "list"}, nil)
	anna.want(t, 422, "PATCH", "/api/v1/agents/me", map[string]any{"onward": "away"}, nil)
	var me api.Me
	anna.want(t, 200, "GET", "/api/v1/me", nil, &me)
	if me.Agent.Onward != inbox.ToList {
		t.Errorf("anna goes to %q, want the list", me.Agent.Onward)
	}
}

// Lists and views find conversations by their contact reason, the first level with
// the second; a reason or a tag that is called otherwise is so in everybody's saved
// views, where they name that very one.
func TestViewsFollowNames(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, id := range []string{"m1", "m2", "m3"} {
		s.said(t, id, id+"@x.example", "hello")
	}
	admin, anna := s.signIn(t, "admin"), s.signIn(t, "anna")
	var f inbox.Field
	options := []any{map[string]any{"name": "Delivery", "below": []any{map[string]any{"name": "Late"}, map[string]any{"name": "Lost"}}}, map[string]any{"name": "Returns"}}
	admin.want(t, 201, "POST", "/api/v1/fields", map[string]any{"name": "Contact reason", "kind": "reason", "options": options}, &f)
	for i, o := range []inbox.OptionID{f.Options[0].ID, f.Options[0].Below[0].ID, f.Options[1].ID} {
		anna.want(t, 200, "PATCH", "/api/v1/conversations/"+string(anna.list(t, "").Items[i].ID), map[string]any{"addTags": []string{"late parcel"},
			"fields": map[string]any{string(f.ID): o}}, nil)
	}
	holds := func(query string, want int) {
		t.Helper()
		var n api.Tally
		anna.want(t, 200, "GET", "/api/v1/conversations/count?text="+query, nil, &n)
		if n.Count != want {
			t.Errorf("%s holds %d, want %d", query, n.Count, want)
		}
	}
	holds("reason:delivery", 2)
	holds("reason:LATE", 1)
	holds("reason:delivery/late", 1)
	holds("reason:lost", 0)
	holds("reason:returns+reason:late", 0)
	anna.want(t, 422, "GET", "/api/v1/conversations/count?text=reason:nothing", nil, nil)

	views := map[string]string{"by reason": `reason:Late status:open`, "by both": `reason:delivery/late tag:"late parcel"`, "by words": "late parcel"}
	for name, query := range views {
		anna.want(t, 201, "POST", "/api/v1/views", map[string]any{"name": name, "query": query, "sort": "newest", "shared": name == "by both"}, nil)
	}
	long := `tag:"late parcel" ` + strings.Repeat("x", 170)
	anna.want(t, 201, "POST", "/api/v1/views", map[string]any{"name": "long", "query": long, "sort": "newest", "shared": false}, nil)
	wantViews := func(want map[string]string) {
		t.Helper()
		var list listOf[inbox.View]
		anna.want(t, 200, "GET", "/api/v1/views", nil, &list)
		got := map[string]string{}
		for _, v := range list.Items {
			got[v.Name] = v.Query
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("views (-want +got):\n%s", diff)
		}
	}
	f.Options[0].Below[0].Name = "Too late"
	admin.want(t, 200, "PUT", "/api/v1/fields/"+string(f.ID), map[string]any{"name": f.Name, "kind": "reason", "version": 1, "options": f.Options}, nil)
	views["by reason"], views["by both"], views["long"] = `reason:"Too late" status:open`, `reason:"Delivery/Too late" tag:"late parcel"`, long
	wantViews(views)

	// A name that would make a view too long changes nothing.
	admin.want(t, 409, "POST", "/api/v1/tags/change", map[string]any{"name": "late parcel", "to": "a parcel that is late by far"}, nil)
	wantViews(views)
	admin.want(t, 202, "POST", "/api/v1/tags/change", map[string]any{"name": "late parcel", "to": "late"}, nil)
	views["by both"], views["long"] = `reason:"Delivery/Too late" tag:late`, `tag:late `+strings.Repeat("x", 170)
	wantViews(views)
}
