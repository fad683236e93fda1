package account

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

// settings are those of a channel of the tests' own.
type settings struct {
	Host    server   `json:"host" doc:"Where it is"`
	Secrets []string `json:"secrets,omitempty" writeOnly:"true" maxItems:"2"`
	Token   string   `json:"token,omitempty" writeOnly:"true"`
	Mode    string   `json:"mode,omitempty" enum:"fast,slow"`
	Tags    []string `json:"tags,omitempty"`
}

type server struct {
	Name     string `json:"name" minLength:"1"`
	Port     int    `json:"port,omitempty" minimum:"1"`
	Password string `json:"password,omitempty" writeOnly:"true"`
}

// A memory is a store of accounts, and a vault that reverses.
type memory struct {
	all map[inbox.AccountID]inbox.Account
}

func (m *memory) Accounts(context.Context) (list []inbox.Account, err error) {
	for _, a := range m.all {
		list = append(list, a)
	}
	return list, nil
}

func (m *memory) CreateAccount(_ context.Context, _ *inbox.Caller, a inbox.Account, _ time.Time) (inbox.Account, error) {
	a.Version = 1
	m.all[a.ID] = a
	return a, nil
}

func (m *memory) UpdateAccount(_ context.Context, _ *inbox.Caller, a inbox.Account, _ time.Time) (inbox.Account, error) {
	a.Version++
	m.all[a.ID] = a
	return a, nil
}

func (m *memory) RemoveAccount(_ context.Context, _ *inbox.Caller, id inbox.AccountID, _ time.Time) error {
	a := m.all[id]
	a.Removed = true
	m.all[id] = a
	return nil
}

func (m *memory) Seal(b []byte, _ inbox.Channel, _ inbox.AccountID) ([]byte, error) {
	return json.Marshal(append([]byte("sealed"), b...))
}

func (m *memory) Open(b []byte, _ inbox.Channel, _ inbox.AccountID) ([]byte, error) {
	var raw []byte
	err := json.Unmarshal(b, &raw)
	return bytes.TrimPrefix(raw, []byte("sealed")), err
}

func newDesk() (*Desk, *memory, *int) {
	m, changes := &memory{map[inbox.AccountID]inbox.Account{}}, new(int)
	return New(Config{Store: m, Vault: m, Changed: func() { *changes++ }, Forms: map[inbox.Channel]connectors.Form{
		inbox.Email: {Settings: settings{}, Address: inbox.EmailAddress, Check: func(a connectors.Account) error {
			if strings.Contains(string(a.Settings), "forbidden") {
				return invalid("the host is forbidden")
			}
			return nil
		}},
	}}), m, changes
}

var inboxID = inbox.NewID[inbox.InboxID](time.Unix(1e9, 0))

