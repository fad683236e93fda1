// Package inbox is the language that everyone in Skein speaks: the types of a
// support inbox, their states, the events that tell of changes, and the errors
// that a person can act on.
//
// It promises to depend on nothing but the standard library and to do nothing:
// no I/O, no logging, no clock. Types that the API and the event stream show
// carry their JSON form here, so that a state that is pushed and one that is
// fetched are the same bytes.
//
// It never holds a rule of one channel, a query, or a transport.
package inbox

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"
)

// Identifiers are UUIDv7 in their 36 character form, made by [NewID]; accounts
// are named by their operator. The zero value means "none".
type (
	AccountID      string // a name such as "support": token-safe, see [ValidAccountID]
	AgentID        string
	AttachmentID   string
	BrandID        string
	ConversationID string
	CustomerID     string
	EventID        string
	IdentityID     string
	InboxID        string
	MessageID      string // of Skein's own message; the mail header is a HeaderID everywhere
	OrderID        string
	SessionID      string
	TeamID         string
	ThreadID       string
)

var lastID struct {
	sync.Mutex // guards the 60 bits below, so that ids of one process only rise
	tick       uint64
}

// NewID returns a UUIDv7 (RFC 9562 section 5.7) for the instant t. Ids made by
// one process rise even within a millisecond: the 12 bits after the time count
// quarter-microseconds (RFC 9562 section 6.2, method 3).
func NewID[T ~string](t time.Time) T {
	tick := uint64(t.UnixMilli())<<12 | uint64(t.Nanosecond()%1e6)*4096/1e6
	lastID.Lock()
	// An instant of the past (an import) keeps its own place and moves nobody
	// else's: only ids of about the same time are pushed apart.
	switch {
	case tick > lastID.tick:
		lastID.tick = tick
	case lastID.tick-tick < 1<<22:
		lastID.tick++
		tick = lastID.tick
	}
	lastID.Unlock()

	var b [16]byte
	_, _ = rand.Read(b[8:]) // never fails: crypto/rand ends the program instead
	binary.BigEndian.PutUint64(b[:8], tick>>12<<16|tick&0xfff|0x7000)
	b[8] = b[8]&0x3f | 0x80

	var s [36]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return T(s[:])
}

// ValidID reports whether s has the form of an id: what comes from a URL is
// checked before a query sees it.
func ValidID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		default:
			return false
		}
	}
	return true
}

// ValidAccountID reports whether s can name an account: 1 to 40 of a-z, 0-9,
// "-" and "_". It becomes a NATS subject token and a key, so nothing else.
func ValidAccountID(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// A Channel is a kind of way by which customers reach the business.
type Channel string

const (
	Email  Channel = "email"
	Chat   Channel = "chat"
	Phone  Channel = "phone"
	Social Channel = "social"
	Shop   Channel = "shop"
)

// Proof says how well an identity is known.
type Proof int

const (
	Inferred Proof = iota // a device, a name, a postal address
	Claimed               // typed, spoken, a bare From header
	Proven                // an aligned DMARC pass seen by our own server, a one-time code
	Signed                // the shop's own backend vouches, or our own signed link
)

// A Party is one end of a message: an address on its channel as it was
// received, for display, and the name that came with it.
type Party struct {
	Address string `json:"address"`
	Name    string `json:"name,omitempty"`
}
