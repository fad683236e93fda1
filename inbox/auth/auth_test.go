package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"skein/inbox"
)

var (
	secret = []byte("0123456789abcdef-new")
	old    = []byte("0123456789abcdef-old")
	now    = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
)

func tokens(t testing.TB, secret []byte, retired ...[]byte) *Tokens {
	t.Helper()
	tokens, err := NewTokens(secret, retired...)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func wantDenied(t testing.TB, what string, err error) {
	t.Helper()
	if inbox.CodeOf(err) != inbox.Unauthorized {
		t.Errorf("%s: error %v, want unauthorized", what, err)
	}
}

// A token says who and by which session, for one use, for ten minutes, whatever
// secret of ours signed it; nothing else passes.
func TestToken(t *testing.T) {
	agent, session := inbox.NewID[inbox.AgentID](now), inbox.NewID[inbox.SessionID](now)
	mine := tokens(t, secret, old)
	token, expires, err := mine.Issue(agent, session, Access, now)
	if err != nil || !expires.Equal(now.Add(Lifetime)) {
		t.Fatal(expires, err)
	}
	want := Claims{agent, session, Access, expires}
	if got, err := mine.Verify(token, Access, now.Add(Lifetime-time.Second)); err != nil || !got.Expires.Equal(want.Expires) ||
		got.Agent != agent || got.Session != session {
		t.Errorf("Verify() = %+v, %v, want %+v", got, err, want)
	}
	_, err = mine.Verify(token, File, now)
	wantDenied(t, "another use", err)
	_, err = mine.Verify(token, Access, now.Add(Lifetime))
	wantDenied(t, "ended", err)
	_, err = tokens(t, old).Verify(token, Access, now)
	wantDenied(t, "a key that is not known", err)

	before, _, err := tokens(t, old).Issue(agent, session, Access, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mine.Verify(before, Access, now); err != nil {
		t.Errorf("a retired key: %v", err)
	}

	k := mine.keys[0]
	claims := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": issuer, "sub": string(agent), "sid": string(session), "use": "access", "exp": now.Add(time.Minute).Unix()}
	}
	sign := func(method jwt.SigningMethod, kid string, key any, change func(jwt.MapClaims)) string {
		c := claims()
		change(c)
		token := jwt.NewWithClaims(method, c)
		token.Header["kid"] = kid
		s, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	same := func(jwt.MapClaims) {}
	if _, err := mine.Verify(sign(jwt.SigningMethodHS256, k.id, k.sign, same), Access, now); err != nil {
		t.Fatalf("what is forged below is not else right: %v", err)
	}
	head, rest, _ := strings.Cut(token, ".")
	for name, forged := range map[string]string{
		"empty":           "",
		"none":            sign(jwt.SigningMethodNone, k.id, jwt.UnsafeAllowNoneSignatureType, same),
		"HS512":           sign(jwt.SigningMethodHS512, k.id, k.sign, same),
		"no key id":       sign(jwt.SigningMethodHS256, "", k.sign, same),
		"another's key":   sign(jwt.SigningMethodHS256, k.id, mine.keys[1].sign, same),
		"never ends":      sign(jwt.SigningMethodHS256, k.id, k.sign, func(c jwt.MapClaims) { delete(c, "exp") }),
		"another issuer":  sign(jwt.SigningMethodHS256, k.id, k.sign, func(c jwt.MapClaims) { c["iss"] = "x" }),
		"no use":          sign(jwt.SigningMethodHS256, k.id, k.sign, func(c jwt.MapClaims) { delete(c, "use") }),
		"not an agent":    sign(jwt.SigningMethodHS256, k.id, k.sign, func(c jwt.MapClaims) { c["sub"] = "1' OR 1=1" }),
		"not a session":   sign(jwt.SigningMethodHS256, k.id, k.sign, func(c jwt.MapClaims) { c["sid"] = "" }),
		"another header":  base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","kid":"`+k.id+`","x":1}`)) + "." + rest,
		"without its end": head + "." + rest[:len(rest)-1],
	} {
		_, err := mine.Verify(forged, Access, now)
		wantDenied(t, name, err)
	}
}

// A refresh token leads to one successor, says nothing of it, and is told from
// a made-up one; rotation of the secret keeps it good.
func TestRefresh(t *testing.T) {
	mine := tokens(t, secret, old)
	session := inbox.NewID[inbox.SessionID](now)
	first := tokens(t, old).NewRefresh(session)
	got, err := mine.ParseRefresh(first.Token)
	if err != nil || got.Session != session || !bytes.Equal(got.Hash, first.Hash) {
		t.Fatalf("ParseRefresh() = %+v, %v, want %+v", got, err, first)
	}
	next, again := mine.NextRefresh(got), mine.NextRefresh(got)
	if next.Token != again.Token || next.Token == first.Token || next.Session != session {
		t.Errorf("successors %q and %q of %q", next.Token, again.Token, first.Token)
	}
	if tokens(t, []byte("0123456789abcdef-xyz")).NextRefresh(got).Token == next.Token {
		t.Error("the successor doesn't depend on the secret")
	}
	if a, b := mine.NewRefresh(session), mine.NewRefresh(session); a.Token == b.Token {
		t.Error("two sessions begin with one token")
	}
	b, _ := base64.RawURLEncoding.DecodeString(first.Token)
	for i := range b {
		forged := bytes.Clone(b)
		forged[i] ^= 1
		_, err := mine.ParseRefresh(base64.RawURLEncoding.EncodeToString(forged))
		wantDenied(t, "one bit changed", err)
	}
	for _, bad := range []string{"", "x", first.Token + "A", first.Token[:10], first.Token + "\n"} {
		_, err := mine.ParseRefresh(bad)
		wantDenied(t, bad, err)
	}
}

func FuzzParseRefresh(f *testing.F) {
	mine := tokens(f, secret)
	f.Add(mine.NewRefresh(inbox.NewID[inbox.SessionID](now)).Token)
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := mine.ParseRefresh(s)
		if err == nil && (!inbox.ValidID(string(r.Session)) || r.Token != s) {
			t.Errorf("ParseRefresh(%q) = %+v", s, r)
		}
		if err != nil {
			wantDenied(t, s, err)
		}
	})
}

