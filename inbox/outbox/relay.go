package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"skein/connectors"
	"skein/inbox"
)

const (
	idleMin = 250 * time.Millisecond
	idleMax = time.Second

	// maxBatch rows are published before the first of them is marked.
	maxBatch = 500

	// maxPayload leaves room for headers below the 1 MiB that a NATS server
	// takes by default.
	maxPayload = 1<<20 - 8<<10

	kept       = 72 * time.Hour // what a browser can resume from
	pruneEvery = time.Minute
	pruneBatch = 2000
)

// A Source is where rows come from, each lane's in the order of their ids.
type Source interface {
	Lead(ctx context.Context, lock, channel string, work func(context.Context, WaitFunc) error) error
	PendingEvents(ctx context.Context, limit int) ([]inbox.OutboxRow, error)
	PendingSends(ctx context.Context, limit int) ([]inbox.OutboxRow, error)
	// MarkPublished also records where the stream stood when it had the rows.
	MarkPublished(ctx context.Context, ids []int64, stream string, mark inbox.StreamMark) error
	PruneOutbox(ctx context.Context, before time.Time, limit int) (int, error)

	FailSend(ctx context.Context, row int64, id inbox.MessageID, attempt int, reason string, now time.Time) error

	Marks
}

// A Bus takes rows into the streams that their subjects belong to.
type Bus interface {
	// PublishEvents returns when every row is acknowledged. Rows keep their
	// order; a row that a stream already took is acknowledged again and not
	// stored again. On an error any of them may have been stored.
	PublishEvents(ctx context.Context, rows []inbox.OutboxRow) error
	Stream
}

// Config is what a relay works with. All but Log is required.
type Config struct {
	Source  Source
	Bus     Bus
	Blobs   Blobs
	Transit Transit
	Log     *slog.Logger
}

// A Relay publishes what is committed. Any number of nodes run one: at each
// moment one of them does the work of a lane, and another takes its place when
// it dies.
type Relay struct {
	cfg       Config
	published atomic.Int64
}

// New returns a relay that does nothing before [Relay.Run].
func New(cfg Config) *Relay {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Relay{cfg: cfg}
}

// Published is how many rows this relay has published.
func (r *Relay) Published() int64 { return r.published.Load() }

// Run relays until ctx ends. It returns nil when everything that it started has
// ended.
func (r *Relay) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	lane := func(name string, work func(context.Context, WaitFunc) error) {
		wg.Go(func() {
			again(ctx, r.cfg.Log, name, func(ctx context.Context) error {
				return r.cfg.Source.Lead(ctx, name, "skein_outbox", work)
			})
		})
	}
	lane("relay-events", r.relayEvents)
	lane("relay-sends", r.relaySends)
	lane("prune-outbox", r.prune)
	wg.Wait()
	return nil
}

func (r *Relay) relayEvents(ctx context.Context, wait WaitFunc) error {
	position := NewPosition(r.cfg.Source, r.cfg.Bus, r.cfg.Log)
	mark, err := position.State(ctx)
	if err != nil {
		return err
	}
	return follow(ctx, wait, func(ctx context.Context) (bool, error) {
		rows, err := r.cfg.Source.PendingEvents(ctx, maxBatch)
		if err != nil || len(rows) == 0 {
			return false, err
		}
		for i := range rows {
			if len(rows[i].Payload) > maxPayload {
				if rows[i].Payload, err = shorten(rows[i].Payload); err != nil {
					return false, fmt.Errorf("shorten row %d: %w", rows[i].ID, err)
				}
			}
		}
		if err := r.cfg.Bus.PublishEvents(ctx, rows); err != nil {
			return false, fmt.Errorf("publish %d events: %w", len(rows), err)
		}
		if mark, err = position.after(ctx, mark); err != nil {
			return false, err
		}
		return true, r.done(ctx, rows, events, mark)
	})
}

// relaySends goes one by one: each may have attachments to move first.
func (r *Relay) relaySends(ctx context.Context, wait WaitFunc) error {
	return follow(ctx, wait, func(ctx context.Context) (bool, error) {
		rows, err := r.cfg.Source.PendingSends(ctx, 50)
		if err != nil {
			return false, err
		}
		for _, row := range rows {
			if err := r.send(ctx, row); err != nil {
				return false, err
			}
		}
		return len(rows) > 0, nil
	})
}

