package live

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
	"skein/realtime"
)

// A fake is the bus, the store and the hub of a desk.
type fake struct {
	words chan connectors.Live

	mu       sync.Mutex
	accounts []inbox.Account
	agents   []inbox.Agent
	callers  map[inbox.IdentityRef]inbox.Person
	kept     map[string]inbox.ConversationID
	reads    int
	signs    []realtime.Sign
	calls    []realtime.Call
}

func (f *fake) HearLive(ctx context.Context, heard func(connectors.Live)) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case w := <-f.words:
			heard(w)
		}
	}
}

func (f *fake) Accounts(context.Context) ([]inbox.Account, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	return f.accounts, nil
}

func (f *fake) Agents(context.Context) ([]inbox.Agent, error) { return f.agents, nil }

func (f *fake) Caller(_ context.Context, ref inbox.IdentityRef) (inbox.Person, []inbox.InboxID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.callers[ref]
	if !ok {
		return p, nil, &inbox.Error{Code: inbox.NotFound, Message: "nobody"}
	}
	return p, []inbox.InboxID{"sales"}, nil
}

func (f *fake) CallConversation(_ context.Context, account inbox.AccountID, call string) (inbox.ConversationID, inbox.InboxID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := f.kept[string(account)+"/"+call]
	if id == "lost" {
		return "", "", errors.New("the database is away")
	}
	return id, "sales", nil
}

func (f *fake) Sign(s realtime.Sign) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signs = append(f.signs, s)
}

func (f *fake) Call(c realtime.Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, c)
}

func run(t *testing.T) *fake {
	t.Helper()
	f := &fake{
		words: make(chan connectors.Live),
		accounts: []inbox.Account{
			{ID: "web", Channel: inbox.Chat, InboxID: "sales", Name: "Chat"},
			{ID: "line", Channel: inbox.Phone, InboxID: "sales", Name: "Hotline", Region: "AT"},
		},
		agents: []inbox.Agent{
			{ID: "ann", Name: "Ann Ower", Email: "ann@shop.example", Active: true, Phone: "204"},
			{ID: "bob", Name: "Bob", Active: true, Phone: "+43 664 222 333"},
		},
		callers: map[inbox.IdentityRef]inbox.Person{
			{Kind: inbox.PhoneNumber, Key: "+436601234567"}: {CustomerID: "k", IdentityID: "i", Name: "Ines"},
		},
		kept: map[string]inbox.ConversationID{},
	}
	d := New(Config{Bus: f, Store: f, Hub: f, Retries: []time.Duration{time.Millisecond, time.Millisecond}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return f
}

func (f *fake) until(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		f.mu.Lock()
		ok := done()
		f.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain; signs %+v, calls %+v", f.signs, f.calls)
		}
	}
}

// What a visitor does is found by the session's thread and by who the connector
// says it is; a page that is no address of the web, and what turns text around, is
// left out; what names no account of its channel says nothing.
func TestSign(t *testing.T) {
	t.Parallel()
	f := run(t)
	session := inbox.IdentityKey(inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: "s1"})
	shop := inbox.IdentityKey(inbox.IdentityRef{Kind: inbox.ShopAccount, Key: "store/7"})
	for _, w := range []connectors.Live{
		{Kind: connectors.LiveTyping, Account: "nowhere", Key: "s1"},
		{Kind: connectors.LiveTyping, Account: "line", Key: "s1"}, // another channel's
		{Kind: connectors.LiveTyping, Account: "web"},
		{Kind: connectors.LiveTyping, Account: "web", Key: "s1", TTL: 6},
		{Kind: connectors.LivePageView, Account: "web", Key: "s1", TTL: 60, Page: &connectors.LivePage{URL: "https://shop.example/p", Title: "Ket\u202Etle"},
			Sender: &connectors.Sender{Kind: inbox.ShopAccount, Address: "store/7"}},
		{Kind: connectors.LiveOnline, Account: "web", Key: "s1", TTL: 1, Page: &connectors.LivePage{URL: "javascript:alert(1)", Title: "x"}},
	} {
		w.Channel = inbox.Chat
		f.words <- w
	}
	f.until(t, func() bool { return len(f.signs) == 3 })
	base := realtime.Sign{Channel: inbox.Chat, Account: "web", Key: "s1", Thread: inbox.ChannelKey("web", "s1"), Who: session}
	typing, page, online := base, base, base
	typing.Kind, typing.TTL = realtime.SignTyping, 6*time.Second
	page.Kind, page.TTL, page.Who, page.Page = realtime.SignPage, time.Minute, shop, realtime.Page{URL: "https://shop.example/p", Title: "Kettle"}
	online.Kind, online.TTL, online.Page = realtime.SignOnline, 5*time.Second, realtime.Page{Title: "x"}
	if diff := cmp.Diff([]realtime.Sign{typing, page, online}, f.signs); diff != "" {
		t.Error(diff)
	}
	if f.reads != 1 {
		t.Errorf("accounts were read %d times for 6 words", f.reads)
	}
}

