package shop

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
)

// graph is an object as GraphQL has it under the names of the REST API, which
// webhooks have too.
type graph map[string]any

func readGraph(raw []byte) (graph, error) {
	var tree map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&tree); err != nil {
		return nil, err
	}
	m, _ := restful(tree).(map[string]any)
	return m, nil
}

// into reads g into one of the shapes of the REST API.
func (g graph) into(shape any) error {
	b, err := json.Marshal(g)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, shape)
}

func (g graph) move(from, to string) {
	if v, ok := g[from]; ok {
		g[to] = v
		delete(g, from)
	}
}

func (g graph) lower(name string) {
	if s, ok := g[name].(string); ok {
		g[name] = strings.ToLower(s)
	}
}

// in is the object called name; empty, and of nothing, where there is none.
func (g graph) in(name string) graph {
	if m, ok := g[name].(map[string]any); ok {
		return m
	}
	return graph{}
}

func (g graph) each(name string, do func(graph)) {
	list, _ := g[name].([]any)
	for _, x := range list {
		if o, ok := x.(map[string]any); ok {
			do(o)
		}
	}
}

// graphOrder reads an order.
func graphOrder(raw []byte) (*shopifyOrder, error) {
	m, err := readGraph(raw)
	if err != nil {
		return nil, err
	}
	for from, to := range map[string]string{
		"status_page_url": "order_status_url", "currency_code": "currency", "presentment_currency_code": "presentment_currency",
		"display_financial_status": "financial_status", "display_fulfillment_status": "fulfillment_status",
	} {
		m.move(from, to)
	}
	m.lower("financial_status")
	m.lower("fulfillment_status")
	if s := m["fulfillment_status"]; s == "partially_fulfilled" || s == "in_progress" {
		m["fulfillment_status"] = "partial"
	}
	for _, name := range []string{"shipping_address", "billing_address"} {
		m.in(name).move("country_code_v2", "country_code")
	}
	m.each("line_items", func(l graph) {
		l.move("original_unit_price_set", "price_set")
		for name, to := range map[string]string{"product": "product_id", "variant": "variant_id"} {
			if id, ok := l.in(name)["id"]; ok {
				l[to] = id
			}
		}
	})
	m.each("fulfillments", func(x graph) {
		x.move("display_status", "shipment_status")
		x.lower("status")
		x.lower("shipment_status")
		var numbers, links []any
		x.each("tracking_info", func(t graph) {
			numbers, links = append(numbers, t["number"]), append(links, t["url"])
			x["tracking_company"] = t["company"]
		})
		x["tracking_numbers"], x["tracking_urls"] = numbers, links
	})
	m.each("refunds", func(r graph) {
		r.each("transactions", func(t graph) {
			t.lower("kind")
			t.lower("status")
			money := t.in("amount_set").in("presentment_money")
			t["amount"], t["currency"] = money["amount"], money["currency_code"]
		})
	})
	o := &shopifyOrder{}
	return o, m.into(o)
}

// graphCustomer reads a customer.
func graphCustomer(raw []byte) (*shopifyCustomer, error) {
	m, err := readGraph(raw)
	if err != nil {
		return nil, err
	}
	for _, by := range []struct{ from, value, to, consent string }{
		{"default_email_address", "email_address", "email", "email_marketing_consent"},
		{"default_phone_number", "phone_number", "phone", "sms_marketing_consent"},
	} {
		x := m.in(by.from)
		if len(x) == 0 {
			continue
		}
		x.lower("marketing_state")
		m[by.to] = x[by.value]
		m[by.consent] = map[string]any{"state": x["marketing_state"], "consent_updated_at": x["marketing_updated_at"]}
	}
	m.in("default_address").move("country_code_v2", "country_code")
	c := &shopifyCustomer{}
	return c, m.into(c)
}

// graphProduct reads a product; rest is where those of its variants begin that
// aren't with it, "" where all are.
func graphProduct(raw []byte) (p *shopifyProduct, rest string, err error) {
	m, err := readGraph(raw)
	if err != nil {
		return nil, "", err
	}
	if src, ok := m.in("featured_media").in("preview").in("image")["url"]; ok {
		m["image"] = map[string]any{"src": src}
	}
	variants := m.in("variants")
	if info := variants.in("page_info"); info["has_next_page"] == true {
		rest, _ = info["end_cursor"].(string)
	}
	m["variants"] = variants["nodes"]
	m.each("variants", managed)
	p = &shopifyProduct{}
	return p, rest, m.into(p)
}

// graphVariant reads one variant of a product.
func graphVariant(raw []byte) (*shopifyVariant, error) {
	m, err := readGraph(raw)
	if err != nil {
		return nil, err
	}
	managed(m)
	v := &shopifyVariant{}
	return v, m.into(v)
}

// managed says whether a variant's stock is counted, as the REST API does.
func managed(v graph) {
	if v.in("inventory_item")["tracked"] == true {
		v["inventory_management"] = "shopify"
	}
}

// restful is GraphQL's answer with snake_case names, plain lists and bare ids.
func restful(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if nodes, ok := v["nodes"]; ok && len(v) == 1 {
			return restful(nodes)
		}
		out := map[string]any{}
		for name, x := range v {
			out[snake(name)] = restful(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = restful(x)
		}
		return out
	case string:
		if rest, ok := strings.CutPrefix(v, "gid://shopify/"); ok {
			_, id, _ := strings.Cut(rest, "/")
			id, _, _ = strings.Cut(id, "?")
			return id
		}
	}
	return v
}

// snake is a name in snake_case: address1 stays, V2 is a word.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
