package phone

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const legA, legB = "5c5c1f2e-0001-4d6a-9a61-000000000001", "5c5c1f2e-0002-4d6a-9a61-000000000002"

// variables of a leg as mod_json_cdr and mod_xml_cdr write them, with changes.
func variables(changes ...string) map[string]string {
	v := map[string]string{
		"uuid": legA, "call_uuid": legA, "direction": "inbound", "start_stamp": "2026-06-02 12:00:00", "answer_stamp": "2026-06-02 12:00:05", "end_stamp": "2026-06-02 12:01:05",
		"start_epoch": "1780394400", "answer_epoch": "1780394405", "end_epoch": "1780394465", "duration": "65", "billsec": "60", "hangup_cause": "NORMAL_CLEARING",
		"last_app": "bridge", "last_arg": "user/11", "bleg_uuid": legB, "signal_bond": legB, "sip_user_agent": "Kamailio",
	}
	for i := 0; i+1 < len(changes); i += 2 {
		v[changes[i]] = changes[i+1]
	}
	return v
}

func bVariables(changes ...string) map[string]string {
	return variables(append([]string{"uuid", legB, "originating_leg_uuid", legA, "direction", "outbound", "bleg_uuid", "", "signal_bond", legA, "dialed_user", "11"}, changes...)...)
}

// percent is how FreeSWITCH encodes a value.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// jsonCDR is a record of mod_json_cdr.
func jsonCDR(v map[string]string, from, to string, encode bool) []byte {
	enc := func(s string) string { return s }
	if encode {
		enc = percent
	}
	vars := map[string]string{}
	for name, value := range v {
		vars[name] = enc(value)
	}
	flow := func(index, from, to string) map[string]any {
		return map[string]any{"dialplan": "XML", "profile_index": index, "caller_profile": map[string]any{
			"username": "", "caller_id_name": enc("Ann Lee"), "caller_id_number": enc(from), "ani": enc(from), "destination_number": enc(to), "uuid": v["uuid"], "originatees": []any{},
		}}
	}
	raw, _ := json.Marshal(map[string]any{
		"core-uuid": "c", "switchname": "pbx", "channel_data": map[string]any{"state": "CS_REPORTING"}, "callStats": map[string]any{},
		"variables": vars, "app_log": map[string]any{}, "callflow": []any{flow("2", from, "11"), flow("1", from, to)},
	})
	return raw
}

