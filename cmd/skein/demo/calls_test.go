package demo

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/phone"
	"skein/connectors/webhook"
)

// A call of the demo is told as an exchange tells it, signed by the secret that
// the account has.
func TestCall(t *testing.T) {
	t.Parallel()
	d := &Demo{phoneSecret: "secret"}
	raw, err := d.PhoneSettings()
	if err != nil {
		t.Fatal(err)
	}
	set, err := phone.ParseSettings(connectors.Account{ID: PhoneID, Address: Number, Region: "DE", Settings: raw})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := (webhook.StandardWebhooks{}).Verify(&webhook.Request{Method: r.Method, Header: r.Header, Body: body, Now: time.Now()}, set.Secrets[0]); err != nil {
			t.Error(err)
		}
		var e phone.Event
		if err := json.Unmarshal(body, &e); err != nil {
			t.Error(err)
		}
		said = append(said, e.Type+" "+e.Call.From+" "+e.Call.Agent+e.Call.Disposition)
	}))
	t.Cleanup(srv.Close)
	x := &exchange{url: srv.URL, secret: d.phoneSecret}
	for _, c := range []struct{ agent, voicemail, want string }{
		{"", "", "call.ringing 1 , call.ended 1 "},
		{"Ana", "", "call.ringing 1 , call.answered 1 Ana, call.ended 1 Ana"},
		{"", "Hello", "call.ringing 1 , call.ended 1 voicemail"},
	} {
		said = nil
		if err := x.call(t.Context(), "1", c.agent, c.voicemail, time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(said, ", "); got != c.want {
			t.Errorf("said %q, want %q", got, c.want)
		}
	}
}
