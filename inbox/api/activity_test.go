package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"
)

// What was done to a conversation stands in the order of time with who did it,
// with what happened to its own orders; of a stranger's order and of another's inbox
// there is nothing.
func TestActivity(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.said(t, "one", "kim@x.example", "where is order 10021?")
	s.said(t, "two", "kim@x.example", "and my lamp")
	s.said(t, "other", "lee@x.example", "I have order 10021 too")
	anna, bert := s.signIn(t, "anna"), s.signIn(t, "bert")
	at := map[string]inbox.Conversation{}
	for _, c := range anna.list(t, "").Items {
		at[c.Subject] = c
	}
	path := func(c string) string { return "/api/v1/conversations/" + string(at[c].ID) }
	s.bought(t, "10021", "kim@x.example")

	var me struct{ Agent inbox.Agent }
	anna.want(t, 200, "GET", "/api/v1/me", nil, &me)
	anna.want(t, 200, "PATCH", path("one"), map[string]any{"assigneeId": me.Agent.ID}, nil)
	anna.want(t, 200, "PATCH", path("one"), map[string]any{"addTags": []string{"late", "vip"}}, nil)
	anna.want(t, 200, "PATCH", path("one"), map[string]any{"removeTags": []string{"late"}, "priority": 2}, nil)
	anna.want(t, 200, "PATCH", path("one"), map[string]any{"status": "closed"}, nil)
	anna.want(t, 200, "PATCH", path("one"), map[string]any{"status": "open", "assigneeId": ""}, nil)
	s.now.pass(time.Second)
	anna.want(t, 200, "POST", path("one")+"/merge", map[string]any{"with": at["two"].ID}, nil)

	told := func(c string) (list []string) {
		var got listOf[inbox.Activity]
		anna.want(t, 200, "GET", path(c)+"/activity", nil, &got)
		for _, a := range got.Items {
			var does []string
			if o := a.Order; o != nil {
				does = append(does, o.Kind+" "+o.Number)
			}
			if a.Assigned != nil {
				does = append(does, "assigned "+a.Assigned.Name)
			}
			for _, x := range a.Tagged {
				does = append(does, "+"+x)
			}
			for _, x := range a.Untagged {
				does = append(does, "-"+x)
			}
			if a.Priority != nil {
				does = append(does, fmt.Sprint("priority ", *a.Priority))
			}
			if a.Status != "" {
				does = append(does, string(a.Status))
			}
			if a.Joined > 0 {
				does = append(does, fmt.Sprint("joined ", a.Joined))
			}
			list = append(list, strings.TrimSpace(a.Actor.Name+" "+strings.Join(does, " ")))
		}
		return list
	}
	name := me.Agent.Name
	want := []string{name + " assigned " + name, name + " +late +vip", name + " -late priority urgent", name + " closed",
		name + " assigned  open", name + fmt.Sprint(" joined ", at["two"].Number)}
	got := told("one")
	ordered := slices.Index(got, "order 10021") // by the real clock, the others by the test's
	if ordered < 0 {
		t.Fatalf("activity = %q, without the order", got)
	}
	if got = slices.Delete(got, ordered, ordered+1); !slices.Equal(got, want) {
		t.Errorf("activity = %q, want %q", got, want)
	}
	if got := told("other"); len(got) > 0 {
		t.Errorf("activity of a stranger who names the order = %q", got)
	}
	bert.want(t, 404, "GET", path("one")+"/activity", nil, nil)
}
