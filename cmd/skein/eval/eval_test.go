package eval

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"skein/inbox"
)

// Wrong answers count as wrong and right ones as right: the cases of testdata
// are made up so that some of each kind expect what isn't so.
func TestCounts(t *testing.T) {
	t.Parallel()
	want := map[string]struct {
		cases, right int
		bar          bool
	}{
		"mime: from":                                 {2, 2, true},
		"mime: to":                                   {2, 2, true},
		"mime: subject":                              {2, 1, true},
		"mime: text":                                 {2, 2, true},
		"mime: attachments":                          {2, 1, true},
		"mime: all of a mail":                        {2, 1, true},
		"mime: decoded parts":                        {3, 2, false},
		"visible reply":                              {2, 1, true},
		"visible reply: plain":                       {1, 1, false},
		"visible reply: reply":                       {1, 0, false},
		"visible reply: signature":                   {1, 1, false},
		"visible reply: html_reply":                  {1, 1, false},
		"webhook signatures":                         {3, 1, true},
		"a shop's feed: shopify":                     {3, 3, true},
		"a shop's feed: woocommerce":                 {3, 3, true},
		"bounce: is one":                             {3, 2, true},
		"bounce: hard or soft":                       {2, 1, true},
		"bounce: recipient":                          {2, 2, true},
		"automatic mail":                             {3, 2, true},
		"base subject":                               {2, 1, true},
		"threads by references":                      {3, 2, true},
		"threads of mailboxes":                       {1, 1, true},
		"threads by references, against the headers": {1, 0, false},
	}
	var out bytes.Buffer
	if err := Run(t.Context(), Config{Dir: "testdata", JSON: true, Misses: true, Out: &out}); err != nil {
		t.Fatal(err)
	}
	misses := map[string]int{}
	for line := range strings.Lines(out.String()) {
		var row struct {
			Result
			Of string `json:"of"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if row.Of != "" {
			misses[row.Of]++
			continue
		}
		if strings.HasPrefix(row.Name, "every ") && (row.Cases == 0 || row.Cases != row.Right) {
			t.Errorf("%s: %d of %d", row.Name, row.Right, row.Cases)
		}
		w, known := want[row.Name]
		if !known { // another part's own test
			continue
		}
		if row.Cases != w.cases || row.Right != w.right || (row.Bar != "") != w.bar {
			t.Errorf("%s: %d cases, %d right, bar %q; want %d, %d, bar %v", row.Name, row.Cases, row.Right, row.Bar, w.cases, w.right, w.bar)
		}
		if met := w.cases == w.right; w.bar && (row.Met == nil || *row.Met != met) {
			t.Errorf("%s: met %v, want %v", row.Name, row.Met, met)
		}
		delete(want, row.Name)
		want[row.Name+" (seen)"] = w
	}
	for name, w := range want {
		row, seen := strings.CutSuffix(name, " (seen)")
		if !seen {
			t.Errorf("no row %q", name)
		} else if misses[row] != w.cases-w.right {
			t.Errorf("%s: %d misses told, want %d", row, misses[row], w.cases-w.right)
		}
	}
}

// The table names its columns once, marks what is below its bar, and tells
// misses only when asked.
func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Run(t.Context(), Config{Dir: "testdata", Only: "automatic", Out: &out}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "cases") || strings.Join(strings.Fields(lines[1]), " ") != "automatic mail 3 2 0.6666 right >= 1 BELOW" {
		t.Errorf("table:\n%s", out.String())
	}
}

// Precision is over what was found, recall over what is wanted.
func TestRates(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := newReporter(Config{Out: &out, JSON: true})
	row := r.Row("links")
	row.Found("both", 2, 2, 2, "", "")
	row.Found("one too many", 2, 1, 1, "", "")
	row.Found("none", 0, 2, 0, "", "")
	row.Bar("precision >= .9", func(r Result) bool { return *r.Precision >= .9 })
	r.Row("nothing")
	if err := r.flush(); err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"links","cases":3,"right":1,"share":0.3333333333333333,"precision":0.75,"recall":0.6,"bar":"precision >= .9","met":false}` + "\n"
	if out.String() != want {
		t.Errorf("got  %swant %s", out.String(), want)
	}
}

// A folder that isn't there, or with nothing in it, is said to be so.
func TestNothing(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"testdata/missing", "testdata/identity/auto_submitted_headers.json"} {
		if err := Run(t.Context(), Config{Dir: dir, Out: &bytes.Buffer{}}); inbox.CodeOf(err) != inbox.NotFound {
			t.Errorf("Run of %s: %v, want not found", dir, err)
		}
	}
	if err := Run(t.Context(), Config{Dir: t.TempDir(), Out: &bytes.Buffer{}}); inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("Run of an empty folder: %v, want not found", err)
	}
}

// A share just below a bar never shows as the bar.
func TestFigure(t *testing.T) {
	t.Parallel()
	for in, want := range map[float64]string{0: "0", 1: "1", .95: "0.95", .98: "0.98", .94999: "0.9499", 1.0 / 3: "0.3333"} {
		if got := figure(in); got != want {
			t.Errorf("figure(%v) = %q, want %q", in, got, want)
		}
	}
}
