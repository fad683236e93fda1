package threader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// bodiesOf lists the bodies of an item, the raw bytes first.
func bodiesOf(in *connectors.Inbound) []connectors.Body {
	var bodies []connectors.Body
	if in.Raw != nil {
		bodies = append(bodies, *in.Raw)
	}
	if in.Message != nil {
		for _, a := range in.Message.Attachments {
			bodies = append(bodies, a.Body)
		}
	}
	if in.Call != nil {
		for _, a := range in.Call.Attachments {
			bodies = append(bodies, a.Body)
		}
	}
	return bodies
}

// checkInline makes sure that bodies within an item are what they say. Their
// names are hashes that everything later trusts.
func checkInline(bodies []connectors.Body) error {
	for _, b := range bodies {
		if b.Ref != "" {
			continue
		}
		sum := sha256.Sum256(b.Inline)
		if hex.EncodeToString(sum[:]) != b.SHA256 || int64(len(b.Inline)) != b.Size {
			return &inbox.Error{Code: inbox.Invalid, Message: "a body differs from its size or SHA-256: the connector sent it damaged"}
		}
	}
	return nil
}

// moveBodies streams what went by reference to Blobs. It is repeated harmlessly.
func (t *Threader) moveBodies(ctx context.Context, item Item, bodies []connectors.Body) ([]string, error) {
	var refs []string
	for _, b := range bodies {
		if b.Ref == "" {
			continue
		}
		if err := t.moveBody(ctx, item, b); err != nil {
			return nil, err
		}
		refs = append(refs, b.Ref)
	}
	return refs, nil
}

// bodyPatience is the age of an item up to which a body that isn't there may
// still come: a replica of transit that answers can be a moment behind.
const bodyPatience = 5 * time.Second

// moveBody moves a body, or finds it moved: an item that is delivered again,
// because the server died before it was acknowledged or an operator replays it,
// left nothing in transit, and was stored all the same. A body that is in
// neither place will never come.
func (t *Threader) moveBody(ctx context.Context, item Item, b connectors.Body) error {
	err := t.copyBody(ctx, item.Channel, b)
	if code := inbox.CodeOf(err); code != inbox.NotFound && code != inbox.Invalid {
		return err
	}
	there, herr := t.cfg.Blobs.Has(ctx, b.SHA256)
	switch {
	case herr == nil && there:
		return nil
	case herr != nil && inbox.CodeOf(herr) != inbox.Invalid: // Invalid: no name of a body
		return fmt.Errorf("look up body %s: %w", b.Ref, herr)
	case time.Since(item.At) < bodyPatience:
		return fmt.Errorf("body %s is waited for: %v", b.Ref, err)
	}
	return invalid("a body of it can't be had: %v", err)
}

func (t *Threader) copyBody(ctx context.Context, channel inbox.Channel, b connectors.Body) error {
	r, err := t.cfg.Transit.OpenTransit(ctx, channel, b)
	if err != nil {
		return fmt.Errorf("open body %s: %w", b.Ref, err)
	}
	defer func() { _ = r.Close() }()
	sum, size, err := t.cfg.Blobs.Put(ctx, r)
	if err != nil {
		return fmt.Errorf("move body %s: %w", b.Ref, err)
	}
	if sum != b.SHA256 || size != b.Size {
		return &inbox.Error{Code: inbox.Invalid, Message: "a body differs from its size or SHA-256: the connector sent it damaged"}
	}
	return nil
}

// saveBodies moves what can be had of the bodies of an item that is put aside:
// transit is cleaned after a while, and a replay should find them.
func (t *Threader) saveBodies(ctx context.Context, item Item) error {
	var in connectors.Inbound
	if json.Unmarshal(item.Data, &in) != nil {
		return nil // it names none
	}
	for _, b := range bodiesOf(&in) {
		if b.Ref == "" {
			continue
		}
		if err := t.saveBody(ctx, item, b); err != nil && inbox.CodeOf(err) != inbox.Invalid {
			return err
		}
	}
	return nil
}

func (t *Threader) saveBody(ctx context.Context, item Item, b connectors.Body) (err error) {
	defer t.caught(&err)
	return t.moveBody(ctx, item, b)
}

// keepBodies brings the batch's small bodies to Blobs in one go.
func (t *Threader) keepBodies(ctx context.Context, ready []prepared) error {
	var all [][]byte
	for i := range ready {
		all = append(all, ready[i].inline...)
	}
	if len(all) == 0 {
		return nil
	}
	if err := t.cfg.Blobs.PutAll(ctx, all); err != nil {
		return fmt.Errorf("keep bodies: %w", err)
	}
	return nil
}

// release lets go of what is in Blobs now. What it misses, the bus's janitor
// removes.
func (t *Threader) release(ctx context.Context, ready []prepared) {
	for i := range ready {
		for _, ref := range ready[i].refs {
			if err := t.cfg.Transit.DeleteTransit(ctx, ready[i].item.Channel, ref); err != nil {
				t.cfg.Log.Warn("body stays in transit", "channel", ready[i].item.Channel, "error", err)
				return
			}
		}
	}
}
