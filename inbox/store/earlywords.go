package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// earlyFor is how long a word waits for its message.
const earlyFor = 30 * 24 * time.Hour

// keepWord keeps a word on a message that nobody here is called by yet. The
// caller holds the key's lock.
func (d *delivery) keepWord(ctx context.Context, key inbox.Key, r *inbox.Received) error {
	word := inbox.Received{Account: r.Account, Channel: r.Channel, EventID: r.EventID, History: r.History, At: r.At,
		Receipt: r.Receipt, Deletion: r.Deletion, Reaction: r.Reaction, Concealed: r.Concealed, Quote: r.Quote}
	raw, err := json.Marshal(word)
	if err != nil {
		return fmt.Errorf("encode early word: %w", err)
	}
	sum := sha256.Sum256([]byte(string(r.Account) + "\x00" + r.EventID))
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM early_words WHERE ctid IN (SELECT ctid FROM early_words WHERE at < $1 LIMIT 100 FOR UPDATE SKIP LOCKED)`, r.At.Add(-earlyFor))
	batch.Queue(`INSERT INTO early_words (key, account_id, event_hash, word, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
		key[:], r.Account, sum[:16], raw, r.At)
	if err := d.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("keep early word: %w", err)
	}
	return nil
}

// sayEarlyWords says again what was said of messages before they were known by
// the keys that they got in this delivery.
func (d *delivery) sayEarlyWords(ctx context.Context) error {
	if len(d.called) == 0 {
		return nil
	}
	keys := make([][]byte, 0, len(d.called))
	for k := range d.called {
		keys = append(keys, k[:])
	}
	rows, err := d.tx.Query(ctx, `DELETE FROM early_words WHERE key = ANY($1) RETURNING key, word`, keys)
	if err != nil {
		return fmt.Errorf("read early words: %w", err)
	}
	type early struct {
		key  inbox.Key
		word inbox.Received
	}
	words, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (early, error) {
		var e early
		var key, raw []byte
		if err := row.Scan(&key, &raw); err != nil {
			return e, err
		}
		e.key = inbox.Key(key)
		return e, json.Unmarshal(raw, &e.word)
	})
	if err != nil {
		return fmt.Errorf("read early words: %w", err)
	}
	slices.SortFunc(words, func(a, b early) int {
		return cmp.Or(a.word.At.Compare(b.word.At), cmp.Compare(a.word.EventID, b.word.EventID))
	})
	var later []revision
	for i := range words {
		w := &words[i]
		id := d.called[w.key]
		switch {
		case w.word.Receipt != nil:
			found, err := d.lockSent(ctx, []string{string(id)})
			if err != nil {
				return err
			}
			if m := found[id]; m != nil && m.Direction == inbox.Out {
				if _, err := d.applyReceipt(ctx, m, *w.word.Receipt, w.word.EventID); err != nil {
					return err
				}
			}
		case w.word.Quote != "":
			if err := d.quote(ctx, w.word.Quote, id, w.word.EventID); err != nil {
				return err
			}
		default:
			later = append(later, revision{w.key, id, &w.word})
		}
	}
	return d.revise(ctx, later)
}

// call notes what a service calls a message that it took. The caller holds the
// keys' locks.
func (d *delivery) call(ctx context.Context, m *inbox.Message, keys []inbox.Key) error {
	for _, k := range keys {
		tag, err := d.tx.Exec(ctx, `
			INSERT INTO thread_keys (key, message_id, thread_id, own, sender)
			SELECT $1, $2, $3, true, $4 WHERE NOT EXISTS (SELECT FROM thread_keys WHERE key = $1 AND own)`, k[:], m.ID, m.ThreadID, inbox.Business)
		if err != nil {
			return fmt.Errorf("name message: %w", err)
		}
		if tag.RowsAffected() > 0 {
			d.called[k] = m.ID
		}
	}
	return nil
}

// known are the messages that are called by keys.
func (d *delivery) known(ctx context.Context, keys map[inbox.Key]bool) (map[inbox.Key]inbox.MessageID, error) {
	delete(keys, inbox.Key{})
	there := map[inbox.Key]inbox.MessageID{}
	if len(keys) == 0 {
		return there, nil
	}
	ask := make([][]byte, 0, len(keys))
	for k := range keys {
		ask = append(ask, k[:])
	}
	rows, err := d.tx.Query(ctx, `SELECT key, message_id FROM thread_keys WHERE key = ANY($1) AND own ORDER BY message_id`, ask)
	if err != nil {
		return nil, fmt.Errorf("find messages by key: %w", err)
	}
	var key []byte
	var id inbox.MessageID
	if _, err := pgx.ForEachRow(rows, []any{&key, &id}, func() error {
		there[inbox.Key(key)] = id
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find messages by key: %w", err)
	}
	return there, nil
}

// loadQuoted finds the messages that those of the batch quote.
func (a *arrivals) loadQuoted(ctx context.Context, batch []inbox.Received) (err error) {
	keys := map[inbox.Key]bool{}
	for i := range batch {
		if m := batch[i].Message; m != nil {
			keys[m.Quotes] = true
		}
	}
	a.quoted, err = a.known(ctx, keys)
	return err
}

// keepQuotes keeps what quotes a message that is still to come.
func (a *arrivals) keepQuotes(ctx context.Context, batch []inbox.Received) error {
	for i := range batch {
		r := &batch[i]
		if k := r.Message.Quotes; k != (inbox.Key{}) && a.ids[i] != "" && a.quoted[k] == "" {
			word := *r
			word.Quote = a.ids[i]
			if err := a.keepWord(ctx, k, &word); err != nil {
				return err
			}
		}
	}
	return nil
}

// quote shows on a message which one it quotes.
func (d *delivery) quote(ctx context.Context, id, quoted inbox.MessageID, cause string) error {
	m, at, err := lockMessage(ctx, d.tx, id)
	if err != nil || m.AboutID != "" {
		if inbox.CodeOf(err) == inbox.NotFound {
			return nil
		}
		return err
	}
	before := *m
	m.AboutID = quoted
	m.Version++
	if _, err := d.tx.Exec(ctx, `UPDATE messages SET about_id = $2, version = $3 WHERE id = $1`, m.ID, m.AboutID, m.Version); err != nil {
		return fmt.Errorf("show what is quoted: %w", err)
	}
	after := *m
	d.add(change{before: &before, cause: cause, event: inbox.Event{
		Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: &after, Audience: inbox.Audience{After: at},
	}}, inbox.Actor{Kind: inbox.BySystem})
	return nil
}
