package auth

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"strings"
)

// setupBytes is the length of a set-up code: 80 bits, 16 letters and digits.
const setupBytes = 10

// SetupCode is what whoever sets a server up has to show: it is printed where the
// server was started, and is derived of its secret, so that every node takes it. It
// is good for nothing once there is an agent.
func SetupCode(secret []byte) (string, error) {
	sum, err := hkdf.Key(sha256.New, secret, nil, "skein/auth/setup", setupBytes)
	if err != nil {
		return "", fmt.Errorf("derive the set-up code: %w", err)
	}
	text := base32.StdEncoding.EncodeToString(sum)
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:], nil
}

// IsSetupCode reports whether somebody has shown the code, however they typed it:
// case, spaces and dashes don't matter.
func IsSetupCode(code, shown string) bool {
	bare := func(s string) []byte {
		return []byte(strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(s)))
	}
	return code != "" && subtle.ConstantTimeCompare(bare(code), bare(shown)) == 1
}
