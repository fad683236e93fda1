package inbox

import "testing"

// An account vouches for identities of its channel's kinds, or of those that it
// names, and never above its highest proof; of others nothing is more than
// claimed, and no proof is outside the scale.
func TestMayVouch(t *testing.T) {
	for _, c := range []struct {
		account Account
		kind    IdentityKind
		in      Proof
		want    Proof
	}{
		{Account{Channel: Email, MaxProof: Proven}, EmailAddress, Proven, Proven},
		{Account{Channel: Email, MaxProof: Proven}, EmailAddress, Signed, Proven},
		{Account{Channel: Email, MaxProof: Signed}, PhoneNumber, Proven, Claimed},
		{Account{Channel: Email, MaxProof: Inferred}, PhoneNumber, Proven, Inferred},
		{Account{Channel: Chat, MaxProof: Signed}, EmailAddress, Signed, Signed},
		{Account{Channel: Chat, MaxProof: Signed, Kinds: []IdentityKind{ChatVisitor}}, EmailAddress, Signed, Claimed},
		{Account{Channel: Chat, MaxProof: Signed, Kinds: []IdentityKind{ShopAccount}}, ShopAccount, Signed, Signed},
		{Account{Channel: Social, MaxProof: Proven}, ShopAccount, Signed, Claimed},
		{Account{Channel: Shop, MaxProof: Signed + 5}, ShopAccount, Signed + 9, Signed},
		{Account{Channel: Shop, MaxProof: Signed}, ShopAccount, -3, Inferred},
		{Account{Channel: "fax", MaxProof: Signed}, PhoneNumber, Signed, Claimed},
	} {
		if got := c.account.MayVouch(c.kind, c.in); got != c.want {
			t.Errorf("%+v vouches for %s at %d with %d, want %d", c.account, c.kind, c.in, got, c.want)
		}
	}
}
