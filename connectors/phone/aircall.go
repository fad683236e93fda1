package phone

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// An aircallEvent is a webhook of Aircall (developer.aircall.io, API references,
// Webhooks): every event of a call carries the whole call as it is then.
type aircallEvent struct {
	Resource  string          `json:"resource"`
	Event     string          `json:"event"`
	Timestamp loose           `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

type aircallCall struct {
	ID         loose         `json:"id"`
	Direction  string        `json:"direction"`
	Status     string        `json:"status"` // initial, answered, done
	StartedAt  loose         `json:"started_at"`
	AnsweredAt loose         `json:"answered_at"`
	EndedAt    loose         `json:"ended_at"`
	Voicemail  string        `json:"voicemail"`
	Recording  string        `json:"recording"`
	RawDigits  string        `json:"raw_digits"`
	User       *aircallUser  `json:"user"`
	Contact    *aircallNamed `json:"contact"`
	Number     *struct {
		Digits string `json:"digits"`
	} `json:"number"`
	Comments []struct {
		Content string `json:"content"`
	} `json:"comments"`
}

type aircallUser struct {
	ID        loose  `json:"id"`
	Name      string `json:"name"`
	Email     string `json:"email"`
	Extension loose  `json:"extension"`
}

type aircallNamed struct {
	FirstName   string `json:"first_name"`
	LastName    string `json:"last_name"`
	CompanyName string `json:"company_name"`
}

// A loose is a number or a text; Aircall's documentation has both for the same
// field.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*l = loose(s)
		return nil
	}
	if n := json.Number(""); json.Unmarshal(b, &n) == nil {
		*l = loose(n.String())
	}
	return nil
}

func (l loose) time(zone *time.Location) time.Time {
	t, _ := readTime(string(l), zone, time.Time{})
	return t
}

// Events of a call. Those that change nothing that is shown are known and passed
// over.
var (
	aircallCalls = []string{"call.created", "call.ringing_on_agent", "call.agent_declined", "call.answered", "call.transferred",
		"call.unsuccessful_transfer", "call.external_transferred", "call.hungup", "call.ended", "call.voicemail_left", "call.commented",
		"call.assigned", "call.unassigned", "call.archived", "call.unarchived", "call.hold", "call.unhold", "call.comm_assets_generated"}
	aircallOthers = []string{"user.", "contact.", "number.", "integration.", "call.tagged", "call.untagged"}
)

// aircallWords reads one event.
func (s *Settings) aircallWords(raw []byte) []word {
	var e aircallEvent
	var c aircallCall
	if err := json.Unmarshal(raw, &e); err != nil || e.Event == "" {
		return []word{unreadable("an event of Aircall", raw)}
	}
	switch {
	case slices.ContainsFunc(aircallOthers, func(p string) bool { return strings.HasPrefix(e.Event, p) }):
		return nil
	case !slices.Contains(aircallCalls, e.Event):
		w := unreadable("Aircall's "+e.Event, raw)
		if json.Unmarshal(e.Data, &c) == nil && e.Resource == "call" && c.ID != "" {
			w.call.ID, w.them = string(c.ID), c.RawDigits
		}
		return []word{w}
	}
	if err := json.Unmarshal(e.Data, &c); err != nil || c.ID == "" {
		return []word{unreadable("an event of Aircall", raw)}
	}
	return []word{s.aircallWord(e, c, raw)}
}

func (s *Settings) aircallWord(e aircallEvent, c aircallCall, raw []byte) word {
	at := e.Timestamp.time(s.zone)
	start, ended := c.StartedAt.time(s.zone), c.EndedAt.time(s.zone)
	w := word{event: strings.Join([]string{e.Event, string(c.ID), string(e.Timestamp)}, "/"), at: at, raw: raw, them: c.RawDigits}
	w.call.ID, w.call.Direction, w.call.StartedAt = string(c.ID), inbox.In, start
	ours := ""
	if c.Number != nil {
		ours = c.Number.Digits
	}
	w.call.From, w.call.To = shown(c.RawDigits), ours
	if c.Direction == "outbound" {
		w.call.Direction, w.call.From, w.call.To = inbox.Out, ours, shown(c.RawDigits)
	}
	if c.Contact != nil {
		if w.name = strings.TrimSpace(c.Contact.FirstName + " " + c.Contact.LastName); w.name == "" {
			w.name = c.Contact.CompanyName
		}
	}
	for _, comment := range c.Comments {
		w.call.Summary = strings.TrimSpace(w.call.Summary + "\n" + comment.Content)
	}
	w.call.Legs = s.aircallLegs(e, c, at)
	add := func(id, kind, url string) {
		if url != "" {
			w.call.Audio = append(w.call.Audio, inbox.CallAudio{ID: id, Kind: kind, URL: url, State: inbox.AudioWanted})
			w.call.RecordingURL = url
		}
	}
	add("recording", inbox.Recording, c.Recording)
	add("voicemail", inbox.Voicemail, c.Voicemail)

	agent := ""
	if c.User != nil {
		agent, _ = s.aircallAgent(c.User)
	}
	switch {
	case !ended.IsZero() || e.Event == "call.hungup" || e.Event == "call.ended":
		w.say(connectors.LiveEnded, agent)
	case e.Event == "call.answered" || e.Event == "call.transferred":
		w.say(connectors.LiveAnswered, agent)
	case e.Event == "call.created" || e.Event == "call.ringing_on_agent":
		w.say(connectors.LiveRinging, agent)
	}
	return w
}

func (s *Settings) aircallAgent(u *aircallUser) (name, extension string) {
	if extension = string(u.Extension); extension == "" {
		extension = u.Email
	}
	for _, key := range []string{extension, u.Email, string(u.ID)} {
		if s.Agents[key] != "" {
			return s.Agents[key], extension
		}
	}
	return u.Name, extension
}

// aircallLegs are the customer's telephone and that of the user whom the event
// names.
func (s *Settings) aircallLegs(e aircallEvent, c aircallCall, at time.Time) []inbox.CallLeg {
	start, answered, ended := c.StartedAt.time(s.zone), c.AnsweredAt.time(s.zone), c.EndedAt.time(s.zone)
	main := inbox.CallLeg{ID: "call", Main: true, StartedAt: ptr(start), EndedAt: ptr(ended), Disposition: inbox.CallRinging}
	talk := 0
	switch {
	case !answered.IsZero():
		main.Disposition, main.AnsweredAt = inbox.CallAnswered, ptr(answered)
		if !ended.IsZero() {
			talk = max(0, int(ended.Sub(answered)/time.Second))
			main.TalkSeconds = talk
		}
	case c.Voicemail != "":
		main.Disposition = inbox.CallVoicemail
	case !ended.IsZero() || c.Status == "done":
		main.Disposition = inbox.CallMissed
	}
	if c.User == nil || c.User.ID == "" {
		return []inbox.CallLeg{main}
	}
	name, extension := s.aircallAgent(c.User)
	if c.Direction == "outbound" {
		main.Agent, main.Extension = name, extension
		return []inbox.CallLeg{main}
	}
	user := inbox.CallLeg{ID: "user/" + string(c.User.ID), Agent: name, Extension: extension, StartedAt: ptr(start), EndedAt: ptr(ended)}
	switch {
	case e.Event == "call.agent_declined":
		user.Disposition, user.EndedAt = inbox.CallMissed, ptr(at)
	case e.Event == "call.ringing_on_agent":
		user.Disposition = inbox.CallRinging
	case !answered.IsZero():
		user.Disposition, user.AnsweredAt, user.TalkSeconds = inbox.CallAnswered, ptr(answered), talk
	case !ended.IsZero():
		user.Disposition = inbox.CallMissed
	default:
		user.Disposition = inbox.CallRinging
	}
	return []inbox.CallLeg{main, user}
}

func intOf(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 {
		return 0
	}
	return min(n, 1<<30)
}
