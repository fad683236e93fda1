package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/webhook"
	"skein/inbox"
)

// Calls in the shapes of Segment's HTTP API
// (twilio.com/docs/segment/connections/sources/catalog/libraries/server/http-api):
// POST /in/shop/<account>/v1/track, identify, page, screen, group, alias and
// batch. What they say is read by package segment.

const (
	calls    = "calls"     // the endpoint of Segment's calls
	writeKey = "write key" // marks a write key among what a request may be proven with
)

// A callScheme takes a write key by Basic authentication, as Segment does, or a
// signature by Standard Webhooks.
type callScheme struct{}

// Verify implements [webhook.Scheme].
func (callScheme) Verify(r *webhook.Request, secret string) error {
	key, isKey := strings.CutPrefix(secret, writeKey)
	signed := r.Header.Get("Webhook-Signature") != ""
	switch {
	case signed && !isKey:
		return webhook.StandardWebhooks{}.Verify(r, secret)
	case !signed && isKey:
		return webhook.Token{Basic: true}.Verify(r, key+":")
	}
	return &inbox.Error{Code: inbox.Unauthorized, Message: "the request has neither a write key nor a signature that is right"}
}

// maxCall is what one call may have, as with Segment.
const maxCall = 32 << 10

type call struct {
	Type        string          `json:"type"`
	Event       scalar          `json:"event"`
	Name        scalar          `json:"name"`
	UserID      scalar          `json:"userId"`
	AnonymousID scalar          `json:"anonymousId"`
	PreviousID  scalar          `json:"previousId"`
	GroupID     scalar          `json:"groupId"`
	MessageID   scalar          `json:"messageId"`
	Timestamp   scalar          `json:"timestamp"`
	Original    scalar          `json:"originalTimestamp"`
	SentAt      scalar          `json:"sentAt"`
	Properties  json.RawMessage `json:"properties"`
	Traits      json.RawMessage `json:"traits"`
	Context     json.RawMessage `json:"context"`
}

var callTypes = []string{"track", "identify", "page", "screen", "group", "alias"}

// callRequest reads a call, or a batch of them: all of it or nothing.
func callRequest(_ context.Context, f *feed, r *webhook.Request) (said, error) {
	_, rest := parts(pathOf(r.URL))
	what := strings.TrimPrefix(rest, "v1/")
	var s said
	if what != "batch" {
		if len(r.Body) > maxCall {
			return s, &inbox.Error{Code: inbox.TooLarge, Message: "the call is larger than 32 KB"}
		}
		in, err := f.call(what, r.Body, call{})
		if err != nil {
			return s, err
		}
		s.items = append(s.items, in)
		return s, nil
	}
	var batch struct {
		Batch   []json.RawMessage `json:"batch"`
		SentAt  scalar            `json:"sentAt"`
		Context json.RawMessage   `json:"context"`
	}
	if err := json.Unmarshal(r.Body, &batch); err != nil {
		return s, invalid("the body can't be read: %v", err)
	}
	if batch.Batch == nil {
		return s, invalid("the body has no batch")
	}
	for i, raw := range batch.Batch {
		if len(raw) > maxCall {
			return s, &inbox.Error{Code: inbox.TooLarge, Message: fmt.Sprintf("batch[%d] is larger than 32 KB", i)}
		}
		in, err := f.call("", raw, call{SentAt: batch.SentAt, Context: batch.Context})
		if err != nil {
			return s, invalid("batch[%d]: %v", i, err)
		}
		s.items = append(s.items, in)
	}
	return s, nil
}

func pathOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	return "/" + path
}

