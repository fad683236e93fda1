package threader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/thread"
)

// fakes stand in for the stream, the store and the blobs: what they are really
// like is tested where they are used together, over a real NATS and PostgreSQL.
type fakes struct {
	stored  []string // event ids
	buried  map[string]string
	deliver func(batch []inbox.Received) error
	blobs   []string
	names   map[string]bool // of what Put was given
	gone    map[string]bool // refs that were let go of
	away    error           // of transit
	fresh   *inbox.Account  // made meanwhile

	grammars []inbox.StoreGrammar
	numbers  map[inbox.IdentityRef][]string // that are somebody's own
}

var errAway = errors.New("the database is away")

func (f *fakes) Inbound(context.Context, int, func(context.Context, int, []Item) error) error {
	return nil
}

func (f *fakes) Bury(_ context.Context, item Item, reason string) error {
	var in connectors.Inbound
	_ = json.Unmarshal(item.Data, &in)
	f.buried[in.EventID] = reason
	return nil
}

func (f *fakes) Deliver(_ context.Context, batch []inbox.Received) error {
	if f.deliver != nil {
		if err := f.deliver(batch); err != nil {
			return err
		}
	}
	for _, r := range batch {
		f.stored = append(f.stored, r.EventID)
	}
	return nil
}

func (f *fakes) Accounts(context.Context) ([]inbox.Account, error) {
	list := []inbox.Account{{ID: "support", Channel: inbox.Email, Address: "Support@shop.example", Own: []string{"sales@shop.example"}, MaxProof: inbox.Proven},
		{ID: "shop", Channel: inbox.Shop, MaxProof: inbox.Signed}}
	if f.fresh != nil {
		list = append(list, *f.fresh)
	}
	return list, nil
}

func (f *fakes) Grammars(context.Context) ([]inbox.StoreGrammar, error) { return f.grammars, nil }

func (f *fakes) OwnNumbers(_ context.Context, who inbox.IdentityRef, numbers []string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(numbers), func(n string) bool { return !slices.Contains(f.numbers[who], n) }), nil
}

func (f *fakes) Transient(err error) bool { return errors.Is(err, errAway) }

func (f *fakes) Put(_ context.Context, r io.Reader) (string, int64, error) {
	b, err := io.ReadAll(r)
	sum := sha256.Sum256(b)
	f.blobs = append(f.blobs, string(b))
	f.names[hex.EncodeToString(sum[:])] = true
	return hex.EncodeToString(sum[:]), int64(len(b)), err
}

func (f *fakes) Has(_ context.Context, name string) (bool, error) { return f.names[name], nil }

func (f *fakes) PutAll(_ context.Context, bodies [][]byte) error {
	for _, b := range bodies {
		f.blobs = append(f.blobs, string(b))
	}
	return nil
}

func (f *fakes) OpenTransit(_ context.Context, _ inbox.Channel, body connectors.Body) (io.ReadCloser, error) {
	switch {
	case body.Ref == "panics":
		panic("index out of range")
	case f.away != nil:
		return nil, f.away
	case f.gone[body.Ref]:
		return nil, &inbox.Error{Code: inbox.NotFound, Message: "not in transit"}
	}
	return io.NopCloser(strings.NewReader("in transit")), nil
}

func (f *fakes) DeleteTransit(_ context.Context, _ inbox.Channel, ref string) error {
	f.gone[ref] = true
	return nil
}

