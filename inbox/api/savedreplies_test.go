package api_test

import (
	"strings"
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

// Saved replies are made, listed, changed, filled in and taken away within rights
// and bounds, and what is wrong with one is named.
func TestSavedReplies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "call me")
	anna, bert, admin := s.signIn(t, "anna"), s.signIn(t, "bert"), s.signIn(t, "admin")
	ref := "/api/v1/conversations/" + string(anna.list(t, "").Items[0].ID)
	reply := func(more map[string]any) map[string]any {
		b := map[string]any{"name": "Late", "folder": "Parcels", "texts": []any{map[string]any{"locale": "en", "text": "It is late."}}}
		for k, v := range more {
			b[k] = v
		}
		return b
	}
	for name, bad := range map[string]map[string]any{
		"no name": {"name": ""}, "a strange language": {"texts": []any{map[string]any{"locale": "e n", "text": "x"}}},
		"a NUL": {"texts": []any{map[string]any{"locale": "", "text": "a\x00b"}}}, "no team's id": {"teamId": "x"},
		"an unknown variable": {"texts": []any{map[string]any{"locale": "", "text": "{{customer.shoe}}"}}},
		"a strange status":    {"actions": map[string]any{"status": "gone"}}, "a field that there isn't": {"nonsense": 1},
	} {
		if res, raw := anna.do(t, "POST", "/api/v1/saved-replies", reply(bad)); res.StatusCode != 422 {
			t.Errorf("%s: %d: %s", name, res.StatusCode, raw)
		}
	}
	anna.want(t, 403, "POST", "/api/v1/saved-replies", reply(map[string]any{"shared": true}), nil)
	var own, ours inbox.SavedReply
	anna.want(t, 201, "POST", "/api/v1/saved-replies", reply(nil), &own)
	admin.want(t, 201, "POST", "/api/v1/saved-replies", reply(map[string]any{"shared": true, "name": "Hello", "actions": map[string]any{"status": "closed"},
		"texts": []any{map[string]any{"locale": "", "text": "Hello, your {{order.number}} is here."}}}), &ours)
	if own.Owner == "" || ours.Owner != "" || ours.Actions.Status != inbox.Closed {
		t.Errorf("made are %+v and %+v", own, ours)
	}
	var list api.SavedReplyList
	bert.want(t, 200, "GET", "/api/v1/saved-replies", nil, &list)
	if len(list.Items) != 1 || list.Items[0].ID != ours.ID || !strings.Contains(strings.Join(list.Variables, " "), "order.number") {
		t.Errorf("another agent sees %+v", list)
	}
	var text inbox.SavedText
	anna.want(t, 200, "POST", ref+"/saved-replies/"+string(own.ID)+"/render", map[string]any{}, &text)
	if text.Text != "It is late." {
		t.Errorf("filled in: %+v", text)
	}
	if res, raw := anna.do(t, "POST", ref+"/saved-replies/"+string(ours.ID)+"/render", map[string]any{}); res.StatusCode != 409 || !strings.Contains(string(raw), "{{order.number}}") {
		t.Errorf("refused with %d: %s", res.StatusCode, raw)
	}
	bert.want(t, 404, "POST", ref+"/saved-replies/"+string(ours.ID)+"/render", map[string]any{}, nil)
	admin.want(t, 404, "POST", ref+"/saved-replies/"+string(own.ID)+"/render", map[string]any{}, nil)

	next := reply(map[string]any{"name": "Later", "version": own.Version})
	bert.want(t, 404, "PUT", "/api/v1/saved-replies/"+string(own.ID), next, nil)
	anna.want(t, 200, "PUT", "/api/v1/saved-replies/"+string(own.ID), next, &own)
	anna.want(t, 409, "PUT", "/api/v1/saved-replies/"+string(own.ID), next, nil)
	anna.want(t, 404, "PUT", "/api/v1/saved-replies/x", next, nil)
	anna.want(t, 403, "DELETE", "/api/v1/saved-replies/"+string(ours.ID), nil, nil)
	anna.want(t, 204, "DELETE", "/api/v1/saved-replies/"+string(own.ID), nil, nil)
	anna.want(t, 404, "DELETE", "/api/v1/saved-replies/"+string(own.ID), nil, nil)
}
