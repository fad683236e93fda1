package api_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"skein/inbox"
	"skein/inbox/api"
)

// Whatever comes as an id, a cursor, a query or a body: an answer below 500
// that is a problem document.
func TestHostile(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is my kettle")
	admin := s.signIn(t, "admin")
	id := string(admin.list(t, "").Items[0].ID)
	bad := []string{"0", "-1", "99999999999999999999", "9223372036854775807", "x", "%00", "%FF%FE", "..%2f..", "' OR 1=1 --", "null",
		"00000000-0000-0000-0000-000000000000", strings.ToUpper(id), id + "x", strings.Repeat("9", 3000), "%F0%9F%92%A9", "1e9", "0x1f", " 1", "1;DROP"}
	var paths []string
	for _, b := range bad {
		if !strings.Contains(b, "%") {
			b = url.PathEscape(b)
		}
		q := b
		paths = append(paths,
			"/conversations/"+b, "/conversations/"+b+"/messages", "/customers/"+b, "/customers/"+b+"/timeline",
			"/customers/"+b+"/orders", "/customers/"+b+"/matches", "/customers/"+b+"/merges", "/keys?policy="+q, "/keys?cursor="+q,
			"/customers/"+b+"/conversations", "/attachments/"+b, "/messages/"+b+"/raw",
			"/conversations?cursor="+q, "/conversations?limit="+q, "/conversations?status="+q, "/conversations?inbox="+q,
			"/conversations?assignee="+q, "/conversations?text="+q, "/conversations?sort="+q, "/search?q="+q, "/search?q=a@b"+q, "/search?q=x&cursor="+q,
			"/conversations/"+id+"/messages?before="+q, "/dead?cursor="+q, "/attachments/"+id+"?t="+q)
	}
	for _, c := range []inbox.Cursor{{ID: "message:x"}, {ID: "'"}, {ID: id}, {ID: "shipment:~"}} {
		paths = append(paths, "/conversations?cursor="+c.String(), "/search?q=x&cursor="+c.String(),
			"/customers/"+id+"/timeline?cursor="+c.String())
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "/dead?cursor=1") {
			continue
		}
		res, raw := admin.do(t, "GET", "/api/v1"+path, nil)
		if res.StatusCode >= 500 {
			t.Errorf("GET %s: %d %s", path, res.StatusCode, raw)
		}
		checkProblem(t, "GET "+path, res, raw)
	}
	at := "/api/v1/conversations/" + id
	key := []string{"Idempotency-Key", "key-0001"}
	for _, test := range []struct {
		name, method, path, body string
		header                   []string
		want                     int
	}{
		{"a filter that there isn't", "GET", "/api/v1/conversations?colour=red", "", nil, 422},
		{"no body", "POST", at + "/replies", "", key, 400},
		{"not JSON", "POST", at + "/replies", "{", key, 400},
		{"another type", "POST", at + "/replies", `[]`, key, 422},
		{"null", "POST", at + "/replies", `null`, key, 422},
		{"unknown field", "POST", at + "/replies", `{"text":"x","seenSeq":1,"from":"ceo@x"}`, key, 422},
		{"no seenSeq", "POST", at + "/replies", `{"text":"x"}`, key, 422},
		{"empty text", "POST", at + "/replies", `{"text":" ","seenSeq":1}`, key, 422},
		{"NUL", "POST", at + "/replies", `{"text":"a\u0000b","seenSeq":1}`, key, 422},
		{"a header's end in a name", "POST", at + "/replies", `{"text":"x","seenSeq":1,"to":[{"address":"a@x","name":"a\r\nBcc: b@x"}]}`, key, 422},
		{"a header's end in an address", "POST", at + "/replies", `{"text":"x","seenSeq":1,"to":[{"address":"a@x\r\nBcc: b@x"}]}`, key, 422},
		{"not an address", "POST", at + "/replies", `{"text":"x","seenSeq":1,"cc":[{"address":"kim"}]}`, key, 422},
		{"attachment's id", "POST", at + "/replies", `{"text":"x","seenSeq":1,"attachments":["'"]}`, key, 422},
		{"attachment that is not there", "POST", at + "/replies", `{"text":"x","seenSeq":1,"attachments":["` + id + `"]}`, key, 409},
		{"attachment twice", "POST", at + "/replies", `{"text":"x","seenSeq":1,"attachments":["` + id + `","` + id + `"]}`, key, 422},
		{"no key", "POST", at + "/notes", `{"text":"x"}`, nil, 422},
		{"long key", "POST", at + "/notes", `{"text":"x"}`, []string{"Idempotency-Key", strings.Repeat("k", 200)}, 422},
		{"odd key", "POST", at + "/notes", `{"text":"x"}`, []string{"Idempotency-Key", "é€ü-0001"}, 422},
		{"too large", "POST", at + "/notes", `{"text":"` + strings.Repeat("x", 2<<20) + `"}`, key, 413},
		{"deep", "POST", at + "/notes", strings.Repeat(`{"a":`, 20_000), key, 400},
		{"another media type", "POST", at + "/notes", `<text/>`, []string{"Idempotency-Key", "key-0001", "Content-Type", "text/xml"}, 415},
		{"status", "PATCH", at, `{"status":"lost"}`, nil, 422},
		{"team's id", "PATCH", at, `{"teamId":"'"}`, nil, 422},
		{"assignee that is not there", "PATCH", at, `{"assigneeId":"` + id + `"}`, nil, 409},
		{"version", "PATCH", at, `{"version":1e99}`, nil, 422},
		{"login", "POST", "/api/v1/login", `{"email":"a\u0000b","password":"x"}`, nil, 401},
		{"login's types", "POST", "/api/v1/login", `{"email":1,"password":{}}`, nil, 422},
		{"no multipart", "POST", "/api/v1/attachments", `{}`, nil, 422},
		{"cut multipart", "POST", "/api/v1/attachments", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nabc",
			[]string{"Content-Type", "multipart/form-data; boundary=b"}, 422},
		{"multipart without a file", "POST", "/api/v1/attachments", "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nabc\r\n--b--\r\n",
			[]string{"Content-Type", "multipart/form-data; boundary=b"}, 422},
		{"no such path", "GET", "/api/v1/nothing", "", nil, 404},
		{"no such version", "GET", "/api/v2/me", "", nil, 404},
		{"another method", "DELETE", at, "", nil, 405},
		{"another method of a plain route", "PUT", "/api/v1/attachments", "", nil, 405},
	} {
		res, raw := admin.do(t, test.method, test.path, strings.NewReader(test.body), test.header...)
		if res.StatusCode != test.want {
			t.Errorf("%s: %d, want %d: %.300s", test.name, res.StatusCode, test.want, raw)
		}
		checkProblem(t, test.name, res, raw)
		if test.want == 413 && !strings.Contains(string(raw), "at most 2 MB") {
			t.Errorf("%s: %s doesn't say how much is taken", test.name, raw)
		}
		if res.StatusCode == 405 && res.Header.Get("Allow") == "" {
			t.Errorf("%s: 405 without Allow", test.name)
		}
	}
	// Nothing of all that came through.
	if c := admin.list(t, "").Items[0]; c.MessageSeq != 1 || c.Status != inbox.Open {
		t.Errorf("conversation = %+v", c)
	}
}

