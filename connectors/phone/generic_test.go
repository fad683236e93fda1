package phone

import (
	"testing"
)

// Anybody may tell of calls in our own words, alone or in a list, each telephone
// by itself, in any order.
func TestEvents(t *testing.T) {
	t.Parallel()
	const head = `"call": {"id": "c4", "from": "+43 660 1234567", "to": "+43 1 5550100", "startedAt": "2026-06-02T10:00:00Z"`
	for _, c := range []struct {
		name, body, want string
	}{
		{"one word", `{"type": "call.ended", "id": "e1", ` + head + `, "answeredAt": "2026-06-02T10:00:05Z", "endedAt": "2026-06-02T10:01:05Z", "extension": "12", "agent": "Kim", "recordingUrl": "https://pbx.example/4.mp3"}}`,
			"c4: in +43 660 1234567>+43 1 5550100 answered rang 5 talked 60 Kim/12 at 10:00:00 recording(recording https://pbx.example/4.mp3)"},
		{"a list", `[{"type": "call.ringing", ` + head + `}}, {"type": "call.ringing", ` + head + `, "extension": "11"}}, {"type": "call.ringing", ` + head + `, "extension": "12"}},
			{"type": "call.answered", ` + head + `, "answeredAt": "2026-06-02T10:00:05Z", "extension": "12"}}, {"type": "call.ended", ` + head + `, "endedAt": "2026-06-02T10:01:05Z"}}]`,
			"c4: in +43 660 1234567>+43 1 5550100 answered rang 5 talked 60 12 at 10:00:00"},
		{"missed", `[{"type": "call.ringing", ` + head + `, "extension": "11"}}, {"type": "call.ended", ` + head + `, "endedAt": "2026-06-02T10:00:20Z"}}]`,
			"c4: in +43 660 1234567>+43 1 5550100 missed rang 20 at 10:00:00"},
		{"voicemail and what it says", `[{"type": "call.ended", ` + head + `, "endedAt": "2026-06-02T10:00:20Z"}}, {"type": "call.updated", "call": {"id": "c4", "from": "+43 660 1234567", "to": "+43 1 5550100", "voicemailUrl": "https://pbx.example/v.mp3", "transcript": "Hello"}}]`,
			"c4: in +43 660 1234567>+43 1 5550100 voicemail at 10:00:00 voicemail(voicemail https://pbx.example/v.mp3) says Hello"},
		{"ours", `{"type": "call.ended", "call": {"id": "c5", "direction": "out", "from": "12", "to": "0660 1234567", "startedAt": "2026-06-02 12:00:00", "endedAt": "2026-06-02 12:00:20", "disposition": "busy", "extension": "12"}}`,
			"c5: out 12>0660 1234567 busy rang 20 12 at 10:00:00"},
		{"withheld", `{"type": "call.ended", "call": {"id": "c6", "from": "withheld", "to": "+43 1 5550100", "startedAt": "2026-06-02T10:00:00Z", "endedAt": "2026-06-02T10:00:09Z"}}`,
			"c6: in withheld>+43 1 5550100 missed rang 9 at 10:00:00"},
		{"among ourselves", `{"type": "call.ended", "call": {"id": "c7", "from": "12", "to": "14"}}`, ""},
		{"unknown", `{"type": "call.sung", ` + head + `}}`, "unsupported: the exchange's call.sung"},
		{"no id", `{"type": "call.ended", "call": {"from": "+43 660 1234567"}}`, "unsupported: the exchange's call.ended on a call without its id"},
		{"no event", `17`, "unsupported: an event of the exchange"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			words := settingsOf(t, Webhook, "").eventWords("msg_1", []byte(c.body))
			if got := everyWay(t, words); got != c.want {
				t.Errorf("it comes to\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// An event that is sent again is the same one, whichever request brings it; two
// of one request are two.
func TestEventIDs(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, Webhook, "")
	id := func(request, body string) string { return s.eventWords(request, []byte(body))[0].event }
	const own, none, listed = `{"type": "call.ended", "id": "e1", "call": {"id": "c"}}`, `{"type": "call.ended", "call": {"id": "c"}}`, `[{"type": "call.ended", "call": {"id": "c"}}, {"type": "call.ended", "call": {"id": "d"}}]`
	two := s.eventWords("m", []byte(listed))
	if id("m1", own) != id("m2", own) || id("m1", none) == id("m2", none) || two[0].event == two[1].event {
		t.Error("the ids of events do not tell them apart")
	}
}

// Whatever comes is a word with an id, or kept as it came.
func FuzzEvents(f *testing.F) {
	f.Add([]byte(`[{"type": "call.ended", "call": {"id": "c", "from": "12", "to": "+43 660 1234567", "talkSeconds": 1e300}}]`))
	f.Add([]byte(`[[[`))
	s := settingsOf(f, Webhook, "")
	f.Fuzz(func(t *testing.T, raw []byte) { wordsHold(t, s.eventWords("id", raw)) })
}
