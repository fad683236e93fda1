package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// searchAfter is how long after a grammar has changed everybody who takes
// messages in reads by it: what came until then is searched again.
const searchAfter = 10 * time.Second

// SearchMentions searches up to limit messages again for what they name, from the
// newest back, when it has become known since how some store numbers its orders,
// and brings their conversations in line. It returns how many it searched: 0 when
// all of them are. Several nodes may call it at once: one does the work.
//
// What a message was taken to name stays named, unless the same place reads
// otherwise now: somebody may have acted on it.
func (s *Store) SearchMentions(ctx context.Context, now time.Time, limit int) (n int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		before, ok, err := beginSearch(ctx, tx, now)
		if err != nil || !ok {
			return err
		}
		said, err := readSaid(ctx, tx, before, limit)
		if err != nil {
			return err
		}
		var next *string
		if n = len(said); n == limit {
			last := string(said[n-1].id)
			next = &last
		}
		if _, err := tx.Exec(ctx, `UPDATE mention_search SET before = $1`, next); err != nil {
			return err
		}
		return s.searchAgain(ctx, tx, said)
	})
	if err != nil {
		return 0, fmt.Errorf("search mentions: %w", err)
	}
	return n, nil
}

// newestID is above every id.
const newestID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

// beginSearch finds where the pass at hand is, or begins one that is asked for.
func beginSearch(ctx context.Context, tx pgx.Tx, now time.Time) (before string, ok bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT coalesce(before::text, $2) FROM mention_search
		WHERE before IS NOT NULL OR asked_at < $1 FOR UPDATE SKIP LOCKED`, now.Add(-searchAfter), newestID).Scan(&before)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	if err == nil && before == newestID {
		_, err = tx.Exec(ctx, `UPDATE mention_search SET asked_at = NULL`)
	}
	return before, err == nil, err
}

// A saidMessage is one that is searched again.
type saidMessage struct {
	id            inbox.MessageID
	subject, text string
	masked        bool
	named         []inbox.StoredMention
}

func readSaid(ctx context.Context, tx pgx.Tx, before string, limit int) ([]saidMessage, error) {
	rows, err := tx.Query(ctx, `
		SELECT id, subject, coalesce(nullif(btrim(visible_text, E' \t\r\n'), ''), text),
			coalesce((detail->>'masked')::boolean, false)
		FROM messages
		WHERE id < $1 AND kind = 'message' AND (direction = 'in' OR author_kind = 'system') AND NOT detail ? 'bounces'
		ORDER BY id DESC LIMIT $2`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m saidMessage, err error) {
		return m, row.Scan(&m.id, &m.subject, &m.text, &m.masked)
	})
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	at := make(map[inbox.MessageID]*saidMessage, len(list))
	for i := range list {
		at[list[i].id] = &list[i]
	}
	rows, err = tx.Query(ctx, `
		SELECT message_id, id, kind, key, part, start_at FROM order_mentions
		WHERE message_id = ANY($1::uuid[]) AND kind <> 'context' ORDER BY message_id, id`, keysOf(at))
	if err != nil {
		return nil, fmt.Errorf("read mentions: %w", err)
	}
	var of inbox.MessageID
	var m inbox.StoredMention
	if _, err := pgx.ForEachRow(rows, []any{&of, &m.ID, &m.Kind, &m.Key, &m.Part, &m.Start}, func() error {
		at[of].named = append(at[of].named, m)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read mentions: %w", err)
	}
	return list, nil
}

// searchAgain writes what messages name by the grammars of now, and brings their
// conversations in line. Who brings an order that is named so waits: one of the
// two sees the other.
func (s *Store) searchAgain(ctx context.Context, tx pgx.Tx, said []saidMessage) error {
	grammars, err := readGrammars(ctx, tx)
	if err != nil {
		return err
	}
	find := s.rules.Orders.Find(grammars)
	batch, keys := &pgx.Batch{}, map[inbox.Key]bool{}
	touched := map[inbox.MessageID]bool{}
	for i := range said {
		m := &said[i]
		for _, change := range m.readings(find(m.subject, m.text, m.masked)) {
			keys[inbox.OrderKey(change.Kind, change.Key)], touched[m.id] = true, true
			batch.Queue(`
				INSERT INTO order_mentions (id, message_id, kind, key, text, part, start_at, end_at, score)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
				ON CONFLICT (id) DO UPDATE SET kind = EXCLUDED.kind, key = EXCLUDED.key, text = EXCLUDED.text,
					end_at = EXCLUDED.end_at, score = EXCLUDED.score`,
				change.ID, m.id, string(change.Kind), change.Key, change.Text, change.Part, change.Start, change.End, float32(change.Score))
		}
	}
	if len(touched) == 0 {
		return nil
	}
	if err := lockKeys(ctx, tx, keys); err != nil {
		return err
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write mentions: %w", err)
	}
	in, err := lockWhereSaid(ctx, tx, touched)
	if err != nil {
		return err
	}
	list, err := relinked(ctx, tx, s.rules.Link, in, nil)
	if err != nil {
		return err
	}
	changes, err := relinkedChanges(ctx, tx, list, inbox.Event{Actor: inbox.Actor{Kind: inbox.BySystem}, History: true}, "", "numbers learned")
	if err != nil {
		return err
	}
	return announce(ctx, tx, changes)
}

// lockWhereSaid locks the conversations of messages: while they are, nobody moves
// one of them elsewhere.
func lockWhereSaid(ctx context.Context, tx pgx.Tx, list map[inbox.MessageID]bool) ([]inbox.ConversationID, error) {
	locked := map[inbox.ConversationID]bool{}
	for {
		in, err := column[inbox.ConversationID](ctx, tx, `SELECT DISTINCT conversation_id FROM messages WHERE id = ANY($1::uuid[]) ORDER BY 1`, keysOf(list))
		if err != nil {
			return nil, fmt.Errorf("find conversations: %w", err)
		}
		fresh := map[inbox.ConversationID]bool{}
		for _, id := range in {
			if !locked[id] {
				fresh[id], locked[id] = true, true
			}
		}
		if len(fresh) == 0 {
			return in, nil
		}
		if _, err := lockConversations(ctx, tx, keysOf(fresh)); err != nil {
			return nil, err
		}
	}
}

// readings are what is found and was not: with the name of what stood in the same
// place, where that is found no more, else with a new one.
func (m *saidMessage) readings(found []inbox.Mention) []inbox.StoredMention {
	is := func(a, b *inbox.Mention) bool { return a.Kind == b.Kind && a.Key == b.Key }
	var list []inbox.StoredMention
	taken := map[string]bool{}
	for i := range found {
		f := &found[i]
		known := false
		for j := range m.named {
			known = known || is(f, &m.named[j].Mention)
		}
		if known {
			continue
		}
		next := inbox.StoredMention{ID: inbox.NewID[string](time.Now()), Mention: *f}
		for j := range m.named {
			old := &m.named[j]
			stays := taken[old.ID]
			for k := range found {
				stays = stays || is(&found[k], &old.Mention)
			}
			if !stays && old.Part == f.Part && f.Start <= old.Start && old.Start < f.End {
				next.ID, taken[old.ID] = old.ID, true
				break
			}
		}
		list = append(list, next)
	}
	return list
}
