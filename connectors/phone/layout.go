package phone

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"skein/inbox"
)

// A Layout says what is in which column of a file.
type Layout struct {
	// Columns are by field: see Fields.
	Columns      map[string]string `json:"columns,omitempty" doc:"Where each field is: a heading of the first line, or a number counted from 1. Fields: id, leg, direction, from, to, start, answer, end, ring, talk, duration, disposition, recording, voicemail, transcript, extension, agent, name, summary"`
	Delimiter    string            `json:"delimiter,omitempty" doc:"Between columns, if not a comma"`
	Times        []string          `json:"times,omitempty" doc:"Shapes of its times as Go writes them, such as 02.01.2006 15:04:05"`
	Dispositions map[string]string `json:"dispositions,omitempty" doc:"Its words for answered, missed, voicemail, busy, failed and ringing, in lower case"`
	Directions   map[string]string `json:"directions,omitempty" doc:"Its words for in and out, in lower case"`

	kind  string   // asterisk or freeswitch: whose own record it is
	names []string // freeswitch: the variables in their order
}

// Fields are what a column may hold. One of from and to is needed, and start.
var Fields = []string{"id", "leg", "direction", "from", "to", "start", "answer", "end", "ring", "talk", "duration", "disposition",
	"recording", "voicemail", "transcript", "extension", "agent", "name", "summary"}

var exampleNames = []string{"caller_id_name", "caller_id_number", "destination_number", "context", "start_stamp", "answer_stamp", "end_stamp",
	"duration", "billsec", "hangup_cause", "uuid", "bleg_uuid", "accountcode", "read_codec", "write_codec"}

// Formats are files that are known by name. FreeSWITCH's are the templates that
// its cdr_csv.conf.xml comes with.
var Formats = map[string]*Layout{
	"asterisk":              {kind: Asterisk},
	"freeswitch":            {kind: FreeSWITCH, names: exampleNames},
	"freeswitch-sql":        {kind: FreeSWITCH, names: exampleNames},
	"freeswitch-snom":       {kind: FreeSWITCH, names: append(slices.Clone(exampleNames), "sip_user_agent", "call_clientcode", "sip_rtp_rxstat", "sip_rtp_txstat", "sofia_record_file")},
	"freeswitch-linksys":    {kind: FreeSWITCH, names: append(slices.Clone(exampleNames), "sip_user_agent", "sip_p_rtp_stat")},
	"freeswitch-asterisk":   {kind: Asterisk},
	"freeswitch-opencdrcsv": {kind: FreeSWITCH, names: []string{"uuid", "signal_bond", "direction", "caller_id_number", "destination_number", "answer_stamp", "end_stamp", "billsec", "accountcode", "userfield", "network_addr", "caller_id_name", "sip_gateway_name"}},
	"3cx": {
		Columns:      map[string]string{"id": "Call ID", "start": "Call Time", "from": "From", "to": "To", "direction": "Direction", "disposition": "Status", "ring": "Ringing", "talk": "Talking"},
		Directions:   map[string]string{"inbound": "in", "outbound": "out"},
		Dispositions: map[string]string{"answered": "answered", "unanswered": "missed", "redirected": "answered", "waiting": "ringing", "voicemail": "voicemail"},
	},
}

func formatNames() []string { return slices.Sorted(maps.Keys(Formats)) }

func (l *Layout) check() error {
	if l.kind != "" {
		return nil
	}
	for field, column := range l.Columns {
		if !slices.Contains(Fields, field) {
			return invalid("columns.columns has %q, not one of %s", field, strings.Join(Fields, ", "))
		}
		if n, err := strconv.Atoi(column); column == "" || err == nil && n < 1 {
			return invalid("columns.columns.%s is %q: a heading of the first line is needed, or a number counted from 1", field, column)
		}
	}
	if l.Columns["start"] == "" || l.Columns["from"] == "" && l.Columns["to"] == "" {
		return invalid("columns.columns needs start, and from or to")
	}
	if len([]rune(l.Delimiter)) > 1 || strings.ContainsAny(l.Delimiter, "\"\r\n") {
		return invalid("columns.delimiter is %q, not one character such as ; or a tab", l.Delimiter)
	}
	for _, shape := range l.Times {
		moment := time.Date(2031, 11, 23, 17, 54, 49, 0, time.UTC)
		if back, err := time.Parse(shape, moment.Format(shape)); err != nil || back.Day() != 23 || back.Month() != 11 {
			return invalid("columns.times has %q, which is no time as Go writes it: 02.01.2006 15:04:05 is one", shape)
		}
	}
	for said, d := range l.Dispositions {
		switch inbox.Disposition(d) {
		case inbox.CallAnswered, inbox.CallMissed, inbox.CallVoicemail, inbox.CallBusy, inbox.CallFailed, inbox.CallRinging:
		default:
			return invalid("columns.dispositions.%s is %q, not answered, missed, voicemail, busy, failed or ringing", said, d)
		}
	}
	for said, d := range l.Directions {
		if d != string(inbox.In) && d != string(inbox.Out) {
			return invalid("columns.directions.%s is %q, not in or out", said, d)
		}
	}
	return nil
}

func (l *Layout) delimiter() rune {
	for _, r := range l.Delimiter {
		return r
	}
	return ','
}

// headed reports whether the first line has headings.
func (l *Layout) headed() bool {
	for _, column := range l.Columns {
		if _, err := strconv.Atoi(column); err != nil {
			return true
		}
	}
	return false
}

// A row is a line's fields by their names.
type row map[string]string

