package push

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"testing"
)

func raw(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decrypt is the browser's side (RFC 8291 section 3.4, RFC 8188 section 2).
func decrypt(body []byte, private *ecdh.PrivateKey, auth []byte) ([]byte, error) {
	if len(body) < headSize || body[20] != 65 || int(binary.BigEndian.Uint32(body[16:])) < len(body)-headSize {
		return nil, errors.New("not one record with a key")
	}
	theirs, err := ecdh.P256().NewPublicKey(body[21:headSize])
	if err != nil {
		return nil, err
	}
	shared, err := private.ECDH(theirs)
	if err != nil {
		return nil, err
	}
	aead, nonce, err := secrets(shared, auth, body[:16], private.PublicKey().Bytes(), body[21:headSize])
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nonce, body[headSize:], nil)
	if err != nil {
		return nil, err
	}
	plain = bytes.TrimRight(plain, "\x00")
	if len(plain) == 0 || plain[len(plain)-1] != 2 {
		return nil, errors.New("not the last record")
	}
	return plain[:len(plain)-1], nil
}

// The example of RFC 8291, Appendix A, byte for byte, both ways.
func TestRFC8291(t *testing.T) {
	t.Parallel()
	const plain = "When I grow up, I want to be a watermelon"
	server, err := ecdh.P256().NewPrivateKey(raw(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	browser, err := ecdh.P256().NewPrivateKey(raw(t, "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	if err != nil {
		t.Fatal(err)
	}
	if got := base64.RawURLEncoding.EncodeToString(browser.PublicKey().Bytes()); got != "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4" {
		t.Fatalf("the browser's key is %s", got)
	}
	auth := raw(t, "BTBZMqHH6r4Tts7J_aSIgg")
	body, err := encrypt([]byte(plain), browser.PublicKey().Bytes(), auth, server, raw(t, "DGv6ra1nlYgDCS1FRnbzlw"), 0)
	if err != nil {
		t.Fatal(err)
	}
	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if got := base64.RawURLEncoding.EncodeToString(body); got != want {
		t.Errorf("encrypted\n%s, want\n%s", got, want)
	}
	if got, err := decrypt(raw(t, want), browser, auth); err != nil || string(got) != plain {
		t.Errorf("decrypted %q, %v", got, err)
	}
}

// Whatever is sent arrives, in one record of at most 4096 bytes, no two alike, and
// tells nobody else how long it is to the byte.
func TestEncrypt(t *testing.T) {
	t.Parallel()
	browser, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	sizes := map[int]bool{}
	for n := 0; n <= maxPlain; n += 97 {
		plain := bytes.Repeat([]byte{'x'}, n)
		body, err := Encrypt(plain, browser.PublicKey().Bytes(), auth)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := Encrypt(plain, browser.PublicKey().Bytes(), auth)
		if got, err := decrypt(body, browser, auth); err != nil || !bytes.Equal(got, plain) || len(body) > recordSize || bytes.Equal(body, again) {
			t.Errorf("%d bytes: got %d, %v, in %d", n, len(got), err, len(body))
		}
		sizes[len(body)] = true
		if _, err := decrypt(body, browser, bytes.Repeat([]byte{1}, 16)); err == nil {
			t.Error("opened without the secret")
		}
	}
	if len(sizes) > maxPlain/padTo+2 {
		t.Errorf("%d sizes", len(sizes))
	}
	if _, err := Encrypt(make([]byte, maxPlain+1), browser.PublicKey().Bytes(), auth); err == nil {
		t.Error("sent more than fits")
	}
	if _, err := Encrypt(nil, []byte("no key"), auth); err == nil {
		t.Error("sent to a browser without a key")
	}
}
