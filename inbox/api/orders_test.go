package api_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"
	"skein/inbox/api"
	"skein/inbox/orderlink"
)

// said delivers a mail that names what is in its text.
func (s *server) said(t testing.TB, id, from, text string, change ...func(*inbox.Arrival)) {
	t.Helper()
	now := time.Now()
	sum, _, err := s.blobs.Put(t.Context(), strings.NewReader("source of "+id))
	if err != nil {
		t.Fatal(err)
	}
	m := &inbox.Arrival{SenderKey: from, Identity: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: from},
		Person: inbox.Party{Address: from}, Own: inbox.HeaderKey(id), People: []string{from}, Raw: sum, Mentions: orderlink.Find("", text, nil)}
	m.HeaderID, m.Direction, m.Text, m.VisibleText, m.Subject, m.CreatedAt, m.SentAt, m.Proof = id, inbox.In, text, text, id, now, now, inbox.Proven
	m.Author = inbox.Author{Kind: inbox.ByCustomer, Address: from}
	for _, c := range change {
		c(m)
	}
	if err := s.store.Deliver(t.Context(), []inbox.Received{{Account: "support", Channel: inbox.Email, EventID: "mail:" + id, At: now, Message: m}}); err != nil {
		t.Fatal(err)
	}
}

func (s *server) bought(t testing.TB, number, buyer string) {
	t.Helper()
	now := time.Now()
	if err := s.store.Deliver(t.Context(), []inbox.Received{{Account: "shop", Channel: inbox.Shop, EventID: "order:" + number, At: now, Order: &inbox.Order{
		Store: "shop", ExternalID: number, Number: number, NumberKey: orderlink.NumberKey(number), Email: buyer, Status: "paid", Currency: "EUR",
		PlacedAt: now, UpdatedAt: now, Buyer: inbox.IdentityRef{Kind: inbox.EmailAddress, Key: buyer},
	}}}); err != nil {
		t.Fatal(err)
	}
}

// The source of a message in which a card was masked is for admins alone; who
// may see the message learns that there is one.
func TestRawOfMasked(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.said(t, "masked", "kim@x.example", "my card is ************1111", func(a *inbox.Arrival) { a.Masked = true })
	s.said(t, "plain", "lee@x.example", "hello")
	anna, bert, admin := s.signIn(t, "anna"), s.signIn(t, "bert"), s.signIn(t, "admin")
	for _, c := range anna.list(t, "").Items {
		var page api.MessagePage
		anna.want(t, 200, "GET", "/api/v1/conversations/"+string(c.ID)+"/messages", nil, &page)
		m := page.Items[0]
		raw, want := "/api/v1/messages/"+string(m.ID)+"/raw", 200
		if m.Masked != (m.HeaderID == "masked") {
			t.Errorf("%s: masked is %v", m.HeaderID, m.Masked)
		}
		if m.Masked {
			want = 403
			var p api.Problem
			anna.want(t, want, "GET", raw, nil, &p)
			if !strings.Contains(p.Detail, "admin") {
				t.Errorf("the refusal does not say who may: %+v", p)
			}
		}
		anna.want(t, want, "GET", raw, nil, nil)
		bert.want(t, 404, "GET", raw, nil, nil)
		res, body := admin.do(t, "GET", raw, nil)
		if res.StatusCode != 200 || string(body) != "source of "+m.HeaderID {
			t.Errorf("an admin gets %d %q of %s", res.StatusCode, body, m.HeaderID)
		}
	}
}

// What is not the customer's own is linked by its number or id to nobody, in the
// same words whether or not it is there; guessing ends soon.
func TestOrdersAreNotGuessed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.bought(t, "#10021", "ann@x.example")
	s.bought(t, "#58813", "eve@x.example")
	s.said(t, "m", "eve@x.example", "Where is my order #10021?")
	anna := s.signIn(t, "anna")
	c := anna.list(t, "").Items[0]
	at := "/api/v1/conversations/" + string(c.ID)
	var links listOf[inbox.OrderLink]
	anna.want(t, 200, "GET", at+"/orders", nil, &links)
	i := slices.IndexFunc(links.Items, func(l inbox.OrderLink) bool { return l.State == inbox.LinkClaimed })
	if i < 0 {
		t.Fatalf("no claim among %+v", links.Items)
	}
	claim := at + "/claims/" + links.Items[i].ClaimID + "/verify"

	words := map[string]bool{}
	refused := func(status int, method, path string, body any) {
		t.Helper()
		var p api.Problem
		anna.want(t, status, method, path, body, &p)
		words[p.Detail] = true
	}
	anna.want(t, 200, "POST", at+"/orders", map[string]string{"number": "58813"}, &links)
	refused(409, "POST", at+"/orders", map[string]string{"number": "#10021"})
	refused(409, "POST", at+"/orders", map[string]string{"number": "#77777"})
	refused(409, "PUT", at+"/orders/01900000-0000-7000-8000-000000000000", map[string]string{"verdict": "linked"})
	if len(words) != 1 {
		t.Errorf("a stranger's and no order are told apart: %v", words)
	}

	// Nor are they by a search: what is found is what was said, and orders that are
	// linked in sight.
	for n := 1; n > 0; {
		var err error
		if n, err = s.store.IndexNames(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		number string
		want   int
	}{{"58813", 1}, {"58831", 1}, {"10021", 0}, {"10012", 0}, {"100", 0}, {"77777", 0}} {
		var found listOf[inbox.Found]
		anna.want(t, 200, "GET", "/api/v1/find?kind=order&q="+test.number, nil, &found)
		if len(found.Items) != test.want {
			t.Errorf("order %s is found %d times, want %d", test.number, len(found.Items), test.want)
		}
		anna.want(t, 200, "GET", "/api/v1/find?kind=customer&q=ann", nil, &found)
		if len(found.Items) != 0 {
			t.Errorf("a customer who never wrote is found: %+v", found.Items)
		}
		var hits listOf[inbox.Hit]
		anna.want(t, 200, "GET", "/api/v1/search?q=order:"+test.number, nil, &hits)
		if want := map[string]int{"58813": 1}[test.number]; len(hits.Items) != want {
			t.Errorf("order:%s is found in %d conversations, want %d", test.number, len(hits.Items), want)
		}
	}
	anna.want(t, 422, "PUT", at+"/orders/not-an-id", map[string]string{"verdict": "linked"}, nil)
	anna.want(t, 422, "POST", claim, map[string]string{"postcode": "1"}, nil)
	anna.want(t, 404, "POST", at+"/claims/01900000-0000-7000-8000-000000000000/verify", map[string]string{"override": "sure"}, nil)
	for i := range 6 {
		want := 409
		if i == 5 {
			want = 429
		}
		res := anna.want(t, want, "POST", claim, map[string]string{"postcode": "1", "item": "kettle"}, nil)
		if want == 429 && res.Header.Get("Retry-After") == "" {
			t.Error("it is not said how long to wait")
		}
	}
	s.now.pass(time.Minute + time.Second)
	anna.want(t, 409, "POST", claim, map[string]string{"postcode": "1", "item": "kettle"}, nil)
	s.signIn(t, "bert").want(t, 404, "GET", at+"/orders", nil, nil)
}

