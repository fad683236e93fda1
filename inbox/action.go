package inbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An ActionID is a UUIDv7.
type ActionID string

// An ActionKind is what is done with an order, or with a cart, in its shop.
type ActionKind string

const (
	RefundOrder    ActionKind = "refund"
	CancelOrder    ActionKind = "cancel"
	ReaddressOrder ActionKind = "address" // another recipient, or another address
	ResendOrder    ActionKind = "resend"  // the mail that confirms it, once more

	MailCart     ActionKind = "cart_link"      // the shop mails the way back to it
	CompleteCart ActionKind = "cart_completed" // it was bought in the store: an order of it, paid
)

// OrderKinds and CartKinds are all that is done with either.
var (
	OrderKinds = []ActionKind{RefundOrder, CancelOrder, ReaddressOrder, ResendOrder}
	CartKinds  = []ActionKind{MailCart, CompleteCart}
)

// An ActionOffer says whether an account's shop can be asked for a kind of
// action, and may be.
type ActionOffer struct {
	Kind    ActionKind `json:"kind" enum:"refund,cancel,address,resend,cart_link,cart_completed"`
	Offered bool       `json:"offered"`
	Code    WhyNot     `json:"code,omitempty" enum:"not-served,wrong-settings,tells-only,no-key,withheld" doc:"Why it isn't; absent where only words say it"`
	Why     string     `json:"why,omitempty" doc:"The same in words"`
}

// WhyNot is why something isn't offered.
type WhyNot string

const (
	NotServed     WhyNot = "not-served"     // no account of the shop is served
	WrongSettings WhyNot = "wrong-settings" // of the account: they can't be read
	TellsOnly     WhyNot = "tells-only"     // the shop sends events and can't be asked
	NoKey         WhyNot = "no-key"         // to the shop's API
	SwitchedOff   WhyNot = "withheld"       // switched off in the account's settings
)

// An OffersFunc says what an account offers, each kind once.
type OffersFunc func(*Account) ([]ActionOffer, error)

