package inbox

import (
	"strconv"
	"strings"
	"time"
)

// A SendBounds is what an account's service takes, and when: what a composer needs
// to know before it sends. Zero fields set no bound.
type SendBounds struct {
	MaxText      int            `json:"maxText,omitempty" doc:"How much text goes with one message"`
	TextIn       string         `json:"textIn,omitempty" enum:"characters,bytes" doc:"What maxText counts"`
	Splits       bool           `json:"splits,omitempty" doc:"A longer text leaves as several messages; else it is refused"`
	MaxFiles     int            `json:"maxFiles,omitempty" doc:"How many files go with one message; -1: none do"`
	MaxFileBytes int64          `json:"maxFileBytes,omitempty"`
	Window       int            `json:"window,omitempty" doc:"For how many hours after the customer's last message it may be answered"`
	PeopleWindow int            `json:"peopleWindow,omitempty" doc:"For how many hours people, and no machine, may answer; absent: as window"`
	Templates    []SendTemplate `json:"templates,omitempty" doc:"What alone may be sent after that"`
	ByNumber     bool           `json:"byNumber,omitempty" doc:"Somebody who never wrote there may be written to by their telephone number"`
	// NumberThread comes before a number in what the service's own thread with it
	// is called.
	NumberThread string `json:"-"`
	// MaxComment is how much text goes with an answer to a public comment.
	MaxComment int `json:"-"`
}

// A SendTemplate is a message that its service has approved.
type SendTemplate struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	Text     string `json:"text" doc:"With {{1}}, {{2}} … for what is filled in"`
	Values   int    `json:"values" doc:"How many are filled in"`
}

// A Template is one that a message was sent by, with what was filled in.
type Template struct {
	Name     string   `json:"name" maxLength:"512"`
	Language string   `json:"language" maxLength:"20"`
	Values   []string `json:"values,omitempty" maxItems:"50"`
}

// Fill is a template's text with its values, and whether there are as many as it
// has places.
func (t *SendTemplate) Fill(values []string) (string, bool) {
	text := t.Text
	for i, v := range values {
		text = strings.ReplaceAll(text, "{{"+strconv.Itoa(i+1)+"}}", v)
	}
	return text, len(values) == t.Values
}

// Places counts what is to be filled in of a template's text.
func Places(text string) int {
	n := 0
	for strings.Contains(text, "{{"+strconv.Itoa(n+1)+"}}") {
		n++
	}
	return n
}

// A SendWay is one way by which a conversation may be answered, and whether just
// now.
type SendWay struct {
	SendState
	InboxID InboxID `json:"inboxId" doc:"That the account sends for"`
	Name    string  `json:"name" doc:"The account's"`
	From    string  `json:"from,omitempty" doc:"The account's address"`
	To      []Party `json:"to" doc:"Who it goes to when nobody else is named"`
	// Locale is as in [Way].
	Locale string `json:"locale,omitempty" doc:"BCP 47: the language in which the customer is written to"`
	// Signature is the inbox's, with the caller's name in it.
	Signature *Signature `json:"signature,omitempty" doc:"Of a mail: what it ends with, which is put under it when it is sent"`
}

// A SendState is whether a conversation may be answered just now.
type SendState struct {
	Channel Channel   `json:"channel"`
	Account AccountID `json:"accountId"`
	SendBounds
	May      bool       `json:"may" doc:"Whether a written answer may leave; a template may where there are any"`
	Why      string     `json:"why,omitempty" doc:"Why it may not, or not by everybody"`
	HeardAt  *time.Time `json:"heardAt,omitempty" doc:"When the customer last wrote by this account"`
	ClosesAt *time.Time `json:"closesAt,omitempty" doc:"When it may no longer be answered"`
	Stopped  bool       `json:"stopped,omitempty" doc:"They asked not to be written to"`
	// Comment is there where the answer stands under a post, for everybody to read.
	Comment *SendComment `json:"comment,omitempty" doc:"The answer stands beside a public comment, unless it is sent in private"`
}

// CommentState is whether a public comment may be answered: public and private are
// why it can't be, for everybody to read and in private, nil when it can.
func (s SendBounds) CommentState(c *Comment, public, private error, stoppedAt time.Time) SendState {
	out := SendBounds{MaxText: s.MaxComment, TextIn: "characters", MaxFiles: -1}.State(time.Time{}, stoppedAt, time.Time{})
	out.Comment = &SendComment{Link: c.Link, Private: private == nil && !out.Stopped}
	if public != nil && out.May {
		out.May, out.Why = false, public.Error()
	}
	switch {
	case out.Stopped:
		out.Comment.PrivateWhy = out.Why
	case private != nil:
		out.Comment.PrivateWhy = private.Error()
	}
	return out
}

// State is whether somebody who last wrote at heardAt (zero: never, or long ago)
// may be answered by a person at now.
func (s SendBounds) State(heardAt, stoppedAt, now time.Time) SendState {
	out := SendState{SendBounds: s, May: true}
	hours := max(s.Window, s.PeopleWindow)
	if !heardAt.IsZero() {
		out.HeardAt = &heardAt
		if hours > 0 {
			closes := heardAt.Add(time.Duration(hours) * time.Hour)
			out.ClosesAt = &closes
		}
	}
	switch {
	case !stoppedAt.IsZero():
		out.May, out.Stopped = false, true
		out.Why = "They asked on " + stoppedAt.UTC().Format(time.DateOnly) + " not to be written to any more."
	case hours > 0 && heardAt.IsZero():
		out.May = false
		out.Why = "They haven't written there: the service takes nothing until they do."
		if len(s.Templates) > 0 {
			out.Why = "They haven't written there: the service takes an approved template only."
		}
	case hours > 0 && (out.ClosesAt == nil || now.After(*out.ClosesAt)):
		out.May = false
		out.Why = "They haven't written for " + strconv.Itoa(hours) + " hours: the service takes no answer until they write again."
		if len(s.Templates) > 0 {
			out.Why = "They haven't written for " + strconv.Itoa(hours) + " hours: the service takes an approved template only."
		}
	case s.PeopleWindow > s.Window && now.After(heardAt.Add(time.Duration(s.Window)*time.Hour)):
		out.Why = "They haven't written for " + strconv.Itoa(s.Window) + " hours: only people may answer, until the time given."
	}
	return out
}
