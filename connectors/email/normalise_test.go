package email

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden.json")

// hashStore keeps nothing but size and hash.
func hashStore(_ context.Context, r io.Reader) (connectors.Body, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return connectors.Body{Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

func options() Options {
	return Options{
		Account:    connectors.Account{ID: "support", Channel: inbox.Email, Address: "Support@shop.example", Own: []string{"sales@shop.example"}},
		ReceivedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		AuthServID: []string{"mx.shop.example"},
		Lane:       connectors.LaneLive,
		Store:      hashStore,
	}
}

func read(t testing.TB, raw string) connectors.Inbound {
	t.Helper()
	item, err := Normalise(t.Context(), strings.NewReader(raw), int64(len(raw)), options())
	if err != nil {
		t.Fatalf("Normalise: %v", err)
	}
	return item
}

// Each mail in testdata gives the item beside it.
func TestNormaliseGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			item := read(t, string(raw))
			checkItem(t, item)
			var buf bytes.Buffer
			enc := json.NewEncoder(&buf)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "\t")
			if err := enc.Encode(item); err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".eml") + ".golden.json"
			if *update {
				if err := os.WriteFile(golden, buf.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), buf.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", golden, diff)
			}
		})
	}
}

// checkItem states what holds of every item, whatever the mail.
func checkItem(t *testing.T, item connectors.Inbound) {
	t.Helper()
	walkStrings(reflect.ValueOf(item), func(s string) {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			t.Fatalf("a string of the item is no text: %q", cut(fmt.Sprintf("%q", s), 200))
		}
	})
	if item.Message == nil || item.Raw == nil || item.EventID == "" || item.ExternalID == "" || item.Key == "" {
		t.Fatalf("the item is not whole: %+v", item)
	}
	m := item.Message
	if strings.TrimSpace(m.VisibleText) != "" && !linesOf(m.VisibleText, m.Text) {
		t.Fatalf("visible %q is not made of lines of %q", m.VisibleText, m.Text)
	}
	if strings.Contains(strings.ToLower(m.HTML), "<script") {
		t.Fatalf("a script survived: %q", m.HTML)
	}
}

func walkStrings(v reflect.Value, check func(string)) {
	switch v.Kind() {
	case reflect.String:
		check(v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			walkStrings(v.Elem(), check)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walkStrings(v.Field(i), check)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkStrings(v.Index(i), check)
		}
	}
}

// Whatever the bytes, there is an item, and it is fit to be stored and shown.
func FuzzNormalise(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.eml")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		item, err := Normalise(t.Context(), bytes.NewReader(raw), int64(len(raw)), options())
		if err != nil {
			t.Fatal(err)
		}
		checkItem(t, item)
	})
}

// A mail of 24 MB passes through in a third of that memory, and its attachment comes
// out whole.
func TestLargeMail(t *testing.T) {
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("0123456789abcdef"), 3)) + "\r\n"
	const lines = 24 << 20 / 66
	head := "From: a@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Type: application/pdf; name=big.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	path := filepath.Join(t.TempDir(), "big")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	_, _ = io.WriteString(file, head)
	block := []byte(strings.Repeat(line, 1000))
	for i := 0; i < lines; i += 1000 {
		if _, err := file.Write(block[:min(1000, lines-i)*len(line)]); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = io.WriteString(file, "--b--\r\n")
	info, _ := file.Stat()

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	item, err := Normalise(t.Context(), file, info.Size(), options())
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("a mail of %d MB took %d KB of memory", info.Size()>>20, got>>10)
	}
	if m := item.Message; m.Text != "Hello" || len(m.Attachments) != 1 || m.Attachments[0].Body.Size != lines*48 {
		t.Errorf("text %q, attachments %+v, want one of %d bytes", m.Text, m.Attachments, lines*48)
	}
	if item.Raw.Size != info.Size() {
		t.Errorf("raw has %d bytes, want %d", item.Raw.Size, info.Size())
	}
}