// An OrderAction is what an agent has had done with an order or a cart in its
// shop. It is done at most once, or uncertain: its state moves as a message's
// does.
type OrderAction struct {
	ID      ActionID   `json:"id"`
	Version int64      `json:"version"`
	OrderID OrderID    `json:"orderId,omitempty"`
	CartID  CartID     `json:"cartId,omitempty" doc:"Of a cart's, in the place of orderId"`
	Account AccountID  `json:"account" doc:"The shop's"`
	Kind    ActionKind `json:"kind" enum:"refund,cancel,address,resend,cart_link,cart_completed"`
	ActionTerms

	State     State     `json:"state" enum:"sending,sent,failed,uncertain" doc:"sent: the shop has done it"`
	Detail    string    `json:"detail,omitempty" doc:"The shop's words"`
	Attempt   int       `json:"attempt"`
	AgentID   AgentID   `json:"agentId"`
	AgentName string    `json:"agentName"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// ActionTerms are what exactly is to be done. A refund is of lines, of an amount,
// or with neither of all that is left; with both, of that amount for those lines.
type ActionTerms struct {
	Amount  int64        `json:"amount,omitempty" minimum:"0" doc:"Refund: in minor units of the order's currency"`
	Lines   []ActionLine `json:"lines,omitempty" maxItems:"200" doc:"Refund: which of its items"`
	Restock bool         `json:"restock,omitempty" doc:"Refund, cancel: the goods go back on the shelf"`
	Refund  bool         `json:"refund,omitempty" doc:"Cancel: what was paid goes back"`
	Notify  bool         `json:"notify,omitempty" doc:"The shop tells the customer"`
	Reason  string       `json:"reason,omitempty" maxLength:"500" doc:"Kept in the shop with it"`
	Name    string       `json:"name,omitempty" maxLength:"200" doc:"Address: who receives it"`
	Phone   string       `json:"phone,omitempty" maxLength:"60"`
	Address *Address     `json:"address,omitempty" doc:"Address: where it goes"`
	Text    string       `json:"text,omitempty" maxLength:"1000" doc:"Cart link: what the mail says beside it"`
}

// An ActionLine is some of one item of an order.
type ActionLine struct {
	ItemID   string `json:"itemId" minLength:"1" maxLength:"200" doc:"Its externalId"`
	Quantity int    `json:"quantity" minimum:"1" maximum:"100000"`
}

// An ActionAsk is a wish for an action. It repeats by Key, see [Answer].
type ActionAsk struct {
	ID    ActionID
	At    time.Time
	Key   string
	Hash  []byte
	Kind  ActionKind
	Terms ActionTerms

	Offers OffersFunc
	Encode EncodeActionFunc
}

// An ActedOn is what an action is done with: an order or a cart.
type ActedOn struct {
	Order *Order
	Cart  *Cart
}

// Store is whose it is.
func (o *ActedOn) Store() string {
	if o.Cart != nil {
		return o.Cart.Store
	}
	return o.Order.Store
}

// IdentityID is whom it was captured under.
func (o *ActedOn) IdentityID() IdentityID {
	if o.Cart != nil {
		return o.Cart.IdentityID
	}
	return o.Order.IdentityID
}

// Check says what of the terms can't be done with it as it is known, as an
// [Invalid]; the shop has the last word.
func (o *ActedOn) Check(kind ActionKind, t *ActionTerms) error {
	if o.Cart != nil {
		return checkCart(kind, o.Cart)
	}
	return t.Check(kind, o.Order)
}

// An EncodeActionFunc turns an action into what goes to its shop's connector. It
// is pure.
type EncodeActionFunc func(a *OrderAction, on ActedOn, at time.Time) (subject string, payload []byte, err error)

// MayAct reports whether a may have things done with orders in their shops.
func (a *Agent) MayAct() bool { return a.Role != AgentRole || a.OrderActions }

// Check says what of the terms can't be done with o as it is known, as an
// [Invalid]; the shop has the last word.
func (t *ActionTerms) Check(kind ActionKind, o *Order) error {
	refuse := func(format string, args ...any) error {
		return &Error{Code: Invalid, Message: fmt.Sprintf(format, args...)}
	}
	switch kind {
	case RefundOrder:
		left := o.Total - o.Refunded
		switch {
		case o.Currency == "":
			return refuse("the order's currency is not known: refund it in the shop")
		case left <= 0:
			return refuse("all of %s has gone back already", FormatAmount(o.Total, o.Currency))
		case t.Amount > left:
			return refuse("%s is more than the %s that is left", FormatAmount(t.Amount, o.Currency), FormatAmount(left, o.Currency))
		}
		return t.checkLines(o, refuse)
	case CancelOrder:
		if o.Status == "cancelled" {
			return refuse("the order is cancelled already")
		}
	case ReaddressOrder:
		switch {
		case o.Status == "cancelled" || o.Status == "delivered":
			return refuse("the order is %s: its address can't be changed", o.Status)
		case t.Address == nil || len(t.Address.Lines) == 0 || t.Address.City == "" || t.Address.Country == "":
			return refuse("an address needs street, city and country")
		case len(t.Address.Country) != 2 || strings.ToUpper(t.Address.Country) != t.Address.Country:
			return refuse("country is %q, not a code of two letters such as AT", t.Address.Country)
		case len(t.Address.Lines) > 3:
			return refuse("an address has three lines at most")
		}
	case ResendOrder:
	default:
		return refuse("%q is nothing that is done with orders", kind)
	}
	return nil
}

func checkCart(kind ActionKind, c *Cart) error {
	refuse := func(format string, args ...any) error {
		return &Error{Code: Invalid, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case !slices.Contains(CartKinds, kind):
		return refuse("%q is nothing that is done with carts", kind)
	case c.Status == "completed":
		return refuse("the cart is bought already")
	case len(c.Items) == 0:
		return refuse("nothing is in the cart")
	}
	return nil
}

func (t *ActionTerms) checkLines(o *Order, refuse func(string, ...any) error) error {
	have := map[string]int{}
	for _, i := range o.Items {
		have[i.ExternalID] += i.Quantity
	}
	for _, l := range t.Lines {
		n, known := have[l.ItemID]
		switch {
		case !known || l.ItemID == "":
			return refuse("the order has no item %q", l.ItemID)
		case l.Quantity < 1 || l.Quantity > n:
			return refuse("the order has %d of item %q, not %d", n, l.ItemID, l.Quantity)
		}
		have[l.ItemID] -= l.Quantity
	}
	return nil
}