func doc(t *testing.T, s string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(s), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *memory) plain(t *testing.T, id inbox.AccountID) map[string]any {
	t.Helper()
	raw, err := m.Open(m.all[id].Settings, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return doc(t, string(raw))
}

// What is a secret never comes back, is kept when it is sent as it was shown,
// and is replaced, added and left out as the operator says.
func TestSecrets(t *testing.T) {
	t.Parallel()
	d, m, changes := newDesk()
	a := Account{ID: "support", Channel: inbox.Email, InboxID: inboxID, Name: "Support", Address: "Support@Shop.example"}
	first := `{"host":{"name":"mail","password":"pass-1"},"secrets":["one"],"token":"tok-1","tags":["a"]}`
	for _, step := range []struct{ write, kept, shown string }{
		{first, first, `{"host":{"name":"mail","password":{"set":true}},"secrets":[{"set":true,"at":0}],"token":{"set":true},"tags":["a"]}`},
		{`{"host":{"name":"mail2","password":{"set":true}},"secrets":[{"set":true,"at":0},"two"],"token":{"set":true}}`,
			`{"host":{"name":"mail2","password":"pass-1"},"secrets":["one","two"],"token":"tok-1"}`,
			`{"host":{"name":"mail2","password":{"set":true}},"secrets":[{"set":true,"at":0},{"set":true,"at":1}],"token":{"set":true}}`},
		{`{"host":{"name":"mail2","password":"pass-2"},"secrets":[{"set":true,"at":1}]}`,
			`{"host":{"name":"mail2","password":"pass-2"},"secrets":["two"]}`,
			`{"host":{"name":"mail2","password":{"set":true}},"secrets":[{"set":true,"at":0}]}`},
	} {
		a.Settings = doc(t, step.write)
		var err error
		if a.Version == 0 {
			a, err = d.Make(t.Context(), nil, a, time.Now())
		} else {
			a, err = d.Change(t.Context(), nil, a, time.Now())
		}
		if err != nil {
			t.Fatalf("%s: %v", step.write, err)
		}
		if diff := cmp.Diff(doc(t, step.kept), m.plain(t, "support")); diff != "" {
			t.Errorf("%s: kept (-want +got):\n%s", step.write, diff)
		}
		list, err := d.List(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatalf("List = %v, %v", list, err)
		}
		shown, _ := json.Marshal(list[0].Settings)
		if diff := cmp.Diff(doc(t, step.shown), doc(t, string(shown))); diff != "" {
			t.Errorf("%s: shown (-want +got):\n%s", step.write, diff)
		}
		for _, secret := range []string{"pass-", "tok-", "one", "two"} {
			if strings.Contains(string(shown), secret) || strings.Contains(fmt.Sprint(a), secret) {
				t.Errorf("%s: shows the secret %s…: %s", step.write, secret, shown)
			}
		}
	}
	if *changes != 3 {
		t.Errorf("connectors were told %d times, want 3", *changes)
	}
}

// What is wrong is said with its place, and never with what stood there.
func TestRefused(t *testing.T) {
	t.Parallel()
	d, m, _ := newDesk()
	good := func() Account {
		return Account{ID: "support", Channel: inbox.Email, InboxID: inboxID, Address: "s@shop.example", Settings: doc(t, `{"host":{"name":"mail"}}`)}
	}
	if _, err := d.Make(t.Context(), nil, good(), time.Now()); err != nil {
		t.Fatal(err)
	}
	nine := inbox.Proof(9)
	for want, change := range map[string]func(*Account){
		"settings.host.name":  func(a *Account) { a.Settings = doc(t, `{"host":{"name":""}}`) },
		"required":            func(a *Account) { a.Settings = doc(t, `{}`) },
		"unexpected property": func(a *Account) { a.Settings = doc(t, `{"host":{"name":"m"},"pasword":"hunter2"}`) },
		"settings.token":      func(a *Account) { a.Settings = doc(t, `{"host":{"name":"m"},"token":{"hunter2":1}}`) },
		"settings.mode":       func(a *Account) { a.Settings = doc(t, `{"host":{"name":"m"},"mode":"hunter2"}`) },
		"settings.secrets":    func(a *Account) { a.Settings = doc(t, `{"host":{"name":"m"},"secrets":["hunter2","b","c"]}`) },
		"could be kept":       func(a *Account) { a.Settings = doc(t, `{"host":{"name":"m"},"token":{"set":true}}`) },
		"that could be kept":  func(a *Account) { a.Settings = doc(t, `{"host":{"name":"m"},"secrets":[{"set":true,"at":0}]}`) },
		"forbidden":           func(a *Account) { a.Settings = doc(t, `{"host":{"name":"forbidden"}}`) },
		"as the address":      func(a *Account) { a.Address = "nobody" },
		"address of ours":     func(a *Account) { a.Also = []string{"nobody"} },
		"needs an inbox":      func(a *Account) { a.InboxID = "x" },
		"highest proof":       func(a *Account) { a.MaxProof = &nine },
		"no country":          func(a *Account) { a.Region = "XX" },
		"kind of identity":    func(a *Account) { a.Kinds = []inbox.IdentityKind{"pigeon"} },
		"look again":          func(a *Account) { a.Version = 7 },
		"no such account":     func(a *Account) { a.ID = "other" },
	} {
		a := good()
		a.Version = 1
		change(&a)
		_, err := d.Change(t.Context(), nil, a, time.Now())
		if inbox.CodeOf(err) == "" || !strings.Contains(fmt.Sprint(err), want) || strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("want %q: %v", want, err)
		}
	}
	for want, change := range map[string]func(*Account){
		"no channel": func(a *Account) { a.Channel = "pigeon" }, "an account's id": func(a *Account) { a.ID = "A b" },
	} {
		a := good()
		change(&a)
		if _, err := d.Make(t.Context(), nil, a, time.Now()); !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	if got := m.all["support"].Version; got != 1 {
		t.Errorf("version %d after refusals, want 1", got)
	}
}

// An account of a channel whose connector is somebody else's takes what that
// asks for, shows nothing of it, and keeps it through a change.
func TestForeignChannel(t *testing.T) {
	t.Parallel()
	d, m, _ := newDesk()
	a, err := d.Make(t.Context(), nil, Account{ID: "page", Channel: inbox.Social, InboxID: inboxID, Name: "Page", Settings: doc(t, `{"token":"t","deep":{"a":1}}`)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if shown := fmt.Sprint(a.Settings); shown != "map[deep:map[set:true] token:map[set:true]]" {
		t.Errorf("shown: %s", shown)
	}
	a.Settings["token"] = "new"
	if _, err := d.Change(t.Context(), nil, a, time.Now()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc(t, `{"token":"new","deep":{"a":1}}`), m.plain(t, "page")); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

// Pausing changes nothing else, and a removed account is no longer listed.
func TestPauseAndRemove(t *testing.T) {
	t.Parallel()
	d, m, changes := newDesk()
	if _, err := d.Make(t.Context(), nil, Account{ID: "support", Channel: inbox.Email, InboxID: inboxID, Address: "s@shop.example", Also: []string{"t@shop.example"},
		Settings: doc(t, `{"host":{"name":"mail"},"token":"t"}`)}, time.Now()); err != nil {
		t.Fatal(err)
	}
	a, err := d.Pause(t.Context(), nil, "support", true, time.Now())
	if err != nil || !a.Paused || a.Version != 2 || m.plain(t, "support")["token"] != "t" || fmt.Sprint(a.Also) != "[t@shop.example]" {
		t.Errorf("Pause = %+v, %v", a, err)
	}
	if err := d.Remove(t.Context(), nil, "support", time.Now()); err != nil {
		t.Fatal(err)
	}
	if list, err := d.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("List = %v, %v, want none", list, err)
	}
	if _, err := d.Pause(t.Context(), nil, "support", false, time.Now()); inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("Pause of a removed account = %v, want not found", err)
	}
	if *changes != 3 {
		t.Errorf("connectors were told %d times, want 3", *changes)
	}
}
