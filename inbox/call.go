package inbox

import "time"

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
