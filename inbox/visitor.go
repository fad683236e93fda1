package inbox

import (
	"strings"
	"time"
)

// A VisitorWord is what one session of a chat is told: an entry of VISITOR. It
// carries the whole of what changed, so that taking it twice changes nothing.
// The words of a session are numbered from 1 without a gap, for good: who knows
// one number knows what is missing, wherever it is got from.
type VisitorWord struct {
	Kind VisitorKind `json:"t"`
	VisitorMessage
}

// A VisitorKind names a word. Who doesn't know one passes over it.
type VisitorKind string

const (
	VisitorSaid     VisitorKind = "message"
	VisitorEdited   VisitorKind = "edited"
	VisitorDeleted  VisitorKind = "deleted"  // Seq, ID, At and Version are set
	VisitorClosed   VisitorKind = "closed"   // the conversation is; Seq is set
	VisitorReopened VisitorKind = "reopened" // it goes on
)

// A VisitorMessage is a message as the visitor sees it: nothing of where it is
// filed, of other channels, or of who the visitor may be.
type VisitorMessage struct {
	Seq      int64         `json:"seq,omitempty"` // of a word, its number; of a message, that of the word that told of it first
	ID       MessageID     `json:"id,omitempty"`
	ClientID string        `json:"clientId,omitempty"` // of the visitor's own: as the browser named it
	From     string        `json:"from,omitempty" enum:"visitor,agent,system"`
	Name     string        `json:"name,omitempty"`
	Text     string        `json:"text,omitempty"`
	HTML     string        `json:"html,omitempty"` // sanitised
	Files    []VisitorFile `json:"files,omitempty"`
	At       time.Time     `json:"at,omitzero"`
	State    State         `json:"state,omitempty" enum:"sent,delivered,read"`
	Version  int64         `json:"version,omitempty"` // of two words on one message the higher holds
	Attempt  int           `json:"attempt,omitempty"` // of an agent's: what a receipt names
}

// A VisitorFile is a file of a message. Its bytes are asked for by its id.
type VisitorFile struct {
	ID   AttachmentID `json:"id"`
	Name string       `json:"name"`
	Type string       `json:"type"`
	Size int64        `json:"size"`
}

// maxVisitorText is what one word holds of a text, bytes: it fits a message of
// the bus however it is escaped.
const maxVisitorText = 64 << 10

// ForVisitor is m as the visitor of its chat sees it. ok is false for what no
// visitor sees: another channel's messages, notes, and answers that have not
// left.
func (m *Message) ForVisitor() (_ VisitorMessage, ok bool) {
	if m.Channel != Chat || m.Kind != Public {
		return VisitorMessage{}, false
	}
	v := VisitorMessage{
		ID: m.ID, Name: m.Author.Name, Text: m.Text, HTML: m.HTML, At: m.CreatedAt, Version: m.Version, State: Sent,
	}
	if len(v.HTML) > maxVisitorText {
		v.HTML = ""
	}
	if len(v.Text) > maxVisitorText {
		v.Text = strings.ToValidUTF8(v.Text[:maxVisitorText], "") + "…"
	}
	switch {
	case m.Author.Kind == BySystem || m.Automatic.Is:
		v.From, v.Name = "system", ""
	case m.Direction == In:
		v.From, v.Name = "visitor", ""
	default:
		v.From = "agent"
	}
	if m.Direction == In {
		_, v.ClientID, _ = strings.Cut(m.ExternalID, "/")
	} else {
		v.Attempt = m.Attempt
		switch m.State {
		case Sending, Sent, Uncertain:
		case Delivered, Read:
			v.State = m.State
		default:
			return VisitorMessage{}, false
		}
	}
	for _, a := range m.Attachments {
		v.Files = append(v.Files, VisitorFile{ID: a.ID, Name: a.Name, Type: a.Type, Size: a.Size})
	}
	return v, true
}

// VisitorWordOn is what the visitor is told when m has changed. ok is false when
// that is nothing: who sees a state move has seen the message.
func VisitorWordOn(m *Message) (_ VisitorWord, ok bool) {
	v, ok := m.ForVisitor()
	switch {
	case !ok:
		return VisitorWord{}, false
	case m.DeletedAt != nil:
		return VisitorWord{VisitorDeleted, VisitorMessage{ID: m.ID, Version: m.Version, At: *m.DeletedAt}}, true
	case m.EditedAt != nil:
		return VisitorWord{VisitorEdited, v}, true
	case m.Direction == Out && m.State != Sending || m.Direction == In && m.Version > 1:
		return VisitorWord{}, false
	}
	return VisitorWord{VisitorSaid, v}, true
}

// A VisitorSession is what the server knows of a session of a chat. Nothing in
// it is of any other session, whoever the visitor is.
type VisitorSession struct {
	Known     bool  // it has said something
	Last      int64 // number of its newest word
	Open      bool  // its conversation is not closed
	AgentName string
	Unread    []VisitorMessage // of agents, not read as far as is known: Seq, ID, Attempt and State alone
}

// A VisitorMail says how a visitor who is away hears of an answer.
type VisitorMail struct {
	Account AccountID     // that it is sent by; "" for not at all
	After   time.Duration // of an answer that nobody read
	Subject string
	Intro   string // before the answers
}

// MaxSession bounds the name of a session, bytes.
const MaxSession = 64

// ValidSession reports whether s can name a session: it becomes a NATS subject
// token and a key.
func ValidSession(s string) bool {
	if s == "" || len(s) > MaxSession {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// VisitorSubject is where a session is told its words.
func VisitorSubject(account AccountID, session string) string {
	return "skein.visitor." + string(account) + "." + session
}