// A call shows whom it rings, who calls and where it is kept; our own calls and
// numbers that are withheld say nothing of anybody.
func TestCall(t *testing.T) {
	t.Parallel()
	f := run(t)
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	say := func(kind connectors.LiveKind, agent, from string, direction inbox.Direction) {
		f.words <- connectors.Live{Kind: kind, Channel: inbox.Phone, Account: "line", Key: "c1", Agent: agent, At: at, TTL: 60,
			Sender: &connectors.Sender{Kind: inbox.PhoneNumber, Address: from}, Call: &inbox.Call{Direction: direction, From: from, To: "+43 1 555", StartedAt: at}}
	}
	last := func(n int) realtime.Call {
		f.until(t, func() bool { return len(f.calls) >= n })
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.calls[n-1]
	}
	say(connectors.LiveRinging, "204", "0660 1234567", inbox.Out)
	say(connectors.LiveRinging, "204", "0660 1234567", inbox.In)
	want := realtime.Call{ID: "line/c1", State: realtime.CallRings, From: "0660 1234567", To: "+43 1 555", Line: "Hotline", At: at, InboxID: "sales",
		CustomerID: "k", IdentityID: "i", Name: "Ines", Known: []inbox.InboxID{"sales"}, Agents: []inbox.AgentID{"ann"}, TTL: time.Minute}
	if diff := cmp.Diff(want, last(1)); diff != "" {
		t.Error(diff)
	}
	say(connectors.LiveAnswered, "Bob", "0660 1234567", inbox.In)
	if c := last(2); c.State != realtime.CallAnswered || c.Answerer != "bob" || len(c.Agents) > 0 {
		t.Errorf("answered: %+v", c)
	}
	say(connectors.LiveEnded, "", "", inbox.In)
	if c := last(3); c.State != realtime.CallEnded || c.CustomerID != "" {
		t.Errorf("ended: %+v", c)
	}
	f.mu.Lock()
	f.kept["line/c1"] = "v"
	f.mu.Unlock()
	if c := last(4); c.Conversation != "v" || c.KeptIn != "sales" || c.State != realtime.CallEnded {
		t.Errorf("kept: %+v", c)
	}
	say(connectors.LiveRinging, "unknown", "anonymous", inbox.In)
	if c := last(5); len(c.Agents) > 0 || c.CustomerID != "" || c.From != "anonymous" {
		t.Errorf("withheld, at a telephone that nobody has: %+v", c)
	}
	// Who is blocked rings nobody; who took the call is shown who it is.
	f.mu.Lock()
	f.callers[inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: "+436607654321"}] = inbox.Person{CustomerID: "x", IdentityID: "y", Blocked: true}
	f.mu.Unlock()
	say(connectors.LiveRinging, "204", "0660 7654321", inbox.In)
	say(connectors.LiveAnswered, "204", "0660 7654321", inbox.In)
	if c := last(7); c.State != realtime.CallAnswered || c.CustomerID != "x" || c.Answerer != "ann" {
		t.Errorf("of who is blocked comes first: %+v", c)
	}
}

// Who is meant by what an exchange calls a telephone.
func TestByTelephone(t *testing.T) {
	t.Parallel()
	agents := []inbox.Agent{
		{ID: "ann", Name: "Ann Ower", Email: "ann@shop.example", Active: true, Phone: "204"},
		{ID: "bob", Name: "Bob", Active: true, Phone: "+43 664 222333"},
		{ID: "cy", Name: "204 desk", Active: true},
		{ID: "del", Name: "Del", Phone: "205"},
		{ID: "eve", Name: "Eve", Active: true, Phone: "204"},
	}
	for named, want := range map[string]string{
		"204": "ann eve", "sip:204@pbx.example": "ann eve", "PJSIP/204-0000a1": "ann eve", "Local/204@from-queue": "ann eve", " 2 0 4 ": "ann eve",
		"0664 222 333": "bob", "+43664222333": "bob", "ANN@shop.example": "ann", "bob": "bob", "205": "", "20": "", "": "", "Ann": "",
	} {
		var got []string
		for _, id := range byTelephone(agents, named, "AT") {
			got = append(got, string(id))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q is %v, want %s", named, got, want)
		}
	}
}

// What agents do comes to a visitor as the contract says it.
func TestDown(t *testing.T) {
	t.Parallel()
	for want, d := range map[connectors.LiveKind]realtime.Down{
		connectors.LiveTyping: {Typing: true}, connectors.LiveStopped: {}, connectors.LiveRead: {Read: true},
	} {
		d.Channel, d.Account, d.Key, d.Agent = inbox.Chat, "web", "s1", "Ann"
		w := Down(d)
		if w.Kind != want || w.Channel != inbox.Chat || w.Account != "web" || w.Key != "s1" || w.Agent != "Ann" || w.TTL < connectors.MinTTL {
			t.Errorf("%+v is %+v, want %s", d, w, want)
		}
	}
}
