package inbox

import (
	"maps"
	"slices"
	"time"
)

// An OutboxRow is something committed and not yet announced: the relay
// publishes Payload under Subject, and ID makes a repetition harmless.
type OutboxRow struct {
	ID      int64
	Subject string
	Payload []byte
}

// A Departure is one attempt to send a message, as the store knows it at the
// moment when its timer fires: everything in it was fixed when the agent sent.
type Departure struct {
	Message    Message // Attempt is this attempt, Attachments name their bytes in Blobs
	From       Party
	Bcc        []Party
	ReplyTo    string    // the plus-address, where the account has it
	References []string  // header ids, oldest first; the last one is what it answers
	Automatic  bool      // no person wrote it, and none is to answer it
	HeardAt    time.Time // of a direct message: when its recipient last wrote there; zero for never
	At         time.Time
}

// SendTimer is the payload of a timer of kind "send", whose key is the id of
// the message that leaves when it fires.
type SendTimer struct {
	ReplyTo string `json:"replyTo,omitempty"`
	// Ask holds the message back when somebody wrote before it leaves.
	Ask bool `json:"ask,omitempty"`
	// Was is the conversation's status before the reply made it Became.
	Was    Status `json:"was,omitempty"`
	Became Status `json:"became,omitempty"`
	// Done is what else was done with the conversation by the reply.
	Done *Done `json:"done,omitempty"`
}

// Done is what a reply's actions changed of its conversation, to be taken back
// with it.
type Done struct {
	Assignee *Turn[AgentID] `json:"assignee,omitempty"`
	Team     *Turn[TeamID]  `json:"team,omitempty"`
	Tags     []string       `json:"tags,omitempty"` // that were not there before

	Fields map[FieldID]Turn[string] `json:"fields,omitempty"`
}

// A Turn is one change of a value.
type Turn[T comparable] struct {
	Was    T `json:"was"`
	Became T `json:"became"`
}

// back is what v goes back to: a value that was changed again stays.
func (t *Turn[T]) back(v T) T {
	if t != nil && t.Became == v {
		return t.Was
	}
	return v
}

// DoneTo is what was changed of a conversation, nil for nothing.
func DoneTo(before, after *Conversation) *Done {
	var d Done
	if before.Assignee != after.Assignee {
		d.Assignee = &Turn[AgentID]{before.Assignee, after.Assignee}
	}
	if before.TeamID != after.TeamID {
		d.Team = &Turn[TeamID]{before.TeamID, after.TeamID}
	}
	for _, tag := range after.Tags {
		if !slices.Contains(before.Tags, tag) {
			d.Tags = append(d.Tags, tag)
		}
	}
	for id := range maps.Keys(after.Fields) {
		d.field(id, before, after)
	}
	for id := range maps.Keys(before.Fields) {
		d.field(id, before, after)
	}
	if d.Assignee == nil && d.Team == nil && d.Tags == nil && d.Fields == nil {
		return nil
	}
	return &d
}

func (d *Done) field(id FieldID, before, after *Conversation) {
	was, is := before.Fields[id], after.Fields[id]
	if was == is {
		return
	}
	if d.Fields == nil {
		d.Fields = map[FieldID]Turn[string]{}
	}
	d.Fields[id] = Turn[string]{was, is}
}

// TakeBack undoes d in c, except where somebody has done more since.
func (d *Done) TakeBack(c *Conversation) {
	if d == nil {
		return
	}
	c.Assignee, c.TeamID = d.Assignee.back(c.Assignee), d.Team.back(c.TeamID)
	c.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(tag string) bool { return slices.Contains(d.Tags, tag) })
	for id, t := range d.Fields {
		if c.Fields[id] != t.Became {
			continue
		}
		c.Fields = maps.Clone(c.Fields)
		if c.Fields == nil {
			c.Fields = FieldValues{}
		}
		if c.Fields[id] = t.Was; t.Was == "" {
			delete(c.Fields, id)
		}
	}
}

// Unsent is what a message said that was taken back before it left.
type Unsent struct {
	Message Message `json:"message"`
}

// A StreamMark is where a stream stood when it was last looked at. Positions
// in a stream mean something only within one epoch.
type StreamMark struct {
	Epoch string // "" before anybody looked
	First uint64 // sequence of its oldest entry, where the stream itself was asked
	Last  uint64 // sequence of its newest entry
}