// A mail of ten thousand parts, one nested a thousand deep and other shapes that
// cost much are bounded, and what was not taken apart is kept.
func TestHostileShapes(t *testing.T) {
	var many strings.Builder
	many.WriteString("From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n")
	for i := range 10000 {
		fmt.Fprintf(&many, "--b\nContent-Type: image/png; name=%d.png\n\n%d\n", i, i)
	}
	many.WriteString("--b--\n")

	var deep strings.Builder
	deep.WriteString("From: a@example.org\n")
	for i := range 1000 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	deep.WriteString("\nHello\n")

	var messages strings.Builder
	for range 1000 {
		messages.WriteString("From: a@example.org\nContent-Type: message/rfc822\n\n")
	}
	messages.WriteString("Hello\n")

	for _, tt := range []struct {
		name, raw, problem, attachment string
		parts                          int
	}{
		{"ten thousand parts", many.String(), "more than 1000 parts", "further-parts.txt", maxParts - 1},
		{"a thousand deep", deep.String(), "nested more than 50 deep", "nested-parts.txt", 1},
		{"messages in messages", messages.String(), "", "message.eml", 1},
		{"a header of 10 MB", "From: a@example.org\nX: " + strings.Repeat("y", 10<<20) + "\n\nHello", "", "", 0},
		{"a hundred thousand fields", strings.Repeat("X: y\n", 100000) + "From: a@example.org\n\nHello", "header is too long", "", 0},
		{"a line of 5 MB", "From: a@example.org\n\n" + strings.Repeat("x", 5<<20), "longer than", "", 0},
		{"HTML nested deep", "From: a@example.org\nContent-Type: text/html\n\n" + strings.Repeat("<div><b>", 30000) + "Hello", "", "", 0},
		{"addresses", "From: a@example.org\nTo: " + strings.Repeat("b@example.org,", 100000) + "\n\nHello", "", "", 0},
		{"comments", "From: " + strings.Repeat("(", 200000) + "\n\nHello", "cannot be read", "", 0},
		{"quotes", "From: " + strings.Repeat("\"<", 100000) + "\n\nHello", "cannot be read", "", 0},
		{"encoded words", "Subject: " + strings.Repeat("=?", 100000) + "\nFrom: a@example.org\n\nHello", "", "", 0},
		{"parameters", "Content-Type: text/plain" + strings.Repeat("; a*0*=", 50000) + "\nFrom: a@example.org\n\nHello", "", "", 0},
		{"signature marks", "From: a@example.org\n\n" + strings.Repeat("--\nx\n\n", 2500), "", "", 0},
		{"rules", "From: a@example.org\n\n" + strings.Repeat("\n______\nOn 1 May\n", 2500), "", "", 0},
		{"text and HTML unlike each other", "From: a@example.org\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\n" + strings.Repeat("abcdefgh\n", 100000) + "--b\nContent-Type: text/html\n\n<div class=gmail_quote>" + strings.Repeat("ijklmnop <br>", 70000) + "\n--b--\n", "", "", 0},
		{"quotes in a text", "From: a@example.org\n\n" + strings.Repeat("On 1 May\n\n\n<", 100000), "", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			began := cpuTime(t)
			item := read(t, tt.raw)
			if took := cpuTime(t) - began; took > time.Minute {
				t.Errorf("it took %v", took)
			}
			checkItem(t, item)
			m := item.Message
			if problems := strings.Join(m.Problems, "; "); !strings.Contains(problems, tt.problem) {
				t.Errorf("problems %q, want one of %q", problems, tt.problem)
			}
			if len(m.Attachments) != tt.parts {
				t.Errorf("%d attachments, want %d", len(m.Attachments), tt.parts)
			}
			if tt.parts > 0 && m.Attachments[len(m.Attachments)-1].Name != tt.attachment {
				t.Errorf("last attachment %q, want %q", m.Attachments[len(m.Attachments)-1].Name, tt.attachment)
			}
			if item.Raw.Size != int64(len(tt.raw)) {
				t.Errorf("raw has %d bytes, want %d", item.Raw.Size, len(tt.raw))
			}
		})
	}
}

