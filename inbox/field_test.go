package inbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

func reasons(names ...string) []inbox.FieldOption {
	var list []inbox.FieldOption
	for _, n := range names {
		list = append(list, inbox.FieldOption{Option: inbox.Option{ID: inbox.OptionID("o-" + n), Name: n}})
	}
	return list
}

// A field has a name that a filter can say, a kind, and a list where it wants one.
func TestFieldCheck(t *testing.T) {
	t.Parallel()
	below := reasons("Delivery")
	below[0].Below = []inbox.Option{{Name: "Late"}, {Name: " late "}}
	two := reasons("Delivery", "Returns")
	two[0].Below, two[1].Below = []inbox.Option{{Name: "Late"}}, []inbox.Option{{Name: "Late"}}
	gone := reasons("A", "A")
	gone[0].Retired = true
	for _, test := range []struct {
		name string
		in   inbox.Field
		ok   bool
	}{
		{"a text", inbox.Field{Name: " Order  number ", Kind: inbox.TextField}, true},
		{"no name", inbox.Field{Name: " ", Kind: inbox.TextField}, false},
		{"quotes in the name", inbox.Field{Name: `a"b`, Kind: inbox.TextField}, false},
		{"a control character", inbox.Field{Name: "a\x00b", Kind: inbox.TextField}, false},
		{"a long name", inbox.Field{Name: strings.Repeat("ä", 61), Kind: inbox.TextField}, false},
		{"the longest name", inbox.Field{Name: strings.Repeat("ä", 60), Kind: inbox.TextField}, true},
		{"no kind", inbox.Field{Name: "x"}, false},
		{"a text with a list", inbox.Field{Name: "x", Kind: inbox.TextField, Options: reasons("A")}, false},
		{"a choice of nothing", inbox.Field{Name: "x", Kind: inbox.ChoiceField}, false},
		{"a choice", inbox.Field{Name: "x", Kind: inbox.ChoiceField, Options: reasons("A", "B")}, true},
		{"a choice of two levels", inbox.Field{Name: "x", Kind: inbox.ChoiceField, Options: two}, false},
		{"the same twice", inbox.Field{Name: "x", Kind: inbox.ReasonField, Options: reasons("A", "a")}, false},
		{"the same of two levels", inbox.Field{Name: "x", Kind: inbox.ReasonField, Options: below}, false},
		{"the same below two", inbox.Field{Name: "x", Kind: inbox.ReasonField, Options: two}, true},
		{"the name of one that is retired", inbox.Field{Name: "x", Kind: inbox.ReasonField, Options: gone}, true},
		{"a slash", inbox.Field{Name: "x", Kind: inbox.ReasonField, Options: reasons("A/B")}, false},
		{"too many", inbox.Field{Name: "x", Kind: inbox.ChoiceField, Options: make([]inbox.FieldOption, 101)}, false},
		{"nowhere", inbox.Field{Name: "x", Kind: inbox.TextField, Place: -1}, false},
	} {
		err := test.in.Check()
		if (err == nil) != test.ok || err != nil && inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("%s: %v, want it taken: %v", test.name, err, test.ok)
		}
		if err == nil && test.in.Name == " Order  number " {
			t.Errorf("%s: the name stays %q", test.name, test.in.Name)
		}
	}
}

