package phone

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// What Twilio's requests are about (twilio.com/docs/voice: "TwiML Voice",
// Request parameters; statusCallback of Calls and of <Number>;
// recordingStatusCallback; transcribeCallback of <Record>).
type twilioKind int

const (
	twilioStatus     twilioKind = iota // a call's progress: the answer is not read
	twilioIncoming                     // what is to become of a call? The answer is TwiML.
	twilioDialled                      // <Dial> has ended: TwiML
	twilioRecorded                     // <Record> has ended: TwiML
	twilioRecording                    // a recording's progress
	twilioTranscript                   // what a recording says
	twilioSpeech                       // of a transcription while people speak: not taken
	twilioUnknown
)

func kindOf(form url.Values) twilioKind {
	has := func(name string) bool { return form.Get(name) != "" }
	switch {
	case has("TranscriptionEvent"):
		return twilioSpeech
	case !has("CallSid"):
		return twilioUnknown
	case has("TranscriptionSid"):
		return twilioTranscript
	case has("RecordingStatus") && has("RecordingSid"):
		return twilioRecording
	case has("DialCallStatus"):
		return twilioDialled
	case has("CallDuration") || form.Get("CallbackSource") == "call-progress-events":
		return twilioStatus
	case has("RecordingUrl") && has("RecordingDuration"):
		return twilioRecorded
	case has("CallStatus"):
		return twilioIncoming
	}
	return twilioUnknown
}

// speaks reports whether the answer has to be TwiML.
func (k twilioKind) speaks() bool {
	return k == twilioIncoming || k == twilioDialled || k == twilioRecorded
}

// A parent is what is known of the call that a leg was dialled in.
type parent struct {
	from, to  string
	direction string // of Twilio
}

// needsParent reports whether only the call that a leg was dialled in tells who
// is the customer: our own number dialled somebody.
func (s *Settings) needsParent(form url.Values) bool {
	return form.Get("ParentCallSid") != "" && s.ours(form.Get("From")) && !s.ours(form.Get("To")) && kindOf(form) == twilioStatus
}

// twilioWords reads one request. of is the parent where that is needed and
// known; now stands in for the time of a request that has none.
func (s *Settings) twilioWords(form url.Values, raw []byte, of *parent, now time.Time) []word {
	w := word{raw: raw}
	if w.call.ID = form.Get("CallSid"); form.Get("ParentCallSid") != "" {
		w.call.ID = form.Get("ParentCallSid")
	}
	w.at, _ = readTime(form.Get("Timestamp"), time.UTC, time.Time{})
	switch kind := kindOf(form); kind {
	case twilioSpeech:
		return nil
	case twilioStatus, twilioIncoming:
		if w.at.IsZero() {
			w.at = now
		}
		s.twilioProgress(&w, form, of, kind)
	case twilioDialled:
		if w.at.IsZero() {
			w.at = now
		}
		w.event = strings.Join([]string{"dialled", form.Get("CallSid"), form.Get("DialCallSid"), form.Get("DialCallStatus")}, "/")
		s.twilioSides(&w, form, nil)
		s.twilioDialEnded(&w, form)
		if form.Get("RecordingUrl") != "" {
			s.twilioAudio(&w, form, inbox.Recording)
		}
	case twilioRecorded:
		w.event = "recorded/" + form.Get("CallSid") + "/" + recordingSID(form)
		s.twilioSides(&w, form, nil)
		s.twilioAudio(&w, form, inbox.Voicemail)
	case twilioRecording:
		w.event = strings.Join([]string{"recording", form.Get("RecordingSid"), form.Get("RecordingStatus")}, "/")
		s.twilioSides(&w, form, nil)
		s.twilioRecordingWord(&w, form)
		if len(w.call.Audio) == 0 {
			return nil // it has begun
		}
	case twilioTranscript:
		w.event = "transcription/" + form.Get("TranscriptionSid") + "/" + form.Get("TranscriptionStatus")
		s.twilioSides(&w, form, nil)
		if form.Get("TranscriptionStatus") != "completed" {
			return nil // the audio says what a machine couldn't
		}
		w.call.Transcript = form.Get("TranscriptionText")
		s.twilioAudio(&w, form, inbox.Voicemail) // only <Record> asks for it
	default:
		u := unreadable("a request of Twilio", raw)
		u.call.ID, u.them = w.call.ID, form.Get("From")
		return []word{u}
	}
	return []word{w}
}

