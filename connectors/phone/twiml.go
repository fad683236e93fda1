package phone

import (
	"encoding/xml"
	"net/url"
	"strconv"
	"strings"
)

// An element is one of TwiML, which Twilio reads as its orders
// (twilio.com/docs/voice/twiml).
type element struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Inner   []element
}

func tag(name string, text string, pairs ...string) element {
	e := element{XMLName: xml.Name{Local: name}, Text: text}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			e.Attrs = append(e.Attrs, xml.Attr{Name: xml.Name{Local: pairs[i]}, Value: pairs[i+1]})
		}
	}
	return e
}

// twiml answers a request that asks what to do. here is the address that it was
// sent to: what follows comes there too.
func (s *Settings) twiml(kind twilioKind, form url.Values, here string) []byte {
	var out []element
	switch a := s.Answer; {
	case kind == twilioIncoming && a == nil:
		out = append(out, busy) // nobody takes calls here
	case kind == twilioIncoming && len(a.Dial) > 0:
		out = append(out, s.dialAll(here)...)
	case kind == twilioIncoming:
		out = append(out, s.voicemail(here)...)
	case kind == twilioDialled && a != nil && a.Voicemail != "" && form.Get("DialCallStatus") != "completed" && form.Get("DialCallStatus") != "answered":
		out = append(out, s.voicemail(here)...)
	default:
		out = append(out, tag("Hangup", ""))
	}
	return document(out...)
}

// busy turns a call away.
var busy = tag("Reject", "", "reason", "busy")

func document(orders ...element) []byte {
	root := tag("Response", "")
	root.Inner = orders
	text, err := xml.Marshal(root)
	if err != nil { // strings and nothing else
		text = []byte("<Response/>")
	}
	return append([]byte(xml.Header), text...)
}

func (s *Settings) say(text string) []element {
	if text == "" {
		return nil
	}
	return []element{tag("Say", text, "language", s.Answer.Language)}
}

func (s *Settings) dialAll(here string) []element {
	a := s.Answer
	dial := tag("Dial", "", "action", here, "timeout", strconv.Itoa(a.Seconds), "answerOnBridge", "true")
	if a.Record {
		dial.Attrs = append(dial.Attrs, tag("", "", "record", "record-from-answer-dual", "recordingStatusCallback", here).Attrs...)
	}
	for _, to := range a.Dial {
		name := "Number"
		if rest, found := strings.CutPrefix(to, "client:"); found {
			name, to = "Client", rest
		} else if strings.HasPrefix(to, "sip:") {
			name = "Sip"
		} else {
			to = s.e164(to)
		}
		dial.Inner = append(dial.Inner, tag(name, to, "statusCallbackEvent", "initiated ringing answered completed", "statusCallback", here))
	}
	return append(s.say(a.Greeting), dial)
}

func (s *Settings) voicemail(here string) []element {
	a := s.Answer
	record := tag("Record", "", "action", here, "recordingStatusCallback", here, "maxLength", "180", "playBeep", "true")
	if a.Transcribe {
		record.Attrs = append(record.Attrs, tag("", "", "transcribe", "true", "transcribeCallback", here).Attrs...)
	}
	return append(s.say(a.Voicemail), record)
}
