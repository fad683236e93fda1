package threader

import (
	"cmp"
	"net/url"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
)

// maxEmoji is in bytes: a family with its skin tones takes some forty.
const maxEmoji = 64

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
	if in.ExternalID == "" || emoji == "" && !in.Reaction.Removed {
		return nil, invalid("a reaction needs its emoji and the externalId of the message that it is about")
	}
	return &inbox.Reacted{
		Message:  inbox.ExternalKey(r.Account, in.ExternalID),
		Reaction: inbox.Reaction{Emoji: emoji, By: cmp.Or(who.Name, who.Address), At: saidAt(in, r)},
		Removed:  in.Reaction.Removed, Only: in.Reaction.Only,
	}, nil
}

func concealed(in *connectors.Inbound, r *inbox.Received) (*inbox.Concealed, error) {
	if in.ExternalID == "" {
		return nil, invalid("that a comment is hidden needs the externalId of the message that it is")
	}
	return &inbox.Concealed{Message: inbox.ExternalKey(r.Account, in.ExternalID), Hidden: *in.Hidden, At: saidAt(in, r)}, nil
}

// comment is what a message under a post is besides. Its link is for people to
// open: one that doesn't lead to a page is left out.
func comment(c *connectors.Comment) (*inbox.Comment, error) {
	out := &inbox.Comment{ID: line(c.ID), Thread: line(c.Thread), Elsewhere: c.Elsewhere, Live: c.Live, Hidden: c.Hidden}
	if out.ID == "" || len(out.ID) > 512 {
		return nil, invalid("a comment needs its id, of at most 512 bytes")
	}
	if u, err := url.Parse(c.Link); err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && len(c.Link) <= 2000 {
		out.Link = u.String()
	}
	return out, nil
}

// saidAt is when something was said, by its provider's clock within reason.
func saidAt(in *connectors.Inbound, r *inbox.Received) time.Time {
	at := in.ProviderAt.UTC().Truncate(time.Microsecond)
	if at.Year() < 1990 || at.After(r.At.Add(24*time.Hour)) {
		return r.At
	}
	return at
}

// receipt tells which message it is about, and what that is called.
func (t *Threader) receipt(in *connectors.Inbound, r *inbox.Received) (*inbox.Receipt, error) {
	receipt := *in.Receipt
	if receipt.Attempt < 0 || receipt.Attempt > maxCount {
		return nil, invalid("a receipt of attempt %d: there is none", receipt.Attempt)
	}
	receipt.Detail = line(receipt.Detail)
	for _, id := range receipt.ExternalIDs[:min(len(receipt.ExternalIDs), maxPeople)] {
		if key := inbox.ExternalKey(r.Account, id); key != (inbox.Key{}) {
			receipt.Keys = append(receipt.Keys, key)
		}
	}
	switch {
	case receipt.MessageID != "":
	case receipt.Until != nil:
		account, _ := t.account(r.Account)
		kind := senderKind(in)
		receipt.Who = inbox.IdentityRef{Kind: kind, Key: identity.Key(kind, in.Sender.Address, account.Region)}
		if receipt.Who.Key == "" {
			return nil, invalid("a receipt until a time needs the sender who got what was sent to them")
		}
	case in.ExternalID == "":
		return nil, invalid("a receipt needs the message's id, or its externalId")
	default:
		receipt.About = inbox.ExternalKey(r.Account, in.ExternalID)
	}
	return &receipt, nil
}
