package eval

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// identityCases are made up so that some of each kind expect what isn't so.
var identityCases = map[string]string{
	"phone/e164.json": `{"vectors": [
		{"raw": "020 7946 0018", "region": "GB", "tag": "national", "e164": "+442079460018", "possible": true, "valid": true, "extension": null},
		{"raw": "212-555-0187 x12", "region": "US", "tag": "extension", "e164": "+12125550187", "possible": true, "valid": true, "extension": "12"},
		{"raw": "anonymous", "region": "US", "tag": "none", "error": "no number"},
		{"raw": "911", "region": "US", "tag": "wrong", "e164": "+1911", "possible": true, "valid": true, "extension": null}]}`,
	"identity/email_addresses.json": `[
		{"raw": "Ann Lee <Ann@Shop.example>", "match_key": "ann@shop.example"},
		{"raw": "ann@bücher.example", "match_key": "ann@xn--bcher-kva.example"},
		{"raw": "ann", "match_key": ""},
		{"raw": "ann@shop.example", "match_key": "bob@shop.example"},
		{"raw": "ann@bücher.example", "match_key": "ann@xn--4rr70v.example"}]`,
	"people/people.csv": "unique_id,first_name,surname,dob,city,email,cluster\n" +
		"0,Ann,Lee,1980-03-14,Leeds,ann.lee@shop.example,0\n" +
		"1,Ann,Lee,1980-03-14,,ann.lee@shop.example,0\n" +
		"2,Anne,Leigh,1980-03-14,Leeds,,0\n" +
		"3,Bob,Ray,1951-09-30,York,,0\n" +
		"4,Eve,May,1999-01-02,Hull,eve@may.example,1\n",
}

// What is matched and merged is counted as it is: keys, pairs that are one
// customer, pairs among the suggestions, and sequences.
func TestIdentity(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, data := range identityCases {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]struct {
		cases, right int
		recall       float64
	}{
		"telephone numbers":                   {4, 3, -1},
		"telephone numbers: keys":             {4, 3, -1},
		"mail address keys":                   {4, 3, -1},
		"mail address keys: contradictory":    {1, 0, -1},
		"people: merged by themselves":        {1, 0, 1. / 6},
		"people: among 5 suggestions":         {4, 0, 6. / 12},
		"people: pairs suggested from a side": {6, 3, 3. / 6},
		"merge sequences: each step":          {mergeSequences * mergeSteps, mergeSequences * mergeSteps, -1},
		"merge sequences: all undone":         {mergeSequences * mergeIdentities, mergeSequences * mergeIdentities, -1},
	}
	var out bytes.Buffer
	if err := Run(t.Context(), Config{Dir: dir, JSON: true, Out: &out}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		var row Result
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		w, ok := want[row.Name]
		if !ok {
			continue
		}
		delete(want, row.Name)
		if row.Cases != w.cases || row.Right != w.right {
			t.Errorf("%s: %d of %d right, want %d of %d", row.Name, row.Right, row.Cases, w.right, w.cases)
		}
		if w.recall >= 0 && (row.Recall == nil || *row.Recall != w.recall) {
			t.Errorf("%s: recall %v, want %v", row.Name, optional(row.Recall), w.recall)
		}
	}
	for name := range want {
		t.Errorf("no row %q", name)
	}
}
