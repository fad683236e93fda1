package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxUntil bounds how many messages one word "until then" moves.
const maxUntil = 200

// findReceipts finds the messages that receipts name by what their service calls
// them, or by a time. What names one that is not known yet is kept.
func (d *delivery) findReceipts(ctx context.Context, batch []inbox.Received) ([]inbox.Received, error) {
	keys := map[inbox.Key]bool{}
	open := false
	for i := range batch {
		if r := batch[i].Receipt; r != nil && r.MessageID == "" {
			keys[r.About] = true
			open = true
		}
	}
	if !open {
		return batch, nil
	}
	there, err := d.known(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]inbox.Received, 0, len(batch))
	for i := range batch {
		r := batch[i]
		switch {
		case r.Receipt == nil || r.Receipt.MessageID != "":
			out = append(out, r)
		case r.Receipt.Until != nil:
			list, err := d.sentUntil(ctx, &r)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		case there[r.Receipt.About] != "":
			receipt := *r.Receipt
			receipt.MessageID = there[r.Receipt.About]
			r.Receipt = &receipt
			out = append(out, r)
		default:
			if err := d.keepWord(ctx, r.Receipt.About, &r); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// sentUntil are receipts of all that went to somebody until a time, the newest
// of them.
func (d *delivery) sentUntil(ctx context.Context, r *inbox.Received) ([]inbox.Received, error) {
	rows, err := d.tx.Query(ctx, `
		SELECT m.id, m.attempt FROM messages m JOIN identities i ON i.id = m.identity_id
		WHERE m.account_id = $1 AND m.channel = 'social' AND m.direction = 'out' AND m.sent_at <= $2 AND m.sent_at > $3 AND `+notPublic+`
			AND m.state IN ('sent', 'delivered') AND i.kind = $4 AND i.key = $5
		ORDER BY m.sent_at DESC LIMIT $6`,
		r.Account, *r.Receipt.Until, r.Receipt.Until.Add(-earlyFor), string(r.Receipt.Who.Kind), r.Receipt.Who.Key, maxUntil)
	if err != nil {
		return nil, fmt.Errorf("find what was sent until %s: %w", r.Receipt.Until, err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Received, error) {
		one, receipt := *r, *r.Receipt
		one.Receipt = &receipt
		return one, row.Scan(&receipt.MessageID, &receipt.Attempt)
	})
}

// echoes takes out of a batch what comes back of messages that were sent from
// here and whose attempt has not ended: they have left. An echo of one that has
// is known by its key.
func (d *delivery) echoes(ctx context.Context, batch []inbox.Received) ([]inbox.Received, error) {
	var keep []inbox.Received
	taken := map[inbox.MessageID]bool{}
	for i := range batch {
		r := &batch[i]
		if r.Message == nil || r.Channel != inbox.Social || r.Message.Direction != inbox.Out || r.History || r.Message.External == (inbox.Key{}) || r.Message.Revises {
			if keep != nil {
				keep = append(keep, *r)
			}
			continue
		}
		id, attempt, err := d.underway(ctx, r, taken)
		if err != nil {
			return nil, err
		}
		if id == "" {
			if keep != nil {
				keep = append(keep, *r)
			}
			continue
		}
		taken[id] = true
		if keep == nil {
			keep = append([]inbox.Received{}, batch[:i]...)
		}
		d.receipts = append(d.receipts, inbox.Received{Account: r.Account, Channel: r.Channel, EventID: r.EventID, At: r.At,
			Receipt: &inbox.Receipt{MessageID: id, Attempt: attempt, State: inbox.Sent, At: r.Message.SentAt, Keys: []inbox.Key{r.Message.External}}})
	}
	if keep == nil {
		return batch, nil
	}
	return keep, nil
}

// underway finds the message of ours that r is the echo of, by whom it went to
// and what it says; "" for none. Of answers to public comments services tell whom
// the first comment was by, which needn't be who was answered. One that has got its key is another.
func (d *delivery) underway(ctx context.Context, r *inbox.Received, taken map[inbox.MessageID]bool) (id inbox.MessageID, attempt int, err error) {
	m := r.Message
	if len(m.To) == 0 {
		return "", 0, nil
	}
	if there, err := d.known(ctx, map[inbox.Key]bool{m.External: true}); err != nil || len(there) > 0 {
		return "", 0, err
	}
	rows, err := d.tx.Query(ctx, `
		SELECT m.id, m.attempt FROM messages m
		WHERE m.account_id = $1 AND m.channel = 'social' AND m.direction = 'out' AND m.sent_at > $2 AND m.state IN ('sending', 'uncertain')
			AND CASE WHEN $6 THEN NOT `+notPublic+` ELSE m.recipients->'to'->0->>'address' = $3 AND `+notPublic+` END
			AND (btrim(m.text) = btrim($4) OR $4 = '' AND $5 AND EXISTS (SELECT FROM attachments a WHERE a.message_id = m.id))
		ORDER BY m.sent_at, m.id LIMIT 10 FOR NO KEY UPDATE`, r.Account, r.At.Add(-7*24*time.Hour), m.To[0].Address, m.Text, len(m.Attachments) > 0, m.Comment != nil)
	if err != nil {
		return "", 0, fmt.Errorf("find what an echo is of: %w", err)
	}
	var found inbox.MessageID
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&found, &n}, func() error {
		if id == "" && !taken[found] {
			id, attempt = found, n
		}
		return nil
	}); err != nil {
		return "", 0, fmt.Errorf("find what an echo is of: %w", err)
	}
	return id, attempt, nil
}

// mayWrite is an [inbox.Conflict] where somebody asked not to be written to by an
// account any more.
func mayWrite(ctx context.Context, q querier, account inbox.AccountID, address string) error {
	at, err := stoppedAt(ctx, q, account, address)
	if err != nil || at.IsZero() {
		return err
	}
	return &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("they asked on %s not to be written to by %s any more: once they write START it can be answered", at.UTC().Format(time.DateOnly), account)}
}

// stoppedAt is when somebody asked an account to stop, zero when it may write.
func stoppedAt(ctx context.Context, q querier, account inbox.AccountID, address string) (time.Time, error) {
	var at time.Time
	err := q.QueryRow(ctx, `
		SELECT c.at FROM consents c
		WHERE c.purpose = $3 AND c.source = $1 AND NOT c.granted AND c.identity_id = (
			SELECT identity_id FROM messages WHERE account_id = $1 AND author_address = $2 AND channel = 'social' AND direction = 'in' ORDER BY sent_at DESC LIMIT 1)`,
		account, address, inbox.DirectMessages).Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return at, fmt.Errorf("read opt-out: %w", err)
	}
	return at, nil
}

// heardAt is when somebody last wrote to an account, zero for never; what they
// wrote for everybody to read doesn't count.
func heardAt(ctx context.Context, q querier, account inbox.AccountID, address string) (time.Time, error) {
	var at *time.Time
	if err := q.QueryRow(ctx, `
		SELECT max(sent_at) FROM messages m WHERE account_id = $1 AND author_address = $2 AND channel = 'social' AND direction = 'in' AND `+notPublic,
		account, address).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("read when they wrote: %w", err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return *at, nil
}
