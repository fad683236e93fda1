package phone

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// linesOf reads a file's text as the account's layout has it: words, and what
// could not be read.
func linesOf(t testing.TB, s *Settings, text string) (words []word, broken []string) {
	t.Helper()
	rec := newRecords(s, "/x/Master.csv")
	each := func(do func(record)) {
		in := bufio.NewReaderSize(strings.NewReader(text), maxReader)
		for n := 1; ; {
			r, err := rec.read(in, n, true)
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			do(r)
			n += r.lines()
		}
	}
	each(rec.learn)
	each(func(r record) {
		if s.layout.headed() && rec.headings == nil {
			if err := rec.head(r.cells); err != nil {
				t.Fatal(err)
			}
			return
		}
		w, ok, err := rec.word(r)
		switch {
		case err != nil:
			broken = append(broken, fmt.Sprintf("%d: %v", r.line.n, err))
		case ok:
			words = append(words, w)
		}
	})
	return words, broken
}

// line is a record of Asterisk with the columns that there are before uniqueid.
func cdrLine(src, dst, clid, channel, dstchannel, app, start, answer, end string, duration, billsec int, disposition string, more ...string) string {
	q := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	date := func(s string) string {
		if s == "" {
			return "" // Asterisk writes no quotes there
		}
		return q(s)
	}
	all := []string{q(""), q(src), q(dst), q("from-trunk"), q(clid), q(channel), q(dstchannel), q(app), q("PJSIP/11,20"), date(start), date(answer), date(end),
		fmt.Sprint(duration), fmt.Sprint(billsec), q(disposition), q("DOCUMENTATION")}
	for _, m := range more {
		all = append(all, q(m))
	}
	return strings.Join(all, ",") + "\n"
}

