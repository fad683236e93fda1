package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxCarts is how many carts a panel shows.
const maxCarts = 20

func cartsIn(r *inbox.Received) []*inbox.CartWord {
	switch {
	case r.Cart != nil:
		return []*inbox.CartWord{r.Cart}
	case r.Track != nil:
		return r.Track.Carts
	}
	return nil
}

const cartColumns = `c.id, c.identity_id, c.version, c.store, c.external_id, c.status, c.currency, c.total, c.items, c.url,
	c.created_at, c.updated_at`

func cartFields(c *inbox.Cart, items *[]byte) []any {
	return []any{&c.ID, &c.IdentityID, &c.Version, &c.Store, &c.ExternalID, &c.Status, &c.Currency, &c.Total, items, &c.URL,
		&c.CreatedAt, &c.UpdatedAt}
}

// finish reads what came as JSON.
func finishCart(c *inbox.Cart, items []byte) error {
	c.CreatedAt, c.UpdatedAt, c.Items = c.CreatedAt.UTC(), c.UpdatedAt.UTC(), []inbox.Item{}
	if err := json.Unmarshal(items, &c.Items); err != nil {
		return fmt.Errorf("cart %s: %w", c.ID, err)
	}
	return nil
}

// Carts returns a customer's carts that anything is in, the newest first.
func (s *Store) Carts(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.Cart, error) {
	list, err := listed(ctx, s, rights, id, (*reading).askCarts)
	if err != nil {
		return nil, fmt.Errorf("carts of %s: %w", id, err)
	}
	return list, nil
}

// knownCart reads a cart whose customer the reader may see, and whose it is: of
// one without an account in the shop, by the address of theirs that is known best.
func knownCart(ctx context.Context, q querier, rights *inbox.Rights, id inbox.CartID) (inbox.Cart, error) {
	missing := &inbox.Error{Code: inbox.NotFound, Message: "the cart is not there, or is of a customer who has no conversation in one of your inboxes"}
	var c inbox.Cart
	if !inbox.ValidID(string(id)) {
		return c, missing
	}
	var items []byte
	var kind inbox.IdentityKind
	var key string
	err := q.QueryRow(ctx, `SELECT `+cartColumns+`, b.kind, b.key, coalesce((
			SELECT m.value FROM identities m WHERE m.customer_id = k.id AND m.kind = 'email' ORDER BY m.id = b.id DESC, m.proof DESC, m.id LIMIT 1), '')
		FROM carts c JOIN identities b ON b.id = c.identity_id JOIN customers k ON k.id = b.customer_id
		WHERE c.id = $1 AND `+visible, id, rights.All, ids(rights.Inboxes)).Scan(append(cartFields(&c, &items), &kind, &key, &c.Email)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, missing
	}
	if err != nil {
		return c, fmt.Errorf("read cart: %w", err)
	}
	if kind == inbox.ShopAccount {
		c.CustomerExternalID, _ = strings.CutPrefix(key, c.Store+"/")
	}
	return c, finishCart(&c, items)
}

func (r *reading) askCarts(b *pgx.Batch, into *[]inbox.Cart) {
	askList(r, b, into, `
		SELECT `+cartColumns+` FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM carts c WHERE c.identity_id = i.id AND c.items <> '[]' ORDER BY c.updated_at DESC, c.id DESC LIMIT $2) c
		WHERE i.customer_id = $1 ORDER BY c.updated_at DESC, c.id DESC LIMIT $2`, maxCarts, func(row pgx.CollectableRow) (inbox.Cart, error) {
		var c inbox.Cart
		var items []byte
		if err := row.Scan(cartFields(&c, &items)...); err != nil {
			return c, err
		}
		return c, finishCart(&c, items)
	})
}

