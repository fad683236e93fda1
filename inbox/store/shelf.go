package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// What a panel shows, and how many products one call looks up.
const (
	maxSaved    = 50
	maxLoyalty  = 50
	maxViews    = 30
	maxProducts = 200
)

// SavedItems returns what is on a customer's wish lists, the newest first.
func (s *Store) SavedItems(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.SavedItem, error) {
	list, err := listed(ctx, s, rights, id, (*reading).askSavedItems)
	if err != nil {
		return nil, fmt.Errorf("saved items of %s: %w", id, err)
	}
	return list, nil
}

func (r *reading) askSavedItems(b *pgx.Batch, into *[]inbox.SavedItem) {
	askList(r, b, into, `
		SELECT x.store, x.sku, x.title, x.url, x.saved, x.at FROM identities i JOIN saved_items x ON x.identity_id = i.id
		WHERE i.customer_id = $1 AND x.saved ORDER BY x.at DESC, x.store, x.sku LIMIT $2`, maxSaved, pgx.RowToStructByPos[inbox.SavedItem])
}

// Loyalty returns a customer's points in every store, and the newest lines of
// the ledger.
func (s *Store) Loyalty(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) (l inbox.Loyalty, err error) {
	err = s.reading(ctx, rights, id, func(r *reading) error {
		b := &pgx.Batch{}
		r.askLoyalty(b, &l)
		return r.send(ctx, b)
	})
	if err != nil {
		return inbox.Loyalty{}, fmt.Errorf("loyalty of %s: %w", id, err)
	}
	return l, nil
}

func (r *reading) askLoyalty(b *pgx.Batch, into *inbox.Loyalty) {
	askList(r, b, &into.Items, `
		SELECT x.store, x.external_id, x.points, x.reason, x.at FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM loyalty_entries x WHERE x.identity_id = i.id ORDER BY x.at DESC, x.id DESC LIMIT $2) x
		WHERE i.customer_id = $1 ORDER BY x.at DESC, x.id DESC LIMIT $2`, maxLoyalty, pgx.RowToStructByPos[inbox.LoyaltyEntry])
	askList(r, b, &into.Balances, `
		SELECT x.store, sum(x.points)::bigint FROM identities i JOIN loyalty_entries x ON x.identity_id = i.id
		WHERE i.customer_id = $1 GROUP BY x.store ORDER BY x.store LIMIT $2`, maxLoyalty, pgx.RowToStructByPos[inbox.LoyaltyBalance])
}

// PageViews returns the pages that a customer looked at last.
func (s *Store) PageViews(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.PageView, error) {
	list, err := listed(ctx, s, rights, id, (*reading).askPageViews)
	if err != nil {
		return nil, fmt.Errorf("pages of %s: %w", id, err)
	}
	return list, nil
}

func (r *reading) askPageViews(b *pgx.Batch, into *[]inbox.PageView) {
	askList(r, b, into, `
		SELECT x.id, x.at, x.store, x.name, x.title, x.url FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM tracks x WHERE x.identity_id = i.id AND x.kind = 'page' AND x.kind <> '' ORDER BY x.at DESC, x.id DESC LIMIT $2) x
		WHERE i.customer_id = $1 ORDER BY x.at DESC, x.id DESC LIMIT $2`, maxViews, pgx.RowToStructByPos[inbox.PageView])
}

const productColumns = `p.store, p.sku, p.external_id, p.title, p.variant, p.currency, p.price, p.stock, p.stock_at, p.url, p.image, p.updated_at`

func scanProduct(row pgx.CollectableRow) (inbox.Product, error) {
	var p inbox.Product
	err := row.Scan(&p.Store, &p.SKU, &p.ExternalID, &p.Title, &p.Variant, &p.Currency, &p.Price, &p.Stock, &p.StockAt, &p.URL, &p.Image, &p.UpdatedAt)
	if p.UpdatedAt = p.UpdatedAt.UTC(); p.StockAt != nil {
		utc := p.StockAt.UTC()
		p.StockAt = &utc
	}
	return p, err
}

// Products returns the products of a store that skus name, with their stock and
// the time that it is true of, in the order of their skus. A store of "" means
// any.
func (s *Store) Products(ctx context.Context, store string, skus []string) ([]inbox.Product, error) {
	if len(skus) > maxProducts {
		return nil, &inbox.Error{Code: inbox.TooLarge, Message: fmt.Sprintf("at most %d products are looked up at once", maxProducts)}
	}
	rows, err := s.pool.Query(ctx, `SELECT `+productColumns+` FROM products p
		WHERE p.sku = ANY($2) AND ($1 = '' OR p.store = $1) ORDER BY p.sku, p.store LIMIT $3`, store, skus, maxProducts)
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanProduct)
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	return orEmpty(list), nil
}

