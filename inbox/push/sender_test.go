package push

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"skein/inbox"
	"skein/inbox/inboxtest"
	"skein/inbox/store"
	"skein/inbox/threader"
)

// A service is a push service: it checks what reaches it, and opens it as the
// browser would.
type service struct {
	*httptest.Server
	t       *testing.T
	browser *ecdh.PrivateKey
	auth    []byte
	key     []byte

	mu     sync.Mutex
	got    map[string][]payload // by path
	topics map[string]string
	answer map[string][]int // what comes first, then 201
}

func newService(t *testing.T) *service {
	t.Helper()
	browser, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, browser: browser, auth: make([]byte, 16), got: map[string][]payload{}, topics: map[string]string{}, answer: map[string][]int{}}
	_, _ = rand.Read(s.auth)
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.take))
	t.Cleanup(s.Close)
	return s
}

func (s *service) take(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	if list := s.answer[r.URL.Path]; len(list) > 0 {
		s.answer[r.URL.Path] = list[1:]
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(list[0])
		return
	}
	token, key, ok := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "vapid t="), ", k=")
	raw, err := base64.RawURLEncoding.DecodeString(key)
	if !ok || err != nil || string(raw) != string(s.key) {
		s.t.Errorf("signed as %q", r.Header.Get("Authorization"))
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		s.t.Error(err)
	}
	claims := jwt.MapClaims{}
	if _, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return public, nil },
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience("https://"+r.Host), jwt.WithExpirationRequired()); err != nil {
		s.t.Errorf("token: %v", err)
	}
	if exp, err := claims.GetExpirationTime(); err != nil || time.Until(exp.Time) > 24*time.Hour || claims["sub"] != "mailto:ops@shop.example" {
		s.t.Errorf("claims: %v", claims)
	}
	if r.Method != "POST" || r.Header.Get("Content-Encoding") != "aes128gcm" || r.Header.Get("TTL") == "" || r.Header.Get("Urgency") == "" || len(r.Header.Get("Topic")) > 32 {
		s.t.Errorf("%s with %v", r.Method, r.Header)
	}
	plain, err := decrypt(body, s.browser, s.auth)
	if err != nil {
		s.t.Errorf("decrypt: %v", err)
	}
	var p payload
	if err := json.Unmarshal(plain, &p); err != nil {
		s.t.Errorf("payload %q: %v", plain, err)
	}
	s.got[r.URL.Path] = append(s.got[r.URL.Path], p)
	s.topics[r.URL.Path] = r.Header.Get("Topic")
	w.WriteHeader(http.StatusCreated)
}

// of are the titles and bodies that a device got.
func (s *service) of(path string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, p := range s.got[path] {
		list = append(list, p.Title+"|"+p.Body)
	}
	return list
}

func (s *service) left(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.answer[path])
}

// A rig is a store with an inbox, two agents, and a push service.
type rig struct {
	*store.Store
	*service
	pool     *pgxpool.Pool
	in       inbox.Inbox
	anna, su *inbox.Caller
	mails    int
	attends  sync.Map // agents
}

func newRig(t *testing.T) *rig {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	dsn := inboxtest.Database(t)
	s, err := store.Open(ctx, dsn, 8, threader.Rules())
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close(); s.Close() })
	brand, calendar, err := s.CreateBrand(ctx, "Brand", "en", "Europe/Vienna", now)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Store: s, service: newService(t), pool: pool}
	if r.in, err = s.CreateInbox(ctx, brand, calendar, "Support", now); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SaveAccount(ctx, inbox.Account{ID: "support", Channel: inbox.Email, InboxID: r.in.ID, Name: "Support", Address: "support@shop.example"}, now); err != nil {
		t.Fatal(err)
	}
	r.anna, r.su = r.agent(t, "Anna", inbox.AgentRole, "de", r.in.ID), r.agent(t, "Su", inbox.SupervisorRole, "en")
	return r
}

