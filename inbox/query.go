package inbox

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// A Query is what somebody looks for, or what a list is made of: words, and
// filters written as name:value, such as from:kim or before:2026-03-01. A value
// with spaces stands in quotes. All of them hold together.
type Query struct {
	Words string // what is left without the filters, as it was typed

	From, To   []string // names, addresses, or their beginnings
	Order      []string // numbers
	Tags       []string // lower case
	Reasons    []string // names of contact reasons, lower case; level/level names one of two
	Status     Status   // "" is any
	Channel    Channel
	Priority   *Priority
	Inbox      string    // name or id
	Team       string    // name or id
	Assignee   string    // me, none, a name, an address or an id
	After      time.Time // from the beginning of that day
	Before     time.Time // until the beginning of that day
	Attachment bool      // only what came with a file
	Waiting    bool      // only what waits for an answer
	Mentioned  bool      // only what names whoever asks in a note
}

// MaxQuery is the most characters that a query has.
const MaxQuery = 200

// QueryFilters are the names of the filters that [ParseQuery] knows.
var QueryFilters = []string{"from", "to", "status", "order", "before", "after", "tag", "reason", "inbox", "team", "assignee", "channel", "priority", "has", "is"}

// ParseQuery reads a query. Days are those of zone. A filter that has no value yet
// filters nothing, and a name that is no filter's is a word. A value that the
// filter can't have is Invalid, in words that name those that it can.
func ParseQuery(text string, zone *time.Location) (Query, error) {
	var q Query
	var words []string
	for _, f := range splitQuery(text) {
		name, value, ok := strings.Cut(f, ":")
		name = strings.ToLower(name)
		if !ok || !slices.Contains(QueryFilters, name) {
			words = append(words, f)
			continue
		}
		value = strings.TrimSpace(strings.ReplaceAll(value, `"`, ""))
		if value == "" {
			continue
		}
		if err := q.filter(name, value, zone); err != nil {
			return Query{}, err
		}
	}
	q.Words = strings.Join(words, " ")
	// A space at the end says that the last word is whole.
	if len(words) > 0 && strings.HasSuffix(text, " ") {
		q.Words += " "
	}
	return q, nil
}

// splitQuery cuts at spaces that are not in quotes.
func splitQuery(text string) []string {
	var list []string
	quoted, start := false, -1
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
			fallthrough
		case quoted || !strings.ContainsRune(" \t\r\n\v\f", r):
			if start < 0 {
				start = i
			}
		case start >= 0:
			list, start = append(list, text[start:i]), -1
		}
	}
	if start >= 0 {
		list = append(list, text[start:])
	}
	return list
}

// RenameFilter is a query in which values of a filter, keys of to in lower case, are
// called otherwise; everything else in it stays as it was typed.
func RenameFilter(text, name string, to map[string]string) string {
	var b strings.Builder
	for _, f := range splitQuery(text) {
		at := strings.Index(text, f)
		b.WriteString(text[:at])
		text = text[at+len(f):]
		n, value, ok := strings.Cut(f, ":")
		if next := to[strings.ToLower(strings.TrimSpace(strings.ReplaceAll(value, `"`, "")))]; ok && strings.ToLower(n) == name && next != "" {
			if f = n + ":" + next; strings.ContainsFunc(next, unicode.IsSpace) {
				f = n + `:"` + next + `"`
			}
		}
		b.WriteString(f)
	}
	return b.String() + text
}

func (q *Query) filter(name, value string, zone *time.Location) error {
	low := strings.ToLower(value)
	switch name {
	case "from":
		q.From = append(q.From, low)
	case "to":
		q.To = append(q.To, low)
	case "order":
		q.Order = append(q.Order, value)
	case "tag":
		q.Tags = append(q.Tags, low)
	case "reason":
		q.Reasons = append(q.Reasons, low)
	case "inbox":
		q.Inbox = value
	case "team":
		q.Team = value
	case "assignee":
		q.Assignee = value
	case "status":
		if q.Status = Status(low); low == "waiting" {
			q.Status = Pending
		} else if low == "any" || low == "all" {
			q.Status = ""
		} else if !q.Status.Valid() {
			return wrongFilter(name, value, "open, pending, snoozed, closed, spam or any")
		}
	case "channel":
		if q.Channel = Channel(low); !slices.Contains([]Channel{Email, Chat, Phone, Social, Shop}, q.Channel) {
			return wrongFilter(name, value, "email, chat, phone, social or shop")
		}
	case "priority":
		p, ok := ParsePriority(low)
		if !ok {
			return wrongFilter(name, value, "low, normal, high or urgent")
		}
		q.Priority = &p
	case "has":
		if low != "attachment" {
			return wrongFilter(name, value, "attachment")
		}
		q.Attachment = true
	case "is":
		switch low {
		case "waiting":
			q.Waiting = true
		case "mentioned":
			q.Mentioned = true
		default:
			return wrongFilter(name, value, "waiting or mentioned")
		}
	default: // before, after
		day, err := time.ParseInLocation(time.DateOnly, value, zone)
		if err != nil {
			return wrongFilter(name, value, "a day such as 2026-03-01")
		}
		if name == "before" {
			q.Before = day
		} else {
			q.After = day
		}
	}
	return nil
}