func (d *delivery) storeProducts(ctx context.Context, batch []inbox.Received) error {
	words, order := collect(batch, func(r *inbox.Received) []*inbox.Product {
		if r.Product == nil {
			return nil
		}
		return []*inbox.Product{r.Product}
	}, func(p *inbox.Product) storeID { return storeID{p.Store, p.SKU} })
	if len(order) == 0 {
		return nil
	}
	stores, skus := columnsOf(order)
	rows, err := d.tx.Query(ctx, `SELECT `+productColumns+` FROM unnest($1::text[], $2::text[]) AS n(store, sku)
		JOIN products p ON p.store = n.store AND p.sku = n.sku`, stores, skus)
	if err != nil {
		return fmt.Errorf("load products: %w", err)
	}
	known, err := pgx.CollectRows(rows, scanProduct)
	if err != nil {
		return fmt.Errorf("load products: %w", err)
	}
	at := map[storeID]*inbox.Product{}
	for i := range known {
		at[storeID{known[i].Store, known[i].SKU}] = &known[i]
	}
	type row struct {
		Store      string     `json:"store"`
		SKU        string     `json:"sku"`
		ExternalID string     `json:"external_id"`
		Title      string     `json:"title"`
		Variant    string     `json:"variant"`
		Currency   string     `json:"currency"`
		Price      int64      `json:"price"`
		Stock      *int       `json:"stock"`
		StockAt    *time.Time `json:"stock_at"`
		URL        string     `json:"url"`
		Image      string     `json:"image"`
		UpdatedAt  time.Time  `json:"updated_at"`
	}
	var changed []row
	for _, k := range order {
		p, differs := at[k], false
		if p == nil {
			p, differs = &inbox.Product{Store: k.store, SKU: k.id}, true
		}
		for _, w := range words[k].words {
			differs = p.Take(*w) || differs
		}
		if !differs {
			continue
		}
		changed = append(changed, row(*p))
		if words[k].history {
			continue
		}
		// Of two words the later holds, so its time is as good as a number.
		version := p.UpdatedAt
		if p.StockAt != nil && p.StockAt.After(version) {
			version = *p.StockAt
		}
		told := *p
		d.add(change{quiet: true, cause: words[k].cause, event: inbox.Event{
			Kind: inbox.ProductChanged, Entity: "product:" + p.Store + "/" + p.SKU, Version: version.UnixMicro(), Product: &told,
		}}, inbox.Actor{Kind: inbox.BySystem})
	}
	if len(changed) == 0 {
		return nil
	}
	encoded, err := json.Marshal(changed)
	if err != nil {
		return fmt.Errorf("encode products: %w", err)
	}
	if _, err := d.tx.Exec(ctx, `
		INSERT INTO products (store, sku, external_id, title, variant, currency, price, stock, stock_at, url, image, updated_at)
		SELECT * FROM jsonb_to_recordset($1) AS n(store text, sku text, external_id text, title text, variant text, currency text,
			price bigint, stock integer, stock_at timestamptz, url text, image text, updated_at timestamptz)
		ON CONFLICT (store, sku) DO UPDATE SET external_id = EXCLUDED.external_id, title = EXCLUDED.title, variant = EXCLUDED.variant,
			currency = EXCLUDED.currency, price = EXCLUDED.price, stock = EXCLUDED.stock, stock_at = EXCLUDED.stock_at,
			url = EXCLUDED.url, image = EXCLUDED.image, updated_at = EXCLUDED.updated_at`, encoded); err != nil {
		return fmt.Errorf("write products: %w", err)
	}
	return nil
}

// storeSaved brings wish lists up to date: of each item the newest word.
func (d *delivery) storeSaved(ctx context.Context, batch []inbox.Received) error {
	type key struct {
		who inbox.IdentityID
		storeID
	}
	newest := map[key]inbox.SavedItem{}
	for i := range batch {
		r := &batch[i]
		var who inbox.IdentityRef
		var list []inbox.SavedItem
		switch {
		case r.Customer != nil:
			who, list = r.Customer.Identity, r.Customer.SavedItems
		case r.Track != nil:
			who, list = r.Track.Who, r.Track.Saved
		}
		for _, s := range list {
			k := key{d.identities[who].ID, storeID{s.Store, s.SKU}}
			if was, ok := newest[k]; !ok || s.Newer(was) {
				newest[k] = s
			}
		}
	}
	if len(newest) == 0 {
		return nil
	}
	keys := make([]key, 0, len(newest))
	for k := range newest {
		keys = append(keys, k)
	}
	// Sorted, so that two transactions wait for each other in one direction.
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.who, b.who), cmp.Compare(a.store, b.store), cmp.Compare(a.id, b.id))
	})
	var who, stores, skus, titles, urls []string
	var saved []bool
	var at []time.Time
	for _, k := range keys {
		s := newest[k]
		who, stores, skus, titles, urls = append(who, string(k.who)), append(stores, s.Store), append(skus, s.SKU), append(titles, s.Title), append(urls, s.URL)
		saved, at = append(saved, s.Saved), append(at, s.At)
	}
	if _, err := d.tx.Exec(ctx, `
		INSERT INTO saved_items AS x (identity_id, store, sku, title, url, saved, at)
		SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[])
		ON CONFLICT (identity_id, store, sku) DO UPDATE SET
			title = EXCLUDED.title, url = EXCLUDED.url, saved = EXCLUDED.saved, at = EXCLUDED.at
		WHERE (EXCLUDED.at, EXCLUDED.saved, EXCLUDED.title COLLATE "C", EXCLUDED.url COLLATE "C")
			> (x.at, x.saved, x.title COLLATE "C", x.url COLLATE "C")`, who, stores, skus, titles, urls, saved, at); err != nil {
		return fmt.Errorf("write saved items: %w", err)
	}
	return nil
}