// A code is sent for, told and refused alike whether or not there is an order, and
// nothing that an agent is answered names where it went.
func TestSendCode(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.bought(t, "#10021", "ann@x.example")
	anna := s.signIn(t, "anna")
	answers := map[string]bool{}
	for _, number := range []string{"#10021", "#77777"} {
		s.said(t, number, "eve"+number[1:]+"@x.example", "Where is my order "+number+"?")
		at := "/api/v1/conversations/" + string(anna.list(t, "").Items[0].ID)
		var links listOf[inbox.OrderLink]
		anna.want(t, 200, "GET", at+"/orders", nil, &links)
		claim := at + "/claims/" + links.Items[0].ClaimID
		anna.want(t, 202, "POST", claim+"/code", nil, &links)
		if l := links.Items[0]; l.Code == nil || l.State != inbox.LinkClaimed {
			t.Errorf("%s: %+v", number, l)
		}
		anna.want(t, 422, "POST", claim+"/verify", map[string]string{"code": "12345"}, nil)
		anna.want(t, 422, "POST", claim+"/verify", map[string]string{"code": "12345x"}, nil)
		var p api.Problem
		anna.want(t, 409, "POST", claim+"/verify", map[string]string{"code": "12 34-56"}, &p)
		_, raw := anna.do(t, "GET", at+"/orders", nil)
		id := links.Items[0].ClaimID
		text := strings.NewReplacer(number, "N", id, "ID", string(links.Items[0].Reason.MessageID), "M").Replace(string(raw) + p.Detail)
		text = regexp.MustCompile(`"(at|expiresAt)":"[^"]*"`).ReplaceAllString(text, "$1")
		answers[text] = true
		if strings.Contains(text, "ann@") {
			t.Errorf("an agent is shown %s", text)
		}
		for range 2 {
			anna.want(t, 202, "POST", claim+"/code", nil, nil)
		}
		anna.want(t, 429, "POST", claim+"/code", nil, nil)
		anna.want(t, 200, "PUT", claim, map[string]string{"verdict": "rejected"}, &links)
		if links.Items[0].State != inbox.LinkRejected {
			t.Errorf("%s: rejected it is %+v", number, links.Items[0])
		}
		anna.want(t, 422, "PUT", claim, map[string]string{"verdict": "linked"}, nil)
		s.signIn(t, "bert").want(t, 404, "POST", claim+"/code", nil, nil)
	}
	if len(answers) != 1 {
		t.Errorf("an order that is there is told from one that isn't: %v", answers)
	}
}

// How stores number their orders is for those who operate.
func TestStores(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, number := range []string{"EN-1001", "EN-1002", "EN-1003"} {
		s.bought(t, number, "ann@x.example")
	}
	admin := s.signIn(t, "admin")
	var list listOf[inbox.ShopStore]
	admin.want(t, 200, "GET", "/api/v1/stores", nil, &list)
	if len(list.Items) != 1 || list.Items[0].Orders != 0 || list.Items[0].Grammar.Examples == nil {
		t.Errorf("before it is learned: %+v", list.Items)
	}
	if _, err := s.store.LearnGrammars(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	admin.want(t, 200, "GET", "/api/v1/stores", nil, &list)
	if st := list.Items[0]; st.Store != "shop" || st.Orders != 3 || st.NewestOrderAt == nil || len(st.Grammar.Examples) == 0 || st.Grammar.Text == "" {
		t.Errorf("stores = %+v", list.Items)
	}
	s.signIn(t, "anna").want(t, 403, "GET", "/api/v1/stores", nil, nil)
}
