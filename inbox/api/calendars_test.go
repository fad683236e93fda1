package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// Admins change hours and holidays, what is left out stays, and what is wrong is
// said; nobody else does.
func TestCalendars(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, anna := s.signIn(t, "admin"), s.signIn(t, "anna")
	var list listOf[inbox.Calendar]
	admin.want(t, 200, "GET", "/api/v1/calendars", nil, &list)
	if len(list.Items) != 1 || list.Items[0].Zone != "Europe/Vienna" || list.Items[0].Hours == nil || list.Items[0].Holidays == nil {
		t.Fatalf("calendars = %+v", list.Items)
	}
	path := "/api/v1/calendars/" + list.Items[0].ID
	var c inbox.Calendar
	admin.want(t, 200, "PATCH", path, map[string]any{"hours": []inbox.OpenHours{{Day: "mon", From: "09:00", To: "17:00"}}}, nil)
	admin.want(t, 200, "PATCH", path, map[string]any{"holidays": []inbox.Holiday{{Date: "2026-12-25", Name: "Christmas"}}, "zone": "Europe/Berlin"}, &c)
	want := inbox.Calendar{ID: list.Items[0].ID, Version: 3, Name: "Shop", Zone: "Europe/Berlin", Hours: []inbox.OpenHours{{Day: "mon", From: "09:00", To: "17:00"}},
		Holidays: []inbox.Holiday{{Date: "2026-12-25", Name: "Christmas"}}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	for _, wrong := range []map[string]any{
		{"zone": "Vienna"}, {"name": ""}, {"name": "a\x00b"}, {"holidays": []map[string]string{{"date": "2026-13-01"}}},
		{"hours": []map[string]string{{"day": "mon", "from": "17:00", "to": "09:00"}}}, {"hours": []map[string]string{{"day": "monday", "from": "09:00", "to": "10:00"}}},
	} {
		admin.want(t, 422, "PATCH", path, wrong, nil)
	}
	admin.want(t, 404, "PATCH", "/api/v1/calendars/nowhere", map[string]any{}, nil)
	anna.want(t, 403, "GET", "/api/v1/calendars", nil, nil)
	anna.want(t, 403, "PATCH", path, map[string]any{"hours": []any{}}, nil)
	admin.want(t, 200, "GET", "/api/v1/calendars", nil, &list)
	if diff := cmp.Diff([]inbox.Calendar{want}, list.Items); diff != "" {
		t.Errorf("what was refused has changed something: %s", diff)
	}
}
