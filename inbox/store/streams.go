package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// StreamMark returns what [Store.MarkStream] recorded last.
func (s *Store) StreamMark(ctx context.Context, stream string) (inbox.StreamMark, error) {
	var m inbox.StreamMark
	err := s.pool.QueryRow(ctx, `SELECT epoch, last_seq FROM streams WHERE name = $1`, stream).Scan(&m.Epoch, &m.Last)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return m, fmt.Errorf("read mark of %s: %w", stream, err)
	}
	return m, nil
}

// MarkStream records where a stream stands and returns the mark that holds now.
// The epoch changes when the stream was made anew (its origin is another) or
// when it is behind what was recorded: then its tail is lost, its numbers are
// given out a second time, and every older position is void.
//
// Several nodes may call it at once. Seen is what [Store.StreamMark] said
// before the caller looked at the stream: only a stream that is behind a mark
// from before the look has lost something, and not merely been overtaken by
// another node's look.
func (s *Store) MarkStream(ctx context.Context, stream string, seen inbox.StreamMark, origin string, last uint64) (inbox.StreamMark, error) {
	var m inbox.StreamMark
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO streams (name, epoch, last_seq) VALUES ($1, '', 0) ON CONFLICT DO NOTHING`, stream); err != nil {
			return err
		}
		var held inbox.StreamMark
		if err := tx.QueryRow(ctx, `SELECT epoch, last_seq FROM streams WHERE name = $1 FOR UPDATE`, stream).Scan(&held.Epoch, &held.Last); err != nil {
			return err
		}
		if m = nextMark(held, seen, origin, last); m == held {
			return nil
		}
		_, err := tx.Exec(ctx, `UPDATE streams SET epoch = $2, last_seq = $3 WHERE name = $1`, stream, m.Epoch, int64(m.Last))
		return err
	})
	if err != nil {
		return inbox.StreamMark{}, fmt.Errorf("mark %s: %w", stream, err)
	}
	return m, nil
}

// nextMark gives epochs the form <origin>-<losses>: no ":", which parts the
// epoch from the number in a position.
func nextMark(held, seen inbox.StreamMark, origin string, last uint64) inbox.StreamMark {
	was, losses, _ := strings.Cut(held.Epoch, "-")
	switch {
	case held.Epoch != seen.Epoch: // another node's look is newer than ours
		return held
	case was != origin:
		return inbox.StreamMark{Epoch: origin + "-0", Last: last}
	case last < seen.Last:
		n, _ := strconv.Atoi(losses)
		return inbox.StreamMark{Epoch: was + "-" + strconv.Itoa(n+1), Last: last}
	}
	held.Last = max(held.Last, last)
	return held
}
