package inbox

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A FieldID names a [Field].
type FieldID string

// A Field is something that is noted of conversations: why the customer wrote, or
// whatever else the business wants to know of each.
type Field struct {
	ID       FieldID       `json:"id"`
	Version  int64         `json:"version"`
	Name     string        `json:"name"`
	Kind     FieldKind     `json:"kind" enum:"reason,text,number,date,choice,yes-no"`
	Options  []FieldOption `json:"options,omitempty" doc:"Of a reason or a choice, in their order"`
	Inboxes  []InboxID     `json:"inboxes" doc:"Whose conversations have it; empty: all"`
	Required bool          `json:"required" doc:"A conversation is closed with it alone"`
	Place    int           `json:"place" doc:"Lists are ordered by it"`
	Archived bool          `json:"archived,omitempty" doc:"Noted no more; what has it keeps it"`
}

// A FieldKind is what the value of a field is.
type FieldKind string

// The kinds of fields, and how their values are written.
const (
	ReasonField FieldKind = "reason" // an [Option]'s id, of either level
	TextField   FieldKind = "text"
	NumberField FieldKind = "number" // decimal, with a point
	DateField   FieldKind = "date"   // YYYY-MM-DD
	ChoiceField FieldKind = "choice" // an [Option]'s id
	YesNoField  FieldKind = "yes-no" // yes or no
)

// An OptionID names one of a field's options.
type OptionID string

// An Option is one value that a reason or a choice may have.
type Option struct {
	ID      OptionID `json:"id,omitempty" maxLength:"36" doc:"Absent: a new one"`
	Name    string   `json:"name" maxLength:"200"`
	Retired bool     `json:"retired,omitempty" doc:"Chosen no more; what has it keeps it"`
}

// A FieldOption is an option with, of a reason, those of the second level.
type FieldOption struct {
	Option
	Below []Option `json:"below,omitempty" maxItems:"100" doc:"Of a contact reason: what exactly"`
}

// FieldValues are values by their fields, each written as its kind says.
type FieldValues map[FieldID]string

// Bounds of fields.
const (
	maxFieldName  = 60  // runes
	maxFieldText  = 500 // runes
	maxFieldPlace = 100_000
	maxOptions    = 100 // of each level

	maxEverOptions = 5000 // with those that are retired
)

