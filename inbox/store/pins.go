package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Bounds of what is pinned: how many messages are looked through, from the newest
// back, how many pins are shown, and how many an agent's word keeps.
const (
	maxPinned     = 12
	maxPinSources = 30
	maxPinRows    = 200
	maxPinWords   = 300 // runes
)

// surePin is from what score on the number of an order or a parcel is shown.
const surePin = 0.5

var (
	errPin  = &inbox.Error{Code: inbox.Invalid, Message: "the customer didn't write this in that message: pin their own words"}
	errPins = &inbox.Error{Code: inbox.Conflict, Message: "too much is pinned here: take something off first"}
)

// Pins are what the customer gave in a conversation: what is found in what they
// wrote, without what agents took off, and what agents pinned. Those of what was
// merged into it are among them.
func (s *Store) Pins(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.Pin, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return nil, fmt.Errorf("pins: %w", err)
	}
	list, err := s.pins(ctx, &c)
	if err != nil {
		return nil, fmt.Errorf("pins of %s: %w", c.ID, err)
	}
	return list, nil
}

func (s *Store) pins(ctx context.Context, c *inbox.Conversation) ([]inbox.Pin, error) {
	kept, off, err := s.keptPins(ctx, c)
	if err != nil {
		return nil, err
	}
	found, err := s.foundPins(ctx, c)
	if err != nil {
		return nil, err
	}
	type name struct {
		kind inbox.PinKind
		key  string
	}
	seen := map[name]bool{}
	list := []inbox.Pin{}
	for _, p := range slices.Concat(kept, found) {
		n := name{p.Kind, p.Key}
		if seen[n] || slices.ContainsFunc(off, func(o inbox.Pin) bool { return o.Kind == p.Kind && o.Key == p.Key }) {
			continue
		}
		seen[n] = true
		list = append(list, p)
	}
	kinds := []inbox.PinKind{inbox.PinWords, inbox.PinOrder, inbox.PinTracking, inbox.PinAddress, inbox.PinPhone, inbox.PinEmail, inbox.PinDate}
	slices.SortStableFunc(list, func(a, b inbox.Pin) int {
		if a.Kind != b.Kind {
			return slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind)
		}
		return b.At.Compare(a.At)
	})
	return list[:min(len(list), maxPinned)], nil
}

// keptPins are those that agents pinned, and those that they took off.
func (s *Store) keptPins(ctx context.Context, c *inbox.Conversation) (kept, off []inbox.Pin, err error) {
	rows, err := s.pool.Query(ctx, `
		SELECT kind, key, text, coalesce(message_id::text, ''), agent_id, at, pinned FROM pins
		WHERE conversation_id IN (SELECT id FROM conversations WHERE id = $1 OR merged_into = $1) ORDER BY at DESC LIMIT $2`, c.ID, maxPinRows)
	if err != nil {
		return nil, nil, err
	}
	var p inbox.Pin
	var pinned bool
	_, err = pgx.ForEachRow(rows, []any{&p.Kind, &p.Key, &p.Text, &p.MessageID, &p.AgentID, &p.At, &pinned}, func() error {
		if pinned {
			kept = append(kept, p)
		} else {
			off = append(off, p)
		}
		return nil
	})
	return kept, off, err
}

