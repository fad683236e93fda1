package email

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

func importOptions() Options {
	return Options{Account: connectors.Account{ID: "support"}, Store: putBody, Lane: connectors.LaneBulk, ReceivedAt: time.Unix(1e9, 0)}
}

// Every file of a folder comes in once, on the bulk lane, with the same event
// ids the second time; one that can't be read stops nothing.
func TestImportEML(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, raw []byte) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.eml", rawMail("a"))
	write("deep/er/b", rawMail("b"))
	write("empty.eml", nil)
	write("noise.eml", []byte{0, 1, 2, 0xff, '\n', '\n', 0})
	write(".hidden/c.eml", rawMail("c"))
	write("big.eml", append(rawMail("big"), strings.Repeat("0123456789\r\n", 40<<10)...))

	var runs [2][]string
	for i := range runs {
		counts, err := ImportEML(t.Context(), []string{dir, filepath.Join(dir, "missing.eml")}, importOptions(), func(item connectors.Inbound) error {
			if item.Lane != connectors.LaneBulk || item.EventID == "" || item.Raw == nil {
				t.Errorf("item %+v, want one on the bulk lane with an event id and its source", item)
			}
			runs[i] = append(runs[i], item.EventID)
			return nil
		})
		if err != nil || counts.Mails != 5 || counts.Failed != 1 || len(counts.Problems) != 1 {
			t.Errorf("ImportEML = %+v, %v; want 5 mails and one file not read", counts, err)
		}
	}
	if diff := cmp.Diff(runs[0], runs[1]); diff != "" {
		t.Errorf("event ids differ the second time:\n%s", diff)
	}

	stop := errors.New("bus is away")
	if _, err := ImportEML(t.Context(), []string{dir}, importOptions(), func(connectors.Inbound) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("ImportEML = %v, want emit's error", err)
	}
}

// A row a rule of how an mbox is cut.
func TestImportMbox(t *testing.T) {
	t.Parallel()
	const from = "From ada@customer.test Mon Mar  2 10:00:00 2026\n"
	for _, tt := range []struct {
		name, mbox string
		want       []string // the raw mails
		invalid    bool
	}{
		{name: "empty", mbox: ""},
		{name: "blank lines", mbox: "\n\n"},
		{name: "one", mbox: from + "Subject: a\n\nhi\n", want: []string{"Subject: a\r\n\r\nhi\r\n"}},
		{name: "two", mbox: from + "Subject: a\n\nhi\n\n" + from + "Subject: b\n\nho\n\n", want: []string{"Subject: a\r\n\r\nhi\r\n", "Subject: b\r\n\r\nho\r\n"}},
		{name: "CRLF", mbox: strings.ReplaceAll(from+"Subject: a\n\nhi\n\n"+from+"\nho", "\n", "\r\n"), want: []string{"Subject: a\r\n\r\nhi\r\n", "\r\nho"}},
		{name: "quoted", mbox: from + "\n>From here\n>>From there\n> From x\n>Fromage\n", want: []string{"\r\nFrom here\r\n>From there\r\n> From x\r\n>Fromage\r\n"}},
		{name: "a sentence", mbox: from + "Subject: a\n\nhi\n\nFrom now on it is 2026.\n", want: []string{"Subject: a\r\n\r\nhi\r\n\r\nFrom now on it is 2026.\r\n"}},
		{name: "no empty line before", mbox: from + "Subject: a\n\nhi\n" + from, want: []string{"Subject: a\r\n\r\nhi\r\n" + strings.TrimSpace(from) + "\r\n"}},
		{name: "blank lines kept", mbox: from + "\n\n\nhi\n\n\n", want: []string{"\r\n\r\n\r\nhi\r\n\r\n"}},
		{name: "empty mail", mbox: from + "\n" + from + "x\n", want: []string{"", "x\r\n"}},
		{name: "long line", mbox: from + strings.Repeat("y", 200<<10) + "\n\n" + from + "z\n", want: []string{strings.Repeat("y", 200<<10) + "\r\n", "z\r\n"}},
		{name: "spills to a file", mbox: from + strings.Repeat("0123456789\n", 200<<10) + "\n" + from + "z\n", want: []string{strings.Repeat("0123456789\r\n", 200<<10), "z\r\n"}},
		{name: "a dash alone", mbox: "From - \nSubject: a\n\nhi\n\nFrom -\nSubject: b\n\nFrom - to\n", want: []string{"Subject: a\r\n\r\nhi\r\n", "Subject: b\r\n\r\nFrom - to\r\n"}},
		{name: "not an mbox", mbox: "Subject: a\n\nhi\n", invalid: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := cutMbox(tt.mbox)
			if tt.invalid {
				if inbox.CodeOf(err) != inbox.Invalid {
					t.Errorf("error %v, want an invalid mbox", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mails (-want +got):\n%.2000s", diff)
			}
		})
	}
	counts, err := ImportMbox(t.Context(), strings.NewReader(from+string(rawMail("a"))+"\n"+from+string(rawMail("b"))), importOptions(), func(connectors.Inbound) error { return nil })
	if err != nil || counts.Mails != 2 {
		t.Errorf("ImportMbox = %+v, %v; want 2 mails", counts, err)
	}
}

func cutMbox(s string) (mails []string, err error) {
	m := newMbox(strings.NewReader(s))
	defer m.mail.close()
	for {
		more, err := m.next()
		if err != nil {
			return mails, err
		}
		if m.found {
			b := make([]byte, m.mail.size)
			if n, _ := m.mail.readerAt().ReadAt(b, 0); int64(n) != m.mail.size {
				return mails, fmt.Errorf("read %d of %d", n, m.mail.size)
			}
			mails = append(mails, string(b))
		}
		m.mail.close()
		if !more {
			return mails, nil
		}
	}
}

// What was quoted and joined comes apart again, whatever the mails hold.
func FuzzMbox(f *testing.F) {
	f.Add("Subject: a\n\nhi", "x\n\nFrom a 10:00 2026\n>From b")
	f.Add("", "\n\n\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		const from = "From a@b Mon Mar  2 10:00:00 2026\n"
		var box strings.Builder
		var want []string
		for _, mail := range []string{a, b} {
			mail = strings.NewReplacer("\r", "").Replace(mail)
			box.WriteString(from)
			var raw strings.Builder
			for line := range strings.SplitSeq(mail, "\n") {
				raw.WriteString(line + "\r\n")
				if strings.HasPrefix(strings.TrimLeft(line, ">"), "From ") {
					line = ">" + line
				}
				box.WriteString(line + "\n")
			}
			box.WriteString("\n")
			want = append(want, raw.String())
		}
		got, err := cutMbox(box.String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
