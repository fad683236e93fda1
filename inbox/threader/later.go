package threader

import (
	"cmp"

	"skein/connectors"
	"skein/inbox"
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
	if in.ExternalID == "" || emoji == "" {
		return nil, invalid("a reaction needs its emoji and the externalId of the message that it is about")
	}
	return &inbox.Reacted{
		Message:  inbox.ExternalKey(r.Account, in.ExternalID),
		Reaction: inbox.Reaction{Emoji: emoji, By: cmp.Or(who.Name, who.Address), At: r.At},
		Removed:  in.Reaction.Removed,
	}, nil
}
