package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"skein/inbox"
)

// A Dead is an item that could not be handled, for its own content, and why.
// DEAD stores Item as it came, and the rest in the header Skein-Dead as JSON:
// whatever fitted INBOUND fits DEAD.
type Dead struct {
	ID      uint64          `json:"-"` // its sequence number in DEAD
	Channel inbox.Channel   `json:"channel"`
	Account inbox.AccountID `json:"account"`
	EventID string          `json:"eventId"`
	Reason  string          `json:"reason"`
	Subject string          `json:"subject"` // under which it came in
	Replay  int             `json:"replay,omitempty"`
	At      time.Time       `json:"at"`
	Item    []byte          `json:"-"` // as it came in
}

// What the header of an entry may take, bytes: items leave 16 KiB of a payload
// free.
const (
	headerDead    = "Skein-Dead"
	maxDeadReason = 2 << 10
	maxDeadEvent  = 2 << 10
)

// shortened is s on one line, as a header takes it, of at most most
// bytes.
func shortened(s string, most int) string {
	s = strings.ToValidUTF8(s[:min(len(s), most)], "")
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

// PutDead puts d aside with the reason for which it can't be handled. It
// returns when DEAD has it on disk; a repetition is swallowed.
func (b *Bus) PutDead(ctx context.Context, d Delivery, reason string) error {
	about, err := json.Marshal(Dead{
		Channel: d.Channel, Account: d.Account, EventID: shortened(d.EventID, maxDeadEvent), Reason: shortened(reason, maxDeadReason),
		Subject: d.Subject, Replay: d.Replay, At: d.At,
	})
	if err != nil {
		return fmt.Errorf("put item %d into DEAD: %w", d.Seq, err)
	}
	msg := &nats.Msg{Subject: DeadSubject(d.Channel, d.Account), Data: d.Data, Header: nats.Header{headerDead: {string(about)}}}
	// The time tells this item from another that has the same number, since
	// INBOUND was made anew or lost its tail.
	id := fmt.Sprintf("d%d.%d", d.Seq, d.At.UnixNano())
	_, err = b.js.PublishMsg(ctx, msg, jetstream.WithMsgID(id))
	if err != nil {
		b.n.failed.WithLabelValues(streamDead).Inc()
		return fmt.Errorf("put item %d into DEAD: %w", d.Seq, away(err))
	}
	b.n.dead.Inc()
	return nil
}

// DeadItems is [Bus.DeadOf] every account.
func (b *Bus) DeadItems(ctx context.Context, before uint64, limit int) ([]Dead, uint64, error) {
	return b.DeadOf(ctx, "", before, limit)
}

// DeadOf returns items of DEAD with an ID below before, newest first, at most
// limit of them, of one account, or of all when it is ""; before 0 means from the
// newest one on. It returns the value of before for the next page, 0 when there
// is none.
func (b *Bus) DeadOf(ctx context.Context, account inbox.AccountID, before uint64, limit int) ([]Dead, uint64, error) {
	s, err := b.js.Stream(ctx, streamDead)
	if err != nil {
		return nil, 0, fmt.Errorf("look up DEAD: %w", away(err))
	}
	state := s.CachedInfo().State
	if before == 0 || before > state.LastSeq {
		before = state.LastSeq + 1
	}
	most := int(state.Msgs)
	if account != "" {
		counts, err := b.DeadCounts(ctx)
		if err != nil {
			return nil, 0, err
		}
		most = counts[account]
	}
	var items []Dead
	for before > state.FirstSeq && len(items) < most {
		if len(items) == limit {
			return items, before, nil
		}
		before--
		msg, err := s.GetMsg(ctx, before)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // replayed
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read item %d of DEAD: %w", before, away(err))
		}
		if account == "" || strings.HasSuffix(msg.Subject, "."+string(account)) {
			items = append(items, deadOf(msg))
		}
	}
	return items, 0, nil
}

