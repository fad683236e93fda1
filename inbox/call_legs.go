package inbox

import (
	"cmp"
	"slices"
	"time"
)

// What one call may bring: an exchange that rings a whole house is cut short.
const (
	maxLegs  = 50
	maxAudio = 20
)

// A CallLeg is one telephone's part in a call. An exchange rings many at once or
// one after the other, and tells of each by itself.
type CallLeg struct {
	ID string `json:"id" doc:"The exchange's own, the same in every word on this telephone"`
	// Main is the customer's own telephone: that of who calls, or who is called.
	Main        bool        `json:"main,omitempty"`
	Agent       string      `json:"agent,omitempty"`
	Extension   string      `json:"extension,omitempty"`
	Disposition Disposition `json:"disposition,omitempty"`
	StartedAt   *time.Time  `json:"startedAt,omitempty"`
	AnsweredAt  *time.Time  `json:"answeredAt,omitempty"`
	EndedAt     *time.Time  `json:"endedAt,omitempty"`
	TalkSeconds int         `json:"talkSeconds,omitempty"`
}

// A CallAudio is a recording or a voicemail of a call. Its bytes are an
// attachment of the message, once they were fetched.
type CallAudio struct {
	ID      string     `json:"id" doc:"The exchange's own"`
	Kind    string     `json:"kind" enum:"recording,voicemail"`
	URL     string     `json:"url,omitempty" doc:"Where the exchange keeps it"`
	State   AudioState `json:"state" enum:"wanted,none,kept"`
	Note    string     `json:"note,omitempty" doc:"Why it is not here, or what is odd about it"`
	SHA256  string     `json:"sha256,omitempty" doc:"Of the attachment that it is"`
	Seconds int        `json:"seconds,omitempty"`
}

// An AudioState is how far a recording has come. It only moves forward.
type AudioState string

const (
	AudioWanted AudioState = "wanted" // it is about to be fetched
	AudioNone   AudioState = "none"   // it can't be had: see the note
	AudioKept   AudioState = "kept"
)

// Kinds of [CallAudio].
const (
	Recording = "recording"
	Voicemail = "voicemail"
)

func (s AudioState) rank() int {
	return map[AudioState]int{AudioWanted: 1, AudioNone: 2, AudioKept: 3}[s]
}

func hasMain(legs []CallLeg) bool {
	return slices.ContainsFunc(legs, func(l CallLeg) bool { return l.Main })
}

func (l CallLeg) later(word CallLeg) CallLeg {
	return CallLeg{
		ID: l.ID, Main: l.Main || word.Main,
		Agent: fuller(l.Agent, word.Agent), Extension: fuller(l.Extension, word.Extension),
		Disposition: laterDisposition(l.Disposition, word.Disposition),
		StartedAt:   firstOf(l.StartedAt, word.StartedAt), AnsweredAt: firstOf(l.AnsweredAt, word.AnsweredAt), EndedAt: lastOf(l.EndedAt, word.EndedAt),
		TalkSeconds: max(l.TalkSeconds, word.TalkSeconds),
	}
}

// laterLegs is in the order of ids, which is no order of time: every order of
// words comes to the same.
func laterLegs(a, b []CallLeg) []CallLeg {
	if len(a)+len(b) == 0 {
		return nil
	}
	return fold(append(slices.Clone(a), b...), func(l CallLeg) string { return l.ID }, CallLeg.later, maxLegs,
		func(l CallLeg) bool { return l.Main || l.Disposition == CallAnswered })
}

func laterAudio(a, b []CallAudio) []CallAudio {
	if len(a)+len(b) == 0 {
		return nil
	}
	merge := func(x, y CallAudio) CallAudio {
		if x.State.rank() > y.State.rank() {
			x, y = y, x
		}
		return CallAudio{
			ID: y.ID, Kind: max(x.Kind, y.Kind), URL: fuller(x.URL, y.URL), State: y.State,
			Note: ahead(x, y, CallAudio.note), SHA256: ahead(x, y, CallAudio.sum), Seconds: max(x.Seconds, y.Seconds),
		}
	}
	return fold(append(slices.Clone(a), b...), func(x CallAudio) string { return x.ID }, merge, maxAudio, func(x CallAudio) bool { return x.State == AudioKept })
}

func (a CallAudio) note() string { return a.Note }
func (a CallAudio) sum() string  { return a.SHA256 }

// ahead is a field of what has come further: y, unless both are as far.
func ahead(x, y CallAudio, field func(CallAudio) string) string {
	if x.State == y.State {
		return fuller(field(x), field(y))
	}
	return field(y)
}

