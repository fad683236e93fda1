// Package connectorstest is what the tests of connectors share: the side that
// takes items, kept in memory, and the platforms' own judges of what is asked
// of them. Only tests import it.
package connectorstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"testing"

	"skein/connectors"
	"skein/inbox"
)

// A Desk is what Run gives a connector: it keeps what is taken, once an event
// id. It implements [connectors.Intake].
type Desk struct {
	T       testing.TB
	Serving []connectors.Account
	Timed   bool          // every item has to have its provider's time
	Poke    chan struct{} // takes a word after each item, when somebody listens

	Mu       sync.Mutex // guards what follows
	Items    []connectors.Inbound
	Events   map[string]bool
	Said     []connectors.Live
	Rejected []error
	Bodies   map[string][]byte // by their SHA-256
	Missing  any               // the answer to whatever is asked
	Away     bool              // the bus is
	Cursor   string            // of the last Emit
}

// NewDesk returns a Desk of accounts.
func NewDesk(t testing.TB, accounts ...connectors.Account) *Desk {
	return &Desk{T: t, Serving: accounts, Events: map[string]bool{}, Bodies: map[string][]byte{}, Poke: make(chan struct{}, 1)}
}

// Account implements [connectors.Intake].
func (d *Desk) Account(id inbox.AccountID) (connectors.Account, error) {
	for _, a := range d.Serving {
		if a.ID == id {
			return a, nil
		}
	}
	return connectors.Account{}, &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
}

// Accounts implements [connectors.Intake].
func (d *Desk) Accounts() []connectors.Account { return d.Serving }

// Accept implements [connectors.Intake]. An item that the contract doesn't allow
// fails the test.
func (d *Desk) Accept(_ context.Context, account inbox.AccountID, items ...connectors.Inbound) error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if d.Away {
		return &inbox.Error{Code: inbox.Unavailable, Message: "the bus is away"}
	}
	for _, in := range items {
		if in.EventID == "" || in.Key == "" || in.Account != account || d.Timed && in.ProviderAt.IsZero() {
			d.T.Errorf("an item without event id, key, account or time: %+v", in)
		}
		if !d.Events[in.EventID] {
			d.Events[in.EventID] = true
			d.Items = append(d.Items, in)
		}
	}
	select {
	case d.Poke <- struct{}{}:
	default:
	}
	return nil
}

// Emit is the EmitFunc of a Receive of the first account.
func (d *Desk) Emit(ctx context.Context, cursor string, items ...connectors.Inbound) error {
	if err := d.Accept(ctx, d.Serving[0].ID, items...); err != nil {
		return err
	}
	d.Mu.Lock()
	defer d.Mu.Unlock()
	d.Cursor = cursor
	return nil
}

// All returns what was taken so far.
func (d *Desk) All() []connectors.Inbound {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return append([]connectors.Inbound{}, d.Items...)
}

// Took returns what was taken since the last call.
func (d *Desk) Took() []connectors.Inbound {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	items := d.Items
	d.Items = nil
	return items
}

// Reject implements [connectors.Intake].
func (d *Desk) Reject(_ inbox.AccountID, reason error) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	d.Rejected = append(d.Rejected, reason)
}

// Doubt implements [connectors.Intake].
func (d *Desk) Doubt(inbox.AccountID, error) {}

// URL implements [connectors.Intake].
func (d *Desk) URL(r *http.Request) string { return "http://" + r.Host + r.RequestURI }

// Source implements [connectors.Intake].
func (d *Desk) Source(*http.Request) netip.Addr { return netip.MustParseAddr("203.0.113.7") }

// PutBody implements [connectors.Intake].
func (d *Desk) PutBody(_ context.Context, r io.Reader) (connectors.Body, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return connectors.Body{}, err
	}
	h := sha256.Sum256(b)
	name := hex.EncodeToString(h[:])
	d.Mu.Lock()
	defer d.Mu.Unlock()
	d.Bodies[name] = b
	return connectors.Body{Size: int64(len(b)), SHA256: name, Ref: name}, nil
}

// OpenBody implements [connectors.Intake].
func (d *Desk) OpenBody(_ context.Context, body connectors.Body) (io.ReadCloser, error) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return io.NopCloser(bytes.NewReader(d.Bodies[body.Ref])), nil
}

// Ask implements [connectors.Intake]: the answer is Missing.
func (d *Desk) Ask(_ context.Context, _ inbox.AccountID, verb string, _, answer any) error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if d.Missing == nil {
		return errors.New("not here: " + verb)
	}
	b, err := json.Marshal(d.Missing)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, answer)
}

// Say implements [connectors.Intake].
func (d *Desk) Say(_ context.Context, word connectors.Live) error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	d.Said = append(d.Said, word)
	return nil
}

// Hear implements [connectors.Intake].
func (d *Desk) Hear(context.Context, func(connectors.Live)) error { return errors.New("not here") }

// Visitor implements [connectors.Intake].
func (d *Desk) Visitor(context.Context, inbox.AccountID, string, uint64, func(uint64, []byte) error) error {
	return errors.New("not here")
}
