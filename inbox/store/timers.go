package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// SendKind is the kind of the timers whose key is a message that leaves.
const SendKind = "send"

// putOff is how long a timer that failed for its own sake waits before it is
// tried again, so that it never stands in the others' way.
const putOff = time.Minute

// NextTimer returns when the earliest timer of these kinds is due; ok is false
// when there is none.
func (s *Store) NextTimer(ctx context.Context, kinds []string) (due time.Time, ok bool, err error) {
	var at *time.Time
	if err := s.pool.QueryRow(ctx, `SELECT min(due_at) FROM timers WHERE kind = ANY($1)`, kinds).Scan(&at); err != nil {
		return time.Time{}, false, fmt.Errorf("read next timer: %w", err)
	}
	if at == nil {
		return time.Time{}, false, nil
	}
	return *at, true, nil
}

// An EncodeFunc turns a departure into the row that the relay publishes. It is
// pure; its error means that this message can never leave.
type EncodeFunc func(inbox.Departure) (subject string, payload []byte, err error)

// FireSend claims the first send timer that is due and that nobody else has
// claimed, and in one transaction moves its message from queued to sending,
// records the attempt, announces it, hands it to the relay and deletes
// the timer. A message that is no longer queued stays as it is. One that can't
// be encoded becomes failed, with the reason.
//
// However many call this, what is said in one conversation leaves in the order of
// its timers: while an earlier one is being fired, a later one stays, and nothing
// is reported as fired.
//
// It reports whether there was a timer. A timer whose message can't be handled
// for a reason of its own is put off for a minute, and the error returned.
func (s *Store) FireSend(ctx context.Context, now time.Time, encode EncodeFunc) (fired bool, err error) {
	var key string
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var payload []byte
		var due time.Time
		err := tx.QueryRow(ctx, `
			SELECT key, due_at, payload FROM timers WHERE kind = $1 AND due_at <= $2
			ORDER BY due_at, key LIMIT 1 FOR UPDATE SKIP LOCKED`, SendKind, now).Scan(&key, &due, &payload)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		fired = true
		if _, err := tx.Exec(ctx, `DELETE FROM timers WHERE kind = $1 AND key = $2`, SendKind, key); err != nil {
			return err
		}
		var timer inbox.SendTimer
		if err := json.Unmarshal(payload, &timer); err != nil {
			return &inbox.Error{Code: inbox.Invalid, Message: "the timer's payload can't be read"}
		}
		return depart(ctx, tx, inbox.MessageID(key), due, timer, now, encode)
	})
	if errors.Is(err, errEarlier) {
		return false, nil
	}
	if err == nil {
		return fired, nil
	}
	err = fmt.Errorf("fire send of %s: %w", key, err)
	if key != "" && !Transient(err) {
		if _, putErr := s.pool.Exec(ctx, `UPDATE timers SET due_at = $3 WHERE kind = $1 AND key = $2 AND due_at <= $3`,
			SendKind, key, now.Add(putOff)); putErr != nil {
			return fired, errors.Join(err, putErr)
		}
	}
	return fired, err
}

// errEarlier: another of the conversation is due before, and whoever claimed that
// one has not come to its end.
var errEarlier = errors.New("what was said before has not left")

