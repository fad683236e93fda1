package demo

import (
	"testing"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/threader"
)

// Everything that the shop publishes passes the checks of the contract, its sums
// add up, and nothing of it is from the future or out of order.
func TestFeed(t *testing.T) {
	t.Parallel()
	s := NewShop(7, born)
	reading := threader.Reading{Account: inbox.Account{ID: StoreID, Channel: inbox.Shop, MaxProof: inbox.Signed}}
	kinds, names, events := map[connectors.Kind]int{}, map[string]int{}, map[string]bool{}
	items := s.Items()
	for n := range 40 {
		if in := s.move(s.Orders[len(s.Orders)-1-n], born); in.Kind != "" {
			items = append(items, in)
		}
	}
	for _, in := range items {
		r, err := reading.Read(&in, born)
		if err != nil {
			t.Errorf("%s: %v", in.EventID, err)
			continue
		}
		if events[in.EventID] || in.ProviderAt.After(born) {
			t.Errorf("%s comes twice, or at %v", in.EventID, in.ProviderAt)
		}
		events[in.EventID] = true
		kinds[in.Kind]++
		switch {
		case r.Order != nil:
			state := &inbox.OrderState{}
			state.Take(r.Order)
			o := state.Public()
			if len(o.Problems) > 0 || o.Refunded > o.Total && len(r.Order.Says) == 0 {
				t.Errorf("order %s: %q, %d of %d paid back", o.Number, o.Problems, o.Refunded, o.Total)
			}
			for _, sh := range o.Shipments {
				for _, e := range sh.Events {
					names["parcel "+e.Status]++
					if e.At.After(born) || sh.At.Before(e.At) {
						t.Errorf("order %s: an event of %v in a parcel of %v", o.Number, e.At, sh.At)
					}
				}
			}
			names["refunds"] += len(o.Refunds)
			names["returns"] += len(o.Returns)
		case r.Track != nil:
			if len(r.Track.Problems) > 0 {
				t.Errorf("%s: %q", in.EventID, r.Track.Problems)
			}
			names["track "+string(r.Track.Kind)]++
		case r.Customer != nil:
			names["ledger"] += len(r.Customer.Loyalty)
			names["wishes"] += len(r.Customer.SavedItems)
		}
	}
	if len(s.Doubles) != 3 || s.ByEmail(s.Doubles[0].Other) != s.Doubles[0] {
		t.Errorf("%d customers write from two addresses, want 3", len(s.Doubles))
	}
	for _, kind := range []connectors.Kind{connectors.KindProduct, connectors.KindCustomer, connectors.KindOrder, connectors.KindCart, connectors.KindTrack} {
		if kinds[kind] < 5 {
			t.Errorf("%d items of kind %s", kinds[kind], kind)
		}
	}
	for _, name := range []string{"parcel delivered", "parcel exception", "refunds", "returns", "track page", "track rating", "ledger", "wishes"} {
		if names[name] == 0 {
			t.Errorf("there is nothing of %q among %v", name, names)
		}
	}
	t.Logf("%d items: %v, %v", len(items), kinds, names)
}
