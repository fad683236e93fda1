package realtime

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"skein/inbox"
)

// Topics. Which of them brings an event is one question, and who may see it
// another, that is asked whatever the topic.
const (
	// List is the topic of everything but messages.
	List = "list"
	// Mine is that of the conversations assigned to the agent.
	Mine = "mine"

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
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("read event %d: %w", seq, err)
	}
	// Names are matched in any case when they are read, so they are taken out
	// in any case as well.
	for name := range fields {
		if strings.EqualFold(name, "audience") {
			delete(fields, name)
		}
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
	case o.Kind == inbox.AgentChanged:
		f.agent = inbox.AgentID(o.Entity)
	}
	at := position(epoch, seq)
	event, err := json.Marshal(struct {
		Type     string                     `json:"type"`
		Position string                     `json:"position"`
		Event    map[string]json.RawMessage `json:"event"`
	}{"event", at, fields})
	if err != nil {
		return nil, fmt.Errorf("encode event %d: %w", seq, err)
	}
	f.event = textFrame(event)
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
