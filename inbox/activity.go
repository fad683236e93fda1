package inbox

import (
	"slices"
	"time"
)

// An Activity is what happened to a conversation, or to an order of it, between
// what was said in it. One of its fields from Status on is set, or several that
// were changed at once.
type Activity struct {
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
	Actor Actor     `json:"actor" doc:"Who did it; of what customers and shops do, their kind alone"`

	Status   Status    `json:"status,omitempty" enum:"open,closed,snoozed,spam" doc:"Open is said of what was closed or spam alone"`
	Assigned *Named    `json:"assigned,omitempty" doc:"To whom; with an empty id: to nobody any more"`
	Team     *Named    `json:"team,omitempty" doc:"With an empty id: of none any more"`
	Inbox    *Named    `json:"inbox,omitempty" doc:"To which it was moved; with an empty id: to one that the reader doesn't see"`
	Priority *Priority `json:"priority,omitempty" minimum:"-1" maximum:"2"`
	Tagged   []string  `json:"tagged,omitempty"`
	Untagged []string  `json:"untagged,omitempty"`
	Joined   int64     `json:"joined,omitempty" doc:"The number of the conversation that became part of this one"`

	Order *OrderActivity `json:"order,omitempty"`
}

// A Named is what people know by a name.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// An OrderActivity is what happened to an order.
type OrderActivity struct {
	Number   string `json:"number"`
	Kind     string `json:"kind" enum:"order,shipment,refund,return"`
	Status   string `json:"status,omitempty" doc:"Of a shipment or a return"`
	Amount   int64  `json:"amount,omitempty" doc:"Of a refund, in minor units of the currency"`
	Currency string `json:"currency,omitempty"`
}

// Between says what changed from one state of a conversation to the next that
// people look for later; false for nothing of the kind.
func (a *Activity) Between(before, after *Conversation) bool {
	told := false
	switch {
	case after.Status == before.Status:
	case after.Status == Closed, after.Status == Snoozed, after.Status == Spam,
		after.Status == Open && (before.Status == Closed || before.Status == Spam):
		a.Status, told = after.Status, true
	}
	if after.Assignee != before.Assignee {
		a.Assigned, told = &Named{ID: string(after.Assignee)}, true
	}
	if after.TeamID != before.TeamID {
		a.Team, told = &Named{ID: string(after.TeamID)}, true
	}
	if after.InboxID != before.InboxID {
		a.Inbox, told = &Named{ID: string(after.InboxID)}, true
	}
	if after.Priority != before.Priority {
		p := after.Priority
		a.Priority, told = &p, true
	}
	for _, t := range after.Tags {
		if !slices.Contains(before.Tags, t) {
			a.Tagged, told = append(a.Tagged, t), true
		}
	}
	for _, t := range before.Tags {
		if !slices.Contains(after.Tags, t) {
			a.Untagged, told = append(a.Untagged, t), true
		}
	}
	return told
}

// MergeActivities puts lists together in the order of time, and keeps the newest; of
// one instant as they stand.
func MergeActivities(most int, lists ...[]Activity) []Activity {
	all := slices.Concat(lists...)
	slices.SortStableFunc(all, func(a, b Activity) int { return a.At.Compare(b.At) })
	return all[max(0, len(all)-most):]
}