func wrongFilter(name, value, want string) error {
	return &Error{Code: Invalid, Message: name + ":" + value + " filters nothing: want " + want}
}

// A Priority is how much a conversation matters; [Normal] is the zero value.
type Priority int

// The priorities, in their order.
const (
	Low    Priority = -1
	Normal Priority = 0
	High   Priority = 1
	Urgent Priority = 2
)

var priorityWords = map[Priority]string{Low: "low", Normal: "normal", High: "high", Urgent: "urgent"}

// String returns the word for p.
func (p Priority) String() string { return priorityWords[p] }

// ParsePriority reads what [Priority.String] gives.
func ParsePriority(s string) (Priority, bool) {
	for p, word := range priorityWords {
		if word == s {
			return p, true
		}
	}
	return Normal, false
}

// A Sort is the order of a list of conversations.
type Sort string

// The orders of a list.
const (
	SortNewest   Sort = "newest"   // by the newest message
	SortOldest   Sort = "oldest"   // by the newest message, the oldest first
	SortWaiting  Sort = "waiting"  // only what waits for an answer, the longest wait first
	SortPriority Sort = "priority" // the highest first, and the newest of each
)

// Cursor is where a page of that order ends with c.
func (s Sort) Cursor(c *Conversation) Cursor {
	switch {
	case s == SortWaiting && c.WaitingSince != nil:
		return Cursor{At: *c.WaitingSince, ID: string(c.ID)}
	case s == SortPriority:
		return Cursor{At: c.LastAt, ID: c.Priority.String() + " " + string(c.ID)}
	}
	return Cursor{At: c.LastAt, ID: string(c.ID)}
}

// Split is the priority, of [SortPriority], and the id that a cursor of that order
// holds: "" when it is none of its.
func (s Sort) Split(c Cursor) (Priority, string) {
	if s != SortPriority {
		return Normal, c.ID
	}
	word, id, _ := strings.Cut(c.ID, " ")
	p, ok := ParsePriority(word)
	if !ok {
		return Normal, ""
	}
	return p, id
}

// A View is a list that somebody has put together. Whoever sees it sees in it what
// their own rights admit.
type View struct {
	ID      string  `json:"id"`
	Version int64   `json:"version" readOnly:"true"`
	AgentID AgentID `json:"agentId" doc:"Who made it"`
	Name    string  `json:"name"`
	Query   string  `json:"query" doc:"Words and filters, as search takes them"`
	Sort    Sort    `json:"sort" enum:"newest,oldest,waiting,priority"`
	Shared  bool    `json:"shared" doc:"Everybody sees it; its maker, supervisors and admins change it"`
	// Deleted is true in what is told of one that is gone, or isn't shared any more,
	// and then nothing else of it is told.
	Deleted bool `json:"deleted,omitempty" db:"-"`
}

// A ViewCount is how many conversations a view holds for one reader.
type ViewCount struct {
	ID    string `json:"id"`
	Count int    `json:"count" doc:"Where open conversations are counted 100 means that many or more"`
}

// A TagCount is how many conversations have a tag.
type TagCount struct {
	Tag   string `json:"tag"`
	Count int    `json:"count" doc:"Where open conversations are counted 100 means that many or more"`
}

// A Found is a customer, an order or a file that a name leads to, and the
// conversation where it is to be seen: the customer's newest, one that the order is
// linked in, or the one that the file came with.
type Found struct {
	Kind         string       `json:"kind" enum:"customer,order,file"`
	Ref          string       `json:"ref" doc:"Id of the identity, the order or the attachment"`
	Name         string       `json:"name" doc:"The customer's name, the order's number or the file's name"`
	Detail       string       `json:"detail" doc:"An address, the order's state, or the file's type"`
	Close        bool         `json:"close" doc:"Not what was typed, but one slip away from it"`
	Conversation Conversation `json:"conversation"`
}
