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

// inputs is the column of that name: what a fact was made of.
type inputs struct {
	Text       string            `json:"text"`
	Key        string            `json:"key,omitempty"`        // of late-parent: the Message-ID
	Under      []inbox.FactID    `json:"under,omitempty"`      // of late-parent: splits without which it is void
	MessageID  inbox.MessageID   `json:"messageId,omitempty"`  // what brought it
	OrderID    inbox.OrderID     `json:"orderId,omitempty"`    // of same-order
	IdentityID inbox.IdentityID  `json:"identityId,omitempty"` // of hand-over
	Messages   []inbox.MessageID `json:"messages,omitempty"`   // of split: what was moved
	New        bool              `json:"new,omitempty"`        // of split: into was made by it
}

// A tie is a fact that a delivery writes.
type tie struct {
	inbox.Tie
	id     inbox.FactID
	inputs inputs
}

// tie makes facts of what ties conversations together from now on.
func (a *arrivals) tie(batch []inbox.Received, ties []inbox.Tie) {
	for _, t := range ties {
		r := &batch[t.Place]
		in := inputs{Text: t.Text, Key: t.Key, MessageID: a.ids[t.Place], OrderID: t.Order, Under: t.Under}
		if t.Kind == inbox.FactSameOrder {
			in.IdentityID = a.identities[r.Message.Identity].ID
		}
		a.ties = append(a.ties, tie{Tie: t, id: inbox.NewID[inbox.FactID](time.Now()), inputs: in})
	}
}

func (a *arrivals) writeTies(ctx context.Context) error {
	if len(a.ties) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, t := range a.ties {
		if t.Waited != "" {
			batch.Queue(`UPDATE conversation_facts SET from_id = $2 WHERE id = $1`, string(t.Waited), string(t.From))
			continue
		}
		in, err := json.Marshal(t.inputs)
		if err != nil {
			return fmt.Errorf("encode fact: %w", err)
		}
		batch.Queue(`
			INSERT INTO conversation_facts (id, kind, inputs, actor_kind, from_id, into_id) VALUES ($1, $2, $3, 'system', $4, $5)`,
			string(t.id), string(t.Kind), in, string(t.From), string(t.Into))
	}
	if err := a.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write facts: %w", err)
	}
	return nil
}

// insertFact writes an agent's fact.
func (m *moving) insertFact(ctx context.Context, kind inbox.FactKind, from, into inbox.ConversationID, in inputs) (inbox.FactID, error) {
	id := inbox.NewID[inbox.FactID](m.now)
	raw, err := json.Marshal(in)
	if err != nil {
		return "", fmt.Errorf("encode fact: %w", err)
	}
	if _, err := m.tx.Exec(ctx, `
		INSERT INTO conversation_facts (id, kind, inputs, actor_kind, actor_id, created_at, from_id, into_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, string(kind), raw, string(inbox.ByAgent), m.by.Agent.ID, m.now, null(from), into); err != nil {
		return "", fmt.Errorf("write fact: %w", err)
	}
	return id, nil
}

// A fact is a row of conversation_facts.
type fact struct {
	id         inbox.FactID
	kind       inbox.FactKind
	inputs     inputs
	from, into inbox.ConversationID // from is "" while a hand-over waits
	revoked    *time.Time
}

var errFact = &inbox.Error{Code: inbox.NotFound, Message: "there is no such merge or move, or not in one of your inboxes"}

// lockFact locks and reads a fact.
func lockFact(ctx context.Context, tx pgx.Tx, id inbox.FactID) (fact, error) {
	var f fact
	if !inbox.ValidID(string(id)) {
		return f, errFact
	}
	err := tx.QueryRow(ctx, `
		SELECT id, kind, inputs, coalesce(from_id::text, ''), into_id, revoked_at
		FROM conversation_facts WHERE id = $1 FOR UPDATE`, id).
		Scan(&f.id, &f.kind, &f.inputs, &f.from, &f.into, &f.revoked)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errFact
	}
	return f, err
}

func (m *moving) revoke(ctx context.Context, f fact) error {
	if _, err := m.tx.Exec(ctx, `
		UPDATE conversation_facts SET revoked_at = $2, revoked_kind = $3, revoked_by = $4 WHERE id = $1`,
		f.id, m.now, string(inbox.ByAgent), m.by.Agent.ID); err != nil {
		return fmt.Errorf("revoke fact: %w", err)
	}
	return nil
}

// maxFacts bounds how many facts of one conversation are shown.
const maxFacts = 200

// Facts returns the standing facts that concern a conversation, and those that
// have gone into it, newest first.
func (s *Store) Facts(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.ConversationFact, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return nil, fmt.Errorf("facts: %w", err)
	}
	list, err := collectFacts(ctx, s.pool, `
		WHERE f.revoked_at IS NULL AND f.id IN (
			SELECT f.id FROM conversations n
			JOIN conversation_facts f ON f.from_id = n.id OR f.into_id = n.id
			WHERE n.id = $1 OR n.merged_into = $1)
		ORDER BY f.id DESC LIMIT $2`, c.ID, maxFacts)
	if err != nil {
		return nil, fmt.Errorf("facts of %s: %w", c.ID, err)
	}
	return list, nil
}

// collectFacts reads facts f, as the tail of the query says.
func collectFacts(ctx context.Context, q querier, tail string, args ...any) ([]inbox.ConversationFact, error) {
	rows, err := q.Query(ctx, `
		SELECT f.id, f.kind, f.inputs, coalesce(f.from_id::text, ''), f.into_id, f.actor_kind, coalesce(f.actor_id::text, ''),
			coalesce(g.name, ''), f.created_at, f.revoked_at
		FROM conversation_facts f LEFT JOIN agents g ON g.id = f.actor_id `+tail, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.ConversationFact, error) {
		var f inbox.ConversationFact
		var in inputs
		err := row.Scan(&f.ID, &f.Kind, &in, &f.From, &f.Into, &f.Actor.Kind, &f.Actor.ID, &f.Actor.Name, &f.At, &f.RevokedAt)
		f.Text, f.Messages, f.IdentityID = in.Text, in.Messages, in.IdentityID
		return f, err
	})
	return orEmpty(list), err
}
