package thread

import (
	"strings"
	"testing"
)

// A base subject is RFC 5256 section 2.1's, a row a rule.
func TestBaseSubject(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"", ""},
		{"A broken cup", "A broken cup"},
		{"  A \t broken\r\n cup  ", "A broken cup"},                 // step 1
		{"A broken cup (fwd)", "A broken cup"},                      // step 2
		{"A broken cup (FWD)(fwd)  (Fwd) ", "A broken cup"},         //
		{"A broken cup (fwd) today", "A broken cup (fwd) today"},    //
		{"Re: A broken cup", "A broken cup"},                        // step 3
		{"RE :A broken cup", "A broken cup"},                        //
		{"Fw: re: FWD:A broken cup", "A broken cup"},                //
		{"Re[2]: A broken cup", "A broken cup"},                     // a blob before the colon
		{"re [list] : A broken cup", "A broken cup"},                //
		{"[shop] Re: A broken cup", "A broken cup"},                 // blobs before it
		{"[shop] [cups] Re: [urgent] A broken cup", "A broken cup"}, // step 4
		{"Re: [shop] Re[3]: A broken cup", "A broken cup"},          // step 5
		{"Regarding: a broken cup", "Regarding: a broken cup"},      // not a mark of a reply
		{"Re", "Re"},
		{"Re A broken cup", "Re A broken cup"},
		{"AW: A broken cup", "AW: A broken cup"}, // the standard knows English ones alone
		{"Re:", ""},
		{"Re: (fwd)", ""},
		{"[shop]", "[shop]"},                    // the last blob is the base
		{"[shop] [cups]", "[cups]"},             //
		{"Re: [shop]", "[shop]"},                //
		{"[shop] Re:", ""},                      //
		{"[fwd: A broken cup]", "A broken cup"}, // step 6
		{"[Fwd: Re: [FWD: A broken cup (fwd)] ]", "A broken cup"}, // and again from step 2
		{"[fwd: A broken cup] today", "today"},                    // a blob, since it goes on
		{"[fwd: A broken cup", "[fwd: A broken cup"},
		{"[a[b] A broken cup", "[a[b] A broken cup"}, // brackets don't nest in a blob
		{"Re: Café — «été»", "Café — «été»"},
	} {
		if got := BaseSubject(tc.in); got != tc.want {
			t.Errorf("BaseSubject(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
}

// A base subject has none of its own left to lose, and neither replying nor
// forwarding changes it.
func FuzzBaseSubject(f *testing.F) {
	for _, s := range []string{"Re: [a] (fwd)", "[fwd: [fwd: x]]", "[a][b]re[c]:", "re [", "(fwd)", "[a[b]]:", "fw\t[x]\n:y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		base := BaseSubject(s)
		if again := BaseSubject(base); again != base {
			t.Errorf("base of %q is %q, whose base is %q", s, base, again)
		}
		for _, form := range []string{"Re: %", "Fwd[2]:%", "[list] re: %", "% (fwd)", " Fw : % "} {
			if got := BaseSubject(strings.Replace(form, "%", s, 1)); got != base {
				t.Errorf("base of %q as %q is %q, want %q", s, form, got, base)
			}
		}
		if len(base) > len(s) {
			t.Errorf("base of %q is longer: %q", s, base)
		}
	})
}