// pick takes a line apart. at is where each heading is.
func (l *Layout) pick(cells []string, at map[string]int) (row, error) {
	r := row{}
	for field, column := range l.Columns {
		i, numbered := at[heading(column)], false
		if n, err := strconv.Atoi(column); err == nil {
			i, numbered = n-1, true
		} else if _, has := at[heading(column)]; !has {
			if field == "start" || field == "from" || field == "to" {
				return nil, invalid("there is no column %q, which should hold %s", column, field)
			}
			continue
		}
		if i >= len(cells) {
			if numbered && field != "start" {
				continue
			}
			return nil, invalid("it has %d columns, and %s should be in column %d", len(cells), field, i+1)
		}
		r[field] = strings.TrimSpace(cells[i])
	}
	return r, nil
}

func heading(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// dispositions that exchanges write, in lower case.
var dispositions = map[string]inbox.Disposition{
	"answered": inbox.CallAnswered, "answer": inbox.CallAnswered, "completed": inbox.CallAnswered, "connected": inbox.CallAnswered,
	"missed": inbox.CallMissed, "no answer": inbox.CallMissed, "no-answer": inbox.CallMissed, "noanswer": inbox.CallMissed,
	"unanswered": inbox.CallMissed, "not answered": inbox.CallMissed, "cancelled": inbox.CallMissed, "canceled": inbox.CallMissed, "abandoned": inbox.CallMissed,
	"voicemail": inbox.CallVoicemail, "busy": inbox.CallBusy, "failed": inbox.CallFailed, "error": inbox.CallFailed, "congestion": inbox.CallFailed,
	"ringing": inbox.CallRinging,
}

var directions = map[string]inbox.Direction{
	"in": inbox.In, "inbound": inbox.In, "incoming": inbox.In, "i": inbox.In,
	"out": inbox.Out, "outbound": inbox.Out, "outgoing": inbox.Out, "o": inbox.Out,
}

// rowWord makes a word of a line. ok is false for a call among ourselves.
func (s *Settings) rowWord(l *Layout, r row, line string) (w word, ok bool, err error) {
	start, good := readTime(r["start"], s.zone, time.Time{}, l.Times...)
	if !good {
		return w, false, invalid("%q is no time that can be read", r["start"])
	}
	said := strings.ToLower(r["direction"])
	way := directions[said]
	if d, has := l.Directions[said]; has {
		way = inbox.Direction(d)
	}
	d, them, inside := s.sides(r["from"], r["to"], way)
	if inside && way == "" {
		return w, false, nil
	}
	if inside { // the exchange says that it was somebody's, whatever the number looks like
		if d = way; d == inbox.Out {
			them = r["to"]
		} else {
			them = r["from"]
		}
	}
	word0 := strings.ToLower(r["disposition"])
	became, known := dispositions[word0]
	if own, has := l.Dispositions[word0]; has {
		became, known = inbox.Disposition(own), true
	}
	talk, ring, whole := seconds(r["talk"]), seconds(r["ring"]), seconds(r["duration"])
	answer, hasAnswer := after(r["answer"], s.zone, start, ring, l.Times...)
	end, hasEnd := after(r["end"], s.zone, start, max(whole, ring+talk), l.Times...)
	if !known {
		if became = inbox.Disposition(word0); word0 == "" {
			if became = inbox.CallMissed; hasAnswer || talk > 0 {
				became = inbox.CallAnswered
			}
		}
	}
	if !hasAnswer && became == inbox.CallAnswered && (ring > 0 || talk > 0) {
		answer = start.Add(time.Duration(ring) * time.Second)
	}
	if !hasEnd {
		end = start.Add(time.Duration(max(whole, ring+talk)) * time.Second)
	}
	if talk == 0 && hasAnswer && became == inbox.CallAnswered {
		talk = max(0, int(end.Sub(answer)/time.Second))
	}
	id := r["id"]
	if id == "" {
		id = "row-" + sum(line)
	}
	w = word{event: "row/" + sum(line), at: end, them: them, name: r["name"], raw: []byte(line)}
	w.call.ID, w.call.Direction, w.call.StartedAt, w.call.From, w.call.To = id, d, start, shown(r["from"]), strings.TrimSpace(r["to"])
	w.call.Summary, w.call.Transcript = r["summary"], r["transcript"]
	if d == inbox.Out {
		w.call.From, w.call.To = strings.TrimSpace(r["from"]), shown(r["to"])
	}
	ours := r["to"]
	if d == inbox.Out {
		ours = r["from"]
	}
	if r["extension"] != "" {
		ours = r["extension"]
	}
	leg := inbox.CallLeg{ID: "row", Main: d == inbox.Out, StartedAt: ptr(start), EndedAt: ptr(end), Disposition: became}
	if r["leg"] != "" {
		leg.ID = "leg/" + r["leg"]
	}
	if s.ours(ours) && !s.isNumber(ours) || r["extension"] != "" {
		leg.Agent, leg.Extension = s.agent(ours)
		if r["leg"] == "" {
			leg.ID = "extension/" + leg.Extension
		}
	}
	if r["agent"] != "" {
		leg.Agent = r["agent"]
	}
	if became == inbox.CallAnswered {
		leg.AnsweredAt, leg.TalkSeconds = ptr(answer), talk
	}
	if became == inbox.CallVoicemail {
		leg.Main = true
	}
	w.leg(leg)
	s.audioFile(&w, inbox.Recording, r["recording"])
	s.audioFile(&w, inbox.Voicemail, r["voicemail"])
	return w, true, nil
}

// isNumber reports whether an address is one of our own numbers: it says which
// line was called, and not who sat there.
func (s *Settings) isNumber(address string) bool {
	e164 := s.e164(telephone(address))
	return e164 != "" && s.numbers[e164] && s.Agents[address] == "" && s.Agents[e164] == ""
}
