package phone

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"skein/inbox"
)

func pathEscape(s string) string { return url.PathEscape(s) }

// A channel is one of FreeSWITCH's call detail records: one leg of a call, by
// the names of its channel variables (developer.signalwire.com/freeswitch,
// mod_json_cdr and mod_xml_cdr).
type channel map[string]string

// decodeCDR reads what mod_json_cdr or mod_xml_cdr posted: as it is, as a form's
// field cdr, or that in base64.
func decodeCDR(contentType string, raw []byte) (channel, error) {
	text := bytes.TrimSpace(raw)
	if rest, found := bytes.CutPrefix(text, []byte("cdr=")); found {
		text = rest
		switch {
		case strings.Contains(contentType, "base64"):
			text = unbase64(text)
		default:
			form, err := url.ParseQuery(string(raw))
			if err != nil {
				return nil, invalid("its form can't be read: %v", err)
			}
			text = []byte(strings.TrimSpace(form.Get("cdr")))
			if len(text) > 0 && text[0] != '{' && text[0] != '<' {
				text = unbase64(text)
			}
		}
	}
	switch {
	case len(text) > 0 && text[0] == '{':
		return jsonChannel(text)
	case len(text) > 0 && text[0] == '<':
		return xmlChannel(text)
	}
	return nil, invalid("it is neither JSON nor XML")
}

func unbase64(b []byte) []byte {
	text, err := url.QueryUnescape(string(b))
	if err != nil || !strings.Contains(string(b), "%") {
		text = string(b)
	}
	text = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\r' || r == '\n' || r == '\t' {
			return -1
		}
		return r
	}, text)
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return bytes.TrimSpace(out)
}

