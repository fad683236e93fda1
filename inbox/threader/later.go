package threader

import (
	"cmp"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
)

// maxEmoji is in bytes: a family with its skin tones takes some forty.
const maxEmoji = 64

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
	c.From, c.To, c.Agent = line(c.From), line(c.To), line(c.Agent)
	c.Disposition, c.Summary = inbox.Disposition(line(string(c.Disposition))), text(c.Summary)
	c.RecordingURL = line(c.RecordingURL)
	if !strings.HasPrefix(c.RecordingURL, "https://") && !strings.HasPrefix(c.RecordingURL, "http://") {
		c.RecordingURL = ""
	}
	c.StartedAt = c.StartedAt.UTC().Truncate(time.Microsecond)
	if c.StartedAt.Year() < 1990 || c.StartedAt.After(r.At.Add(24*time.Hour)) {
		c.StartedAt = r.At
	}
	a := &inbox.Arrival{Message: inbox.Message{
		Direction: c.Direction, Call: &c, Text: c.Text(), VisibleText: c.Text(), To: []inbox.Party{}, Cc: []inbox.Party{},
		Attachments: []inbox.Attachment{}, SentAt: c.StartedAt, CreatedAt: r.At,
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
		if a.Person.Address == "" && a.Person.Name == "" {
			a.Person.Name = "Unknown caller"
		}
	} else {
		a.People = []string{key}
	}
	a.Identity = inbox.IdentityRef{Kind: kind, Key: key}
	maskCards(a)
	return a, nil
}

// deletion and reaction are about the message that the item's externalId names.
func deletion(in *connectors.Inbound, r *inbox.Received) (*inbox.Deletion, error) {
	if in.ExternalID == "" {
		return nil, invalid("a deletion needs the externalId of the message that it is about")
	}
	return &inbox.Deletion{Message: inbox.ExternalKey(r.Account, in.ExternalID), At: r.At}, nil
}

func reaction(in *connectors.Inbound, r *inbox.Received) (*inbox.Reacted, error) {
	emoji := bounded(line(in.Reaction.Emoji), maxEmoji)
	who := party(inbox.Party{Address: in.Sender.Address, Name: in.Sender.Name})
	if in.ExternalID == "" || emoji == "" {
		return nil, invalid("a reaction needs its emoji and the externalId of the message that it is about")
	}
	return &inbox.Reacted{
		Message:  inbox.ExternalKey(r.Account, in.ExternalID),
		Reaction: inbox.Reaction{Emoji: emoji, By: cmp.Or(who.Name, who.Address), At: r.At},
		Removed:  in.Reaction.Removed,
	}, nil
}
