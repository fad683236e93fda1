package phone

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// An Event is one word on a call as anybody may send it, signed by Standard
// Webhooks (standardwebhooks.com), alone or in a list:
//
//	{"type": "call.ended", "id": "e-17", "call": {
//	  "id": "c-4", "direction": "in", "from": "+43 660 1234567", "to": "+43 1 5550100",
//	  "startedAt": "2026-06-02T10:00:00Z", "answeredAt": "2026-06-02T10:00:05Z", "endedAt": "2026-06-02T10:01:05Z",
//	  "disposition": "answered", "extension": "12", "agent": "Kim",
//	  "recordingUrl": "https://pbx.example.com/r/4.mp3"}}
//
// Its type is call.ringing, call.answered, call.ended or call.updated. Only the
// call's id is needed in every word; direction is where from and to don't tell.
// A telephone that rings among others says which one it is by leg, else by its
// extension. Times without a zone are in the account's.
type Event struct {
	Type string    `json:"type"`
	ID   string    `json:"id,omitempty"` // of this event: the same when it is sent again
	At   string    `json:"at,omitempty"`
	Call EventCall `json:"call"`
}

// An EventCall is what an [Event] says of a call.
type EventCall struct {
	ID           string  `json:"id"`
	Leg          string  `json:"leg,omitempty"`
	Direction    string  `json:"direction,omitempty"`
	From         string  `json:"from,omitempty"` // "withheld" when its caller hides it
	To           string  `json:"to,omitempty"`
	Name         string  `json:"name,omitempty"` // the customer's
	StartedAt    string  `json:"startedAt,omitempty"`
	AnsweredAt   string  `json:"answeredAt,omitempty"`
	EndedAt      string  `json:"endedAt,omitempty"`
	TalkSeconds  float64 `json:"talkSeconds,omitempty"`
	Disposition  string  `json:"disposition,omitempty"`
	Extension    string  `json:"extension,omitempty"`
	Agent        string  `json:"agent,omitempty"`
	RecordingURL string  `json:"recordingUrl,omitempty"`
	VoicemailURL string  `json:"voicemailUrl,omitempty"`
	Transcript   string  `json:"transcript,omitempty"`
	Summary      string  `json:"summary,omitempty"`
}

// Kinds of events.
const (
	callRinging  = "call.ringing"
	callAnswered = "call.answered"
	callEnded    = "call.ended"
	callUpdated  = "call.updated"
)

// maxEvents bounds a list.
const maxEvents = 1_000

// eventWords reads a request: id is the one that its signature covers.
func (s *Settings) eventWords(id string, raw []byte) (words []word) {
	var list []json.RawMessage
	if text := bytes.TrimSpace(raw); len(text) > 0 && text[0] == '[' {
		if err := json.Unmarshal(text, &list); err != nil || len(list) > maxEvents {
			return []word{unreadable("an event of the exchange", raw)}
		}
	} else {
		list = []json.RawMessage{text}
	}
	for _, one := range list {
		if w, ok := s.eventWord(id, len(list) > 1, one); ok {
			words = append(words, w)
		}
	}
	return words
}

// eventWord reads one event. ok is false for a call among ourselves.
func (s *Settings) eventWord(id string, listed bool, raw []byte) (w word, ok bool) {
	var e Event
	if err := json.Unmarshal(raw, &e); err != nil {
		return unreadable("an event of the exchange", raw), true
	}
	c := e.Call
	kind, known := map[string]connectors.LiveKind{callRinging: connectors.LiveRinging, callAnswered: connectors.LiveAnswered, callEnded: connectors.LiveEnded, callUpdated: ""}[e.Type]
	if !known || c.ID == "" {
		w := unreadable("the exchange's "+firstNot(e.Type, "event"), raw)
		if w.call.ID, w.them = c.ID, c.From; known {
			w.unsupported += " on a call without its id"
		}
		return w, true
	}
	w = word{event: "event/" + e.ID, raw: raw, name: c.Name}
	switch {
	case e.ID != "":
	case listed || id == "":
		w.event = "event/" + sum(string(raw))
	default:
		w.event = "request/" + id
	}
	at, _ := readTime(e.At, s.zone, time.Time{})
	start, _ := readTime(c.StartedAt, s.zone, at)
	answer, _ := after(c.AnsweredAt, s.zone, start, 0)
	end, _ := after(c.EndedAt, s.zone, start, 0)
	for _, t := range []time.Time{end, answer, start} {
		if at.IsZero() {
			at = t
		}
	}
	w.at = at
	d, them, inside := s.sides(c.From, c.To, directions[strings.ToLower(c.Direction)])
	if inside && d == "" {
		return w, false
	}
	if said := directions[strings.ToLower(c.Direction)]; said != "" && said != d {
		if d, them = said, c.From; d == inbox.Out {
			them = c.To
		}
	}
	w.them = them
	w.call.ID, w.call.Direction, w.call.StartedAt, w.call.From, w.call.To = c.ID, d, start, c.From, c.To
	if side := map[inbox.Direction]*string{inbox.In: &w.call.From, inbox.Out: &w.call.To}[d]; *side != "" {
		*side = shown(*side)
	}
	w.call.Summary, w.call.Transcript, w.call.RecordingURL = c.Summary, c.Transcript, c.RecordingURL
	s.eventLegs(&w, e, start, answer, end)
	for _, a := range []inbox.CallAudio{{Kind: inbox.Recording, URL: c.RecordingURL}, {Kind: inbox.Voicemail, URL: c.VoicemailURL}} {
		if a.ID, a.State = a.Kind, inbox.AudioWanted; isLink(a.URL) {
			w.call.Audio = append(w.call.Audio, a)
		}
	}
	if kind != "" {
		w.say(kind, firstNot(c.Extension, c.Agent))
	}
	return w, true
}

// eventLegs says of which telephone the word is: of the customer's where it
// names none of ours.
func (s *Settings) eventLegs(w *word, e Event, start, answer, end time.Time) {
	c := e.Call
	became, known := dispositions[strings.ToLower(c.Disposition)]
	if !known {
		became = inbox.Disposition(c.Disposition)
	}
	if became == "" {
		switch {
		case !answer.IsZero() || c.TalkSeconds > 0 || e.Type == callAnswered:
			became = inbox.CallAnswered
		case e.Type == callEnded || !end.IsZero():
			became = inbox.CallMissed
		case e.Type == callRinging:
			became = inbox.CallRinging
		}
	}
	if became == "" && start.IsZero() && c.Extension == "" && c.Agent == "" {
		return // it adds to the call and tells of no telephone
	}
	l := inbox.CallLeg{ID: "call", Main: true, Disposition: became, StartedAt: ptr(start), AnsweredAt: ptr(answer), EndedAt: ptr(end), TalkSeconds: int(max(0, min(c.TalkSeconds, 1e9)))}
	if l.TalkSeconds == 0 && l.AnsweredAt != nil && l.EndedAt != nil {
		l.TalkSeconds = max(0, int(end.Sub(answer)/time.Second))
	}
	l.Agent, l.Extension = c.Agent, c.Extension
	if l.Agent == "" {
		l.Agent, _ = s.agent(c.Extension)
	}
	if w.call.Direction == inbox.In && (c.Leg != "" || c.Extension != "" || c.Agent != "") && became != inbox.CallVoicemail {
		l.ID, l.Main = "leg/"+firstNot(c.Leg, c.Extension, c.Agent), false
	}
	w.leg(l)
}

func firstNot(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}
