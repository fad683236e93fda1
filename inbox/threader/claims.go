package threader

import (
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
)

const (
	maxClaims = 20  // what one item may say of somebody
	maxValue  = 500 // bytes of one such value
)

// senderKind is the kind of an item's sender: mail's when nothing is said.
func senderKind(in *connectors.Inbound) inbox.IdentityKind {
	if in.Sender.Kind == "" {
		return inbox.EmailAddress
	}
	return in.Sender.Kind
}

// A witness collects what an item says of somebody, as far as the account that
// it came in by may vouch for it.
type witness struct {
	account *inbox.Account
	own     map[string]bool
	kind    inbox.IdentityKind // of whom it is said
	region  string
	r       *inbox.Received
}

// say adds a claim; an empty one, and one to an address of ours, says nothing.
func (w *witness) say(c inbox.Claim) {
	value := strings.TrimSpace(bounded(line(c.Value), maxValue))
	if value == "" || !c.Field.Valid() && c.Field != inbox.ClaimShop || len(w.r.Claims) == maxClaims {
		return
	}
	about := w.kind
	switch c.Field {
	case inbox.ClaimEmail:
		about = inbox.EmailAddress
	case inbox.ClaimPhone:
		about = inbox.PhoneNumber
	case inbox.ClaimShop:
		about = inbox.ShopAccount
	}
	c.Value, c.Key, c.Proof = value, identity.ClaimKey(c.Field, value, w.region), w.account.MayVouch(about, c.Proof)
	if c.Key != "" && isOwn(w.own, c.Key) {
		return
	}
	w.r.Claims = append(w.r.Claims, c)
}

func (w *witness) consent(list []inbox.Consent, source string) {
	for _, c := range list[:min(len(list), maxClaims)] {
		c.Purpose, c.Source = bounded(line(c.Purpose), maxValue), bounded(line(c.Source), maxValue)
		if c.Purpose == "" {
			continue
		}
		if c.Source == "" {
			c.Source = source
		}
		if c.At.IsZero() || c.At.After(w.r.At) {
			c.At = w.r.At
		}
		w.r.Consents = append(w.r.Consents, c)
	}
}

// setClaims notes what an item says of whom it is about.
func (t *Threader) setClaims(r *inbox.Received, in *connectors.Inbound) {
	account, own := t.account(r.Account)
	w := &witness{account: &account, own: own, kind: senderKind(in), region: account.Region, r: r}
	switch {
	case r.Message != nil:
		w.message(in)
	case r.Customer != nil:
		w.record(in)
	case r.Order != nil && r.Order.Buyer.Kind == inbox.ShopAccount:
		w.kind = inbox.ShopAccount
		w.say(inbox.Claim{Field: inbox.ClaimEmail, Source: inbox.FromChannel, Value: r.Order.Email, Proof: in.Sender.Proof, At: r.Order.UpdatedAt})
		w.buyer(inbox.Claimed)
	case r.Order != nil:
		w.buyer(inbox.Claimed)
	case r.Track != nil && in.Channel == inbox.Chat:
		w.kind = r.Track.Who.Kind
		w.sender(in, r.Track.At)
	case r.Track != nil:
		w.track(in.Sender.Proof)
	}
}

// sender notes what a sender says of itself besides.
func (w *witness) sender(in *connectors.Inbound, at time.Time) {
	for _, c := range in.Sender.Claims[:min(len(in.Sender.Claims), maxClaims)] {
		w.say(inbox.Claim{Field: c.Field, Source: inbox.FromChannel, Value: c.Value, Proof: c.Proof, At: at})
	}
	w.consent(in.Sender.Consents, string(w.r.Account))
}

// buyer notes what an order's buyer is called there.
func (w *witness) buyer(proof inbox.Proof) {
	for _, p := range w.r.Order.Parties {
		if p.Role == "buyer" {
			w.say(inbox.Claim{Field: inbox.ClaimName, Source: inbox.FromChannel, Value: p.Name, Proof: proof, At: w.r.Order.UpdatedAt})
		}
	}
}

// track notes what a call says of its person. The shop's own call to identify
// somebody says what it names and nothing of the rest, so it is no record.
func (w *witness) track(proof inbox.Proof) {
	t := w.r.Track
	w.kind = t.Who.Kind
	if t.Customer == nil {
		w.say(inbox.Claim{Field: inbox.ClaimName, Source: inbox.FromChannel, Value: t.Person.Name, Proof: min(proof, inbox.Claimed), At: t.At})
		return
	}
	for _, f := range fieldsOf(t.Customer) {
		w.say(inbox.Claim{Field: f.field, Source: inbox.FromChannel, Value: f.value, Proof: proof, At: t.At})
	}
}

// A recordField is one thing that a record says.
type recordField struct {
	field inbox.ClaimField
	value string
}

func fieldsOf(c *inbox.CustomerRecord) []recordField {
	return []recordField{
		{inbox.ClaimName, c.Name}, {inbox.ClaimEmail, c.Email}, {inbox.ClaimPhone, c.Phone}, {inbox.ClaimAddress, oneLine(c.Address)},
		{inbox.ClaimBirthday, c.Birthday}, {inbox.ClaimLocale, c.Locale}, {inbox.ClaimCompany, c.Company},
	}
}

// message notes what the customer's side is called. Whatever else its sender
// says is only of itself: not of whom our own mail went to, nor of whoever
// filled in a form.
func (w *witness) message(in *connectors.Inbound) {
	m := w.r.Message
	proof := m.Proof
	if m.Direction == inbox.Out || m.Spam {
		proof = inbox.Inferred
	}
	w.say(inbox.Claim{Field: inbox.ClaimName, Source: inbox.FromChannel, Value: m.Person.Name, Proof: proof, At: m.SentAt})
	if m.Direction == inbox.Out || m.Sender.Address != line(in.Sender.Address) {
		return
	}
	said := *in
	if m.Spam {
		said.Sender.Claims = slices.Clone(in.Sender.Claims)
		for i := range said.Sender.Claims {
			said.Sender.Claims[i].Proof = inbox.Inferred
		}
	}
	w.sender(&said, m.SentAt)
}

// record notes what a shop says of an account of its own.
func (w *witness) record(in *connectors.Inbound) {
	c := w.r.Customer
	w.kind = inbox.ShopAccount
	c.Proof = w.account.MayVouch(inbox.ShopAccount, in.Sender.Proof)
	if c.Address != nil && len(c.Address.Country) == 2 {
		w.region = strings.ToUpper(c.Address.Country)
	}
	for _, f := range fieldsOf(c) {
		w.say(inbox.Claim{Field: f.field, Source: inbox.FromShop, Value: f.value, Proof: in.Sender.Proof, At: c.UpdatedAt})
	}
	w.consent(c.Consents, c.Store)
	w.consent(in.Sender.Consents, c.Store)
}

// oneLine is a postal address as one claims it.
func oneLine(a *inbox.Address) string {
	if a == nil {
		return ""
	}
	var parts []string
	for _, p := range append(a.Lines[:len(a.Lines):len(a.Lines)], strings.TrimSpace(a.Postcode+" "+a.City), a.Region, a.Country) {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}
