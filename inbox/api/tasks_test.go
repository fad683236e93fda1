package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/api"
)

// What agents note to do, write down of calls, and say of their telephones goes
// through the API within rights and bounds.
func TestTasksAndCalls(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "call me")
	anna, bert, admin := s.signIn(t, "anna"), s.signIn(t, "bert"), s.signIn(t, "admin")
	ref := "/api/v1/conversations/" + string(anna.list(t, "").Items[0].ID)
	due := s.now.now().Add(time.Hour).UTC()

	for name, bad := range map[string]map[string]any{
		"no words": {"text": " ", "dueAt": due}, "no time": {"text": "x"}, "long ago": {"text": "x", "dueAt": "1990-01-01T00:00:00Z"},
		"nobody": {"text": "x", "dueAt": due, "assigneeId": "x"},
	} {
		if res, raw := anna.do(t, "POST", ref+"/tasks", bad); res.StatusCode != 422 {
			t.Errorf("%s: %d: %s", name, res.StatusCode, raw)
		}
	}
	bert.want(t, 404, "POST", ref+"/tasks", map[string]any{"text": "x", "dueAt": due}, nil)
	var task inbox.Task
	anna.want(t, 201, "POST", ref+"/tasks", map[string]any{"text": "Ask the carrier", "dueAt": due}, &task)
	var list listOf[inbox.Task]
	anna.want(t, 200, "GET", "/api/v1/tasks?kind=follow-up&assignee=none&customer="+string(task.Customer.CustomerID), nil, &list)
	if len(list.Items) != 1 || list.Items[0].ID != task.ID || !list.Items[0].DueAt.Equal(due.Truncate(time.Microsecond)) {
		t.Errorf("listed are %+v", list.Items)
	}
	bert.want(t, 200, "GET", "/api/v1/tasks", nil, &list)
	if len(list.Items) != 0 {
		t.Errorf("another inbox's agent sees %+v", list.Items)
	}
	anna.want(t, 422, "GET", "/api/v1/tasks?state=all", nil, nil)
	anna.want(t, 422, "GET", "/api/v1/tasks?assignee=x", nil, nil)
	bert.want(t, 404, "PATCH", "/api/v1/tasks/"+string(task.ID), map[string]any{"state": "done"}, nil)
	anna.want(t, 200, "PATCH", "/api/v1/tasks/"+string(task.ID), map[string]any{"state": "done"}, &task)
	if task.State != inbox.TaskDone || task.ClosedBy == "" || task.Version != 2 {
		t.Errorf("closed: %+v", task)
	}
	anna.want(t, 200, "GET", "/api/v1/tasks?state=done", nil, &list)
	if len(list.Items) != 1 {
		t.Errorf("done are %+v", list.Items)
	}

	call := map[string]any{"direction": "out", "number": "0664 222", "startedAt": due.Add(-2 * time.Hour), "talkSeconds": 30, "disposition": "answered", "summary": "All is well"}
	var m inbox.Message
	anna.want(t, 201, "POST", ref+"/calls", call, &m, "Idempotency-Key", "k1")
	first := m.ID
	anna.want(t, 201, "POST", ref+"/calls", call, &m, "Idempotency-Key", "k1")
	if m.ID != first || m.Call == nil || m.Call.Summary != "All is well" {
		t.Errorf("logged: %+v", m)
	}
	anna.want(t, 422, "POST", ref+"/calls", call, nil) // no key
	for name, change := range map[string]map[string]any{
		"tomorrow": {"startedAt": due.Add(24 * time.Hour)}, "talked and missed": {"disposition": "missed"}, "sideways": {"direction": "x"}, "ringing": {"disposition": "ringing"},
	} {
		bad := map[string]any{}
		for k, v := range call {
			bad[k] = v
		}
		for k, v := range change {
			bad[k] = v
		}
		if res, raw := anna.do(t, "POST", ref+"/calls", bad, "Idempotency-Key", "k-"+name[:3]); res.StatusCode != 422 {
			t.Errorf("%s: %d: %s", name, res.StatusCode, raw)
		}
	}
	anna.want(t, 200, "PATCH", "/api/v1/messages/"+string(first)+"/call", map[string]string{"summary": "Nearly well"}, &m)
	if m.Call.Summary != "Nearly well" || m.Version != 2 {
		t.Errorf("summed up: %+v", m)
	}
	bert.want(t, 404, "PATCH", "/api/v1/messages/"+string(first)+"/call", map[string]string{"summary": "x"}, nil)

	var me inbox.Agent
	anna.want(t, 200, "PATCH", "/api/v1/agents/me", map[string]any{"phone": " 204 ", "callPop": false}, &me)
	if me.Phone != "204" || me.CallPop || me.Name != "anna" {
		t.Errorf("me: %+v", me)
	}
	anna.want(t, 200, "PATCH", "/api/v1/agents/"+string(me.ID), map[string]any{"callPop": true}, &me)
	if me.Phone != "204" || !me.CallPop {
		t.Errorf("me: %+v", me)
	}
	bert.want(t, 403, "PATCH", "/api/v1/agents/"+string(me.ID), map[string]any{"phone": "1"}, nil)
	admin.want(t, 200, "PATCH", "/api/v1/agents/"+string(me.ID), map[string]any{"phone": ""}, &me)
	admin.want(t, 404, "PATCH", "/api/v1/agents/x", map[string]any{"phone": ""}, nil)
	anna.want(t, 200, "PATCH", "/api/v1/agents/me", map[string]any{"locale": "de-AT"}, &me)
	if me.Locale != "de-AT" || !me.CallPop {
		t.Errorf("me: %+v", me)
	}
	anna.want(t, 422, "PATCH", "/api/v1/agents/me", map[string]any{"locale": "d\u00e9"}, nil)
	bert.want(t, 403, "PATCH", "/api/v1/agents/"+string(me.ID), map[string]any{"locale": "en"}, nil)
	anna.want(t, 403, "GET", "/api/v1/agents", nil, nil)
	var agents listOf[inbox.Agent]
	admin.want(t, 200, "GET", "/api/v1/agents", nil, &agents)
	if len(agents.Items) != 3 {
		t.Errorf("agents are %+v", agents.Items)
	}
	var out api.Me
	anna.want(t, 200, "GET", "/api/v1/me", nil, &out)
	if !out.Agent.CallPop {
		t.Errorf("me: %+v", out.Agent)
	}
}

