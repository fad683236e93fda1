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
