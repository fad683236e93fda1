package threader_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

func body(s string) connectors.Body {
	sum := sha256.Sum256([]byte(s))
	return connectors.Body{Size: int64(len(s)), SHA256: hex.EncodeToString(sum[:]), Inline: []byte(s)}
}

// A recording is asked for until it is there, and is there once however often
// it is brought; a call whose recording comes first is the same call.
func TestCallAudio(t *testing.T) {
	t.Parallel()
	for _, backwards := range []bool{false, true} {
		l := newLine(t)
		told := call("c1", func(c *connectors.Call) {
			c.Disposition = inbox.CallAnswered
			c.Audio = []inbox.CallAudio{{ID: "r1", Kind: inbox.Recording, URL: "https://pbx.example/r1", State: inbox.AudioWanted}}
		})
		kept := call("c1", func(c *connectors.Call) {
			b := body("RIFF")
			c.Audio = []inbox.CallAudio{{ID: "r1", Kind: inbox.Recording, State: inbox.AudioKept, SHA256: b.SHA256}}
			c.Attachments = []connectors.Attachment{{Name: "recording.wav", Type: "audio/wav", Body: b}}
		})
		if backwards {
			l.play(t, kept)
		} else {
			l.play(t, told)
			wanted, err := l.WantedAudio(t.Context(), "phone", time.Now().Add(time.Hour))
			if err != nil || len(wanted) != 1 || wanted[0].ExternalID != "c1" || wanted[0].Audio[0].URL != "https://pbx.example/r1" {
				t.Errorf("WantedAudio() = %+v, %v", wanted, err)
			}
			if fresh, err := l.WantedAudio(t.Context(), "phone", time.Now().Add(-time.Hour)); err != nil || len(fresh) != 0 {
				t.Errorf("of an hour ago: %+v, %v, want none", fresh, err)
			}
		}
		for range 3 {
			if buried := l.play(t, kept, told); len(buried) > 0 {
				t.Fatalf("put aside: %v", buried)
			}
		}
		_, messages := l.one(t)
		m := messages[0]
		if len(messages) != 1 || len(m.Attachments) != 1 || m.Attachments[0].Name != "recording.wav" || m.Attachments[0].ID == "" || m.Version > 2 ||
			m.Call.Disposition != inbox.CallAnswered || m.Call.Audio[0].State != inbox.AudioKept || m.Call.Audio[0].URL == "" {
			t.Errorf("backwards %v: it is %+v with %+v, files %+v", backwards, m, m.Call, m.Attachments)
		}
		if wanted, err := l.WantedAudio(t.Context(), "phone", time.Now().Add(time.Hour)); err != nil || len(wanted) != 0 {
			t.Errorf("WantedAudio() = %+v, %v, want none any more", wanted, err)
		}
	}
}

// Whoever hides the number is nobody, and is shown so; each is a stranger.
func TestWithheldNumber(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	for _, said := range []string{"anonymous", "+266696687", ""} {
		c := call("w"+said, func(c *connectors.Call) {
			c.Disposition, c.From = inbox.CallMissed, said
			if said == "" {
				c.From = inbox.Withheld
			}
		})
		c.Sender.Address = said
		l.play(t, c)
	}
	list, _, err := l.Conversations(t.Context(), &l.all, inbox.ConversationFilter{})
	if err != nil || len(list) != 3 {
		t.Fatalf("%d conversations, %v, want 3", len(list), err)
	}
	people := map[inbox.CustomerID]bool{}
	for _, c := range list {
		people[c.Customer.CustomerID] = true
		m, _, err := l.Messages(t.Context(), &l.all, string(c.ID), 0, 0)
		if err != nil || c.Customer.Name != "Number withheld" || c.Customer.Address != "" || m[0].Call.From != inbox.Withheld {
			t.Errorf("the caller is %+v, the call %+v, %v", c.Customer, m[0].Call, err)
		}
	}
	if len(people) != 3 {
		t.Errorf("three hidden numbers are %d customers", len(people))
	}
}
