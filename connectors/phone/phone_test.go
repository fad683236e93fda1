package phone

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// settings are those of an account of the tests, with more as JSON fields.
func settingsOf(t testing.TB, provider, more string) *Settings {
	t.Helper()
	s, err := ParseSettings(accountWith(provider, more))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func accountWith(provider, more string) connectors.Account {
	base := map[string]string{
		Twilio: `"secrets": ["token"]`, Aircall: `"secrets": ["token"]`, Webhook: `"secrets": ["whsec_c2VjcmV0"]`, FreeSWITCH: `"secrets": ["fs:secret"]`,
		Asterisk: `"file": "/var/log/asterisk/cdr-csv/Master.csv"`, CSV: `"format": "3cx"`,
	}[provider]
	if strings.Contains(more, `"file"`) && provider == Asterisk || strings.Contains(more, `"columns"`) || strings.Contains(more, `"format"`) {
		base = `"recheck": "100ms"`
	}
	if more != "" {
		more = ", " + more
	}
	return connectors.Account{ID: "line", Channel: inbox.Phone, Name: "Line", Address: "+43 1 5550100", Region: "AT",
		Settings: json.RawMessage(`{"provider": "` + provider + `", "zone": "Europe/Vienna", ` + base + more + `}`)}
}

// told is what comes of words in any order, in a line: the way, from whom, to
// whom, what became of it, how long it rang and was spoken, and by whom.
func told(words ...word) string {
	var all []string
	calls := map[string]inbox.Call{}
	var ids []string
	for _, w := range words {
		if w.unsupported != "" {
			all = append(all, "unsupported: "+w.unsupported)
			continue
		}
		if _, has := calls[w.call.ID]; !has {
			ids = append(ids, w.call.ID)
		}
		call := w.item(hashed(w.raw)).Call.Call
		calls[w.call.ID] = calls[w.call.ID].Later(call)
	}
	for _, id := range ids {
		all = append(all, fmt.Sprintf("%s: %s", id, line1(calls[id])))
	}
	return strings.Join(all, "\n")
}

func line1(c inbox.Call) string {
	s := fmt.Sprintf("%s %s>%s %s", c.Direction, c.From, c.To, c.Disposition)
	if c.RingSeconds > 0 {
		s += fmt.Sprintf(" rang %d", c.RingSeconds)
	}
	if c.TalkSeconds > 0 {
		s += fmt.Sprintf(" talked %d", c.TalkSeconds)
	}
	if c.Agent != "" {
		s += " " + c.Agent
	}
	if c.Extension != "" && c.Extension != c.Agent {
		s += "/" + c.Extension
	}
	if !c.StartedAt.IsZero() {
		s += " at " + c.StartedAt.UTC().Format("15:04:05")
	}
	for _, a := range c.Audio {
		s += fmt.Sprintf(" %s(%s %s)", a.Kind, a.ID, a.URL)
	}
	if c.Transcript != "" {
		s += " says " + c.Transcript
	}
	return s
}

// everyWay fails where words in another order, or said again, come to something
// else.
func everyWay(t *testing.T, words []word) string {
	t.Helper()
	first := told(words...)
	back := make([]word, 0, len(words)*2)
	for i := range words {
		back = append(back, words[len(words)-1-i])
	}
	back = append(back, words...)
	sorted := func(s string) string {
		lines := strings.Split(s, "\n")
		for i := range lines {
			for j := i + 1; j < len(lines); j++ {
				if lines[j] < lines[i] {
					lines[i], lines[j] = lines[j], lines[i]
				}
			}
		}
		return strings.Join(lines, "\n")
	}
	if again := told(back...); !strings.Contains(first, "unsupported") && sorted(again) != sorted(first) {
		t.Errorf("backwards it comes to\n%s\nand forwards to\n%s", again, first)
	}
	return first
}

// A clock's hours that there are twice, or not at all, are read by what else is
// known.
func TestTimesOnAClock(t *testing.T) {
	t.Parallel()
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	apia, err := time.LoadLocation("Pacific/Apia")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		said string
		zone *time.Location
		near string
		want string
	}{
		{"2026-06-02 12:00:00", vienna, "", "2026-06-02T10:00:00Z"},
		{"2026-01-02 12:00:00", vienna, "", "2026-01-02T11:00:00Z"},
		{"2026-03-29 02:30:00", vienna, "", "2026-03-29T01:30:00Z"}, // there is no such hour: 03:30
		{"2026-03-29 01:59:59", vienna, "", "2026-03-29T00:59:59Z"},
		{"2026-03-29 03:00:00", vienna, "", "2026-03-29T01:00:00Z"},
		{"2026-10-25 02:30:00", vienna, "", "2026-10-25T00:30:00Z"}, // twice: the first
		{"2026-10-25 02:30:00", vienna, "2026-10-25T01:20:00Z", "2026-10-25T01:30:00Z"},
		{"2026-10-25 02:30:00", vienna, "2026-10-25T00:31:00Z", "2026-10-25T00:30:00Z"},
		{"2026-10-25 03:00:00", vienna, "", "2026-10-25T02:00:00Z"},
		{"2011-12-30 12:00:00", apia, "", "2011-12-30T22:00:00Z"}, // a day that was left out
		{"2026-06-02T12:00:00+02:00", apia, "", "2026-06-02T10:00:00Z"},
		{"Tue, 02 Jun 2026 10:00:04 +0000", vienna, "", "2026-06-02T10:00:04Z"},
		{"1780394400", vienna, "", "2026-06-02T10:00:00Z"},
		{"1780394400000000", vienna, "", "2026-06-02T10:00:00Z"},
		{"02.06.2026 12:00", vienna, "", "2026-06-02T10:00:00Z"},
		{"", vienna, "", ""},
		{"yesterday", vienna, "", ""},
		{"0000-00-00 00:00:00", vienna, "", ""},
		{"99999999999999999999", vienna, "", ""},
		{"NaN", vienna, "", ""},
	} {
		near, _ := time.Parse(time.RFC3339, c.near)
		got, ok := readTime(c.said, c.zone, near)
		said := ""
		if ok {
			said = got.Format(time.RFC3339)
		}
		if said != c.want {
			t.Errorf("readTime(%q in %s, near %q) = %q, want %q", c.said, c.zone, c.near, said, c.want)
		}
	}
}

