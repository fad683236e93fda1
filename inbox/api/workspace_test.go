package api_test

import (
	"strings"
	"testing"

	"skein/inbox"
)

// Admins make, rename and sign inboxes and brands; of two who change one at once
// the second is told; nobody else changes anything, and agents see their own alone.
func TestWorkspace(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, anna := s.signIn(t, "admin"), s.signIn(t, "anna")
	var list listOf[inbox.Inbox]
	anna.want(t, 200, "GET", "/api/v1/inboxes", nil, &list)
	if len(list.Items) != 1 || list.Items[0].ID != s.first.ID {
		t.Fatalf("anna sees %+v, want her own inbox", list.Items)
	}
	first := list.Items[0]
	fields := func(name, html string, version int64) map[string]any {
		return map[string]any{"name": name, "brandId": first.BrandID, "calendarId": first.CalendarID, "version": version,
			"signature": map[string]string{"text": "Kind regards", "html": html}}
	}
	path := "/api/v1/inboxes/" + string(first.ID)
	var in inbox.Inbox
	admin.want(t, 200, "PUT", path, fields(" Help ", `<p onclick="x()">Kind <b>regards</b></p><script>x()</script>`, first.Version), &in)
	if in.Name != "Help" || in.Version != 2 || in.Signature.HTML != "<p>Kind <b>regards</b></p>" || in.Signature.Text != "Kind regards" {
		t.Errorf("changed inbox = %+v", in)
	}
	admin.want(t, 409, "PUT", path, fields("Late", "", first.Version), nil)
	admin.want(t, 422, "PUT", path, fields(" ", "", 2), nil)
	admin.want(t, 422, "PUT", path, map[string]any{"name": "x", "brandId": first.BrandID, "calendarId": first.CalendarID, "version": 2,
		"signature": map[string]string{"text": " ", "html": "<p>x</p>"}}, nil)
	nowhere := fields("x", "", 2)
	nowhere["brandId"] = s.first.ID
	admin.want(t, 409, "PUT", path, nowhere, nil)
	admin.want(t, 404, "PUT", "/api/v1/inboxes/nowhere", fields("x", "", 1), nil)

	var brand inbox.Brand
	var brands listOf[inbox.Brand]
	admin.want(t, 201, "POST", "/api/v1/brands", map[string]string{"name": "Lamps", "locale": "de-AT"}, &brand)
	admin.want(t, 200, "PUT", "/api/v1/brands/"+string(brand.ID), map[string]any{"name": "Lamps & Co", "locale": "de", "version": 1}, &brand)
	admin.want(t, 409, "PUT", "/api/v1/brands/"+string(brand.ID), map[string]any{"name": "Lamps", "locale": "de", "version": 1}, nil)
	for _, wrong := range []string{"", "x", "german please", "de_AT", "de--AT"} {
		admin.want(t, 422, "POST", "/api/v1/brands", map[string]string{"name": "Lamps", "locale": wrong}, nil)
	}
	admin.want(t, 200, "GET", "/api/v1/brands", nil, &brands)
	if len(brands.Items) != 2 || brands.Items[0].Name != "Lamps & Co" || brands.Items[0].Version != 2 {
		t.Errorf("brands = %+v", brands.Items)
	}
	admin.want(t, 201, "POST", "/api/v1/inboxes", map[string]any{"name": "Lamps", "brandId": brand.ID, "calendarId": first.CalendarID,
		"signature": map[string]string{"text": "", "html": ""}}, &in)

	for _, call := range [][2]string{{"POST", "/api/v1/inboxes"}, {"PUT", path}, {"POST", path + "/archive"}, {"GET", "/api/v1/brands"},
		{"POST", "/api/v1/brands"}, {"PUT", "/api/v1/brands/" + string(brand.ID)}, {"POST", "/api/v1/calendars"}} {
		body := fields("x", "", 2)
		switch {
		case call[0] == "GET":
			body = nil
		case strings.HasSuffix(call[1], "archive"):
			body = map[string]any{"version": 2, "archived": true}
		case strings.Contains(call[1], "calendars"):
			body = map[string]any{"name": "x", "zone": "UTC"}
		case strings.Contains(call[1], "brands") && call[0] == "PUT":
			body = map[string]any{"name": "x", "locale": "en", "version": 2}
		case strings.Contains(call[1], "brands"):
			body = map[string]any{"name": "x", "locale": "en"}
		case call[0] == "POST":
			delete(body, "version")
		}
		anna.want(t, 403, call[0], call[1], body, nil)
	}
}

// An archived inbox takes nothing in any more: its accounts go where the admin
// says, nothing can be made to arrive in it, and what was said in it stays.
func TestArchiveInbox(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1@x.example", "kim@x.example", "hello")
	admin := s.signIn(t, "admin")
	path := "/api/v1/inboxes/" + string(s.first.ID) + "/archive"
	archive := map[string]any{"version": 1, "archived": true}
	admin.want(t, 409, "POST", path, archive, nil)
	archive["to"] = s.first.ID
	admin.want(t, 422, "POST", path, archive, nil)
	archive["to"] = s.second.ID
	var in, open inbox.Inbox
	admin.want(t, 200, "POST", path, archive, &in)
	if in.ArchivedAt == nil || in.Version != 2 {
		t.Errorf("archived = %+v", in)
	}
	accounts, err := s.store.Accounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range accounts {
		if a.InboxID != s.second.ID || a.ID == "support" && a.Version != 2 {
			t.Errorf("account %s arrives in %s at version %d, want the second inbox", a.ID, a.InboxID, a.Version)
		}
	}
	var said listOf[inbox.Conversation]
	admin.want(t, 200, "GET", "/api/v1/conversations?inbox="+string(s.first.ID), nil, &said)
	if len(said.Items) != 1 {
		t.Errorf("%d conversations in the archived inbox, want the 1 that was there", len(said.Items))
	}
	if _, err := s.store.SaveAccount(t.Context(), inbox.Account{ID: "late", Channel: inbox.Email, InboxID: s.first.ID, Name: "late"}, s.now.now()); inbox.CodeOf(err) != inbox.Conflict {
		t.Errorf("an account of the archived inbox: %v, want a conflict", err)
	}
	admin.want(t, 409, "POST", "/api/v1/inboxes/"+string(s.second.ID)+"/archive", map[string]any{"version": 1, "archived": true, "to": s.first.ID}, nil)
	admin.want(t, 200, "POST", path, map[string]any{"version": 2, "archived": false}, &open)
	if open.ArchivedAt != nil || open.Version != 3 {
		t.Errorf("opened again = %+v", open)
	}
}