// Master.csv is read in each of the forms that Asterisk writes it in, and its
// records of one call come to one call.
func TestAsteriskFile(t *testing.T) {
	t.Parallel()
	const clid = `"Ann Lee" <+436601234567>`
	trunk, a11, a12 := "PJSIP/my-trunk-0000001a", "PJSIP/11-0000001b", "PJSIP/12-0000001c"
	for _, c := range []struct {
		name, text, want string
	}{
		{"16 columns", cdrLine("+436601234567", "100", clid, trunk, a11, "Dial", "2026-06-02 12:00:00", "2026-06-02 12:00:05", "2026-06-02 12:01:05", 65, 60, "ANSWERED"),
			"row-*: in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00"},
		{"17, with uniqueid", cdrLine("+436601234567", "100", clid, trunk, a11, "Dial", "2026-06-02 12:00:00", "2026-06-02 12:00:05", "2026-06-02 12:01:05", 65, 60, "ANSWERED", "1780394400.12"),
			"1780394400.12: in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00"},
		{"17, with userfield", cdrLine("+436601234567", "100", clid, trunk, a11, "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "NO ANSWER", "vip"),
			"row-*: in +436601234567>100 missed rang 20 at 10:00:00"},
		{"18", cdrLine("+436601234567", "100", clid, trunk, "", "VoiceMail", "2026-06-02 12:00:00", "2026-06-02 12:00:09", "2026-06-02 12:00:40", 40, 31, "ANSWERED", "pbx1-1780394400.12", "x"),
			"pbx1-1780394400.12: in +436601234567>100 voicemail rang 9 at 10:00:00"},
		{"19", cdrLine("+436601234567", "100", clid, trunk, a11, "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "BUSY", "", "1780394400.12", "7"),
			"1780394400.12: in +436601234567>100 missed rang 20 at 10:00:00"},
		{"20", cdrLine("+436601234567", "100", clid, trunk, a11, "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "FAILED", "1780394400.13", "", "1780394400.12", "7"),
			"1780394400.12: in +436601234567>100 missed rang 20 at 10:00:00"},
		{"21, a group of telephones",
			cdrLine("+436601234567", "100", clid, trunk, a11, "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:08", 8, 0, "NO ANSWER", "1780394400.12", "", "", "1780394400.12", "7") +
				cdrLine("+436601234567", "100", clid, trunk, a12, "Dial", "2026-06-02 12:00:00", "2026-06-02 12:00:08", "2026-06-02 12:01:08", 68, 60, "ANSWERED", "1780394400.12", "", "", "1780394400.12", "8"),
			"1780394400.12: in +436601234567>100 answered rang 8 talked 60 12 at 10:00:00"},
		{"handed on", cdrLine("+436601234567", "100", clid, trunk, a11, "Dial", "2026-06-02 12:00:00", "2026-06-02 12:00:05", "2026-06-02 12:00:25", 25, 20, "ANSWERED", "1780394400.12", "", "", "1780394400.12", "7") +
			cdrLine("+436601234567", "100", clid, trunk, a12, "Dial", "2026-06-02 12:00:25", "2026-06-02 12:00:30", "2026-06-02 12:02:00", 95, 90, "ANSWERED", "1780394400.12", "", "", "1780394400.12", "8"),
			"1780394400.12: in +436601234567>100 answered rang 5 talked 110 12 at 10:00:00"},
		{"nobody of the queue, then voicemail", cdrLine("+436601234567", "100", clid, trunk, a11, "Queue", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "NO ANSWER", "1.1", "", "", "1780394400.12", "7") +
			cdrLine("+436601234567", "100", clid, trunk, "", "VoiceMail", "2026-06-02 12:00:20", "2026-06-02 12:00:20", "2026-06-02 12:00:40", 20, 20, "ANSWERED", "1.2", "", "", "1780394400.12", "8"),
			"1780394400.12: in +436601234567>100 voicemail rang 20 at 10:00:00"},
		{"a machine alone answered", cdrLine("+436601234567", "s", clid, trunk, "", "Playback", "2026-06-02 12:00:00", "2026-06-02 12:00:00", "2026-06-02 12:00:20", 20, 20, "ANSWERED", "1780394400.12"),
			"1780394400.12: in +436601234567>s missed rang 20 at 10:00:00"},
		{"ours", cdrLine("11", "06601234567", `"Kim" <11>`, a11, trunk, "Dial", "2026-06-02 12:00:00", "2026-06-02 12:00:10", "2026-06-02 12:01:00", 60, 50, "ANSWERED", "1780394400.12"),
			"1780394400.12: out 11>06601234567 answered rang 10 talked 50 11 at 10:00:00"},
		{"ours in vain", cdrLine("11", "06601234567", `"Kim" <11>`, a11, trunk, "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:30", 30, 0, "NO ANSWER", "1780394400.12"),
			"1780394400.12: out 11>06601234567 missed rang 30 11 at 10:00:00"},
		{"among ourselves", cdrLine("11", "12", "", a11, a12, "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:30", 30, 0, "NO ANSWER", "1780394400.12") +
			cdrLine("11", "*97", "", a11, "", "VoiceMailMain", "2026-06-02 12:00:00", "2026-06-02 12:00:00", "2026-06-02 12:00:30", 30, 30, "ANSWERED", "1780394401.12"), ""},
		{"withheld", cdrLine("anonymous", "100", `"Anonymous" <anonymous>`, trunk, a11, "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "NO ANSWER", "1780394400.12"),
			"1780394400.12: in withheld>100 missed rang 20 at 10:00:00"},
		{"a short number by the trunk is a customer's", cdrLine("4711", "100", "", trunk, a11, "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "NO ANSWER", "1780394400.12"),
			"1780394400.12: in 4711>100 missed rang 20 at 10:00:00"},
		{"the hour that there is twice", cdrLine("+436601234567", "100", clid, trunk, a11, "Dial", "2026-10-25 02:50:00", "2026-10-25 02:50:10", "2026-10-25 02:10:10", 1210, 1200, "ANSWERED", "1792889400.12"),
			"1792889400.12: in +436601234567>100 answered rang 10 talked 1200 11 at 00:50:00"},
		{"a recording", cdrLine("+436601234567", "100", clid, trunk, a11, "Dial", "2026-06-02 12:00:00", "2026-06-02 12:00:05", "2026-06-02 12:01:05", 65, 60, "ANSWERED", "1780394400.12", "/var/spool/in 1-99.wav"),
			"1780394400.12: in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00 recording(1-99.wav https://pbx.example/rec/1-99.wav)"},
		{"template asterisk of FreeSWITCH", cdrLine("+436601234567", "100", clid, "sofia/external/x", "sofia/internal/11", "bridge", "2026-06-02 12:00:00", "2026-06-02 12:00:05", "2026-06-02 12:01:05", 65, 60, "NORMAL_CLEARING", "5c5c1f2e-0001-4d6a-9a61-000000000001", ""),
			"5c5c1f2e-0001-4d6a-9a61-000000000001: in +436601234567>100 answered rang 5 talked 60 100 at 10:00:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			words, broken := linesOf(t, settingsOf(t, Asterisk, `"recordings": {"base": "https://pbx.example/rec"}`), c.text)
			if len(broken) > 0 {
				t.Errorf("not read: %v", broken)
			}
			got := everyWay(t, words)
			if rest, found := strings.CutPrefix(c.want, "row-*"); found {
				_, got, _ = strings.Cut(got, ":")
				c.want = strings.TrimPrefix(rest, ":")
			}
			if got != c.want {
				t.Errorf("it comes to\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// A line that is broken costs itself alone, and is known by its number.
func TestBrokenLines(t *testing.T) {
	t.Parallel()
	good := func(n int) string {
		return cdrLine("+436601234567", "100", "", "PJSIP/t-0000001a", "PJSIP/11-0000001b", "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "NO ANSWER", fmt.Sprintf("178039440%d.1", n))
	}
	text := good(1) + "\"half a line\n" + good(2) + "\n" + `a,"b"c,d` + "\n" + good(3) + "1,2,3\n" + strings.Repeat("x", maxLine+5) + "\n" + good(4) +
		strings.Replace(good(5), "2026-06-02 12:00:00", "when it rained", 1) + good(6) +
		"\xff\xfe\x00garbage\n" + strings.TrimSuffix(good(7), "\n")
	words, broken := linesOf(t, settingsOf(t, Asterisk, ""), text)
	if len(words) != 6 {
		t.Errorf("%d calls are read, want 6", len(words))
	}
	var at []string
	for _, b := range broken {
		n, _, _ := strings.Cut(b, ":")
		at = append(at, n)
	}
	if got := strings.Join(at, " "); got != "2 4 5 7 8 10 12" {
		t.Errorf("broken lines are %s: %q", got, broken)
	}
	// A field that spans lines is one record, and its lines are counted.
	two := strings.Replace(good(1), `"DOCUMENTATION"`, "\"DOCU\nMENTATION\"", 1)
	if words, broken = linesOf(t, settingsOf(t, Asterisk, ""), two+"x\n"); len(words) != 1 || len(broken) != 1 || !strings.HasPrefix(broken[0], "3:") {
		t.Errorf("%d words, broken %q", len(words), broken)
	}
}

// FreeSWITCH's templates are read, and the legs of a call joined whichever line
// comes first.
func TestFreeSWITCHFile(t *testing.T) {
	t.Parallel()
	const a, b = "5c5c1f2e-0001-4d6a-9a61-000000000001", "5c5c1f2e-0002-4d6a-9a61-000000000002"
	legA := `"Ann Lee","+436601234567","100","public","2026-06-02 12:00:00","2026-06-02 12:00:05","2026-06-02 12:01:05","65","60","NORMAL_CLEARING","` + a + `","` + b + `","","PCMU","PCMU"` + "\n"
	legB := `"Ann Lee","+436601234567","11","default","2026-06-02 12:00:01","2026-06-02 12:00:05","2026-06-02 12:01:05","64","60","NORMAL_CLEARING","` + b + `","","","PCMU","PCMU"` + "\n"
	want := a + ": in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00"
	for _, c := range []struct {
		name, format, text, want string
	}{
		{"example", "", legA + legB, want},
		{"the other way round", "", legB + legA, want},
		{"sql", "freeswitch-sql", "INSERT INTO cdr VALUES (" + strings.TrimSpace(legA) + ");\n", strings.Replace(want, " 11 at", " at", 1)},
		{"the first leg alone", "", legA, strings.Replace(want, " 11 at", " at", 1)},
		{"nobody", "", `"Bob","+43660","100","public","2026-06-02 12:05:00","","2026-06-02 12:05:20","20","0","NO_ANSWER","` + a + `","","","",""` + "\n",
			a + ": in +43660>100 missed rang 20 at 10:05:00"},
		{"the caller gives up, unnamed", "", `"anonymous","anonymous","100","public","2026-06-02 12:06:00","","2026-06-02 12:06:03","3","0","ORIGINATOR_CANCEL","` + a + `","","","",""` + "\n",
			a + ": in withheld>100 missed rang 3 at 10:06:00"},
		{"open cdr", "freeswitch-opencdrcsv", `"` + b + `","` + a + `","outbound","+436601234567","11","2026-06-02 12:00:05","2026-06-02 12:01:05","60","","","10.0.0.1"` + "\n" +
			`"` + a + `","` + b + `","inbound","+436601234567","100","2026-06-02 12:00:05","2026-06-02 12:01:05","60","","","10.0.0.1"` + "\n",
			a + ": in +436601234567>100 answered talked 60 11 at 10:00:05"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			more := ""
			if c.format != "" {
				more = `"secrets": ["a:b"], "format": "` + c.format + `"`
			}
			words, broken := linesOf(t, settingsOf(t, FreeSWITCH, more), c.text)
			if got := everyWay(t, words); got != c.want || len(broken) > 0 {
				t.Errorf("it comes to\n%s\nwant\n%s\nbroken %v", got, c.want, broken)
			}
		})
	}
}

// Any CSV is read by its columns' headings or numbers, with its own words.
func TestColumns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, settings, text, want string
	}{
		{"3cx", `"format": "3cx"`, "\uFEFFCall Time,Call ID,From,To,Direction,Status,Ringing,Talking,Cost\n" +
			"2026-06-02T12:00:00,c1,+436601234567,11,Inbound,Answered,00:00:05,00:01:05,\n2026-06-02T12:02:00,c2,11,06601234567,Outbound,Unanswered,00:00:15,,\n",
			"c1: in +436601234567>11 answered rang 5 talked 65 11 at 10:00:00\nc2: out 11>06601234567 missed rang 15 11 at 10:02:00"},
		{"by numbers", `"columns": {"columns": {"start": "2", "from": "3", "to": "4", "talk": "5", "id": "1"}, "delimiter": ";"}`,
			"1;02.06.2026 12:00:00;0660 1234567;+43 1 5550100;61\n2;02.06.2026 12:00:00;unknown;+43 1 5550100;0\n",
			"1: in 0660 1234567>+43 1 5550100 answered talked 61 at 10:00:00\n2: in withheld>+43 1 5550100 missed at 10:00:00"},
		{"in its own words", `"columns": {"columns": {"start": "Wann", "from": "Wer", "to": "Wen", "direction": "Richtung", "disposition": "Ergebnis", "agent": "Mitarbeiter", "duration": "Dauer", "voicemail": "Band"},
			"times": ["2.1.06 15:04"], "dispositions": {"besetzt": "busy", "band": "voicemail"}, "directions": {"kommend": "in", "gehend": "out"}}`,
			"Wann,Wer,Wen,Richtung,Ergebnis,Mitarbeiter,Dauer,Band\n2.6.26 12:00,0660 1234567,11,kommend,Besetzt,Kim,5,\n2.6.26 12:05,11,0660 1234567,gehend,besetzt,Kim,5,\n2.6.26 12:09,0660 1234567,11,kommend,band,,9,https://pbx.example/vm.mp3\n",
			"row: in 0660 1234567>11 missed rang 5 at 10:00:00\nrow: out 11>0660 1234567 busy rang 5 Kim/11 at 10:05:00\nrow: in 0660 1234567>11 voicemail 11 at 10:09:00 voicemail(vm.mp3 https://pbx.example/vm.mp3)"},
		{"legs of one call", `"columns": {"columns": {"start": "start", "from": "from", "to": "to", "answer": "answer", "end": "end", "id": "id", "extension": "ext"}}`,
			"id,start,answer,end,from,to,ext\nc1,2026-06-02 12:00:00,,2026-06-02 12:00:10,+436601234567,+4315550100,11\nc1,2026-06-02 12:00:00,2026-06-02 12:00:10,2026-06-02 12:01:00,+436601234567,+4315550100,12\n",
			"c1: in +436601234567>+4315550100 answered rang 10 talked 50 12 at 10:00:00"},
		{"windows-1252", `"columns": {"columns": {"start": "1", "from": "2", "name": "3"}}`, "2026-06-02 12:00:00,0660 1234567,J\xf6rg\n", "row: in 0660 1234567> missed at 10:00:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			words, broken := linesOf(t, settingsOf(t, CSV, c.settings), c.text)
			got := everyWay(t, words)
			for _, w := range words {
				if strings.HasPrefix(w.call.ID, "row-") {
					got = strings.Replace(got, w.call.ID, "row", 1)
				}
				if c.name == "windows-1252" && w.name != "Jörg" {
					t.Errorf("the name is %q", w.name)
				}
			}
			if got != c.want || len(broken) > 0 {
				t.Errorf("it comes to\n%s\nwant\n%s\nbroken %v", got, c.want, broken)
			}
		})
	}
}

// Whatever is in a file, every line of it is a call, nobody's or named as broken
// with its number, and nothing takes long.
func FuzzFile(f *testing.F) {
	f.Add(0, cdrLine("+436601234567", "100", "", "PJSIP/t-0000001a", "PJSIP/11-0000001b", "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "NO ANSWER", "1.1"))
	f.Add(1, `"Bob","+43660","100","public","2026-06-02 12:05:00","","2026-06-02 12:05:20","20","0","NO_ANSWER","5c5c1f2e-0001-4d6a-9a61-000000000001","","","",""`)
	f.Add(2, "Call Time,From,To\n2026-06-02T12:00:00,+436601234567,11\n\"x\ny\",2\n")
	f.Fuzz(func(t *testing.T, kind int, text string) {
		s := settingsOf(t, []string{Asterisk, FreeSWITCH, CSV}[((kind%3)+3)%3], "")
		rec := newRecords(s, "/x/y.csv")
		in := bufio.NewReaderSize(strings.NewReader(text), maxReader)
		read := int64(0)
		for n := 1; ; {
			r, err := rec.read(in, n, true)
			if err != nil {
				break
			}
			read += r.line.size
			rec.learn(r)
			w, ok, err := rec.word(r)
			if err == nil && ok && (w.call.ID == "" || w.event == "" || w.call.Direction == "") {
				t.Errorf("line %d gives %+v", n, w)
			}
			if err == nil && ok {
				w.item(hashed(w.raw)).Call.Call.Settled()
			}
			n += r.lines()
		}
		if read != int64(len(text)) {
			t.Errorf("%d of %d bytes are read", read, len(text))
		}
	})
}

// A clock's time in any zone is read back as the clock shows it.
func FuzzTime(f *testing.F) {
	f.Add("2026-10-25 02:30:00", "Europe/Vienna")
	f.Add("1780394400", "UTC")
	f.Fuzz(func(t *testing.T, said, name string) {
		zone, err := time.LoadLocation(name)
		if err != nil {
			zone = time.UTC
		}
		at, ok := readTime(said, zone, time.Time{})
		if !ok {
			return
		}
		if again, ok := readTime(at.In(zone).Format("2006-01-02 15:04:05"), zone, at); !ok || again.Sub(at).Abs() >= time.Second {
			t.Errorf("%q in %s is %s, and that %s", said, name, at, again)
		}
	})
}
