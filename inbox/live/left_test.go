package live

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

// Who has been gone from a chat for as long as its account says is noted, with when
// they went, again where that failed; who comes back in time is not.
func TestVisitorLeaves(t *testing.T) {
	t.Parallel()
	f := &fake{words: make(chan connectors.Live), accounts: []inbox.Account{{ID: "web", Channel: inbox.Chat}, {ID: "patient", Channel: inbox.Chat}}}
	var mu sync.Mutex
	var left []string
	failed := false
	noted := make(chan struct{}, 10)
	before := time.Now()
	desk := New(Config{
		Bus: f, Store: f, Hub: f, Tick: time.Millisecond,
		AbandonAfter: func(a *inbox.Account) time.Duration {
			if a.ID == "patient" {
				return time.Hour
			}
			return time.Millisecond
		},
		Left: func(_ context.Context, account inbox.AccountID, session string, at time.Time) error {
			mu.Lock()
			defer mu.Unlock()
			if !failed {
				failed = true
				return errors.New("the database is away")
			}
			if at.Before(before) || at.After(time.Now()) {
				t.Errorf("%s went at %s", session, at)
			}
			left = append(left, string(account)+" "+session)
			noted <- struct{}{}
			return nil
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = desk.Run(ctx)
	}()
	say := func(kind connectors.LiveKind, account inbox.AccountID, session string) {
		f.words <- connectors.Live{Kind: kind, Channel: inbox.Chat, Account: account, Key: session, At: time.Now()}
	}
	say(connectors.LiveOffline, "patient", "back")
	say(connectors.LiveOnline, "patient", "back")
	say(connectors.LiveOffline, "patient", "waits")
	say(connectors.LiveOffline, "web", "gone")
	<-noted
	cancel()
	<-ended
	if diff := cmp.Diff([]string{"web gone"}, left); diff != "" {
		t.Errorf("who is noted (-want +got):\n%s", diff)
	}
	if _, still := desk.gone[visit{"patient", "back"}]; still {
		t.Error("who came back is waited for")
	}
	if _, still := desk.gone[visit{"patient", "waits"}]; !still {
		t.Error("who may come back is not waited for")
	}
}
