package api_test

import (
	"slices"
	"strings"
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

// Customers are changed, merged, listed, parted and kept apart by the API, with
// the rights of whoever asks.
func TestMergesByAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is my kettle")
	s.mail(t, "support", "m2", "kim.lee@y.example", "and the lid")
	s.mail(t, "second", "m3", "bob@x.example", "nobody's business")
	anna, admin := s.signIn(t, "anna"), s.signIn(t, "admin")
	of := map[string]inbox.CustomerID{}
	for _, c := range admin.list(t, "").Items {
		of[c.Customer.Address] = c.Customer.CustomerID
	}
	kim, lee, bob := "/api/v1/customers/"+string(of["kim@x.example"]), of["kim.lee@y.example"], of["bob@x.example"]
	with := func(id inbox.CustomerID) map[string]any { return map[string]any{"with": id} }

	var c inbox.Customer
	anna.want(t, 200, "PATCH", kim, map[string]any{"fields": map[string]string{"name": "Kim", "phone": "+43 664 1234567"}}, &c)
	if c.Name != "Kim" || c.Version != 2 || len(c.Profile) != 3 {
		t.Errorf("patched = %+v", c)
	}
	anna.want(t, 422, "PATCH", kim, map[string]any{"fields": map[string]string{"name": "a\x00b"}}, nil)
	anna.want(t, 422, "PATCH", kim, map[string]any{"fields": map[string]string{"shoe": "42"}}, nil)
	anna.want(t, 200, "GET", kim+"/matches", nil, nil)

	anna.want(t, 204, "POST", kim+"/refusals", with(lee), nil)
	anna.want(t, 204, "DELETE", kim+"/refusals/"+string(lee), nil, nil)
	anna.want(t, 200, "POST", kim+"/merge", map[string]any{"with": lee, "reason": "said so"}, &c)
	if len(c.Identities) != 2 || c.Name != "Kim" {
		t.Errorf("merged = %+v", c)
	}
	for _, id := range []inbox.CustomerID{of["kim@x.example"], lee} {
		var got inbox.Customer
		anna.want(t, 200, "GET", "/api/v1/customers/"+string(id), nil, &got)
		if got.ID != c.ID {
			t.Errorf("customer %s = %s, want %s", id, got.ID, c.ID)
		}
	}
	anna.want(t, 409, "POST", kim+"/refusals", with(lee), nil)
	var merges listOf[inbox.Merge]
	anna.want(t, 200, "GET", kim+"/merges", nil, &merges)
	if len(merges.Items) != 1 || merges.Items[0].Text != "An agent: said so" || merges.Items[0].Actor.Name == "" {
		t.Fatalf("merges = %+v", merges)
	}
	var parted api.Parted
	edge := map[string]any{"edgeId": merges.Items[0].ID}
	anna.want(t, 200, "POST", kim+"/unmerge", edge, &parted)
	ids := []inbox.CustomerID{parted.Kept.ID, parted.Restored.ID}
	if !slices.Contains(ids, lee) || !slices.Contains(ids, of["kim@x.example"]) || parted.Kept.ID != c.ID {
		t.Errorf("unmerged = %v, want both, %s kept", ids, c.ID)
	}
	anna.want(t, 404, "POST", kim+"/unmerge", edge, nil)
	anna.want(t, 404, "POST", kim+"/unmerge", map[string]any{"edgeId": "'"}, nil)

	// Of another inbox, and of nobody.
	bobs := "/api/v1/customers/" + string(bob)
	for _, id := range []inbox.CustomerID{bob, "'", ""} {
		anna.want(t, 404, "POST", kim+"/merge", with(id), nil)
		anna.want(t, 404, "POST", kim+"/refusals", with(id), nil)
	}
	for _, tail := range []string{"/matches", "/merges"} {
		anna.want(t, 404, "GET", bobs+tail, nil, nil)
	}
	anna.want(t, 404, "POST", bobs+"/merge", with(lee), nil)
	anna.want(t, 404, "POST", bobs+"/unmerge", edge, nil)
	anna.want(t, 404, "PATCH", bobs, map[string]any{"fields": map[string]string{"name": "Mine"}}, nil)
	anna.want(t, 404, "DELETE", bobs+"/refusals/"+string(lee), nil, nil)
	s.client(t).want(t, 401, "POST", kim+"/merge", with(lee), nil)
}

// What is said of keys is for those who run the place.
func TestKeysByAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	anna, admin := s.signIn(t, "anna"), s.signIn(t, "admin")
	body := map[string]any{"kind": "email", "value": "Desk@X.example", "policy": "shared", "note": "the front desk"}
	anna.want(t, 403, "GET", "/api/v1/keys", nil, nil)
	anna.want(t, 403, "PUT", "/api/v1/keys", body, nil)
	var rule inbox.KeyRule
	admin.want(t, 200, "PUT", "/api/v1/keys", body, &rule)
	if rule.Key != "desk@x.example" || rule.Policy != inbox.KeyShared || rule.Counted || rule.UpdatedAt == nil {
		t.Errorf("rule = %+v", rule)
	}
	var keys listOf[inbox.KeyRule]
	admin.want(t, 200, "GET", "/api/v1/keys?policy=shared", nil, &keys)
	if len(keys.Items) != 1 || keys.Items[0].Note != "the front desk" {
		t.Errorf("keys = %+v", keys)
	}
	body["policy"] = ""
	admin.want(t, 200, "PUT", "/api/v1/keys", body, nil)
	admin.want(t, 200, "GET", "/api/v1/keys", nil, &keys)
	if len(keys.Items) != 0 {
		t.Errorf("keys = %+v, want none", keys)
	}
	for _, bad := range []map[string]any{
		{"kind": "shop", "value": "a/1", "policy": "shared"}, {"kind": "email", "value": "", "policy": "shared"},
		{"kind": "email", "value": "a@x.example", "policy": "mine"}, {"kind": "email", "value": "a\x00@x.example", "policy": "shared"},
		{"kind": "email", "value": strings.Repeat("a", 400), "policy": "shared"},
	} {
		admin.want(t, 422, "PUT", "/api/v1/keys", bad, nil)
	}
	admin.want(t, 422, "PUT", "/api/v1/keys", map[string]any{"kind": "phone", "value": "x", "policy": "shared"}, nil)
	for _, cursor := range []string{"%25", "%00", "YQ", "YQBiAGM", strings.Repeat("A", 900)} {
		res, raw := admin.do(t, "GET", "/api/v1/keys?cursor="+cursor, nil)
		if res.StatusCode >= 500 {
			t.Errorf("cursor %s: %d %s", cursor, res.StatusCode, raw)
		}
	}
}
