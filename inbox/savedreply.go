package inbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A SavedReplyID names a [SavedReply].
type SavedReplyID string

// A SavedReply is a text that agents use again, what is done with the
// conversation when it is sent, or both. Its variables, such as
// {{order.number}}, are filled in when it is used: see [OrderRules.Render].
type SavedReply struct {
	ID      SavedReplyID `json:"id"`
	Version int64        `json:"version"`

	Owner   AgentID     `json:"ownerId,omitempty" doc:"Whose alone it is; empty: everybody's"`
	TeamID  TeamID      `json:"teamId,omitempty" doc:"Of everybody's: the team that it is for"`
	Folder  string      `json:"folder" doc:"Empty: none"`
	Name    string      `json:"name"`
	Texts   []SavedText `json:"texts" doc:"One a language; the first is used where none fits"`
	Actions Actions     `json:"actions"`

	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	UpdatedBy AgentID   `json:"updatedBy"`
	Deleted   bool      `json:"deleted,omitempty" doc:"In an event: it is gone"`
}

// A SavedText is a saved reply in one language.
type SavedText struct {
	Locale string `json:"locale" doc:"BCP 47, such as de or pt-BR; empty: any"`
	Text   string `json:"text"`
}

// Actions are what is done with a conversation beside what is said in it. Zero
// fields leave as it is.
type Actions struct {
	Status   Status   `json:"status,omitempty" enum:"open,pending,closed"`
	Assignee string   `json:"assignee,omitempty" doc:"me, none, or an agent's id"`
	TeamID   string   `json:"team,omitempty" doc:"none, or a team's id"`
	AddTags  []string `json:"addTags,omitempty"`
	// Fields are set, "" takes away.
	Fields FieldValues `json:"fields,omitempty" maxProperties:"50" doc:"What is noted of it, by the field's id; empty: taken away"`
	// Snooze is how long it is put off; the reply API takes the instant.
	Snooze int `json:"snoozeMinutes,omitempty" minimum:"0" maximum:"525600"`
}

// Bounds of a saved reply.
const (
	maxSavedTexts = 30
	maxTags       = 20
	maxTag        = 50 // runes
	maxSetFields  = 50
)

// IsZero reports whether nothing is to be done.
func (a *Actions) IsZero() bool {
	return a.Status == "" && a.Assignee == "" && a.TeamID == "" && len(a.AddTags) == 0 && len(a.Fields) == 0 && a.Snooze == 0
}

// Check refuses actions that contradict each other or can't be, and brings tags
// into their form.
func (a *Actions) Check() error {
	switch {
	case a.Status != "" && a.Snooze > 0:
		return &Error{Code: Invalid, Message: "snoozing is a status of its own: leave one of the two out"}
	case a.Status == Snoozed || a.Status == Spam || a.Status != "" && !a.Status.Valid():
		return &Error{Code: Invalid, Message: "the status is one of open, pending and closed"}
	case a.Assignee != "" && a.Assignee != "me" && a.Assignee != "none" && !ValidID(a.Assignee):
		return &Error{Code: Invalid, Message: "the assignee is me, none, or an agent's id"}
	case a.TeamID != "" && a.TeamID != "none" && !ValidID(a.TeamID):
		return &Error{Code: Invalid, Message: "the team is none, or a team's id"}
	case a.Snooze < 0 || a.Snooze > 366*24*60:
		return &Error{Code: Invalid, Message: "snoozing takes at most a year"}
	case len(a.Fields) > maxSetFields:
		return &Error{Code: Invalid, Message: fmt.Sprintf("at most %d fields at once", maxSetFields)}
	case len(a.AddTags) > maxTags:
		return &Error{Code: Invalid, Message: fmt.Sprintf("at most %d tags at once", maxTags)}
	}
	for id, value := range a.Fields {
		if !ValidID(string(id)) || strings.ContainsRune(value, 0) {
			return &Error{Code: Invalid, Message: "a field is named by its id, and its value holds no NUL"}
		}
	}
	var err error
	a.AddTags, err = CleanTags(a.AddTags)
	return err
}

// CleanTags brings tags into their form: lower case, with single spaces, each once.
// One that has no character or too many is Invalid.
func CleanTags(list []string) ([]string, error) {
	var tags []string
	for _, t := range list {
		t = strings.ToLower(strings.Join(strings.Fields(t), " "))
		if t == "" || len([]rune(t)) > maxTag || strings.ContainsAny(t, "\"\x00") {
			return nil, &Error{Code: Invalid, Message: fmt.Sprintf("a tag has 1 to %d characters and no quotes", maxTag)}
		}
		if !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	return tags, nil
}

// Check refuses a reply that says and does nothing, or whose texts can't be told
// apart.
func (r *SavedReply) Check() error {
	if strings.TrimSpace(r.Name) == "" {
		return &Error{Code: Invalid, Message: "the name is empty"}
	}
	if r.Owner != "" && r.TeamID != "" {
		return &Error{Code: Invalid, Message: "what is one agent's own is no team's"}
	}
	if len(r.Texts) > maxSavedTexts {
		return &Error{Code: Invalid, Message: fmt.Sprintf("at most %d languages", maxSavedTexts)}
	}
	for i, t := range r.Texts {
		if strings.TrimSpace(t.Text) == "" {
			return &Error{Code: Invalid, Message: "a text is empty: write it, or take its language away"}
		}
		if slices.ContainsFunc(r.Texts[:i], func(o SavedText) bool { return strings.EqualFold(o.Locale, t.Locale) }) {
			return &Error{Code: Invalid, Message: fmt.Sprintf("there are two texts in the language %q", t.Locale)}
		}
	}
	if err := r.Actions.Check(); err != nil {
		return err
	}
	if len(r.Texts) == 0 && r.Actions.IsZero() {
		return &Error{Code: Invalid, Message: "it says nothing and does nothing: give it a text or an action"}
	}
	return nil
}

// In returns the text for who reads the first of locales that there is one in:
// the very locale, or one of its language; else the first text. ok is false when
// it says nothing.
func (r *SavedReply) In(locales ...string) (t SavedText, ok bool) {
	language := func(l string) string {
		l, _, _ = strings.Cut(strings.ReplaceAll(strings.ToLower(l), "_", "-"), "-")
		return l
	}
	for _, l := range locales {
		if l == "" {
			continue
		}
		for _, same := range []func(string) bool{
			func(o string) bool { return strings.EqualFold(strings.ReplaceAll(l, "_", "-"), o) },
			func(o string) bool { return o != "" && language(o) == language(l) },
		} {
			if i := slices.IndexFunc(r.Texts, func(t SavedText) bool { return same(t.Locale) }); i >= 0 {
				return r.Texts[i], true
			}
		}
	}
	if len(r.Texts) == 0 {
		return SavedText{}, false
	}
	return r.Texts[0], true
}

// Audience is who may see r.
func (r *SavedReply) Audience() Audience { return Audience{Agent: r.Owner} }

// MayChange reports whether a caller may change r, or make one like it: its
// owner, and of everybody's those who run the place.
func (r *SavedReply) MayChange(by *Caller) bool {
	if r.Owner != "" {
		return r.Owner == by.Agent.ID
	}
	return by.All
}
