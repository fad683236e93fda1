package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"skein/inbox"
)

// storeMessages places the batch's messages by the rules and writes them.
func (d *delivery) storeMessages(ctx context.Context, batch []inbox.Received) error {
	batch, err := d.echoes(ctx, d.silence(batch))
	if err != nil {
		return err
	}
	batch, later, err := d.revisions(ctx, batch)
	if err != nil {
		return err
	}
	if batch, err = d.withoutMachines(ctx, batch); err != nil {
		return err
	}
	if len(batch) == 0 {
		return d.revise(ctx, later)
	}
	ev, err := d.loadEvidence(ctx, batch)
	if err != nil {
		return err
	}
	var decision inbox.Decision
	for more := true; more; {
		decision = d.rules.Place(batch, &ev.Evidence)
		if more, err = ev.answer(ctx, decision.Needs); err == nil && !more {
			more, err = ev.parted(ctx, decision.Joins)
		}
		if err != nil {
			return err
		}
	}
	a := &arrivals{delivery: d, ev: ev, before: map[inbox.ConversationID]*inbox.Conversation{}, cause: map[inbox.ConversationID]*inbox.Received{},
		proven: map[inbox.ConversationID]bool{}}
	if err := a.makeConversations(ctx, batch, decision); err != nil {
		return err
	}
	a.join(decision.Joins)
	if err := a.hearCodes(ctx, batch, decision); err != nil {
		return err
	}
	if err := a.loadQuoted(ctx, batch); err != nil {
		return err
	}
	if err := a.append(batch, decision); err != nil {
		return err
	}
	if err := a.keepQuotes(ctx, batch); err != nil {
		return err
	}
	a.tie(batch, decision.Ties)
	a.quotes = decision.Quotes
	if err := a.write(ctx); err != nil {
		return err
	}
	for i := range later {
		if later[i].message == "" { // what it is about came with this batch
			later[i].message = a.external[later[i].key]
		}
	}
	return d.revise(ctx, later)
}

// arrivals is the part of a delivery that stores messages.
type arrivals struct {
	*delivery
	ev       *evidence
	before   map[inbox.ConversationID]*inbox.Conversation // as loaded; nil for a new one
	cause    map[inbox.ConversationID]*inbox.Received     // what touched it last
	made     []inbox.ConversationID
	ids      []inbox.MessageID // by index of the batch
	external map[inbox.Key]inbox.MessageID
	quoted   map[inbox.Key]inbox.MessageID
	joins    []inbox.Join
	merges   []merge
	ties     []tie
	quotes   []inbox.Quote
	visits   []visit

	threads, messages, keys, attachments, pending [][]any
	people                                        map[[2]string]bool // thread, person
	blobs                                         map[string]int64   // size by name
	said                                          []change
	mentions                                      [][]any
	naming                                        map[inbox.MessageID]bool      // messages with mentions
	proven                                        map[inbox.ConversationID]bool // where a one-time code was told
}

// touch gives the conversation to be changed, and remembers how it was.
func (a *arrivals) touch(id inbox.ConversationID, r *inbox.Received) *inbox.Conversation {
	c := a.ev.Conversations[id]
	if _, ok := a.before[id]; !ok {
		was := *c
		a.before[id] = &was
	}
	if r != nil {
		a.cause[id] = r
	}
	return c
}

func (a *arrivals) makeConversations(ctx context.Context, batch []inbox.Received, d inbox.Decision) error {
	var first []int
	for i, p := range d.Places {
		if p.New {
			first = append(first, i)
		}
	}
	if len(first) == 0 {
		return nil
	}
	numbers, err := column[int64](ctx, a.tx, `SELECT nextval('conversation_number') FROM generate_series(1, $1)`, len(first))
	if err != nil {
		return fmt.Errorf("number conversations: %w", err)
	}
	for n, i := range first {
		r, p := &batch[i], d.Places[i]
		m := r.Message
		c := &inbox.Conversation{
			ID: p.Home, Number: numbers[n], Version: 0, InboxID: a.inboxOf[r.Account],
			Status: inbox.Open, Channel: r.Channel, Account: r.Account, Subject: m.Subject,
			Customer:  a.persons[m.Identity],
			CreatedAt: m.CreatedAt, LastAt: m.CreatedAt,
		}
		switch {
		case m.Spam:
			c.Status = inbox.Spam
		case r.History:
			c.Status = inbox.Closed
		}
		if p.Conversation != c.ID { // nothing is ever said in it, unless that is undone
			c.Version, c.MergedInto = 1, p.Conversation
		}
		a.ev.Conversations[c.ID] = c
		a.before[c.ID], a.cause[c.ID] = nil, r
		a.made = append(a.made, c.ID)
	}
	return nil
}

