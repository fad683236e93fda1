package inbox

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A visitor sees messages of the chat that were said, and of each what concerns
// them.
func TestForVisitor(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	base := func(change func(*Message)) *Message {
		m := &Message{ID: "m", ConversationID: "c", Version: 1, Kind: Public, Channel: Chat, Direction: In, Author: Author{Kind: ByCustomer, Name: "Known Name", Address: "s1"},
			Text: "hello", CreatedAt: at, State: ReceivedState, ExternalID: "s1/client-1", Reason: Reason{Text: "why", Linked: "other"}}
		if change != nil {
			change(m)
		}
		return m
	}
	agent := func(state State) *Message {
		return base(func(m *Message) {
			m.Direction, m.State, m.Attempt, m.ExternalID, m.Author = Out, state, 1, "", Author{Kind: ByAgent, Name: "Ann", AgentID: "a"}
		})
	}
	said := func(v VisitorMessage) VisitorWord {
		v.ID, v.At, v.Version = "m", at, 1
		if v.Text == "" {
			v.Text = "hello"
		}
		return VisitorWord{VisitorSaid, v}
	}
	for _, tc := range []struct {
		name string
		m    *Message
		want *VisitorWord
	}{
		{"their own", base(nil), ptr(said(VisitorMessage{From: "visitor", ClientID: "client-1", State: Sent}))},
		{"their own, moved later", base(func(m *Message) { m.Version = 2 }), nil},
		{"what a machine says for them", base(func(m *Message) { m.Automatic.Is = true }), ptr(said(VisitorMessage{From: "system", ClientID: "client-1", State: Sent}))},
		{"an answer that waits", agent(Queued), nil},
		{"an answer that leaves", agent(Sending), ptr(said(VisitorMessage{From: "agent", Name: "Ann", Attempt: 1, State: Sent}))},
		{"one that has left", agent(Sent), nil},
		{"one that was read", agent(Read), nil},
		{"one that failed", agent(Failed), nil},
		{"a note", base(func(m *Message) { m.Kind, m.Direction, m.State = Note, Out, Sending }), nil},
		{"a mail", base(func(m *Message) { m.Channel = Email }), nil},
		{"a call", base(func(m *Message) { m.Channel = Phone }), nil},
		{"edited", base(func(m *Message) { m.Version, m.EditedAt = 2, &at }),
			&VisitorWord{VisitorEdited, VisitorMessage{ID: "m", ClientID: "client-1", From: "visitor", Text: "hello", At: at, State: Sent, Version: 2}}},
		{"deleted", base(func(m *Message) { m.Version, m.DeletedAt, m.Text = 3, &at, "" }), &VisitorWord{VisitorDeleted, VisitorMessage{ID: "m", At: at, Version: 3}}},
		{"with a file", base(func(m *Message) {
			m.Attachments = []Attachment{{ID: "f", Name: "n", Type: "t", Size: 3, SHA256: "secret"}}
		}),
			ptr(said(VisitorMessage{From: "visitor", ClientID: "client-1", State: Sent, Files: []VisitorFile{{"f", "n", "t", 3}}}))},
		{"endless", base(func(m *Message) {
			m.Text, m.HTML = strings.Repeat("é", maxVisitorText), strings.Repeat("x", maxVisitorText+1)
		}),
			ptr(said(VisitorMessage{From: "visitor", ClientID: "client-1", State: Sent, Text: strings.Repeat("é", maxVisitorText/2) + "…"}))},
	} {
		got, ok := VisitorWordOn(tc.m)
		if ok != (tc.want != nil) {
			t.Errorf("%s: told %v, %+v", tc.name, ok, got)
		} else if ok {
			if diff := cmp.Diff(*tc.want, got); diff != "" {
				t.Errorf("%s: %s", tc.name, diff)
			}
		}
	}
	for s, want := range map[string]bool{"abc-1_Z": true, "": false, "a.b": false, "a b": false, "a*": false, "a>": false, strings.Repeat("a", 65): false} {
		if ValidSession(s) != want {
			t.Errorf("ValidSession(%q) = %v", s, !want)
		}
	}
}

func ptr[T any](v T) *T { return &v }