// A panic is logged under an id and shown without its insides.
func TestPanic(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.signIn(t, "admin")
	var p api.Problem
	res := admin.want(t, 500, "GET", "/api/v1/dead?cursor=1", nil, &p)
	if strings.Contains(p.Detail, "part") || p.Request == "" || p.Request != res.Header.Get("X-Request-Id") {
		t.Errorf("problem = %+v", p)
	}
	if log := s.log.String(); !strings.Contains(log, p.Request) || !strings.Contains(log, "a panic of a part") {
		t.Errorf("the log doesn't tell of %s:\n%s", p.Request, log)
	}
}

// A file is given to be saved unless it is a picture that was asked for as one;
// the token of links opens files and nothing else.
func TestFiles(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "hello")
	anna := s.signIn(t, "anna")
	c := anna.list(t, "").Items[0]
	file := anna.upload(t, `C:\x\..\évil "x".html`, "<script>alert(1)</script>", 201)
	if file.Name != `évil "x".html` || file.Size != 25 {
		t.Errorf("upload = %+v", file)
	}
	var token struct{ Token string }
	anna.want(t, 200, "POST", "/api/v1/files/token", nil, &token)
	link := s.client(t)
	res := link.want(t, 200, "GET", "/api/v1/attachments/"+string(file.ID)+"?inline=1&t="+token.Token, nil, nil)
	if got := res.Header.Get("Content-Disposition"); got != `attachment; filename="_vil _x_.html"; filename*=UTF-8''%C3%A9vil%20%22x%22.html` {
		t.Errorf("Content-Disposition = %q", got)
	}
	if res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("headers = %v", res.Header)
	}
	link.want(t, 401, "GET", "/api/v1/me?t="+token.Token, nil, nil)
	link.want(t, 401, "GET", "/api/v1/attachments/"+string(file.ID)+"?t="+anna.token, nil, nil)
	link.token = token.Token
	link.want(t, 401, "GET", "/api/v1/me", nil, nil)
	link.token = ""

	var page api.MessagePage
	anna.want(t, 200, "GET", "/api/v1/conversations/"+string(c.ID)+"/messages", nil, &page)
	res, raw := link.do(t, "GET", "/api/v1/messages/"+string(page.Items[0].ID)+"/raw?t="+token.Token, nil)
	if res.StatusCode != 200 || string(raw) != "source of m1" || res.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("raw = %d %q %s", res.StatusCode, res.Header.Get("Content-Type"), raw)
	}
	var m inbox.Message
	anna.want(t, 202, "POST", "/api/v1/conversations/"+string(c.ID)+"/replies",
		map[string]any{"text": "", "seenSeq": c.PublicSeq, "attachments": []string{string(file.ID)}}, &m, "Idempotency-Key", "key-0001")
	if len(m.Attachments) != 1 || m.Attachments[0].ID != file.ID {
		t.Errorf("attachments = %+v", m.Attachments)
	}
	anna.upload(t, "big", strings.Repeat("x", api.MaxUpload), 201)
	anna.upload(t, "bigger", strings.Repeat("x", api.MaxUpload+1), 413)
}