// call reads one call; kind is what the address names it, c what its batch says
// of all.
func (f *feed) call(kind string, raw []byte, c call) (in connectors.Inbound, err error) {
	if err := json.Unmarshal(raw, &c); err != nil {
		return in, invalid("the call can't be read: %v", err)
	}
	if kind != "" {
		c.Type = kind
	}
	c.Type = strings.ToLower(c.Type)
	switch {
	case !slices.Contains(callTypes, c.Type):
		return in, invalid("type is %.40q, not one of %s", c.Type, strings.Join(callTypes, ", "))
	case c.Type == "track" && c.Event == "":
		return in, invalid("a track call needs event")
	case c.UserID == "" && c.AnonymousID == "" && !emailed(c.Traits) && !emailed(c.Context):
		return in, invalid("the call is of nobody: it needs userId or anonymousId")
	}
	at := f.callAt(&c)
	t := &inbox.Track{
		Store: f.store(), Type: c.Type, Event: string(c.Event), Name: string(c.Name), UserID: string(c.UserID), AnonymousID: string(c.AnonymousID),
		Properties: c.Properties, Traits: c.Traits, Context: c.Context, Currency: f.set.Currency,
	}
	if c.Type == "group" || c.Type == "alias" { // kept as they came: who somebody is isn't theirs to say
		t.Type, t.Event = "track", strings.ToUpper(c.Type[:1])+c.Type[1:]
		t.Properties = c.Traits
		if c.Type == "alias" {
			t.Properties, _ = json.Marshal(map[string]string{"previousId": string(c.PreviousID)}) // strings: it can't fail
		} else if len(bytes.TrimSpace(c.Traits)) == 0 {
			t.Properties, _ = json.Marshal(map[string]string{"groupId": string(c.GroupID)})
		}
		t.Traits = nil
	}
	who := firstOf(c.UserID, c.AnonymousID)
	id := firstOf(c.MessageID, scalar(sum(raw)))
	in = f.item(connectors.KindTrack, id, at, connectors.Sender{Proof: inbox.Signed})
	in.EventID, in.Key, in.Track = "track/"+id, "person/"+who, t
	if c.UserID != "" {
		in.Sender.Kind, in.Sender.Address = inbox.ShopAccount, string(c.UserID)
	}
	return in, nil
}

func emailed(raw json.RawMessage) bool {
	var with struct {
		Email  string `json:"email"`
		Traits struct {
			Email string `json:"email"`
		} `json:"traits"`
	}
	return json.Unmarshal(raw, &with) == nil && (with.Email != "" || with.Traits.Email != "")
}

// callAt is when a call happened by our clock: what the sender's clock says is
// taken by how long before it was sent that was.
func (f *feed) callAt(c *call) time.Time {
	original, sent := readTime(scalar(firstOf(c.Original, c.Timestamp))), readTime(c.SentAt)
	switch {
	case original.IsZero():
		return f.at
	case sent.IsZero() || sent.Before(original):
		return original
	}
	return f.at.Add(original.Sub(sent))
}

// ownRequest reads an event in our own words, {"type", "data"}: the type is
// order, customer, cart or product, whatever follows a dot, and data is that
// record of the contract.
func ownRequest(_ context.Context, f *feed, r *webhook.Request) (said, error) {
	var event struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(r.Body, &event); err != nil {
		return said{}, invalid("the body can't be read: %v", err)
	}
	var s said
	kind, _, _ := strings.Cut(event.Type, ".")
	in, err := f.own(kind, event.Data)
	switch {
	case err == nil && in.Kind != "":
		s.items = append(s.items, in)
	case err != nil:
		return s, err
	default:
		s.notices = append(s.notices, f.unsupported(event.Type, firstOf(scalar(r.Header.Get("Webhook-Id")), scalar(sum(f.raw))), ""))
	}
	return s, nil
}

// own reads a record of the contract; none for a kind that isn't known.
func (f *feed) own(kind string, data json.RawMessage) (in connectors.Inbound, err error) {
	read := func(to any) error {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(to); err != nil {
			return invalid("data of this %s can't be read: %v", kind, err)
		}
		return nil
	}
	switch connectors.Kind(kind) {
	case connectors.KindOrder:
		o := &inbox.Order{}
		if err = read(o); err == nil {
			in = f.order(o)
		}
	case connectors.KindCustomer:
		c := &inbox.CustomerRecord{}
		if err = read(c); err == nil {
			in = f.customer(c, false)
		}
	case connectors.KindCart:
		c := &inbox.Cart{}
		if err = read(c); err == nil {
			in = f.cart(c)
		}
	case connectors.KindProduct:
		p := &inbox.Product{}
		if err = read(p); err == nil {
			in = f.product(p)
		}
	}
	if err == nil && in.Kind != "" && in.ExternalID == "" {
		err = invalid("data of this %s has no id: externalId is needed, of a product sku", kind)
	}
	return in, err
}
