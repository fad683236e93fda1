package inbox

// A Spot is what is true only now finds a conversation or a customer by.
type Spot struct {
	// Inboxes are those of which whoever sees any may know what goes on here.
	// None: nobody may.
	Inboxes []InboxID
	// Version is the conversation's: of two words on where it is the higher
	// holds. Zero for a customer.
	Version int64
	// Keys are of a conversation's channel threads (see [ChannelKey]), or of a
	// customer's identities (see [IdentityKey]).
	Keys []Key
}

// Sees reports whether r admits any of inboxes.
func (s *Spot) Sees(r *Rights) bool {
	for _, id := range s.Inboxes {
		if r.Sees(&Place{InboxID: id}) {
			return true
		}
	}
	return false
}