// A merge is the messages of one conversation that move to the end of another,
// after seq base.
type merge struct {
	into, from inbox.ConversationID
	base       int64
	moved      []string // messages, once it is done
}

// join notes which components become one, and merges their conversations where
// they differ.
func (a *arrivals) join(joins []inbox.Join) {
	a.joins = joins
	for _, j := range joins {
		if a.ev.Conversations[j.From] == nil {
			continue // one conversation, or nothing is stored under the other
		}
		to, old := a.touch(j.Into, nil), a.touch(j.From, nil)
		a.merges = append(a.merges, merge{into: to.ID, from: old.ID, base: to.MessageSeq})
		to.Absorb(old, old.MessageSeq)
		for id := range a.before { // a link leads there in one step
			if c := a.ev.Conversations[id]; c.MergedInto == old.ID {
				c.MergedInto = to.ID
			}
		}
	}
}

// append gives every message its place, in the order of the batch.
func (a *arrivals) append(batch []inbox.Received, d inbox.Decision) error {
	a.blobs, a.people, a.naming = map[string]int64{}, map[[2]string]bool{}, map[inbox.MessageID]bool{}
	a.ids, a.external = make([]inbox.MessageID, len(batch)), map[inbox.Key]inbox.MessageID{}
	for i, p := range d.Places {
		if !p.Echo {
			a.ids[i] = inbox.NewID[inbox.MessageID](batch[i].Message.CreatedAt)
			for _, k := range []inbox.Key{batch[i].Message.External, batch[i].Message.Album} {
				if k != (inbox.Key{}) {
					a.external[k], a.called[k], a.quoted[k] = a.ids[i], a.ids[i], a.ids[i]
				}
			}
		}
	}
	for i, p := range d.Places {
		if p.Echo {
			continue
		}
		r := &batch[i]
		if p.NewThread {
			a.threads = append(a.threads, []any{uid(p.Thread), uid(p.Thread), uid(p.Conversation), uid(p.Home)})
		}
		if p.Joined {
			for _, who := range r.Message.People {
				if !a.ev.takesPart(p.Thread, who) {
					a.people[[2]string{string(p.Thread), who}] = true
				}
			}
		}
		who := a.identities[r.Message.Identity]
		m := r.Message.Message // a copy: the batch may be tried again
		m.ID, m.ThreadID, m.Version = a.ids[i], p.Thread, 1
		m.Kind, m.Channel, m.Account, m.HasRaw = inbox.Public, r.Channel, r.Account, r.Message.Raw != ""
		m.Reason = p.Reason
		m.State = inbox.ReceivedState
		if m.Direction == inbox.Out {
			m.State = inbox.Sent
		} else {
			m.Author.IdentityID = who.ID
			if who.Proof >= inbox.Proven && m.Proof < inbox.Proven && p.Reason.Step != inbox.ByNothing {
				m.Reason.Marks = append(slices.Clone(m.Reason.Marks), "sender-unproven")
			}
		}
		if m.AboutID = a.about(batch, r); m.AboutID == "" {
			m.AboutID = a.quoted[r.Message.Quotes]
		}
		a.visited(r, &p, who.ID)
		c := a.touch(p.Conversation, r)
		c.Append(&m, r.History)
		a.wakeBeside(c, &m, r)
		if err := a.addRows(&m, r, who.ID, p.Splits); err != nil {
			return err
		}
		if m.Call != nil {
			a.calls = append(a.calls, m.ID)
		}
		said := m
		a.said = append(a.said, change{cause: r.EventID, event: inbox.Event{
			Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: &said, History: r.History,
		}})
	}
	return nil
}

