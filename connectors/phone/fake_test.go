package phone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A desk is what Run gives a connector: it keeps what is taken, once an event id.
type desk struct {
	t        testing.TB
	accounts []connectors.Account

	mu       sync.Mutex // guards what follows
	items    []connectors.Inbound
	events   map[string]bool
	said     []connectors.Live
	rejected []error
	bodies   map[string][]byte
	missing  []inbox.Call
	away     bool
	cursor   string
	poke     chan struct{}
}

func newDesk(t testing.TB, accounts ...connectors.Account) *desk {
	return &desk{t: t, accounts: accounts, events: map[string]bool{}, bodies: map[string][]byte{}, poke: make(chan struct{}, 1)}
}

func (d *desk) Account(id inbox.AccountID) (connectors.Account, error) {
	for _, a := range d.accounts {
		if a.ID == id {
			return a, nil
		}
	}
	return connectors.Account{}, &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
}

func (d *desk) Accounts() []connectors.Account { return d.accounts }

func (d *desk) Accept(_ context.Context, account inbox.AccountID, items ...connectors.Inbound) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return &inbox.Error{Code: inbox.Unavailable, Message: "the bus is away"}
	}
	for _, in := range items {
		if in.EventID == "" || in.Key == "" || in.Account != account {
			d.t.Errorf("an item without event id, key or account: %+v", in)
		}
		if !d.events[in.EventID] {
			d.events[in.EventID] = true
			d.items = append(d.items, in)
		}
	}
	select {
	case d.poke <- struct{}{}:
	default:
	}
	return nil
}

// emit is the EmitFunc of a Receive.
func (d *desk) emit(ctx context.Context, cursor string, items ...connectors.Inbound) error {
	account := d.accounts[0].ID
	if err := d.Accept(ctx, account, items...); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cursor = cursor
	return nil
}

func (d *desk) Reject(_ inbox.AccountID, reason error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rejected = append(d.rejected, reason)
}

func (d *desk) Doubt(id inbox.AccountID, reason error) {}

func (d *desk) URL(r *http.Request) string { return "http://" + r.Host + r.RequestURI }

func (d *desk) Source(*http.Request) netip.Addr { return netip.MustParseAddr("203.0.113.7") }

func (d *desk) PutBody(_ context.Context, r io.Reader) (connectors.Body, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return connectors.Body{}, err
	}
	body := hashed(b)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.bodies[body.SHA256] = b
	body.Inline, body.Ref = nil, body.SHA256
	return body, nil
}

func (d *desk) OpenBody(_ context.Context, body connectors.Body) (io.ReadCloser, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return io.NopCloser(bytes.NewReader(d.bodies[body.Ref])), nil
}

func (d *desk) Ask(_ context.Context, _ inbox.AccountID, verb string, _, answer any) error {
	if verb != connectors.AskAudio {
		d.t.Errorf("asked for %s", verb)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	b, err := json.Marshal(d.missing)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, answer)
}

func (d *desk) Say(_ context.Context, word connectors.Live) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = append(d.said, word)
	return nil
}

func (d *desk) Hear(context.Context, func(connectors.Live)) error { return errors.New("not here") }
func (d *desk) Visitor(context.Context, inbox.AccountID, string, uint64, func(uint64, []byte) error) error {
	return errors.New("not here")
}

// calls is what comes of the items, in the order of the calls' ids.
func (d *desk) calls() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := map[string]inbox.Call{}
	var lines []string
	for _, in := range d.items {
		if in.Kind == connectors.KindMessage {
			lines = append(lines, "message: "+in.Message.Text)
			continue
		}
		calls[in.Call.ID] = calls[in.Call.ID].Later(in.Call.Call)
	}
	for id, c := range calls {
		lines = append(lines, id+": "+line1(c))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// audio is the state and note of every recording, by its id.
func (d *desk) audio() map[string]inbox.CallAudio {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := map[string]inbox.CallAudio{}
	call := inbox.Call{}
	for _, in := range d.items {
		if in.Call != nil {
			call = call.Later(in.Call.Call)
		}
	}
	for _, a := range call.Audio {
		all[a.ID] = a
	}
	return all
}

// until waits for what must come.
func (d *desk) until(what string, ok func() bool) {
	d.t.Helper()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-d.poke:
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			d.t.Fatalf("%s did not come; there is\n%s", what, d.calls())
		}
	}
}

// receive runs an account's Receive until the test or stop ends it.
func (d *desk) receive(c *Connector, cursor string) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Receive(ctx, d.accounts[0], cursor, d.emit) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() { cancel(); err = <-done })
		return err
	}
	d.t.Cleanup(func() { _ = stop() })
	return stop
}
