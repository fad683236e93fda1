package realtime

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"skein/inbox"
)

// Topics. Which of them brings an event is one question, and who may see it
// another, that is asked whatever the topic.
const (
	// List is the topic of everything but messages.
	List = "list"
	// Mine is that of the conversations assigned to the agent.
	Mine = "mine"
	// Notifications is that of what the agent alone is told.
	Notifications = "notifications"

	// These begin the topics of the conversations in one inbox and of one team:
	// those that come into it and that leave it too.
	inboxPrefix = "inbox:"
	teamPrefix  = "team:"

	// conversationPrefix begins the topic of one conversation and its messages. A
	// message that is moved is told to both, so that those who look at where it
	// was see it leave.
	conversationPrefix = "conversation:"
)

// A frame is one entry of the stream, encoded once and shared by every session
// that may see it. Nobody writes to its bytes.
type frame struct {
	seq      uint64
	topics   []string // that it comes under; none: it reaches nobody
	audience inbox.Audience
	agent    inbox.AgentID // whose rights may have changed

	// What those who look at it need to know, beside the event itself.
	conversation inbox.ConversationID // that it is of, at version
	version      int64
	customer     inbox.CustomerID
	said         bool // by a customer

	event []byte
	gone  []byte // nil when nobody can have lost sight of it
}

// size is what a frame costs the ring.
func (f *frame) size() int { return len(f.event) + len(f.gone) + 128 }

// open is the part of an event that decides who gets it.
type open struct {
	Kind     inbox.EventKind      `json:"kind"`
	Entity   string               `json:"entity"`
	Version  int64                `json:"version"`
	Audience inbox.Audience       `json:"audience"`
	Moved    inbox.ConversationID `json:"movedFrom"`
	Message  *struct {
		ConversationID inbox.ConversationID `json:"conversationId"`
		Direction      inbox.Direction      `json:"direction"`
	} `json:"message"`
}

// newFrame encodes an entry. The event keeps every field that a newer server
// may have put into it; only its audience is taken out.
func newFrame(epoch string, seq uint64, data []byte) (*frame, error) {
	var o open
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("read event %d: %w", seq, err)
	}
	f := &frame{seq: seq, topics: inList, audience: o.Audience}
	switch {
	case o.Kind == inbox.MessageChanged && o.Message == nil:
		f.topics = nil
	case o.Kind == inbox.MessageChanged:
		f.topics = []string{conversationPrefix + string(o.Message.ConversationID)}
		if o.Moved != "" {
			f.topics = append(f.topics, conversationPrefix+string(o.Moved))
		}
		f.said = o.Message.Direction == inbox.In
	case o.Kind == inbox.ConversationChanged:
		f.topics = conversationTopics(o.Entity, o.Audience.Before, o.Audience.After)
		f.conversation, f.version = inbox.ConversationID(o.Entity), o.Version
	case o.Kind == inbox.CustomerChanged:
		f.customer = inbox.CustomerID(o.Entity)
	case o.Kind == inbox.NotificationMade, o.Kind == inbox.NotificationsSeen:
		f.topics = []string{notificationsOf(o.Audience.Agent)}
	case o.Kind == inbox.AgentChanged:
		f.agent = inbox.AgentID(o.Entity)
	}
	at := position(epoch, seq)
	event, err := without(data, "audience")
	if err != nil {
		return nil, fmt.Errorf("encode event %d: %w", seq, err)
	}
	if !utf8.Valid(event) {
		return nil, fmt.Errorf("event %d is no text, and would end every client", seq)
	}
	f.event = textFrame([]byte(`{"type":"event","position":`), quoted(at), []byte(`,"event":`), event, []byte("}"))
	before := o.Audience.Before
	if before != nil && (o.Audience.After == nil || *before != *o.Audience.After) || len(o.Audience.Were) > 0 {
		f.gone = encode(struct {
			Type     string          `json:"type"`
			Position string          `json:"position"`
			Kind     inbox.EventKind `json:"kind"`
			Entity   string          `json:"entity"`
			Version  int64           `json:"version"`
		}{"gone", at, o.Kind, o.Entity, o.Version})
	}
	return f, nil
}

