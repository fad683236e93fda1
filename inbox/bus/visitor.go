package bus

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"skein/inbox"
)

const (
	// visitorRecheck is how often a session is looked at without a hint.
	visitorRecheck = 20 * time.Second
	// visitorSoon is how soon it is looked at again when the hint was there
	// before what it hints at, at most a few times and each time later.
	visitorSoon = 2 * time.Millisecond
)

// VisitorState returns what VISITOR holds, as [Bus.EventsState] does of EVENTS.
func (b *Bus) VisitorState(ctx context.Context) (epoch string, first, last uint64, err error) {
	return b.streamState(ctx, streamVisitor)
}

// Visitor implements [connectors.Link]. The message that a stream takes is also
// heard on its subject: that is the hint. The look by number, then and every
// 20 s, is the guarantee.
func (l *Link) Visitor(ctx context.Context, account inbox.AccountID, session string, after uint64, show func(seq uint64, data []byte) error) error {
	if !inbox.ValidAccountID(string(account)) || !validToken(session) {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.60q of %.60q is no session", session, account)}
	}
	subject := inbox.VisitorSubject(account, session)
	hint := make(chan *nats.Msg, 1)
	sub, err := l.nc.ChanSubscribe(subject, hint)
	if err != nil {
		return fmt.Errorf("follow a session of %s: %w", account, away(err))
	}
	defer func() { _ = sub.Unsubscribe() }()
	look := time.NewTimer(0)
	defer look.Stop()
	soon := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-hint:
			soon = visitorSoon
		case <-look.C:
		}
		wait := visitorRecheck/2 + rand.N(visitorRecheck/2)
		for {
			msg, seq, err := directNext(ctx, l.nc, streamVisitor, subject, after+1)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				l.log.Debug("look at a session", "account", account, "error", err)
				wait = time.Second
			}
			if err != nil || msg == nil {
				break
			}
			after, soon = seq, 0
			if smuggled(msg) {
				continue
			}
			if err := show(seq, msg.Data); err != nil {
				return err
			}
		}
		if soon > 0 {
			wait, soon = min(wait, soon), soon*4
			if soon > time.Second {
				soon = 0
			}
		}
		look.Reset(wait)
	}
}
