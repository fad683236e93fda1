package phone

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"skein/connectors"
)

func missedLine(n int) string {
	return cdrLine(fmt.Sprintf("+43660123%04d", n), "100", "", "PJSIP/t-0000001a", "PJSIP/11-0000001b", "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "NO ANSWER", fmt.Sprintf("1780394400.%d", n))
}

func write(t *testing.T, path, text string, flags int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flags, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func follow(t *testing.T, path, more string) (*desk, *Connector) {
	t.Helper()
	account := accountWith(Asterisk, `"file": "`+path+`"`+more)
	d := newDesk(t, account)
	c := New(Config{Log: slog.New(slog.DiscardHandler)})
	c.Handler(d)
	return d, c
}

func (d *desk) has(n int) func() bool {
	return func() bool {
		d.Mu.Lock()
		defer d.Mu.Unlock()
		return len(d.Items) >= n
	}
}

// A file is followed from where it was when the account was made, through both
// ways of rotating it, through half-written lines, and from a stored place on:
// every line once.
func TestFollowFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "Master.csv")
	write(t, path, missedLine(1)+missedLine(2), 0)
	d, c := follow(t, path, "")
	stop := d.receive(c, "")
	d.until("the place in the file", func() bool { d.Mu.Lock(); defer d.Mu.Unlock(); return strings.Contains(d.Cursor, `"line":2`) })

	half := missedLine(3)
	write(t, path, half[:40], os.O_APPEND)
	write(t, path, half[40:]+missedLine(4), os.O_APPEND)
	d.until("3 and 4", d.has(2))

	// Renamed, as logrotate does: what is still written to the old file counts.
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, path+".1", missedLine(5), os.O_APPEND)
	write(t, path, missedLine(6), 0)
	d.until("5 and 6", d.has(4))

	// Stopped, rotated, written to, and started again from the stored place.
	if err := stop(); err == nil {
		t.Fatal("Receive ended by itself")
	}
	write(t, path, missedLine(7), os.O_APPEND)
	if err := os.Rename(path, path+"-20260602"); err != nil {
		t.Fatal(err)
	}
	write(t, path, missedLine(8), 0)
	d.Mu.Lock()
	cursor := d.Cursor
	d.Mu.Unlock()
	stop = d.receive(c, cursor)
	d.until("7 and 8", d.has(6))

	// Copied and emptied.
	write(t, path, missedLine(9), os.O_APPEND)
	d.until("9", d.has(7))
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path+".2", string(all)+missedLine(10), 0)
	write(t, path, missedLine(11), os.O_TRUNC)
	d.until("10 and 11", d.has(9))
	write(t, path, missedLine(12), os.O_APPEND)
	d.until("12", d.has(10))
	_ = stop()

	var got []string
	for _, in := range d.Items {
		_, n, _ := strings.Cut(in.Call.ID, ".")
		got = append(got, n)
		if in.Lane != connectors.LaneLive {
			t.Errorf("line %s is %s", n, in.Lane)
		}
	}
	if s := strings.Join(got, " "); s != "3 4 5 6 7 8 9 10 11 12" {
		t.Errorf("lines %s came, want 3 to 12 once each", s)
	}
}

// A file that is not there yet is waited for.
func TestFollowLateFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "Master.csv")
	d, c := follow(t, path, "")
	d.receive(c, "")
	d.until("the empty place", func() bool { d.Mu.Lock(); defer d.Mu.Unlock(); return strings.Contains(d.Cursor, `"caughtUp":true`) })
	write(t, path, missedLine(1), 0)
	d.until("1", d.has(1))
}

// History comes in silently, from a day on; a broken line is kept and named by
// its number.
func TestFollowFileFrom(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "Master.csv")
	d, c := follow(t, path, `, "importSince": "2026-06-02"`)
	write(t, path, strings.ReplaceAll(missedLine(1), "2026-06-02", "2026-06-01")+missedLine(2)+"half a line\n"+missedLine(3), 0)
	d.receive(c, "")
	d.until("history", d.has(3))
	write(t, path, missedLine(4), os.O_APPEND)
	d.until("4", d.has(4))
	want := "1780394400.2: in +436601230002>100 missed rang 20 at 10:00:00\n1780394400.3: in +436601230003>100 missed rang 20 at 10:00:00\n1780394400.4: in +436601230004>100 missed rang 20 at 10:00:00\n" +
		"message: This came in a form that can't be shown here (line 3 of Master.csv: it has 1 columns: Asterisk writes 16 to 21). Its source is kept."
	if got := d.calls(); got != want {
		t.Errorf("there is\n%s\nwant\n%s", got, want)
	}
	for i, in := range d.Items {
		if history := i < 3; history != (in.Lane == connectors.LaneBulk) {
			t.Errorf("item %d goes by %s", i, in.Lane)
		}
		if in.Raw == nil || in.Raw.Size == 0 {
			t.Errorf("item %d has lost its line", i)
		}
	}
}

