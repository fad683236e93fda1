package threader

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
	"skein/inbox/orderlink"
	"skein/inbox/segment"
)

// What is kept of a track's own properties.
const (
	maxProperties = 32 << 10
	maxDepth      = 16
)

// track reads what somebody did in a shop. Only a track of nobody, or of no
// store, is refused: what of it can't be read is named, and the rest is kept.
func track(in *connectors.Inbound, r *inbox.Received, region string) (*inbox.Tracked, error) {
	t := *in.Track
	c := &check{what: "track " + cmp.Or(line(t.Event), line(t.Name), line(t.Type)), at: r.At, region: region}
	c.id("store", t.Store, maxStore)
	at := in.ProviderAt
	if at.Year() < 1990 {
		at = r.At
	}
	visitor := in.Channel == inbox.Chat
	t.ID, t.At, t.Signed = in.EventID, c.instant(at), r.Proof >= inbox.Signed && !visitor
	said := segment.Map(&t)
	if visitor { // who says nothing of anybody's orders, and of no cart but their own
		if said.Order != nil {
			said.Kind = inbox.TrackedEvent // it shows by itself: no record shows it
		}
		said.Order, said.Customer = nil, nil
		if said.Cart != nil {
			said.Cart.ExternalID = ""
		}
	}
	out := &inbox.Tracked{
		Kind: said.Kind, At: t.At, Store: t.Store, Proof: r.Proof, Name: line(said.Name), Title: line(said.Title), URL: link(said.URL),
	}
	c.who(out, in, &said)
	if c.err != nil {
		return nil, c.err
	}
	problem := func(err error) {
		said.Problems = append(said.Problems, err.Error())
		out.Kind = inbox.TrackedEvent // it shows by itself: no record shows it
	}
	if said.Order != nil {
		if o, err := order(said.Order, r, region); err != nil {
			problem(err)
		} else {
			if o.Buyer.Key == "" {
				o.Buyer, o.Says = out.Who, append(o.Says, "buyer")
			}
			o.LooseKey = orderlink.NumberKey(o.ExternalID) // some shops send their number for an id
			out.Orders = append(out.Orders, o)
		}
	}
	if w := said.Cart; w != nil {
		w.Who = out.Who
		if w.ExternalID == "" {
			w.ExternalID = "~" + out.Who.Key
		}
		if err := cartWord(w, r); err != nil {
			problem(err)
		} else {
			out.Carts = append(out.Carts, w)
		}
	}
	for _, s := range said.Saved {
		check := &check{what: "saved item", at: r.At}
		if s = check.saved(s, t.Store, t.At); check.err != nil {
			problem(check.err)
			continue
		}
		out.Saved = append(out.Saved, s)
	}
	if said.Customer != nil {
		record, err := customer(said.Customer, r)
		if err != nil {
			problem(err)
		} else {
			out.Customer = record
		}
	}
	out.Properties = properties(t.Properties)
	if out.Properties == nil {
		out.Properties = []byte("{}")
		said.Problems = append(said.Problems, "its properties can't be read, or are too many")
	}
	for _, p := range said.Problems[:min(len(said.Problems), 50)] {
		out.Problems = append(out.Problems, line(p))
	}
	return out, nil
}

// who says whom a track is captured under: the account in the shop, else an
// address or number, else the browser.
// A chat's visitor is always the own session's, whatever the browser says.
func (c *check) who(out *inbox.Tracked, in *connectors.Inbound, said *segment.Records) {
	store := out.Store
	if in.Channel == inbox.Chat {
		if in.Sender.Kind != inbox.ChatVisitor || !inbox.ValidSession(in.Sender.Address) {
			c.fail("it is of nobody: it needs its visitor's session")
		}
		out.Who = inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: in.Sender.Address}
		out.Person, out.Proof = inbox.Party{Address: in.Sender.Address}, min(in.Sender.Proof, inbox.Claimed)
		return
	}
	if said.UserID != "" {
		c.id("userId", said.UserID, maxExternal)
	}
	out.Who = c.whose(store, said.UserID, said.Email, said.Phone)
	out.Person = inbox.Party{Address: cmp.Or(said.UserID, said.Email, said.Phone)}
	if out.Who.Key == "" && said.AnonymousID != "" {
		c.id("anonymousId", said.AnonymousID, maxExternal)
		out.Who = inbox.IdentityRef{Kind: inbox.ChatVisitor, Key: store + "/" + said.AnonymousID}
		out.Person.Address = said.AnonymousID
		out.Proof = min(out.Proof, inbox.Inferred)
	}
	if kind := in.Sender.Kind; out.Who.Key == "" && kind != "" {
		key := identity.Key(kind, in.Sender.Address, c.region)
		if kind == inbox.ShopAccount && key != "" {
			key = inbox.ShopRef(store, key).Key
		}
		out.Who, out.Person.Address = inbox.IdentityRef{Kind: kind, Key: line(key)}, in.Sender.Address
	}
	if out.Who.Key == "" {
		c.fail("it is of nobody: it needs userId, anonymousId, or an email among its traits")
	}
	if len(out.Who.Key) > 2*maxExternal {
		c.fail("it is of somebody whose id is too long")
	}
	out.Person.Name = cmp.Or(said.FullName, in.Sender.Name)
	out.Person = party(out.Person)
}

// properties are a JSON object as the database takes it, nil for what is none
// or too large: no NUL, no number that it can't hold, no endless nesting.
func properties(raw []byte) []byte {
	if len(bytes.TrimSpace(raw)) == 0 {
		return []byte("{}")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v map[string]any
	if len(raw) > maxProperties || d.Decode(&v) != nil || v == nil {
		return nil
	}
	out, err := json.Marshal(clean(v, maxDepth))
	if err != nil {
		return nil
	}
	return out
}

func clean(v any, depth int) any {
	switch v := v.(type) {
	case string:
		return withoutCards(text(v))
	case json.Number:
		if f, err := v.Float64(); err != nil || math.Abs(f) > 1e100 || f != 0 && math.Abs(f) < 1e-100 || len(v) > 100 {
			return text(v.String())
		}
		return v
	case []any:
		if depth == 0 {
			return nil
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = clean(v[i], depth-1)
		}
		return out
	case map[string]any:
		if depth == 0 {
			return nil
		}
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[text(k)] = clean(x, depth-1)
		}
		return out
	}
	return v
}
