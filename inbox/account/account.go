// Package account is how operators make, change, pause and remove the accounts
// that connectors serve: what a channel asks for, what is wrong with what was
// written, and which of it is shown again.
//
// It promises that settings are checked against the connector's own form before
// they are kept, that they are sealed whole, and that a secret never comes back:
// who reads an account learns that one is set.
//
// It knows no protocol and no SQL, and never decides who may.
package account

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
)

// A Store keeps accounts.
type Store interface {
	Accounts(ctx context.Context) ([]inbox.Account, error)
	CreateAccount(ctx context.Context, by *inbox.Caller, a inbox.Account, now time.Time) (inbox.Account, error)
	UpdateAccount(ctx context.Context, by *inbox.Caller, a inbox.Account, now time.Time) (inbox.Account, error)
	RemoveAccount(ctx context.Context, by *inbox.Caller, id inbox.AccountID, now time.Time) error
}

// A Vault seals and opens settings.
type Vault interface {
	Seal(settings []byte, channel inbox.Channel, id inbox.AccountID) ([]byte, error)
	Open(sealed []byte, channel inbox.Channel, id inbox.AccountID) ([]byte, error)
}

// Config is what a [Desk] works with. Store, Vault and Forms are required.
type Config struct {
	Store Store
	Vault Vault
	// Forms are what the channels ask for. One that has none, whose connector is
	// somebody else's, takes any settings, and all of them are secret.
	Forms map[inbox.Channel]connectors.Form
	// Changed is called after every change, so that connectors learn of it at
	// once; nil: they do in their own time.
	Changed func()
}

// A Desk is where accounts are made and changed.
type Desk struct {
	cfg   Config
	forms map[inbox.Channel]*form
}

// New returns a Desk. It panics for a form whose type has no schema, which is a
// fault of the program.
func New(cfg Config) *Desk {
	d := &Desk{cfg: cfg, forms: map[inbox.Channel]*form{}}
	for channel, f := range cfg.Forms {
		d.forms[channel] = newForm(f)
	}
	return d
}

// A Kind is what a channel's accounts are.
type Kind struct {
	Channel  inbox.Channel        `json:"channel"`
	Settings json.RawMessage      `json:"settings" doc:"The JSON Schema of the settings; a secret is writeOnly"`
	Address  inbox.IdentityKind   `json:"address,omitempty" doc:"What the address is; absent for anything"`
	Trial    bool                 `json:"trial,omitempty" doc:"Whether an account can be tried out before it is made"`
	Webhooks bool                 `json:"webhooks,omitempty" doc:"Requests come to /in/<channel>/<id>"`
	MaxProof inbox.Proof          `json:"maxProof" doc:"The highest proof that it may claim when nothing else is said"`
	Kinds    []inbox.IdentityKind `json:"kinds" doc:"The kinds of identities that it may vouch for when nothing else is said"`
	Built    bool                 `json:"built" doc:"Whether its connector is part of this program"`
}

// Kinds returns what can be made, by channel.
func (d *Desk) Kinds() []Kind {
	var all []Kind
	for _, channel := range []inbox.Channel{inbox.Email, inbox.Chat, inbox.Phone, inbox.Social, inbox.Shop} {
		f, built := d.forms[channel]
		k := Kind{Channel: channel, Settings: json.RawMessage(`{"type":"object"}`), Webhooks: true, Built: built}
		k.MaxProof, k.Kinds, _ = inbox.Vouches(channel)
		if built {
			k.Settings, k.Address, k.Webhooks, k.Trial = f.json, f.Address, f.Webhooks, f.Form.Try != nil
		}
		all = append(all, k)
	}
	return all
}