// FreeSWITCH's legs are joined across looks, whichever line is written first.
func TestFollowFreeSWITCH(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "Master.csv")
	a := `"Ann Lee","+436601234567","100","public","2026-06-02 12:00:00","2026-06-02 12:00:05","2026-06-02 12:01:05","65","60","NORMAL_CLEARING","` + legA + `","` + legB + `","","PCMU","PCMU"` + "\n"
	b := `"Ann Lee","+436601234567","11","default","2026-06-02 12:00:01","2026-06-02 12:00:05","2026-06-02 12:01:05","64","60","NORMAL_CLEARING","` + legB + `","","","PCMU","PCMU"` + "\n"
	write(t, path, "", 0)
	d := newDesk(t, accountWith(FreeSWITCH, `"recheck": "200ms", "file": "`+path+`"`))
	c := New(Config{})
	c.Handler(d)
	stop := d.receive(c, "")
	d.until("the place in the file", func() bool { d.Mu.Lock(); defer d.Mu.Unlock(); return d.Cursor != "" })
	write(t, path, b, os.O_APPEND)
	write(t, path, a, os.O_APPEND)
	d.until("both legs", d.has(2))
	if got, want := d.calls(), legA+": in +436601234567>100 answered rang 5 talked 60 11 at 10:00:00"; got != want {
		t.Errorf("there is\n%s\nwant\n%s", got, want)
	}
	// A leg whose call was read before the stop.
	_ = stop()
	other := strings.ReplaceAll(b, "-0002-", "-0003-")
	first := strings.ReplaceAll(strings.ReplaceAll(a, "-0002-", "-0003-"), "-0001-", "-0009-")
	write(t, path, first, os.O_APPEND)
	d.Mu.Lock()
	cursor := d.Cursor
	d.Mu.Unlock()
	stop = d.receive(c, cursor)
	d.until("the next first leg", d.has(3))
	_ = stop()
	write(t, path, other, os.O_APPEND)
	d.Mu.Lock()
	cursor = d.Cursor
	d.Mu.Unlock()
	d.receive(c, cursor)
	d.until("its other leg", d.has(4))
	if n := strings.Count(d.calls(), "\n"); n != 1 {
		t.Errorf("there is\n%s\nwant two calls", d.calls())
	}
}

// A file is imported whole, a broken line is named, and a second time brings the
// same.
func TestImportCSV(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "calls.csv")
	write(t, path, missedLine(1)+"nonsense\n"+cdrLine("11", "12", "", "PJSIP/11-0000001a", "PJSIP/12-0000001b", "Dial", "2026-06-02 12:00:00", "", "2026-06-02 12:00:20", 20, 0, "NO ANSWER", "3.3")+strings.TrimSpace(missedLine(4)), 0)
	var ids [2][]string
	for round := range ids {
		counts, err := ImportCSV(t.Context(), path, accountWith(Asterisk, ""), func(in connectors.Inbound) error {
			ids[round] = append(ids[round], in.EventID)
			if in.Lane != connectors.LaneBulk || in.Account != "line" || in.Raw == nil {
				t.Errorf("it is %+v", in)
			}
			return nil
		})
		if err != nil || counts.Calls != 2 || counts.Inside != 1 || len(counts.Broken) != 1 || counts.Broken[0].Line != 2 {
			t.Errorf("ImportCSV() = %+v, %v", counts, err)
		}
	}
	if fmt.Sprint(ids[0]) != fmt.Sprint(ids[1]) {
		t.Errorf("ids %v and then %v", ids[0], ids[1])
	}
	if _, err := ImportCSV(t.Context(), path, accountWith(CSV, ""), func(connectors.Inbound) error { return nil }); err == nil || !strings.Contains(err.Error(), `no column "Call Time"`) {
		t.Errorf("a file without the columns: %v", err)
	}
}