// twilioSides says who the customer is. A recording or a transcription may name
// nobody: the call's other words do.
func (s *Settings) twilioSides(w *word, form url.Values, of *parent) {
	from, to := form.Get("From"), form.Get("To")
	said := inbox.In
	if strings.HasPrefix(form.Get("Direction"), "outbound") && form.Get("ParentCallSid") == "" {
		said = inbox.Out
	}
	if of != nil && !s.ours(of.from) && of.direction == "inbound" {
		from, to = of.from, of.to // it rings one of ours outside
	}
	d, them, inside := s.sides(from, to, said)
	if inside {
		d, them = said, ""
	}
	w.call.Direction, w.them, w.name = d, them, form.Get("CallerName")
	w.call.From, w.call.To = plainAddress(from), plainAddress(to)
	switch {
	case d == inbox.In && from != "":
		w.call.From = shown(from)
	case d == inbox.Out:
		w.name = ""
	}
}

func plainAddress(address string) string {
	if strings.HasPrefix(address, "client:") || strings.HasPrefix(address, "sip:") {
		return telephone(address)
	}
	return strings.TrimSpace(address)
}

var twilioStatuses = map[string]inbox.Disposition{
	"queued": inbox.CallRinging, "initiated": inbox.CallRinging, "ringing": inbox.CallRinging, "in-progress": inbox.CallAnswered, "answered": inbox.CallAnswered,
	"completed": inbox.CallAnswered, "busy": inbox.CallBusy, "no-answer": inbox.CallMissed, "canceled": inbox.CallMissed, "failed": inbox.CallFailed,
}

// twilioProgress is a word on one leg.
func (s *Settings) twilioProgress(w *word, form url.Values, of *parent, kind twilioKind) {
	status, sid := form.Get("CallStatus"), form.Get("CallSid")
	w.event = strings.Join([]string{"status", sid, status, form.Get("SequenceNumber")}, "/")
	if kind == twilioIncoming {
		w.event = "incoming/" + sid
	}
	s.twilioSides(w, form, of)
	l := inbox.CallLeg{ID: sid, Disposition: twilioStatuses[status]}
	if l.Disposition == "" {
		l.Disposition = inbox.Disposition(status)
	}
	child, to := form.Get("ParentCallSid") != "", form.Get("To")
	switch {
	case !child: // it began with it: the customer's, unless one of ours called or was called
		l.Main = !s.ours(form.Get("From")) || w.call.Direction == inbox.Out && !s.ours(to) && to != ""
	default:
		l.Main = w.call.Direction == inbox.Out
	}
	if of != nil && w.call.Direction == inbox.In {
		l.Main = false
	}
	switch {
	case !l.Main && child:
		l.Agent, l.Extension = s.agent(to)
	case !l.Main && s.ours(to) && strings.HasPrefix(form.Get("Direction"), "outbound"):
		l.Agent, l.Extension = s.agent(to)
	case !l.Main || w.call.Direction == inbox.Out:
		if who := form.Get("From"); s.ours(who) && !s.isNumber(who) {
			l.Agent, l.Extension = s.agent(who)
		}
		if of != nil && s.ours(of.from) && !s.isNumber(of.from) {
			l.Agent, l.Extension = s.agent(of.from)
		}
	}
	s.twilioTimes(&l, form, status, w.at)
	if l.Main && w.call.Direction == inbox.In && s.Answer != nil && l.Disposition == inbox.CallAnswered { // by our own TwiML: nobody spoke yet
		l.AnsweredAt, l.TalkSeconds, l.Disposition = nil, 0, inbox.CallRinging
		if l.EndedAt != nil {
			l.Disposition = inbox.CallMissed
		}
	}
	w.leg(l)
	if form.Get("RecordingUrl") != "" {
		s.twilioAudio(w, form, inbox.Recording)
	}
	live := map[inbox.Disposition]connectors.LiveKind{inbox.CallRinging: connectors.LiveRinging, inbox.CallAnswered: connectors.LiveAnswered}[twilioStatuses[status]]
	switch {
	case l.EndedAt != nil && !child:
		w.say(connectors.LiveEnded, "")
	case l.EndedAt == nil && live != "" && (!l.Main || w.call.Direction == inbox.Out || live == connectors.LiveRinging):
		w.say(live, l.Extension)
	}
}