// What is outside the API: health, metrics, documents, the page.
func TestRoot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := s.client(t)
	c.want(t, 401, "GET", "/api/v1/me", nil, nil) // something to be counted
	for path, want := range map[string]string{
		"/healthz": `"ok"`, "/readyz": `"ready"`, "/metrics": "skein_http_request_seconds", "/openapi.json": `"openapi"`,
		"/docs": "<code>Authorization: Bearer</code>. Lists", "/": "the page", "/inbox/open": "the page",
	} {
		res, raw := c.do(t, "GET", path, nil)
		if res.StatusCode != 200 || !strings.Contains(string(raw), want) {
			t.Errorf("GET %s: %d %.200s, want %s", path, res.StatusCode, raw, want)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("GET %s: headers %v", path, res.Header)
		}
	}
	c.want(t, 401, "GET", "/metrics", nil, nil, "X-Forwarded-For", "192.0.2.1")
	for host, want := range map[string]int{"localhost": 200, "[::1]:9": 200, "127.0.0.1": 200, "rebound.example:8080": 401, "localhost.example": 401} {
		req, err := http.NewRequest("GET", s.URL+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("metrics as %s: %d, want %d", host, res.StatusCode, want)
		}
	}
	s.signIn(t, "anna").want(t, 403, "GET", "/metrics", nil, nil, "X-Forwarded-For", "192.0.2.1")
	res, _ := s.signIn(t, "admin").do(t, "GET", "/metrics", nil, "X-Forwarded-For", "192.0.2.1")
	if res.StatusCode != 200 {
		t.Errorf("metrics for an admin: %d", res.StatusCode)
	}
	if res, err := http.Get(s.URL + "/docs"); err == nil {
		page, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		for _, outside := range []string{"<script", "https://", "http://", "<link"} {
			if strings.Contains(string(page), outside) {
				t.Errorf("the documents load or name %s", outside)
			}
		}
	}
}
