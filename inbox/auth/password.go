package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"skein/inbox"
)

// Bounds of what a password may be: the upper one keeps a request from buying
// work by length.
const (
	MinPassword = 10
	MaxPassword = 256
)

// A Cost is how much work one hash is: argon2id's memory in KiB, passes and
// lanes.
type Cost struct {
	Memory  uint32
	Passes  uint32
	Threads uint8
}

// DefaultCost is the second of the settings that OWASP gives as equal: about
// 40 ms and 19 MiB.
var DefaultCost = Cost{Memory: 19 << 10, Passes: 2, Threads: 1}

const (
	saltSize = 16
	hashSize = 32
)

// Passwords hashes and checks passwords, a bounded number at a time: together
// they never hold more than that many times the cost's memory. It is safe for
// use by many goroutines.
type Passwords struct {
	cost  Cost
	slots chan struct{}
	queue chan struct{}
	dummy string // checked for accounts that are not there
}

// NewPasswords returns Passwords that run at most atOnce hashes at a time and
// let at most 32 times as many wait.
func NewPasswords(cost Cost, atOnce int) *Passwords {
	atOnce = max(atOnce, 1)
	p := &Passwords{
		cost:  cost,
		slots: make(chan struct{}, atOnce),
		queue: make(chan struct{}, 32*atOnce),
	}
	p.dummy = p.encode(make([]byte, saltSize), make([]byte, hashSize))
	return p
}

// acquire waits for a slot. A queue that is full is Unavailable at once.
func (p *Passwords) acquire(ctx context.Context) (release func(), err error) {
	busy := &inbox.Error{Code: inbox.Unavailable, Message: "too many people are signing in at once: try again in a moment"}
	select {
	case p.queue <- struct{}{}:
	default:
		return nil, busy
	}
	defer func() { <-p.queue }()
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, busy
	}
}

// Hash returns a password's hash in PHC form:
// $argon2id$v=19$m=…,t=…,p=…$salt$hash. A password outside the bounds is
// Invalid.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < MinPassword || len(password) > MaxPassword {
		return "", &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("a password has at least %d characters and at most %d bytes", MinPassword, MaxPassword)}
	}
	release, err := p.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the program instead
	sum := argon2.IDKey([]byte(password), salt, p.cost.Passes, p.cost.Memory, p.cost.Threads, hashSize)
	return p.encode(salt, sum), nil
}

// Check reports whether password is the one that encoded was made of. An empty
// encoded stands for an account that is not there or has no password: it takes
// the same work and is never right.
func (p *Passwords) Check(ctx context.Context, encoded, password string) (bool, error) {
	known := encoded != ""
	if !known {
		encoded = p.dummy
	}
	h, err := parsePHC(encoded)
	if err != nil {
		return false, err
	}
	if len(password) > MaxPassword {
		known, password = false, ""
	}
	release, err := p.acquire(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	sum := argon2.IDKey([]byte(password), h.salt, h.cost.Passes, h.cost.Memory, h.cost.Threads, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1 && known, nil
}

func (p *Passwords) encode(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.cost.Memory, p.cost.Passes, p.cost.Threads, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

type phc struct {
	cost      Cost
	salt, sum []byte
}

// parsePHC reads the PHC string format of argon2id. Costs that no setting of
// ours would have are refused: they would be work for an attacker to give.
func parsePHC(s string) (phc, error) {
	bad := func(what string) (phc, error) { return phc{}, fmt.Errorf("password hash: %s", what) }
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || strings.ContainsAny(s, "\r\n") {
		return bad("not argon2id in PHC form")
	}
	if parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return bad("unknown version")
	}
	var h phc
	params := strings.Split(parts[3], ",")
	if len(params) != 3 {
		return bad("want m, t and p")
	}
	for i, p := range []struct {
		name     string
		low, max uint64
		set      func(uint64)
	}{
		{"m=", 8, 1 << 20, func(n uint64) { h.cost.Memory = uint32(n) }},
		{"t=", 1, 64, func(n uint64) { h.cost.Passes = uint32(n) }},
		{"p=", 1, 64, func(n uint64) { h.cost.Threads = uint8(n) }},
	} {
		digits, ok := strings.CutPrefix(params[i], p.name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || n < p.low || n > p.max || strconv.FormatUint(n, 10) != digits {
			return bad("bad parameter " + p.name)
		}
		p.set(n)
	}
	var err error
	b64 := base64.RawStdEncoding.Strict()
	if h.salt, err = b64.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return bad("bad salt")
	}
	if h.sum, err = b64.DecodeString(parts[5]); err != nil || len(h.sum) < 16 || len(h.sum) > 64 {
		return bad("bad hash")
	}
	return h, nil
}
