package threader

import (
	"cmp"
	"slices"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
)

// call makes a message of a telephone call: a thread of its own, by the call's
// id, so that later words on it find it.
func (t *Threader) call(in *connectors.Inbound, r *inbox.Received) (*inbox.Arrival, error) {
	account, own := t.account(r.Account)
	c := in.Call.Call
	switch {
	case in.Call.ID == "":
		return nil, invalid("a call needs the id that its exchange gave it")
	case c.Direction != inbox.In && c.Direction != inbox.Out:
		return nil, invalid("a call's direction is in or out, not %q", c.Direction)
	case c.RingSeconds < 0 || c.RingSeconds > maxCount || c.TalkSeconds < 0 || c.TalkSeconds > maxCount:
		return nil, invalid("a call can't last that long")
	}
	if len(in.Call.Attachments) > maxParts {
		return nil, invalid("it has %d attachments: at most %d go with one call", len(in.Call.Attachments), maxParts)
	}
	c = tidyCall(c, in.Call.ID, r.At)
	a := &inbox.Arrival{Message: inbox.Message{
		Direction: c.Direction, Call: &c, Text: c.Text(), VisibleText: c.Text(), To: []inbox.Party{}, Cc: []inbox.Party{},
		Attachments: attached(in.Call.Attachments), SentAt: c.StartedAt, CreatedAt: r.At,
	}}
	if r.History && a.SentAt.Before(r.At) {
		a.CreatedAt = a.SentAt
	}
	if in.Raw != nil {
		a.Raw, a.RawSize = in.Raw.SHA256, in.Raw.Size
	}
	a.Thread, a.External, a.Revises = inbox.ChannelKey(r.Account, in.Call.ID), inbox.ExternalKey(r.Account, in.Call.ID), true

	kind := cmp.Or(in.Sender.Kind, inbox.PhoneNumber)
	them := party(inbox.Party{Address: in.Sender.Address, Name: in.Sender.Name})
	a.Proof = account.MayVouch(kind, in.Sender.Proof)
	key := identity.Key(kind, them.Address, account.Region)
	if isOwn(own, key) {
		key = ""
	}
	a.Author = inbox.Author{Kind: inbox.ByCustomer, Name: them.Name, Address: them.Address}
	a.Sender, a.SenderKey, a.Person = them, key, them
	if c.Direction == inbox.Out {
		a.Author = inbox.Author{Kind: inbox.BySystem, Name: c.Agent, Address: c.From}
		a.SenderKey = ""
		a.To = []inbox.Party{them}
	}
	if key == "" {
		key = nobody(r)
		withheld(a, &c)
	} else {
		a.People = []string{key}
	}
	a.Identity = inbox.IdentityRef{Kind: kind, Key: key}
	maskCards(a, nil)
	return a, nil
}

// withheld makes a caller of whom nothing is told one who is called so.
func withheld(a *inbox.Arrival, c *inbox.Call) {
	their, name := &c.From, "Unknown caller"
	if c.Direction == inbox.Out {
		their, name = &c.To, "Unknown number"
	}
	if identity.Withheld(a.Person.Address) || a.Person.Address == "" && *their == inbox.Withheld {
		*their, name = inbox.Withheld, "Number withheld"
		a.Person.Address, a.Author.Address, a.Sender.Address = "", "", ""
		if c.Direction == inbox.Out {
			a.To = []inbox.Party{}
		}
	}
	if a.Person.Address == "" && a.Person.Name == "" {
		a.Person.Name = name
	}
}

// tidyCall is c as the database takes it, with what follows from what it says.
func tidyCall(c inbox.Call, id string, at time.Time) inbox.Call {
	c.ExternalID = line(id)
	for _, s := range []*string{&c.From, &c.To, &c.Agent, &c.Extension} {
		*s = line(*s)
	}
	c.Disposition, c.Summary, c.Transcript = inbox.Disposition(line(string(c.Disposition))), text(c.Summary), text(c.Transcript)
	c.RecordingURL = link(c.RecordingURL)
	c.StartedAt = c.StartedAt.UTC().Truncate(time.Microsecond)
	if c.StartedAt.Year() < 1990 || c.StartedAt.After(at.Add(24*time.Hour)) {
		c.StartedAt = at
	}
	c.AnsweredAt, c.EndedAt = moment(c.AnsweredAt, at), moment(c.EndedAt, at)
	c.Legs, c.Audio = slices.Clone(c.Legs), slices.Clone(c.Audio)
	for i := range c.Legs {
		l := &c.Legs[i]
		l.ID, l.Agent, l.Extension, l.Disposition = line(l.ID), line(l.Agent), line(l.Extension), inbox.Disposition(line(string(l.Disposition)))
		l.StartedAt, l.AnsweredAt, l.EndedAt = moment(l.StartedAt, at), moment(l.AnsweredAt, at), moment(l.EndedAt, at)
		l.TalkSeconds = max(0, min(l.TalkSeconds, maxCount))
	}
	for i := range c.Audio {
		x := &c.Audio[i]
		x.ID, x.URL, x.Note, x.SHA256, x.Seconds = line(x.ID), link(x.URL), line(x.Note), line(x.SHA256), max(0, min(x.Seconds, maxCount))
		if x.Kind != inbox.Voicemail {
			x.Kind = inbox.Recording
		}
		if x.State != inbox.AudioKept && x.State != inbox.AudioNone {
			x.State = inbox.AudioWanted
		}
	}
	return inbox.Call{}.Later(c)
}

// moment is a time of a call, nil where its clock can't be right.
func moment(t *time.Time, at time.Time) *time.Time {
	if t == nil || t.Year() < 1990 || t.After(at.Add(24*time.Hour)) {
		return nil
	}
	m := t.UTC().Truncate(time.Microsecond)
	return &m
}