// storeLoyalty adds what the ledgers lack.
func (d *delivery) storeLoyalty(ctx context.Context, batch []inbox.Received) error {
	type line struct {
		inbox.LoyaltyEntry
		who     inbox.IdentityID
		history bool
	}
	newest := map[storeID]line{}
	for i := range batch {
		if c := batch[i].Customer; c != nil {
			for _, e := range c.Loyalty {
				k := storeID{e.Store, e.ExternalID}
				if was, ok := newest[k]; !ok || e.Newer(was.LoyaltyEntry) {
					newest[k] = line{e, d.identities[c.Identity].ID, batch[i].History}
				}
			}
		}
	}
	if len(newest) == 0 {
		return nil
	}
	keys := make([]storeID, 0, len(newest))
	for k := range newest {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b storeID) int { return cmp.Or(cmp.Compare(a.store, b.store), cmp.Compare(a.id, b.id)) })
	var id, stores, externals, who, reasons []string
	var points []int64
	var at []time.Time
	for _, k := range keys {
		e := newest[k]
		id, stores, externals = append(id, madeID("loyalty\x00"+k.store+"\x00"+k.id)), append(stores, k.store), append(externals, k.id)
		who, points, reasons, at = append(who, string(e.who)), append(points, e.Points), append(reasons, e.Reason), append(at, e.At)
	}
	rows, err := d.tx.Query(ctx, `
		INSERT INTO loyalty_entries AS x (id, store, external_id, identity_id, points, reason, at)
		SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::text[], $7::timestamptz[])
		ON CONFLICT (store, external_id) DO UPDATE SET identity_id = EXCLUDED.identity_id, points = EXCLUDED.points,
			reason = EXCLUDED.reason, at = EXCLUDED.at
		WHERE (EXCLUDED.at, EXCLUDED.points, EXCLUDED.reason COLLATE "C") > (x.at, x.points, x.reason COLLATE "C")
		RETURNING store, external_id`, id, stores, externals, who, points, reasons, at)
	if err != nil {
		return fmt.Errorf("write loyalty: %w", err)
	}
	var k storeID
	var told []news
	if _, err := pgx.ForEachRow(rows, []any{&k.store, &k.id}, func() error {
		if e := newest[k]; !e.history {
			entry, err := loyaltyEntry(&e.LoyaltyEntry)
			told = append(told, news{e.who, entry})
			return err
		}
		return nil
	}); err != nil {
		return fmt.Errorf("write loyalty: %w", err)
	}
	return d.tell(ctx, told)
}

// storeTracks keeps what people did, and tells of what shows by itself.
func (d *delivery) storeTracks(ctx context.Context, batch []inbox.Received) error {
	var rows [][]any
	var told []news
	for i := range batch {
		r := &batch[i]
		t := r.Track
		if t == nil {
			continue
		}
		who := d.identities[t.Who].ID
		id := madeID("track\x00" + string(r.Account) + "\x00" + r.EventID)
		rows = append(rows, []any{uid(id), t.At, uid(who), t.Store, string(t.Kind), t.Name, t.Title, t.URL, t.Properties, orEmpty(t.Problems)})
		if t.Kind != inbox.TrackedRecord && !r.History {
			entry, err := trackEntry(id, t)
			if err != nil {
				return fmt.Errorf("encode track: %w", err)
			}
			told = append(told, news{who, entry})
		}
	}
	if err := d.copyAll(ctx, []table{{"tracks",
		[]string{"id", "at", "identity_id", "store", "kind", "name", "title", "url", "properties", "problems"}, rows}}); err != nil {
		return err
	}
	return d.tell(ctx, told)
}
