package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

const (
	recordSize = 4096 // RFC 8291 section 4: all in one record of at most that
	tagSize    = 16
	headSize   = 16 + 4 + 1 + 65
	// maxPlain is how many bytes can be sent to any push service.
	maxPlain = recordSize - headSize - tagSize - 1
	// padTo hides how long a message is.
	padTo = 256
)

// Encrypt encrypts plain for a browser with the public key p256dh (an uncompressed
// point on P-256) and the secret auth, by RFC 8291: the body of a push, in the
// content coding aes128gcm of RFC 8188. Each call gives another.
func Encrypt(plain, p256dh, auth []byte) ([]byte, error) {
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails: crypto/rand ends the program instead
	return encrypt(plain, p256dh, auth, own, salt[:], (padTo-(len(plain)+1)%padTo)%padTo)
}

func encrypt(plain, p256dh, auth []byte, own *ecdh.PrivateKey, salt []byte, pad int) ([]byte, error) {
	pad = min(pad, maxPlain-len(plain))
	if pad < 0 {
		return nil, fmt.Errorf("push of %d bytes: at most %d can be sent", len(plain), maxPlain)
	}
	theirs, err := ecdh.P256().NewPublicKey(p256dh)
	if err != nil {
		return nil, fmt.Errorf("read browser's key: %w", err)
	}
	shared, err := own.ECDH(theirs)
	if err != nil {
		return nil, fmt.Errorf("agree on key: %w", err)
	}
	public := own.PublicKey().Bytes()
	aead, nonce, err := secrets(shared, auth, salt, p256dh, public)
	if err != nil {
		return nil, err
	}
	body := make([]byte, 0, recordSize)
	body = append(body, salt...)
	body = binary.BigEndian.AppendUint32(body, recordSize)
	body = append(body, byte(len(public)))
	body = append(body, public...)
	padded := make([]byte, len(plain)+1+pad)
	copy(padded, plain)
	padded[len(plain)] = 2 // the last record (RFC 8188 section 2)
	return aead.Seal(body, nonce, padded, nil), nil
}

// secrets derives key and nonce (RFC 8291 section 3.4).
func secrets(shared, auth, salt, browser, server []byte) (cipher.AEAD, []byte, error) {
	info := "WebPush: info\x00" + string(browser) + string(server)
	ikm, err := hkdf.Key(sha256.New, shared, auth, info, 32)
	if err != nil {
		return nil, nil, fmt.Errorf("derive key: %w", err)
	}
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return nil, nil, fmt.Errorf("derive key: %w", err)
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, nil, fmt.Errorf("derive nonce: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	return aead, nonce, err
}