// A value is kept in one form, or refused in words that name the field.
func TestFieldValue(t *testing.T) {
	t.Parallel()
	choice := reasons("A", "B", "C")
	choice[1].Retired, choice[2].Retired = true, true
	choice[0].Below = []inbox.Option{{ID: "below", Name: "x"}}
	choice[2].Below = []inbox.Option{{ID: "lost", Name: "y"}}
	for _, test := range []struct {
		kind             inbox.FieldKind
		typed, was, want string
	}{
		{inbox.TextField, "  a\n b ", "", "a b"},
		{inbox.TextField, "a\x00b", "", "!"},
		{inbox.TextField, strings.Repeat("ä", 501), "", "!"},
		{inbox.NumberField, "012.50", "", "12.5"},
		{inbox.NumberField, "-3", "", "-3"},
		{inbox.NumberField, "1e9", "", "!"},
		{inbox.NumberField, "NaN", "", "!"},
		{inbox.NumberField, "1,5", "", "!"},
		{inbox.NumberField, strings.Repeat("9", 31), "", "!"},
		{inbox.DateField, "2026-02-28", "", "2026-02-28"},
		{inbox.DateField, "2026-02-30", "", "!"},
		{inbox.DateField, "28.2.2026", "", "!"},
		{inbox.YesNoField, "yes", "", "yes"},
		{inbox.YesNoField, "true", "", "!"},
		{inbox.ReasonField, "o-A", "", "o-A"},
		{inbox.ReasonField, "below", "", "below"},
		{inbox.ReasonField, "A", "", "!"},
		{inbox.ReasonField, "o-B", "", "!"},
		{inbox.ReasonField, "o-B", "o-B", "o-B"}, // chosen before it was retired
		{inbox.ReasonField, "lost", "", "!"},
		{inbox.ReasonField, "' OR 1=1", "", "!"},
	} {
		f := inbox.Field{Name: "The field", Kind: test.kind, Options: choice}
		got, err := f.Value(test.typed, test.was)
		switch {
		case test.want == "!":
			if inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(err.Error(), "The field") {
				t.Errorf("%s %q: %q, %v, want it refused by the field's name", test.kind, test.typed, got, err)
			}
		case err != nil || got != test.want:
			t.Errorf("%s %q: %q, %v, want %q", test.kind, test.typed, got, err, test.want)
		}
	}
}

// What is taken out of a list is retired and never lost, whatever is done with the
// rest; nothing gets an id that something else has or had.
func TestFieldKeep(t *testing.T) {
	t.Parallel()
	n := 0
	next := func() inbox.OptionID { n++; return inbox.OptionID(fmt.Sprint("new", n)) }
	was := inbox.Field{Kind: inbox.ReasonField, Options: reasons("A", "B")}
	was.Options[0].Below = []inbox.Option{{ID: "a1", Name: "one"}, {ID: "a2", Name: "two"}}
	is := inbox.Field{Kind: inbox.ReasonField, Options: []inbox.FieldOption{
		{Option: inbox.Option{Name: "C"}, Below: []inbox.Option{{ID: "a2", Name: "two"}}},
		{Option: inbox.Option{ID: "o-A", Name: "Alpha"}},
	}}
	if err := is.Keep(&was, next); err != nil {
		t.Fatal(err)
	}
	want := []inbox.FieldOption{
		{Option: inbox.Option{ID: "new1", Name: "C"}, Below: []inbox.Option{{ID: "a2", Name: "two"}}},
		{Option: inbox.Option{ID: "o-A", Name: "Alpha"}, Below: []inbox.Option{{ID: "a1", Name: "one", Retired: true}}},
		{Option: inbox.Option{ID: "o-B", Name: "B", Retired: true}},
	}
	if diff := cmp.Diff(want, is.Options); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	for _, list := range [][]inbox.FieldOption{reasons("Z"), append(reasons("A"), reasons("A")...)} {
		other := inbox.Field{Options: list}
		if err := other.Keep(&was, next); inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("%+v was kept: %v", list, err)
		}
	}
}

// A value of a query's filter is called otherwise, and nothing else in it changes.
func TestRenameFilter(t *testing.T) {
	t.Parallel()
	to := map[string]string{"late": "very late", "vip": "gold"}
	for in, want := range map[string]string{
		"":                                       "",
		"late":                                   "late",
		"tag:late":                               `tag:"very late"`,
		` Tag:"Late"  status:open tag:late-ish `: ` Tag:"very late"  status:open tag:late-ish `,
		`tag:vip "tag:vip" from:vip`:             `tag:gold "tag:vip" from:vip`,
		"tag: late":                              "tag: late",
		"tagged:late":                            "tagged:late",
	} {
		if got := inbox.RenameFilter(in, "tag", to); got != want {
			t.Errorf("RenameFilter(%q) = %q, want %q", in, got, want)
		}
	}
}