func (a *arrivals) addRows(m *inbox.Message, r *inbox.Received, customer inbox.IdentityID, splits []inbox.FactID) error {
	in := r.Message
	for i := range m.Attachments {
		at := &m.Attachments[i]
		at.ID = inbox.NewID[inbox.AttachmentID](r.At)
		a.blobs[at.SHA256] = at.Size
		a.attachments = append(a.attachments, []any{uid(at.ID), uid(m.ID), i, at.Name, at.Type, at.Size, at.SHA256, at.Inline, at.ContentID, m.CreatedAt})
	}
	m.Attachments = slices.Clone(m.Attachments)
	if in.Raw != "" {
		a.blobs[in.Raw] = in.RawSize
	}
	who, err := json.Marshal(recipients{To: m.To, Cc: m.Cc})
	if err != nil {
		return fmt.Errorf("encode recipients: %w", err)
	}
	more, err := json.Marshal(detailOf(m))
	if err != nil {
		return fmt.Errorf("encode detail: %w", err)
	}
	why, err := json.Marshal(m.Reason)
	if err != nil {
		return fmt.Errorf("encode reason: %w", err)
	}
	var call []byte
	if m.Call != nil {
		if call, err = json.Marshal(m.Call); err != nil {
			return fmt.Errorf("encode call: %w", err)
		}
	}
	refs := make([]string, 0, len(in.Refs))
	for _, ref := range slices.Backward(in.Refs) {
		if !slices.Contains(refs, ref.ID) {
			refs = append(refs, ref.ID)
		}
	}
	a.messages = append(a.messages, []any{
		uid(m.ID), uid(m.ConversationID), uid(m.ThreadID), m.Seq, m.Version, string(m.Kind), string(m.Direction),
		string(m.Channel), string(m.Account), uid(customer), string(m.Author.Kind), m.Author.Name, m.Author.Address, who,
		m.Subject, m.Text, m.VisibleText, m.HTML, m.RemoteImages, string(m.State), m.Automatic.Is, m.Spam, r.History,
		int16(m.Proof), more, why, m.HeaderID, refs, orEmpty(in.People), in.Raw, m.SentAt, m.CreatedAt, uids(splits),
		uid(m.AboutID), call,
	})
	a.pending = append(a.pending, []any{uid(m.ID)})
	if rows := mentionRows(m.ID, r); len(rows) > 0 {
		a.mentions, a.naming[m.ID] = append(a.mentions, rows...), m.Direction == inbox.In
	}

	sender := in.SenderKey
	if m.Direction == inbox.Out {
		sender = inbox.Business
	}
	seen := map[inbox.Key]bool{{}: true}
	row := func(k inbox.Key, own bool) {
		if !seen[k] {
			seen[k] = true
			a.keys = append(a.keys, []any{k[:], uid(m.ID), uid(m.ThreadID), own, sender})
		}
	}
	row(in.Own, true)
	row(in.Thread, true)
	row(in.External, true)
	row(in.Album, true)
	for _, ref := range in.Refs {
		row(ref.Key, false)
	}
	return nil
}

// collect lists what changed, for the log and for those who look on.
func (a *arrivals) collect(ctx context.Context) error {
	system := inbox.Actor{Kind: inbox.BySystem}
	for _, id := range keysOf(a.before) {
		c := a.ev.Conversations[inbox.ConversationID(id)]
		ch := change{event: inbox.Event{Kind: inbox.ConversationChanged, Entity: id, Version: c.Version, Conversation: c}}
		if was := a.before[c.ID]; was != nil {
			ch.before = was
			ch.event.Audience.Before = was.Place()
		}
		ch.event.Audience.After = c.Place()
		if r := a.cause[c.ID]; r != nil {
			ch.cause, ch.event.History = r.EventID, r.History
		}
		a.add(ch, system)
	}
	if err := a.collectMoved(ctx, system); err != nil {
		return err
	}
	for _, ch := range a.said {
		m := ch.event.Message
		ch.event.Audience.After = a.ev.Conversations[m.ConversationID].Place()
		actor := system
		if m.Author.Kind == inbox.ByCustomer {
			actor = inbox.Actor{Kind: inbox.ByCustomer, ID: string(m.Author.IdentityID), Name: m.Author.Name}
		}
		a.add(ch, actor)
	}
	return nil
}

// moves reports whether a merge brings a message elsewhere, which is told by
// collectMoved.
func (a *arrivals) moves(id inbox.MessageID) bool {
	return slices.ContainsFunc(a.merges, func(m merge) bool { return slices.Contains(m.moved, string(id)) })
}

// collectMoved tells of the messages that a merge brought elsewhere.
func (a *arrivals) collectMoved(ctx context.Context, system inbox.Actor) error {
	from := map[inbox.MessageID]inbox.ConversationID{}
	for _, m := range a.merges {
		for _, id := range m.moved {
			if id := inbox.MessageID(id); from[id] == "" {
				from[id] = m.from
			}
		}
	}
	if len(from) == 0 {
		return nil
	}
	moved, err := collectMessages(ctx, a.tx, `WHERE m.id = ANY($1) ORDER BY m.conversation_id, m.seq`, keysOf(from))
	if err != nil {
		return fmt.Errorf("read moved messages: %w", err)
	}
	for i := range moved {
		m := &moved[i]
		a.add(change{event: inbox.Event{
			Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: m, History: true, MovedFrom: from[m.ID],
			Audience: inbox.Audience{Before: a.ev.Conversations[from[m.ID]].Place(), After: a.ev.Conversations[m.ConversationID].Place()},
		}}, system)
	}
	return nil
}

// add stamps a change and puts it on the delivery's list.
func (d *delivery) add(ch change, actor inbox.Actor) {
	ch.event.Actor = actor
	stamp(&ch.event)
	d.changes = append(d.changes, ch)
}
