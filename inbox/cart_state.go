package inbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// A CartWord is what a connector says of a cart: that it holds Items, that
// something was put in or taken out, or that it was bought.
type CartWord struct {
	Cart
	Change *CartChange // nil: Cart's items are all that is in it
	Bought bool        // nothing but that: its items are not said
}

// A CartChange is something put into a cart or taken out.
type CartChange struct {
	ID       string    `json:"id"` // the event's: a repetition is known by it
	At       time.Time `json:"at"`
	Item     Item      `json:"item"`     // one of it, Quantity 0
	Quantity int       `json:"quantity"` // negative: out
	All      bool      `json:"all,omitempty"`
}

// maxChanges is how many changes of a cart wait for one that is older: past
// that the oldest are taken as told in order.
const maxChanges = 200

// A CartState is a cart as all words on it make it. Words may come in any order
// and any number of times: the state is the same.
type CartState struct {
	Cart
	words cartWords
}

// cartWords are what a cart is computed of.
type cartWords struct {
	Base     []Item       `json:"base,omitempty"` // all that was in it at BaseAt
	BaseAt   time.Time    `json:"baseAt"`
	Anew     bool         `json:"anew,omitempty"`  // nothing was, since it had been bought
	Total    *int64       `json:"total,omitempty"` // said of Base
	Changes  []CartChange `json:"changes,omitempty"`
	Bought   []time.Time  `json:"bought,omitempty"`
	Left     time.Time    `json:"left"` // when it was last called abandoned
	Currency clocked      `json:"currency"`
	URL      clocked      `json:"url"`
	Who      cartOwner    `json:"who"`
}

type clocked struct {
	Value string    `json:"value,omitempty"`
	At    time.Time `json:"at"`
}

func (c *clocked) take(value string, at time.Time) {
	if value != "" && cmp.Or(at.Compare(c.At), cmp.Compare(value, c.Value)) > 0 {
		c.Value, c.At = value, at
	}
}

type cartOwner struct {
	Ref IdentityRef `json:"ref"`
	At  time.Time   `json:"at"`
}

var ownerKinds = []IdentityKind{"", ChatVisitor, PhoneNumber, EmailAddress, ShopAccount}

func (o *cartOwner) take(ref IdentityRef, at time.Time) {
	better := cmp.Or(cmp.Compare(slices.Index(ownerKinds, ref.Kind), slices.Index(ownerKinds, o.Ref.Kind)), at.Compare(o.At), cmp.Compare(ref.Key, o.Ref.Key))
	if better > 0 {
		o.Ref, o.At = ref, at
	}
}

// Take takes a word in and reports whether anything changed.
func (s *CartState) Take(w *CartWord) bool {
	was, wasWords := encoded(s.Cart), encoded(s.words)
	s.Store, s.ExternalID = w.Store, w.ExternalID
	at := w.UpdatedAt
	made := w.CreatedAt
	if made.IsZero() {
		made = at
	}
	if s.CreatedAt.IsZero() || made.Before(s.CreatedAt) {
		s.CreatedAt = made
	}
	if at.After(s.UpdatedAt) {
		s.UpdatedAt = at
	}
	c := &s.words
	c.Currency.take(w.Currency, at)
	c.URL.take(w.URL, at)
	c.Who.take(w.Who, at)
	switch {
	case w.Bought:
		c.buy(at)
	case w.Change != nil:
		ch := *w.Change
		if !slices.ContainsFunc(c.Changes, func(x CartChange) bool { return x.ID == ch.ID }) {
			c.Changes = append(slices.Clone(c.Changes), ch)
		}
	default:
		c.rebase(w.Items, w.Total, at)
		switch w.Status {
		case "completed":
			c.buy(at)
		case "abandoned":
			if at.After(c.Left) {
				c.Left = at
			}
		}
	}
	c.settle()
	s.compute()
	return was != encoded(s.Cart) || wasWords != encoded(s.words)
}

func (c *cartWords) buy(at time.Time) {
	if at.Before(c.BaseAt) || slices.ContainsFunc(c.Bought, at.Equal) {
		return
	}
	c.Bought = append(slices.Clone(c.Bought), at)
}

// rebase begins anew with all that is in the cart at an instant.
func (c *cartWords) rebase(items []Item, total int64, at time.Time) {
	order := at.Compare(c.BaseAt)
	if order == 0 && !c.Anew { // what is bought is bought last of an instant
		order = cmp.Compare(encoded(items), encoded(c.Base))
	}
	if order <= 0 {
		return
	}
	c.Base, c.BaseAt, c.Anew, c.Total = items, at, false, nil
	if total != 0 {
		c.Total = &total
	}
}

