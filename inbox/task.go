package inbox

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A TaskID names a [Task].
type TaskID string

// A Task is something that somebody is to do for a customer by a time.
type Task struct {
	ID      TaskID   `json:"id"`
	Version int64    `json:"version"`
	Kind    TaskKind `json:"kind" enum:"callback,follow-up"`

	InboxID        InboxID        `json:"inboxId"`
	ConversationID ConversationID `json:"conversationId" doc:"As of then: it may be part of another now"`
	Customer       Person         `json:"customer" doc:"Whom it is about"`
	Text           string         `json:"text,omitempty"`
	DueAt          time.Time      `json:"dueAt"`
	Assignee       AgentID        `json:"assigneeId,omitempty"`
	State          TaskState      `json:"state" enum:"open,done"`

	// Of a callback.
	MessageID  MessageID  `json:"messageId,omitempty" doc:"The first call that was missed"`
	Calls      int        `json:"calls,omitempty" doc:"How many were missed"`
	LastCallAt *time.Time `json:"lastCallAt,omitempty" doc:"The newest of them"`

	CreatedAt  time.Time  `json:"createdAt"`
	CreatedBy  AgentID    `json:"createdBy,omitempty"`
	ClosedAt   *time.Time `json:"closedAt,omitempty"`
	ClosedBy   AgentID    `json:"closedBy,omitempty"`
	ClosedWhy  TaskEnd    `json:"closedWhy,omitempty" doc:"call: they have spoken; agent: somebody said so; same-caller: another task is about the same calls"`
	ReopenedAt *time.Time `json:"reopenedAt,omitempty"`
}

// A TaskKind is what a task is for.
type TaskKind string

const (
	Callback TaskKind = "callback" // a call was missed
	FollowUp TaskKind = "follow-up"
)

// A TaskState is whether a task is still to be done.
type TaskState string

const (
	TaskOpen TaskState = "open"
	TaskDone TaskState = "done"
)

// A TaskEnd is why a task is done.
type TaskEnd string

const (
	EndedByCall  TaskEnd = "call"
	EndedByAgent TaskEnd = "agent"
	EndedAsSame  TaskEnd = "same-caller"
)

// Place returns where t may be seen.
func (t *Task) Place() *Place { return &Place{InboxID: t.InboxID, Assignee: t.Assignee} }

// A TaskFilter says which tasks a list shows. Zero fields admit everything that
// the reader may see.
type TaskFilter struct {
	State      TaskState
	Kind       TaskKind
	Assignee   AgentID
	Unassigned bool // only what nobody is assigned to; Assignee is empty then
	Customer   CustomerID
	After      Cursor
	Limit      int
}

// A TaskPatch is what to change of a task; nil leaves as it is.
type TaskPatch struct {
	State    *TaskState
	Assignee *AgentID
	DueAt    *time.Time // of a follow-up
	Text     *string    // of a follow-up
}

// Missed reports whether somebody called and nobody spoke with them. A call that
// goes on is not missed yet.
func (c *Call) Missed() bool {
	if c == nil || c.Direction != In {
		return false
	}
	switch c.Disposition {
	case CallMissed, CallVoicemail, CallBusy, CallFailed:
		return true
	}
	return false
}

// A PastCall is what [Callbacks] needs to know of a call.
type PastCall struct {
	Message      MessageID
	Conversation ConversationID
	Inbox        InboxID
	At           time.Time // when it began
	Missed       bool      // of the caller, else it was answered, either way
}

// A missed is the calls that nobody took, up to the one in which they spoke.
type missed struct {
	calls []PastCall
	task  *Task   // that is about them
	more  []*Task // and others, which it takes the place of
	at    *time.Time
	why   TaskEnd
}

