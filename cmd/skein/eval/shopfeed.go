package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	shops "skein/connectors/shop"
	"skein/inbox"
	"skein/inbox/threader"
)

// shopAccounts are an account of each kind of shop.
var shopAccounts = map[string]connectors.Account{
	shops.Shopify:     {ID: "shop", Channel: inbox.Shop, Settings: json.RawMessage(`{"provider": "shopify", "secrets": ["x"], "currency": "USD"}`)},
	shops.WooCommerce: {ID: "shop", Channel: inbox.Shop, Settings: json.RawMessage(`{"provider": "woocommerce", "secrets": ["x"], "currency": "USD"}`)},
}

var shopReading = threader.Reading{Account: inbox.Account{ID: "shop", Channel: inbox.Shop, MaxProof: inbox.Signed}}

// shopWords reads a body and hands what it makes to the threading service's own
// checks.
func shopWords(provider, topic string, body []byte, at time.Time) ([]inbox.Received, []connectors.Inbound, error) {
	items, err := shops.Read(shopAccounts[provider], topic, body, at)
	if err != nil {
		return nil, nil, err
	}
	var words []inbox.Received
	for i := range items {
		r, err := shopReading.Read(&items[i], at)
		if err != nil {
			return nil, items, err
		}
		words = append(words, r)
	}
	return words, items, nil
}

// shopTopics are the topics whose bodies a file of that name, or under that key,
// holds, and the kind of record that has to come of it.
var shopTopics = map[string]map[string]struct {
	topic string
	kind  connectors.Kind
}{
	shops.Shopify: {
		"order": {"orders/updated", connectors.KindOrder}, "customer": {"customers/update", connectors.KindCustomer},
		"checkout": {"checkouts/update", connectors.KindCart}, "refund": {"refunds/create", connectors.KindOrder},
		"fulfillment": {"fulfillments/update", connectors.KindOrder}, "fulfillment_event": {"fulfillment_events/create", connectors.KindOrder},
		"product": {"products/update", connectors.KindProduct},
	},
	shops.WooCommerce: {
		"order": {"order.updated", connectors.KindOrder}, "customer": {"customer.updated", connectors.KindCustomer}, "product": {"product.updated", connectors.KindProduct},
	},
}