var cheap = Cost{Memory: 64, Passes: 1, Threads: 1}

// A hash is right for its password alone, in the form that others read; an
// account without one is never right.
func TestPasswords(t *testing.T) {
	p := NewPasswords(cheap, 2)
	hash, err := p.Hash(t.Context(), "correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("Hash() = %q, %v", hash, err)
	}
	if again, _ := p.Hash(t.Context(), "correct horse"); again == hash {
		t.Error("two hashes have one salt")
	}
	// Made by the reference implementation: argon2 somesalt -id -t 2 -m 16 -p 1 -l 32.
	reference := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, test := range []struct {
		encoded, password string
		want              bool
	}{
		{hash, "correct horse", true},
		{hash, "correct horsf", false},
		{hash, "", false},
		{hash, strings.Repeat("x", MaxPassword+1), false},
		{reference, "password", true},
		{reference, "passwore", false},
		{"", "", false},
		{"", "correct horse", false},
	} {
		if got, err := p.Check(t.Context(), test.encoded, test.password); err != nil || got != test.want {
			t.Errorf("Check(%q, %q) = %v, %v, want %v", test.encoded, test.password, got, err, test.want)
		}
	}
	for _, bad := range []string{"short", strings.Repeat("x", MaxPassword+1)} {
		if _, err := p.Hash(t.Context(), bad); inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("Hash(%q): %v, want invalid", bad, err)
		}
	}
	for _, bad := range []string{"x", "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFh", "$argon2id$v=19$m=064,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"} {
		if ok, err := p.Check(t.Context(), bad, "password"); ok || err == nil {
			t.Errorf("Check(%q) = %v, %v, want an error", bad, ok, err)
		}
	}
}

// No more hashes run at once than were allowed, a full queue is refused at
// once, and whoever gives up waiting frees the place.
func TestPasswordsBounded(t *testing.T) {
	p := NewPasswords(cheap, 1)
	release, err := p.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range cap(p.queue) {
		wg.Go(func() {
			if _, err := p.Check(ctx, "", "x"); inbox.CodeOf(err) != inbox.Unavailable {
				t.Errorf("given up: %v, want unavailable", err)
			}
		})
	}
	for len(p.queue) < cap(p.queue) {
		time.Sleep(time.Millisecond)
	}
	if _, err := p.Hash(t.Context(), "long enough"); inbox.CodeOf(err) != inbox.Unavailable {
		t.Errorf("past the queue: %v, want unavailable", err)
	}
	cancel()
	wg.Wait()
	release()
	if _, err := p.Check(t.Context(), "", "x"); err != nil {
		t.Errorf("after all gave up: %v", err)
	}
}

func FuzzPHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parsePHC(s)
		if err != nil {
			return
		}
		if back := (&Passwords{cost: h.cost}).encode(h.salt, h.sum); back != s {
			t.Errorf("parsePHC(%q) reads as %q", s, back)
		}
	})
}

// A short secret is refused with a sentence for the operator.
func TestShortSecret(t *testing.T) {
	if _, err := NewTokens([]byte("short")); inbox.CodeOf(err) != inbox.Invalid {
		t.Errorf("NewTokens(short): %v, want invalid", err)
	}
}
