package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skein/inbox/inboxtest"
)

// An account is made, made anew, paused and removed in a terminal, by the rules
// of the page, and no command shows its secret.
func TestAccountCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	vars := map[string]string{"DATABASE_URL": inboxtest.Database(t), "SKEIN_DATA": dir}
	write := func(name, settings string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.json", `{"imap":{"host":"imap.example"},"smtp":{"host":"smtp.example"},"password":"hunter2"}`)
	bad := write("bad.json", `{"imap":{"host":"imap.example"},"pasword":"hunter2"}`)
	for _, step := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"list"}, 0, ""},
		{[]string{"add", "support", "--address", "support@shop.example", "--settings", bad}, 1, "pasword"},
		{[]string{"add", "support", "--address", "nobody", "--settings", good}, 1, "mail address"},
		{[]string{"add", "support", "--address", "support@shop.example", "--settings", good, "--kinds", "pigeon"}, 1, "pigeon"},
		{[]string{"add", "support", "--address", "support@shop.example", "--settings", good, "--region", "AT", "--kinds", "email", "--max-proof", "1"}, 0, "inbox Support"},
		{[]string{"add", "support", "--address", "help@shop.example", "--settings", good}, 0, "inbox Support"},
		{[]string{"list"}, 0, "help@shop.example"},
		{[]string{"pause", "support"}, 0, "is paused"},
		{[]string{"list"}, 0, "paused"},
		{[]string{"resume", "support"}, 0, "is served"},
		{[]string{"pause"}, 2, "needs the account's id"},
		{[]string{"pause", "other"}, 1, "no such account"},
		{[]string{"remove", "support"}, 0, "conversations stay"},
		{[]string{"list"}, 0, ""},
	} {
		code, out, errs := runCommand(t, vars, append([]string{"account"}, step.args...)...)
		if code != step.code || !strings.Contains(out+errs, step.want) {
			t.Errorf("account %v: %d %s%s, want %d with %q", step.args, code, out, errs, step.code, step.want)
		}
		if strings.Contains(out+errs, "hunter2") {
			t.Errorf("account %v tells the password", step.args)
		}
	}
}
