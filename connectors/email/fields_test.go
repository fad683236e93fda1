package email

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// Addresses are read as people's mail writes them, and a display name never
// becomes one.
func TestParseAddresses(t *testing.T) {
	type ps = []inbox.Party
	for _, tt := range []struct {
		in   string
		want ps
	}{
		{"", nil},
		{"a@b.c", ps{{Address: "a@b.c"}}},
		{"<a@b.c>", ps{{Address: "a@b.c"}}},
		{"Ann Lee <a@b.c>", ps{{Address: "a@b.c", Name: "Ann Lee"}}},
		{`"Lee, Ann" <a@b.c>, d@e.f`, ps{{Address: "a@b.c", Name: "Lee, Ann"}, {Address: "d@e.f"}}},
		{"Lee, Ann <a@b.c>", ps{{Address: "a@b.c", Name: "Lee, Ann"}}},
		{"J. R. Lee <a@b.c>", ps{{Address: "a@b.c", Name: "J. R. Lee"}}},
		{"a@b.c (Ann Lee)", ps{{Address: "a@b.c", Name: "Ann Lee"}}},
		{"Ann a@b.c", ps{{Address: "a@b.c", Name: "Ann"}}},
		{"Ann <a@b.c", ps{{Address: "a@b.c", Name: "Ann"}}},
		{"Ann <mailto:a@b.c>", ps{{Address: "a@b.c", Name: "Ann"}}},
		{"Ann <@x,@y:a@b.c>", ps{{Address: "a@b.c", Name: "Ann"}}},
		{"a@b.c; d@e.f", ps{{Address: "a@b.c"}, {Address: "d@e.f"}}},
		{"Team: Ann <a@b.c>, d@e.f;, g@h.i", ps{{Address: "a@b.c", Name: "Ann"}, {Address: "d@e.f"}, {Address: "g@h.i"}}},
		{"undisclosed-recipients:;", nil},
		{`"a b"@c.d`, ps{{Address: `"a b"@c.d`}}},
		{"a@[192.0.2.1]", ps{{Address: "a@[192.0.2.1]"}}},
		{"=?utf-8?Q?J=C3=BCrgen?= <j@b.c>", ps{{Address: "j@b.c", Name: "Jürgen"}}},
		{`"=?utf-8?Q?J=C3=BCrgen?=" <j@b.c>`, ps{{Address: "j@b.c", Name: "Jürgen"}}},
		{"=?utf-8?Q?Lee,_Ann?= <a@b.c>", ps{{Address: "a@b.c", Name: "Lee, Ann"}}},
		{"=?utf-8?Q?ceo=40shop.example?= <thief@b.c>", ps{{Address: "thief@b.c", Name: "ceo@shop.example"}}},
		{"=?utf-8?Q?ceo=40shop.example_=3Cx=40y.z=3E?=", ps{{Name: "ceo@shop.example <x@y.z>"}}},
		{"<=?utf-8?Q?ceo=40shop.example?=>", ps{{Name: "<ceo@shop.example>"}}},
		{"=?utf-8?Q?a=40b.c=3E=2C_=3Cd?= <e@f.g>", ps{{Address: "e@f.g", Name: "a@b.c>, <d"}}},
		{"J\xfcrgen <j@b.c>", ps{{Address: "j@b.c", Name: "Jürgen"}}},
		{"用户 <用户@例子.example>", ps{{Address: "用户@例子.example", Name: "用户"}}},
		{"MAILER-DAEMON <MAILER-DAEMON>", ps{{Address: "MAILER-DAEMON"}}},
		{"Nobody", ps{{Name: "Nobody"}}},
		{"a @ b.c", ps{{Address: "a@b.c"}}},
	} {
		got := parseAddresses(tt.in, "")
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("parseAddresses(%q) (-want +got):\n%s", tt.in, diff)
		}
	}
}

// An address holds nothing that only an encoded word said.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"Ann <a@b.c>", "=?utf-8?Q?a=40b.c?= <d@e.f>", "Team: a@b.c;", "(x) a@b.c", `"a`, "<=?utf-8?B?YUBiLmM=?=>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		// A comment may stand within an address (RFC 5322 section 4.4).
		raw, _ := stripComments(s)
		raw = strings.Join(strings.Fields(raw), "")
		for _, p := range parseAddresses(s, "") {
			if !utf8.ValidString(p.Address) || !utf8.ValidString(p.Name) || strings.ContainsAny(p.Address+p.Name, "\x00\n\r") {
				t.Fatalf("no text: %q", p)
			}
			if p.Address == "" {
				continue
			}
			if strings.Contains(p.Address, "=?") {
				t.Fatalf("an encoded word is an address: %q of %q", p.Address, s)
			}
			at := strings.LastIndexByte(p.Address, '@')
			if domain := strings.Join(strings.Fields(p.Address[at+1:]), ""); !strings.Contains(raw, domain) {
				t.Fatalf("the domain %q is not in %q", domain, s)
			}
		}
	})
}

