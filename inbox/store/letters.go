package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// post hands a letter to the relay, from the oldest mail account that is served,
// and reports whether there is one. There is none for an address that is an
// account's own: the mail would come in here.
func post(ctx context.Context, tx pgx.Tx, l inbox.AgentLetter, coder inbox.Coder, now time.Time) (bool, error) {
	all := inbox.Rights{Agent: inbox.Agent{Email: l.To.Address}, All: true}
	from, err := digestSender(ctx, tx, &all, zero)
	if err != nil || from == nil {
		return false, err
	}
	id := inbox.NewID[inbox.MessageID](now)
	if _, err := tx.Exec(ctx, `INSERT INTO letters (id, sent_at) VALUES ($1, $2)`, id, now); err != nil {
		return false, err
	}
	subject, payload, err := coder.Encode(inbox.Departure{
		From: inbox.Party{Name: from.Name, Address: from.Address}, Automatic: true, At: now,
		Message: inbox.Message{
			ID: id, Attempt: 1, Channel: from.Channel, Account: from.ID, HeaderID: coder.HeaderID(id, from),
			To: []inbox.Party{l.To}, Subject: l.Subject, Text: l.Text,
		},
	})
	if err != nil {
		return false, fmt.Errorf("encode a letter: %w", err)
	}
	return true, enqueue(ctx, tx, [][]any{{subject, payload}})
}
