package inbox

import (
	"fmt"
	"strings"
	"time"
)

// An Inbox is where conversations are worked on.
type Inbox struct {
	ID         InboxID    `json:"id"`
	Version    int64      `json:"version"`
	BrandID    BrandID    `json:"brandId"`
	CalendarID string     `json:"calendarId" doc:"When it is open"`
	Name       string     `json:"name"`
	Signature  Signature  `json:"signature"`
	ArchivedAt *time.Time `json:"archivedAt,omitempty" doc:"Since when nothing comes in any more; what was said stays"`
}

// A Brand is by what name, and in which language, customers know the business.
type Brand struct {
	ID      BrandID `json:"id"`
	Version int64   `json:"version"`
	Name    string  `json:"name"`
	Locale  string  `json:"locale" doc:"BCP 47: the language of what is said where a customer's own isn't known"`
}

// Check refuses an inbox that can't be told from others.
func (i *Inbox) Check() error {
	if i.Name = strings.TrimSpace(i.Name); i.Name == "" {
		return &Error{Code: Invalid, Message: "an inbox needs a name"}
	}
	return i.Signature.check()
}

// Check refuses a brand without a name, or of no language.
func (b *Brand) Check() error {
	if b.Name = strings.TrimSpace(b.Name); b.Name == "" {
		return &Error{Code: Invalid, Message: "a brand needs a name"}
	}
	if !validLocale(b.Locale) {
		return &Error{Code: Invalid, Message: fmt.Sprintf("%.40q is no language: want one such as en, de or pt-BR", b.Locale)}
	}
	return nil
}

// validLocale reports whether s has the form of a language tag (RFC 5646 section
// 2.1): subtags of 1 to 8 letters and digits, the first of 2 to 8 letters.
func validLocale(s string) bool {
	for n, tag := range strings.Split(s, "-") {
		if tag == "" || len(tag) > 8 || n == 0 && len(tag) < 2 || n > 5 {
			return false
		}
		for _, c := range tag {
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
			if !letter && (n == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}