// Who is ours decides which way a call went; a number that is withheld is
// nobody's.
func TestSides(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, Webhook, `"numbers": ["+43 1 5550101"], "agents": {"+436601112223": "Kim"}`)
	for _, c := range []struct {
		from, to string
		said     inbox.Direction
		want     string
	}{
		{"+436601234567", "+4315550100", "", "in +436601234567"},
		{"0660 1234567", "01 5550101", "", "in 0660 1234567"},
		{"+4315550100", "0660 1234567", "", "out 0660 1234567"},
		{"12", "0660 1234567", "", "out 0660 1234567"},
		{"sip:12@pbx.example", "0660 1234567", "", "out 0660 1234567"},
		{"anonymous", "+4315550100", "", "in anonymous"},
		{"12", "14", "", "inside"},
		{"client:ann", "+436601234567", inbox.In, "out +436601234567"},
		{"+436601234567", "+436601112223", "", "in +436601234567"},
		{"+15550001111", "+15550002222", inbox.Out, "out +15550002222"},
		{"+15550001111", "+15550002222", "", "in +15550001111"},
	} {
		d, them, inside := s.sides(c.from, c.to, c.said)
		got := string(d) + " " + them
		if inside {
			got = "inside"
		}
		if got != c.want {
			t.Errorf("sides(%q, %q, %q) = %q, want %q", c.from, c.to, c.said, got, c.want)
		}
	}
}