// A recording is played in the page, in parts, and never as anything but audio.
func TestAudioInParts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	anna := s.signIn(t, "anna")
	upload := func(kind string) inbox.Attachment {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="call.mp3"`}, "Content-Type": {kind}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte("0123456789"))
		_ = w.Close()
		var a inbox.Attachment
		anna.want(t, 201, "POST", "/api/v1/attachments", &form, &a, "Content-Type", w.FormDataContentType())
		return a
	}
	get := func(kind string, header ...string) (*http.Response, string) {
		res, raw := anna.do(t, "GET", "/api/v1/attachments/"+string(upload(kind).ID)+"?inline=1", nil, header...)
		return res, string(raw)
	}
	res, raw := get("audio/mpeg", "Range", "bytes=2-4")
	if res.StatusCode != 206 || raw != "234" || res.Header.Get("Content-Range") != "bytes 2-4/10" || res.Header.Get("Content-Type") != "audio/mpeg" {
		t.Errorf("a part is %d %q, %v", res.StatusCode, raw, res.Header)
	}
	if got := res.Header.Get("Content-Disposition"); got[:6] != "inline" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("it comes as %v", res.Header)
	}
	if res, _ := get("audio/mpeg", "Range", "bytes=20-"); res.StatusCode != 416 {
		t.Errorf("a part that is not there is %d", res.StatusCode)
	}
	for _, kind := range []string{"text/html", "image/svg+xml", "audio/x-mpegurl", "application/ogg"} {
		if res, _ := get(kind); res.Header.Get("Content-Disposition")[:10] != "attachment" {
			t.Errorf("%s comes as %v", kind, res.Header)
		}
	}
}
