package api_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

// A shape is what the document says of a value.
type shape struct {
	Ref        string `json:"$ref"`
	Type       string
	Format     string
	Enum       []any
	Properties map[string]shape
	Required   []string
	Items      *shape
}

// A document is what the operations take.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string
		RequestBody *struct {
			Content map[string]struct{ Schema shape }
		}
	}
	Components struct{ Schemas map[string]shape }

	known map[string]any // values that are good, by the names of fields
}

func (d *document) whole(s shape) shape {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.Components.Schemas[name]
	}
	return s
}

// places are the ways to every text in a shape; "[]" leads into a list.
func (d *document) places(s shape, depth int) (all [][]string) {
	s = d.whole(s)
	switch {
	case depth > 4:
	case s.Type == "array" && s.Items != nil:
		for _, p := range d.places(*s.Items, depth+1) {
			all = append(all, append([]string{"[]"}, p...))
		}
	case s.Type == "object" && s.Properties == nil:
		return [][]string{{"{}"}}
	case s.Type == "string":
		return [][]string{{}}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		for _, p := range d.places(s.Properties[name], depth+1) {
			all = append(all, append([]string{name}, p...))
		}
	}
	return all
}

// value is one of a shape with no more than it needs, and text at a place.
func (d *document) value(s shape, at []string, text string) any {
	s = d.whole(s)
	switch {
	case len(at) == 0 && text != "-":
		return text
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Format == "date-time":
		return "2027-01-02T03:04:05Z"
	}
	switch s.Type {
	case "string":
		return "x"
	case "integer", "number":
		return 1
	case "boolean":
		return true
	case "array":
		if len(at) > 0 {
			return []any{d.value(*s.Items, at[1:], text)}
		}
		return []any{}
	}
	o := map[string]any{}
	if len(at) > 0 && at[0] == "{}" {
		o["name"], o[string(d.known["fieldId"].(inbox.FieldID))] = text, text
	}
	for name, p := range s.Properties {
		is, known := d.known[name]
		switch {
		case len(at) > 0 && at[0] == name:
			o[name] = d.value(p, at[1:], text)
		case slices.Contains(s.Required, name) && known:
			o[name] = is
		case slices.Contains(s.Required, name):
			o[name] = d.value(p, nil, "-")
		}
	}
	return o
}

// Whatever stands in the place of any text that any operation takes, the answer is
// below 500: what can't be taken is the caller's fault.
func TestEveryTextIsAnswered(t *testing.T) {
	t.Parallel()
	raw, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is my kettle")
	s.mail(t, "support", "m2", "kim@x.example", "and my cup")
	admin := s.signIn(t, "admin")
	list := admin.list(t, "").Items
	c := list[0]
	var page api.MessagePage
	admin.want(t, 200, "GET", "/api/v1/conversations/"+string(c.ID)+"/messages", nil, &page)
	var me api.Me
	admin.want(t, 200, "GET", "/api/v1/me", nil, &me)
	anna := me.Agents[slices.IndexFunc(me.Agents, func(g api.Colleague) bool { return g.Name == "anna" })].ID
	var field inbox.Field
	admin.want(t, 201, "POST", "/api/v1/fields", map[string]any{"name": "note", "kind": "text"}, &field)
	var view inbox.View
	admin.want(t, 201, "POST", "/api/v1/views", map[string]any{"name": "v", "query": "x", "sort": "newest", "shared": true}, &view)
	var reply inbox.SavedReply
	admin.want(t, 201, "POST", "/api/v1/saved-replies", map[string]any{"name": "v", "texts": []any{map[string]string{"locale": "en", "text": "hi"}}}, &reply)
	var team inbox.Team
	admin.want(t, 201, "POST", "/api/v1/teams", map[string]any{"name": "v"}, &team)
	// What a path names: of every kind one that is there.
	there := map[string]string{
		"conversations": string(c.ID), "customers": string(c.Customer.CustomerID), "messages": string(page.Items[0].ID),
		"agents": string(anna), "inboxes": string(s.second.ID), "identities": string(c.Customer.IdentityID), "accounts": "second",
		"fields": string(field.ID), "views": view.ID, "saved-replies": string(reply.ID), "teams": string(team.ID),
	}
	doc.known = map[string]any{
		"email": "a@b.example", "address": "a@b.example", "value": "a@b.example", "accountId": "support", "seenSeq": 99, "version": 1,
		"zone": "Europe/Vienna", "locale": "en", "password": password, "brandId": s.first.BrandID, "calendarId": s.first.CalendarID,
		"messageId": page.Items[0].ID, "identityId": c.Customer.IdentityID, "agentId": anna, "with": list[1].ID, "fieldId": field.ID,
	}
	// Those of sessions end what the others need; the rest reach what isn't here.
	not := []string{"logout", "login", "refresh", "upload", "import-orders", "signIn", "finishSignIn", "deactivate-agent"}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		kind, _, _ := strings.Cut(strings.TrimPrefix(path, "/api/v1/"), "/")
		at := path
		for strings.Contains(at, "{") {
			before, rest, _ := strings.Cut(at, "{")
			_, after, _ := strings.Cut(rest, "}")
			id := there[kind]
			if id == "" {
				id = string(inbox.NewID[inbox.MessageID](s.now.now()))
			}
			at = before + id + after
		}
		for method, op := range doc.Paths[path] {
			if op.RequestBody == nil || slices.Contains(not, op.OperationID) {
				continue
			}
			for _, p := range doc.places(op.RequestBody.Content["application/json"].Schema, 0) {
				for _, text := range []string{"", "a\x00b", "\u202e'%\\"} {
					body := doc.value(op.RequestBody.Content["application/json"].Schema, p, text)
					res, raw := admin.do(t, strings.ToUpper(method), at, body, "Idempotency-Key", inbox.NewID[string](s.now.now()))
					if res.StatusCode >= 500 {
						sent, _ := json.Marshal(body)
						t.Errorf("%s of %s: %d %s", op.OperationID, sent, res.StatusCode, raw)
					}
					checkProblem(t, op.OperationID, res, raw)
				}
			}
		}
	}
}
