package threader

import (
	"context"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/thread"
)

// A Reading is what items are read with where no store is.
type Reading struct {
	Account  inbox.Account
	Keys     thread.Keys
	Grammars []inbox.StoreGrammar
}

// Read makes of an item what a threader would hand to its store, and does
// nothing else: for those who want to know what would be decided. An
// *inbox.Error with code Invalid means that the item is wrong in itself.
func (o Reading) Read(in *connectors.Inbound, at time.Time) (inbox.Received, error) {
	t := &Threader{cfg: Config{Keys: o.Keys}, accounts: map[inbox.AccountID]inbox.Account{o.Account.ID: o.Account}, own: map[string]bool{},
		grammars: readGrammars(o.Grammars)}
	for _, key := range ownKeys(&o.Account) {
		t.own[key] = true
	}
	r := inbox.Received{Account: o.Account.ID, Channel: in.Channel, EventID: in.EventID, History: in.Lane == connectors.LaneBulk, At: at}
	return r, t.read(context.Background(), in, &r) // nobody is asked
}
