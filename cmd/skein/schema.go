package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"skein/connectors"
	"skein/inbox"
)

// contract are the documents that connectors and the server exchange.
var contract = []struct {
	name, about string
	of          any
}{
	{"inbound", "What a connector publishes, on skein.in.<lane>.<channel>.<account>.<key>, and what people do in a shop on skein.track.<account>.<key>.", connectors.Inbound{}},
	{"outbound", "What a connector is asked to send, on skein.out.<channel>.<account>.", connectors.Outbound{}},
	{"account", "What a connector is to serve, as it lies in accounts_<channel>; the settings are sealed there.", connectors.Account{}},
	{"status", "How an account is served, in connector_status under <channel>.<account>.", connectors.Status{}},
	{"instance", "Where a connector takes HTTP, in connector_status under <channel>.HTTP.<instance>.", connectors.Instance{}},
	{"live", "What is true only now, on skein.live.<channel>.<account>.up.<key> and .down.<key>.", connectors.Live{}},
}

// schemas writes the JSON Schemas of the contract into a folder.
func schemas(_ context.Context, e *env) error {
	dir := firstWord(e)
	if dir == "" || len(e.args) > 0 {
		return &usageError{"skein schema needs the folder to write to, and nothing else"}
	}
	for _, c := range contract {
		doc, err := schemaOf(c.name, c.about, c.of)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, c.name+".json"), doc, 0o644); err != nil {
			return invalid("the schemas can't be written: %v", err)
		}
	}
	return nil
}

// schemaOf returns the JSON Schema of a Go type. What it doesn't name is ignored
// by whoever reads it, so that either side may be newer than the other.
func schemaOf(name, about string, of any) ([]byte, error) {
	root, registry := schemaFor(of)
	defs := registry.Map()
	delete(defs, schemaName(reflect.TypeOf(of), ""))
	root.Description = about
	root.Extensions = map[string]any{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://skein.invalid/" + name + ".json"}
	if len(defs) > 0 {
		root.Extensions["$defs"] = defs
	}
	if _, ok := of.(connectors.Inbound); ok {
		root.Extensions["allOf"] = kindNeeds()
	}
	raw, err := json.Marshal(root)
	if err != nil {
		return nil, fmt.Errorf("encode the schema of %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// schemaFor makes the schema of a Go type and, in the registry, of what it
// refers to.
func schemaFor(of any) (*huma.Schema, huma.Registry) {
	registry := huma.NewMapRegistry("#/$defs/", schemaName)
	root := registry.Schema(reflect.TypeOf(of), false, "")
	loosen(root)
	for _, s := range registry.Map() {
		loosen(s)
	}
	return root, registry
}

// schemaName tells the contract's types from those of the server's own language
// that have the same name.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.PkgPath() == reflect.TypeFor[inbox.Call]().PkgPath() {
		return "Inbox" + name
	}
	return name
}

// loosen takes away what is only true of our own program: fields that a newer
// one adds are no fault.
func loosen(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.AdditionalProperties == false {
		s.AdditionalProperties = nil
	}
	s.Nullable = false
	loosen(s.Items)
	for _, p := range s.Properties {
		loosen(p)
	}
}

// kindNeeds says which field each kind of item comes with.
func kindNeeds() []any {
	needs := map[connectors.Kind]string{
		connectors.KindMessage: "message", connectors.KindEdited: "message", connectors.KindReaction: "reaction", connectors.KindReceipt: "receipt",
		connectors.KindCall: "call", connectors.KindTrack: "track", connectors.KindCustomer: "customer", connectors.KindOrder: "order",
		connectors.KindCart: "cart", connectors.KindProduct: "product",
	}
	var all []any
	for _, kind := range slices.Sorted(maps.Keys(needs)) {
		all = append(all, map[string]any{
			"if":   map[string]any{"properties": map[string]any{"kind": map[string]any{"const": kind}}},
			"then": map[string]any{"required": []string{needs[kind]}},
		})
	}
	return all
}