func jsonChannel(text []byte) (channel, error) {
	var doc struct {
		Variables map[string]any  `json:"variables"`
		Callflow  json.RawMessage `json:"callflow"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, invalid("its JSON can't be read: %v", err)
	}
	c := channel{}
	for name, value := range doc.Variables {
		switch v := value.(type) {
		case string:
			c[name] = v
		case float64:
			c[name] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	type flow struct {
		Profile map[string]any `json:"caller_profile"`
	}
	var flows []flow
	if err := json.Unmarshal(doc.Callflow, &flows); err != nil {
		var one flow
		if json.Unmarshal(doc.Callflow, &one) == nil {
			flows = []flow{one}
		}
	}
	if len(flows) > 0 { // the last one in the list is the first that there was
		for name, value := range flows[len(flows)-1].Profile {
			if v, ok := value.(string); ok {
				c.profile(name, v)
			}
		}
	}
	return c.decoded()
}

// profile takes a field of the caller's profile. Its uuid is the channel's.
func (c channel) profile(name, value string) {
	switch name {
	case "username", "caller_id_name", "caller_id_number", "ani", "destination_number", "callee_id_number", "uuid":
		if c[name] == "" {
			c[name] = value
		}
	}
}

// xmlChannel reads an XML record. Only the variables and the caller's profile
// of the first part of the call flow matter, which is the last in the file.
func xmlChannel(text []byte) (channel, error) {
	c := channel{}
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.Strict = false
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var path []string
	var value strings.Builder
	profile := map[string]string{}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, invalid("its XML can't be read: %v", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) > 100 {
				return nil, invalid("its XML is nested too deep")
			}
			value.Reset()
			if t.Name.Local == "caller_profile" {
				profile = map[string]string{}
			}
		case xml.CharData:
			value.Write(t)
		case xml.EndElement:
			switch n := len(path); {
			case n == 3 && path[1] == "variables":
				c[path[2]] = value.String()
			case n == 4 && path[1] == "callflow" && path[2] == "caller_profile":
				profile[path[3]] = value.String()
			}
			if len(path) > 0 {
				path = path[:len(path)-1]
			}
			value.Reset()
		}
	}
	for name, v := range profile {
		c.profile(name, v)
	}
	return c.decoded()
}

// decoded undoes the URL encoding of values: a time has a blank, which gives
// away whether there is any.
func (c channel) decoded() (channel, error) {
	encoded := false
	for name, v := range c {
		if strings.HasSuffix(name, "_stamp") && strings.Contains(v, "%20") {
			encoded = true
		}
	}
	if encoded {
		for name, v := range c {
			if plain, err := url.PathUnescape(v); err == nil {
				c[name] = plain
			}
		}
	}
	if c["uuid"] == "" {
		return nil, invalid("it has no uuid: it is no record of a call")
	}
	return c, nil
}

// root is the leg that a call began with: its id is that of the call.
func (c channel) root() string {
	for _, name := range []string{"call_uuid", "originating_leg_uuid", "originator", "other_loopback_from_uuid"} {
		if c[name] != "" {
			return c[name]
		}
	}
	if c["direction"] == "outbound" && c["signal_bond"] != "" {
		return c["signal_bond"]
	}
	return c["uuid"]
}

// time reads a moment of the channel: exact where it is told in seconds since
// 1970, else by the exchange's clock.
func (c channel) time(name string, zone *time.Location, begun time.Time, seconds int) time.Time {
	for _, exact := range []string{name + "_uepoch", name + "_epoch"} {
		if n, err := strconv.ParseFloat(c[exact], 64); err == nil && n > 0 {
			if t, ok := epoch(n); ok {
				return t
			}
		}
	}
	t, _ := after(c[name+"_stamp"], zone, begun, seconds)
	return t
}

// hungUp is FreeSWITCH's hangup cause (ITU-T Q.850's names) in our words.
func hungUp(cause string, spoke bool) inbox.Disposition {
	if spoke {
		return inbox.CallAnswered
	}
	switch strings.ToUpper(cause) {
	case "", "NORMAL_CLEARING", "NO_ANSWER", "NO_USER_RESPONSE", "ORIGINATOR_CANCEL", "ALLOTTED_TIMEOUT", "LOSE_RACE", "PICKED_OFF", "NONE",
		"SUCCESS", "MEDIA_TIMEOUT", "BLIND_TRANSFER", "ATTENDED_TRANSFER", "PROGRESS_TIMEOUT":
		return inbox.CallMissed
	case "USER_BUSY", "CALL_REJECTED":
		return inbox.CallBusy
	}
	return inbox.CallFailed
}

// channelWord makes a word of a record. ok is false for a call among ourselves.
func (s *Settings) channelWord(c channel) (w word, ok bool) {
	from, to := c["caller_id_number"], c["destination_number"]
	if from == "" {
		from = c["ani"]
	}
	root := c.root()
	first := root == c["uuid"]
	callers := from
	if first && c["user_name"] != "" { // a telephone that is registered here
		callers = c["user_name"]
	}
	d, _, inside := s.sides(callers, to, "")
	if inside {
		return w, false
	}
	duration, spoke := seconds(c["duration"]), seconds(c["billsec"])
	start := c.time("start", s.zone, time.Time{}, 0)
	answer := c.time("answer", s.zone, start, duration-spoke)
	end := c.time("end", s.zone, start, duration)
	answered := spoke > 0 || !answer.IsZero() && end.After(answer)

	w = word{event: "cdr/" + c["uuid"], at: end, name: c["caller_id_name"], them: from}
	w.call.ID, w.call.Direction, w.call.StartedAt, w.call.From, w.call.To = root, d, start, shown(from), to
	if w.name == from || d == inbox.Out {
		w.name = ""
	}
	l := inbox.CallLeg{ID: c["uuid"], StartedAt: ptr(start), EndedAt: ptr(end), Disposition: hungUp(c["hangup_cause"], answered)}
	if answered {
		l.AnsweredAt, l.TalkSeconds = ptr(answer), spoke
	}
	switch {
	case d == inbox.Out && first: // one of ours, who called
		w.them = to
		l.ID, l.Main = "callee/"+root, true
		l.Agent, l.Extension = s.agent(callers)
	case d == inbox.Out: // the customer's telephone
		w.them, l.Main = to, true
	case first:
		l.Main = true
		s.customerChannel(&w, &l, c)
	default: // one of ours, that rang
		who := to
		if c["dialed_user"] != "" {
			who = c["dialed_user"]
		}
		l.Agent, l.Extension = s.agent(who)
	}
	w.leg(l)
	for _, name := range []string{"recording_url", "record_path", "recording_file", "record_file"} {
		if n := len(w.call.Audio); n == 0 {
			s.audioFile(&w, inbox.Recording, c[name])
		}
	}
	return w, true
}

// customerChannel tells of the leg of a customer who called whether anybody but
// the exchange spoke.
func (s *Settings) customerChannel(w *word, l *inbox.CallLeg, c channel) {
	other := ""
	for _, name := range []string{"last_bridge_to", "bridge_uuid", "bleg_uuid", "signal_bond"} {
		if other == "" {
			other = c[name]
		}
	}
	app := strings.ToLower(c["last_app"])
	if app == "" {
		app = strings.ToLower(c["current_application"])
	}
	switch {
	case l.Disposition != inbox.CallAnswered:
	case other != "":
		bridged := inbox.CallLeg{ID: other, Disposition: inbox.CallAnswered, AnsweredAt: l.AnsweredAt, EndedAt: l.EndedAt, TalkSeconds: l.TalkSeconds}
		if at := c.time("bridge", s.zone, time.Time{}, 0); !at.IsZero() && l.EndedAt != nil && !at.After(*l.EndedAt) {
			bridged.AnsweredAt, bridged.TalkSeconds = ptr(at), int(l.EndedAt.Sub(at)/time.Second)
		}
		if c["dialed_user"] != "" {
			bridged.Agent, bridged.Extension = s.agent(c["dialed_user"])
		}
		w.leg(bridged)
	case app == "voicemail":
		l.Disposition = inbox.CallVoicemail
	case c["conference_name"] != "" || c["conference_uuid"] != "" || c["cc_agent"] != "":
	case app != "": // a machine's; a short record names none
		l.Disposition = inbox.CallMissed
	}
}

// freeswitchWords reads a request of FreeSWITCH.
func (s *Settings) freeswitchWords(contentType string, raw []byte) ([]word, error) {
	c, err := decodeCDR(contentType, raw)
	if err != nil {
		return nil, err
	}
	w, ok := s.channelWord(c)
	if !ok {
		return nil, nil
	}
	w.raw = raw
	return []word{w}, nil
}