func newTest(t *testing.T) (*Threader, *fakes, thread.Keys) {
	t.Helper()
	keys, err := thread.NewKeys([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fakes{buried: map[string]string{}, names: map[string]bool{}, gone: map[string]bool{}}
	th := New(Config{Stream: f, Store: f, Blobs: f, Transit: f, Keys: keys, Log: slog.New(slog.DiscardHandler)})
	if err := th.loadAccounts(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return th, f, keys
}

func body(s string) connectors.Body {
	sum := sha256.Sum256([]byte(s))
	return connectors.Body{Size: int64(len(s)), SHA256: hex.EncodeToString(sum[:]), Inline: []byte(s)}
}

func mail(event string, edit func(*connectors.Inbound)) Item {
	raw := body("raw " + event)
	in := connectors.Inbound{
		Kind: connectors.KindMessage, Channel: inbox.Email, Account: "support", EventID: event, Lane: connectors.LaneLive,
		Sender: connectors.Sender{Kind: inbox.EmailAddress, Address: "Ann@x.example", Name: "Ann", Proof: inbox.Proven},
		Raw:    &raw, Message: &connectors.Message{MessageID: event, To: []inbox.Party{{Address: "support@shop.example"}}},
	}
	if edit != nil {
		edit(&in)
	}
	data, _ := json.Marshal(in)
	return Item{Data: data, Channel: inbox.Email, Account: "support", Lane: in.Lane, At: time.Unix(1.7e9, 0).UTC()}
}

// An item that is wrong in itself is put aside with a reason; its batch-mates
// are stored.
func TestPoison(t *testing.T) {
	th, f, _ := newTest(t)
	f.deliver = func(batch []inbox.Received) error {
		for _, r := range batch {
			switch r.EventID {
			case "refused":
				return errors.New("value too long for a column")
			case "panics":
				panic("index out of range")
			}
		}
		return nil
	}
	batch := []Item{
		mail("a", nil), mail("refused", nil), mail("b", nil),
		{Data: []byte("{"), Channel: inbox.Email, Account: "support"},
		mail("other", func(in *connectors.Inbound) { in.Account = "else" }),
		mail("damaged", func(in *connectors.Inbound) { in.Raw.Inline = []byte("changed") }),
		mail("unknown", func(in *connectors.Inbound) { in.Kind = "dance" }),
		mail("panics", nil), mail("c", nil),
	}
	if err := th.handle(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(f.stored, want) {
		t.Errorf("stored %v, want %v", f.stored, want)
	}
	var buried []string
	for id, reason := range f.buried {
		if reason == "" {
			t.Errorf("%q was put aside without a reason", id)
		}
		buried = append(buried, id)
	}
	slices.Sort(buried)
	if want := []string{"", "damaged", "other", "panics", "refused", "unknown"}; !slices.Equal(buried, want) {
		t.Errorf("put aside %q, want %q", buried, want)
	}
}

// A database that is away stops the batch: nothing is put aside, nothing lost.
func TestTransient(t *testing.T) {
	th, f, _ := newTest(t)
	f.deliver = func([]inbox.Received) error { return errAway }
	if err := th.handle(t.Context(), []Item{mail("a", nil), mail("b", nil)}); !errors.Is(err, errAway) {
		t.Errorf("handle = %v, want %v", err, errAway)
	}
	if len(f.buried) != 0 {
		t.Errorf("put aside %v, want nothing", f.buried)
	}
}

// Bodies are in Blobs before the batch is stored, however they travelled.
func TestBodies(t *testing.T) {
	th, f, _ := newTest(t)
	f.deliver = func([]inbox.Received) error {
		slices.Sort(f.blobs)
		if want := []string{"file", "in transit", "raw a"}; !slices.Equal(f.blobs, want) {
			t.Errorf("blobs %q, want %q", f.blobs, want)
		}
		return nil
	}
	item := mail("a", func(in *connectors.Inbound) {
		far := body("in transit")
		far.Inline, far.Ref = nil, "r1"
		in.Message.Attachments = []connectors.Attachment{{Name: "a", Body: body("file")}, {Name: "b", Body: far}}
	})
	if err := th.handle(t.Context(), []Item{item}); err != nil || len(f.stored) != 1 {
		t.Errorf("handle = %v, stored %v", err, f.stored)
	}
}

// far is a mail with a body in transit.
func far(event, ref string) Item {
	return mail(event, func(in *connectors.Inbound) {
		b := body("in transit")
		b.Inline, b.Ref = nil, ref
		in.Message.Attachments = []connectors.Attachment{{Name: "a", Body: b}}
	})
}

// The server dies after the commit, when the bodies are no longer in transit
// and the acknowledgement was not sent: the item comes again and goes through.
func TestBodiesOfRedelivery(t *testing.T) {
	th, f, _ := newTest(t)
	for range 2 {
		if err := th.handle(t.Context(), []Item{far("a", "r1"), mail("b", nil)}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"a", "b", "a", "b"}; !slices.Equal(f.stored, want) || len(f.buried) != 0 {
		t.Errorf("stored %v, put aside %v, want %v and nothing", f.stored, f.buried, want)
	}
}

// A body that is nowhere, or that can't be handled, is its item's fault; a bus
// that is away is nobody's.
func TestBodiesThatAreNowhere(t *testing.T) {
	th, f, _ := newTest(t)
	f.gone["r1"] = true
	if err := th.handle(t.Context(), []Item{far("a", "r1"), far("panics", "panics"), mail("b", nil)}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"b"}; !slices.Equal(f.stored, want) || f.buried["a"] == "" || f.buried["panics"] == "" {
		t.Errorf("stored %v, put aside %v, want %v, a and panics", f.stored, f.buried, want)
	}
	young := far("d", "r1")
	young.At = time.Now()
	if err := th.handle(t.Context(), []Item{young}); err == nil || f.buried["d"] != "" {
		t.Errorf("of a young item: handle = %v, put aside %v, want another try", err, f.buried)
	}
	f.away = &inbox.Error{Code: inbox.Unavailable, Message: "away"}
	if err := th.handle(t.Context(), []Item{far("c", "r2")}); err == nil || f.buried["c"] != "" {
		t.Errorf("with the bus away: handle = %v, put aside %v, want an error and nothing more", err, f.buried)
	}
}

// What is put aside can be replayed when transit has long been cleaned.
func TestBodiesOfPoison(t *testing.T) {
	th, f, _ := newTest(t)
	bad := far("a", "r1")
	bad.Account = "else"
	if err := th.handle(t.Context(), []Item{bad}); err != nil || f.buried["a"] == "" {
		t.Fatalf("handle = %v, put aside %v", err, f.buried)
	}
	f.gone["r1"] = true
	if err := th.handle(t.Context(), []Item{far("a", "r1")}); err != nil || len(f.stored) != 1 {
		t.Errorf("replay: handle = %v, stored %v", err, f.stored)
	}
}

// What broke a constraint by a race goes through when it is tried again.
func TestRace(t *testing.T) {
	th, f, _ := newTest(t)
	tries := 0
	f.deliver = func([]inbox.Received) error {
		if tries++; tries == 1 {
			return errors.New("violates partition constraint")
		}
		return nil
	}
	if err := th.handle(t.Context(), []Item{mail("a", nil)}); err != nil || len(f.buried) != 0 || len(f.stored) != 1 {
		t.Errorf("handle = %v, put aside %v, stored %v", err, f.buried, f.stored)
	}
}

// Counts that no column holds are the item's fault: the driver would refuse
// them without a word of the server, for ever.
func TestCounts(t *testing.T) {
	th, _, _ := newTest(t)
	for name, edit := range map[string]func(*connectors.Inbound){
		"attempt": func(in *connectors.Inbound) {
			in.Kind, in.Receipt = connectors.KindReceipt, &inbox.Receipt{Attempt: 1 << 40, State: inbox.Sent}
		},
		"quantity": func(in *connectors.Inbound) {
			in.Kind, in.Order = connectors.KindOrder, &inbox.Order{
				Store: "s", ExternalID: "1", Number: "1", Email: "ann@x.example", UpdatedAt: time.Now(),
				Items: []inbox.Item{{Quantity: 1 << 40}},
			}
		},
	} {
		if _, err := th.prepare(t.Context(), mail("a", edit)); inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("%s: prepare = %v, want %s", name, err, inbox.Invalid)
		}
	}
}

// Who is captured, as whom, with what proof, and who takes part.
func TestSender(t *testing.T) {
	own := inbox.Party{Address: "support@shop.example"}
	for _, c := range []struct {
		name   string
		edit   func(*connectors.Inbound)
		dir    inbox.Direction
		key    string
		people []string
		proof  inbox.Proof
	}{
		{"a customer", nil, inbox.In, "ann@x.example", []string{"ann@x.example"}, inbox.Proven},
		{"proof is capped by the account", func(in *connectors.Inbound) { in.Sender.Proof = inbox.Signed }, inbox.In, "ann@x.example", []string{"ann@x.example"}, inbox.Proven},
		{"others on it take part, we do not", func(in *connectors.Inbound) {
			in.Message.Cc = []inbox.Party{{Address: "Bob@x.example"}, {Address: "sales@shop.example"}, {Address: "support+tag@shop.example"}}
		}, inbox.In, "ann@x.example", []string{"ann@x.example", "bob@x.example"}, inbox.Proven},
		{"our own proven mail is ours, about whom it went to", func(in *connectors.Inbound) {
			in.Sender.Address = own.Address
			in.Message.To = []inbox.Party{{Address: "Bob@x.example"}}
		}, inbox.Out, "bob@x.example", []string{"bob@x.example"}, inbox.Proven},
		{"our own imported mail is ours", func(in *connectors.Inbound) {
			in.Sender.Address, in.Sender.Proof, in.Lane = own.Address, inbox.Claimed, connectors.LaneBulk
			in.Message.To = []inbox.Party{{Address: "Bob@x.example"}}
		}, inbox.Out, "bob@x.example", []string{"bob@x.example"}, inbox.Claimed},
		{"our address forged is never ours", func(in *connectors.Inbound) {
			in.Sender.Address, in.Sender.Proof = own.Address, inbox.Claimed
		}, inbox.In, "support@shop.example", nil, inbox.Claimed},
		{"a form's mail belongs to its Reply-To, claimed", func(in *connectors.Inbound) {
			in.Sender.Address, in.Sender.Proof = "sales@shop.example", inbox.Claimed
			in.Message.ReplyTo = []inbox.Party{{Address: "Cid@x.example", Name: "Cid"}}
		}, inbox.In, "cid@x.example", []string{"cid@x.example"}, inbox.Claimed},
		{"an unreadable sender is nobody known", func(in *connectors.Inbound) { in.Sender.Address = "" }, inbox.In, "", nil, inbox.Proven},
	} {
		t.Run(c.name, func(t *testing.T) {
			th, _, _ := newTest(t)
			p, err := th.prepare(t.Context(), mail("a", c.edit))
			if err != nil {
				t.Fatal(err)
			}
			m := p.received.Message
			if m.Direction != c.dir || m.Proof != c.proof {
				t.Errorf("direction, proof = %s, %d, want %s, %d", m.Direction, m.Proof, c.dir, c.proof)
			}
			if got := m.Identity.Key; got != c.key && (c.key != "" || !strings.HasPrefix(got, "unreadable/")) {
				t.Errorf("identity = %q, want %q", got, c.key)
			}
			if d := cmp.Diff(c.people, m.People); d != "" {
				t.Errorf("people (-want +got):\n%s", d)
			}
		})
	}
}

// The first mail of an account that was made a moment ago is known for ours.
func TestNewAccount(t *testing.T) {
	th, f, _ := newTest(t)
	f.fresh = &inbox.Account{ID: "fresh", Channel: inbox.Email, Address: "fresh@shop.example", MaxProof: inbox.Proven}
	var got inbox.Direction
	f.deliver = func(batch []inbox.Received) error {
		got = batch[0].Message.Direction
		return nil
	}
	item := mail("a", func(in *connectors.Inbound) { in.Account, in.Sender.Address = "fresh", "fresh@shop.example" })
	item.Account = "fresh"
	if err := th.handle(t.Context(), []Item{item}); err != nil || got != inbox.Out {
		t.Errorf("handle = %v, direction %q, want %q", err, got, inbox.Out)
	}
}

// Our tokens are found wherever an answer carries them, and only when we signed
// them.
func TestTokens(t *testing.T) {
	th, _, keys := newTest(t)
	id := inbox.NewID[inbox.MessageID](time.Now())
	other, _ := thread.NewKeys([]byte("another secret"))
	ours, forged := keys.HeaderID(id, "shop.example"), other.HeaderID(id, "shop.example")
	conv := inbox.NewID[inbox.ConversationID](time.Now())
	for _, c := range []struct {
		name string
		edit func(*connectors.Message)
		want inbox.MessageID
		plus inbox.ConversationID
		echo bool
	}{
		{"in reply to", func(m *connectors.Message) { m.InReplyTo = []string{ours} }, id, "", false},
		{"in the references", func(m *connectors.Message) { m.References = []string{"x@y", ours, "z@y"} }, id, "", false},
		{"in a report", func(m *connectors.Message) { m.Bounces = []inbox.Bounce{{HeaderID: ours}} }, id, "", false},
		{"forged", func(m *connectors.Message) { m.InReplyTo = []string{forged} }, "", "", false},
		{"come back", func(m *connectors.Message) { m.MessageID = ours }, "", "", true},
		{"plus-address", func(m *connectors.Message) {
			m.DeliveredTo = []string{keys.PlusAddress("support@shop.example", conv)}
		}, "", conv, false},
		{"forged plus-address", func(m *connectors.Message) {
			m.To = []inbox.Party{{Address: other.PlusAddress("support@shop.example", conv)}}
		}, "", "", false},
	} {
		p, err := th.prepare(t.Context(), mail("a", func(in *connectors.Inbound) { c.edit(in.Message) }))
		if err != nil {
			t.Fatal(err)
		}
		if m := p.received.Message; m.Token != c.want || m.Plus != c.plus || m.Echo != c.echo {
			t.Errorf("%s: token, plus, echo = %q, %q, %v, want %q, %q, %v", c.name, m.Token, m.Plus, m.Echo, c.want, c.plus, c.echo)
		}
	}
}

// Whatever a connector publishes, what reaches the store is text that a
// database takes, and HTML without a script.
func FuzzPrepare(f *testing.F) {
	f.Add([]byte(`{"kind":"message","channel":"email","account":"support","eventId":"e","message":{"subject":"a\u0000b","html":"<script>x</script>"}}`))
	f.Add([]byte(`{"kind":"order","channel":"email","account":"support","eventId":"e","order":{}}`))
	keys, _ := thread.NewKeys([]byte("secret"))
	fake := &fakes{buried: map[string]string{}, names: map[string]bool{}, gone: map[string]bool{}}
	th := New(Config{Stream: fake, Store: fake, Blobs: fake, Transit: fake, Keys: keys, Log: slog.New(slog.DiscardHandler)})
	_ = th.loadAccounts(context.Background(), nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := th.prepare(t.Context(), Item{Data: data, Channel: inbox.Email, Account: "support", At: time.Unix(1.7e9, 0)})
		if err != nil {
			if inbox.CodeOf(err) != inbox.Invalid {
				t.Fatalf("prepare = %v, want %s", err, inbox.Invalid)
			}
			return
		}
		if m := p.received.Message; m != nil {
			out, err := json.Marshal(m)
			if err != nil || strings.Contains(string(out), `\u0000`) || strings.Contains(strings.ToLower(m.HTML), "<script") {
				t.Fatalf("prepare let through %s (%v)", out, err)
			}
		}
	})
}
