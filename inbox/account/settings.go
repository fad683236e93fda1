package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"skein/connectors"
	"skein/inbox"
)

// A form is a channel's, with its schema made.
type form struct {
	connectors.Form
	schema *huma.Schema
	json   json.RawMessage
}

func newForm(f connectors.Form) *form {
	registry := huma.NewMapRegistry("#/", huma.DefaultSchemaNamer)
	s := inline(registry, huma.SchemaFromType(registry, reflect.TypeOf(f.Settings)))
	s.PrecomputeMessages()
	raw, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("the settings %T have no schema: %v", f.Settings, err))
	}
	return &form{f, s, raw}
}

// inline puts every type where it is referred to: who shows a form has one
// document to read.
func inline(registry huma.Registry, s *huma.Schema) *huma.Schema {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		of := *inline(registry, registry.SchemaFromRef(s.Ref))
		if s.Description != "" {
			of.Description = s.Description
		}
		return &of
	}
	out := *s
	out.Nullable = false
	out.Items = inline(registry, s.Items)
	if s.Properties != nil {
		out.Properties = map[string]*huma.Schema{}
		for name, p := range s.Properties {
			out.Properties[name] = inline(registry, p)
		}
	}
	if further, ok := s.AdditionalProperties.(*huma.Schema); ok {
		out.AdditionalProperties = inline(registry, further)
	}
	return &out
}

// check says what is wrong with settings, and never what is in them.
func (f *form) check(settings map[string]any) error {
	var res huma.ValidateResult
	huma.Validate(nil, f.schema, huma.NewPathBuffer([]byte("settings"), len("settings")), huma.ModeWriteToServer, settings, &res)
	var wrong []string
	for _, err := range res.Errors {
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			wrong = append(wrong, d.Location+": "+d.Message)
		}
	}
	if len(res.Errors) == 0 {
		return nil
	}
	return invalid("%s", strings.Join(wrong, "; "))
}

func (d *Desk) schema(channel inbox.Channel) *huma.Schema {
	if f := d.forms[channel]; f != nil {
		return f.schema
	}
	return nil
}

// isSet is how a secret is shown.
const isSet = "set"

// at is the place of a secret within its list.
const at = "at"

// mask is settings without their secrets. Without a schema everything is one.
func mask(s *huma.Schema, settings map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range settings {
		p := property(s, name)
		switch v := value.(type) {
		case map[string]any:
			if p != nil && !p.WriteOnly {
				out[name] = mask(p, v)
				continue
			}
		case []any:
			if p != nil && p.WriteOnly {
				list := []any{}
				for i := range v {
					list = append(list, map[string]any{isSet: true, at: i})
				}
				out[name] = list
				continue
			}
		}
		if p == nil || p.WriteOnly {
			value = map[string]any{isSet: true}
		}
		out[name] = value
	}
	return out
}

// merge is settings as they were written, every secret that was only shown
// replaced by what it was before.
func merge(s *huma.Schema, settings, before map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for name, value := range settings {
		p := property(s, name)
		switch v := value.(type) {
		case map[string]any:
			_, shown := kept(v)
			switch {
			case shown && (p == nil || p.WriteOnly):
				was, ok := before[name]
				if !ok {
					return nil, invalid("settings.%s: there is no secret that could be kept", name)
				}
				value = was
			case p != nil:
				was, _ := before[name].(map[string]any)
				inner, err := merge(p, v, was)
				if err != nil {
					return nil, err
				}
				value = inner
			}
		case []any:
			if p == nil || !p.WriteOnly {
				break
			}
			was, _ := before[name].([]any)
			list := slices.Clone(v)
			for i := range list {
				place, shown := kept(list[i])
				if !shown {
					continue
				}
				if place < 0 || place >= len(was) {
					return nil, invalid("settings.%s: there is no secret that could be kept", name)
				}
				list[i] = was[place]
			}
			value = list
		}
		out[name] = value
	}
	return out, nil
}

// kept reports whether v stands for a secret that stays as it is, and for which.
func kept(v any) (place int, shown bool) {
	m, ok := v.(map[string]any)
	if !ok || m[isSet] != true {
		return 0, false
	}
	n, ok := m[at].(float64)
	if !ok {
		return -1, true
	}
	return int(n), true
}

func property(s *huma.Schema, name string) *huma.Schema {
	if s == nil {
		return nil
	}
	if p := s.Properties[name]; p != nil {
		return p
	}
	further, _ := s.AdditionalProperties.(*huma.Schema)
	return further
}