func (r *rig) agent(t *testing.T, name string, role inbox.Role, locale string, in ...inbox.InboxID) *inbox.Caller {
	t.Helper()
	now := time.Now()
	a := inbox.Agent{ID: inbox.NewID[inbox.AgentID](now), Email: name + "@skein.example", Name: name, Role: role, Locale: locale, Active: true}
	if err := r.SaveAgent(t.Context(), a, "hash", in, nil, now); err != nil {
		t.Fatal(err)
	}
	session := inbox.Session{ID: inbox.NewID[inbox.SessionID](now), AgentID: a.ID, Hash: []byte(name), ExpiresAt: now.Add(time.Hour)}
	if err := r.CreateSession(t.Context(), session, now); err != nil {
		t.Fatal(err)
	}
	rights, err := r.Rights(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return &inbox.Caller{Rights: rights, Session: session.ID, Request: "test"}
}

// sender is a node's.
func (r *rig) sender(t *testing.T) *Sender {
	t.Helper()
	seal := func(b []byte) ([]byte, error) { return json.Marshal(b) }
	open := func(b []byte) (plain []byte, err error) { return plain, json.Unmarshal(b, &plain) }
	return New(Config{Store: r.Store, Seal: seal, Open: open, Subject: "mailto:ops@shop.example", Log: slog.New(slog.DiscardHandler), Client: r.Client(),
		Attends: func(a inbox.AgentID, _ inbox.ConversationID) bool { _, here := r.attends.Load(a); return here }})
}

// run has a node push until the test ends.
func run(t *testing.T, s *Sender) {
	ctx, cancel := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { _ = s.Run(ctx) })
	t.Cleanup(func() { cancel(); ended.Wait() })
}