// An Account is one as operators see and write it.
type Account struct {
	ID          inbox.AccountID      `json:"id" pattern:"^[a-z0-9_-]{1,40}$" doc:"Its name for good: a to z, digits, - and _"`
	Channel     inbox.Channel        `json:"channel" enum:"email,chat,phone,social,shop"`
	InboxID     inbox.InboxID        `json:"inboxId" maxLength:"36"`
	Name        string               `json:"name" maxLength:"200" doc:"What customers see as the sender"`
	Address     string               `json:"address,omitempty" maxLength:"320" doc:"What replies are from"`
	Also        []string             `json:"also,omitempty" maxItems:"50" doc:"Other addresses of ours that arrive here"`
	MaxProof    *inbox.Proof         `json:"maxProof,omitempty" minimum:"0" maximum:"3" doc:"The highest proof that its connector may claim; absent: the channel's"`
	Kinds       []inbox.IdentityKind `json:"kinds,omitempty" maxItems:"10" doc:"The kinds of identities that it may vouch for; absent: the channel's"`
	Region      string               `json:"region,omitempty" maxLength:"2" doc:"The country by which telephone numbers are read, such as AT"`
	PlusAddress bool                 `json:"plusAddress,omitempty" doc:"The mail server delivers user+tag@ to user@"`
	Paused      bool                 `json:"paused,omitempty"`
	Settings    map[string]any       `json:"settings" doc:"By the channel's schema. A secret is shown as {\"set\": true}, in a list with its place as at, and is kept when it is sent so"`
	Version     int64                `json:"version,omitempty" doc:"Rises with every change; to change an account, the one that was looked at"`

	Actions []inbox.ActionOffer `json:"actions,omitempty" readOnly:"true" doc:"Of a shop: what it can be asked to do with orders and carts, and may be"`
}

// List returns the accounts that are not removed, by id. Settings that can't be
// opened, sealed under another key, are shown as none.
func (d *Desk) List(ctx context.Context) ([]Account, error) {
	stored, err := d.cfg.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	list := []Account{}
	for _, a := range stored {
		if a.Removed {
			continue
		}
		plain, err := d.open(&a)
		if err != nil {
			plain = map[string]any{}
		}
		list = append(list, d.show(&a, plain))
	}
	return list, nil
}

func (d *Desk) open(a *inbox.Account) (map[string]any, error) {
	raw, err := d.cfg.Vault.Open(a.Settings, a.Channel, a.ID)
	if err != nil {
		return nil, err
	}
	plain := map[string]any{}
	if err := json.Unmarshal(raw, &plain); err != nil {
		return nil, fmt.Errorf("read settings of %s: %w", a.ID, err)
	}
	return plain, nil
}

func (d *Desk) show(a *inbox.Account, plain map[string]any) Account {
	key := addressKey(a.Channel, a.Address, a.Region)
	offers := unbounded(a.Channel)
	if f := d.forms[a.Channel]; f != nil && f.Form.Actions != nil {
		raw, err := json.Marshal(plain)
		if err != nil {
			raw = nil // it came from JSON: it can't be
		}
		offers = f.Form.Actions(opened(a, raw))
	}
	return Account{
		ID: a.ID, Channel: a.Channel, InboxID: a.InboxID, Name: a.Name, Address: a.Address,
		Also:     slices.DeleteFunc(slices.Clone(a.Own), func(own string) bool { return own == key }),
		MaxProof: &a.MaxProof, Kinds: a.Kinds, Region: a.Region, PlusAddress: a.PlusAddress, Paused: a.Paused,
		Settings: mask(d.schema(a.Channel), plain), Version: a.Version, Actions: offers,
	}
}

// Make makes an account.
func (d *Desk) Make(ctx context.Context, by *inbox.Caller, a Account, now time.Time) (Account, error) {
	return d.write(ctx, a, nil, func(out inbox.Account) (inbox.Account, error) {
		return d.cfg.Store.CreateAccount(ctx, by, out, now)
	})
}

// Change makes the account of a.ID what a says; a.Version is the one that was
// looked at. Its channel stays.
func (d *Desk) Change(ctx context.Context, by *inbox.Caller, a Account, now time.Time) (Account, error) {
	was, err := d.find(ctx, a.ID)
	if err != nil {
		return Account{}, err
	}
	if was.Version != a.Version {
		return Account{}, &inbox.Error{Code: inbox.Conflict, Message: "somebody else has changed the account meanwhile: look again"}
	}
	a.Channel = was.Channel
	return d.write(ctx, a, &was, func(out inbox.Account) (inbox.Account, error) {
		return d.cfg.Store.UpdateAccount(ctx, by, out, now)
	})
}

// Sending is what an account's service takes, and when.
func (d *Desk) Sending(a *inbox.Account) (inbox.SendBounds, error) {
	f := d.forms[a.Channel]
	if f == nil || f.Form.Sending == nil {
		return inbox.SendBounds{}, nil
	}
	raw, err := d.cfg.Vault.Open(a.Settings, a.Channel, a.ID)
	if err != nil {
		return inbox.SendBounds{}, fmt.Errorf("open settings of %s: %w", a.ID, err)
	}
	return f.Form.Sending(opened(a, raw)), nil
}

