package email

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

// A cursor reads back as it was written; one that can't be read is an error,
// since taking it for a new account would lose mail.
func TestPosition(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	p := &position{Version: 1, Folders: map[string]*place{"INBOX": {
		Validity: 7, Start: 3, Next: 9, Begun: now, Newest: now, Todo: []imap.UID{4, 5},
		Import: &sweep{Since: now, Next: 1, Below: 3}, Held: []held{{UID: 8, Lane: "live", Why: "x", Since: now, Retry: now}},
	}}}
	got, err := parsePosition(p.String())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Errorf("position (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"x", "{", `{"v":2}`, `{"v":1,"folders":3}`} {
		if _, err := parsePosition(bad); err == nil {
			t.Errorf("parsePosition(%q) = nil error", bad)
		}
	}
	if p, err := parsePosition(`{"v":1,"folders":{"INBOX":null}}`); err != nil || len(p.Folders) != 0 {
		t.Errorf("a null folder: %+v, %v", p, err)
	}
}

// After a renumbering everything from before the newest mail on is read again,
// never history from before the account began, and held mails too.
func TestRenumbered(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	newest := begun.AddDate(0, 0, 30)
	for _, tt := range []struct {
		name string
		p    place
		want time.Time
	}{
		{"nothing seen yet", place{Begun: begun}, begun},
		{"seen", place{Begun: begun, Newest: newest}, newest.Add(-overlap)},
		{"seen just after the beginning", place{Begun: begun, Newest: begun.Add(time.Hour)}, begun},
		{"one held for long", place{Begun: begun, Newest: newest, Held: []held{{UID: 1, Since: begun.AddDate(0, 0, 20)}}}, begun.AddDate(0, 0, 18)},
		{"again before it was finished", place{Begun: begun, Newest: newest, Rescan: &sweep{Since: begun, Next: 2, Below: 5}}, begun},
	} {
		tt.p.renumbered(9, 100)
		if r := tt.p.Rescan; !r.Since.Equal(tt.want) || r.Next != 1 || r.Below != 100 || tt.p.Next != 100 || tt.p.Validity != 9 || tt.p.Held != nil {
			t.Errorf("%s: %+v, rescan %+v, want it since %s", tt.name, tt.p, r, tt.want)
		}
	}
}

// A date in the future must not move the overlap.
func TestSawFuture(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := &place{}
	p.saw(now.AddDate(10, 0, 0), now)
	if p.Newest.After(now) {
		t.Errorf("newest is %s, want at most now", p.Newest)
	}
}

// A held mail is tried again later and later, and there is an end to how many.
func TestHold(t *testing.T) {
	t.Parallel()
	now := time.Now()
	p := &place{}
	var delays []time.Duration
	for range 8 {
		if err := p.hold(5, "live", "broken", now); err != nil {
			t.Fatal(err)
		}
		delays = append(delays, p.Held[0].Retry.Sub(now))
	}
	m := time.Minute
	if diff := cmp.Diff([]time.Duration{m, 2 * m, 4 * m, 8 * m, 16 * m, 32 * m, 60 * m, 60 * m}, delays); diff != "" {
		t.Errorf("delays (-want +got):\n%s", diff)
	}
	for i := range maxHeld - 1 {
		if err := p.hold(imap.UID(100+i), "live", "", now); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.hold(9999, "live", "all broken", now); err == nil {
		t.Error("there is no end to held mails")
	}
	p.release(5)
	if len(p.Held) != maxHeld-1 {
		t.Errorf("%d held after one was released", len(p.Held))
	}
}

// "n:*" names the newest mail even when it is below n; a server's "*" or a
// span of billions must not be taken at its word.
func TestAfter(t *testing.T) {
	t.Parallel()
	r := func(a, b imap.UID) imap.UIDRange { return imap.UIDRange{Start: a, Stop: b} }
	for _, tt := range []struct {
		set  imap.UIDSet
		next imap.UID
		want []imap.UID
	}{
		{nil, 1, nil},
		{imap.UIDSet{r(5, 5)}, 6, nil},
		{imap.UIDSet{r(1, 3), r(5, 9)}, 3, []imap.UID{3, 5, 6}},
		{imap.UIDSet{r(9, 7)}, 1, []imap.UID{7, 8, 9}},
		{imap.UIDSet{r(7, 0)}, 1, nil},
		{imap.UIDSet{r(1, math.MaxUint32)}, 5, []imap.UID{5, 6, 7}},
		{imap.UIDSet{r(math.MaxUint32, math.MaxUint32)}, 5, []imap.UID{math.MaxUint32}},
	} {
		if diff := cmp.Diff(tt.want, after(tt.set, tt.next, 3)); diff != "" {
			t.Errorf("after(%v, %d) (-want +got):\n%s", tt.set, tt.next, diff)
		}
	}
}

// An item of any size is cut to what the bus takes, and says so.
func TestFit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<&> ", maxItem/4)
	item := connectors.Inbound{Raw: &connectors.Body{Inline: make([]byte, connectors.MaxInline)},
		Message: &connectors.Message{Text: long, VisibleText: long, HTML: long}}
	for i := range 5000 {
		item.Message.Attachments = append(item.Message.Attachments, connectors.Attachment{Name: fmt.Sprint("file ", i), Body: connectors.Body{SHA256: strings.Repeat("0", 64)}})
		item.Message.References = append(item.Message.References, fmt.Sprint("id", i, "@example.test"))
	}
	fit(&item)
	b, err := json.Marshal(item)
	if err != nil || len(b) > maxItem {
		t.Errorf("the item takes %d bytes, want at most %d (%v)", len(b), maxItem, err)
	}
	refs := item.Message.References
	if len(item.Message.Problems) != 1 || len(item.Message.Text) < 1<<10 || len(refs) == 0 || refs[len(refs)-1] != "id4999@example.test" {
		t.Errorf("problems %q, %d bytes of text, references end in %q", item.Message.Problems, len(item.Message.Text), refs[max(0, len(refs)-1):])
	}
	short := connectors.Inbound{Message: &connectors.Message{Text: "hi", HTML: "<p>hi"}}
	fit(&short)
	if diff := cmp.Diff(&connectors.Message{Text: "hi", HTML: "<p>hi"}, short.Message); diff != "" {
		t.Errorf("a short message was changed:\n%s", diff)
	}
}

// Whatever part of a mail its sender makes long, the item fits.
func TestFitEveryPart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<", maxFieldValue)
	party := inbox.Party{Name: strings.Repeat("<", maxAddressField), Address: "a@b.test"}
	ids := slices.Repeat([]string{strings.Repeat("<", maxIDLength)}, maxMessageIDs)
	for name, msg := range map[string]connectors.Message{
		"subject":    {Subject: long},
		"names":      {From: party, To: []inbox.Party{party, party}, Cc: []inbox.Party{party}, ReplyTo: []inbox.Party{party}},
		"answers":    {InReplyTo: ids, References: ids},
		"attachment": {Attachments: []connectors.Attachment{{Name: long, Type: long, ContentID: long}}},
		"bounce":     {Bounces: []inbox.Bounce{{Recipient: long, Detail: long, Status: long}}},
		"problems":   {Problems: slices.Repeat([]string{long[:10<<10]}, maxProblems)},
		"reason":     {Automatic: inbox.Automatic{Reason: long}},
	} {
		item := connectors.Inbound{Raw: &connectors.Body{Inline: make([]byte, connectors.MaxInline)}, Message: &msg}
		item.Sender.Name = msg.From.Name
		fit(&item)
		if b, err := json.Marshal(item); err != nil || len(b) > maxItem {
			t.Errorf("%s: the item takes %d bytes, want at most %d (%v)", name, len(b), maxItem, err)
		}
	}
}

