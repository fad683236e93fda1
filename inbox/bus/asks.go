package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"skein/connectors"
	"skein/inbox"
)

const (
	// askPatience is how long a sidecar waits for an answer, and the server for
	// what it answers with.
	askPatience = 10 * time.Second
	// askers is how many questions a node answers at a time, and askQueue how
	// many wait for it.
	askers   = 16
	askQueue = 4096
)

// An answer is what comes back: one of both.
type answer struct {
	Answer any      `json:"answer,omitempty"`
	Error  *refused `json:"error,omitempty"`
}

// A refused is an [inbox.Error] on its way.
type refused struct {
	Code    inbox.Code `json:"code"`
	Message string     `json:"message"`
}

func askSubject(channel inbox.Channel, account inbox.AccountID, verb string) string {
	return fmt.Sprintf("skein.ask.%s.%s.%s", channel, account, verb)
}

// Ask implements [connectors.Link].
func (l *Link) Ask(ctx context.Context, account inbox.AccountID, verb string, request, into any) error {
	if !inbox.ValidAccountID(string(account)) || !validToken(verb) {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.60q of %.60q is nothing to ask", verb, account)}
	}
	data, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("ask %s: %w", verb, err)
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	msg, err := l.nc.RequestWithContext(ctx, askSubject(l.cfg.Channel, account, verb), data)
	if err != nil {
		return fmt.Errorf("ask %s of %s: %w", verb, account, away(err))
	}
	a := answer{Answer: into}
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		return fmt.Errorf("read the answer to %s: %w", verb, err)
	}
	if a.Error != nil {
		return &inbox.Error{Code: a.Error.Code, Message: a.Error.Message}
	}
	return nil
}

// Asks calls fn with every question of every channel, some at a time, until ctx
// ends; each is answered by one node. Channel and account are what the asker's
// credential vouches for, the request is the asker's word. An [inbox.Error] of
// fn reaches the asker as it is, any other as one that may pass.
func (b *Bus) Asks(ctx context.Context, fn func(ctx context.Context, ask connectors.Ask) (any, error)) error {
	questions := make(chan *nats.Msg, askQueue)
	sub, err := b.nc.ChanQueueSubscribe("skein.ask.*.*.*", "ask", questions)
	if err != nil {
		return fmt.Errorf("listen for questions: %w", away(err))
	}
	var workers sync.WaitGroup
	for range askers {
		workers.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case msg := <-questions:
					b.answer(ctx, msg, fn)
				}
			}
		})
	}
	<-ctx.Done()
	_ = sub.Unsubscribe()
	workers.Wait()
	return ctx.Err()
}

func (b *Bus) answer(ctx context.Context, msg *nats.Msg, fn func(context.Context, connectors.Ask) (any, error)) {
	t := strings.Split(msg.Subject, ".") // skein.ask.<channel>.<account>.<verb>
	ask := connectors.Ask{Channel: inbox.Channel(t[2]), Account: inbox.AccountID(t[3]), Verb: t[4], Request: msg.Data}
	// Our own rights carry the answer: it goes to the asker and nowhere else.
	if !strings.HasPrefix(msg.Reply, InboxPrefix(ask.Channel)+".") || msg.Header.Get(headerStream) != "" {
		b.n.forged.Inc()
		b.log.Warn("question refused: its answer would go elsewhere", "channel", ask.Channel, "verb", ask.Verb)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	value, err := fn(ctx, ask)
	var data []byte
	if err == nil {
		data, err = json.Marshal(answer{Answer: value})
	}
	if err == nil && int64(len(data)) > b.nc.MaxPayload() {
		err = &inbox.Error{Code: inbox.TooLarge, Message: "the answer is larger than a message may be: ask for less"}
	}
	if err != nil {
		said, ok := errors.AsType[*inbox.Error](err)
		if !ok {
			b.log.Error("question not answered", "channel", ask.Channel, "account", ask.Account, "verb", ask.Verb, "error", err)
			said = &inbox.Error{Code: inbox.Unavailable, Message: "the server can't answer this now"}
		}
		data, _ = json.Marshal(answer{Error: &refused{said.Code, said.Message}}) // two strings
	}
	if err := msg.Respond(data); err != nil {
		b.log.Debug("answer not sent", "verb", ask.Verb, "error", err)
	}
}
