package api_test

import (
	"slices"
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

// Merging, moving, what is known of it and undoing it, by HTTP: each says what
// is now, nobody reaches into an inbox that they may not see, and every refusal
// is a problem that says what to do.
func TestFacts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "a", "kim@x.example", "where is my kettle")
	s.mail(t, "support", "a2", "kim@x.example", "and the lid?", "a")
	s.mail(t, "support", "b", "kim@x.example", "a lamp")
	s.mail(t, "second", "z", "lee@x.example", "hello")
	anna, bert := s.signIn(t, "anna"), s.signIn(t, "bert")
	list := anna.list(t, "?sort=oldest").Items
	if len(list) != 2 {
		t.Fatalf("list = %+v", list)
	}
	a, b := list[0], list[1]
	theirs := bert.list(t, "").Items[0]
	const root = "/api/v1/conversations/"

	var related listOf[inbox.Related]
	anna.want(t, 200, "GET", root+string(a.ID)+"/related", nil, &related)
	if len(related.Items) != 1 || related.Items[0].Conversation.ID != b.ID || related.Items[0].Why != inbox.RelatedSubject {
		t.Errorf("related = %+v", related.Items)
	}

	var moved api.Moved
	anna.want(t, 200, "POST", root+string(a.ID)+"/merge", map[string]any{"with": b.ID}, &moved)
	if moved.Conversation.ID != a.ID || moved.Conversation.MessageSeq != 3 || moved.FactID == "" {
		t.Errorf("merged = %+v", moved)
	}
	anna.want(t, 409, "POST", root+string(a.ID)+"/merge", map[string]any{"with": b.ID}, nil)
	anna.want(t, 404, "POST", root+string(a.ID)+"/merge", map[string]any{"with": theirs.ID}, nil)
	anna.want(t, 422, "POST", root+string(a.ID)+"/merge", map[string]any{}, nil)
	bert.want(t, 404, "POST", "/api/v1/facts/"+string(moved.FactID)+"/undo", nil, nil)

	var messages api.MessagePage
	anna.want(t, 200, "GET", root+string(b.ID)+"/messages", nil, &messages)
	if len(messages.Items) != 3 {
		t.Fatalf("messages by the old link = %d, want 3", len(messages.Items))
	}
	second := messages.Items[1].ID
	var split api.Moved
	anna.want(t, 200, "POST", root+string(a.ID)+"/split", map[string]any{"messages": []inbox.MessageID{second}}, &split)
	if split.Conversation.ID == a.ID || split.Conversation.Preview != "and the lid?" {
		t.Errorf("split = %+v", split)
	}
	anna.want(t, 409, "POST", root+string(a.ID)+"/split", map[string]any{"messages": []inbox.MessageID{second}}, nil)
	anna.want(t, 422, "POST", root+string(a.ID)+"/split", map[string]any{"messages": []string{"nonsense"}}, nil)
	anna.want(t, 422, "POST", root+string(a.ID)+"/split", map[string]any{"messages": []inbox.MessageID{second, second}}, nil)
	anna.want(t, 422, "POST", root+string(a.ID)+"/split", map[string]any{"messages": []string{}}, nil)

	var waits inbox.ConversationFact
	anna.want(t, 201, "POST", root+string(a.ID)+"/hand-over", map[string]any{"identityId": a.Customer.IdentityID}, &waits)
	anna.want(t, 422, "POST", root+string(a.ID)+"/hand-over", map[string]any{"identityId": "nonsense"}, nil)

	var facts listOf[inbox.ConversationFact]
	anna.want(t, 200, "GET", root+string(a.ID)+"/facts", nil, &facts)
	kinds := map[inbox.FactKind]bool{}
	for _, f := range facts.Items {
		kinds[f.Kind] = true
	}
	if len(facts.Items) != 3 || !slices.ContainsFunc(facts.Items, func(f inbox.ConversationFact) bool { return f.ID == waits.ID }) || !kinds[inbox.FactMerge] || !kinds[inbox.FactSplit] {
		t.Errorf("facts = %+v", facts.Items)
	}
	for _, f := range facts.Items {
		var now listOf[inbox.Conversation]
		anna.want(t, 200, "POST", "/api/v1/facts/"+string(f.ID)+"/undo", nil, &now)
		if len(now.Items) == 0 {
			t.Errorf("undo of %s says of nothing how it is", f.Kind)
		}
		anna.want(t, 409, "POST", "/api/v1/facts/"+string(f.ID)+"/undo", nil, nil)
	}
	anna.want(t, 404, "POST", "/api/v1/facts/nonsense/undo", nil, nil)
	if after := anna.list(t, "?sort=oldest").Items; len(after) != 2 || after[0].ID != a.ID || after[1].ID != b.ID {
		t.Errorf("once all is undone the list is %+v", after)
	}
}
