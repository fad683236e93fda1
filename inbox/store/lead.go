package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// takeOver is how long another node waits between two looks at a lock, and
// pingEvery how often a holder makes sure that it still has its own.
const (
	takeOver  = 500 * time.Millisecond
	pingEvery = 2 * time.Second
)

// A WaitFunc returns after d, or woken and sooner when something was announced
// on the channel that is listened to: the announcement is a hint, the time the
// guarantee. An error means that the connection, and the lock with it, is gone.
type WaitFunc = func(ctx context.Context, d time.Duration) (woken bool, err error)

// Lead runs work on one node at a time: it waits until no other connection
// holds the lock of that name, holds it on a connection of its own, and calls
// work once. The lock ends with the connection, so that a dead node's place is
// free at once. Work returns when ctx ends or when it can't go on; its error is
// Lead's.
//
// A node that is cut off from the database may go on for a moment beside its
// successor: what work does must bear repetition.
func (s *Store) Lead(ctx context.Context, lock, channel string, work func(ctx context.Context, wait WaitFunc) error) error {
	return s.attend(ctx, channel, func(conn *pgx.Conn, wait WaitFunc) error {
		for {
			// Asked again and again, not waited for: a statement that waits
			// keeps a snapshot, and with it every dead row, for as long.
			var held bool
			if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended($1, 0))`, "skein:"+lock).Scan(&held); err != nil {
				return fmt.Errorf("lead %s: %w", lock, err)
			}
			if held {
				return work(ctx, wait)
			}
			if err := sleep(ctx, takeOver); err != nil {
				return err
			}
		}
	})
}

// Watch calls work once, with a wait that wakes on the channel.
func (s *Store) Watch(ctx context.Context, channel string, work func(ctx context.Context, wait WaitFunc) error) error {
	return s.attend(ctx, channel, func(_ *pgx.Conn, wait WaitFunc) error { return work(ctx, wait) })
}

// attend holds a connection outside the pool, so that a busy pool can't keep it
// from work and work can't keep the pool from others.
func (s *Store) attend(ctx context.Context, channel string, work func(*pgx.Conn, WaitFunc) error) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig.Copy())
	if err != nil {
		return fmt.Errorf("listen on %s: %w", channel, err)
	}
	defer func() {
		// The caller's context may be over, and the server should hear of it
		// all the same: its lock is waited for.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen on %s: %w", channel, err)
	}
	pinged := time.Now()
	wait := func(ctx context.Context, d time.Duration) (bool, error) {
		if time.Since(pinged) > pingEvery {
			if err := conn.Ping(ctx); err != nil {
				return false, fmt.Errorf("listen on %s: %w", channel, err)
			}
			pinged = time.Now()
		}
		if d <= 0 {
			return false, ctx.Err()
		}
		until, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		_, err := conn.WaitForNotification(until)
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil && !pgconn.Timeout(err):
			return false, fmt.Errorf("listen on %s: %w", channel, err)
		}
		return err == nil, nil
	}
	return work(conn, wait)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