// Actions are what an account's shop can be asked to do with orders and carts,
// and may be.
func (d *Desk) Actions(a *inbox.Account) ([]inbox.ActionOffer, error) {
	f := d.forms[a.Channel]
	if f == nil || f.Form.Actions == nil {
		return unbounded(a.Channel), nil
	}
	raw, err := d.cfg.Vault.Open(a.Settings, a.Channel, a.ID)
	if err != nil {
		return nil, fmt.Errorf("open settings of %s: %w", a.ID, err)
	}
	return f.Form.Actions(opened(a, raw)), nil
}

// unbounded is what a channel's accounts offer of which nothing is known: a shop
// whose connector is somebody else's has the last word itself.
func unbounded(channel inbox.Channel) []inbox.ActionOffer {
	list := []inbox.ActionOffer{}
	if channel == inbox.Shop {
		for _, kind := range slices.Concat(inbox.OrderKinds, inbox.CartKinds) {
			list = append(list, inbox.ActionOffer{Kind: kind, Offered: true})
		}
	}
	return list
}

// Opened is an account as its connector gets it.
func (d *Desk) Opened(ctx context.Context, id inbox.AccountID) (connectors.Account, error) {
	a, err := d.find(ctx, id)
	if err != nil {
		return connectors.Account{}, err
	}
	raw, err := d.cfg.Vault.Open(a.Settings, a.Channel, a.ID)
	if err != nil {
		return connectors.Account{}, fmt.Errorf("open settings of %s: %w", a.ID, err)
	}
	return opened(&a, raw), nil
}

func opened(a *inbox.Account, settings []byte) connectors.Account {
	return connectors.Account{ID: a.ID, Channel: a.Channel, Name: a.Name, Address: a.Address, Own: a.Own, Region: a.Region, Settings: settings}
}

// Pause stops, or goes on with, the serving of an account.
func (d *Desk) Pause(ctx context.Context, by *inbox.Caller, id inbox.AccountID, paused bool, now time.Time) (Account, error) {
	a, err := d.find(ctx, id)
	if err != nil {
		return Account{}, err
	}
	a.Paused = paused
	if a, err = d.cfg.Store.UpdateAccount(ctx, by, a, now); err != nil {
		return Account{}, err
	}
	d.changed()
	plain, err := d.open(&a)
	if err != nil {
		plain = map[string]any{}
	}
	return d.show(&a, plain), nil
}

// Remove ends the serving of an account. What was said on it stays.
func (d *Desk) Remove(ctx context.Context, by *inbox.Caller, id inbox.AccountID, now time.Time) error {
	if err := d.cfg.Store.RemoveAccount(ctx, by, id, now); err != nil {
		return err
	}
	d.changed()
	return nil
}

func (d *Desk) changed() {
	if d.cfg.Changed != nil {
		d.cfg.Changed()
	}
}

func (d *Desk) find(ctx context.Context, id inbox.AccountID) (inbox.Account, error) {
	all, err := d.cfg.Store.Accounts(ctx)
	if err != nil {
		return inbox.Account{}, err
	}
	for _, a := range all {
		if a.ID == id && !a.Removed {
			return a, nil
		}
	}
	return inbox.Account{}, &inbox.Error{Code: inbox.NotFound, Message: "there is no such account"}
}

// Try tries out an account as it is written, kept or not; a secret that is sent as
// it was shown is the one that is kept. It is Invalid for a channel that can't be
// tried.
func (d *Desk) Try(ctx context.Context, a Account) ([]connectors.Trial, error) {
	f := d.forms[a.Channel]
	if f == nil || f.Form.Try == nil {
		return nil, invalid("accounts of the channel %s can't be tried out", a.Channel)
	}
	var was *inbox.Account
	if kept, err := d.find(ctx, a.ID); err == nil && kept.Channel == a.Channel {
		was = &kept
	} else if err != nil && inbox.CodeOf(err) != inbox.NotFound {
		return nil, err
	}
	_, _, given, err := d.settle(a, was)
	if err != nil {
		return nil, err
	}
	return f.Form.Try(ctx, given), nil
}