// Check refuses a field that can't be told from others or filled in, and brings
// its names into their form.
func (f *Field) Check() error {
	wrong := func(format string, args ...any) error {
		return &Error{Code: Invalid, Message: fmt.Sprintf(format, args...)}
	}
	var err error
	if f.Name, err = fieldName(f.Name); err != nil {
		return err
	}
	lists := f.Kind == ReasonField || f.Kind == ChoiceField
	switch {
	case !lists && !slices.Contains([]FieldKind{TextField, NumberField, DateField, YesNoField}, f.Kind):
		return wrong("the kind is one of reason, text, number, date, choice and yes-no")
	case !lists && len(f.Options) > 0:
		return wrong("only a contact reason or a choice has a list")
	case lists && !slices.ContainsFunc(f.Options, func(o FieldOption) bool { return !o.Retired }):
		return wrong("%s needs something to choose from", f.Name)
	case len(f.Options) > maxOptions:
		return wrong("a list has at most %d entries", maxOptions)
	case f.Place < 0 || f.Place > maxFieldPlace:
		return wrong("the place is a number from 0 to %d", maxFieldPlace)
	}
	seen := map[string]bool{}
	for i := range f.Options {
		o := &f.Options[i]
		if err := o.check(seen, ""); err != nil {
			return err
		}
		if len(o.Below) > 0 && f.Kind != ReasonField {
			return wrong("only contact reasons have two levels")
		}
		if len(o.Below) > maxOptions {
			return wrong("a list has at most %d entries", maxOptions)
		}
		for j := range o.Below {
			if err := o.Below[j].check(seen, o.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// check brings o's name into its form. seen holds what else there is beside it.
func (o *Option) check(seen map[string]bool, under string) (err error) {
	if o.Name, err = fieldName(o.Name); err != nil {
		return err
	}
	if o.Retired {
		return nil // its name is free again
	}
	if key := strings.ToLower(under + "/" + o.Name); seen[key] {
		return &Error{Code: Invalid, Message: fmt.Sprintf("%q stands twice in the list", o.Name)}
	} else {
		seen[key] = true
	}
	return nil
}

// fieldName is a name in its form: with single spaces, and such that a filter can
// name it.
func fieldName(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" || len([]rune(s)) > maxFieldName || strings.ContainsAny(s, `"/`) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", &Error{Code: Invalid, Message: fmt.Sprintf("a name has 1 to %d characters, no quotes and no slash", maxFieldName)}
	}
	return s, nil
}

// Has reports whether the conversations of an inbox have f.
func (f *Field) Has(in InboxID) bool {
	return !f.Archived && (len(f.Inboxes) == 0 || slices.Contains(f.Inboxes, in))
}

// Audience is who may see f: whoever sees one of its inboxes.
func (f *Field) Audience() Audience { return Audience{Inboxes: f.Inboxes} }

// Value is what was typed as f keeps it. was is the value so far: an option that
// was chosen before it was retired stays.
func (f *Field) Value(typed, was string) (string, error) {
	typed = strings.TrimSpace(typed)
	wrong := func(want string) (string, error) {
		return "", &Error{Code: Invalid, Message: fmt.Sprintf("%s: %.60q is not %s", f.Name, typed, want)}
	}
	switch f.Kind {
	case TextField:
		typed = strings.Join(strings.Fields(typed), " ")
		if len([]rune(typed)) > maxFieldText || strings.ContainsFunc(typed, unicode.IsControl) {
			return wrong(fmt.Sprintf("a text of at most %d characters", maxFieldText))
		}
	case NumberField:
		n, err := strconv.ParseFloat(typed, 64)
		if err != nil || len(typed) > 30 || strings.Trim(typed, "+-.0123456789") != "" {
			return wrong("a number such as 12 or 12.5")
		}
		return strconv.FormatFloat(n, 'f', -1, 64), nil
	case DateField:
		day, err := time.Parse(time.DateOnly, typed)
		if err != nil || day.Year() < 1 {
			return wrong("a day such as 2026-03-01")
		}
	case YesNoField:
		if typed != "yes" && typed != "no" {
			return wrong("yes or no")
		}
	default:
		o, ok := f.option(OptionID(typed))
		if !ok || o.Retired && typed != was {
			return wrong("one of its list")
		}
	}
	return typed, nil
}

// option finds an option of either level. What is below one that is retired is
// retired with it.
func (f *Field) option(id OptionID) (Option, bool) {
	for _, o := range f.Options {
		if o.ID == id {
			return o.Option, id != ""
		}
		for _, b := range o.Below {
			if b.ID == id {
				b.Retired = b.Retired || o.Retired
				return b, id != ""
			}
		}
	}
	return Option{}, false
}

// Called is a value as people know it: of a reason or a choice what the option is
// called, with what it is below; as it is where f has no such option.
func (f *Field) Called(value string) string {
	for _, o := range f.Options {
		if string(o.ID) == value {
			return o.Name
		}
		for _, b := range o.Below {
			if string(b.ID) == value {
				return o.Name + " / " + b.Name
			}
		}
	}
	return value
}

// Keep gives f's new options an id each, and those that was has and f doesn't it
// keeps as retired, so that no conversation has what nobody can name. An option of
// f that was doesn't have is Invalid.
func (f *Field) Keep(was *Field, newID func() OptionID) error {
	known := map[OptionID]bool{}
	if was != nil {
		for _, o := range was.Options {
			known[o.ID] = true
			for _, b := range o.Below {
				known[b.ID] = true
			}
		}
	}
	used := map[OptionID]bool{}
	name := func(o *Option) error {
		switch {
		case o.ID == "":
			o.ID = newID()
		case !known[o.ID] || used[o.ID]:
			return &Error{Code: Invalid, Message: fmt.Sprintf("%s: the entry %q is not one that there is", f.Name, o.Name)}
		}
		used[o.ID] = true
		return nil
	}
	for i := range f.Options {
		if err := name(&f.Options[i].Option); err != nil {
			return err
		}
		for j := range f.Options[i].Below {
			if err := name(&f.Options[i].Below[j]); err != nil {
				return err
			}
		}
	}
	if was == nil {
		return nil
	}
	for _, o := range was.Options {
		var gone []Option
		for _, b := range o.Below {
			if b.Retired = true; !used[b.ID] {
				gone = append(gone, b)
			}
		}
		at := slices.IndexFunc(f.Options, func(is FieldOption) bool { return is.ID == o.ID })
		switch {
		case at >= 0:
			f.Options[at].Below = append(f.Options[at].Below, gone...)
		case !used[o.ID] || len(gone) > 0:
			if o.Retired = true; used[o.ID] { // it is below another now
				for i := range gone {
					f.Options = append(f.Options, FieldOption{Option: gone[i]})
				}
				continue
			}
			f.Options = append(f.Options, FieldOption{Option: o.Option, Below: gone})
		}
	}
	n := len(f.Options)
	for _, o := range f.Options {
		n += len(o.Below)
	}
	if n > maxEverOptions {
		return &Error{Code: Conflict, Message: fmt.Sprintf("%s has had more than %d entries: archive it and make another", f.Name, maxEverOptions)}
	}
	return nil
}

// Missing are those of fields, of one conversation's inbox, that are required and
// have no value.
func (v FieldValues) Missing(fields []Field) []Field {
	var list []Field
	for _, f := range fields {
		if f.Required && v[f.ID] == "" {
			list = append(list, f)
		}
	}
	return list
}

// With is v with some values set and, where they are "", taken away; only those
// that it has none of when fill. Of fields, what isn't one of the conversation's is
// Invalid, or with fill passed over.
func (v FieldValues) With(fields []Field, set FieldValues, fill bool) (FieldValues, error) {
	out := maps.Clone(v)
	for _, id := range slices.Sorted(maps.Keys(set)) {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.ID == id })
		switch {
		case i < 0 && fill || fill && v[id] != "":
			continue
		case i < 0:
			return nil, &Error{Code: Invalid, Message: fmt.Sprintf("the conversation has no field %.60q: it is of other inboxes, or archived", id)}
		}
		if strings.TrimSpace(set[id]) == "" {
			delete(out, id)
			continue
		}
		value, err := fields[i].Value(set[id], v[id])
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = FieldValues{}
		}
		out[id] = value
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// Lacking says that a conversation can't be closed yet: Fields are required and
// have no value.
type Lacking struct {
	Fields []Field
}

func (e *Lacking) Error() string {
	names := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		names[i] = f.Name
	}
	return "it is not closed: " + strings.Join(names, ", ") + " must be filled in first"
}

// Unwrap makes the code of a Lacking [Invalid].
func (e *Lacking) Unwrap() error { return &Error{Code: Invalid, Message: e.Error()} }
