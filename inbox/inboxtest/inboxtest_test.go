package inboxtest_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox/inboxtest"
)

// Databases are migrated and apart from each other.
func TestDatabase(t *testing.T) {
	t.Parallel()
	for range 3 {
		began := time.Now()
		dsn := inboxtest.Database(t)
		t.Logf("made in %v", time.Since(began).Round(time.Millisecond))
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), `SELECT FROM goose_db_version`); err != nil {
			t.Errorf("migrated database: %v", err)
		}
		if _, err := conn.Exec(t.Context(), `CREATE TABLE mine (n int)`); err != nil {
			t.Errorf("second database shares tables with the first: %v", err)
		}
	}
}

func TestNATS(t *testing.T) {
	t.Parallel()
	began := time.Now()
	nc := inboxtest.NATS(t)
	t.Logf("up in %v", time.Since(began).Round(time.Millisecond))
	if err := nc.Flush(); err != nil {
		t.Error(err)
	}
}