// settle checks a with its secrets filled in: as the store keeps it but for its
// settings, those, and as its connector gets it. was is the account before, nil for
// a new one.
func (d *Desk) settle(a Account, was *inbox.Account) (out inbox.Account, plain map[string]any, given connectors.Account, err error) {
	if out, err = d.read(&a); err != nil {
		return out, nil, given, err
	}
	before := map[string]any{}
	if was != nil {
		out.Version = was.Version
		if before, err = d.open(was); err != nil {
			before = map[string]any{} // its secrets are lost: they have to be given anew
		}
	}
	if plain, err = merge(d.schema(a.Channel), a.Settings, before); err != nil {
		return out, nil, given, err
	}
	raw, err := json.Marshal(plain)
	if err != nil {
		return out, nil, given, fmt.Errorf("encode settings of %s: %w", a.ID, err)
	}
	given = opened(&out, raw)
	if f := d.forms[a.Channel]; f != nil {
		if err := f.check(plain); err != nil {
			return out, nil, given, err
		}
		if f.Check != nil {
			if err := f.Check(given); err != nil {
				return out, nil, given, err
			}
		}
	}
	return out, plain, given, nil
}

// write checks a, seals its settings and has them kept. was is the account
// before, nil for a new one.
func (d *Desk) write(ctx context.Context, a Account, was *inbox.Account, keep func(inbox.Account) (inbox.Account, error)) (Account, error) {
	out, plain, given, err := d.settle(a, was)
	if err != nil {
		return Account{}, err
	}
	if out.Settings, err = d.cfg.Vault.Seal(given.Settings, a.Channel, a.ID); err != nil {
		return Account{}, err
	}
	if out, err = keep(out); err != nil {
		return Account{}, err
	}
	d.changed()
	return d.show(&out, plain), nil
}

// read is a without its settings, as the store keeps it.
func (d *Desk) read(a *Account) (inbox.Account, error) {
	proof, _, known := inbox.Vouches(a.Channel)
	out := inbox.Account{
		ID: a.ID, Channel: a.Channel, InboxID: a.InboxID, Name: strings.TrimSpace(a.Name), Address: strings.TrimSpace(a.Address),
		MaxProof: proof, Kinds: a.Kinds, Region: strings.ToUpper(a.Region), PlusAddress: a.PlusAddress, Paused: a.Paused,
	}
	if a.MaxProof != nil {
		out.MaxProof = *a.MaxProof
	}
	out.Name = cmp.Or(out.Name, out.Address, string(out.ID))
	switch {
	case !known:
		return out, invalid("%q is no channel", a.Channel)
	case !inbox.ValidAccountID(string(a.ID)):
		return out, invalid("an account's id is 1 to 40 of a-z, 0-9, - and _")
	case !inbox.ValidID(string(a.InboxID)):
		return out, invalid("the account needs an inbox that its messages arrive in")
	case out.MaxProof < inbox.Inferred || out.MaxProof > inbox.Signed:
		return out, invalid("the highest proof is 0 to 3")
	case out.Region != "" && !identity.Region(out.Region):
		return out, invalid("%q is no country: want two letters, such as AT", a.Region)
	}
	for _, kind := range a.Kinds {
		if !kind.Valid() {
			return out, invalid("%q is no kind of identity", kind)
		}
	}
	key := addressKey(a.Channel, out.Address, out.Region)
	if f := d.forms[a.Channel]; f != nil && f.Address != "" && key == "" {
		return out, invalid("%q can't be read as the address: want a %s", a.Address, addressWords[f.Address])
	}
	if key != "" {
		out.Own = []string{key}
	}
	for _, other := range a.Also {
		key := addressKey(a.Channel, strings.TrimSpace(other), out.Region)
		if key == "" {
			return out, invalid("%q can't be read as an address of ours", other)
		}
		if !slices.Contains(out.Own, key) {
			out.Own = append(out.Own, key)
		}
	}
	return out, nil
}

var addressWords = map[inbox.IdentityKind]string{
	inbox.EmailAddress: "mail address", inbox.PhoneNumber: "telephone number, with its country code or the account's country",
}

// addressKey is what an address of ours is matched by; "" for what is matched by
// nothing.
func addressKey(channel inbox.Channel, address, region string) string {
	switch channel {
	case inbox.Email:
		return identity.EmailKey(address)
	case inbox.Phone:
		return identity.Key(inbox.PhoneNumber, address, region)
	}
	return ""
}

func invalid(format string, args ...any) error {
	return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(format, args...)}
}
