package identity

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// said reads "name=Ann Lee; email=ann@x" as claims.
func said(s string) []inbox.Claim {
	var out []inbox.Claim
	for part := range strings.SplitSeq(s, ";") {
		field, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if ok {
			f := inbox.ClaimField(field)
			out = append(out, inbox.Claim{Field: f, Value: value, Key: ClaimKey(f, value, "GB"), Source: inbox.FromShop, Proof: inbox.Proven})
		}
	}
	return out
}

func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(h string) bool { return slices.Contains(b, h) })
}

// Those who may be one person find each other by a hint, score in the order in
// which an agent would rank them, and are told why.
func TestScore(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		hinted   bool
		from, to float64
		reasons  []string
	}{
		{"email=ann.lee@shop.example; name=Ann Lee", "email=ann.lee@shop.example; name=Ann Lee", true, .99, 1,
			[]string{"same mail address", "same name"}},
		{"email=ann.lee@gmail.com", "email=annlee+shop@googlemail.com", true, .9, 1,
			[]string{"mail addresses that differ in dots or a tag only"}},
		{"email=ann.lee+a@shop.example", "email=ann.lee+b@shop.example", true, .9, 1,
			[]string{"mail addresses that differ in dots or a tag only"}},
		{"email=ann.lee@shop.example", "email=ann_lee@shop.example", true, .5, .9,
			[]string{"mail addresses that differ in dots and dashes only"}},
		{"email=katherine.ray@shop.example", "email=catherine.rae@shop.example", false, .5, .9,
			[]string{"mail addresses that differ in a letter or two"}},
		{"email=ann.lee81@gmail.com; name=Ann Lee", "email=ann.lee81@gmial.com; name=Ann Lee", true, .9, 1,
			[]string{"mail addresses that differ in a letter or two", "same name"}},
		{"email=ann.lee81@gmail.com; name=Ann Lee", "email=ann.lee81@work.example; name=Ann Lee", true, .9, 1,
			[]string{"same mail address but for its domain", "same name"}},
		{"email=info@one-shop.example", "email=info@other.example", false, 0, .02, []string{}},
		{"phone=020 7946 0018; name=Ann Lee", "phone=+44 20 7946 0018", true, .9, 1, []string{"same telephone number"}},
		{"name=Ann Lee; birthday=1980-03-14", "name=Lee, Ann; birthday=14.3.1980", true, .9, 1, []string{"same birthday", "same name"}},
		{"name=Ann Lee; birthday=1980-03-14", "name=Lee Ann; birthday=1980-03-14", true, .9, 1, []string{"same birthday", "same names in the other order"}},
		{"name=Robert Lee; birthday=1980-03-14; address=1 High Street, Leeds LS1 4AB", "name=Rob Leigh; birthday=1980-04-14; address=Leeds", true, .5, 1,
			[]string{"birthdays that differ by a slip", "same city", "similar surname", "similar first name"}},
		{"name=Ann Lee; birthday=1980-03-14", "name=Ann Lee; birthday=1951-09-30", true, 0, .02, []string{"not the same birthday", "same name"}},
		{"name=Ann Lee; birthday=1980-03-14", "name=Bob Lee; birthday=1980-03-14", true, .7, .95, []string{"same birthday", "same surname", "not the same first name"}},
		{"name=Ann Lee", "name=ANN LÉE", true, 0, Worth - .001, []string{"same name"}},
		{"name=Ann Lee; address=Leeds", "name=Ann Lee; address=1 High Street, Leeds", true, .3, .6, []string{"same name", "same city"}},
		{"name=Ann Lee; company=Acme Ltd", "name=Bob Ray; company=ACME Ltd.", false, 0, .02, []string{"not the same surname", "not the same first name", "same company"}},
		{"email=test@test.com; name=Ann Lee", "email=test@test.com; name=Bob Ray", false, 0, .01, []string{"not the same surname", "not the same first name"}},
		{"email=a1b2c3d4@members.ebay.com", "email=a1b2c3d5@members.ebay.com", false, 0, .02, []string{}},
		{"", "", false, 0, .02, []string{}},
	} {
		a, b := NewProfile(said(c.a), nil), NewProfile(said(c.b), nil)
		score, reasons := Score(a, b)
		if score < c.from || score > c.to {
			t.Errorf("Score(%q, %q) = %.3f, want %.3f to %.3f", c.a, c.b, score, c.from, c.to)
		}
		if diff := cmp.Diff(c.reasons, reasons); diff != "" {
			t.Errorf("Score(%q, %q): reasons (-want +got):\n%s", c.a, c.b, diff)
		}
		x, y := Hints(said(c.a), inbox.IdentityRef{}, ""), Hints(said(c.b), inbox.IdentityRef{}, "")
		if shares(x, y) != c.hinted {
			t.Errorf("hints %q of %q and %q of %q: shared %t, want %t", x, c.a, y, c.b, !c.hinted, c.hinted)
		}
	}
}

// Of several values the likest counts: a person has old addresses and names.
func TestScoreOfSeveral(t *testing.T) {
	a := NewProfile(said("email=ann@old.example; email=ann.lee@new.example; name=Ann Ray; name=Ann Lee"), nil)
	own := inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "ann.lee@new.example"}
	score, reasons := Score(a, NewProfile(nil, []inbox.IdentityRef{own}, "Ann Lee"))
	if want := []string{"same mail address", "same name"}; score < .9 || !slices.Equal(reasons, want) {
		t.Errorf("Score = %.3f, %q; want at least .9, %q", score, reasons, want)
	}
	if got := NewProfile(nil, nil, "ann.lee@new.example"); len(got.names) != 0 {
		t.Errorf("a name that is an address is taken for one: %v", got.names)
	}
}