// DeadCounts returns how many items of DEAD each account has.
func (b *Bus) DeadCounts(ctx context.Context) (map[inbox.AccountID]int, error) {
	s, err := b.js.Stream(ctx, streamDead)
	if err != nil {
		return nil, fmt.Errorf("look up DEAD: %w", away(err))
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter("skein.dead.>"))
	if err != nil {
		return nil, fmt.Errorf("count DEAD: %w", away(err))
	}
	counts := map[inbox.AccountID]int{}
	for subject, n := range info.State.Subjects { // skein.dead.<channel>.<account>
		counts[inbox.AccountID(subject[strings.LastIndexByte(subject, '.')+1:])] += int(n)
	}
	return counts, nil
}

// DeadItem returns one item of DEAD, or an [inbox.NotFound].
func (b *Bus) DeadItem(ctx context.Context, id uint64) (Dead, error) {
	s, err := b.js.Stream(ctx, streamDead)
	if err != nil {
		return Dead{}, fmt.Errorf("look up DEAD: %w", away(err))
	}
	msg, err := s.GetMsg(ctx, id)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Dead{}, noDead(strconv.FormatUint(id, 10))
	}
	if err != nil {
		return Dead{}, fmt.Errorf("read item %d of DEAD: %w", id, away(err))
	}
	return deadOf(msg), nil
}

func noDead(id string) error {
	return &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("there is no item %.20q to replay: it may have been replayed already", id)}
}

func deadOf(msg *jetstream.RawStreamMsg) Dead {
	var d Dead
	if err := json.Unmarshal([]byte(msg.Header.Get(headerDead)), &d); err != nil {
		d = Dead{Reason: "this entry cannot be read", At: msg.Time}
	}
	d.Item = msg.Data
	d.ID = msg.Sequence
	return d
}

// Replay puts an item of DEAD back into INBOUND or TRACK under the subject by which it
// came, as its next repetition, and then removes it from DEAD. When the server
// dies in between the item is in both, and replaying it again changes nothing.
//
// An id that names no item is an [inbox.NotFound].
func (b *Bus) Replay(ctx context.Context, id string) error {
	seq, err := strconv.ParseUint(id, 10, 64)
	if err != nil || seq == 0 {
		return noDead(id)
	}
	d, err := b.DeadItem(ctx, seq)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(d.Subject, "skein.in.") && !strings.HasPrefix(d.Subject, "skein.track.") {
		return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("item %s does not say where it came in", id)}
	}
	replay := d.Replay + 1
	msg := &nats.Msg{Subject: d.Subject, Data: d.Item, Header: nats.Header{headerReplay: {strconv.Itoa(replay)}}}
	if _, err := b.js.PublishMsg(ctx, msg, jetstream.WithMsgID(replayID(msgID(d.Channel, d.Account, d.EventID), replay))); err != nil {
		b.n.failed.WithLabelValues(streamOf(d.Subject)).Inc()
		return fmt.Errorf("replay item %s: %w", id, away(err))
	}
	s, err := b.js.Stream(ctx, streamDead)
	if err != nil {
		return fmt.Errorf("look up DEAD: %w", away(err))
	}
	if err := s.DeleteMsg(ctx, seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("remove item %s from DEAD: %w", id, away(err))
	}
	b.n.replayed.Inc()
	return nil
}

// Discard removes an item of DEAD for good, after first has taken note of it: an
// error of first leaves it where it is.
//
// An id that names no item is an [inbox.NotFound].
func (b *Bus) Discard(ctx context.Context, id string, first func(Dead) error) error {
	seq, err := strconv.ParseUint(id, 10, 64)
	if err != nil || seq == 0 {
		return noDead(id)
	}
	d, err := b.DeadItem(ctx, seq)
	if err != nil {
		return err
	}
	if err := first(d); err != nil {
		return err
	}
	s, err := b.js.Stream(ctx, streamDead)
	if err != nil {
		return fmt.Errorf("look up DEAD: %w", away(err))
	}
	if err := s.DeleteMsg(ctx, seq); err != nil {
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return noDead(id) // somebody else was faster
		}
		return fmt.Errorf("discard item %s: %w", id, away(err))
	}
	return nil
}

// replayID is the message id of the replay-th repetition of what id names.
func replayID(id string, replay int) string { return fmt.Sprintf("%s/r%d", id, replay) }