// without is a JSON object less a member, under any name that reading would take
// for it. What isn't an object stays as it is.
func without(data []byte, name string) ([]byte, error) {
	out := make([]byte, 1, len(data))
	out[0] = '{'
	m := members{rest: bytes.TrimSpace(data)}
	for m.next() {
		if m.odd {
			return withoutOdd(data, name)
		}
		if !bytes.EqualFold(m.name, []byte(name)) {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(append(append(append(out, '"'), m.name...), '"', ':'), m.value...)
		}
	}
	if m.odd {
		return withoutOdd(data, name)
	}
	return append(out, '}'), nil
}

// withoutOdd is without for what is written as we don't.
func withoutOdd(data []byte, name string) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	maps.DeleteFunc(fields, func(is string, _ json.RawMessage) bool { return strings.EqualFold(is, name) })
	return json.Marshal(fields)
}

// members walks through a JSON object that is valid. It is odd when it is none,
// or a name in it is not of plain letters.
type members struct {
	rest        []byte
	begun, odd  bool
	name, value []byte
}

func (m *members) next() bool {
	if !m.begun {
		if m.begun = true; len(m.rest) == 0 || m.rest[0] != '{' {
			m.odd = true
			return false
		}
	}
	m.rest = bytes.TrimSpace(m.rest[1:]) // the brace, or the comma
	if len(m.rest) == 0 || m.rest[0] != '"' {
		return false
	}
	end := 1
	for ; m.rest[end] != '"'; end++ {
		if c := m.rest[end]; c == '\\' || c >= utf8.RuneSelf {
			m.odd = true
			return false
		}
	}
	m.name = m.rest[1:end]
	m.rest = bytes.TrimSpace(m.rest[end+1:])
	m.rest = bytes.TrimSpace(m.rest[1:]) // the colon
	end = valueEnd(m.rest)
	m.value, m.rest = bytes.TrimSpace(m.rest[:end]), m.rest[end:]
	return true
}

// valueEnd is where the value ends that a valid member begins with.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

var inList = []string{List}

// conversationTopics are those of a conversation that was, and is, somewhere.
func conversationTopics(id string, places ...*inbox.Place) []string {
	topics := []string{List, conversationPrefix + id}
	for _, p := range places {
		if p == nil {
			continue
		}
		topics = append(topics, inboxPrefix+string(p.InboxID))
		if p.TeamID != "" {
			topics = append(topics, teamPrefix+string(p.TeamID))
		}
		if p.Assignee != "" {
			topics = append(topics, mineOf(p.Assignee))
		}
	}
	return topics
}

// mineOf is what [Mine] is for one agent. Nobody can ask for it by this name.
func mineOf(agent inbox.AgentID) string { return Mine + ":" + string(agent) }

// notificationsOf is what [Notifications] is for one agent.
func notificationsOf(agent inbox.AgentID) string { return Notifications + ":" + string(agent) }

// on reports whether f comes under any of topics.
func (f *frame) on(topics map[string]bool) bool {
	return slices.ContainsFunc(f.topics, func(topic string) bool { return topics[topic] })
}

// bytesFor is what somebody with these rights gets of f, nil for nothing: the
// event when it is where they may see it now, gone when it was.
func (f *frame) bytesFor(rights *inbox.Rights) []byte {
	seesOne := func(of []inbox.InboxID) bool {
		return slices.ContainsFunc(of, func(id inbox.InboxID) bool { return rights.Sees(&inbox.Place{InboxID: id}) })
	}
	switch a := &f.audience; {
	case a.Agent != "" && a.Agent != rights.Agent.ID:
	case a.Agent != "" && a.After == nil: // of what that agent did
		return f.event
	case a.Before == nil && a.After == nil && len(a.Inboxes) > 0:
		if seesOne(a.Inboxes) {
			return f.event
		}
		if f.gone != nil && seesOne(a.Were) {
			return f.gone
		}
	case a.Before == nil && a.After == nil && len(a.Were) > 0: // it is nowhere any more
		if rights.All || seesOne(a.Were) {
			return f.gone
		}
	case a.Before == nil && a.After == nil, rights.Sees(a.After):
		return f.event
	case f.gone != nil && rights.Sees(a.Before):
		return f.gone
	}
	return nil
}

func position(epoch string, seq uint64) string {
	return epoch + ":" + strconv.FormatUint(seq, 10)
}

// parsePosition reads what position wrote; ok is false for anything else.
func parsePosition(s string) (epoch string, seq uint64, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 {
		return "", 0, false
	}
	seq, err := strconv.ParseUint(s[i+1:], 10, 64)
	return s[:i], seq, err == nil
}
