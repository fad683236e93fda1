package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"skein/connectors"
	"skein/inbox"
)

// Announcements lie in connector_status beside the accounts' health, as
// <channel>.HTTP.<instance>: no account is called that.
const announced = "HTTP"

// statusLife is how long a heartbeat lasts.
const statusLife = 30 * time.Second

// Announce implements [connectors.Link].
func (l *Link) Announce(ctx context.Context, at connectors.Instance) error {
	if !validToken(at.Instance) {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.60q names no instance", at.Instance)}
	}
	value, err := json.Marshal(at)
	if err != nil {
		return err
	}
	subject := fmt.Sprintf("$KV.%s.%s.%s.%s", bucketStatus, l.cfg.Channel, announced, at.Instance)
	if _, err := l.js.Publish(ctx, subject, value); err != nil {
		return fmt.Errorf("announce %s: %w", at.Address, away(err))
	}
	return nil
}

// Instances knows where connectors take HTTP. Its zero value knows of none.
type Instances struct {
	mu  sync.Mutex // guards all
	all map[string]instance
}

type instance struct {
	connectors.Instance
	heard time.Time // by our clock
}

// Of returns the addresses of channel's connectors, the one that was started
// last first: after a crash the one before it is still among them for a while.
func (i *Instances) Of(channel inbox.Channel) []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var live []instance
	for _, in := range i.all {
		if in.Channel == channel && time.Since(in.heard) < statusLife {
			live = append(live, in)
		}
	}
	slices.SortFunc(live, func(a, b instance) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Instance.Instance, b.Instance.Instance))
	})
	addresses := make([]string, len(live))
	for n, in := range live {
		addresses[n] = in.Address
	}
	return addresses
}

// hear takes one word of key, <channel>.HTTP.<instance>. At stays the time of
// the first.
func (i *Instances) hear(key string, word connectors.Instance) {
	channel, _, _ := strings.Cut(key, ".")
	word.Channel = inbox.Channel(channel) // what the credential vouches for
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.all == nil {
		i.all = map[string]instance{}
	}
	if word.Address == "" {
		delete(i.all, key)
		return
	}
	if before, ok := i.all[key]; ok {
		word.At = before.At
	}
	i.all[key] = instance{word, time.Now()}
	for key, in := range i.all {
		if time.Since(in.heard) > statusLife {
			delete(i.all, key)
		}
	}
}

// Follow keeps into up to date, until ctx ends.
func (b *Bus) Follow(ctx context.Context, into *Instances) error {
	for {
		err := b.follow(ctx, into)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.log.Warn("following the connectors was interrupted", "error", err)
		if errors.Is(err, jetstream.ErrBucketNotFound) { // it lies in memory, and NATS was started again
			_ = b.ensure(ctx) // else the next look fails too
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func (b *Bus) follow(ctx context.Context, into *Instances) error {
	kv, err := b.js.KeyValue(ctx, bucketStatus)
	if err != nil {
		return fmt.Errorf("look up statuses: %w", away(err))
	}
	watch, err := kv.Watch(ctx, "*."+announced+".*", jetstream.IgnoreDeletes())
	if err != nil {
		return fmt.Errorf("follow statuses: %w", away(err))
	}
	defer func() { _ = watch.Stop() }()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case entry, open := <-watch.Updates():
			if !open {
				return away(errors.New("the reader was closed"))
			}
			if entry == nil { // that was all there is so far
				continue
			}
			var word connectors.Instance
			if err := json.Unmarshal(entry.Value(), &word); err != nil {
				b.log.Warn("announcement cannot be read", "key", entry.Key(), "error", err)
				continue
			}
			into.hear(entry.Key(), word)
		}
	}
}