// shopFiles reads every body of a shop as a webhook: none is an error, none goes
// unsaid, and those of a topic that is known make its record.
func shopFiles(ctx context.Context, dir string, r *Reporter) error {
	taken, right := r.Row("shop bodies: taken"), r.Row("shop bodies: records")
	taken.AtLeast(1)
	right.AtLeast(1)
	at := time.Now()
	for _, provider := range []string{shops.Shopify, shops.WooCommerce} {
		folder := filepath.Join(dir, provider)
		if _, err := os.Stat(folder); err != nil {
			continue
		}
		if err := eachFile(ctx, folder, func(path, name string) error {
			raw, err := os.ReadFile(path)
			if err != nil || !strings.HasSuffix(name, ".json") || !json.Valid(raw) {
				return err
			}
			for i, b := range bodiesIn(provider, name, raw) {
				what := fmt.Sprintf("%s/%s %d", provider, name, i)
				known := shopTopics[provider][b.name]
				topic := known.topic
				if topic == "" {
					topic = b.name + "/updated"
				}
				_, items, err := shopWords(provider, topic, b.raw, at)
				taken.Check(what, err == nil && len(items) > 0, err, "an item")
				if known.topic != "" && err == nil && len(items) > 0 {
					right.Check(what, items[0].Kind == known.kind, items[0].Kind, known.kind)
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

type shopBody struct {
	name string // what it is of, singular
	raw  []byte
}

// bodiesIn are the resources in a file: the API's answers wrap theirs in an
// object of its name, and lists in one of its plural; webhooks don't.
func bodiesIn(provider, name string, raw []byte) (out []shopBody) {
	base := strings.TrimSuffix(filepath.Base(name), ".json")
	base, _, _ = strings.Cut(base, "_0")
	of := strings.TrimSuffix(base, "s")
	var wrapped map[string]json.RawMessage
	if json.Unmarshal(raw, &wrapped) == nil {
		for _, key := range slices.Sorted(maps.Keys(wrapped)) {
			single := strings.TrimSuffix(key, "s")
			var list []json.RawMessage
			switch {
			case provider == shops.Shopify && len(wrapped) == 1 && key != single && json.Unmarshal(wrapped[key], &list) == nil:
				for _, one := range list {
					out = append(out, shopBody{single, one})
				}
			case provider == shops.Shopify && len(wrapped) == 1:
				out = append(out, shopBody{single, wrapped[key]})
			case provider == shops.WooCommerce && (key == "create" || key == "update") && json.Unmarshal(wrapped[key], &list) == nil:
				for _, one := range list {
					out = append(out, shopBody{of, one})
				}
			}
		}
	}
	if out == nil {
		out = append(out, shopBody{of, raw})
	}
	return out
}

// A feedOrder is an order as the shop's data has it, amounts as they are written.
type feedOrder struct {
	User    string `json:"user_id"`
	Address struct {
		Line1   string `json:"address1"`
		City    string `json:"city"`
		Country string `json:"country"`
		Zip     string `json:"zip"`
	} `json:"address"`
	Items []struct {
		Name  string      `json:"name"`
		ID    string      `json:"item_id"`
		Price json.Number `json:"price"`
	} `json:"items"`
	Fulfillments []struct {
		Tracking []string `json:"tracking_id"`
	} `json:"fulfillments"`
	Status   string `json:"status"`
	Payments []struct {
		Type   string      `json:"transaction_type"`
		Amount json.Number `json:"amount"`
	} `json:"payment_history"`
}

// cents is decimal text in hundredths, exactly.
func cents(n json.Number) int64 {
	v, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return -1
	}
	v.Mul(v, big.NewRat(100, 1))
	if !v.IsInt() {
		return -1
	}
	return v.Num().Int64()
}

// shopFeed plays a shop's day through the shapes of both shops' webhooks, each
// order in the words of its life: once, all of it twice, and backwards. What
// comes of it is the money of the data, to the cent.
func shopFeed(ctx context.Context, dir string, r *Reporter) error {
	raw, err := os.ReadFile(filepath.Join(dir, "orders.json"))
	if err != nil {
		return err
	}
	var orders map[string]feedOrder
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&orders); err != nil {
		return fmt.Errorf("orders.json: %w", err)
	}
	day := time.Date(2026, 6, 2, 0, 0, 0, 0, time.UTC)
	for _, provider := range []string{shops.Shopify, shops.WooCommerce} {
		row := r.Row("a shop's feed: " + provider)
		row.AtLeast(1)
		var words []*inbox.Order
		for i, number := range slices.Sorted(maps.Keys(orders)) {
			o := orders[number]
			at := day.Add(time.Duration(i) * 80 * time.Second)
			for _, b := range o.words(provider, fmt.Sprint(1000+i), number, at) {
				received, _, err := shopWords(provider, b.name, b.raw, day.Add(48*time.Hour))
				if err != nil {
					row.Check(number, false, err, "an order")
					continue
				}
				for _, w := range received {
					if w.Order != nil {
						words = append(words, w.Order)
					}
				}
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		once := foldOrders(words)
		twice := foldOrders(append(slices.Clone(words), words...))
		slices.Reverse(words)
		backwards := foldOrders(append(slices.Clone(words), words...))
		var total, refunded int64
		for _, number := range slices.Sorted(maps.Keys(orders)) {
			want := orders[number].want(provider)
			got := once[number]
			total, refunded = total+got.Total, refunded+got.Refunded
			same := encodedOrder(got) == encodedOrder(twice[number]) && encodedOrder(got) == encodedOrder(backwards[number])
			is := fmt.Sprintf("%s %d %d %v, the same however it comes: %t", got.Status, got.Total, got.Refunded, got.Problems, same)
			row.Check(number, is == want, is, want)
		}
		row.Note("%d words, %s, of which %s went back", len(words), inbox.FormatAmount(total, "USD"), inbox.FormatAmount(refunded, "USD"))
	}
	return nil
}

func encodedOrder(o inbox.Order) string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // plain fields
	}
	return string(b)
}

func foldOrders(words []*inbox.Order) map[string]inbox.Order {
	states := map[string]*inbox.OrderState{}
	for _, w := range words {
		if states[w.ExternalID] == nil {
			states[w.ExternalID] = &inbox.OrderState{}
		}
		states[w.ExternalID].Take(w)
	}
	all := map[string]inbox.Order{}
	for _, s := range states {
		o := s.Public()
		all[o.Number] = o
	}
	return all
}

// want is what has to come of an order.
func (o feedOrder) want(provider string) string {
	var total, paid, refunded int64
	for _, i := range o.Items {
		total += cents(i.Price)
	}
	for _, p := range o.Payments {
		if p.Type == "refund" {
			refunded += cents(p.Amount)
		} else {
			paid += cents(p.Amount)
		}
	}
	if len(o.Payments) > 0 {
		total = paid
	}
	status := map[string]string{"pending": "paid", "processed": "fulfilled", "delivered": "delivered", "cancelled": "cancelled"}[o.Status]
	if provider == shops.WooCommerce { // which knows no parcels
		status = map[string]string{"paid": "processing", "delivered": "fulfilled"}[status]
		if status == "" {
			status = map[string]string{"processed": "fulfilled", "cancelled": "cancelled"}[o.Status]
		}
	}
	return fmt.Sprintf("%s %d %d [], the same however it comes: true", status, total, refunded)
}

// words are the webhooks of an order's life.
func (o feedOrder) words(provider, id, number string, at time.Time) []shopBody {
	steps := []string{"pending", "paid"}
	switch o.Status {
	case "processed":
		steps = append(steps, "shipped")
	case "delivered":
		steps = append(steps, "shipped", "delivered")
	case "cancelled":
		steps = append(steps, "cancelled")
	}
	var out []shopBody
	for i, step := range steps {
		stamp := at.Add(time.Duration(i) * time.Hour).Format(time.RFC3339)
		if provider == shops.Shopify {
			out = append(out, o.shopify(step, id, number, at.Format(time.RFC3339), stamp)...)
		} else {
			out = append(out, o.woo(step, id, number, at.Format("2006-01-02T15:04:05"), strings.TrimSuffix(stamp, "Z")))
		}
	}
	return out
}

type fields = map[string]any

func encodeBody(topic string, v any) shopBody {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers
	}
	return shopBody{topic, b}
}

func (o feedOrder) sum() string {
	var n int64
	for _, i := range o.Items {
		n += cents(i.Price)
	}
	text, _, _ := strings.Cut(inbox.FormatAmount(n, "USD"), " ")
	return text
}

func (o feedOrder) shopify(step, id, number, made, stamp string) []shopBody {
	total := o.sum()
	order := fields{
		"id": json.Number(id), "name": number, "created_at": made, "updated_at": stamp, "currency": "USD", "subtotal_price": total, "total_price": total,
		"total_tax": "0.00", "total_discounts": "0.00", "financial_status": "paid", "email": o.User + "@example.com",
		"shipping_address": fields{"address1": o.Address.Line1, "city": o.Address.City, "zip": o.Address.Zip, "country": o.Address.Country},
	}
	var lines []fields
	for n, i := range o.Items {
		lines = append(lines, fields{"id": n + 1, "title": i.Name, "sku": i.ID, "quantity": 1, "price": i.Price.String()})
	}
	order["line_items"] = lines
	var parcels []fields
	for n, f := range o.Fulfillments {
		parcel := fields{"id": json.Number(fmt.Sprintf("%s%d", id, n)), "order_id": json.Number(id), "status": "success", "tracking_numbers": f.Tracking, "created_at": stamp, "updated_at": stamp}
		if step == "delivered" {
			parcel["shipment_status"] = "delivered"
		}
		parcels = append(parcels, parcel)
	}
	switch step {
	case "pending":
		order["financial_status"] = "pending"
		return []shopBody{encodeBody("orders/create", order)}
	case "shipped", "delivered":
		order["fulfillment_status"], order["fulfillments"] = "fulfilled", parcels
		out := []shopBody{encodeBody("orders/updated", order)}
		for _, p := range parcels {
			out = append(out, encodeBody("fulfillments/update", p))
		}
		return out
	case "cancelled":
		refund := fields{"id": json.Number(id + "9"), "order_id": json.Number(id), "created_at": stamp}
		var money []fields
		for _, p := range o.Payments {
			if p.Type == "refund" {
				money = append(money, fields{"kind": "refund", "status": "success", "amount": p.Amount.String(), "currency": "USD"})
			}
		}
		refund["transactions"] = money
		order["cancelled_at"], order["financial_status"], order["refunds"] = stamp, "refunded", []fields{refund}
		return []shopBody{encodeBody("orders/cancelled", order), encodeBody("refunds/create", refund)}
	}
	return []shopBody{encodeBody("orders/paid", order)}
}

func (o feedOrder) woo(step, id, number, made, stamp string) shopBody {
	order := fields{
		"id": json.Number(id), "number": number, "date_created_gmt": made, "date_modified_gmt": stamp, "currency": "USD", "total": o.sum(),
		"total_tax": "0.00", "discount_total": "0.00", "shipping_total": "0.00", "customer_id": 0, "billing": fields{"email": o.User + "@example.com"},
		"shipping": fields{"address_1": o.Address.Line1, "city": o.Address.City, "postcode": o.Address.Zip, "country": o.Address.Country},
	}
	var lines []fields
	for n, i := range o.Items {
		lines = append(lines, fields{"id": n + 1, "name": i.Name, "sku": i.ID, "quantity": 1, "subtotal": i.Price.String(), "total": i.Price.String()})
	}
	order["line_items"] = lines
	order["status"] = map[string]string{"pending": "pending", "paid": "processing", "shipped": "completed", "delivered": "completed", "cancelled": "cancelled"}[step]
	var refunds []fields
	for n, p := range o.Payments {
		if p.Type == "refund" && step == "cancelled" {
			refunds = append(refunds, fields{"id": n + 1, "total": "-" + p.Amount.String()})
		}
	}
	order["refunds"] = refunds
	return encodeBody("order.updated", order)
}