// Broken mail keeps what can be read of it.
func TestBrokenMail(t *testing.T) {
	for _, tt := range []struct {
		name, raw, from, subject, text string
		problem                        bool
	}{
		{"empty", "", "", "", "", true},
		{"no header", "Hello there\nAnn", "", "", "Hello there\nAnn", true},
		{"CRLF", "From: a@b.c\r\nSubject: x\r\n\r\nHello\r\nAnn\r\n", "a@b.c", "x", "Hello\nAnn", false},
		{"CR", "From: a@b.c\rSubject: x\r\rHello\rAnn\r", "a@b.c", "x", "Hello\nAnn", false},
		{"mbox line", "From a@b.c Tue Mar  3 10:15:00 2020\nFrom: a@b.c\nSubject: x\n\nHello", "a@b.c", "x", "Hello", false},
		{"blank lines first", "\n\nFrom: a@b.c\nSubject: x\n\nHello", "a@b.c", "x", "Hello", false},
		{"no blank line", "From: a@b.c\nSubject: x\nHello, this is text\nAnn", "a@b.c", "x", "Hello, this is text\nAnn", true},
		{"a line that is no field", "From: a@b.c\ngarbage\nSubject: x\n\nHello", "a@b.c", "x", "Hello", true},
		{"blank before the colon", "From : a@b.c\nSubject : x\n\nHello", "a@b.c", "x", "Hello", false},
		{"folded subject", "From: a@b.c\nSubject: one\n two\n\nHello", "a@b.c", "one two", "Hello", false},
		{"NUL", "From: a@b.c\nSubject: x\x00y\n\nHel\x00lo", "a@b.c", "xy", "Hello", false},
		{"no last boundary", "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello", "a@b.c", "", "Hello", false},
		{"no boundary named", "From: a@b.c\nContent-Type: multipart/mixed\n\n--b-b-b\nContent-Type: text/plain\n\nHello\n--b-b-b--", "a@b.c", "", "Hello", true},
		{"another boundary named", "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\n--b-b-b\nContent-Type: text/plain\n\nHello\n--b-b-b--", "a@b.c", "", "Hello", true},
		{"a multipart of none", "From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\nHello", "a@b.c", "", "Hello", true},
		{"two parts of text", "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n\nAnn\n--b--\n", "a@b.c", "", "Hello\n\nAnn", false},
		{"an unknown charset", "From: a@b.c\nContent-Type: text/plain; charset=no-such-thing\n\nGr\xc3\xbc\xc3\x9fe", "a@b.c", "", "Grüße", true},
		{"no charset", "From: a@b.c\n\nGr\xc3\xbc\xc3\x9fe", "a@b.c", "", "Grüße", false},
		{"a wrong charset", "From: a@b.c\nContent-Type: text/plain; charset=utf-8\n\nGr\xfc\xdfe aus K\xf6ln", "a@b.c", "", "Grüße aus Köln", true},
		{"8 bit in a header", "From: a@b.c\nSubject: Gr\xc3\xbc\xc3\x9fe\n\nHello", "a@b.c", "Grüße", "Hello", false},
		{"Latin-1 in a header", "From: a@b.c\nSubject: Gr\xfc\xdfe\n\nHello", "a@b.c", "Grüße", "Hello", false},
		{"UTF-7", "From: a@b.c\nContent-Type: text/plain; charset=utf-7\n\nGr+APwA3w-e", "a@b.c", "", "Grüße", false},
		{"ISO-2022-JP", "From: a@b.c\nContent-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B%F%9%H\x1b(B", "a@b.c", "", "テスト", false},
		{"base64 with garbage", "From: a@b.c\nContent-Transfer-Encoding: base64\n\nSGVs!!\nbG8", "a@b.c", "", "Hello", true},
		{"broken quoted-printable", "From: a@b.c\nContent-Transfer-Encoding: quoted-printable\n\n100 =\n% =ZZ=", "a@b.c", "", "100 % =ZZ", true},
		{"HTML only", "From: a@b.c\nContent-Type: text/html\n\n<p>Hello<br>Ann</p>", "a@b.c", "", "Hello\nAnn", false},
		{"HTML by its looks", "From: a@b.c\n\n<html><body>Hello</body></html>", "a@b.c", "", "Hello", false},
		{"flowed", "From: a@b.c\nContent-Type: text/plain; format=flowed\n\nHello \nyou\n> a \n> b\n-- \nAnn", "a@b.c", "", "Hello you\n> a b\n-- \nAnn", false},
	} {
		item := read(t, "Date: Sun, 1 Mar 2026 10:00:00 +0000\n"+tt.raw)
		if strings.Contains(tt.raw[:min(1, len(tt.raw))], "\n") || strings.HasPrefix(tt.raw, "From a") || strings.HasPrefix(tt.raw, "Hello") || tt.raw == "" || strings.Contains(tt.raw, "\r") {
			item = read(t, tt.raw)
			item.Message.Problems = without(item.Message.Problems, "the mail has no date")
		}
		m := item.Message
		if m.From.Address != tt.from || m.Subject != tt.subject || strings.TrimRight(m.Text, "\n") != tt.text {
			t.Errorf("%s: from %q, subject %q, text %q\nwant %q, %q, %q", tt.name, m.From.Address, m.Subject, m.Text, tt.from, tt.subject, tt.text)
		}
		if (len(m.Problems) > 0) != tt.problem {
			t.Errorf("%s: problems %q, want some: %v", tt.name, m.Problems, tt.problem)
		}
	}
}

