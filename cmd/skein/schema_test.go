package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"skein/connectors"
	"skein/inbox"
)

// The schemas that others write connectors by are those of the Go types.
func TestContractSchemas(t *testing.T) {
	t.Parallel()
	for _, c := range contract {
		want, err := schemaOf(c.name, c.about, c.of)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../../connectors/schema", c.name+".json"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s.json is not that of the Go types: make gen (%v)", c.name, err)
		}
		if !json.Valid(got) {
			t.Errorf("%s.json is no JSON", c.name)
		}
	}
	if files, err := filepath.Glob("../../connectors/schema/*.json"); err != nil || len(files) != len(contract) {
		t.Errorf("%d schemas, want %d: %v", len(files), len(contract), err)
	}
}

// faults are what is wrong with a document by the schema of a Go type.
func faults(t *testing.T, of any, doc []byte) string {
	t.Helper()
	root, registry := schemaFor(of)
	root.PrecomputeMessages()
	for _, s := range registry.Map() {
		s.PrecomputeMessages()
	}
	var value any
	if err := json.Unmarshal(doc, &value); err != nil {
		t.Fatal(err)
	}
	var res huma.ValidateResult
	huma.Validate(registry, root, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, value, &res)
	if err := errors.Join(res.Errors...); err != nil {
		return err.Error()
	}
	return ""
}

// What our own connectors make is what the schemas say, and what is no item is
// not.
func TestSchemaFitsItems(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../connectors/*/testdata/*.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var item connectors.Inbound
		if err := json.Unmarshal(raw, &item); err != nil || item.Kind == "" {
			continue
		}
		checked++
		if wrong := faults(t, connectors.Inbound{}, raw); wrong != "" {
			t.Errorf("%s: %s", file, wrong)
		}
	}
	if checked < 5 {
		t.Errorf("only %d items were checked", checked)
	}

	at := time.Unix(1e9, 0).UTC()
	for _, doc := range []any{
		connectors.Inbound{Kind: connectors.KindReceipt, Channel: inbox.Email, Account: "support", EventID: "e", Lane: connectors.LaneLive, ProviderAt: at, ReceivedAt: at,
			Receipt: &inbox.Receipt{MessageID: "m", Attempt: 1, State: inbox.Sent, At: at}},
		connectors.Outbound{MessageID: "m", Channel: inbox.Chat, Account: "site", Date: at, To: []inbox.Party{}},
		connectors.Status{Channel: inbox.Chat, Account: "site", State: connectors.Running, At: at},
		connectors.Instance{Channel: inbox.Chat, Instance: "i", Address: "127.0.0.1:1", At: at},
		connectors.Live{Kind: connectors.LiveTyping, Channel: inbox.Chat, Account: "site", Key: "s", At: at, TTL: 10},
		connectors.Account{ID: "site", Channel: inbox.Chat, Settings: json.RawMessage(`{}`)},
	} {
		raw, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := faults(t, doc, raw); wrong != "" {
			t.Errorf("%T: %s: %s", doc, wrong, raw)
		}
	}

	good := `{"kind":"message","channel":"social","account":"page","eventId":"e","externalId":"x","key":"k","lane":"live","providerAt":"2026-01-01T00:00:00Z","receivedAt":"2026-01-01T00:00:00Z",
		"sender":{"kind":"social","address":"a","proof":2},"message":{"from":{"address":"a"},"text":"t","visibleText":"t"},"ofANewerRelease":1}`
	if wrong := faults(t, connectors.Inbound{}, []byte(good)); wrong != "" {
		t.Errorf("the least that there is: %s", wrong)
	}
	for was, is := range map[string]string{
		`"message","channel"`: `"pigeon","channel"`, `"social","account"`: `"pigeon","account"`, `"page"`: `"a.b"`, `"eventId":"e"`: `"eventId":""`,
		`"lane":"live"`: `"lane":"fast"`, `"proof":2`: `"proof":9`, `"kind":"social"`: `"kind":"pigeon"`, `"2026-01-01T00:00:00Z","receivedAt"`: `"yesterday","receivedAt"`,
		`"text":"t",`: ``,
	} {
		bad := strings.Replace(good, was, is, 1)
		if bad == good || faults(t, connectors.Inbound{}, []byte(bad)) == "" {
			t.Errorf("%s in place of %s is no fault", is, was)
		}
	}
}