// A setting that is wrong is named, and what to mend.
func TestBadSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ settings, want string }{
		{`{`, "cannot be read"},
		{`{"provider": "asterisk", "fil": "/x"}`, `unknown field "fil"`},
		{`{"provider": "skype"}`, `provider is "skype"`},
		{`{"provider": "twilio"}`, "secrets is empty"},
		{`{"provider": "twilio", "secrets": [" "]}`, "secrets[0] is empty"},
		{`{"provider": "freeswitch", "secrets": ["x"]}`, "user:password"},
		{`{"provider": "twilio", "secrets": ["x"], "zone": "Mars/Base"}`, `zone is "Mars/Base"`},
		{`{"provider": "twilio", "secrets": ["x"], "numbers": ["555"]}`, "numbers[0]"},
		{`{"provider": "twilio", "secrets": ["x"], "file": "/x"}`, "twilio writes none"},
		{`{"provider": "twilio", "secrets": ["x"], "answer": {}}`, "answer needs dial"},
		{`{"provider": "twilio", "secrets": ["x"], "answer": {"dial": ["ann"]}}`, "answer.dial[0]"},
		{`{"provider": "twilio", "secrets": ["x"], "answer": {"voicemail": "Hi", "seconds": 2}}`, "answer.seconds"},
		{`{"provider": "aircall", "secrets": ["x"], "answer": {"voicemail": "Hi"}}`, "only Twilio"},
		{`{"provider": "asterisk"}`, "needs file, ami or both"},
		{`{"provider": "asterisk", "file": "Master.csv"}`, "the whole path"},
		{`{"provider": "asterisk", "file": "/m.csv", "columns": {"columns": {"start": "1", "from": "2"}}}`, "has its own"},
		{`{"provider": "asterisk", "file": "/m.csv", "importSince": "1.2.2026"}`, "importSince"},
		{`{"provider": "asterisk", "file": "/m.csv", "recheck": "1h"}`, "recheck"},
		{`{"provider": "asterisk", "file": "/m.csv", "extensions": "("}`, "extensions is no regular expression"},
		{`{"provider": "asterisk", "ami": {"host": "pbx.example", "user": "u", "secret": "s"}}`, "ami.tls is off"},
		{`{"provider": "asterisk", "ami": {"host": "localhost", "user": "u"}}`, "ami.user and ami.secret"},
		{`{"provider": "csv", "format": "4cx"}`, `format is "4cx"`},
		{`{"provider": "csv", "columns": {"columns": {"begin": "1"}}}`, `columns.columns has "begin"`},
		{`{"provider": "csv", "columns": {"columns": {"start": "0", "from": "1"}}}`, "columns.columns.start"},
		{`{"provider": "csv", "columns": {"columns": {"from": "1"}}}`, "needs start"},
		{`{"provider": "csv", "columns": {"columns": {"start": "1", "from": "2"}, "times": ["dd.mm.yyyy"]}}`, "columns.times"},
		{`{"provider": "csv", "columns": {"columns": {"start": "1", "from": "2"}, "dispositions": {"ok": "fine"}}}`, "columns.dispositions.ok"},
		{`{"provider": "csv", "columns": {"columns": {"start": "1", "from": "2"}, "delimiter": "::"}}`, "columns.delimiter"},
		{`{"provider": "csv", "format": "3cx", "recordings": {"maxMB": 9000}}`, "recordings.maxMB"},
		{`{"provider": "csv", "format": "3cx", "recordings": {"password": "x"}}`, "recordings.hosts"},
		{`{"provider": "csv", "format": "3cx", "recordings": {"base": "/var/spool"}}`, "recordings.base"},
	} {
		_, err := ParseSettings(connectors.Account{ID: "line", Settings: json.RawMessage(c.settings)})
		if inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseSettings(%s) = %v, want it to name %q", c.settings, err, c.want)
		}
	}
}

// What a form asks for is all that there is to set, and each says what it is.
func TestForm(t *testing.T) {
	t.Parallel()
	var walk func(at string, v reflect.Type)
	walk = func(at string, v reflect.Type) {
		for v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return
		}
		for i := range v.NumField() {
			f := v.Field(i)
			if !f.IsExported() {
				continue
			}
			if f.Tag.Get("json") == "" || f.Tag.Get("doc") == "" {
				t.Errorf("%s.%s says not what it is", at, f.Name)
			}
			if name := strings.ToLower(f.Name); (strings.Contains(name, "secret") || strings.Contains(name, "password")) && f.Tag.Get("writeOnly") != "true" {
				t.Errorf("%s.%s would be shown", at, f.Name)
			}
			walk(at+"."+f.Name, f.Type)
		}
	}
	walk("Settings", reflect.TypeOf(Form().Settings))
	for _, p := range providers {
		if err := Form().Check(accountWith(p, "")); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	for _, field := range Fields {
		if f, _ := reflect.TypeOf(Layout{}).FieldByName("Columns"); !strings.Contains(f.Tag.Get("doc"), field) {
			t.Errorf("columns say nothing of %s", field)
		}
	}
}