func (r *Relay) send(ctx context.Context, row inbox.OutboxRow) error {
	var out connectors.Outbound
	if err := json.Unmarshal(row.Payload, &out); err != nil {
		// Ours alone can have written it: nothing can be told to anyone.
		r.cfg.Log.Error("outbox row can't be read", "row", row.ID, "error", err)
		return r.done(ctx, []inbox.OutboxRow{row}, "", inbox.StreamMark{})
	}
	err := r.attach(ctx, &out)
	if err == nil {
		row.Payload, err = json.Marshal(out)
	}
	if err == nil && len(row.Payload) > maxPayload {
		err = &inbox.Error{Code: inbox.TooLarge, Message: "the message's text is too large to be sent: put it into an attachment"}
	}
	if code := inbox.CodeOf(err); code == inbox.NotFound || code == inbox.TooLarge || code == inbox.Invalid {
		r.cfg.Log.Warn("send failed before it left", "message", string(out.MessageID), "attempt", out.Attempt, "error", err)
		return r.cfg.Source.FailSend(ctx, row.ID, out.MessageID, out.Attempt, reasonOf(err), time.Now())
	}
	if err != nil {
		return fmt.Errorf("send %s/%d: %w", out.MessageID, out.Attempt, err)
	}
	rows := []inbox.OutboxRow{row}
	if err := r.cfg.Bus.PublishEvents(ctx, rows); err != nil {
		return fmt.Errorf("publish send %s/%d: %w", out.MessageID, out.Attempt, err)
	}
	return r.done(ctx, rows, "", inbox.StreamMark{})
}

// attach copies the attachments' bytes to where the channel's sidecar can read
// them. Content decides the name there, so that a repetition overwrites the
// same bytes.
func (r *Relay) attach(ctx context.Context, out *connectors.Outbound) error {
	for i := range out.Attachments {
		a := &out.Attachments[i]
		if a.Body.Ref != "" || a.Body.Inline != nil || a.Body.SHA256 == "" {
			continue
		}
		body, err := r.move(ctx, out.Channel, a.Body.SHA256)
		if err != nil {
			return fmt.Errorf("attachment %d: %w", i+1, err)
		}
		a.Body = body
	}
	return nil
}

func (r *Relay) move(ctx context.Context, channel inbox.Channel, sha256 string) (connectors.Body, error) {
	src, err := r.cfg.Blobs.Open(ctx, sha256)
	if err != nil {
		if inbox.CodeOf(err) == inbox.NotFound {
			return connectors.Body{}, &inbox.Error{Code: inbox.NotFound, Message: "an attachment is no longer there"}
		}
		return connectors.Body{}, err
	}
	body, err := r.cfg.Transit.PutTransit(ctx, channel, src)
	if err = errors.Join(err, src.Close()); err != nil {
		return connectors.Body{}, err
	}
	if body.SHA256 != sha256 {
		return connectors.Body{}, &inbox.Error{Code: inbox.Invalid, Message: "an attachment's bytes are not what they were"}
	}
	return body, nil
}

func (r *Relay) done(ctx context.Context, rows []inbox.OutboxRow, stream string, mark inbox.StreamMark) error {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	if err := r.cfg.Source.MarkPublished(ctx, ids, stream, mark); err != nil {
		return err
	}
	r.published.Add(int64(len(rows)))
	return nil
}

func (r *Relay) prune(ctx context.Context, wait WaitFunc) error {
	for {
		n, err := r.cfg.Source.PruneOutbox(ctx, time.Now().Add(-kept), pruneBatch)
		if err != nil {
			return err
		}
		// A short rest between full batches leaves the disk to others.
		rest := 100 * time.Millisecond
		if n < pruneBatch {
			rest = pruneEvery
		}
		for until := time.Now().Add(rest); time.Until(until) > 0; {
			if _, err := wait(ctx, time.Until(until)); err != nil {
				return err
			}
		}
	}
}

// follow does step as long as there is something to do, and then waits.
func follow(ctx context.Context, wait WaitFunc, step func(context.Context) (more bool, err error)) error {
	idle := idleMin
	for {
		more, err := step(ctx)
		if err != nil {
			return err
		}
		if more {
			idle = idleMin
			// Makes sure, now and then, that the lock is still held.
			if _, err := wait(ctx, 0); err != nil {
				return err
			}
			continue
		}
		if _, err := wait(ctx, idle); err != nil {
			return err
		}
		idle = min(idle*2, idleMax)
	}
}

// shorten makes an event fit a frame whose headers are too long for one (ten
// thousand recipients): what is left tells a browser to fetch the rest.
func shorten(payload []byte) ([]byte, error) {
	var e inbox.Event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	if m := e.Message; m != nil {
		e.Message = &inbox.Message{
			ID: m.ID, ConversationID: m.ConversationID, ThreadID: m.ThreadID, Seq: m.Seq, Version: m.Version,
			Kind: m.Kind, Direction: m.Direction, Channel: m.Channel, Account: m.Account,
			To: []inbox.Party{}, Cc: []inbox.Party{}, Attachments: []inbox.Attachment{},
			State: m.State, Attempt: m.Attempt, SendAt: m.SendAt, SentAt: m.SentAt, CreatedAt: m.CreatedAt, Truncated: true,
		}
	}
	e.Order, e.Connector = nil, nil
	if k := e.Customer; k != nil { // whose its identities are is what lists show
		k.Profile, k.Consents = []inbox.Fact{}, []inbox.Consent{}
		if short, err := json.Marshal(e); err != nil || len(short) <= maxPayload {
			return short, err
		}
		e.Customer = nil
	}
	return json.Marshal(e)
}

func reasonOf(err error) string {
	if e, ok := errors.AsType[*inbox.Error](err); ok {
		return e.Message
	}
	return strings.TrimSpace(err.Error())
}
