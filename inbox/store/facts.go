package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// inputs is the column of that name: what a fact was made of.
type inputs struct {
	Text       string            `json:"text"`
	Key        string            `json:"key,omitempty"`        // of late-parent: the Message-ID
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
		in := inputs{Text: t.Text, Key: t.Key, MessageID: a.ids[t.Place], OrderID: t.Order}
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