// twilioTimes reads when a leg began, was answered and ended: each word has its
// own time, and the last one how long it was spoken.
func (s *Settings) twilioTimes(l *inbox.CallLeg, form url.Values, status string, at time.Time) {
	switch status {
	case "queued", "initiated", "ringing":
		l.StartedAt = ptr(at)
	case "in-progress", "answered":
		l.AnsweredAt = ptr(at)
	default:
		l.EndedAt = ptr(at)
		if d := intOf(form.Get("CallDuration")); status == "completed" && form.Get("CallDuration") != "" {
			l.TalkSeconds, l.AnsweredAt = d, ptr(at.Add(-time.Duration(d)*time.Second))
		}
	}
	if start, ok := readTime(form.Get("StartTime"), time.UTC, time.Time{}); ok {
		l.StartedAt = ptr(start)
	}
}

// twilioDialEnded is what <Dial> tells of whom it dialled last.
func (s *Settings) twilioDialEnded(w *word, form url.Values) {
	sid := form.Get("DialCallSid")
	if sid == "" {
		return
	}
	l := inbox.CallLeg{ID: sid, Main: w.call.Direction == inbox.Out, Disposition: twilioStatuses[form.Get("DialCallStatus")], EndedAt: ptr(w.at)}
	if l.Disposition == inbox.CallAnswered {
		d := intOf(form.Get("DialCallDuration"))
		l.TalkSeconds, l.AnsweredAt = d, ptr(w.at.Add(-time.Duration(d)*time.Second))
	}
	w.leg(l)
}

// recordingSID is the last part of a recording's address where its id is not
// told by itself.
func recordingSID(form url.Values) string {
	if sid := form.Get("RecordingSid"); sid != "" {
		return sid
	}
	u := form.Get("RecordingUrl")
	return u[strings.LastIndexByte(u, '/')+1:]
}

func (s *Settings) twilioAudio(w *word, form url.Values, kind string) {
	if sid := recordingSID(form); sid != "" {
		a := inbox.CallAudio{ID: sid, Kind: kind, URL: form.Get("RecordingUrl"), State: inbox.AudioWanted, Seconds: intOf(form.Get("RecordingDuration"))}
		w.call.Audio = append(w.call.Audio, a)
		w.call.RecordingURL = a.URL
	}
}

// twilioRecordingWord is a recording's progress.
func (s *Settings) twilioRecordingWord(w *word, form url.Values) {
	kind := inbox.Recording
	if form.Get("RecordingSource") == "RecordVerb" {
		kind = inbox.Voicemail
	}
	switch status := form.Get("RecordingStatus"); status {
	case "completed":
		s.twilioAudio(w, form, kind)
	case "absent", "failed":
		note := "Twilio recorded nothing: it was silent or too short."
		if status == "failed" {
			note = fmt.Sprintf("Twilio could not record it (error %s).", firstNot(form.Get("ErrorCode"), "unknown"))
		}
		w.call.Audio = append(w.call.Audio, inbox.CallAudio{ID: form.Get("RecordingSid"), Kind: inbox.Recording, State: inbox.AudioNone, Note: note})
	}
}