// Callbacks returns what is to be written of a caller's callback tasks: one for
// all calls that were missed since people last spoke with each other, closed by
// the next in which they do, whoever calls. It is a function of the calls and of
// what agents said of the tasks, so that words on calls may come in any order and
// any number of times. A new task has no id. Calls are those that the caller
// missed, and those in which somebody spoke with the customer; tasks are the
// caller's callbacks.
func Callbacks(calls []PastCall, tasks []Task) []Task {
	calls, tasks = slices.Clone(calls), slices.Clone(tasks)
	slices.SortFunc(calls, func(a, b PastCall) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(string(a.Message), string(b.Message)))
	})
	slices.SortFunc(tasks, func(a, b Task) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(string(a.ID), string(b.ID)))
	})
	anchored, of := map[MessageID]*Task{}, map[*Task]*missed{}
	for i := range tasks {
		if t := &tasks[i]; t.ClosedWhy != EndedAsSame && anchored[t.MessageID] == nil {
			anchored[t.MessageID] = t
		}
	}
	var all []*missed
	var now *missed
	end := func(at time.Time, why TaskEnd) {
		now.at, now.why, now = &at, why, nil
	}
	for _, c := range calls {
		if now != nil && now.task != nil && now.task.ClosedWhy == EndedByAgent && now.task.ClosedAt.Before(c.At) {
			end(*now.task.ClosedAt, EndedByAgent)
		}
		switch {
		case c.Missed:
			if now == nil {
				now = &missed{}
				all = append(all, now)
			}
			now.calls = append(now.calls, c)
			if t := anchored[c.Message]; t != nil && now.task == nil {
				now.task, of[t] = t, now
			} else if t != nil {
				now.more, of[t] = append(now.more, t), now
			}
		case now != nil && (now.task == nil || now.task.ReopenedAt == nil || now.task.ReopenedAt.Before(c.At)):
			end(c.At, EndedByCall)
		}
	}
	if now != nil && now.task != nil && now.task.ClosedWhy == EndedByAgent {
		end(*now.task.ClosedAt, EndedByAgent)
	}
	// A task whose call was not missed after all is about others of the caller's,
	// where there are some without one.
	var left []*Task
	for i := range tasks {
		if t := &tasks[i]; of[t] == nil && t.State == TaskOpen {
			left = append(left, t)
		}
	}
	var out []Task
	for _, m := range all {
		if m.task == nil && m.at == nil && len(left) > 0 {
			m.task, left = left[0], left[1:]
		}
		out = append(out, m.told()...)
	}
	for _, t := range left {
		was := *t
		at := was.DueAt
		for _, c := range calls {
			if !c.Missed && c.At.After(at) {
				at = c.At
			}
		}
		was.State, was.ClosedAt, was.ClosedWhy = TaskDone, &at, EndedByCall
		was.Version++
		out = append(out, was)
	}
	// What closes goes first: a caller has one open task at a time.
	slices.SortStableFunc(out, func(a, b Task) int { return strings.Compare(string(a.State), string(b.State)) })
	return out
}

// told is what is to be written of the tasks about m.
func (m *missed) told() (out []Task) {
	first, last := m.calls[0], m.calls[len(m.calls)-1]
	is := Task{Kind: Callback}
	if m.task != nil {
		is = *m.task
	}
	is.MessageID, is.ConversationID, is.InboxID = first.Message, last.Conversation, last.Inbox
	is.Calls, is.DueAt, is.LastCallAt = len(m.calls), first.At, &last.At
	is.State = TaskOpen
	if m.at != nil {
		is.State = TaskDone
	}
	if is.ClosedWhy != EndedByAgent { // what somebody said stays
		is.ClosedAt, is.ClosedWhy, is.ClosedBy = m.at, m.why, ""
	}
	if m.task == nil || !is.same(m.task) {
		is.Version++
		out = append(out, is)
	}
	for _, t := range m.more {
		same := *t
		if same.State == TaskOpen {
			at := last.At
			same.State, same.ClosedAt, same.ClosedWhy = TaskDone, &at, EndedAsSame
			same.Version++
			out = append(out, same)
		}
	}
	return out
}

// same reports whether the calls make of t what they made of o.
func (t *Task) same(o *Task) bool {
	instant := func(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }
	return t.MessageID == o.MessageID && t.ConversationID == o.ConversationID && t.InboxID == o.InboxID && t.Calls == o.Calls &&
		t.State == o.State && t.ClosedWhy == o.ClosedWhy && t.DueAt.Equal(o.DueAt) && instant(t.LastCallAt, o.LastCallAt) && instant(t.ClosedAt, o.ClosedAt)
}
