package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"skein/connectors"
	"skein/inbox"
)

// liveQueue is how many words wait for who hears them; what comes then is lost,
// as a word is that nobody hears.
const liveQueue = 4096

// up is towards the agents, down towards the customers.
func liveSubject(word *connectors.Live, direction string) string {
	return fmt.Sprintf("skein.live.%s.%s.%s.%s", word.Channel, word.Account, direction, token(word.Key))
}

// Say implements [connectors.Link].
func (l *Link) Say(_ context.Context, word connectors.Live) error {
	word.Channel = l.cfg.Channel
	return say(l.nc, &word, "up")
}

// Hear implements [connectors.Link].
func (l *Link) Hear(ctx context.Context, heard func(connectors.Live)) error {
	return hear(ctx, l.nc, fmt.Sprintf("skein.live.%s.*.down.*", l.cfg.Channel), heard)
}

// SayLive tells the channel's customers: word names channel, account and key.
func (b *Bus) SayLive(_ context.Context, word connectors.Live) error { return say(b.nc, &word, "down") }

// HearLive calls heard, one word at a time, with what every channel's customers
// do, until ctx ends. Every node hears everything. Channel and account are what
// the sayer's credential vouches for.
func (b *Bus) HearLive(ctx context.Context, heard func(connectors.Live)) error {
	return hear(ctx, b.nc, "skein.live.*.*.up.*", heard)
}

func say(nc *nats.Conn, word *connectors.Live, direction string) error {
	if !validChannel(word.Channel) || !inbox.ValidAccountID(string(word.Account)) {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.60q of %.60q names no account", word.Account, word.Channel)}
	}
	data, err := json.Marshal(word)
	if err != nil {
		return fmt.Errorf("say %s: %w", word.Kind, err)
	}
	if err := nc.Publish(liveSubject(word, direction), data); err != nil {
		return fmt.Errorf("say %s: %w", word.Kind, away(err))
	}
	return nil
}

func hear(ctx context.Context, nc *nats.Conn, subject string, heard func(connectors.Live)) error {
	words := make(chan *nats.Msg, liveQueue)
	sub, err := nc.ChanSubscribe(subject, words)
	if err != nil {
		return fmt.Errorf("hear %s: %w", subject, away(err))
	}
	defer func() { _ = sub.Unsubscribe() }()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case msg := <-words:
			var word connectors.Live
			t := strings.Split(msg.Subject, ".") // skein.live.<channel>.<account>.<direction>.<key>
			if json.Unmarshal(msg.Data, &word) != nil || token(word.Key) != t[5] || msg.Header.Get(headerStream) != "" {
				continue
			}
			word.Channel, word.Account = inbox.Channel(t[2]), inbox.AccountID(t[3])
			heard(word)
		}
	}
}

// nodesSubject is where the servers tell each other what is true only now. No
// sidecar's credential reaches it.
const nodesSubject = "skein.live.nodes"

// Air is how the servers tell each other what is true only now: it may lose what
// it is given.
type Air struct{ nc *nats.Conn }

// Air returns the air between the servers.
func (b *Bus) Air() Air { return Air{b.nc} }

// Say hands data to every server, this one too.
func (a Air) Say(_ context.Context, data []byte) error {
	if err := a.nc.Publish(nodesSubject, data); err != nil {
		return fmt.Errorf("tell the other servers: %w", away(err))
	}
	return nil
}

// Hear calls heard, one call at a time, with what servers say, until ctx ends.
func (a Air) Hear(ctx context.Context, heard func(data []byte)) error {
	words := make(chan *nats.Msg, liveQueue)
	sub, err := a.nc.ChanSubscribe(nodesSubject, words)
	if err != nil {
		return fmt.Errorf("hear the other servers: %w", away(err))
	}
	defer func() { _ = sub.Unsubscribe() }()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case msg := <-words:
			if msg.Header.Get(headerStream) == "" {
				heard(msg.Data)
			}
		}
	}
}
