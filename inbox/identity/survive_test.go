package identity

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

// Which value is shown is one rule, whatever the order: a shop over an agent
// over a channel, there the stronger proof, then the newest. Nothing is lost.
func TestSurvivors(t *testing.T) {
	claim := func(field inbox.ClaimField, source inbox.ClaimSource, value string, proof inbox.Proof, at int) inbox.OwnedClaim {
		return inbox.OwnedClaim{Claim: inbox.Claim{Field: field, Source: source, Value: value, Proof: proof, At: day(at)}, IdentityID: inbox.IdentityID(value)}
	}
	for _, c := range []struct {
		name   string
		claims []inbox.OwnedClaim
		want   []string // best first
	}{
		{"a shop wins, however old", []inbox.OwnedClaim{
			claim(inbox.ClaimName, inbox.FromAgent, "agent", 3, 9), claim(inbox.ClaimName, inbox.FromShop, "shop", 1, 1), claim(inbox.ClaimName, inbox.FromChannel, "channel", 3, 9),
		}, []string{"shop", "agent", "channel"}},
		{"proof before age", []inbox.OwnedClaim{
			claim(inbox.ClaimName, inbox.FromChannel, "claimed", 1, 9), claim(inbox.ClaimName, inbox.FromChannel, "signed", 3, 1),
			claim(inbox.ClaimName, inbox.FromChannel, "proven", 2, 5), claim(inbox.ClaimName, inbox.FromChannel, "guessed", 0, 9),
		}, []string{"signed", "proven", "claimed", "guessed"}},
		{"the newest within a rank", []inbox.OwnedClaim{
			claim(inbox.ClaimName, inbox.FromShop, "old", 3, 1), claim(inbox.ClaimName, inbox.FromShop, "new", 1, 2),
		}, []string{"new", "old"}},
		{"a value once", []inbox.OwnedClaim{
			claim(inbox.ClaimName, inbox.FromShop, "Ann  Lee", 3, 1), claim(inbox.ClaimName, inbox.FromChannel, "Ann Lee", 1, 2),
		}, []string{"Ann  Lee"}},
		{"an empty value says nothing", []inbox.OwnedClaim{
			claim(inbox.ClaimName, inbox.FromShop, " ", 3, 9), claim(inbox.ClaimName, inbox.FromChannel, "Ann", 1, 2),
		}, []string{"Ann"}},
	} {
		for range 20 {
			rand.Shuffle(len(c.claims), func(i, j int) { c.claims[i], c.claims[j] = c.claims[j], c.claims[i] })
			facts := Survivors(c.claims)
			var got []string
			for _, f := range facts {
				got = append(got, f.Value)
				for _, o := range f.Others {
					got = append(got, o.Value)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", c.name, diff)
			}
		}
	}
	if got := Survivors(nil); got == nil || len(got) != 0 {
		t.Errorf("Survivors(nil) = %#v, want an empty list", got)
	}
	fields := Survivors([]inbox.OwnedClaim{claim(inbox.ClaimPhone, inbox.FromShop, "1", 1, 1), claim(inbox.ClaimName, inbox.FromChannel, "Ann", 1, 1)})
	if len(fields) != 2 || fields[0].Field != inbox.ClaimName || fields[1].Field != inbox.ClaimPhone {
		t.Errorf("Survivors of two fields = %v, want the name and the telephone number", fields)
	}
}

// One no is a no, whoever else says yes later; other purposes are another matter.
func TestStrictest(t *testing.T) {
	yes := inbox.Consent{Purpose: "email_marketing", Granted: true, Source: "shop", At: day(9)}
	no := inbox.Consent{Purpose: "email_marketing", Source: "link", At: day(1)}
	newerNo := inbox.Consent{Purpose: "email_marketing", Source: "agent", At: day(2)}
	sms := inbox.Consent{Purpose: "sms_marketing", Granted: true, Source: "shop", At: day(1)}
	for _, c := range []struct{ in, want []inbox.Consent }{
		{nil, []inbox.Consent{}},
		{[]inbox.Consent{sms, yes}, []inbox.Consent{yes, sms}},
		{[]inbox.Consent{yes, no, sms}, []inbox.Consent{no, sms}},
		{[]inbox.Consent{no, newerNo, yes}, []inbox.Consent{newerNo}},
	} {
		if diff := cmp.Diff(c.want, Strictest(c.in)); diff != "" {
			t.Errorf("Strictest(%v) (-want +got):\n%s", c.in, diff)
		}
	}
}
