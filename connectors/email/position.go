package email

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// overlap is how far behind the newest mail seen a mailbox is read again after
// its UIDs have lost their meaning. What is read twice is swallowed by its event
// id.
const overlap = 48 * time.Hour

const (
	maxHeld  = 1000           // mails set aside; more mean that something else is wrong
	holdFor  = 24 * time.Hour // after which a mail is told of instead of read
	holdMin  = time.Minute
	holdMax  = time.Hour
	maxTodos = 5000
)

// A position is an account's cursor: where it stands in each folder.
type position struct {
	Version int               `json:"v"`
	Folders map[string]*place `json:"folders"`
}

// A place is how far one folder was read. Every mail with a UID below Next was
// published, is in Held, or lies before Start and is not asked for.
type place struct {
	Validity uint32    `json:"validity"` // UIDVALIDITY (RFC 9051 section 2.3.1.1)
	Start    imap.UID  `json:"start"`    // where live mail began
	Next     imap.UID  `json:"next"`
	Begun    time.Time `json:"begun"`           // when this account began
	Newest   time.Time `json:"newest,omitzero"` // internal date of the newest mail published

	Import *sweep     `json:"import,omitempty"`
	Rescan *sweep     `json:"rescan,omitempty"` // after a change of UIDVALIDITY
	Held   []held     `json:"held,omitempty"`
	Todo   []imap.UID `json:"todo,omitempty"` // published, not yet marked or moved
}

// newPlace is where a new account begins: with what arrives from now on.
func newPlace(validity uint32, next imap.UID, now time.Time) *place {
	// Internal dates count in whole seconds.
	return &place{Validity: validity, Start: next, Next: next, Begun: now.UTC().Truncate(time.Second)}
}

// A sweep reads the mails of one time on that lie in [Next, Below).
type sweep struct {
	Since time.Time `json:"since"`
	Next  imap.UID  `json:"next"`
	Below imap.UID  `json:"below"`
}

func (s *sweep) done() bool { return s == nil || s.Next >= s.Below }

// A held mail could not be read and is tried again later, so that it doesn't
// block its mailbox.
type held struct {
	UID   imap.UID  `json:"uid"`
	Lane  string    `json:"lane"`
	Why   string    `json:"why"`
	Since time.Time `json:"since"`
	Tries int       `json:"tries"`
	Retry time.Time `json:"retry"`
}

// parsePosition reads a cursor. One that can't be read is an error, not a new
// account: starting at now would lose mail.
func parsePosition(cursor string) (*position, error) {
	p := &position{Version: 1, Folders: map[string]*place{}}
	if cursor == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(cursor), p); err != nil {
		return nil, fmt.Errorf("read cursor %q: %w", cursor, err)
	}
	if p.Version != 1 {
		return nil, fmt.Errorf("read cursor: version %d is newer than this program", p.Version)
	}
	if p.Folders == nil {
		p.Folders = map[string]*place{}
	}
	for name, f := range p.Folders {
		if f == nil {
			delete(p.Folders, name)
		}
	}
	return p, nil
}

func (p *position) String() string {
	b, err := json.Marshal(p)
	if err != nil { // a year beyond 9999 is kept out where dates come in
		panic(err)
	}
	return string(b)
}

// hold sets uid aside after a failure, or postpones it once more.
func (f *place) hold(uid imap.UID, lane, why string, now time.Time) error {
	i := slices.IndexFunc(f.Held, func(h held) bool { return h.UID == uid })
	if i < 0 {
		if len(f.Held) >= maxHeld {
			return fmt.Errorf("%d mails cannot be read, the last: %s", len(f.Held), why)
		}
		f.Held = append(f.Held, held{UID: uid, Lane: lane, Since: now})
		i = len(f.Held) - 1
	}
	h := &f.Held[i]
	h.Why = strings.ToValidUTF8(why[:min(len(why), 200)], "")
	h.Retry = now.Add(min(holdMin<<min(h.Tries, 10), holdMax))
	h.Tries++
	return nil
}

func (f *place) release(uid imap.UID) {
	f.Held = slices.DeleteFunc(f.Held, func(h held) bool { return h.UID == uid })
}

// saw remembers the newest internal date. A date in the future would make a
// later rescan begin too late.
func (f *place) saw(at, now time.Time) {
	if at.After(now) {
		at = now
	}
	if at.After(f.Newest) {
		f.Newest = at
	}
}

// renumbered makes f the place of a mailbox whose UIDs have lost their meaning:
// what came since shortly before the newest mail seen is read again, by date.
func (f *place) renumbered(validity uint32, next imap.UID) {
	since := f.Begun
	if !f.Newest.IsZero() && f.Newest.Add(-overlap).After(since) {
		since = f.Newest.Add(-overlap)
	}
	if f.Rescan != nil && !f.Rescan.done() && f.Rescan.Since.Before(since) {
		since = f.Rescan.Since // the one before was not finished
	}
	f.Validity, f.Start, f.Next = validity, next, next
	f.Rescan = &sweep{Since: since, Next: 1, Below: next}
	if f.Import != nil && !f.Import.done() {
		f.Import = &sweep{Since: f.Import.Since, Next: 1, Below: next}
	}
	// Both are by UID: the mails themselves are found by the rescan, those held
	// for longer than it reaches back by widening it.
	for _, h := range f.Held {
		if h.Since.Add(-overlap).Before(f.Rescan.Since) {
			f.Rescan.Since = h.Since.Add(-overlap)
		}
	}
	f.Held, f.Todo = nil, nil
}