func (r *rig) device(t *testing.T, of *inbox.Caller, path string) inbox.PushSubscription {
	t.Helper()
	key, err := r.sender(t).PublicKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	r.key = key
	r.mu.Unlock()
	sub, err := r.Subscribe(t.Context(), of, inbox.PushSubscription{Endpoint: r.URL + path, P256dh: r.browser.PublicKey().Bytes(), Auth: r.auth, ServerKey: key, Name: path}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// tell has a customer's new conversation given to an agent.
func (r *rig) tell(t *testing.T, to *inbox.Caller) inbox.Conversation {
	t.Helper()
	r.mails++
	now, id, from := time.Now(), fmt.Sprint("m", r.mails), fmt.Sprintf("kim%d@x.example", r.mails)
	m := &inbox.Arrival{SenderKey: from, Identity: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: from}, Person: inbox.Party{Address: from}, Own: inbox.HeaderKey(id), People: []string{from}}
	m.HeaderID, m.Direction, m.Text, m.Subject, m.CreatedAt, m.SentAt = id, inbox.In, "the secret words", "a secret matter", now, now
	m.Author = inbox.Author{Kind: inbox.ByCustomer, Address: from}
	if err := r.Deliver(t.Context(), []inbox.Received{{Account: "support", Channel: inbox.Email, EventID: id, At: now, Message: m}}); err != nil {
		t.Fatal(err)
	}
	list, _, err := r.Conversations(t.Context(), &r.su.Rights, inbox.ConversationFilter{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Patch(t.Context(), r.su, string(list[0].ID), inbox.Patch{Assignee: &to.Agent.ID}, now); err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// now makes what is to be pushed due.
func (r *rig) now(t *testing.T) {
	t.Helper()
	if _, err := r.pool.Exec(t.Context(), `WITH d AS (UPDATE pushes SET due_at = now() RETURNING 1) SELECT pg_notify('skein_push', '') FROM d`); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) count(t *testing.T, sql string) int {
	t.Helper()
	var n int
	if err := r.pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// Each device gets each notification once, though three nodes push; encrypted and
// signed, in the agent's language, without what was said unless the agent wants it.
func TestPushOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.device(t, r.anna, "/desk")
	r.device(t, r.anna, "/phone")
	r.device(t, r.anna, "/phone") // the same again
	for range 3 {
		s := r.sender(t)
		run(t, s)
	}
	const n = 12
	for range n {
		r.tell(t, r.anna)
	}
	r.now(t)
	wait(t, "all pushes", func() bool { return len(r.of("/desk")) >= n && len(r.of("/phone")) >= n })
	if left := r.count(t, `SELECT count(*) FROM pushes`); left != 0 {
		t.Errorf("%d are left", left)
	}
	for _, path := range []string{"/desk", "/phone"} {
		seen := map[string]bool{}
		for _, text := range r.of(path) {
			if seen[text] || !strings.HasPrefix(text, "Su hat dir #") || !strings.HasSuffix(text, " gegeben|") {
				t.Errorf("%s got %q", path, text)
			}
			seen[text] = true
		}
		if len(seen) != n {
			t.Errorf("%s got %d, want %d", path, len(seen), n)
		}
	}
	yes := true
	if _, err := r.PatchNotificationSettings(t.Context(), r.anna, inbox.NotificationPatch{PushText: &yes}); err != nil {
		t.Fatal(err)
	}
	c := r.tell(t, r.anna)
	r.now(t)
	wait(t, "one with words", func() bool { return len(r.of("/desk")) > n })
	if got := r.of("/desk")[n]; !strings.HasSuffix(got, "|a secret matter") {
		t.Errorf("who wants words gets %q", got)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if topic := r.topics["/desk"]; topic != topicOf(c.ID) || len(topic) != 22 {
		t.Errorf("topic %q", topic)
	}
}

// Nothing is pushed of what was read, or may not be seen any more, nor to who is at
// the desk, has signed out, or has turned it off there.
func TestPushSpares(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	s := r.sender(t)
	key, err := s.Key(ctx)
	if err != nil {
		t.Fatal(err)
	}
	round := func(what string, want int) {
		t.Helper()
		r.now(t)
		before := len(r.of("/desk"))
		for more := true; more; {
			var err error
			if more, err = s.round(ctx, key); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(r.of("/desk")) - before; got != want {
			t.Errorf("%s: %d pushes, want %d", what, got, want)
		}
		if left := r.count(t, `SELECT count(*) FROM pushes`); left != 0 {
			t.Errorf("%s: %d are left", what, left)
		}
	}
	sub := r.device(t, r.anna, "/desk")
	c := r.tell(t, r.anna)
	if n, err := r.ReadNotifications(ctx, r.anna, inbox.ReadSelection{Conversation: string(c.ID)}, time.Now()); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	round("read", 0)
	r.attends.Store(r.anna.Agent.ID, true)
	r.tell(t, r.anna)
	round("at the desk", 0)
	r.attends.Delete(r.anna.Agent.ID)
	r.tell(t, r.anna)
	round("away", 1)
	r.tell(t, r.anna)
	if err := r.SaveAgent(ctx, r.anna.Agent, "", []inbox.InboxID{}, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	round("may not see it any more", 0)
	if err := r.SaveAgent(ctx, r.anna.Agent, "", []inbox.InboxID{r.in.ID}, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.PatchNotificationSettings(ctx, r.anna, inbox.NotificationPatch{Kinds: map[inbox.NotificationKind]inbox.Ways{inbox.AssignmentNotice: {App: true}}}); err != nil {
		t.Fatal(err)
	}
	r.tell(t, r.anna)
	round("turned off", 0)
	if _, err := r.PatchNotificationSettings(ctx, r.anna, inbox.NotificationPatch{Kinds: map[inbox.NotificationKind]inbox.Ways{inbox.AssignmentNotice: {Push: true}}}); err != nil {
		t.Fatal(err)
	}
	r.tell(t, r.anna)
	round("pushes alone", 1)

	// Another agent signs in with the same browser: it is theirs from now on.
	r.tell(t, r.anna)
	r.device(t, r.su, "/desk")
	round("another's browser", 0)
	if list, err := r.Subscriptions(ctx, r.anna); err != nil || len(list) != 0 {
		t.Errorf("anna still has %v, %v", list, err)
	}
	if err := r.RemoveSubscription(ctx, r.su, sub.ID); inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("removing what is gone: %v", err)
	}
	r.device(t, r.anna, "/desk")
	r.tell(t, r.anna)
	if err := r.RevokeSession(ctx, r.anna.Session, time.Now()); err != nil {
		t.Fatal(err)
	}
	round("signed out", 0)
}

// A browser that is gone is forgotten; a service that is busy is asked again when it
// says so; what it refuses is not tried again.
func TestPushAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for path, codes := range map[string][]int{"/gone": {410}, "/busy": {429, 503}, "/refused": {400}} {
		r.device(t, r.anna, path)
		r.answer[path] = codes
	}
	run(t, r.sender(t))
	r.tell(t, r.anna)
	r.now(t)
	wait(t, "the first answers", func() bool { return r.left("/gone") == 0 && r.left("/busy") <= 1 && r.left("/refused") == 0 })
	wait(t, "the gone is forgotten", func() bool { return r.count(t, `SELECT count(*) FROM push_subscriptions WHERE name = '/gone'`) == 0 })
	wait(t, "the busy is put off", func() bool {
		return r.count(t, `SELECT count(*) FROM pushes WHERE tries = 1 AND due_at > now() + interval '100 ms'`) == 1
	})
	r.now(t)
	wait(t, "put off again", func() bool { return r.count(t, `SELECT count(*) FROM pushes WHERE tries = 2`) == 1 })
	r.now(t)
	wait(t, "the busy has it", func() bool { return len(r.of("/busy")) == 1 })
	if len(r.of("/refused")) != 0 || r.count(t, `SELECT count(*) FROM push_subscriptions`) != 2 {
		t.Error("what was refused is tried again, or forgotten")
	}
}

// Endpoints that are not public are refused when they are given, and not asked when
// a name leads there; what is no key is named.
func TestPushEndpoints(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	browser, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := inbox.PushSubscription{Endpoint: "https://push.example/x", P256dh: browser.PublicKey().Bytes(), Auth: make([]byte, 16)}
	if err := s.Check(&good); err != nil {
		t.Error(err)
	}
	for _, endpoint := range []string{"http://push.example/x", "https://127.0.0.1/x", "https://10.0.0.1/", "https://[::1]/", "https://[fd00::1]/", "https://169.254.169.254/latest",
		"https://localhost:8080/", "https://a.localhost/", "https://user:pass@push.example/", "https://intranet/x", "ftp://push.example", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "x", "", "https://push.example/ x"} {
		bad := good
		bad.Endpoint = endpoint
		if err := s.Check(&bad); inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("Check(%q) = %v", endpoint, err)
		}
	}
	for _, change := range []func(*inbox.PushSubscription){
		func(p *inbox.PushSubscription) { p.Auth = nil }, func(p *inbox.PushSubscription) { p.P256dh = []byte("x") },
		func(p *inbox.PushSubscription) { p.P256dh = append([]byte{4}, make([]byte, 64)...) },
	} {
		bad := good
		change(&bad)
		if err := s.Check(&bad); inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("Check(%v) = %v", bad, err)
		}
	}
	asked := false
	inner := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inner.Close()
	if _, err := publicClient().Get(inner.URL); inbox.CodeOf(err) != inbox.Forbidden || asked {
		t.Errorf("asked our own network: %v, %v", err, asked)
	}
	for in, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-1": 0, "x": 0, "99999999": 24 * time.Hour} {
		if got := retryAfter(in, time.Now()); got != want {
			t.Errorf("retryAfter(%q) = %v, want %v", in, got, want)
		}
	}
	now := time.Now().UTC().Truncate(time.Second)
	if got := retryAfter(now.Add(time.Minute).Format(http.TimeFormat), now); got != time.Minute {
		t.Errorf("retryAfter(a time) = %v", got)
	}
}

// All nodes have one key, and one that can't be opened any more gives way.
func TestPushKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var mu sync.Mutex
	keys := map[string]bool{}
	var all sync.WaitGroup
	for range 6 {
		s := r.sender(t)
		all.Go(func() {
			key, err := s.PublicKey(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if keys[string(key)] = true; err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(keys) != 1 {
		t.Errorf("%d keys", len(keys))
	}
	r.device(t, r.anna, "/desk")
	other := r.sender(t)
	other.cfg.Open = func([]byte) ([]byte, error) { return nil, fmt.Errorf("another secret") }
	if _, err := other.PublicKey(t.Context()); inbox.CodeOf(err) != inbox.Unavailable {
		t.Errorf("a key that can't be opened: %v", err)
	}
	key, err := r.sender(t).PublicKey(t.Context())
	if err != nil || keys[string(key)] {
		t.Errorf("made anew: %v, the old one: %v", err, keys[string(key)])
	}
	if n := r.count(t, `SELECT count(*) FROM push_subscriptions`); n != 0 {
		t.Errorf("%d browsers still subscribe with the old key", n)
	}
}
