package phone

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
)

// A schema is the part of JSON Schema that the transcribed ones use.
type schema struct {
	Type       types              `json:"type"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Additional *bool              `json:"additionalProperties"`
	Items      *schema            `json:"items"`
	Enum       []any              `json:"enum"`
	Pattern    string             `json:"pattern"`
}

type types []string

func (t *types) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = types{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(t))
}

func schemaOf(t testing.TB, name string) *schema {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	s := &schema{}
	if err := json.Unmarshal(raw, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// check says what is wrong with a value.
func (s *schema) check(at string, v any) (wrong []string) {
	kind := map[bool]string{}
	switch x := v.(type) {
	case nil:
		kind[true] = "null"
	case string:
		kind[true] = "string"
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(x) {
			wrong = append(wrong, fmt.Sprintf("%s: %q is not like %s", at, x, s.Pattern))
		}
	case float64:
		kind[true] = "number"
		if x == float64(int64(x)) && slices.Contains(s.Type, "integer") {
			kind[true] = "integer"
		}
	case bool:
		kind[true] = "boolean"
	case []any:
		kind[true] = "array"
		for i, item := range x {
			if s.Items != nil {
				wrong = append(wrong, s.Items.check(fmt.Sprintf("%s[%d]", at, i), item)...)
			}
		}
	case map[string]any:
		kind[true] = "object"
		for _, name := range s.Required {
			if _, has := x[name]; !has {
				wrong = append(wrong, at+" lacks "+name)
			}
		}
		for name, value := range x {
			switch p := s.Properties[name]; {
			case p != nil:
				wrong = append(wrong, p.check(at+"."+name, value)...)
			case s.Additional != nil && !*s.Additional:
				wrong = append(wrong, at+" has "+name)
			}
		}
	}
	if len(s.Type) > 0 && !slices.Contains(s.Type, kind[true]) {
		wrong = append(wrong, fmt.Sprintf("%s is %s", at, kind[true]))
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		wrong = append(wrong, fmt.Sprintf("%s is %v", at, v))
	}
	return wrong
}

// documented fails where what a test sends is not what the exchange's
// documentation says that it sends.
func documented(t testing.TB, name string, body []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range schemaOf(t, name).check("it", v) {
		t.Errorf("not as documented: %s", wrong)
	}
}