func (d *delivery) storeCarts(ctx context.Context, batch []inbox.Received) error {
	words, order := collect(batch, cartsIn, func(c *inbox.CartWord) storeID { return storeID{c.Store, c.ExternalID} })
	if len(order) == 0 {
		return nil
	}
	states, err := d.loadCarts(ctx, order)
	if err != nil {
		return fmt.Errorf("load carts: %w", err)
	}
	type changedCart struct {
		inbox.Cart
		was  inbox.IdentityID // whose it was
		said *wordsOf[*inbox.CartWord]
	}
	var changed []changedCart
	var rows []cartRow
	var owners []inbox.IdentityID
	for _, k := range order {
		state, differs := states[k], false
		if state == nil {
			state = &inbox.CartState{}
		}
		for _, w := range words[k].words {
			differs = state.Take(w) || differs
		}
		if !differs {
			continue
		}
		was := state.IdentityID
		if who, ok := d.identities[state.Who]; ok {
			state.IdentityID = who.ID
		}
		if state.Version++; state.ID == "" {
			state.ID = inbox.NewID[inbox.CartID](state.CreatedAt)
		}
		kept, err := state.WordsJSON()
		if err != nil {
			return fmt.Errorf("encode cart %s: %w", state.ID, err)
		}
		c := state.Cart
		rows = append(rows, cartRow{c.ID, c.Store, c.ExternalID, c.IdentityID, c.Status, c.Currency, c.Total, c.Items, kept, c.URL, c.CreatedAt, c.UpdatedAt, c.Version})
		changed, owners = append(changed, changedCart{c, was, words[k]}), append(owners, c.IdentityID, was)
	}
	if len(changed) == 0 {
		return nil
	}
	if err := d.writeCarts(ctx, rows); err != nil {
		return err
	}
	seenBy, err := knownTo(ctx, d.tx, owners)
	if err != nil {
		return fmt.Errorf("read who may see carts: %w", err)
	}
	for i := range changed {
		c := &changed[i]
		d.add(change{cause: c.said.cause, event: inbox.Event{
			Kind: inbox.CartChanged, Entity: string(c.ID), Version: c.Version, Cart: &c.Cart, IdentityID: c.IdentityID,
			History: c.said.history, Audience: seenBy.moved(c.was, c.IdentityID),
		}}, inbox.Actor{Kind: inbox.BySystem})
	}
	return nil
}

func (d *delivery) loadCarts(ctx context.Context, order []storeID) (map[storeID]*inbox.CartState, error) {
	stores, externals := columnsOf(order)
	rows, err := d.tx.Query(ctx, `
		SELECT `+cartColumns+`, i.kind, i.key, c.words FROM unnest($1::text[], $2::text[]) AS n(store, external_id)
		JOIN carts c ON c.store = n.store AND c.external_id = n.external_id
		JOIN identities i ON i.id = c.identity_id`, stores, externals)
	if err != nil {
		return nil, err
	}
	states := map[storeID]*inbox.CartState{}
	var c inbox.Cart
	var items, words []byte
	_, err = pgx.ForEachRow(rows, append(cartFields(&c, &items), &c.Who.Kind, &c.Who.Key, &words), func() error {
		if err := finishCart(&c, items); err != nil {
			return err
		}
		state, err := inbox.RestoreCart(c, words)
		states[storeID{c.Store, c.ExternalID}] = state
		return err
	})
	return states, err
}

// cartRow is a row of carts in the form of jsonb_to_recordset.
type cartRow struct {
	ID         inbox.CartID     `json:"id"`
	Store      string           `json:"store"`
	ExternalID string           `json:"external_id"`
	IdentityID inbox.IdentityID `json:"identity_id"`
	Status     string           `json:"status"`
	Currency   string           `json:"currency"`
	Total      int64            `json:"total"`
	Items      []inbox.Item     `json:"items"`
	Words      json.RawMessage  `json:"words"`
	URL        string           `json:"url"`
	CreatedAt  time.Time        `json:"created_at"`
	UpdatedAt  time.Time        `json:"updated_at"`
	Version    int64            `json:"version"`
}

func (d *delivery) writeCarts(ctx context.Context, rows []cartRow) error {
	encoded, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode carts: %w", err)
	}
	if _, err := d.tx.Exec(ctx, `
		INSERT INTO carts (id, store, external_id, identity_id, status, currency, total, items, words, url, created_at, updated_at, version)
		SELECT id, store, external_id, identity_id, status, currency, total, items, words, url, created_at, updated_at, version
		FROM jsonb_to_recordset($1) AS n(id uuid, store text, external_id text, identity_id uuid, status text, currency text, total bigint,
			items jsonb, words jsonb, url text, created_at timestamptz, updated_at timestamptz, version bigint)
		ON CONFLICT (id) DO UPDATE SET identity_id = EXCLUDED.identity_id, status = EXCLUDED.status, currency = EXCLUDED.currency,
			total = EXCLUDED.total, items = EXCLUDED.items, words = EXCLUDED.words, url = EXCLUDED.url,
			created_at = EXCLUDED.created_at, updated_at = EXCLUDED.updated_at, version = EXCLUDED.version`, encoded); err != nil {
		return fmt.Errorf("write carts: %w", err)
	}
	return nil
}