// Settings: what is left out has its default, what is wrong is named.
func TestParseSettings(t *testing.T) {
	t.Parallel()
	parse := func(s string) (*Settings, error) {
		return ParseSettings(connectors.Account{ID: "support", Address: "support@shop.test", Settings: json.RawMessage(s)})
	}
	s, err := parse(`{"imap":{"host":"imap.test"},"smtp":{"host":"smtp.test","port":587},"password":"p"}`)
	if err != nil {
		t.Fatal(err)
	}
	if s.IMAP.Port != 993 || s.IMAP.Security != securityTLS || s.SMTP.Security != securityStartTLS || s.Folder != "INBOX" ||
		s.IMAP.Username != "support@shop.test" || s.SMTP.Password != "p" || s.recheck != time.Minute || s.IMAP.Auth != authPassword {
		t.Errorf("defaults: %+v", s)
	}
	for _, tt := range []struct{ settings, names string }{
		{``, "cannot be read"},
		{`{"imap":{"host":"x"},"password":"p","impotrSince":"2026-01-01"}`, "impotrSince"},
		{`{"password":"p"}`, "imap.host"},
		{`{"imap":{"host":"x"}}`, "password"},
		{`{"imap":{"host":"x","security":"none"},"password":"p"}`, "imap.security"},
		{`{"imap":{"host":"x","security":"ssl"},"password":"p"}`, "imap.security"},
		{`{"imap":{"host":"x","port":70000},"password":"p"}`, "imap.port"},
		{`{"imap":{"host":"x"},"auth":"xoauth2"}`, "token"},
		{`{"imap":{"host":"x"},"password":"p","recheck":"1h"}`, "recheck"},
		{`{"imap":{"host":"x"},"password":"p","importSince":"last year"}`, "importSince"},
		{`{"imap":{"host":"x"},"password":"p","moveTo":"INBOX"}`, "moveTo"},
		{`{"imap":{"host":"x"},"password":"p","caPem":"x"}`, "PEM"},
		{`{"imap":{"host":"x"},"password":"a\r\nb"}`, "line break"},
	} {
		_, err := parse(tt.settings)
		if inbox.CodeOf(err) != inbox.Invalid || !strings.Contains(err.Error(), tt.names) {
			t.Errorf("ParseSettings(%s) = %v, want an invalid %s", tt.settings, err, tt.names)
		}
	}
	for _, ok := range []string{
		`{"imap":{"host":"127.0.0.1","security":"none"},"password":"p"}`,
		`{"imap":{"host":"mail.test","security":"none"},"password":"p","insecure":true}`,
		`{"imap":{"host":"x"},"smtp":{"host":"y","auth":"none"},"token":"t"}`,
	} {
		if _, err := parse(ok); err != nil {
			t.Errorf("ParseSettings(%s) = %v", ok, err)
		}
	}
}

// Whatever a cursor holds, reading it ends in an error or in one that reads
// back the same.
func FuzzPosition(f *testing.F) {
	f.Add(`{"v":1,"folders":{"INBOX":{"validity":1,"start":1,"next":2,"begun":"2026-03-02T10:00:00Z","rescan":{"since":"2026-03-02T10:00:00Z","next":1,"below":2}}}}`)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePosition(s)
		if err != nil {
			return
		}
		again, err := parsePosition(p.String())
		if err != nil || again.String() != p.String() {
			t.Errorf("%q became %q (%v)", p, again, err)
		}
	})
}
