package eval

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Result is one row as it is printed.
type Result struct {
	Name      string   `json:"name"`
	Cases     int      `json:"cases"`
	Right     int      `json:"right"`
	Share     float64  `json:"share"` // right of cases
	Precision *float64 `json:"precision,omitempty"`
	Recall    *float64 `json:"recall,omitempty"`
	Bar       string   `json:"bar,omitempty"` // what it must reach
	Met       *bool    `json:"met,omitempty"` // whether it does; absent without a bar
	Note      string   `json:"note,omitempty"`
}

// A Reporter collects the rows of a part.
type Reporter struct {
	out     io.Writer
	json    bool
	misses  bool
	printed int // rows
	rows    []*Row
}

// A Row counts the cases of one figure.
type Row struct {
	r             *Reporter
	res           Result
	bar           func(Result) bool
	found, wanted int
	hits          int
	rates         bool
	misses        []miss
}

type miss struct{ name, got, want string }

func newReporter(cfg Config) *Reporter {
	return &Reporter{out: cfg.Out, json: cfg.JSON, misses: cfg.Misses}
}

// Row opens a row. Rows are printed in the order in which they were opened; one
// without cases is left out.
func (r *Reporter) Row(name string) *Row {
	row := &Row{r: r, res: Result{Name: name}}
	r.rows = append(r.rows, row)
	return row
}

// Check counts one case. What is got and wanted is shown when it is wrong.
func (row *Row) Check(name string, right bool, got, want any) {
	row.res.Cases++
	if right {
		row.res.Right++
		return
	}
	row.miss(name, got, want)
}

// Found counts one case for precision and recall: how many answers were given,
// how many are wanted, and how many of those given are right. The case itself
// is right when the three are the same.
func (row *Row) Found(name string, given, wanted, right int, got, want any) {
	row.rates = true
	row.found += given
	row.wanted += wanted
	row.hits += right
	row.Check(name, given == right && wanted == right, got, want)
}

// AtLeast sets the bar on the share of cases that are right.
func (row *Row) AtLeast(share float64) {
	row.Bar("right >= "+figure(share), func(r Result) bool { return r.Share >= share })
}

// Bar sets any other bar, in words and as a test of the finished row.
func (row *Row) Bar(words string, met func(Result) bool) {
	row.res.Bar, row.bar = words, met
}

// Note adds a remark to the row.
func (row *Row) Note(format string, args ...any) {
	row.res.Note = fmt.Sprintf(format, args...)
}

func (row *Row) miss(name string, got, want any) {
	if row.r.misses {
		row.misses = append(row.misses, miss{name, shorten(got), shorten(want)})
	}
}

func (row *Row) result() Result {
	res := row.res
	res.Share = ratio(res.Right, res.Cases)
	if row.rates {
		p, r := ratio(row.hits, row.found), ratio(row.hits, row.wanted)
		res.Precision, res.Recall = &p, &r
	}
	if row.bar != nil {
		met := row.bar(res)
		res.Met = &met
	}
	return res
}

// ratio of nothing at all is 1: nothing was wrong.
func ratio(n, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(n) / float64(of)
}

// flush prints the rows that were opened since the last time.
func (r *Reporter) flush() error {
	rows := r.rows
	r.rows = nil
	for _, row := range rows {
		if row.res.Cases == 0 {
			continue
		}
		if err := r.print(row); err != nil {
			return err
		}
		r.printed++
	}
	return nil
}

func (r *Reporter) print(row *Row) error {
	res := row.result()
	if r.json {
		enc := json.NewEncoder(r.out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(res); err != nil {
			return err
		}
	} else if err := r.table(res); err != nil {
		return err
	}
	for _, m := range row.misses {
		var err error
		if r.json {
			err = json.NewEncoder(r.out).Encode(map[string]string{"miss": m.name, "of": res.Name, "got": m.got, "want": m.want})
		} else {
			_, err = fmt.Fprintf(r.out, "    %s\n      got  %s\n      want %s\n", m.name, m.got, m.want)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const columns = "%-34s %7s %7s %6s %9s %6s  %s\n"

func (r *Reporter) table(res Result) error {
	if r.printed == 0 {
		if _, err := fmt.Fprintf(r.out, columns, "", "cases", "right", "share", "precision", "recall", "bar"); err != nil {
			return err
		}
	}
	last := res.Bar
	if res.Met != nil && !*res.Met {
		last += "  BELOW"
	}
	if res.Note != "" {
		last = strings.TrimSpace(last + "  (" + res.Note + ")")
	}
	line := fmt.Sprintf(columns, res.Name, strconv.Itoa(res.Cases), strconv.Itoa(res.Right), figure(res.Share), optional(res.Precision), optional(res.Recall), last)
	_, err := io.WriteString(r.out, strings.TrimRight(line, " \n")+"\n")
	return err
}

// figure never rounds up: .9499 is not .95.
func figure(f float64) string {
	return strconv.FormatFloat(float64(int(f*10_000+1e-6))/10_000, 'f', -1, 64)
}

func optional(f *float64) string {
	if f == nil {
		return ""
	}
	return figure(*f)
}

// shorten makes one line of a case's answer, of bearable length.
func shorten(v any) string {
	const most = 600
	s := fmt.Sprintf("%v", v)
	if _, ok := v.(string); ok {
		s = strconv.Quote(s)
	}
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
