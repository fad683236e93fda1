package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/account"
	"skein/inbox/api"
)

// plain is a vault that seals nothing.
type plain struct{}

func (plain) Seal(b []byte, _ inbox.Channel, _ inbox.AccountID) ([]byte, error) { return b, nil }
func (plain) Open(b []byte, _ inbox.Channel, _ inbox.AccountID) ([]byte, error) { return b, nil }

func testDesk(store account.Store) *account.Desk {
	return account.New(account.Config{Store: store, Vault: plain{}, Forms: map[inbox.Channel]connectors.Form{
		inbox.Phone: {Webhooks: true, Settings: struct {
			Provider string   `json:"provider" enum:"twilio,aircall"`
			Secrets  []string `json:"secrets,omitempty" writeOnly:"true"`
		}{}, Try: func(_ context.Context, a connectors.Account) []connectors.Trial {
			return []connectors.Trial{{Server: "imap", Step: connectors.TrySignIn, OK: strings.Contains(string(a.Settings), "hunter2")}}
		}},
	}})
}

// Admins, and nobody else, make, change, pause and remove accounts; what is
// answered holds the address for the other side and no secret.
func TestAccounts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, anna := s.signIn(t, "admin"), s.signIn(t, "anna")
	doc := func(settings string) map[string]any {
		return map[string]any{"id": "main", "channel": "phone", "inboxId": s.first.ID, "name": "Exchange", "settings": json.RawMessage(settings)}
	}
	good := doc(`{"provider":"twilio","secrets":["hunter2"]}`)
	for _, c := range []struct {
		method, path string
		body         any
	}{
		{"GET", "/channels", nil}, {"GET", "/accounts", nil}, {"POST", "/accounts", good}, {"POST", "/accounts/try", good}, {"PUT", "/accounts/main", good},
		{"POST", "/accounts/main/pause", map[string]bool{"paused": true}}, {"DELETE", "/accounts/main", nil},
	} {
		anna.want(t, 403, c.method, "/api/v1"+c.path, c.body, nil)
	}
	var kinds struct{ Items []account.Kind }
	admin.want(t, 200, "GET", "/api/v1/channels", nil, &kinds)
	i := slices.IndexFunc(kinds.Items, func(k account.Kind) bool { return k.Channel == inbox.Phone })
	if i < 0 || !kinds.Items[i].Webhooks || !kinds.Items[i].Built || !strings.Contains(string(kinds.Items[i].Settings), `"writeOnly":true`) {
		t.Errorf("channels = %+v", kinds.Items)
	}

	var v api.AccountView
	noSecret := func(raw []byte) {
		t.Helper()
		if strings.Contains(string(raw), "hunter2") {
			t.Errorf("a secret came back: %s", raw)
		}
	}
	send := func(status int, method, path string, body any) {
		t.Helper()
		res, raw := admin.do(t, method, "/api/v1"+path, body)
		noSecret(raw)
		checkProblem(t, method+" "+path, res, raw)
		if res.StatusCode != status {
			t.Fatalf("%s %s: %d, want %d: %s", method, path, res.StatusCode, status, raw)
		}
		if status < 300 && status != http.StatusNoContent {
			v = api.AccountView{}
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
		}
	}
	send(422, "POST", "/accounts", doc(`{"provider":"hunter2"}`))
	send(201, "POST", "/accounts", good)
	if v.Webhook != "https://help.example/in/phone/main" || v.Version != 1 || v.Health.State != "stopped" {
		t.Errorf("made %+v", v)
	}
	send(409, "POST", "/accounts", good)
	next := doc(`{"provider":"twilio","secrets":[{"set":true,"at":0},"hunter2-new"]}`)
	send(409, "PUT", "/accounts/main", next)
	next["version"] = 1
	send(200, "PUT", "/accounts/main", next)
	if got, _ := json.Marshal(v.Settings); string(got) != `{"provider":"twilio","secrets":[{"at":0,"set":true},{"at":1,"set":true}]}` {
		t.Errorf("changed to %s", got)
	}
	next["id"] = "other"
	send(422, "PUT", "/accounts/main", next)
	send(404, "PUT", "/accounts/other", next)
	send(200, "POST", "/accounts/main/pause", map[string]bool{"paused": true})
	if !v.Paused {
		t.Errorf("paused: %+v", v)
	}
	var list struct{ Items []api.AccountView }
	res, raw := admin.do(t, "GET", "/api/v1/accounts", nil)
	noSecret(raw)
	if err := json.Unmarshal(raw, &list); err != nil || res.StatusCode != 200 || len(list.Items) != 3 {
		t.Fatalf("list: %d %s", res.StatusCode, raw)
	}
	support := list.Items[slices.IndexFunc(list.Items, func(v api.AccountView) bool { return v.ID == "support" })]
	if support.Health.State != "running" || support.Dead != 1 || support.Health.LastError == "" {
		t.Errorf("support: %+v", support)
	}
	send(204, "DELETE", "/accounts/main", nil)
	send(404, "DELETE", "/accounts/main", nil)
	var connectors struct{ Items []api.Connector }
	admin.want(t, 200, "GET", "/api/v1/connectors", nil, &connectors)
	if slices.ContainsFunc(connectors.Items, func(c api.Connector) bool { return c.Account == "main" }) {
		t.Error("a removed account is shown as one that is served")
	}
}

// An account is tried out before it is made, and afterwards with the secrets that
// are kept; nothing is made by it.
func TestTryAccount(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.signIn(t, "admin")
	doc := func(settings string) map[string]any {
		return map[string]any{"id": "main", "channel": "phone", "inboxId": s.first.ID, "name": "Exchange", "settings": json.RawMessage(settings)}
	}
	var trials listOf[connectors.Trial]
	try := func(settings string, want bool) {
		t.Helper()
		admin.want(t, 200, "POST", "/api/v1/accounts/try", doc(settings), &trials)
		if len(trials.Items) != 1 || trials.Items[0].OK != want {
			t.Errorf("trying %s = %+v, want ok %v", settings, trials.Items, want)
		}
	}
	try(`{"provider":"twilio","secrets":["hunter2"]}`, true)
	try(`{"provider":"twilio","secrets":["other"]}`, false)
	var made struct{ Items []api.AccountView }
	admin.want(t, 200, "GET", "/api/v1/accounts", nil, &made)
	if slices.ContainsFunc(made.Items, func(v api.AccountView) bool { return v.ID == "main" }) {
		t.Error("trying has made an account")
	}
	admin.want(t, 422, "POST", "/api/v1/accounts/try", doc(`{"provider":"nobody"}`), nil)
	chat := doc(`{}`)
	chat["channel"] = "chat"
	admin.want(t, 422, "POST", "/api/v1/accounts/try", chat, nil)
	admin.want(t, 201, "POST", "/api/v1/accounts", doc(`{"provider":"twilio","secrets":["hunter2"]}`), nil)
	try(`{"provider":"twilio","secrets":[{"set":true,"at":0}]}`, true)
}
