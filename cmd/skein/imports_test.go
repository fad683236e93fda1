package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms is who may import whom: our own packages by their path below the
// module, others by module. What isn't here is forbidden. The standard library
// is everybody's, but for package inbox's neighbours that must stay pure.
var rooms = map[string][]string{
	"inbox":           {},
	"inbox/identity":  {"inbox", "github.com/nyaruka/phonenumbers", "golang.org/x/net", "golang.org/x/text"},
	"inbox/thread":    {"inbox"},
	"inbox/orderlink": {"inbox"},
	"inbox/given":     {"inbox"},
	"inbox/mask":      {},
	"inbox/segment":   {"inbox"},
	"inbox/markup":    {"github.com/microcosm-cc/bluemonday", "golang.org/x/net"},
	"connectors":      {"inbox"},
	"inbox/bus":       {"inbox", "connectors", "github.com/nats-io/nats.go", "github.com/nats-io/jwt", "github.com/nats-io/nkeys", "github.com/nats-io/nuid", "github.com/prometheus/client_golang"},
	"inbox/store":     {"inbox", "inbox/queues", "migrations", "github.com/jackc/pgx"},
	"inbox/queues":    {"inbox"},
	"inbox/blob":      {"inbox", "golang.org/x/sys"},
	"inbox/threader":  {"inbox", "connectors", "inbox/identity", "inbox/thread", "inbox/orderlink", "inbox/given", "inbox/segment", "inbox/mask", "inbox/markup", "github.com/prometheus/client_golang"},
	"inbox/outbox":    {"inbox", "connectors", "github.com/prometheus/client_golang"},
	"inbox/account":   {"inbox", "connectors", "inbox/identity", "github.com/danielgtaylor/huma"},
	"inbox/api":       {"inbox", "connectors", "inbox/account", "inbox/auth", "inbox/markup", "inbox/queues", "github.com/danielgtaylor/huma", "github.com/microcosm-cc/bluemonday", "github.com/prometheus/client_golang", "golang.org/x/time"},
	"inbox/auth":      {"inbox", "github.com/golang-jwt/jwt", "golang.org/x/crypto", "github.com/coreos/go-oidc"},
	"inbox/grant":     {"inbox", "connectors", "golang.org/x/oauth2"},
	"inbox/push":      {"inbox", "github.com/golang-jwt/jwt", "github.com/prometheus/client_golang"},
	"inbox/visitor":   {"inbox", "connectors"},
	"connectors/chat": {"inbox", "connectors", "github.com/coder/websocket", "github.com/golang-jwt/jwt"},
	"connectors/email": {
		"inbox", "connectors", "inbox/markup", "github.com/emersion/go-imap", "github.com/emersion/go-message", "github.com/emersion/go-msgauth",
		"github.com/emersion/go-sasl", "github.com/emersion/go-smtp", "github.com/microcosm-cc/bluemonday", "github.com/gogs/chardet",
		"golang.org/x/net", "golang.org/x/text",
	},
	"connectors/shop":    {"inbox", "connectors", "connectors/webhook"},
	"connectors/phone":   {"inbox", "connectors", "connectors/fetch", "connectors/webhook", "inbox/identity"},
	"connectors/social":  {"inbox", "connectors", "connectors/fetch", "connectors/webhook", "inbox/identity"},
	"connectors/fetch":   {"inbox"},
	"connectors/webhook": {"inbox", "connectors"},
	"realtime":           {"inbox", "github.com/coder/websocket", "github.com/prometheus/client_golang"},
	"migrations":         {"inbox", "github.com/jackc/pgx", "github.com/pressly/goose"},
	"web":                {},
	"inbox/live":         {"inbox", "connectors", "inbox/identity", "realtime"},
	"inbox/wallboard":    {"inbox", "inbox/queues", "realtime"},
	// Imported by tests only, as TestImports makes sure.
	"connectors/connectorstest": {"inbox", "connectors"},
	"inbox/inboxtest":           {"inbox", "inbox/bus", "cmd/skein/local", "migrations", "github.com/jackc/pgx", "github.com/nats-io/nats.go", "github.com/emersion/go-sasl", "github.com/emersion/go-smtp"},
}

// pure packages decide; they neither do I/O nor read the clock through these.
var pure = map[string][]string{
	"inbox":           {"net", "os", "log/slog", "database/sql", "context"},
	"inbox/identity":  {"os", "log/slog", "database/sql", "context"},
	"inbox/thread":    {"net", "os", "log/slog", "database/sql", "context"},
	"inbox/orderlink": {"net", "os", "log/slog", "database/sql", "context"},
	"inbox/given":     {"net", "os", "log/slog", "database/sql", "context"},
	"inbox/mask":      {"net", "os", "log/slog", "database/sql", "context"},
	"inbox/segment":   {"net", "os", "log/slog", "database/sql", "context"},
	"inbox/queues":    {"net", "os", "log/slog", "database/sql", "context"},
	"inbox/markup":    {"os", "log/slog", "context"},
}

// The table of rooms is executed and not remembered: an import that isn't in
// it, or a package that isn't, fails here.
func TestImports(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "skein/...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	seen := 0
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		name := strings.TrimPrefix(p.ImportPath, "skein/")
		wiring := name == "cmd/skein" || strings.HasPrefix(name, "cmd/skein/")
		allowed, listed := rooms[name]
		if !wiring && !listed {
			t.Errorf("package %s has no row in the table of rooms", name)
			continue
		}
		for _, path := range p.Imports {
			if problem := forbidden(name, path, allowed, wiring); problem != "" {
				t.Errorf("%s imports %s: %s", name, path, problem)
			}
		}
	}
	if seen < len(rooms)/2 {
		t.Errorf("go list gave %d packages only", seen)
	}
}

func forbidden(name, path string, allowed []string, wiring bool) string {
	own, isOwn := strings.CutPrefix(path, "skein/")
	switch {
	case own == "inbox/inboxtest" || own == "connectors/connectorstest":
		return "it is for tests only"
	case wiring:
		return ""
	case isOwn && !slices.Contains(allowed, own):
		return "not in the table of rooms"
	case isOwn:
		return ""
	case !strings.Contains(strings.Split(path, "/")[0], "."): // the standard library
		if slices.Contains(pure[name], path) {
			return "this room decides and does nothing else"
		}
		return ""
	}
	for _, module := range allowed {
		if path == module || strings.HasPrefix(path, module+"/") {
			return ""
		}
	}
	return "not in the table of rooms"
}

// The test above can fail.
func TestForbidden(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, path string
		ok         bool
	}{
		{"inbox", "time", true},
		{"inbox", "os", false},
		{"inbox", "skein/inbox/store", false},
		{"inbox/store", "github.com/jackc/pgx/v5/pgxpool", true},
		{"inbox/store", "github.com/jackc/pgxother", false},
		{"inbox/store", "skein/inbox/bus", false},
		{"connectors/email", "github.com/jackc/pgx/v5", false},
		{"connectors/email", "skein/inbox/inboxtest", false},
		{"cmd/skein", "skein/inbox/inboxtest", false},
		{"cmd/skein", "skein/connectors/connectorstest", false},
		{"cmd/skein", "skein/inbox/store", true},
		{"realtime", "skein/inbox/store", false},
	} {
		got := forbidden(tc.name, tc.path, rooms[tc.name], tc.name == "cmd/skein") == ""
		if got != tc.ok {
			t.Errorf("%s importing %s is allowed: %v, want %v", tc.name, tc.path, got, tc.ok)
		}
	}
}