// Encoded words as real mailers write and break them.
func TestDecodeWords(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"},
		{"=?utf-8?Q?a_b?=", "a b"},
		{"=?iso-8859-1?q?this is some text?=", "this is some text"},
		{"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
		{"=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"},
		{"x=?utf-8?Q?a?=y", "xay"},
		{"=?utf-8?B?w6Q=?=", "ä"},
		{"=?utf-8?B?w6Q?=", "ä"},
		{"=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=", "ä"},
		{"=?utf-8?B?4oI=?= =?utf-8?B?rA==?=", "€"},
		{"=?utf-8*de?Q?=C3=A4?=", "ä"},
		{"=?utf-8?Q?open", "open"},
		{"=?utf-8?Q?open and on", "open and on"},
		{"=?gb2312?B?xOO6ww==?=", "你好"},
		{"=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=", "テスト"},
		{"=?x-none?Q?abc?=", "abc"},
		{"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
		{"=?utf-8", "=?utf-8"},
		{"a =? b", "a =? b"},
	} {
		if got := decodeWords(tt.in); got != tt.want {
			t.Errorf("decodeWords(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestParams(t *testing.T) {
	for _, tt := range []struct {
		in, value string
		attrs     map[string]string
	}{
		{"Text/Plain; charset=UTF-8", "text/plain", map[string]string{"charset": "UTF-8"}},
		{`text/plain (comment); charset="utf-8"; name="a;b.txt"`, "text/plain", map[string]string{"charset": "utf-8", "name": "a;b.txt"}},
		{"attachment; filename*=utf-8''%C3%A4.txt", "attachment", map[string]string{"filename": "ä.txt"}},
		{"attachment; filename*1=b.txt; filename*0=a", "attachment", map[string]string{"filename": "ab.txt"}},
		{"attachment; filename*0*=iso-8859-1'de'%E4; filename*1=.txt", "attachment", map[string]string{"filename": "ä.txt"}},
		{`attachment; filename="=?utf-8?Q?=C3=A4.txt?="`, "attachment", map[string]string{"filename": "ä.txt"}},
		{"attachment; filename=a b.txt", "attachment", map[string]string{"filename": "a b.txt"}},
		{`attachment; filename="C:\dir\a.txt"`, "attachment", map[string]string{"filename": `C:\dir\a.txt`}},
		{"", "", map[string]string{}},
		{";;;", "", map[string]string{}},
	} {
		value, attrs := params(tt.in)
		if value != tt.value || !cmp.Equal(attrs, tt.attrs) {
			t.Errorf("params(%q) = %q, %q, want %q, %q", tt.in, value, attrs, tt.value, tt.attrs)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
	}{
		{"<a@b> <c@d>", []string{"a@b", "c@d"}},
		{"<a@b><a@b>", []string{"a@b"}},
		{"<a\t@b>", []string{"a@b"}},
		{`Your message of "Sat" <a@b>`, []string{"a@b"}},
		{"a@b c@d", []string{"a@b", "c@d"}},
		{"<a@b <c@d>", []string{"a@b", "c@d"}},
		{"nothing", nil},
		{"", nil},
	} {
		if got := messageIDs(tt.in); !cmp.Equal(got, tt.want) {
			t.Errorf("messageIDs(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	many := make([]string, 0, 3000)
	for i := range 3000 {
		many = append(many, "<"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String()+"@x>")
	}
	got := messageIDs(strings.Join(many, " "))
	if len(got) != maxMessageIDs || "<"+got[0]+">" != many[0] || "<"+got[len(got)-1]+">" != many[2999] {
		t.Errorf("of 3000 ids %d are kept, from %q to %q", len(got), got[0], got[len(got)-1])
	}
}

func TestParseDate(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Sun, 1 Mar 2026 10:15:00 +0100", "2026-03-01T10:15:00+01:00"},
		{"1 Mar 2026 10:15 EST", "2026-03-01T10:15:00-05:00"},
		{"Sun,  1 Mar 2026 10:15:00 GMT+0100 (CET)", "2026-03-01T10:15:00+01:00"},
		{"1 March 2026 10:15:00", "2026-03-01T10:15:00Z"},
		{"Sun Mar  1 10:15:00 2026", "2026-03-01T10:15:00Z"},
		{"2026-03-01 10:15:00 +0000", "2026-03-01T10:15:00Z"},
		{"Sunday, March 1, 2026 3:15 PM", "2026-03-01T15:15:00Z"},
		{"1 Mar 99 10:15:00 +0000", "1999-03-01T10:15:00Z"},
		{"nonsense", ""},
		{"1 Mar 1801 10:15:00 +0000", ""},
		{"32 Mar 2026", ""},
		{"", ""},
	} {
		got := ""
		if at, ok := parseDate(tt.in); ok {
			got = at.Format(time.RFC3339)
		}
		if got != tt.want {
			t.Errorf("parseDate(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
