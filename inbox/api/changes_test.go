package api_test

import (
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

// Many are changed by one request, each for itself; a view is saved, counted and
// deleted, and what can't be read is refused in words that say what can.
func TestChangeMany(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, id := range []string{"m1", "m2"} {
		s.said(t, id, id+"@x.example", "hello")
	}
	anna, bert := s.signIn(t, "anna"), s.signIn(t, "bert")
	list := anna.list(t, "").Items
	ids := []string{string(list[0].ID), string(list[1].ID), "01900000-0000-7000-8000-000000000000"}
	change := map[string]any{"priority": 2, "addTags": []string{" VIP ", "late"}, "assigneeId": ""}
	var got listOf[api.Changed]
	anna.want(t, 200, "POST", "/api/v1/conversations/changes", map[string]any{"ids": ids, "change": change}, &got)
	if len(got.Items) != 3 || got.Items[2].Error == "" || got.Items[2].Conversation != nil {
		t.Fatalf("changes = %+v", got.Items)
	}
	for _, c := range got.Items[:2] {
		if c.Error != "" || c.Conversation.Priority != inbox.Urgent || len(c.Conversation.Tags) != 2 || c.Conversation.Tags[0] != "vip" {
			t.Errorf("changed to %+v", c)
		}
	}
	bert.want(t, 200, "POST", "/api/v1/conversations/changes", map[string]any{"ids": ids, "change": map[string]any{"status": "closed"}}, &got)
	for _, c := range got.Items {
		if c.Error == "" {
			t.Errorf("bert changed %+v", c)
		}
	}
	// With the versions that were seen: what has changed since stays, and is told as it
	// is now; the same request again finds everything done.
	v := versionsOf(t, anna, ids[:2])
	closing := map[string]any{"ids": ids[:2], "versions": []int64{v[0], v[1] - 1}, "change": map[string]any{"status": "closed"}}
	for range 2 {
		anna.want(t, 200, "POST", "/api/v1/conversations/changes", closing, &got)
		if c := got.Items[1]; c.Error == "" || c.Conversation == nil || c.Conversation.Version != v[1] || c.Conversation.Status != inbox.Open {
			t.Errorf("what was changed since became %+v", c)
		}
		if c := got.Items[0].Conversation; c == nil || c.Status != inbox.Closed || c.Version != v[0]+1 {
			t.Errorf("what was not changed since became %+v", c)
		}
	}
	closing["versions"] = []int64{1}
	anna.want(t, 422, "POST", "/api/v1/conversations/changes", closing, nil)
	var tally api.Tally
	anna.want(t, 200, "GET", "/api/v1/conversations/count?text=tag:vip&status=all", nil, &tally)
	var tags listOf[inbox.TagCount]
	anna.want(t, 200, "GET", "/api/v1/tags", nil, &tags)
	if tally.Count != 2 || len(tags.Items) != 2 || tags.Items[0].Count != 1 {
		t.Errorf("counted %d, tags %+v", tally.Count, tags.Items)
	}
	anna.want(t, 200, "PATCH", "/api/v1/conversations/"+ids[0], map[string]any{"status": "open"}, nil)
	anna.want(t, 422, "GET", "/api/v1/conversations/count?inbox=x", nil, nil)
	anna.want(t, 422, "GET", "/api/v1/conversations/count?text=status:nope", nil, nil)

	at := "/api/v1/conversations/" + ids[0]
	for _, body := range []map[string]any{
		{"priority": 7}, {"addTags": []string{" "}}, {"addTags": []string{"a\"b"}}, {"snoozedUntil": "2001-01-01T00:00:00Z"},
		{"snoozedUntil": "2100-01-01T00:00:00Z", "status": "open"},
	} {
		anna.want(t, 422, "PATCH", at, body, nil)
	}

	var view inbox.View
	body := map[string]any{"name": "Urgent", "query": "priority:urgent tag:vip", "sort": "waiting", "shared": true}
	anna.want(t, 201, "POST", "/api/v1/views", body, &view)
	var counts listOf[inbox.ViewCount]
	anna.want(t, 200, "GET", "/api/v1/views/counts", nil, &counts)
	if len(counts.Items) != 1 || counts.Items[0].Count != 2 {
		t.Errorf("counts = %+v", counts.Items)
	}
	bert.want(t, 200, "GET", "/api/v1/views/counts", nil, &counts)
	if len(counts.Items) != 1 || counts.Items[0].Count != 0 {
		t.Errorf("counts of bert = %+v", counts.Items)
	}
	if found := anna.list(t, "?status=all&sort=priority&text=tag:vip").Items; len(found) != 2 {
		t.Errorf("the list has %d, want 2", len(found))
	}
	body["name"] = "Most urgent"
	anna.want(t, 200, "PUT", "/api/v1/views/"+view.ID, body, &view)
	if view.Name != "Most urgent" || view.Query != "priority:urgent tag:vip" {
		t.Errorf("changed to %+v", view)
	}
	bert.want(t, 404, "PUT", "/api/v1/views/"+view.ID, body, nil)
	anna.want(t, 422, "PUT", "/api/v1/views/x", body, nil)
	body["query"] = "status:nope"
	anna.want(t, 422, "PUT", "/api/v1/views/"+view.ID, body, nil)
	bert.want(t, 404, "DELETE", "/api/v1/views/"+view.ID, nil, nil)
	anna.want(t, 204, "DELETE", "/api/v1/views/"+view.ID, nil, nil)
}

// versionsOf are the versions of conversations as they are now.
func versionsOf(t *testing.T, by *client, ids []string) []int64 {
	t.Helper()
	versions := make([]int64, len(ids))
	for i, id := range ids {
		var c inbox.Conversation
		by.want(t, 200, "GET", "/api/v1/conversations/"+id, nil, &c)
		versions[i] = c.Version
	}
	return versions
}
