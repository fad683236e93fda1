package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// silence makes what blocked senders wrote spam that wakes nobody: like an import
// it is shown, reopens nothing, waits for no answer and is told to nobody.
func (d *delivery) silence(batch []inbox.Received) []inbox.Received {
	out := slices.Clone(batch) // a copy: the batch may be tried again
	for i := range out {
		m := out[i].Message
		if m == nil || m.Direction != inbox.In || !d.identities[m.Identity].Blocked {
			continue
		}
		spam := *m
		spam.Spam = true
		out[i].Message, out[i].History = &spam, true
	}
	return out
}

// blocking is what the log keeps of a sender.
type blocking struct {
	Kind    inbox.IdentityKind `json:"kind"`
	Address string             `json:"address"`
	Blocked bool               `json:"blocked"`
	Note    string             `json:"note,omitempty"`
}

// Block makes a conversation spam and blocks whom it was opened by: what they write
// from that address from now on, by whatever account, is kept as spam and wakes
// nobody. Doing it twice changes nothing more.
func (s *Store) Block(ctx context.Context, by *inbox.Caller, ref, note string, now time.Time) (inbox.Conversation, error) {
	var id inbox.ConversationID
	err := s.work(ctx, by, now, func(w *work) error {
		c, err := findConversation(ctx, w.tx, &by.Rights, ref, "")
		if err != nil {
			return err
		}
		if id = c.ID; c.Status == inbox.Side {
			return errSide
		}
		if err := w.setBlocked(ctx, c.Customer.IdentityID, c.Customer.CustomerID, true, note); err != nil {
			return err
		}
		// Customers are locked before conversations, here as everywhere.
		if c, err = findConversation(ctx, w.tx, &by.Rights, ref, "FOR UPDATE OF c"); err != nil || c.Status == inbox.Spam {
			return err
		}
		before := c
		c.Version++
		c.Status, c.WaitingSince, c.SnoozedUntil = inbox.Spam, nil, nil
		if _, err := w.tx.Exec(ctx, `UPDATE conversations SET version = $2, status = 'spam', waiting_since = NULL, snoozed_until = NULL WHERE id = $1`,
			c.ID, c.Version); err != nil {
			return err
		}
		w.changes = append(w.changes, conversationChange(by, &before, &c, now))
		return nil
	})
	if err != nil {
		return inbox.Conversation{}, fmt.Errorf("block: %w", err)
	}
	return s.Conversation(ctx, &by.Rights, string(id))
}

// Unblock lets a sender through again, whom the caller may see. What came meanwhile
// stays spam until somebody looks at it.
func (s *Store) Unblock(ctx context.Context, by *inbox.Caller, id inbox.IdentityID, now time.Time) error {
	err := s.work(ctx, by, now, func(w *work) error {
		var customer inbox.CustomerID
		if !inbox.ValidID(string(id)) {
			return errSender
		}
		err := w.tx.QueryRow(ctx, `SELECT customer_id FROM identities WHERE id = $1`, id).Scan(&customer)
		if errors.Is(err, pgx.ErrNoRows) {
			return errSender
		}
		if err != nil {
			return err
		}
		err = w.setBlocked(ctx, id, customer, false, "")
		if inbox.CodeOf(err) == inbox.NotFound {
			return errSender
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("unblock: %w", err)
	}
	return nil
}

var errSender = &inbox.Error{Code: inbox.NotFound, Message: "the sender is not there, or in none of your inboxes"}

func (w *work) setBlocked(ctx context.Context, id inbox.IdentityID, customer inbox.CustomerID, on bool, note string) error {
	customers, _, _, err := w.open(ctx, customer)
	if err != nil {
		return err
	}
	was := blocking{}
	var key string
	if err := w.tx.QueryRow(ctx, `SELECT kind, key, value, blocked_at IS NOT NULL, blocked_note FROM identities WHERE id = $1 FOR NO KEY UPDATE`, id).
		Scan(&was.Kind, &key, &was.Address, &was.Blocked, &was.Note); err != nil {
		return err
	}
	if was.Blocked == on {
		return nil
	}
	var ours bool
	if err := w.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM accounts WHERE own @> ARRAY[$1])`, key).Scan(&ours); err != nil {
		return err
	}
	if on && ours {
		return &inbox.Error{Code: inbox.Conflict, Message: was.Address + " is one of our own addresses: it can't be blocked"}
	}
	if err := w.touch(ctx, customers...); err != nil {
		return err
	}
	is := was
	is.Blocked, is.Note = on, note
	if _, err := w.tx.Exec(ctx, `UPDATE identities SET blocked_at = CASE WHEN $2 THEN $3::timestamptz END, blocked_by = CASE WHEN $2 THEN $4::uuid END,
		blocked_note = $5 WHERE id = $1`, id, on, w.now, w.by.Agent.ID, note); err != nil {
		return err
	}
	ch := unversioned(w.by, inbox.SenderChanged, string(id), is, w.now)
	ch.before = was
	return logOnly(ctx, w.tx, []change{ch})
}

// BlockedSenders returns one page of those who are blocked, the newest first, and
// where the next begins.
func (s *Store) BlockedSenders(ctx context.Context, after inbox.Cursor, limit int) ([]inbox.BlockedSender, inbox.Cursor, error) {
	if err := checkCursor(after); err != nil {
		return nil, inbox.Cursor{}, err
	}
	if after.IsZero() {
		after = beyond[false]
	}
	size := pageSize(limit)
	rows, err := s.pool.Query(ctx, `
		SELECT i.id, i.kind, i.value, `+shownName+`, i.blocked_at, coalesce(i.blocked_by::text, ''), coalesce(a.name, ''), i.blocked_note
		FROM identities i JOIN customers k ON k.id = i.customer_id LEFT JOIN agents a ON a.id = i.blocked_by
		WHERE i.blocked_at IS NOT NULL AND (i.blocked_at, i.id) < ($1, $2::uuid)
		ORDER BY i.blocked_at DESC, i.id DESC LIMIT `+strconv.Itoa(size+1), after.At, after.ID)
	if err != nil {
		return nil, inbox.Cursor{}, fmt.Errorf("read blocked senders: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.BlockedSender])
	if err != nil {
		return nil, inbox.Cursor{}, fmt.Errorf("read blocked senders: %w", err)
	}
	for i := range list {
		list[i].At = list[i].At.UTC()
	}
	list, next := cut(list, size, func(b *inbox.BlockedSender) inbox.Cursor { return inbox.Cursor{At: b.At, ID: string(b.IdentityID)} })
	return list, next, nil
}
