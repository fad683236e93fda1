package realtime

import (
	"slices"
	"strings"
	"time"

	"skein/inbox"
)

const (
	maxVisitors = 50_000
	maxPages    = 5 // of one visitor: tabs
	maxOnline   = 2 * time.Minute
)

// A Sign is what a customer does just now, in a chat or in the shop. It is kept
// nowhere and ends by itself.
type Sign struct {
	Channel inbox.Channel
	Account inbox.AccountID
	Key     string // the session, as its connector names it

	Thread inbox.Key // of the session's messages, see [inbox.ChannelKey]
	Who    inbox.Key // of who it is, see [inbox.IdentityKey]; zero when nobody can tell

	Kind SignKind
	Page Page // of a SignPage
	TTL  time.Duration
}

// A SignKind is what a sign says.
type SignKind string

const (
	SignOnline  SignKind = "online"
	SignOffline SignKind = "offline"
	SignTyping  SignKind = "typing"
	SignStopped SignKind = "stopped"
	SignPage    SignKind = "page"
)

// A Page is what somebody looks at in the shop.
type Page struct {
	URL   string    `json:"url"`
	Title string    `json:"title"`
	Since time.Time `json:"since"`
}

// A Down is what a customer's side is told of an agent: that one types an answer,
// or has read what there is.
type Down struct {
	Channel inbox.Channel
	Account inbox.AccountID
	Key     string
	Agent   string // shown name
	Typing  bool
	Read    bool
}

// source names a session.
type source struct {
	channel inbox.Channel
	account inbox.AccountID
	key     string
}

type visited struct {
	Page
	until time.Time
}

// A visitor is one session on the customers' side.
type visitor struct {
	thread, who    inbox.Key
	online, typing time.Time // until when
	pages          []visited // newest last
}

// visitors are the sessions of which there were signs. The hub's lock guards
// them; the clock is handed in.
type visitors struct {
	all map[source]*visitor
	by  map[inbox.Key]map[source]struct{}
}

func newVisitors() *visitors {
	return &visitors{all: map[source]*visitor{}, by: map[inbox.Key]map[source]struct{}{}}
}

// take folds a sign in and returns the keys under which something reads otherwise
// now.
func (v *visitors) take(s Sign, now time.Time) (changed []inbox.Key) {
	from := source{s.Channel, s.Account, s.Key}
	one := v.all[from]
	if one == nil {
		if s.Kind == SignOffline || s.Kind == SignStopped || len(v.all) >= maxVisitors {
			return nil
		}
		one = &visitor{thread: s.Thread}
		v.all[from] = one
		v.index(s.Thread, from)
	}
	if s.Who != (inbox.Key{}) && s.Who != one.who {
		changed = append(changed, one.who, s.Who)
		v.unindex(one.who, from)
		one.who = s.Who
		v.index(s.Who, from)
	}
	until := now.Add(max(time.Second, min(s.TTL, maxOnline)))
	wasOnline, wasTyping := now.Before(one.online), now.Before(one.typing)
	different := false
	switch s.Kind {
	case SignOnline:
		one.online = until
	case SignOffline:
		different = len(one.pages) > 0
		one.online, one.typing, one.pages = time.Time{}, time.Time{}, nil
	case SignTyping:
		one.typing = until
		one.online = later(one.online, until)
	case SignStopped:
		one.typing = time.Time{}
	case SignPage:
		one.online = later(one.online, until)
		different = one.visit(s.Page, until)
	}
	if different || wasOnline != now.Before(one.online) || wasTyping != now.Before(one.typing) {
		changed = append(changed, one.thread, one.who)
	}
	if s.Kind == SignOffline {
		v.drop(from)
	}
	return changed
}

// visit notes a page; whether it was there, repeated, is no news.
func (o *visitor) visit(p Page, until time.Time) (different bool) {
	if p.URL == "" && p.Title == "" {
		return false
	}
	i := slices.IndexFunc(o.pages, func(x visited) bool { return x.URL == p.URL && x.Title == p.Title })
	if i >= 0 {
		o.pages[i].until = until
		return false
	}
	o.pages = append(o.pages, visited{p, until})
	if n := len(o.pages) - maxPages; n > 0 {
		o.pages = slices.Delete(o.pages, 0, n)
	}
	return true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (v *visitors) index(k inbox.Key, from source) {
	if k == (inbox.Key{}) {
		return
	}
	if v.by[k] == nil {
		v.by[k] = map[source]struct{}{}
	}
	v.by[k][from] = struct{}{}
}

func (v *visitors) unindex(k inbox.Key, from source) {
	delete(v.by[k], from)
	if len(v.by[k]) == 0 {
		delete(v.by, k)
	}
}

func (v *visitors) drop(from source) {
	one := v.all[from]
	v.unindex(one.thread, from)
	v.unindex(one.who, from)
	delete(v.all, from)
}

// expire ends what has had its time, and returns the keys that read otherwise.
func (v *visitors) expire(now time.Time) (changed []inbox.Key) {
	for from, one := range v.all {
		pages := len(one.pages)
		one.pages = slices.DeleteFunc(one.pages, func(p visited) bool { return !now.Before(p.until) })
		ended := func(t *time.Time) bool {
			if t.IsZero() || now.Before(*t) {
				return false
			}
			*t = time.Time{}
			return true
		}
		typing, online := ended(&one.typing), ended(&one.online)
		if typing || online || pages != len(one.pages) {
			changed = append(changed, one.thread, one.who)
		}
		if one.online.IsZero() && one.typing.IsZero() && len(one.pages) == 0 {
			v.drop(from)
		}
	}
	return changed
}

// present is what is known of a customer's side now.
type present struct {
	Online, Typing bool
	Pages          []Page // newest first
	sources        []source
}

// at is who is there under any of keys. What has expired is gone with the next
// round.
func (v *visitors) at(keys []inbox.Key) present {
	var p present
	for _, k := range keys {
		for from := range v.by[k] {
			one := v.all[from]
			p.Online = p.Online || !one.online.IsZero()
			p.Typing = p.Typing || !one.typing.IsZero()
			for _, page := range one.pages {
				p.Pages = append(p.Pages, page.Page)
			}
			p.sources = append(p.sources, from)
		}
	}
	slices.SortFunc(p.Pages, func(a, b Page) int {
		if c := b.Since.Compare(a.Since); c != 0 {
			return c
		}
		return strings.Compare(a.URL, b.URL)
	})
	p.Pages = p.Pages[:min(len(p.Pages), maxPages)]
	return p
}

// Sign takes what a customer does just now. It never waits.
func (h *Hub) Sign(s Sign) {
	now := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.Page.Since.IsZero() || s.Page.Since.After(now) {
		s.Page.Since = now
	}
	for _, k := range h.around.visitors.take(s, now) {
		h.touchKey(k)
	}
}

func (h *Hub) touchKey(k inbox.Key) {
	for topic := range h.around.keyed[k] {
		h.around.touch(topic)
	}
}

// maxDown bounds what waits to be told to customers.
const maxDown = 1000

// tellDown tells the customer's side of a conversation what an agent does.
func (h *Hub) tellDown(s *spot, d Down) {
	a := &h.around
	for _, from := range a.visitors.at(s.Keys).sources {
		if len(a.down) == maxDown {
			return
		}
		d.Channel, d.Account, d.Key = from.channel, from.account, from.key
		a.down = append(a.down, d)
		a.wake()
	}
}
