package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// storeReceipts moves messages forward by what connectors and delivery reports
// say of their attempts. A receipt for a message that is not there changes
// nothing: it may have been erased. One that names it by what its service calls
// it waits until it is called so.
func (d *delivery) storeReceipts(ctx context.Context, batch []inbox.Received) error {
	batch, err := d.findReceipts(ctx, slices.Concat(batch, d.receipts))
	if err != nil {
		return err
	}
	named := map[inbox.MessageID]bool{}
	for i := range batch {
		if r := batch[i].Receipt; r != nil && inbox.ValidID(string(r.MessageID)) {
			named[r.MessageID] = true
		}
	}
	for _, r := range d.reports {
		named[r.about] = true
	}
	if len(named) == 0 {
		return nil
	}
	messages, err := d.lockSent(ctx, keysOf(named))
	if err != nil {
		return err
	}
	for i := range batch {
		r := &batch[i]
		if r.Receipt == nil {
			continue
		}
		m := messages[r.Receipt.MessageID]
		if m != nil && m.Comment != nil && m.Direction == inbox.In && r.Account == m.Account {
			if err := d.applyHiding(ctx, m, *r.Receipt, r.EventID); err != nil {
				return err
			}
		}
		if m == nil || m.Direction != inbox.Out || r.Account != m.Account {
			continue
		}
		if _, err := d.applyReceipt(ctx, m, *r.Receipt, r.EventID); err != nil {
			return err
		}
		if err := d.call(ctx, m, r.Receipt.Keys); err != nil {
			return err
		}
	}
	for _, r := range d.reports {
		if m := messages[r.about]; m != nil && m.Direction == inbox.Out {
			if err := d.applyReport(ctx, m, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *delivery) lockSent(ctx context.Context, ids []string) (map[inbox.MessageID]*inbox.Message, error) {
	rows, err := d.tx.Query(ctx, `SELECT `+messageColumns+` FROM messages m WHERE m.id = ANY($1) ORDER BY m.id FOR NO KEY UPDATE`, ids)
	if err != nil {
		return nil, fmt.Errorf("lock sent messages: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanMessage)
	if err != nil {
		return nil, fmt.Errorf("lock sent messages: %w", err)
	}
	if err := addAttachments(ctx, d.tx, found); err != nil {
		return nil, err
	}
	by := make(map[inbox.MessageID]*inbox.Message, len(found))
	for i := range found {
		by[found[i].ID] = &found[i]
	}
	return by, nil
}

// applyReceipt records what became of an attempt and derives the message's
// state from it: see derive. It reports whether that has changed.
func (d *delivery) applyReceipt(ctx context.Context, m *inbox.Message, r inbox.Receipt, cause string) (bool, error) {
	if r.Attempt == 0 {
		r.Attempt = m.Attempt // a report names no attempt: it is about the last
	}
	at := r.At
	if at.IsZero() {
		at = time.Now()
	}
	var was inbox.State
	err := d.tx.QueryRow(ctx, `SELECT state FROM attempts WHERE message_id = $1 AND attempt = $2`, m.ID, r.Attempt).Scan(&was)
	if err != nil && err != pgx.ErrNoRows {
		return false, fmt.Errorf("read attempt: %w", err)
	}
	if !r.State.After(was) {
		return false, nil
	}
	if _, err := d.tx.Exec(ctx, `
		INSERT INTO attempts (message_id, attempt, state, detail, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (message_id, attempt) DO UPDATE SET state = EXCLUDED.state, detail = EXCLUDED.detail, at = EXCLUDED.at`,
		m.ID, r.Attempt, r.State, r.Detail, at); err != nil {
		return false, fmt.Errorf("write attempt: %w", err)
	}
	to, err := d.derive(ctx, m, r, was)
	if err != nil || to == "" {
		return false, err
	}
	before := *m
	m.State, m.StateDetail, m.SendAt = to, r.Detail, nil
	return true, d.tellSent(ctx, &before, m, cause)
}

// tellSent writes what has changed of a message that we sent, and announces it.
func (d *delivery) tellSent(ctx context.Context, before, m *inbox.Message, cause string) error {
	m.Version++
	if _, err := d.tx.Exec(ctx, `UPDATE messages SET state = $2, state_detail = $3, version = $4, send_at = $5 WHERE id = $1`,
		m.ID, m.State, m.StateDetail, m.Version, m.SendAt); err != nil {
		return fmt.Errorf("move message: %w", err)
	}
	place, err := placeOfConversation(ctx, d.tx, m.ConversationID)
	if err != nil {
		return err
	}
	was, after := *before, *m
	was.Text, was.VisibleText, was.HTML = "", "", ""
	d.add(change{before: &was, cause: cause, event: inbox.Event{
		Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: &after,
		Audience: inbox.Audience{After: place},
	}}, inbox.Actor{Kind: inbox.BySystem})
	return nil
}

// derive says to which state r moves m, "" for none; was is what r's attempt was
// before. The newest attempt counts, but what an earlier one has brought to the
// next server is not undone by a later one that never left: an agent who is
// shown "failed" sends it once more.
func (d *delivery) derive(ctx context.Context, m *inbox.Message, r inbox.Receipt, was inbox.State) (inbox.State, error) {
	left := r.State.After(inbox.Uncertain) && r.State != inbox.Failed
	switch {
	case r.Attempt < m.Attempt:
		// The attempt after it, where it has not begun, is called off by this.
		if left && (m.State == inbox.Queued || m.State == inbox.Uncertain || m.State == inbox.Failed) {
			return r.State, nil
		}
		return "", nil
	case r.Attempt > m.Attempt || !r.State.After(m.State):
		return "", nil
	case left || inbox.Sent == was || was.After(inbox.Failed): // a bounce fails what was sent
		return r.State, nil
	}
	var earlier inbox.State
	err := d.tx.QueryRow(ctx, `
		SELECT state FROM attempts WHERE message_id = $1 AND attempt < $2 AND state IN ('sent', 'delivered', 'read')
		ORDER BY attempt DESC LIMIT 1`, m.ID, m.Attempt).Scan(&earlier)
	switch {
	case err == pgx.ErrNoRows:
		return r.State, nil
	case err != nil:
		return "", fmt.Errorf("read earlier attempts: %w", err)
	}
	return earlier, nil
}

func placeOfConversation(ctx context.Context, tx pgx.Tx, id inbox.ConversationID) (*inbox.Place, error) {
	var p inbox.Place
	err := tx.QueryRow(ctx, `SELECT inbox_id, coalesce(team_id::text, ''), coalesce(assignee_id::text, '') FROM conversations WHERE id = $1`, id).
		Scan(&p.InboxID, &p.TeamID, &p.Assignee)
	if err != nil {
		return nil, fmt.Errorf("read place of %s: %w", id, err)
	}
	return &p, nil
}