// foundPins are those that are found in what the customer wrote, the newest first.
// Addresses that are known already, theirs and ours, say nothing.
func (s *Store) foundPins(ctx context.Context, c *inbox.Conversation) ([]inbox.Pin, error) {
	known, err := column[string](ctx, s.pool, `
		SELECT unnest(own) FROM accounts
		UNION SELECT i.key FROM identities o JOIN identities i ON i.customer_id = o.customer_id WHERE o.id = $1 AND i.kind IN ('email', 'phone')`, c.Customer.IdentityID)
	if err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT m.id, coalesce(nullif(m.visible_text, ''), m.text), m.created_at, a.region
		FROM messages m JOIN accounts a ON a.id = m.account_id
		WHERE m.conversation_id = $1 AND m.kind = 'message' AND m.direction = 'in' AND NOT m.automatic AND m.call IS NULL
		ORDER BY m.seq DESC LIMIT $2`, c.ID, maxPinSources)
	if err != nil {
		return nil, err
	}
	var id inbox.MessageID
	var text, region string
	var at time.Time
	var ids []string
	said := map[inbox.MessageID]time.Time{}
	var list []inbox.Pin
	if _, err := pgx.ForEachRow(rows, []any{&id, &text, &at, &region}, func() error {
		ids = append(ids, string(id))
		said[id] = at
		for _, p := range s.rules.Given(text, region) {
			if (p.Kind == inbox.PinEmail || p.Kind == inbox.PinPhone) && slices.Contains(known, p.Key) {
				continue
			}
			p.MessageID, p.At = id, at
			list = append(list, p)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	rows, err = s.pool.Query(ctx, `
		SELECT kind, key, text, message_id FROM order_mentions
		WHERE message_id = ANY($1::uuid[]) AND kind IN ('order', 'tracking') AND score >= $2 ORDER BY message_id DESC, score DESC, start_at`, ids, surePin)
	if err != nil {
		return nil, err
	}
	var p inbox.Pin
	_, err = pgx.ForEachRow(rows, []any{&p.Kind, &p.Key, &p.Text, &p.MessageID}, func() error {
		p.At = said[p.MessageID]
		list = append(list, p)
		return nil
	})
	return list, err
}

// PinWords pins words of one of the customer's messages, and returns what is
// pinned then.
func (s *Store) PinWords(ctx context.Context, by *inbox.Caller, ref string, in inbox.MessageID, words string, now time.Time) ([]inbox.Pin, error) {
	words = strings.Join(strings.Fields(words), " ")
	if words == "" || len([]rune(words)) > maxPinWords {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("pin a sentence: up to %d characters", maxPinWords)}
	}
	return s.changePins(ctx, by, ref, now, func(tx pgx.Tx, c *inbox.Conversation) error {
		var text string
		err := pgx.ErrNoRows
		if inbox.ValidID(string(in)) {
			err = tx.QueryRow(ctx, `SELECT concat_ws(' ', subject, visible_text, text) FROM messages
				WHERE id = $1 AND conversation_id = $2 AND kind = 'message' AND direction = 'in'`, in, c.ID).Scan(&text)
		}
		if errors.Is(err, pgx.ErrNoRows) {
			return &inbox.Error{Code: inbox.NotFound, Message: "the customer's message is not there"}
		}
		if err != nil {
			return err
		}
		if !strings.Contains(strings.Join(strings.Fields(text), " "), words) {
			return errPin
		}
		return keepPin(ctx, tx, by, c, inbox.Pin{Kind: inbox.PinWords, Key: pinKey(words), Text: words, MessageID: in, At: now}, true)
	})
}

// pinKey tells sentences apart.
func pinKey(words string) string {
	r := []rune(strings.ToLower(words))
	for len(string(r)) > 500 {
		r = r[:len(r)-1]
	}
	return string(r)
}

// Unpin takes off what is pinned, or found: for everybody, and for good.
func (s *Store) Unpin(ctx context.Context, by *inbox.Caller, ref string, kind inbox.PinKind, key string, now time.Time) ([]inbox.Pin, error) {
	return s.changePins(ctx, by, ref, now, func(tx pgx.Tx, c *inbox.Conversation) error {
		// One that came with what was merged into this is pinned there.
		tag, err := tx.Exec(ctx, `UPDATE pins SET pinned = false, agent_id = $4, at = $5
			WHERE conversation_id IN (SELECT id FROM conversations WHERE id = $1 OR merged_into = $1) AND kind = $2 AND key = $3`,
			c.ID, string(kind), key, by.Agent.ID, now)
		if err != nil || tag.RowsAffected() > 0 {
			return err
		}
		return keepPin(ctx, tx, by, c, inbox.Pin{Kind: kind, Key: key, At: now}, false)
	})
}

// Repin undoes [Store.Unpin].
func (s *Store) Repin(ctx context.Context, by *inbox.Caller, ref string, kind inbox.PinKind, key string, now time.Time) ([]inbox.Pin, error) {
	return s.changePins(ctx, by, ref, now, func(tx pgx.Tx, c *inbox.Conversation) error {
		const those = ` WHERE conversation_id IN (SELECT id FROM conversations WHERE id = $1 OR merged_into = $1) AND kind = $2 AND key = $3 AND NOT pinned`
		if _, err := tx.Exec(ctx, `DELETE FROM pins`+those+` AND text = ''`, c.ID, string(kind), key); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE pins SET pinned = true, agent_id = $4, at = $5`+those, c.ID, string(kind), key, by.Agent.ID, now)
		return err
	})
}

func keepPin(ctx context.Context, tx pgx.Tx, by *inbox.Caller, c *inbox.Conversation, p inbox.Pin, pinned bool) error {
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM pins WHERE conversation_id = $1`, c.ID).Scan(&n); err != nil {
		return err
	}
	if n >= maxPinRows {
		return errPins
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO pins (conversation_id, kind, key, text, message_id, agent_id, pinned, at)
		VALUES (@conversation, @kind, @key, @text, @message, @agent, @pinned, @at)
		ON CONFLICT (conversation_id, kind, key) DO UPDATE SET text = excluded.text, message_id = excluded.message_id,
			agent_id = excluded.agent_id, pinned = excluded.pinned, at = excluded.at`,
		pgx.NamedArgs{"conversation": c.ID, "kind": string(p.Kind), "key": p.Key, "text": p.Text, "message": null(p.MessageID),
			"agent": by.Agent.ID, "pinned": pinned, "at": p.At})
	return err
}

// changePins runs do under the conversation's lock, has everybody who looks at it
// ask again, and returns what is pinned then.
func (s *Store) changePins(ctx context.Context, by *inbox.Caller, ref string, now time.Time, do func(tx pgx.Tx, c *inbox.Conversation) error) ([]inbox.Pin, error) {
	var c inbox.Conversation
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		if c, err = findConversation(ctx, tx, &by.Rights, ref, "FOR UPDATE OF c"); err != nil {
			return err
		}
		if err := do(tx, &c); err != nil {
			return err
		}
		before := c
		c.Version++
		if _, err := tx.Exec(ctx, `UPDATE conversations SET version = $2 WHERE id = $1`, c.ID, c.Version); err != nil {
			return err
		}
		return announce(ctx, tx, []change{conversationChange(by, &before, &c, now)})
	})
	if err != nil {
		return nil, fmt.Errorf("change pins: %w", err)
	}
	return s.pins(ctx, &c)
}