// xmlCDR is a record of mod_xml_cdr.
func xmlCDR(v map[string]string, from, to string) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?>` + "\n" + `<cdr core-uuid="c" switchname="pbx"><channel_data><state>CS_REPORTING</state></channel_data><variables>`)
	for _, name := range slices.Sorted(maps.Keys(v)) {
		fmt.Fprintf(&b, "<%s>%s</%s>", name, percent(v[name]), name)
	}
	b.WriteString(`</variables><app_log><application app_name="bridge" app_data="user%2F11"></application></app_log>`)
	for _, to := range []string{"11", to} {
		fmt.Fprintf(&b, `<callflow dialplan="XML"><extension name="x" number="y"/><caller_profile><caller_id_name>Ann%%20Lee</caller_id_name><caller_id_number>%s</caller_id_number><destination_number>%s</destination_number><originatee><originatee_caller_profile><caller_id_number>999</caller_id_number></originatee_caller_profile></originatee></caller_profile></callflow>`, percent(from), percent(to))
	}
	b.WriteString(`</cdr>`)
	return []byte(b.String())
}

// A record comes as JSON or XML, as it is, as a form or in base64: the same call
// is read of each.
func TestFreeSWITCHEncodings(t *testing.T) {
	t.Parallel()
	s := settingsOf(t, FreeSWITCH, "")
	const want = legA + ": in +436601234567>100 answered rang 5 talked 60 at 10:00:00"
	plain, encoded, x := jsonCDR(variables(), "+436601234567", "100", false), jsonCDR(variables(), "+436601234567", "100", true), xmlCDR(variables(), "+436601234567", "100")
	for _, c := range []struct {
		name, contentType string
		body              []byte
	}{
		{"json", "application/json", plain},
		{"json, values encoded", "application/json", encoded},
		{"json, a form", "application/x-www-form-urlencoded", []byte("cdr=" + percent(string(encoded)))},
		{"json, base64", "application/x-www-form-base64-encoded", []byte("cdr=" + base64.StdEncoding.EncodeToString(plain))},
		{"xml", "text/xml", x},
		{"xml, a form", "application/x-www-form-urlencoded", []byte("cdr=" + percent(string(x)))},
		{"xml, base64", "application/x-www-form-base64-encoded", []byte("cdr=" + base64.StdEncoding.EncodeToString(x))},
		{"xml, base64 and encoded", "application/x-www-form-urlencoded", []byte("cdr=" + percent(base64.StdEncoding.EncodeToString(x)))},
	} {
		words, err := s.freeswitchWords(c.contentType, c.body)
		if err != nil || told(words...) != want || words[0].name != "Ann Lee" {
			t.Errorf("%s: %v, it comes to\n%s\nwant\n%s", c.name, err, told(words...), want)
		}
	}
	for _, bad := range []string{"", "{}", `{"variables": 3}`, "<cdr>", "<cdr><variables></variables></cdr>", "cdr=%zz", "cdr=!!!", "hello", "<" + strings.Repeat("<a>", 500)} {
		if words, err := s.freeswitchWords("application/json", []byte(bad)); err == nil {
			t.Errorf("%.40q is taken for %s", bad, told(words...))
		}
	}
}

// The legs of a call come to one, in whatever order and by whatever they name
// each other.
func TestFreeSWITCHLegs(t *testing.T) {
	t.Parallel()
	none := []string{"answer_epoch", "0", "answer_stamp", "", "billsec", "0", "bleg_uuid", "", "signal_bond", ""}
	without := func(v map[string]string, names ...string) map[string]string {
		for _, n := range names {
			delete(v, n)
		}
		return v
	}
	type leg struct {
		v        map[string]string
		from, to string
	}
	const caller = "+436601234567"
	for _, c := range []struct {
		name string
		legs []leg
		want string
	}{
		{"two legs", []leg{{variables(), caller, "100"}, {bVariables(), caller, "11"}}, "in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00"},
		{"by originating_leg_uuid", []leg{{without(variables(), "call_uuid"), caller, "100"}, {without(bVariables(), "call_uuid"), caller, "11"}}, "in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00"},
		{"by signal_bond", []leg{{without(variables(), "call_uuid"), caller, "100"}, {without(bVariables(), "call_uuid", "originating_leg_uuid"), caller, "11"}}, "in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00"},
		{"the clocks alone", []leg{{without(variables(), "start_epoch", "answer_epoch", "end_epoch"), caller, "100"}}, "in +436601234567>100 answered rang 5 talked 60 at 10:00:00"},
		{"nobody", []leg{{variables(append(none, "hangup_cause", "NO_ANSWER")...), caller, "100"}, {bVariables(append(none, "hangup_cause", "NO_ANSWER")...), caller, "11"}}, "in +436601234567>100 missed rang 65 at 10:00:00"},
		{"the caller gives up", []leg{{variables(append(none, "hangup_cause", "ORIGINATOR_CANCEL", "end_epoch", "1780394409")...), caller, "100"}}, "in +436601234567>100 missed rang 9 at 10:00:00"},
		{"voicemail", []leg{{variables("last_app", "voicemail", "bleg_uuid", "", "signal_bond", ""), caller, "100"}}, "in +436601234567>100 voicemail rang 5 at 10:00:00"},
		{"a machine alone", []leg{{variables("last_app", "playback", "bleg_uuid", "", "signal_bond", ""), caller, "100"}}, "in +436601234567>100 missed rang 65 at 10:00:00"},
		{"a conference", []leg{{variables("last_app", "conference", "conference_name", "x", "bleg_uuid", "", "signal_bond", ""), caller, "100"}}, "in +436601234567>100 answered rang 5 talked 60 at 10:00:00"},
		{"ours", []leg{{variables("user_name", "11"), "+4315550100", "06601234567"}, {bVariables("dialed_user", ""), "+4315550100", "06601234567"}}, "out +4315550100>06601234567 answered rang 5 talked 60 11 at 10:00:00"},
		{"ours, busy", []leg{{variables(append(none, "hangup_cause", "USER_BUSY")...), "11", "06601234567"}}, "out 11>06601234567 busy rang 65 11 at 10:00:00"},
		{"among ourselves", []leg{{variables(), "11", "12"}}, ""},
		{"withheld", []leg{{variables(append(none, "hangup_cause", "NO_ANSWER")...), "anonymous", "100"}}, "in withheld>100 missed rang 65 at 10:00:00"},
		{"a recording", []leg{{variables("record_path", "/rec/a b.wav"), caller, "100"}}, "in +436601234567>100 answered rang 5 talked 60 at 10:00:00 recording(a b.wav https://pbx.example/rec/a%20b.wav)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := settingsOf(t, FreeSWITCH, `"recordings": {"base": "https://pbx.example/rec/"}`)
			var words []word
			for _, l := range c.legs {
				w, err := s.freeswitchWords("application/json", jsonCDR(l.v, l.from, l.to, true))
				if err != nil {
					t.Fatal(err)
				}
				words = append(words, w...)
			}
			want := c.want
			if want != "" {
				want = legA + ": " + want
			}
			if got := everyWay(t, words); got != want {
				t.Errorf("it comes to\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Whatever is posted is a call with an id, nobody's, or refused.
func FuzzFreeSWITCH(f *testing.F) {
	f.Add("application/json", jsonCDR(variables(), "+436601234567", "100", true))
	f.Add("text/xml", xmlCDR(bVariables(), "+436601234567", "11"))
	f.Add("application/x-www-form-base64-encoded", []byte("cdr=e30="))
	s := settingsOf(f, FreeSWITCH, "")
	f.Fuzz(func(t *testing.T, contentType string, raw []byte) {
		if words, err := s.freeswitchWords(contentType, raw); err == nil {
			wordsHold(t, words)
		}
	})
}
