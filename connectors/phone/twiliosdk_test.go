package phone

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"skein/connectors/connectorstest"
)

type sdkOrder struct {
	Token     string            `json:"token"`
	URL       string            `json:"url"`
	Form      map[string]string `json:"form"`
	Signature string            `json:"signature,omitempty"`
}

// bySDK has Twilio's own SDK sign, check and write.
func bySDK(t *testing.T, here string, sign, check []sdkOrder) (signatures []string, valid []bool, twiml []string) {
	t.Helper()
	in, err := json.Marshal(map[string]any{"here": here, "sign": append([]sdkOrder{}, sign...), "check": append([]sdkOrder{}, check...)})
	if err != nil {
		t.Fatal(err)
	}
	out := connectorstest.Node(t, "testdata/twilio.mjs", string(in))
	var said struct {
		Signatures []string
		Valid      []bool
		Twiml      []string
	}
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return said.Signatures, said.Valid, said.Twiml
}

// What Twilio's own SDK signs is taken, what it takes for signed is what the
// tests sign, and what we order is what it would write.
func TestTwilioSDK(t *testing.T) {
	t.Parallel()
	d := newDesk(t, accountWith(Twilio, ""))
	srv := httptest.NewServer(New(Config{}).Handler(d))
	t.Cleanup(srv.Close)
	here := srv.URL + "/in/phone/line"
	forms := []url.Values{twForm(t, "CallStatus", "ringing"), twStatus(t, 0, 9, "completed", "CallDuration", "0"), twForm(t, "CallStatus", "ringing", "CallerName", "Jörg & \"Söhne\" +1 %20")}
	var sign, check []sdkOrder
	for _, form := range forms {
		flat := map[string]string{}
		for name := range form {
			flat[name] = form.Get(name)
		}
		for _, token := range []string{"token", "tokem"} {
			sign = append(sign, sdkOrder{Token: token, URL: here, Form: flat})
		}
		check = append(check, sdkOrder{Token: "token", URL: here, Form: flat, Signature: twilioPost(here, "token", form).header.Get("X-Twilio-Signature")})
	}
	signatures, valid, twiml := bySDK(t, here+"?a=1&b=2", sign, check)
	for i, s := range signatures {
		p := post{"application/x-www-form-urlencoded", forms[i/2].Encode(), http.Header{"X-Twilio-Signature": {s}}, ""}
		status, _ := p.to(t, srv.URL, "line")
		if taken := status == 200 || status == 204; taken != (sign[i].Token == "token") {
			t.Errorf("form %d signed by %q gets %d", i/2, sign[i].Token, status)
		}
	}
	if !slices.Equal(valid, []bool{true, true, true}) {
		t.Errorf("of what the tests sign the SDK takes %v", valid)
	}

	ours := func(settings string, form url.Values) string {
		return string(settingsOf(t, Twilio, settings).twiml(kindOf(form), form, here+"?a=1&b=2"))
	}
	for i, got := range []string{
		ours(`"answer": {"greeting": "Hi & <welcome>", "dial": ["client:ann", "+43 660 9999999", "sip:kim@pbx.example"], "record": true}`, forms[0]),
		ours(`"answer": {"voicemail": "Speak.", "transcribe": true, "language": "de-DE"}`, forms[0]),
		ours("", forms[0]),
		ours("", twForm(t, "CallStatus", "in-progress", "DialCallStatus", "completed")),
	} {
		if a, b := tokensOf(t, got), tokensOf(t, twiml[i]); a != b {
			t.Errorf("we order\n%s\nand the SDK\n%s", a, b)
		}
	}
}

// tokensOf is XML without the order of its attributes.
func tokensOf(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	for dec := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return b.String()
		}
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		switch e := token.(type) {
		case xml.StartElement:
			slices.SortFunc(e.Attr, func(x, y xml.Attr) int { return strings.Compare(x.Name.Local, y.Name.Local) })
			fmt.Fprintf(&b, "<%s", e.Name.Local)
			for _, a := range e.Attr {
				fmt.Fprintf(&b, " %s=%q", a.Name.Local, a.Value)
			}
			b.WriteString(">")
		case xml.EndElement:
			fmt.Fprintf(&b, "</%s>", e.Name.Local)
		case xml.CharData:
			if text := strings.TrimSpace(string(e)); text != "" {
				fmt.Fprintf(&b, "%q", text)
			}
		}
	}
}

// What we ask Twilio for is asked as the description of its API has it: a server
// that checks requests by it answers ours, and refuses another.
func TestTwilioOpenAPI(t *testing.T) {
	t.Parallel()
	set := settingsOf(t, Twilio, fmt.Sprintf(`"apiUrl": %q`, connectorstest.OpenAPI(t, connectorstest.TwilioAPI)))
	form := twStatus(t, 1, 2, "ringing", child(23, "+436601234567", "From", "+4315550100")...)
	c := New(Config{Log: slog.New(slog.DiscardHandler)})
	if p := c.parentOf(t.Context(), set, form); p == nil || p.from == "" || p.direction == "" {
		t.Fatalf("the parent is %+v", p)
	}
	form.Set("ParentCallSid", "CA-none")
	if p := c.parentOf(t.Context(), set, form); p != nil {
		t.Errorf("what is no call's id gets %+v: the server checks nothing", p)
	}
}
