package inbox

import (
	"fmt"
	"time"
)

// A Call is a telephone call, as its log tells of it: a message's card.
type Call struct {
	Direction    Direction   `json:"direction" enum:"in,out"`
	From         string      `json:"from"`
	To           string      `json:"to"`
	StartedAt    time.Time   `json:"startedAt"`
	RingSeconds  int         `json:"ringSeconds"`
	TalkSeconds  int         `json:"talkSeconds"`
	Disposition  Disposition `json:"disposition" doc:"answered, missed, voicemail, busy, failed, ringing or the exchange's own word"`
	RecordingURL string      `json:"recordingUrl,omitempty"`
	Agent        string      `json:"agent,omitempty" doc:"Who spoke, by the exchange's name for them"`
	Summary      string      `json:"summary,omitempty"`
}

// A Disposition is what became of a call.
type Disposition string

const (
	CallAnswered  Disposition = "answered"
	CallMissed    Disposition = "missed"
	CallVoicemail Disposition = "voicemail"
	CallBusy      Disposition = "busy"
	CallFailed    Disposition = "failed"
	CallRinging   Disposition = "ringing" // it goes on
)

// Answered reports whether people have spoken with each other. There may be no
// call at all.
func (c *Call) Answered() bool { return c != nil && c.Disposition == CallAnswered }

// Later is what is known of c after a later word on it: what that leaves out
// stays as it was, and what has ended doesn't ring again.
func (c Call) Later(word Call) Call {
	if word.Disposition == "" || word.Disposition == CallRinging {
		word.Disposition = c.Disposition
	}
	if word.StartedAt.IsZero() {
		word.StartedAt = c.StartedAt
	}
	word.RingSeconds, word.TalkSeconds = max(c.RingSeconds, word.RingSeconds), max(c.TalkSeconds, word.TalkSeconds)
	for _, field := range []struct{ now, before *string }{
		{&word.From, &c.From}, {&word.To, &c.To}, {&word.RecordingURL, &c.RecordingURL}, {&word.Agent, &c.Agent}, {&word.Summary, &c.Summary},
	} {
		if *field.now == "" {
			*field.now = *field.before
		}
	}
	word.Direction = c.Direction
	return word
}

// Text is c in words, for lists and searches.
func (c Call) Text() string {
	what := map[Disposition]string{
		CallMissed: "Missed call", CallVoicemail: "Voicemail", CallBusy: "Call, busy", CallFailed: "Call, failed", CallRinging: "Call, ringing",
	}[c.Disposition]
	switch {
	case c.Disposition == CallAnswered:
		what = "Call, " + lasted(c.TalkSeconds)
	case c.Direction == Out && (c.Disposition == CallMissed || what == ""):
		what = "Call, not answered"
	case what == "":
		what = "Call"
	}
	if c.Agent != "" {
		what += ", " + c.Agent
	}
	if c.Summary != "" {
		what += "\n\n" + c.Summary
	}
	return what
}

func lasted(seconds int) string {
	if seconds < 60 {
		return fmt.Sprintf("%d s", seconds)
	}
	return fmt.Sprintf("%d min %02d s", seconds/60, seconds%60)
}
