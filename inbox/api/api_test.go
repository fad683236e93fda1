package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/api"
	"skein/inbox/auth"
	"skein/inbox/blob"
	"skein/inbox/inboxtest"
	"skein/inbox/push"
	"skein/inbox/store"
	"skein/inbox/threader"
)

const password = "correct horse battery"

// A server is the API on a real store, with an agent of each of two inboxes and
// an admin.
type server struct {
	here atomic.Value // the one agent who is at work, as a string
	*httptest.Server
	store         *store.Store
	blobs         *blob.Files
	bus           *fakeBus
	now           *clock
	first, second inbox.Inbox
	log           *inboxtest.Said
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time       { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

type fakeBus struct{ replayed, discarded []uint64 }

func (b *fakeBus) Statuses(context.Context) ([]connectors.Status, error) {
	return []connectors.Status{{Channel: inbox.Email, Account: "support", State: "running", LastError: "host mail.internal refused", Received: 3}}, nil
}

func (b *fakeBus) DeadCounts(context.Context) (map[inbox.AccountID]int, error) {
	return map[inbox.AccountID]int{"support": 1}, nil
}

func (b *fakeBus) Dead(_ context.Context, account inbox.AccountID, before uint64, limit int) ([]inbox.DeadLetter, uint64, error) {
	if before == 1 {
		panic("a panic of a part")
	}
	return []inbox.DeadLetter{{ID: "7", Channel: inbox.Email, Account: "support", Reason: "poison"}}, 7, nil
}

func (b *fakeBus) Replay(_ context.Context, id uint64) error {
	if id != 7 {
		return &inbox.Error{Code: inbox.NotFound, Message: "there is no such dead item"}
	}
	b.replayed = append(b.replayed, id)
	return nil
}

func (b *fakeBus) Discard(_ context.Context, id uint64, first func(inbox.DeadLetter) error) error {
	if id != 7 {
		return &inbox.Error{Code: inbox.NotFound, Message: "there is no such dead item"}
	}
	if err := first(inbox.DeadLetter{ID: "7", Channel: inbox.Email, Account: "support", Reason: "poison"}); err != nil {
		return err
	}
	b.discarded = append(b.discarded, id)
	return nil
}

func newServer(t testing.TB) *server {
	t.Helper()
	ctx := t.Context()
	s, passwords := emptyServer(t)
	st := s.store
	brand, calendar, err := st.CreateBrand(ctx, "Shop", "en", "Europe/Vienna", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	hash, err := passwords.Hash(ctx, password)
	if err != nil {
		t.Fatal(err)
	}
	for i, in := range []*inbox.Inbox{&s.first, &s.second} {
		name := []string{"support", "second"}[i]
		if *in, err = st.CreateInbox(ctx, brand, calendar, name, time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := st.SaveAccount(ctx, inbox.Account{ID: inbox.AccountID(name), Channel: inbox.Email, InboxID: in.ID, Name: name,
			Address: name + "@shop.example"}, time.Now()); err != nil {
			t.Fatal(err)
		}
		s.addAgent(t, []string{"anna", "bert"}[i], inbox.AgentRole, hash, in.ID)
	}
	s.addAgent(t, "admin", inbox.AdminRole, hash)
	return s
}

// emptyServer is one of which nobody is an agent yet.
func emptyServer(t testing.TB) (*server, *auth.Passwords) {
	t.Helper()
	ctx := t.Context()
	st, err := store.Open(ctx, inboxtest.Database(t), 8, threader.Rules())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	blobs, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := auth.NewTokens([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	passwords := auth.NewPasswords(auth.Cost{Memory: 64, Passes: 1, Threads: 1}, 2)
	s := &server{store: st, blobs: blobs, bus: &fakeBus{}, now: &clock{at: time.Now()}, log: &inboxtest.Said{}}
	s.Server = httptest.NewServer(api.New(api.Config{
		Store: st, Blobs: blobs, Bus: s.bus, Accounts: testDesk(st), Orders: fakeOrders{}, Public: "https://help.example", Tokens: tokens, Passwords: passwords,
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Seal: func(id inbox.MessageID, in inbox.ConversationID, account *inbox.Account) (string, string) {
			return string(id) + "@shop.example", ""
		},
		MatchKey: func(address string) string {
			if !strings.Contains(address, "@") {
				return ""
			}
			return strings.ToLower(address)
		},
		CodeSum: func(code string) []byte { return []byte("sum of " + code) },
		Encode: func(d inbox.Departure) (string, []byte, error) {
			payload, err := json.Marshal(d)
			return "skein.out." + string(d.Message.Channel) + "." + string(d.Message.Account), payload, err
		},
		Push:    push.New(push.Config{Store: st, Seal: func(b []byte) ([]byte, error) { return json.Marshal(b) }, Open: func(b []byte) (plain []byte, err error) { return plain, json.Unmarshal(b, &plain) }}),
		Metrics: prometheus.NewRegistry(), Now: s.now.now, Demo: true, SetupCode: "ABCD-EFGH-IJKL-MNOP", Here: func(id inbox.AgentID) bool { return s.here.Load() == string(id) },
		Web: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page") }),
	}))
	t.Cleanup(s.Close)
	return s, passwords
}

func (s *server) addAgent(t testing.TB, name string, role inbox.Role, hash string, in ...inbox.InboxID) {
	t.Helper()
	if err := s.store.SaveAgent(t.Context(), inbox.Agent{ID: inbox.NewID[inbox.AgentID](time.Now()), Email: name + "@skein.example",
		Name: name, Role: role, Active: true}, hash, in, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
}

// mail delivers one mail, with a source in Blobs.
func (s *server) mail(t testing.TB, account inbox.AccountID, id, from, text string, refs ...string) {
	t.Helper()
	now := time.Now()
	sum, _, err := s.blobs.Put(t.Context(), strings.NewReader("source of "+id))
	if err != nil {
		t.Fatal(err)
	}
	m := &inbox.Arrival{SenderKey: from, Identity: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: from},
		Person: inbox.Party{Address: from}, Own: inbox.HeaderKey(id), People: []string{from}, Raw: sum}
	m.HeaderID, m.Direction, m.Text, m.VisibleText, m.Subject, m.CreatedAt, m.SentAt = id, inbox.In, text, text, "subject", now, now
	m.Author = inbox.Author{Kind: inbox.ByCustomer, Address: from}
	for _, r := range refs {
		m.Refs = append(m.Refs, inbox.Ref{Key: inbox.HeaderKey(r), ID: r, Step: inbox.ByInReplyTo})
	}
	if err := s.store.Deliver(t.Context(), []inbox.Received{{Account: account, Channel: inbox.Email, EventID: "mail:" + id, At: now, Message: m}}); err != nil {
		t.Fatal(err)
	}
}

// A client is somebody signed in.
type client struct {
	*server
	http  *http.Client
	token string
}

func (s *server) client(t testing.TB) *client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{server: s, http: &http.Client{Jar: jar}}
}

func (s *server) signIn(t testing.TB, name string) *client {
	t.Helper()
	c := s.client(t)
	var out api.Signed
	c.want(t, 200, "POST", "/api/v1/login", map[string]string{"email": name + "@skein.example", "password": password}, &out)
	c.token = out.AccessToken
	return c
}

// do sends a request; body is JSON, an io.Reader as it is, or nil.
func (c *client) do(t testing.TB, method, path string, body any, header ...string) (*http.Response, []byte) {
	t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		r = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.URL+path, r)
	if err != nil {
		t.Fatal(err)
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, raw
}

// want sends a request, fails unless the status is as wanted and every error a
// problem document, and reads the answer into out.
func (c *client) want(t testing.TB, status int, method, path string, body, out any, header ...string) *http.Response {
	t.Helper()
	res, raw := c.do(t, method, path, body, header...)
	if res.StatusCode != status {
		t.Fatalf("%s %s: %d, want %d: %s", method, path, res.StatusCode, status, raw)
	}
	checkProblem(t, method+" "+path, res, raw)
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return res
}

func checkProblem(t testing.TB, what string, res *http.Response, raw []byte) {
	t.Helper()
	if res.StatusCode < 400 {
		return
	}
	var p api.Problem
	if err := json.Unmarshal(raw, &p); err != nil || res.Header.Get("Content-Type") != "application/problem+json" ||
		p.Status != res.StatusCode || p.Code == "" || p.Detail == "" || p.Title == "" {
		t.Errorf("%s: %d %s is not a problem document: %s", what, res.StatusCode, res.Header.Get("Content-Type"), raw)
	}
}

type listOf[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

func (c *client) list(t testing.TB, query string) listOf[inbox.Conversation] {
	t.Helper()
	var out listOf[inbox.Conversation]
	c.want(t, 200, "GET", "/api/v1/conversations"+query, nil, &out)
	return out
}

// One agent's whole day by HTTP.
func TestWork(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is my kettle")
	s.mail(t, "second", "m2", "lee@x.example", "hello")
	anna := s.signIn(t, "anna")
	var me api.Me
	anna.want(t, 200, "GET", "/api/v1/me", nil, &me)
	if me.Agent.Name != "anna" || len(me.Inboxes) != 1 || len(me.Agents) != 3 || !me.Demo || me.Teams == nil {
		t.Errorf("me = %+v", me)
	}
	list := anna.list(t, "")
	if len(list.Items) != 1 || list.Next != "" {
		t.Fatalf("list = %+v", list)
	}
	c := list.Items[0]
	at := "/api/v1/conversations/" + string(c.ID)

	var patched inbox.Conversation
	anna.want(t, 200, "PATCH", at, map[string]any{"assigneeId": me.Agent.ID, "version": c.Version}, &patched)
	anna.want(t, 409, "PATCH", at, map[string]any{"status": "closed", "version": c.Version}, nil)
	if mine := anna.list(t, "?assignee=me"); len(mine.Items) != 1 {
		t.Errorf("assigned to me = %d, want 1", len(mine.Items))
	}
	if none := anna.list(t, "?assignee=none"); len(none.Items) != 0 {
		t.Errorf("assigned to nobody = %d, want 0", len(none.Items))
	}
	body := map[string]any{"text": "On its way.", "html": `<p onclick="x()">On its way.<script>alert(1)</script></p>`, "seenSeq": c.PublicSeq}
	anna.want(t, 422, "POST", at+"/replies", body, nil)
	var m inbox.Message
	anna.want(t, 202, "POST", at+"/replies", body, &m, "Idempotency-Key", "key-0001")
	if m.State != inbox.Queued || strings.Contains(m.HTML, "script") || strings.Contains(m.HTML, "onclick") || m.HTML == "" {
		t.Errorf("reply = %+v", m)
	}
	var again inbox.Message
	anna.want(t, 202, "POST", at+"/replies", body, &again, "Idempotency-Key", "key-0001")
	if again.ID != m.ID {
		t.Errorf("the same call again made %s, want %s", again.ID, m.ID)
	}
	var p api.Problem
	anna.want(t, 409, "POST", at+"/replies", body, &p, "Idempotency-Key", "key-0002")
	if p.Code != inbox.Conflict || len(p.Newer) != 1 || p.Newer[0].ID != m.ID {
		t.Errorf("problem = %+v, want what is newer", p)
	}
	anna.want(t, 201, "POST", at+"/notes", map[string]string{"text": "A note."}, nil, "Idempotency-Key", "key-0003")
	var page api.MessagePage
	anna.want(t, 200, "GET", at+"/messages?limit=2", nil, &page)
	if len(page.Items) != 2 || page.Items[1].Kind != inbox.Note || page.Next != 2 {
		t.Errorf("messages = %+v", page)
	}
	anna.want(t, 200, "GET", at+"/messages?limit=2&before=2", nil, &page)
	if len(page.Items) != 1 || page.Next != 0 {
		t.Errorf("first messages = %+v", page)
	}
	anna.want(t, 409, "POST", "/api/v1/messages/"+string(m.ID)+"/resend", nil, nil)
	var counts listOf[inbox.Count]
	anna.want(t, 200, "GET", "/api/v1/counts", nil, &counts)
	if len(counts.Items) != 1 || counts.Items[0].Count != 1 || counts.Items[0].AssigneeID != me.Agent.ID {
		t.Errorf("counts = %+v", counts)
	}
	var customer inbox.Customer
	anna.want(t, 200, "GET", "/api/v1/customers/"+string(c.Customer.CustomerID), nil, &customer)
	if len(customer.Identities) != 1 {
		t.Errorf("customer = %+v", customer)
	}
	for _, tail := range []string{"/timeline", "/orders", "/conversations"} {
		anna.want(t, 200, "GET", "/api/v1/customers/"+string(customer.ID)+tail, nil, nil)
	}
	if _, err := s.store.IndexMessages(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	var hits listOf[inbox.Hit]
	anna.want(t, 200, "GET", "/api/v1/search?q=kettle", nil, &hits)
	if len(hits.Items) != 1 || hits.Items[0].Conversation.ID != c.ID || !strings.Contains(hits.Items[0].Snippet, "kettle") {
		t.Errorf("hits = %+v", hits)
	}
	var conns listOf[api.Connector]
	anna.want(t, 200, "GET", "/api/v1/connectors", nil, &conns)
	if len(conns.Items) != 1 || conns.Items[0].State != "running" || strings.Contains(conns.Items[0].LastError, "internal") {
		t.Errorf("connectors = %+v", conns)
	}
	anna.want(t, 403, "GET", "/api/v1/dead", nil, nil)
	anna.want(t, 403, "POST", "/api/v1/dead/7/replay", nil, nil)
	admin := s.signIn(t, "admin")
	var dead listOf[inbox.DeadLetter]
	admin.want(t, 200, "GET", "/api/v1/dead", nil, &dead)
	admin.want(t, 202, "POST", "/api/v1/dead/7/replay", nil, nil)
	anna.want(t, 403, "DELETE", "/api/v1/dead/7", nil, nil)
	admin.want(t, 404, "DELETE", "/api/v1/dead/x", nil, nil)
	admin.want(t, 204, "DELETE", "/api/v1/dead/7", nil, nil)
	if len(s.bus.discarded) != 1 {
		t.Errorf("discarded %v, want the one", s.bus.discarded)
	}
	var told listOf[inbox.AuditEntry]
	admin.want(t, 200, "GET", "/api/v1/audit?kind=letter.discarded", nil, &told)
	if len(told.Items) != 1 || told.Items[0].Subject != "poison" || told.Items[0].Actor.Name != "admin" || len(told.Items[0].Changes) == 0 {
		t.Errorf("the log tells of %+v", told.Items)
	}
	admin.want(t, 404, "POST", "/api/v1/dead/8/replay", nil, nil)
	if len(dead.Items) != 1 || dead.Next != "7" || len(s.bus.replayed) != 1 {
		t.Errorf("dead = %+v, replayed %v", dead, s.bus.replayed)
	}
	if log := s.log.String(); strings.Contains(log, "kettle") || strings.Contains(log, "example") || strings.Contains(log, string(c.ID)) {
		t.Errorf("the log tells of people:\n%s", log)
	}
}

// Of another inbox nothing can be had by any route.
func TestRights(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.mail(t, "support", "m1", "kim@x.example", "where is my kettle")
	anna, bert := s.signIn(t, "anna"), s.signIn(t, "bert")
	c := anna.list(t, "").Items[0]
	var page api.MessagePage
	anna.want(t, 200, "GET", "/api/v1/conversations/"+string(c.ID)+"/messages", nil, &page)
	file := anna.upload(t, "a.txt", "hello", 201)
	key := []string{"Idempotency-Key", "key-0001"}
	for _, test := range []struct {
		method, path string
		body         any
		header       []string
	}{
		{"GET", "/conversations/" + string(c.ID), nil, nil},
		{"GET", fmt.Sprint("/conversations/", c.Number), nil, nil},
		{"PATCH", "/conversations/" + string(c.ID), map[string]string{"status": "closed"}, nil},
		{"GET", "/conversations/" + string(c.ID) + "/messages", nil, nil},
		{"POST", "/conversations/" + string(c.ID) + "/replies", map[string]any{"text": "x", "seenSeq": 1}, key},
		{"POST", "/conversations/" + string(c.ID) + "/notes", map[string]any{"text": "x"}, key},
		{"POST", "/messages/" + string(page.Items[0].ID) + "/resend", nil, nil},
		{"GET", "/messages/" + string(page.Items[0].ID) + "/raw", nil, nil},
		{"GET", "/attachments/" + string(file.ID), nil, nil},
		{"GET", "/customers/" + string(c.Customer.CustomerID), nil, nil},
		{"GET", "/customers/" + string(c.Customer.CustomerID) + "/timeline", nil, nil},
		{"GET", "/customers/" + string(c.Customer.CustomerID) + "/orders", nil, nil},
		{"GET", "/customers/" + string(c.Customer.CustomerID) + "/conversations", nil, nil},
	} {
		bert.want(t, 404, test.method, "/api/v1"+test.path, test.body, nil, test.header...)
		s.client(t).want(t, 401, test.method, "/api/v1"+test.path, test.body, nil, test.header...)
	}
	for _, query := range []string{"", "?status=all", "?inbox=" + string(s.first.ID), "?text=kettle"} {
		if got := bert.list(t, query); len(got.Items) != 0 {
			t.Errorf("list%s of another inbox = %d rows", query, len(got.Items))
		}
	}
	var hits listOf[inbox.Hit]
	bert.want(t, 200, "GET", fmt.Sprint("/api/v1/search?q=", c.Number), nil, &hits)
	if len(hits.Items) != 0 {
		t.Errorf("search in another inbox = %+v", hits)
	}
}

func (c *client) upload(t testing.TB, name, content string, status int) inbox.Attachment {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, content)
	_ = form.Close()
	var out inbox.Attachment
	c.want(t, status, "POST", "/api/v1/attachments", &b, &out, "Content-Type", form.FormDataContentType())
	return out
}
