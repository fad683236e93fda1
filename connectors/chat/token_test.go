package chat

import (
	"strings"
	"testing"
	"time"
)

// A session's token is good on every instance that has the key, for the account
// that it was made for, as long as it says; whoever changes a letter has none.
func TestPass(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	s := sealer{[]byte(strings.Repeat("k", 32)), "web"}
	token := s.sealPass("s1", "", now)
	if p, ok := (sealer{s.secret, "web"}).openPass(token, now.Add(sessionLife-time.Second)); !ok || p.Session != "s1" {
		t.Errorf("openPass = %+v, %v", p, ok)
	}
	for i := range token {
		c := byte('A')
		if token[i] == c {
			c = 'B'
		}
		if p, ok := s.openPass(token[:i]+string(c)+token[i+1:], now); ok && p.Session != "s1" {
			t.Fatalf("with another letter at %d it is %+v", i, p)
		}
	}
	for name, bad := range map[string]bool{
		"another account":  second(sealer{s.secret, "other"}.openPass(token, now)),
		"another key":      second(sealer{[]byte(strings.Repeat("x", 32)), "web"}.openPass(token, now)),
		"expired":          second(s.openPass(token, now.Add(sessionLife))),
		"signed, expired":  second(s.openPass(s.sealPass("s1", "u", now), now.Add(signedLife))),
		"another purpose":  second(s.openPass(s.seal("upload", pass{"s1", "", now.Add(time.Hour).Unix()}), now)),
		"no session":       second(s.openPass(s.sealPass("a.b", "", now), now)),
		"no token":         second(s.openPass("", now)),
		"nonsense":         second(s.openPass("a.b.c", now)),
		"without its seal": second(s.openPass(token[:strings.IndexByte(token, '.')], now)),
		"too long":         second(s.openPass(token+strings.Repeat("A", maxToken), now)),
	} {
		if bad {
			t.Errorf("%s: it is taken", name)
		}
	}
	if s.userSession("7") == (sealer{s.secret, "other"}).userSession("7") || s.userSession("7") == s.userSession("8") {
		t.Error("who is signed in has a session of their own, on each account")
	}
}

func second[T any](_ T, ok bool) bool { return ok }

// A file belongs to the session that brought it.
func TestUpload(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := sealer{[]byte(strings.Repeat("k", 32)), "web"}
	id := s.seal("upload", upload{Session: "s1", Name: "a.png", Ref: "r", Expires: now.Add(time.Hour).Unix()})
	if u, ok := s.openUpload(id, "s1", now); !ok || u.attachment().Body.Ref != "r" {
		t.Errorf("openUpload = %+v, %v", u, ok)
	}
	if second(s.openUpload(id, "s2", now)) || second(s.openUpload(id, "s1", now.Add(2*time.Hour))) || second(s.openUpload("x"+id, "s1", now)) {
		t.Error("a file of somebody else, or of yesterday, is taken")
	}
}
