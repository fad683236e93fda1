package inbox

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

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
	if !m.CreatedAt.Before(c.LastAt) || c.Preview == "" {
		c.LastAt = m.CreatedAt
		c.Preview = Preview(m)
		c.Channel, c.Account = m.Channel, m.Account
	}
	switch {
	case history || m.Automatic.Is:
	case m.Direction == In && c.WaitingSince == nil && c.Status != Spam:
		at := m.CreatedAt
		c.WaitingSince = &at
	case m.Direction == Out:
		c.WaitingSince = nil
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
