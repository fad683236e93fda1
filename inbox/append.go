package inbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Said is what [Conversation.Recount] needs to know of a message.
type Said struct {
	ID        MessageID
	Seq       int64
	Kind      MessageKind
	Direction Direction
	Automatic bool
	History   bool
	CreatedAt time.Time
	Channel   Channel
	Account   AccountID
	Call      *Call
}

// Recount brings c up to date with its messages after some came or left, in
// the order of time, and returns the newest public one, whose first words are
// to be c's preview: "" when there is none. It is what [Conversation.Append]
// comes to message by message. Call it with c's row locked.
func (c *Conversation) Recount(list []Said) (newest MessageID) {
	slices.SortFunc(list, func(a, b Said) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(string(a.ID), string(b.ID)))
	})
	c.MessageSeq, c.PublicSeq, c.WaitingSince, c.HeardAt = 0, 0, nil, nil
	placed := false
	for i := range list {
		m := &list[i]
		c.MessageSeq = max(c.MessageSeq, m.Seq)
		if m.Kind == Note {
			continue
		}
		c.PublicSeq = max(c.PublicSeq, m.Seq)
		if newest == "" || !m.beside() {
			newest, c.LastAt = m.ID, m.CreatedAt
			if m.Call == nil || !placed { // see Append
				c.Channel, c.Account, placed = m.Channel, m.Account, true
			}
		}
		if !m.History {
			c.wait(m.Direction, m.Automatic, m.Call, m.CreatedAt)
		}
	}
	if c.Status != Open {
		c.WaitingSince = nil
	}
	return newest
}

// beside reports whether m says nothing of where a conversation stands: what we
// send by ourselves is no answer, and the next one doesn't go where it went.
func (m *Said) beside() bool { return m.Direction == Out && m.Automatic }

// wait begins or ends c's wait, and notes that its customer was heard, by a public message of that kind.
func (c *Conversation) wait(d Direction, automatic bool, call *Call, at time.Time) {
	if c.Outbound && c.HeardAt == nil && d == In && !automatic {
		heard := at.Truncate(time.Microsecond) // as the database keeps it
		c.HeardAt = &heard
	}
	switch {
	case automatic:
	case call.Answered():
		c.WaitingSince = nil // they have spoken
	case d == In && c.WaitingSince == nil && c.Status != Spam && c.Status != Side:
		c.WaitingSince = &at
	case d == Out && call == nil:
		c.WaitingSince = nil
	}
}

// previewRunes is how much of a message a list shows.
const previewRunes = 140

// Append gives m its place at the end of c and brings c up to date with it.
// history marks an import, which wakes nobody. Call it with c's row locked.
func (c *Conversation) Append(m *Message, history bool) {
	if !history && c.Reopens(m) {
		c.Status = Open
	}
	c.MessageSeq++
	m.ConversationID, m.Seq = c.ID, c.MessageSeq
	c.Version++
	if m.Kind == Note {
		return
	}
	c.PublicSeq = m.Seq
	if c.Preview == "" || !m.CreatedAt.Before(c.LastAt) && (m.Direction == In || !m.Automatic.Is) {
		c.LastAt = m.CreatedAt
		c.Preview = Preview(m)
		if m.Call == nil { // a call is no channel by which somebody could be answered
			c.Channel, c.Account = m.Channel, m.Account
		}
	}
	if !history {
		c.wait(m.Direction, m.Automatic.Is, m.Call, m.CreatedAt)
	}
}

// Absorb takes over what from, which is to be one with c, knew: its n messages
// have moved to the end of c. Call it with both rows locked.
func (c *Conversation) Absorb(from *Conversation, n int64) {
	if from.Status == Open && c.Status != Spam {
		c.Status = Open
	}
	if c.Assignee == "" {
		c.Assignee = from.Assignee
	}
	if c.TeamID == "" {
		c.TeamID = from.TeamID
	}
	if from.WaitingSince != nil && c.Status != Spam && (c.WaitingSince == nil || from.WaitingSince.Before(*c.WaitingSince)) {
		c.WaitingSince = from.WaitingSince
	}
	if from.LastAt.After(c.LastAt) {
		c.LastAt, c.Preview, c.Channel, c.Account = from.LastAt, from.Preview, from.Channel, from.Account
	}
	if from.PublicSeq > 0 {
		c.PublicSeq = c.MessageSeq + from.PublicSeq
	}
	c.MessageSeq += n
	c.Version++
	from.MergedInto, from.WaitingSince = c.ID, nil
	from.Version++
}

// Preview is the first words of what m says, on one line.
func Preview(m *Message) string {
	s := m.VisibleText
	if strings.TrimSpace(s) == "" {
		s = m.Text
	}
	if strings.TrimSpace(s) == "" && len(m.Attachments) > 0 {
		s = m.Attachments[0].Name
	}
	var b strings.Builder
	n, space := 0, false
	for len(s) > 0 && n < previewRunes {
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
			n++
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