func without(in []string, s string) (out []string) {
	for _, v := range in {
		if v != s {
			out = append(out, v)
		}
	}
	return out
}

// What is said with one customer has one key, whoever wrote it.
func TestKey(t *testing.T) {
	for _, tt := range []struct{ header, want string }{
		{"From: A@b.c\nMessage-ID: <3@x>\nReferences: <1@x> <2@x>", "a@b.c"},
		{"From: Support@Shop.example\nTo: A@b.c", "a@b.c"},
		{"From: sales@shop.example\nReply-To: A@b.c\nTo: support@shop.example", "a@b.c"},
	} {
		if got := read(t, tt.header+"\n\nx").Key; got != tt.want {
			t.Errorf("key of %q = %q, want %q", tt.header, got, tt.want)
		}
	}
	if a, b := read(t, "Subject: x\n\na"), read(t, "Subject: x\n\nb"); a.Key == "" || a.Key == b.Key {
		t.Errorf("keys of mails from nobody = %q, %q", a.Key, b.Key)
	}
	a, b := read(t, "Message-ID: <1@x>\n\na"), read(t, "Message-ID: <1@x>\n\nb")
	if a.EventID == b.EventID || a.ExternalID == b.ExternalID {
		t.Errorf("two mails of one Message-ID are one: %q", a.ExternalID)
	}
}

// An error comes from the store, never from the mail.
func TestStoreFails(t *testing.T) {
	full := errors.New("disk full")
	opt := options()
	calls := 0
	opt.Store = func(ctx context.Context, r io.Reader) (connectors.Body, error) {
		if calls++; calls == 2 {
			return connectors.Body{}, full
		}
		return hashStore(ctx, r)
	}
	raw := "From: a@b.c\nContent-Type: application/pdf\n\nx"
	if _, err := Normalise(t.Context(), strings.NewReader(raw), int64(len(raw)), opt); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}
