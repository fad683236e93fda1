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
	body["query"] = "status:nope"
	anna.want(t, 422, "PUT", "/api/v1/views/"+view.ID, body, nil)
	bert.want(t, 404, "DELETE", "/api/v1/views/"+view.ID, nil, nil)
	anna.want(t, 204, "DELETE", "/api/v1/views/"+view.ID, nil, nil)
}