// It is one question whichever of the two it is asked of, and the answer is a
// probability.
func TestScoreIsSymmetric(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	values := map[inbox.ClaimField][]string{
		inbox.ClaimName:     {"Ann Lee", "Lee Ann", "Anne Leigh", "Anna", "Lee Bob", "Bob Ray", "A Lee", "李 小明", "Zoë Łuk", "Elżbieta Łuk"},
		inbox.ClaimEmail:    {"ann.lee@gmail.com", "annlee@googlemail.com", "ann.lee1@gmail.com", "ann.lee@work.example", "x@members.ebay.com", "info@work.example"},
		inbox.ClaimPhone:    {"+442079460018", "+442079460019", "+12125550187"},
		inbox.ClaimBirthday: {"1980-03-14", "1980-03-15", "1981-04-16", "1951-09-30", "1980-03-99"},
		inbox.ClaimAddress:  {"1 High Street, Leeds LS1 4AB", "Leads", "10115 Berlin", "Berlin"},
		inbox.ClaimCompany:  {"Acme", "Other"},
	}
	random := func() Profile {
		var claims []inbox.Claim
		for field, list := range values {
			for range r.IntN(3) {
				claims = append(claims, inbox.Claim{Field: field, Value: anyOf(r, list)})
			}
		}
		return NewProfile(claims, nil)
	}
	for range 3_000 {
		a, b := random(), random()
		score, reasons := Score(a, b)
		back, reasonsBack := Score(b, a)
		if score != back || !slices.Equal(reasons, reasonsBack) {
			t.Fatalf("Score(%+v, %+v) = %v, %q; the other way %v, %q", a, b, score, reasons, back, reasonsBack)
		}
		if !(score >= 0 && score <= 1) {
			t.Fatalf("Score(%+v, %+v) = %v, want 0 to 1", a, b, score)
		}
	}
}

// Hints are few, the same for the same claims, and never of what is nobody's or
// stands for one relation.
func TestHints(t *testing.T) {
	own := inbox.IdentityRef{Kind: inbox.EmailAddress, Key: "ann.lee+shop@gmail.com"}
	got := Hints(said("phone=020 7946 0018; birthday=1980-03-14; address=1 High Street, Leeds; name=Anne Leigh; name=A Ray; birthday=1980-03-15"), own, "Ann Lee")
	if len(got) != maxHints {
		t.Errorf("%d hints %q, want %d", len(got), got, maxHints)
	}
	for _, want := range []string{"local:a54", "phone:+442079460018", "born:1980-03-14", "name:a5|l"} {
		if !slices.Contains(got, want) {
			t.Errorf("hints %q have no %q", got, want)
		}
	}
	for _, none := range []inbox.IdentityRef{
		{Kind: inbox.EmailAddress, Key: "a1b2c3@members.ebay.com"}, {Kind: inbox.EmailAddress, Key: "noreply@shop.example"},
		{Kind: inbox.PhoneNumber, Key: ""}, {Kind: inbox.SocialUser, Key: "ann"}, {},
	} {
		if got := Hints(nil, none, ""); len(got) != 0 {
			t.Errorf("Hints of %v = %q, want none", none, got)
		}
	}
}

// A name is read as its parts however it is written, a place as what tells it
// from others.
func TestRead(t *testing.T) {
	for s, want := range map[string]name{
		"Ann Lee": {"ann", "lee"}, "LEE, Ann": {"ann", "lee"}, "Dr. Ann M. Lee": {"ann", "lee"}, "Ann": {"", "ann"},
		"Zoë O’Neill-Łuk": {"zoe", "luk"}, "ann@shop.example": {}, " ": {}, "Straße": {"", "strasse"}, "李小明": {"", "李小明"},
	} {
		if got := readName(s); got != want {
			t.Errorf("readName(%q) = %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]place{
		"Leeds": {"", "leeds"}, "1 High Street, Leeds": {"", "leeds"}, "Hauptstr. 5, 10115 Berlin": {"10115", "berlin"},
		"12 Main St, Springfield, IL 62701": {"62701", "il"}, "": {},
	} {
		if got := readPlace(s); got != want {
			t.Errorf("readPlace(%q) = %v, want %v", s, got, want)
		}
	}
}

// A distance counts what was mistyped, a sound what was misheard.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		limit int
		want  int
	}{
		{"lee", "lee", 2, 0}, {"lee", "le", 2, 1}, {"lee", "ele", 2, 1}, {"lee", "ray", 2, 3}, {"müller", "muller", 2, 1}, {"", "ann", 2, 3}, {"kitten", "sitting", 3, 3},
	} {
		if got := distance(c.a, c.b, c.limit); got != c.want || distance(c.b, c.a, c.limit) != got {
			t.Errorf("distance(%q, %q, %d) = %d, want %d, either way", c.a, c.b, c.limit, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b string
		same bool
	}{{"stephen", "steven", true}, {"schmidt", "smit", true}, {"meyer", "mayer", true}, {"lee", "leigh", true}, {"philip", "filip", true}, {"ann", "bob", false}, {"李", "李", true}} {
		if got := sound(c.a) == sound(c.b); got != c.same {
			t.Errorf("%q sounds as %q (%s), %q as %s: %t, want %t", c.a, sound(c.a), c.a, c.b, sound(c.b), got, c.same)
		}
	}
}
