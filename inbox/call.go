package inbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// A Call is a telephone call, as its log tells of it: a message's card.
//
// Exchanges tell of a call in many words, in any order and more than once.
// [Call.Later] puts them together, and comes to the same whatever the order.
type Call struct {
	ExternalID   string      `json:"externalId,omitempty" doc:"The exchange's own id of the call"`
	Direction    Direction   `json:"direction" enum:"in,out"`
	From         string      `json:"from"`
	To           string      `json:"to"`
	StartedAt    time.Time   `json:"startedAt"`
	AnsweredAt   *time.Time  `json:"answeredAt,omitempty" doc:"When people began to speak with each other"`
	EndedAt      *time.Time  `json:"endedAt,omitempty"`
	RingSeconds  int         `json:"ringSeconds"`
	TalkSeconds  int         `json:"talkSeconds"`
	Disposition  Disposition `json:"disposition" doc:"answered, missed, voicemail, busy, failed, ringing or the exchange's own word"`
	RecordingURL string      `json:"recordingUrl,omitempty" doc:"Where the exchange keeps a recording"`
	Agent        string      `json:"agent,omitempty" doc:"Who spoke, by the exchange's name for them"`
	Extension    string      `json:"extension,omitempty" doc:"The telephone at which they spoke"`
	Summary      string      `json:"summary,omitempty"`
	SummaryBy    AgentID     `json:"summaryBy,omitempty" doc:"Whose words the summary is, where it is an agent's: the exchange's own don't replace it"`
	Transcript   string      `json:"transcript,omitempty" doc:"What was said, as the exchange's machine heard it"`
	Audio        []CallAudio `json:"audio,omitempty" doc:"Its recordings and voicemail, and what became of them"`
	Legs         []CallLeg   `json:"legs,omitempty" doc:"The telephones that took part"`
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

// rank says how much of two words on one telephone is told by the one: what has
// ended doesn't ring again, and who once spoke was not missed.
func (d Disposition) rank() int {
	switch d {
	case "":
		return 0
	case CallRinging:
		return 1
	case CallFailed:
		return 3
	case CallBusy:
		return 4
	case CallMissed:
		return 5
	case CallVoicemail:
		return 6
	case CallAnswered:
		return 7
	}
	return 2 // the exchange's own word
}

func laterDisposition(a, b Disposition) Disposition {
	if x, y := a.rank(), b.rank(); x != y {
		if x > y {
			return a
		}
		return b
	}
	return max(a, b)
}

// Withheld stands in the place of a number that its caller hides.
const Withheld = "withheld"

// Answered reports whether people have spoken with each other. There may be no
// call at all.
func (c *Call) Answered() bool { return c != nil && c.Disposition == CallAnswered }

// Same reports whether c and o say the same.
func (c *Call) Same(o *Call) bool {
	x, errX := json.Marshal(c)
	y, errY := json.Marshal(o)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// Later is what is known of c after another word on it: what that leaves out
// stays as it was, and what has ended doesn't ring again. Words may come in any
// order and any number of times: the same comes of them.
//
// Where the word or c names telephones, who spoke, how long and what became of
// the call follow from them all. Who called whom is said best by the customer's
// own telephone.
func (c Call) Later(word Call) Call {
	now, head, other := c, &word, &c
	if hasMain(c.Legs) && !hasMain(word.Legs) {
		head, other = other, head
	}
	same := hasMain(c.Legs) == hasMain(word.Legs)
	for _, f := range []struct{ to, head, other *string }{
		{&now.From, &head.From, &other.From}, {&now.To, &head.To, &other.To},
	} {
		if *f.to = cmp.Or(*f.head, *f.other); same {
			*f.to = fuller(*f.head, *f.other)
		}
	}
	if now.Direction = cmp.Or(head.Direction, other.Direction); same && other.Direction != "" {
		now.Direction = min(now.Direction, other.Direction)
	}
	now.Disposition = laterDisposition(c.Disposition, word.Disposition)
	now.StartedAt = earlier(c.StartedAt, word.StartedAt)
	now.AnsweredAt, now.EndedAt = firstOf(c.AnsweredAt, word.AnsweredAt), lastOf(c.EndedAt, word.EndedAt)
	now.RingSeconds, now.TalkSeconds = max(c.RingSeconds, word.RingSeconds), max(c.TalkSeconds, word.TalkSeconds)
	for _, f := range []struct{ to, a, b *string }{
		{&now.ExternalID, &c.ExternalID, &word.ExternalID}, {&now.RecordingURL, &c.RecordingURL, &word.RecordingURL}, {&now.Agent, &c.Agent, &word.Agent}, {&now.Extension, &c.Extension, &word.Extension},
		{&now.Transcript, &c.Transcript, &word.Transcript},
	} {
		*f.to = fuller(*f.a, *f.b)
	}
	if now.SummaryBy == "" {
		now.Summary = cmp.Or(word.Summary, c.Summary)
	}
	now.Audio = laterAudio(c.Audio, word.Audio)
	now.Legs = laterLegs(c.Legs, word.Legs)
	return now.Settled()
}

// fuller is the one of two words on one thing that says more.
func fuller(a, b string) string {
	if len(a) != len(b) {
		if len(a) > len(b) {
			return a
		}
		return b
	}
	return max(a, b)
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func firstOf(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.Before(*a) {
		return b
	}
	return a
}

func lastOf(a, b *time.Time) *time.Time {
	if a == nil || b != nil && b.After(*a) {
		return b
	}
	return a
}

// Text is c in words, for lists and searches.
func (c Call) Text() string {
	what := map[Disposition]string{
		CallMissed: "Missed call", CallVoicemail: "Voicemail", CallBusy: "Call, busy", CallFailed: "Call, failed", CallRinging: "Call, ringing",
	}[c.Disposition]
	switch {
	case c.Disposition == CallAnswered && c.EndedAt == nil && c.TalkSeconds == 0:
		what = "Call"
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
	for _, more := range []string{c.Summary, c.Transcript} {
		if more != "" {
			what += "\n\n" + more
		}
	}
	return what
}

func lasted(seconds int) string {
	if seconds < 60 {
		return fmt.Sprintf("%d s", seconds)
	}
	return fmt.Sprintf("%d min %02d s", seconds/60, seconds%60)
}