// fold merges what has one id, in the order of ids, and keeps at most most of
// them, first those that matter.
func fold[T any](all []T, id func(T) string, merge func(a, b T) T, most int, matters func(T) bool) []T {
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	out := all[:0]
	for _, x := range all {
		if n := len(out); n > 0 && id(out[n-1]) == id(x) {
			out[n-1] = merge(out[n-1], x)
			continue
		}
		out = append(out, x)
	}
	if len(out) > most {
		rest := slices.DeleteFunc(slices.Clone(out), matters)
		out = slices.DeleteFunc(out, func(x T) bool { return !matters(x) })
		out = append(out, rest[:min(len(rest), max(0, most-len(out)))]...)
		slices.SortStableFunc(out, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
		out = out[:min(len(out), most)]
	}
	return out
}

// Settled is c with what follows from its telephones and its audio: who spoke,
// since when and how long, and what became of it. A connector calls it on the
// first word; [Call.Later] does by itself.
func (c Call) Settled() Call {
	voicemail := slices.ContainsFunc(c.Audio, func(a CallAudio) bool { return a.Kind == Voicemail })
	if len(c.Legs) == 0 {
		if voicemail {
			c.Disposition = laterDisposition(c.Disposition, CallVoicemail)
		}
		return c
	}
	var main *CallLeg
	var others []CallLeg
	for i := range c.Legs {
		if l := &c.Legs[i]; !l.Main {
			others = append(others, *l)
		} else if main == nil {
			main = l
		} else {
			both := main.later(*l)
			main = &both
		}
	}
	c.AnsweredAt, c.EndedAt, c.RingSeconds, c.TalkSeconds, c.Agent, c.Extension = nil, nil, 0, 0, "", ""
	var ended *time.Time
	for _, l := range c.Legs {
		if l.StartedAt != nil {
			c.StartedAt = earlier(c.StartedAt, *l.StartedAt)
		}
		ended = lastOf(ended, l.EndedAt)
	}
	goesOn := slices.ContainsFunc(others, func(l CallLeg) bool { return l.EndedAt == nil })
	if main != nil {
		goesOn = main.EndedAt == nil
		ended = main.EndedAt
	}
	if !goesOn {
		c.EndedAt = ended
	}
	c.Disposition = c.became(main, others, goesOn, voicemail)
	c.spoken(main, others)
	c.rang(main, others)
	return c
}

// became is what a call came to. One that comes in was answered when anybody but
// the customer spoke. The exchange itself speaks too: where other telephones are
// known, that the customer's own was "answered" says nothing.
func (c *Call) became(main *CallLeg, others []CallLeg, goesOn, voicemail bool) Disposition {
	var best Disposition
	for _, l := range others {
		best = laterDisposition(best, l.Disposition)
	}
	if main != nil && main.Disposition == CallVoicemail {
		voicemail = true
	}
	switch {
	case main != nil && c.Direction == Out: // whether they took it
		return main.Disposition
	case best == CallAnswered:
		return CallAnswered
	case voicemail:
		return CallVoicemail
	case len(others) == 0:
		return main.Disposition
	case goesOn:
		return CallRinging
	case c.Direction == In || best.rank() <= CallRinging.rank():
		return CallMissed
	}
	return best
}

// spoken says who spoke with the customer, since when and how long: of several,
// the one who did for longest.
func (c *Call) spoken(main *CallLeg, others []CallLeg) {
	var who *CallLeg
	for i := range others {
		l := &others[i]
		if l.Disposition != CallAnswered {
			continue
		}
		c.AnsweredAt = firstOf(c.AnsweredAt, l.AnsweredAt)
		if l.TalkSeconds == 0 && l.EndedAt == nil && l.AnsweredAt != nil && c.EndedAt != nil { // its end was not told by itself
			l.TalkSeconds = max(0, int(c.EndedAt.Sub(*l.AnsweredAt)/time.Second))
		}
		c.TalkSeconds += l.TalkSeconds
		if who == nil || l.TalkSeconds > who.TalkSeconds {
			who = l
		}
	}
	switch {
	case main != nil && (c.Direction == Out || who == nil && len(others) == 0):
		c.AnsweredAt, c.TalkSeconds, c.Agent, c.Extension = nil, 0, main.Agent, main.Extension
		if main.Disposition == CallAnswered {
			c.AnsweredAt, c.TalkSeconds = main.AnsweredAt, main.TalkSeconds
		}
		if who == nil && len(others) > 0 { // whoever called
			who = &others[0]
		}
		if who != nil && c.Agent == "" {
			c.Agent, c.Extension = who.Agent, who.Extension
		}
	case who != nil:
		c.Agent, c.Extension = who.Agent, who.Extension
	case len(others) == 1 && c.Direction == Out:
		c.Agent, c.Extension = others[0].Agent, others[0].Extension
	case main != nil:
		c.Agent, c.Extension = main.Agent, main.Extension
	}
	// Several at once, as in a conference, don't speak for longer than there is.
	if c.AnsweredAt != nil && c.EndedAt != nil {
		if most := c.EndedAt.Sub(*c.AnsweredAt); most >= 0 {
			c.TalkSeconds = min(c.TalkSeconds, int(most/time.Second))
		}
	}
}

// rang says how long it rang: until somebody, or a machine, answered, else for
// as long as it did.
func (c *Call) rang(main *CallLeg, others []CallLeg) {
	until := c.EndedAt
	switch {
	case c.Disposition == CallAnswered:
		until = c.AnsweredAt
	case c.Disposition == CallVoicemail && len(others) > 0:
		until = nil
		for _, l := range others {
			until = lastOf(until, l.EndedAt)
		}
	case c.Disposition == CallVoicemail && main != nil:
		until = main.AnsweredAt
	}
	if until != nil && !c.StartedAt.IsZero() && until.After(c.StartedAt) {
		c.RingSeconds = int(until.Sub(c.StartedAt) / time.Second)
	}
}
