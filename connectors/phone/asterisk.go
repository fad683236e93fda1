package phone

import (
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"skein/inbox"
)

// A cdr is one of Asterisk's call detail records (docs.asterisk.org,
// Configuration/Reporting/Call-Detail-Records-CDR): what passed between one
// channel, party A, and the one that it was connected to or tried, party B.
type cdr struct {
	accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata string
	start, answer, end, duration, billsec, disposition, amaflags                  string
	uniqueid, userfield, peeraccount, linkedid, sequence                          string
}

// Master.csv has 16 columns; uniqueid and userfield are added each by a setting
// of cdr.conf, and peeraccount, linkedid and sequence together by a third.
const (
	fewestColumns = 16
	mostColumns   = 21
)

// uniqueID is a channel's id: the second in which it was made and a number,
// after the system's name where asterisk.conf sets one.
var uniqueID = regexp.MustCompile(`^(?:.+-)?([0-9]{9,11})\.[0-9]+$`)

// uuidShape is the id of FreeSWITCH's channels: its template "asterisk" writes
// one in the place of uniqueid.
var uuidShape = regexp.MustCompile(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// readCDR reads a line of Master.csv in any of its forms.
func readCDR(row []string) (c cdr, err error) {
	n := len(row)
	if n < fewestColumns || n > mostColumns {
		return c, invalid("it has %d columns: Asterisk writes %d to %d", n, fewestColumns, mostColumns)
	}
	for i, to := range []*string{&c.accountcode, &c.src, &c.dst, &c.dcontext, &c.clid, &c.channel, &c.dstchannel, &c.lastapp, &c.lastdata,
		&c.start, &c.answer, &c.end, &c.duration, &c.billsec, &c.disposition, &c.amaflags} {
		*to = row[i]
	}
	more := row[fewestColumns:]
	if len(more) >= 3 {
		tail := more[len(more)-3:]
		c.peeraccount, c.linkedid, c.sequence = tail[0], tail[1], tail[2]
		more = more[:len(more)-3]
	}
	switch {
	case len(more) == 2:
		c.uniqueid, c.userfield = more[0], more[1]
	case len(more) == 1 && (uniqueID.MatchString(more[0]) || uuidShape.MatchString(more[0])):
		c.uniqueid = more[0]
	case len(more) == 1:
		c.userfield = more[0]
	}
	return c, nil
}

// fromAMI reads a Cdr event of the manager interface (cdr_manager.conf). What
// its [mappings] add is known by its field's name.
func fromAMI(e amiEvent) cdr {
	return cdr{
		accountcode: e.get("AccountCode"), src: e.get("Source"), dst: e.get("Destination"), dcontext: e.get("DestinationContext"),
		clid: e.get("CallerID"), channel: e.get("Channel"), dstchannel: e.get("DestinationChannel"), lastapp: e.get("LastApplication"),
		lastdata: e.get("LastData"), start: e.get("StartTime"), answer: e.get("AnswerTime"), end: e.get("EndTime"), duration: e.get("Duration"),
		billsec: e.get("BillableSeconds"), disposition: e.get("Disposition"), amaflags: e.get("AMAFlags"), uniqueid: e.get("UniqueID"),
		userfield: e.get("UserField"), peeraccount: e.get("PeerAccount"), linkedid: e.get("LinkedID"), sequence: e.get("Sequence"),
	}
}

// peerSuffix is what Asterisk puts behind a peer's name to tell its channels
// apart.
var peerSuffix = regexp.MustCompile(`-[0-9a-fA-F]{6,}(?:;[12])?$`)

// peer is whose channel it is, as in PJSIP/6001-0000001c, and how it is reached.
func peer(channel string) (name, tech string) {
	tech, rest, found := strings.Cut(channel, "/")
	if !found {
		return "", ""
	}
	rest = peerSuffix.ReplaceAllString(rest, "")
	rest, _, _ = strings.Cut(rest, "@")
	return rest, tech
}

// clidShape is a caller's name and number: "Ann" <+43…>.
var clidShape = regexp.MustCompile(`^\s*"?([^"<]*?)"?\s*<([^>]*)>\s*$`)

// disposed is a record's disposition in our words. FreeSWITCH's template
// "asterisk" writes a hangup cause there.
func (c *cdr) disposed() inbox.Disposition {
	switch strings.ToUpper(strings.ReplaceAll(c.disposition, "_", " ")) {
	case "ANSWERED", "ANSWER":
		return inbox.CallAnswered
	case "NO ANSWER", "NOANSWER", "CANCEL":
		return inbox.CallMissed
	case "BUSY":
		return inbox.CallBusy
	case "FAILED", "CONGESTION":
		return inbox.CallFailed
	}
	return hungUp(c.disposition, seconds(c.billsec) > 0)
}

// machines are the applications that speak for nobody; others without a second
// channel are a machine too, but for those in which people meet.
var (
	voicemails = map[string]bool{"voicemail": true, "minivmrecord": true}
	meetings   = map[string]bool{"confbridge": true, "meetme": true, "conference": true, "page": true, "pickup": true}
)

// cdrWord makes a word of a record. ok is false for a call among ourselves.
func (s *Settings) cdrWord(c cdr) (w word, ok bool) {
	name, number := "", c.src
	if m := clidShape.FindStringSubmatch(c.clid); m != nil {
		name = strings.TrimSpace(m[1])
		if number == "" {
			number = m[2]
		}
	}
	if name == number {
		name = ""
	}
	aPeer, aTech := peer(c.channel)
	bPeer, _ := peer(c.dstchannel)
	// A short number that comes in by a trunk is a customer's all the same.
	aOurs := aTech != "Local" && aPeer != "" && s.extension(aPeer) || s.numbers[s.e164(number)] || aPeer == "" && s.ours(number)
	bOurs := s.extension(bPeer) || s.ours(c.dst)
	if aOurs && (bOurs || strings.HasPrefix(c.dst, "*") || strings.HasPrefix(c.dst, "#")) {
		return w, false
	}

	var near time.Time
	if m := uniqueID.FindStringSubmatch(c.uniqueid); m != nil {
		n, _ := strconv.ParseFloat(m[1], 64)
		near, _ = epoch(n)
	}
	start, _ := readTime(c.start, s.zone, near)
	answer, _ := after(c.answer, s.zone, start, seconds(c.duration)-seconds(c.billsec))
	end, _ := after(c.end, s.zone, start, seconds(c.duration))

	id := c.linkedid
	for _, other := range []string{c.uniqueid, "row-" + sum(c.channel, c.start)} {
		if id == "" {
			id = other
		}
	}
	w = word{event: "cdr/" + sum(c.uniqueid, c.src, c.dst, c.channel, c.dstchannel, c.start, c.end, c.disposition, c.lastapp, c.billsec), at: end, name: name}
	w.call.ID, w.call.StartedAt, w.call.From, w.call.To = id, start, shown(number), strings.TrimSpace(c.dst)
	main := inbox.CallLeg{ID: "channel/" + c.channel, Main: true, StartedAt: ptr(start), EndedAt: ptr(end)}
	talk := seconds(c.billsec)
	if aOurs {
		w.call.Direction, w.them, w.name = inbox.Out, c.dst, ""
		who := aPeer
		if !s.extension(who) {
			who = number
		}
		main.Agent, main.Extension = s.agent(who)
		main.Disposition, main.AnsweredAt, main.TalkSeconds = c.disposed(), ptr(answer), talk
		w.leg(main)
		s.cdrAudio(&w, c)
		return w, true
	}
	w.call.Direction, w.them = inbox.In, number
	app := strings.ToLower(c.lastapp)
	switch {
	case voicemails[app]:
		main.Disposition, main.AnsweredAt = inbox.CallVoicemail, ptr(answer)
		if c.disposed() != inbox.CallAnswered {
			main.Disposition = inbox.CallMissed
		}
	case c.dstchannel != "":
		l := inbox.CallLeg{ID: "channel/" + c.dstchannel, StartedAt: ptr(start), EndedAt: ptr(end), Disposition: c.disposed()}
		if l.Disposition == inbox.CallAnswered {
			l.AnsweredAt, l.TalkSeconds = ptr(answer), talk
		}
		who := c.dst
		if s.extension(bPeer) {
			who, l.ID = bPeer, "extension/"+bPeer
		}
		l.Agent, l.Extension = s.agent(who)
		w.leg(l)
	case c.disposed() == inbox.CallAnswered && !meetings[app]:
		main.Disposition = inbox.CallMissed
	default:
		main.Disposition, main.AnsweredAt, main.TalkSeconds = c.disposed(), ptr(answer), talk
	}
	w.leg(main)
	s.cdrAudio(&w, c)
	return w, true
}

// cdrAudio takes a recording whose file the dial plan wrote into the user's
// field.
func (s *Settings) cdrAudio(w *word, c cdr) {
	for _, field := range strings.Fields(strings.ReplaceAll(c.userfield, "audio:", "")) {
		s.audioFile(w, inbox.Recording, field)
	}
}

var soundFiles = map[string]bool{".wav": true, ".mp3": true, ".ogg": true, ".opus": true, ".gsm": true, ".flac": true, ".m4a": true, ".wav49": true}

// audioFile adds a recording that an exchange names by its file or its address.
func (s *Settings) audioFile(w *word, kind, file string) {
	file = strings.TrimSpace(file)
	switch {
	case !soundFiles[strings.ToLower(path.Ext(file))] && !isLink(file):
		return
	case !isLink(file) && s.Recordings.Base == "":
		return
	}
	a := inbox.CallAudio{ID: path.Base(file), Kind: kind, URL: file, State: inbox.AudioWanted}
	if !isLink(file) {
		a.URL = strings.TrimRight(s.Recordings.Base, "/") + "/" + pathEscape(path.Base(file))
	}
	w.call.Audio = append(w.call.Audio, a)
	w.call.RecordingURL = a.URL
}

// seconds reads a count of seconds, or a clock as in 00:01:05.
func seconds(s string) int {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return max(0, min(int(min(n, 1e9)), 1<<30))
	}
	total := 0
	for part := range strings.SplitSeq(s, ":") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 || n > 1e6 {
			return 0
		}
		total = total*60 + n
	}
	return min(total, 1<<30)
}