// settle drops what no older word can change any more.
func (c *cartWords) settle() {
	slices.SortFunc(c.Changes, func(a, b CartChange) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	slices.SortFunc(c.Bought, time.Time.Compare)
	// A cart in which something happened after it was bought began anew.
	active := c.BaseAt
	if n := len(c.Changes); n > 0 && c.Changes[n-1].At.After(active) {
		active = c.Changes[n-1].At
	}
	for _, at := range slices.Backward(c.Bought) {
		if at.Before(active) && (at.After(c.BaseAt) || at.Equal(c.BaseAt) && !c.Anew) {
			c.Base, c.BaseAt, c.Anew, c.Total = nil, at, true, nil
			break
		}
	}
	if n := len(c.Changes) - maxChanges; n > 0 {
		c.Base, c.BaseAt, c.Anew, c.Total = c.fold(n), c.Changes[n-1].At, false, nil
	}
	c.Changes = slices.DeleteFunc(slices.Clone(c.Changes), func(x CartChange) bool { return !x.At.After(c.BaseAt) })
	c.Bought = slices.DeleteFunc(slices.Clone(c.Bought), func(at time.Time) bool { return at.Before(c.BaseAt) })
}

// fold is what is in the cart after the first n changes.
func (c *cartWords) fold(n int) []Item {
	items := slices.Clone(c.Base)
	for _, ch := range c.Changes[:n] {
		i := slices.IndexFunc(items, func(x Item) bool { return x.SKU == ch.Item.SKU && x.Variant == ch.Item.Variant })
		if i < 0 {
			if ch.Quantity > 0 {
				added := ch.Item
				added.Quantity = ch.Quantity
				items = append(items, added)
			}
			continue
		}
		items[i].Quantity += ch.Quantity
		if ch.Quantity > 0 && ch.Item.Price != 0 {
			items[i].Price = ch.Item.Price
		}
		if ch.All || items[i].Quantity <= 0 {
			items = slices.Delete(items, i, i+1)
		}
	}
	return items
}

func (s *CartState) compute() {
	c := &s.words
	s.Currency, s.URL, s.Who = c.Currency.Value, c.URL.Value, c.Who.Ref
	s.Items = orNone(c.fold(len(c.Changes)))
	if s.Total = 0; c.Total != nil && len(c.Changes) == 0 {
		s.Total = *c.Total
	} else {
		for _, i := range s.Items {
			if line, ok := lineTotal(i); ok && s.Total <= MaxAmount {
				s.Total += line
			}
		}
	}
	active := c.BaseAt
	if n := len(c.Changes); n > 0 {
		active = c.Changes[n-1].At
	}
	s.Status = "open"
	if n := len(c.Bought); n > 0 && !c.Bought[n-1].Before(active) {
		s.Status = "completed"
	} else if !c.Left.IsZero() && !c.Left.Before(active) {
		s.Status = "abandoned"
	}
}

// WordsJSON is what must be kept besides the cart's own fields.
func (s *CartState) WordsJSON() ([]byte, error) { return json.Marshal(s.words) }

// RestoreCart is the state of a cart as it was stored, with its WordsJSON; for
// a cart that was written without, what is in it is the newest word.
func RestoreCart(c Cart, wordsJSON []byte) (*CartState, error) {
	s := &CartState{Cart: c}
	if len(wordsJSON) == 0 {
		s.words = cartWords{Base: c.Items, BaseAt: c.UpdatedAt, Total: &c.Total, Currency: clocked{c.Currency, c.UpdatedAt},
			URL: clocked{c.URL, c.UpdatedAt}, Who: cartOwner{c.Who, c.UpdatedAt}}
		return s, nil
	}
	if err := json.Unmarshal(wordsJSON, &s.words); err != nil {
		return nil, fmt.Errorf("restore cart %s: %w", c.ID, err)
	}
	return s, nil
}

// Take takes a word on a product in and reports whether anything changed: of
// two words of one time the larger holds.
func (p *Product) Take(w Product) bool {
	was := encoded(p)
	stock, stockAt := p.Stock, p.StockAt
	if details(w, *p) > 0 {
		*p = w
		p.Stock, p.StockAt = stock, stockAt
	}
	if w.StockAt != nil && (stockAt == nil || cmp.Or(w.StockAt.Compare(*stockAt), cmp.Compare(encoded(w.Stock), encoded(stock))) > 0) {
		p.Stock, p.StockAt = w.Stock, w.StockAt
	}
	return was != encoded(p)
}

func details(a, b Product) int {
	a.Stock, a.StockAt, b.Stock, b.StockAt = nil, nil, nil, nil
	return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(encoded(a), encoded(b)))
}

// Newer reports whether s prevails over another word on the same item: by time,
// then saved before taken off, then by its text, as the store's own rule is.
func (s SavedItem) Newer(than SavedItem) bool {
	saved := 0
	if s.Saved != than.Saved {
		if saved = -1; s.Saved {
			saved = 1
		}
	}
	return cmp.Or(s.At.Compare(than.At), saved, cmp.Compare(s.Title, than.Title), cmp.Compare(s.URL, than.URL)) > 0
}

// Newer reports whether e prevails over another word on the same entry.
func (e LoyaltyEntry) Newer(than LoyaltyEntry) bool {
	return cmp.Or(e.At.Compare(than.At), cmp.Compare(e.Points, than.Points), cmp.Compare(e.Reason, than.Reason)) > 0
}
