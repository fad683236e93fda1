// Package queues is what supervisors watch: how many wait in which inbox, team and
// channel and since when, what was offered, handled and abandoned, who carries how
// much. It is pure: entries of the log come in, figures for an instant come out.
//
// A [Board] promises that its figures are those that a replay of the log gives at
// that instant, whatever the order in which entries of different conversations and
// messages come, however often each comes, and wherever it began: the base that it
// begins with is the state of what is not closed and the log of the last [Kept].
//
// # Why memory, folded from the events
//
// Each server folds EVENTS by itself over a base that it reads from the database
// when it starts, and again when the stream can't tell what it missed. All of them
// fold the same entries, each with its version, so that they agree; nothing is kept
// that the log doesn't have, so that a restart loses nothing; and reading costs no
// query. The base is what is open and what happened within a day, each found by an
// index: it doesn't grow with the millions that are closed. Figures in tables would
// cost each delivery a write to hot rows, and still need the log for the windows.
//
// # What is counted
//
// Waiting, backlog, offered, handled, abandoned and first response are as the design
// defines them; where it leaves room:
//
//   - A conversation is where it is now: one that was moved is counted in the inbox,
//     team and channel that it is in, with all that happened to it.
//   - Merged conversations are one: what happened to either happened to that one.
//     It is so from the merge on, and not after it is undone.
//   - Offered: it began open, or became open again, and each conversation once in a
//     window, however often. Handled: a human answered it, by a message or a call
//     that was spoken, since it was offered last. So one that came back and waits is
//     no longer handled.
//   - One that we began is offered when its customer first answers, or when it opens
//     again, and its first response runs from that answer: what we wrote before
//     answered nobody.
//   - Abandoned: a call that rang at least as long as its account's threshold and
//     that nobody took; voicemail is a message that waits. A chat whose customer
//     left while waiting and was gone for as long as that threshold. It stays
//     abandoned when somebody answers it later, and is then handled too.
//   - Backlog: open, pending or snoozed. Spam is in nobody's queue, and no
//     side conversation is.
//   - Today is from midnight in the zone of the inbox's calendar.
//
// It never does I/O, reads a clock, or decides who may see what: figures are asked
// for by the inboxes that somebody may see.
package queues

import (
	"encoding/json"
	"fmt"
	"time"

	"skein/inbox"
)

// Kept is how far back a board remembers what happened: longer than any day.
const Kept = 26 * time.Hour

// An Entry is one entry of the log, of a conversation or of a message.
type Entry struct {
	At      time.Time
	Entity  string
	Version int64

	Conversation *inbox.Conversation
	Was          inbox.Status        // of the conversation before; "" when it is new
	WasMerged    bool                // it was part of another
	Before       *inbox.Conversation // where the log is read; nil from the stream

	Message *inbox.Message
	Gone    bool // the message was taken back
}

// EntryOf is what an event says of queues; ok is false for what says nothing.
func EntryOf(e *inbox.Event) (entry Entry, ok bool) {
	entry = Entry{At: e.At, Entity: e.Entity, Version: e.Version}
	switch {
	case e.Kind == inbox.ConversationChanged && e.Conversation != nil:
		entry.Conversation, entry.Was, entry.WasMerged = e.Conversation, e.Audience.Was, e.Audience.WasMerged
	case e.Kind == inbox.MessageChanged && e.Message != nil:
		entry.Message, entry.Gone = e.Message, e.Audience.After == nil
	default:
		return entry, false
	}
	return entry, true
}

// EntryOfLog reads a row of the log. placed tells whether it names an inbox. ok is
// false for kinds that say nothing of queues.
func EntryOfLog(kind inbox.EventKind, at time.Time, entity string, version int64, before, after []byte, placed bool) (entry Entry, ok bool, err error) {
	entry = Entry{At: at, Entity: entity, Version: version}
	switch kind {
	case inbox.ConversationChanged:
		err = json.Unmarshal(after, &entry.Conversation)
		if err == nil && len(before) > 0 {
			err = json.Unmarshal(before, &entry.Before)
		}
		if b := entry.Before; b != nil {
			entry.Was, entry.WasMerged = b.Status, b.MergedInto != ""
		}
		ok = entry.Conversation != nil
	case inbox.MessageChanged:
		err = json.Unmarshal(after, &entry.Message)
		entry.Gone, ok = !placed, entry.Message != nil
	}
	if err != nil {
		return entry, false, fmt.Errorf("read entry %s %d of the log: %w", entity, version, err)
	}
	return entry, ok, nil
}

// A Base is what a board begins with, all of one instant.
type Base struct {
	Since time.Time            // the Log is whole from here on
	Log   []Entry              // those of one entity in the order of its versions
	Open  []inbox.Conversation // those that are open, pending or snoozed, and part of no other
}

// A Site is where queues stand: what a board is told beside the log.
type Site struct {
	Zones      map[inbox.InboxID]*time.Location  // of the inboxes' calendars; UTC where there is none
	Thresholds map[inbox.AccountID]time.Duration // how long a call has to ring to be abandoned; see [DefaultThreshold]
}

// DefaultThreshold is an account's whose settings name none.
const DefaultThreshold = 5 * time.Second

func (s *Site) threshold(account inbox.AccountID) time.Duration {
	if d, ok := s.Thresholds[account]; ok {
		return d
	}
	return DefaultThreshold
}

// midnight is when today began in an inbox.
func (s *Site) midnight(in inbox.InboxID, now time.Time) time.Time {
	zone := s.Zones[in]
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}
