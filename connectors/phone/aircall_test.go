package phone

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

// airEvent is a request of Aircall, which is checked against its documentation.
func airEvent(t testing.TB, event string, at int, more string) []byte {
	t.Helper()
	call := map[string]any{
		"id": 812, "direct_link": "https://api.aircall.io/v1/calls/812", "call_uuid": "CA00000000000000000000000000000812", "direction": "inbound",
		"status": "initial", "missed_call_reason": nil, "started_at": 1780394400, "answered_at": nil, "ended_at": nil, "duration": 0,
		"voicemail": nil, "recording": nil, "raw_digits": "+43 660 1234567", "user": nil, "contact": nil,
		"number": map[string]any{"id": 7, "name": "Shop", "digits": "+43 1 5550100"}, "comments": []any{}, "tags": []any{},
	}
	changes := map[string]any{}
	if err := json.Unmarshal([]byte("{"+more+"}"), &changes); err != nil {
		t.Fatal(err)
	}
	maps.Copy(call, changes)
	resource, _, _ := strings.Cut(event, ".")
	body, err := json.Marshal(map[string]any{"resource": resource, "event": event, "timestamp": 1780394400 + at, "token": "token", "data": call})
	if err != nil {
		t.Fatal(err)
	}
	documented(t, "aircall.schema.json", body)
	return body
}

const (
	ann = `"user": {"id": 1, "name": "Ann", "email": "ann@shop.example"}`
	kim = `"user": {"id": 2, "name": "Kim", "email": "kim@shop.example"}`
)

// What Aircall tells of a call comes to the same in any order.
func TestAircall(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, Aircall, "")
	answered := `"status": "answered", "answered_at": 1780394410, ` + kim
	done := `"status": "done", "answered_at": 1780394410, "ended_at": 1780394470, "duration": 70, ` + kim
	for _, c := range []struct {
		name   string
		events [][]byte
		want   string
	}{
		{"it rings", [][]byte{airEvent(t, "call.created", 0, ""), airEvent(t, "call.ringing_on_agent", 1, ann)}, "812: in +43 660 1234567>+43 1 5550100 ringing at 10:00:00"},
		{"one declines, another answers", [][]byte{
			airEvent(t, "call.created", 0, ""), airEvent(t, "call.ringing_on_agent", 1, ann), airEvent(t, "call.agent_declined", 4, ann), airEvent(t, "call.ringing_on_agent", 5, kim),
			airEvent(t, "call.answered", 10, answered), airEvent(t, "call.hungup", 70, done), airEvent(t, "call.ended", 100, done+`, "recording": "https://assets.example/r.mp3"`),
		}, "812: in +43 660 1234567>+43 1 5550100 answered rang 10 talked 60 Kim/kim@shop.example at 10:00:00 recording(recording https://assets.example/r.mp3)"},
		{"missed", [][]byte{airEvent(t, "call.created", 0, ""), airEvent(t, "call.ringing_on_agent", 1, ann),
			airEvent(t, "call.ended", 60, `"status": "done", "ended_at": 1780394430, "missed_call_reason": "agents_did_not_answer"`)}, "812: in +43 660 1234567>+43 1 5550100 missed rang 30 at 10:00:00"},
		{"voicemail", [][]byte{airEvent(t, "call.created", 0, ""), airEvent(t, "call.voicemail_left", 60, `"status": "done", "ended_at": 1780394430, "voicemail": "https://assets.example/v.mp3"`)},
			"812: in +43 660 1234567>+43 1 5550100 voicemail at 10:00:00 voicemail(voicemail https://assets.example/v.mp3)"},
		{"ours", [][]byte{airEvent(t, "call.created", 0, `"direction": "outbound", `+kim), airEvent(t, "call.ended", 100, `"direction": "outbound", `+done)},
			"812: out +43 1 5550100>+43 660 1234567 answered rang 10 talked 60 Kim/kim@shop.example at 10:00:00"},
		{"ours in vain", [][]byte{airEvent(t, "call.ended", 40, `"direction": "outbound", "status": "done", "ended_at": 1780394425, `+kim)},
			"812: out +43 1 5550100>+43 660 1234567 missed rang 25 Kim/kim@shop.example at 10:00:00"},
		{"withheld", [][]byte{airEvent(t, "call.ended", 40, `"status": "done", "ended_at": 1780394425, "raw_digits": "anonymous"`)}, "812: in withheld>+43 1 5550100 missed rang 25 at 10:00:00"},
		{"what changes nothing", [][]byte{airEvent(t, "call.tagged", 1, ""), airEvent(t, "user.connected", 1, "")}, ""},
		{"what is not known", [][]byte{airEvent(t, "call.sung", 1, "")}, "unsupported: Aircall's call.sung"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var words []word
			for _, e := range c.events {
				words = append(words, s.aircallWords(e)...)
			}
			if got := everyWay(t, words); got != c.want {
				t.Errorf("it comes to\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// The name that Aircall has for a caller comes with the call, and who rings.
func TestAircallTellsWhoRings(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, Aircall, `"agents": {"kim@shop.example": "Kim Ek"}`)
	w := s.aircallWords(airEvent(t, "call.ringing_on_agent", 5, kim+`, "contact": {"id": 3, "first_name": "Eva", "last_name": "Holm"}, "comments": [{"content": "Wants a kettle"}]`))
	if len(w) != 1 || w[0].name != "Eva Holm" || w[0].call.Summary != "Wants a kettle" || len(w[0].live) != 1 || w[0].live[0].Kind != "ringing" || w[0].live[0].Agent != "Kim Ek" {
		t.Errorf("the word is %+v", w)
	}
}

// Whatever comes is a word with an id, nobody's, or kept as it came.
func FuzzAircall(f *testing.F) {
	f.Add(airEvent(f, "call.ended", 1, kim))
	f.Add([]byte(`{"event": "call.ended", "data": {"id": "x", "started_at": "yesterday"}}`))
	s := settingsOf(f, Aircall, "")
	f.Fuzz(func(t *testing.T, raw []byte) { wordsHold(t, s.aircallWords(raw)) })
}

// wordsHold checks what holds of every word.
func wordsHold(t *testing.T, words []word) {
	t.Helper()
	for _, w := range words {
		in := w.item(hashed(w.raw))
		if w.event == "" || in.EventID == "" || in.Key == "" {
			t.Errorf("a word without an id: %+v", w)
		}
		if w.unsupported == "" && (w.call.ID == "" || w.call.Direction == "") {
			t.Errorf("a call without id or direction: %+v", w)
		}
		if in.Call != nil {
			in.Call.Call.Later(in.Call.Call)
		}
	}
}