func depart(ctx context.Context, tx pgx.Tx, id inbox.MessageID, due time.Time, timer inbox.SendTimer, now time.Time, encode EncodeFunc) error {
	m, at, err := lockMessage(ctx, tx, id)
	if inbox.CodeOf(err) == inbox.NotFound {
		return nil // nothing left to send
	}
	if err != nil || m.State != inbox.Queued {
		return err
	}
	var earlier bool
	if err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM timers t JOIN messages m ON m.id = t.key::uuid
			WHERE t.kind = $1 AND (t.due_at, t.key) < ($2, $3) AND m.conversation_id = $4)`, SendKind, due, string(id), m.ConversationID).Scan(&earlier); err != nil {
		return fmt.Errorf("look for what leaves before: %w", err)
	}
	if earlier {
		return errEarlier
	}
	d := inbox.Departure{ReplyTo: timer.ReplyTo, At: now}
	var who []byte
	if err := tx.QueryRow(ctx, `
		SELECT m.recipients, m.refs, a.name, a.address FROM messages m JOIN accounts a ON a.id = m.account_id
		WHERE m.id = $1`, id).Scan(&who, &d.References, &d.From.Name, &d.From.Address); err != nil {
		return fmt.Errorf("read departure: %w", err)
	}
	var r recipients
	if err := json.Unmarshal(who, &r); err != nil {
		return fmt.Errorf("read recipients: %w", err)
	}
	d.Bcc = r.Bcc
	if m.Channel == inbox.Social && len(m.To) > 0 {
		if d.HeardAt, err = heardAt(ctx, tx, m.Account, m.To[0].Address); err != nil {
			return err
		}
		if err := mayWrite(ctx, tx, m.Account, m.To[0].Address); err != nil {
			if inbox.CodeOf(err) == "" {
				return err
			}
			m.State, m.StateDetail, m.SendAt = inbox.Failed, err.Error(), nil
			return moveMessage(ctx, tx, m, at, now)
		}
	}

	if m.Scheduled {
		if timer.Ask {
			if held, err := holdBack(ctx, tx, m, at, now); held || err != nil {
				return err
			}
		}
		if err := leaves(ctx, tx, m, now); err != nil {
			return err
		}
	}
	m.State, m.StateDetail, m.SendAt = inbox.Sending, "", nil
	m.Attempt = max(m.Attempt, 1)
	d.Message = *m
	subject, payload, err := encode(d)
	if err != nil {
		m.State, m.StateDetail = inbox.Failed, err.Error()
	}
	if err := moveMessage(ctx, tx, m, at, now); err != nil {
		return err
	}
	if m.State == inbox.Failed {
		return nil
	}
	if m.Channel == inbox.Chat {
		if err := mailLater(ctx, tx, m.ThreadID); err != nil {
			return err
		}
	}
	return enqueue(ctx, tx, [][]any{{subject, payload}})
}

// Resend queues another attempt of a message that failed or whose fate is
// uncertain, to leave at once: with the same Message-ID, so that a recipient who
// has it already sees one mail. It is a conflict in every other state.
func (s *Store) Resend(ctx context.Context, id inbox.MessageID, timer inbox.SendTimer, by inbox.Actor, now time.Time) (inbox.Message, error) {
	var m *inbox.Message
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var at *inbox.Place
		var err error
		if m, at, err = lockMessage(ctx, tx, id); err != nil {
			return err
		}
		if m.Direction != inbox.Out || m.State != inbox.Failed && m.State != inbox.Uncertain {
			return &inbox.Error{Code: inbox.Conflict, Message: "only a message that failed or is uncertain can be sent again"}
		}
		m.State, m.StateDetail, m.SendAt, m.Attempt = inbox.Queued, "", &now, m.Attempt+1
		if err := moveMessageBy(ctx, tx, m, at, by, now); err != nil {
			return err
		}
		return startTimer(ctx, tx, SendKind, string(id), now, timer)
	})
	if err != nil {
		return inbox.Message{}, fmt.Errorf("resend %s: %w", id, err)
	}
	return *m, nil
}

// FailSend ends an attempt that the relay can't hand over, such as one whose
// attachment is gone: the message becomes failed, with the reason, and the
// outbox row is done. A message that has moved on stays as it is.
func (s *Store) FailSend(ctx context.Context, row int64, id inbox.MessageID, attempt int, reason string, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE outbox SET published_at = $2 WHERE id = $1`, row, now); err != nil {
			return err
		}
		m, at, err := lockMessage(ctx, tx, id)
		if inbox.CodeOf(err) == inbox.NotFound {
			return nil
		}
		if err != nil || m.State != inbox.Sending || m.Attempt != attempt {
			return err
		}
		m.State, m.StateDetail = inbox.Failed, reason
		return moveMessage(ctx, tx, m, at, now)
	})
	if err != nil {
		return fmt.Errorf("fail send of %s: %w", id, err)
	}
	return nil
}

