package phone

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"
)

func sid(kind string, n int) string { return fmt.Sprintf("%s%032x", kind, n) }

// twForm is a request of Twilio, which is checked against its documentation:
// pairs of names and values beside what every one has.
func twForm(t testing.TB, pairs ...string) url.Values {
	t.Helper()
	form := url.Values{"AccountSid": {sid("AC", 1)}, "ApiVersion": {"2010-04-01"}, "CallSid": {sid("CA", 12)}, "From": {"+436601234567"}, "To": {"+4315550100"}, "Direction": {"inbound"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	flat := map[string]string{}
	for name := range form {
		flat[name] = form.Get(name)
	}
	body, err := json.Marshal(flat)
	if err != nil {
		t.Fatal(err)
	}
	documented(t, "twilio.schema.json", body)
	return form
}

// twStatus is a status callback, seconds after ten.
func twStatus(t testing.TB, n, seconds int, status string, more ...string) url.Values {
	t.Helper()
	return twForm(t, append([]string{"CallStatus", status, "CallbackSource", "call-progress-events", "SequenceNumber", fmt.Sprint(n),
		"Timestamp", time.Date(2026, 6, 2, 10, 0, seconds, 0, time.UTC).Format(time.RFC1123Z)}, more...)...)
}

func child(n int, to string, more ...string) []string {
	return append([]string{"CallSid", sid("CA", n), "ParentCallSid", sid("CA", 12), "Direction", "outbound-dial", "To", to}, more...)
}

// What Twilio tells of a call and its legs comes to the same in any order.
func TestTwilio(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 2, 10, 0, 0, 0, time.UTC)
	call := sid("CA", 12) + ": "
	recording := "https://api.twilio.com/2010-04-01/Accounts/" + sid("AC", 1) + "/Recordings/" + sid("RE", 5)
	for _, c := range []struct {
		name, settings string
		requests       []url.Values
		of             *parent
		want           string
	}{
		{"it rings", "", []url.Values{twForm(t, "CallStatus", "ringing")}, nil, "in +436601234567>+4315550100 ringing at 10:00:00"},
		{"its number's status alone", "", []url.Values{twStatus(t, 0, 65, "completed", "CallDuration", "60", "Duration", "1")}, nil, "in +436601234567>+4315550100 answered talked 60 at 10:00:05"},
		{"one of two answers", "", []url.Values{
			twForm(t, "CallStatus", "ringing"), twStatus(t, 0, 1, "initiated", child(21, "client:ann")...), twStatus(t, 1, 2, "ringing", child(21, "client:ann")...),
			twStatus(t, 1, 2, "ringing", child(22, "client:kim")...), twStatus(t, 2, 8, "in-progress", child(22, "client:kim")...), twStatus(t, 2, 8, "canceled", child(21, "client:ann", "CallDuration", "0")...),
			twStatus(t, 3, 68, "completed", child(22, "client:kim", "CallDuration", "60")...), twStatus(t, 0, 68, "completed", "CallDuration", "68"),
			twForm(t, "CallStatus", "completed", "DialCallStatus", "completed", "DialCallSid", sid("CA", 22), "DialCallDuration", "60"),
		}, nil, "in +436601234567>+4315550100 answered rang 8 talked 60 kim at 10:00:00"},
		{"nobody answers", "", []url.Values{
			twForm(t, "CallStatus", "ringing"), twStatus(t, 1, 2, "ringing", child(21, "client:ann")...), twStatus(t, 2, 22, "no-answer", child(21, "client:ann", "CallDuration", "0")...),
			twStatus(t, 0, 24, "completed", "CallDuration", "24"),
		}, nil, "in +436601234567>+4315550100 missed rang 24 at 10:00:00"},
		{"the caller gives up", "", []url.Values{twForm(t, "CallStatus", "ringing"), twStatus(t, 0, 7, "canceled", "CallDuration", "0")}, nil, "in +436601234567>+4315550100 missed rang 7 at 10:00:00"},
		{"busy", "", []url.Values{twForm(t, "CallStatus", "ringing"), twStatus(t, 0, 7, "busy", "CallDuration", "0")}, nil, "in +436601234567>+4315550100 busy rang 7 at 10:00:00"},
		{"failed", "", []url.Values{twStatus(t, 0, 7, "failed", "CallDuration", "0")}, nil, "in +436601234567>+4315550100 failed at 10:00:07"},
		{"voicemail, by our own word", `"answer": {"dial": ["client:ann"], "voicemail": "Speak."}`, []url.Values{
			twForm(t, "CallStatus", "ringing"), twStatus(t, 1, 2, "ringing", child(21, "client:ann")...), twStatus(t, 2, 20, "no-answer", child(21, "client:ann", "CallDuration", "0")...),
			twForm(t, "CallStatus", "in-progress", "RecordingUrl", recording, "RecordingSid", sid("RE", 5), "RecordingDuration", "9"),
			twStatus(t, 0, 40, "completed", "CallDuration", "40"),
			twForm(t, "From", "", "To", "", "Direction", "", "RecordingSid", sid("RE", 5), "RecordingUrl", recording, "RecordingStatus", "completed", "RecordingDuration", "9", "RecordingSource", "RecordVerb"),
			twForm(t, "TranscriptionSid", sid("TR", 6), "TranscriptionStatus", "completed", "TranscriptionText", "Call me back", "RecordingSid", sid("RE", 5), "RecordingUrl", recording),
		}, nil, "in +436601234567>+4315550100 voicemail rang 20 at 10:00:00 voicemail(" + sid("RE", 5) + " " + recording + ") says Call me back"},
		{"hung up before the beep", `"answer": {"voicemail": "Speak."}`, []url.Values{twForm(t, "CallStatus", "ringing"), twStatus(t, 0, 4, "completed", "CallDuration", "4")}, nil,
			"in +436601234567>+4315550100 missed rang 4 at 10:00:00"},
		{"recorded", "", []url.Values{
			twStatus(t, 3, 68, "completed", child(22, "client:kim", "CallDuration", "60")...),
			twForm(t, "From", "", "To", "", "Direction", "", "RecordingSid", sid("RE", 5), "RecordingUrl", recording, "RecordingStatus", "completed", "RecordingDuration", "60", "RecordingSource", "DialVerb"),
		}, nil, "in +436601234567>kim answered talked 60 kim at 10:00:08 recording(" + sid("RE", 5) + " " + recording + ")"},
		{"nothing was recorded", "", []url.Values{
			twStatus(t, 0, 7, "completed", "CallDuration", "2"), twForm(t, "RecordingSid", sid("RE", 5), "RecordingUrl", recording, "RecordingStatus", "absent"),
		}, nil, "in +436601234567>+4315550100 answered talked 2 at 10:00:05 recording(" + sid("RE", 5) + " )"},
		{"by our API", "", []url.Values{
			twStatus(t, 0, 0, "initiated", "Direction", "outbound-api", "From", "+4315550100", "To", "+436601234567"),
			twStatus(t, 1, 9, "busy", "Direction", "outbound-api", "From", "+4315550100", "To", "+436601234567", "CallDuration", "0"),
		}, nil, "out +4315550100>+436601234567 busy rang 9 at 10:00:00"},
		{"from a browser", "", []url.Values{
			twForm(t, "CallStatus", "ringing", "From", "client:ann", "To", ""),
			twStatus(t, 1, 2, "ringing", child(23, "+436601234567", "From", "+4315550100")...), twStatus(t, 2, 9, "in-progress", child(23, "+436601234567", "From", "+4315550100")...),
			twStatus(t, 3, 39, "completed", child(23, "+436601234567", "From", "+4315550100", "CallDuration", "30")...),
		}, &parent{from: "client:ann", direction: "inbound"}, "out +4315550100>+436601234567 answered rang 9 talked 30 ann at 10:00:00"},
		{"to one of ours outside, under our number", "", []url.Values{
			twForm(t, "CallStatus", "ringing"),
			twStatus(t, 1, 2, "ringing", child(24, "+436609999999", "From", "+4315550100")...), twStatus(t, 2, 9, "in-progress", child(24, "+436609999999", "From", "+4315550100")...),
			twStatus(t, 3, 39, "completed", child(24, "+436609999999", "From", "+4315550100", "CallDuration", "30")...),
		}, &parent{from: "+436601234567", to: "+4315550100", direction: "inbound"}, "in +436601234567>+4315550100 answered rang 9 talked 30 +436609999999 at 10:00:00"},
		{"withheld", "", []url.Values{twStatus(t, 0, 7, "no-answer", "From", "+266696687", "CallDuration", "0")}, nil, "in withheld>+4315550100 missed at 10:00:07"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := settingsOf(t, Twilio, c.settings)
			var words []word
			for _, form := range c.requests {
				of := c.of
				if !s.needsParent(form) {
					of = nil
				}
				at := now
				if form.Get("DialCallStatus") != "" {
					at = at.Add(68 * time.Second)
				}
				words = append(words, s.twilioWords(form, []byte(form.Encode()), of, at)...)
			}
			want := call + c.want
			if got := everyWay(t, words); got != want {
				t.Errorf("it comes to\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Each request of Twilio is told apart from every other, and not from itself.
func TestTwilioEventIDs(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, Twilio, "")
	seen := map[string]bool{}
	for _, form := range []url.Values{
		twForm(t, "CallStatus", "ringing"), twStatus(t, 0, 1, "ringing"), twStatus(t, 1, 2, "in-progress"), twStatus(t, 2, 9, "completed", "CallDuration", "7"),
		twStatus(t, 2, 9, "completed", child(22, "client:kim", "CallDuration", "7")...), twForm(t, "DialCallStatus", "busy", "DialCallSid", sid("CA", 22)),
		twForm(t, "RecordingSid", sid("RE", 5), "RecordingStatus", "completed", "RecordingUrl", "https://x.example/RE5"),
		twForm(t, "RecordingSid", sid("RE", 5), "RecordingStatus", "absent", "RecordingUrl", "https://x.example/RE5"),
		twForm(t, "TranscriptionSid", sid("TR", 5), "TranscriptionStatus", "completed", "TranscriptionText", "x"),
	} {
		w, again := s.twilioWords(form, nil, nil, time.Now()), s.twilioWords(form, nil, nil, time.Now().Add(time.Hour))
		if len(w) != 1 || seen[w[0].event] || w[0].event != again[0].event {
			t.Errorf("%v is %+v", form, w)
			continue
		}
		seen[w[0].event] = true
	}
}

// The orders that Twilio gets are those of its own documentation, whatever is
// written in the settings.
func TestTwiML(t *testing.T) {
	t.Parallel()
	const here = "https://skein.example/in/phone/line?a=1&b=2"
	for _, c := range []struct {
		name, settings string
		form           url.Values
		want           string
	}{
		{"nobody takes calls", "", twForm(t, "CallStatus", "ringing"), `<Response><Reject reason="busy"></Reject></Response>`},
		{"it rings", `"answer": {"greeting": "Hi & <welcome>", "dial": ["client:ann", "+43 660 9999999", "sip:kim@pbx.example"], "record": true}`, twForm(t, "CallStatus", "ringing"),
			`<Response><Say language="en-US">Hi &amp; &lt;welcome&gt;</Say><Dial action="HERE" timeout="20" answerOnBridge="true" record="record-from-answer-dual" recordingStatusCallback="HERE">` +
				`<Client statusCallbackEvent="initiated ringing answered completed" statusCallback="HERE">ann</Client>` +
				`<Number statusCallbackEvent="initiated ringing answered completed" statusCallback="HERE">+436609999999</Number>` +
				`<Sip statusCallbackEvent="initiated ringing answered completed" statusCallback="HERE">sip:kim@pbx.example</Sip></Dial></Response>`},
		{"nobody answered", `"answer": {"dial": ["client:ann"], "voicemail": "Speak.", "transcribe": true, "language": "de-DE"}`, twForm(t, "CallStatus", "in-progress", "DialCallStatus", "no-answer"),
			`<Response><Say language="de-DE">Speak.</Say><Record action="HERE" recordingStatusCallback="HERE" maxLength="180" playBeep="true" transcribe="true" transcribeCallback="HERE"></Record></Response>`},
		{"somebody did", `"answer": {"dial": ["client:ann"], "voicemail": "Speak."}`, twForm(t, "CallStatus", "in-progress", "DialCallStatus", "completed"), `<Response><Hangup></Hangup></Response>`},
		{"spoken", `"answer": {"voicemail": "Speak."}`, twForm(t, "CallStatus", "in-progress", "RecordingUrl", "https://x.example/RE1", "RecordingDuration", "3"), `<Response><Hangup></Hangup></Response>`},
	} {
		got := string(settingsOf(t, Twilio, c.settings).twiml(kindOf(c.form), c.form, here))
		want := xml.Header + strings.ReplaceAll(c.want, "HERE", strings.ReplaceAll(here, "&", "&amp;"))
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, want)
		}
		for dec := xml.NewDecoder(strings.NewReader(got)); ; {
			if _, err := dec.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Whatever comes is a word with an id, nobody's, or kept as it came; and the
// answer to it is XML.
func FuzzTwilio(f *testing.F) {
	f.Add(twStatus(f, 1, 2, "ringing", child(21, "client:ann")...).Encode())
	f.Add("CallSid=&RecordingSid=x&RecordingStatus=completed")
	f.Add("TranscriptionSid=1&TranscriptionStatus=completed&TranscriptionText=%00")
	s := settingsOf(f, Twilio, `"answer": {"dial": ["client:ann"], "voicemail": "Speak."}`)
	f.Fuzz(func(t *testing.T, raw string) {
		form, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		words := s.twilioWords(form, []byte(raw), nil, time.Unix(1780394400, 0))
		for _, w := range words {
			if w.call.ID == "" && w.unsupported == "" {
				t.Errorf("a call without id: %+v", w)
			}
		}
		if err := xml.Unmarshal(s.twiml(kindOf(form), form, "https://x.example/"+raw), new(struct{})); err != nil {
			t.Error(err)
		}
	})
}
