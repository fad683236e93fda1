// Package store holds all SQL. It keeps what is said, who said it and where it
// stands in PostgreSQL, and writes every change together with its log entry,
// its outbox rows and its count deltas in one transaction.
//
// It promises that an exported method either happened whole or not at all, that
// a repeated call with the same event id or idempotency key changes nothing,
// and that a row's version rises under the row's lock. It never decides policy
// (it calls the pure functions that it was handed), never publishes, and never
// holds a lock across a call out.
package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"skein/inbox"
)

// A Store is a pool of connections to one migrated database.
type Store struct {
	pool  *pgxpool.Pool
	rules inbox.Rules
}

// Open connects to the database at dsn. The schema must be there: see package
// migrations. maxConns bounds the pool; 0 means 16. rules decide whatever the
// store has no opinion on.
func Open(ctx context.Context, dsn string, maxConns int, rules inbox.Rules) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: "the database URL can't be read: want postgres://user:password@host:5432/name"}
	}
	cfg.MaxConns = int32(maxConns)
	if maxConns == 0 {
		cfg.MaxConns = 16
	}
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return &Store{pool: pool, rules: rules}, nil
}

// Close waits for what is running and closes every connection.
func (s *Store) Close() { s.pool.Close() }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// Transient reports whether err is of the database's state and not of what was
// asked: the same call may go through later. Lost connections, shut-downs, full
// disks, deadlocks and serialisation failures are; a value that a column
// refuses is not. So are errors about statements and objects: every statement
// here is fixed text, so that a table that is missing, a right, or a prepared
// statement that a failover or migration has made void (42P05, 26000, 0A000) is
// never the fault of what is stored by it.
func Transient(err error) bool {
	if err == nil {
		return false
	}
	if inbox.CodeOf(err) == inbox.Unavailable {
		return true
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		// No word of the server: it never got that far, or what it gave is
		// not what was stored.
		return inbox.CodeOf(err) == "" && !unreadable(err)
	}
	for _, class := range []string{"22", "23", "54"} { // data, constraint, limit
		if strings.HasPrefix(pg.Code, class) {
			return false
		}
	}
	return true
}

// unreadable reports that a row is missing, or that a value is not JSON: trying
// again finds the same.
func unreadable(err error) bool {
	if errors.Is(err, pgx.ErrNoRows) || errors.Is(err, pgx.ErrTooManyRows) {
		return true
	}
	var (
		syntax *json.SyntaxError
		kind   *json.UnmarshalTypeError
		value  *json.UnsupportedValueError
		own    *json.MarshalerError
	)
	return errors.As(err, &syntax) || errors.As(err, &kind) || errors.As(err, &value) || errors.As(err, &own)
}

// notFound turns pgx's no-rows into an error that names what is missing.
func notFound(err error, what string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return &inbox.Error{Code: inbox.NotFound, Message: what + " is not there"}
	}
	return err
}

// uid is id as COPY takes it, NULL for the empty one: COPY has no text form, and
// pgx finds that out anew, dearly, for each value.
func uid[T ~string](id T) pgtype.UUID {
	if len(id) != 36 {
		return pgtype.UUID{}
	}
	var u pgtype.UUID
	s := string(id)
	raw := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	_, err := hex.Decode(u.Bytes[:], []byte(raw))
	u.Valid = err == nil
	return u
}

// uids is uid for an array.
func uids[T ~string](ids []T) []pgtype.UUID {
	out := make([]pgtype.UUID, len(ids))
	for i, id := range ids {
		out[i] = uid(id)
	}
	return out
}

// null is NULL for the empty id.
func null[T ~string](id T) *string {
	if id == "" {
		return nil
	}
	s := string(id)
	return &s
}