// startTimer writes a timer, or moves the one of the same kind and key, and
// wakes those who fire them when the transaction commits.
func startTimer(ctx context.Context, tx pgx.Tx, kind, key string, due time.Time, payload any) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("start timer: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO timers (kind, key, due_at, payload) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, key) DO UPDATE SET due_at = EXCLUDED.due_at, payload = EXCLUDED.payload`, kind, key, due, raw); err != nil {
		return fmt.Errorf("start timer: %w", err)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_notify('skein_timers', '')`); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// lockMessage locks a message's conversation and then the message, the order
// that everyone keeps, and returns it with the place where it may be seen.
func lockMessage(ctx context.Context, tx pgx.Tx, id inbox.MessageID) (*inbox.Message, *inbox.Place, error) {
	for {
		var in inbox.ConversationID
		var at inbox.Place
		err := tx.QueryRow(ctx, `
			SELECT c.id, c.inbox_id, coalesce(c.team_id::text, ''), coalesce(c.assignee_id::text, '')
			FROM conversations c WHERE c.id = (SELECT conversation_id FROM messages WHERE id = $1) FOR UPDATE`, id).
			Scan(&in, &at.InboxID, &at.TeamID, &at.Assignee)
		if err != nil {
			return nil, nil, notFound(err, "the message")
		}
		rows, err := tx.Query(ctx, `SELECT `+messageColumns+` FROM messages m WHERE m.id = $1 FOR UPDATE`, id)
		if err != nil {
			return nil, nil, fmt.Errorf("lock message: %w", err)
		}
		m, err := pgx.CollectExactlyOneRow(rows, scanMessage)
		if err != nil {
			return nil, nil, notFound(err, "the message")
		}
		if m.ConversationID != in {
			continue // joined to another one while this waited
		}
		one := []inbox.Message{m}
		if err := addAttachments(ctx, tx, one); err != nil {
			return nil, nil, err
		}
		return &one[0], &at, nil
	}
}

func moveMessage(ctx context.Context, tx pgx.Tx, m *inbox.Message, at *inbox.Place, now time.Time) error {
	return moveMessageBy(ctx, tx, m, at, inbox.Actor{Kind: inbox.BySystem}, now)
}

// moveMessageBy writes a locked message's state, raises its version, records
// the attempt and announces it.
func moveMessageBy(ctx context.Context, tx pgx.Tx, m *inbox.Message, at *inbox.Place, by inbox.Actor, now time.Time) error {
	m.Version++
	if _, err := tx.Exec(ctx, `
		UPDATE messages SET state = @state, state_detail = @detail, attempt = @attempt, send_at = @sendAt, version = @version
		WHERE id = @id`, pgx.NamedArgs{"id": m.ID, "state": m.State, "detail": m.StateDetail,
		"attempt": m.Attempt, "sendAt": m.SendAt, "version": m.Version}); err != nil {
		return fmt.Errorf("move message: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO attempts (message_id, attempt, state, detail, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (message_id, attempt) DO UPDATE SET state = EXCLUDED.state, detail = EXCLUDED.detail, at = EXCLUDED.at`,
		m.ID, m.Attempt, m.State, m.StateDetail, now); err != nil {
		return fmt.Errorf("record attempt: %w", err)
	}
	return announce(ctx, tx, []change{{event: inbox.Event{
		ID: inbox.NewID[inbox.EventID](now), Kind: inbox.MessageChanged, At: now, Actor: by,
		Entity: string(m.ID), Version: m.Version, Message: m, Audience: inbox.Audience{After: at},
	}}})
}
