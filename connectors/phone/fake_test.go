package phone

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/connectorstest"
	"skein/inbox"
)

// A desk reads what it takes as calls.
type desk struct{ *connectorstest.Desk }

func newDesk(t testing.TB, accounts ...connectors.Account) *desk {
	return &desk{connectorstest.NewDesk(t, accounts...)}
}

// calls is what comes of the items, in the order of the calls' ids.
func (d *desk) calls() string {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	calls := map[string]inbox.Call{}
	var lines []string
	for _, in := range d.Items {
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
	d.Mu.Lock()
	defer d.Mu.Unlock()
	all := map[string]inbox.CallAudio{}
	call := inbox.Call{}
	for _, in := range d.Items {
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
	d.T.Helper()
	deadline := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-d.Poke:
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			d.T.Fatalf("%s did not come; there is\n%s", what, d.calls())
		}
	}
}

// receive runs an account's Receive until the test or stop ends it.
func (d *desk) receive(c *Connector, cursor string) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Receive(ctx, d.Serving[0], cursor, d.Emit) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() { cancel(); err = <-done })
		return err
	}
	d.T.Cleanup(func() { _ = stop() })
	return stop
}
