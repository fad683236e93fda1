package inbox_test

import (
	"testing"
	"time"

	"skein/inbox"
)

// Only what is open waits, whatever is joined to what.
func TestAbsorbWaiting(t *testing.T) {
	now := time.Now()
	all := []inbox.Status{inbox.Open, inbox.Pending, inbox.Snoozed, inbox.Closed, inbox.Spam}
	for _, into := range all {
		for _, of := range all {
			c := inbox.Conversation{Status: into, MessageSeq: 1, PublicSeq: 1}
			from := inbox.Conversation{Status: of, MessageSeq: 1, PublicSeq: 1}
			for _, x := range []*inbox.Conversation{&c, &from} {
				if x.Status == inbox.Open {
					x.WaitingSince = &now
				}
			}
			c.Absorb(&from, 1)
			if c.WaitingSince != nil && c.Status != inbox.Open || from.WaitingSince != nil {
				t.Errorf("%s joined to %s is %s and waits since %v", of, into, c.Status, c.WaitingSince)
			}
			if c.MessageSeq != 2 || c.PublicSeq != 2 {
				t.Errorf("%s joined to %s has seq %d, public %d, want 2, 2", of, into, c.MessageSeq, c.PublicSeq)
			}
		}
	}
}
