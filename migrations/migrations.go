// Package migrations holds the schema as numbered SQL files, forward only, and
// applies those that a database lacks.
//
// A released file is never edited: a mistake in it is mended by the next one.
// Each migration works with the previous release's binary, so that a rolling
// deploy can run it first.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"skein/inbox"
)

//go:embed *.sql
var files embed.FS

// Up brings the database at dsn to the newest schema. Several nodes may call it
// at once: one does the work, under a session lock, and the others wait.
//
// A dsn that cannot be parsed or reached gives an *inbox.Error that says so
// without repeating the password.
func Up(ctx context.Context, dsn string) error {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return &inbox.Error{Code: inbox.Invalid, Message: "the database URL can't be read: want postgres://user:password@host:5432/name"}
	}
	db := stdlib.OpenDB(*cfg)
	defer func() { _ = db.Close() }()
	if err := db.PingContext(ctx); err != nil {
		return &inbox.Error{Code: inbox.Unavailable, Message: fmt.Sprintf(
			"the database at %s:%d can't be reached: %s", cfg.Host, cfg.Port, reason(err))}
	}
	return up(ctx, db)
}

func up(ctx context.Context, db *sql.DB) error {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// reason gives the server's own words, or the innermost error's of the last try:
// what pgx puts around them names the user and the database.
func reason(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Message
	}
	for {
		switch inner := err.(type) {
		case interface{ Unwrap() error }:
			if next := inner.Unwrap(); next != nil {
				err = next
				continue
			}
		case interface{ Unwrap() []error }:
			if all := inner.Unwrap(); len(all) > 0 {
				err = all[len(all)-1]
				continue
			}
		}
		return err.Error()
	}
}
