package shop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The shapes that Shopify's Admin API 2026-07 takes, of what is asked here:
// shopify.dev/docs/api/admin-graphql/2026-07/input-objects and /mutations. A
// type with ! is needed.
var shopifyInputs = map[string]map[string]string{
	"RefundInput": {"allowOverRefunding": "Boolean", "currency": "CurrencyCode", "note": "String", "notify": "Boolean", "orderId": "ID!", "processedAt": "DateTime",
		"refundLineItems": "[RefundLineItemInput]", "shipping": "ShippingRefundInput", "transactions": "[OrderTransactionInput]"},
	"RefundLineItemInput":          {"lineItemId": "ID!", "locationId": "ID", "quantity": "Int!", "restockType": "RefundLineItemRestockType"},
	"ShippingRefundInput":          {"amount": "Money", "fullRefund": "Boolean"},
	"OrderTransactionInput":        {"amount": "Money!", "gateway": "String!", "kind": "OrderTransactionKind!", "orderId": "ID!", "parentId": "ID"},
	"OrderCancelRefundMethodInput": {"originalPaymentMethodsRefund": "Boolean"},
	"OrderInput":                   {"id": "ID!", "email": "String", "note": "String", "phone": "String", "shippingAddress": "MailingAddressInput", "tags": "[String]"},
	"EmailInput":                   {"bcc": "[String!]", "body": "String", "customMessage": "String", "from": "String", "subject": "String", "to": "String"},
	"DraftOrderInput": {"email": "String", "lineItems": "[DraftOrderLineItemInput!]", "note": "String", "presentmentCurrencyCode": "CurrencyCode",
		"purchasingEntity": "PurchasingEntityInput", "tags": "[String!]"},
	"DraftOrderLineItemInput": {"quantity": "Int!", "variantId": "ID", "title": "String", "originalUnitPriceWithCurrency": "MoneyInput"},
	"PurchasingEntityInput":   {"customerId": "ID"},
	"MoneyInput":              {"amount": "Money!", "currencyCode": "CurrencyCode!"},
	"MailingAddressInput": {"address1": "String", "address2": "String", "city": "String", "company": "String", "countryCode": "CountryCode", "firstName": "String",
		"lastName": "String", "phone": "String", "provinceCode": "String", "zip": "String"},
}

var shopifyEnums = map[string][]string{
	"RefundLineItemRestockType": {"CANCEL", "NO_RESTOCK", "RETURN"},
	"OrderTransactionKind":      {"REFUND"},
	"OrderCancelReason":         {"CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF"},
}

// shopifyCalls are the arguments of each field of the root that is asked for.
var shopifyCalls = map[string]map[string]string{
	"order":            {"id": "ID!"},
	"orders":           {"first": "Int!", "after": "String", "query": "String", "sortKey": "OrderSortKeys"},
	"customers":        {"first": "Int!", "after": "String", "query": "String", "sortKey": "CustomerSortKeys"},
	"products":         {"first": "Int!", "after": "String", "query": "String", "sortKey": "ProductSortKeys"},
	"productVariants":  {"first": "Int!", "after": "String", "query": "String", "sortKey": "ProductVariantSortKeys"},
	"inventoryItem":    {"id": "ID!"},
	"refundCreate":     {"input": "RefundInput!"},
	"orderCancel":      {"orderId": "ID!", "refundMethod": "OrderCancelRefundMethodInput!", "restock": "Boolean!", "reason": "OrderCancelReason!", "notifyCustomer": "Boolean", "staffNote": "String"},
	"orderUpdate":      {"input": "OrderInput!"},
	"orderInvoiceSend": {"id": "ID!", "email": "EmailInput"},

	"draftOrders":           {"first": "Int!", "query": "String"},
	"draftOrder":            {"id": "ID!"},
	"draftOrderCreate":      {"input": "DraftOrderInput!"},
	"draftOrderInvoiceSend": {"id": "ID!", "email": "EmailInput"},
	"draftOrderComplete":    {"id": "ID!"},
}

// wrongInput says what of a value a type doesn't take; "" for nothing.
func wrongInput(kind string, v any, at string) string {
	needed := strings.HasSuffix(kind, "!")
	kind = strings.TrimSuffix(kind, "!")
	if v == nil {
		if needed {
			return at + " is missing"
		}
		return ""
	}
	if strings.HasPrefix(kind, "[") {
		list, ok := v.([]any)
		if !ok {
			return at + " is no list"
		}
		for i, x := range list {
			if w := wrongInput(strings.Trim(strings.TrimSuffix(strings.Trim(kind, "[]"), "!"), "[]!"), x, fmt.Sprintf("%s[%d]", at, i)); w != "" {
				return w
			}
		}
		return ""
	}
	if fields, ok := shopifyInputs[kind]; ok {
		m, ok := v.(map[string]any)
		if !ok {
			return at + " is no " + kind
		}
		for name := range m {
			if fields[name] == "" {
				return at + "." + name + " is no field of " + kind
			}
		}
		for name, of := range fields {
			if w := wrongInput(of, m[name], at+"."+name); w != "" {
				return w
			}
		}
		return ""
	}
	if values, ok := shopifyEnums[kind]; ok {
		if s, _ := v.(string); !slices.Contains(values, s) {
			return fmt.Sprintf("%s is %v, no %s", at, v, kind)
		}
		return ""
	}
	ok := true
	switch kind {
	case "ID":
		s, is := v.(string)
		ok = is && regexp.MustCompile(`^gid://shopify/\w+/\d+$`).MatchString(s)
	case "Boolean":
		_, ok = v.(bool)
	case "Int":
		n, is := v.(float64)
		ok = is && n == float64(int(n))
	case "Money":
		s, is := v.(string)
		ok = is && regexp.MustCompile(`^\d+(\.\d+)?$`).MatchString(s)
	case "CurrencyCode":
		s, is := v.(string)
		ok = is && regexp.MustCompile(`^[A-Z]{3}$`).MatchString(s)
	case "CountryCode":
		s, is := v.(string)
		ok = is && regexp.MustCompile(`^[A-Z]{2}$`).MatchString(s)
	default:
		_, ok = v.(string)
	}
	if !ok {
		return fmt.Sprintf("%s is %v, no %s", at, v, kind)
	}
	return ""
}

// A fakeShop is a shop that judges each request by the documentation. cut makes
// so many of the next changes lose their answer: done, and not told.
type fakeShop struct {
	*httptest.Server
	t testing.TB

	mu        sync.Mutex // guards what follows
	cut       int
	busy      int // so many of the next requests are told to come later
	log       []string
	refunds   []map[string]any // Shopify: inputs; WooCommerce: bodies
	keys      map[string]string
	cancelled bool
	address   map[string]any
	mails     int
	orders    []string // as the API shows them, by when they changed
	people    []string // Shopify's customers, goods and more variants, as orders are
	goods     []string // WooCommerce's too
	variants  []string
	stock     map[string]string // by the id of an inventory item
	customers int               // WooCommerce's
	nonces    map[string]bool
	drafts    []*fakeDraft
	notes     []string
	status    string // of the order that is a cart
}

func (f *fakeShop) fail(w http.ResponseWriter, format string, args ...any) {
	f.t.Errorf(format, args...)
	http.Error(w, fmt.Sprintf(format, args...), http.StatusBadRequest)
}

// settle waits until the request whose answer was lost is done with.
func (f *fakeShop) settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
}

// lost reports whether the answer to a change is lost.
func (f *fakeShop) lost(w http.ResponseWriter) bool {
	if f.cut == 0 {
		return false
	}
	f.cut--
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
	return true
}

func newFakeShopify(t testing.TB) *fakeShop {
	f := &fakeShop{t: t, keys: map[string]string{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.shopify))
	t.Cleanup(f.Close)
	return f
}

var (
	rootField = regexp.MustCompile(`\)?\s*\{\s*(\w+)\s*\(`)
	declared  = regexp.MustCompile(`\$(\w+): ([\w\[\]!]+)`)
	passed    = regexp.MustCompile(`(\w+): \$(\w+)`)
)

func (f *fakeShop) shopify(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	raw, _ := io.ReadAll(r.Body)
	var body struct {
		Query     string         `json:"query"`
		Variables map[string]any `json:"variables"`
	}
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/admin/api/2026-07/graphql.json":
		f.fail(w, "%s %s is nothing of the Admin API", r.Method, r.URL.Path)
		return
	case r.Header.Get("X-Shopify-Access-Token") != "shpat_1":
		http.Error(w, `{"errors":"[API] Invalid API key or access token"}`, http.StatusUnauthorized)
		return
	case json.Unmarshal(raw, &body) != nil:
		f.fail(w, "the body is no JSON: %s", raw)
		return
	}
	m := rootField.FindStringSubmatch(body.Query)
	if m == nil || shopifyCalls[m[1]] == nil {
		f.fail(w, "there is no such query: %s", body.Query)
		return
	}
	root := m[1]
	types := map[string]string{}
	for _, d := range declared.FindAllStringSubmatch(body.Query, -1) {
		types[d[1]] = d[2]
	}
	rest := body.Query[strings.Index(body.Query, root):]
	args, _, _ := strings.Cut(rest, ")")
	for _, p := range passed.FindAllStringSubmatch(args, -1) {
		want := shopifyCalls[root][p[1]]
		if want == "" || strings.TrimSuffix(want, "!") != strings.TrimSuffix(types[p[2]], "!") {
			f.fail(w, "%s takes no %s of %s", root, p[1], types[p[2]])
			return
		}
		if wrong := wrongInput(want, body.Variables[p[2]], p[1]); wrong != "" {
			f.fail(w, "%s: %s", root, wrong)
			return
		}
	}
	f.log = append(f.log, root)
	if f.busy > 0 {
		f.busy--
		fmt.Fprint(w, `{"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": {"requestedQueryCost": 52, "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 51.9, "restoreRate": 100}}}}`)
		return
	}
	f.answer(w, root, body.Query, body.Variables)
}

// data answers a query.
func data(w http.ResponseWriter, d string) {
	fmt.Fprintf(w, `{"data": %s, "extensions": {"cost": {"requestedQueryCost": 12, "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 1990, "restoreRate": 100}}}}`, d)
}

func (f *fakeShop) answer(w http.ResponseWriter, root, query string, v map[string]any) {
	data := func(d string) { data(w, d) }
	switch root {
	case "draftOrders", "draftOrder", "draftOrderCreate", "draftOrderInvoiceSend", "draftOrderComplete":
		f.draft(w, root, v)
	case "orders", "customers", "products":
		list := map[string][]string{"orders": f.orders, "customers": f.people, "products": f.goods}[root]
		first, from := int(v["first"].(float64)), 0
		since := strings.Trim(strings.TrimPrefix(v["query"].(string), "updated_at:>="), "'")
		if after, ok := v["after"].(string); ok {
			_, _ = fmt.Sscan(after, &from)
		} else {
			for from < len(list) && updatedAt(list[from]) < since {
				from++
			}
		}
		to := min(from+first, len(list))
		data(fmt.Sprintf(`{%q: {"pageInfo": {"hasNextPage": %t, "endCursor": "%d"}, "nodes": [%s]}}`, root, to < len(list), to, strings.Join(list[from:to], ",")))
	case "productVariants":
		data(fmt.Sprintf(`{"productVariants": {"pageInfo": {"hasNextPage": false, "endCursor": "x"}, "nodes": [%s]}}`, strings.Join(f.variants, ",")))
	case "inventoryItem":
		if item := f.stock[v["id"].(string)]; item != "" {
			data(`{"inventoryItem": ` + item + `}`)
		} else {
			data(`{"inventoryItem": null}`)
		}
	case "order":
		if strings.Contains(query, "cancelledAt") {
			data(map[bool]string{true: `{"order": {"cancelledAt": "2026-06-02T10:00:00Z"}}`, false: `{"order": {"cancelledAt": null}}`}[f.cancelled])
			return
		}
		notes := []string{}
		paid := 0.0
		for _, r := range f.refunds {
			notes = append(notes, fmt.Sprintf(`{"note": %q}`, r["note"]))
			for _, p := range r["transactions"].([]any) {
				var n float64
				_, _ = fmt.Sscan(p.(map[string]any)["amount"].(string), &n)
				paid += n
			}
		}
		amount := "108.90"
		if lines, _ := v["lines"].([]any); len(lines) > 0 {
			amount = "45.00"
		}
		money := func(s string) string {
			return fmt.Sprintf(`{"presentmentMoney": {"amount": %q, "currencyCode": "EUR"}}`, s)
		}
		left := fmt.Sprintf("%.2f", 108.90-paid)
		data(fmt.Sprintf(`{"order": {"refunds": [%s], "suggestedRefund": {"amountSet": %s, "maximumRefundableSet": %s,
			"refundLineItems": [{"lineItem": {"id": "gid://shopify/LineItem/1"}, "quantity": 1, "restockType": "RETURN", "location": {"id": "gid://shopify/Location/5"}}],
			"suggestedTransactions": [{"gateway": "gift_card", "amountSet": %s, "maximumRefundableSet": %s, "parentTransaction": {"id": "gid://shopify/OrderTransaction/1"}},
				{"gateway": "shopify_payments", "amountSet": %s, "maximumRefundableSet": %s, "parentTransaction": {"id": "gid://shopify/OrderTransaction/2"}}]}}}`,
			strings.Join(notes, ","), money(amount), money(left), money("0.00"), money("8.90"), money(amount), money("100.00")))
	case "refundCreate":
		key, _ := v["key"].(string)
		if !strings.Contains(query, "@idempotent(key: $key)") || key == "" {
			f.fail(w, "refundCreate without @idempotent is an error since 2026-04")
			return
		}
		input, _ := json.Marshal(v["input"])
		switch was, known := f.keys[key]; {
		case known && was != string(input):
			fmt.Fprint(w, `{"errors": [{"message": "other parameters", "extensions": {"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}}]}`)
			return
		case !known:
			f.keys[key] = string(input)
			f.refunds = append(f.refunds, v["input"].(map[string]any))
		}
		if !f.lost(w) {
			data(`{"refundCreate": {"refund": {"id": "gid://shopify/Refund/1"}, "userErrors": []}}`)
		}
	case "orderCancel":
		if f.cancelled {
			data(`{"orderCancel": {"job": null, "orderCancelUserErrors": [{"field": ["orderId"], "message": "The order is cancelled already", "code": "INVALID"}]}}`)
			return
		}
		f.cancelled = true
		if !f.lost(w) {
			data(`{"orderCancel": {"job": {"id": "gid://shopify/Job/1"}, "orderCancelUserErrors": []}}`)
		}
	case "orderUpdate":
		f.address, _ = v["input"].(map[string]any)["shippingAddress"].(map[string]any)
		if f.address["zip"] == "0" {
			data(`{"orderUpdate": {"order": null, "userErrors": [{"field": ["zip"], "message": "Postal code is not valid"}]}}`)
			return
		}
		if !f.lost(w) {
			shown, _ := json.Marshal(map[string]any{"address1": f.address["address1"], "city": f.address["city"], "zip": f.address["zip"]})
			data(fmt.Sprintf(`{"orderUpdate": {"order": {"shippingAddress": %s}, "userErrors": []}}`, shown))
		}
	case "orderInvoiceSend":
		f.mails++
		if !f.lost(w) {
			data(`{"orderInvoiceSend": {"order": {"id": "gid://shopify/Order/7001"}, "userErrors": []}}`)
		}
	}
}

// The shapes that WooCommerce's REST API takes, of what is asked here
// (developer.woocommerce.com/docs/apis/rest-api/v3/orders and /order-refunds).
var wooInputs = map[string]map[string]string{
	"order":  {"status": "string", "shipping": "address"},
	"note":   {"note": "string", "customer_note": "boolean", "added_by_user": "boolean"},
	"refund": {"amount": "money", "reason": "string", "refunded_by": "integer", "meta_data": "[meta", "line_items": "[line", "api_refund": "boolean", "api_restock": "boolean"},
	"meta":   {"id": "integer", "key": "string", "value": "string"},
	"line":   {"id": "integer", "quantity": "integer", "refund_total": "money", "refund_tax": "[tax"},
	"tax":    {"id": "integer", "refund_total": "money"},
	"address": {"first_name": "string", "last_name": "string", "company": "string", "address_1": "string", "address_2": "string", "city": "string",
		"state": "string", "postcode": "string", "country": "string", "phone": "string"},
}

func wrongWoo(kind string, v any, at string) string {
	if of, list := strings.CutPrefix(kind, "["); list {
		all, ok := v.([]any)
		if !ok {
			return at + " is no array"
		}
		for _, x := range all {
			if w := wrongWoo(of, x, at+"[]"); w != "" {
				return w
			}
		}
		return ""
	}
	ok := false
	switch kind {
	case "string":
		_, ok = v.(string)
	case "boolean":
		_, ok = v.(bool)
	case "integer":
		n, is := v.(float64)
		ok = is && n == float64(int(n))
	case "money":
		s, is := v.(string)
		ok = is && regexp.MustCompile(`^\d+\.\d\d$`).MatchString(s)
	default:
		m, is := v.(map[string]any)
		if ok = is; is {
			for name, x := range m {
				if wooInputs[kind][name] == "" {
					return at + "." + name + " is nothing of " + kind
				}
				if w := wrongWoo(wooInputs[kind][name], x, at+"."+name); w != "" {
					return w
				}
			}
		}
	}
	if !ok {
		return fmt.Sprintf("%s is %v, no %s", at, v, kind)
	}
	return ""
}

func newFakeWoo(t testing.TB) *fakeShop {
	f := &fakeShop{t: t, nonces: map[string]bool{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.woo))
	t.Cleanup(f.Close)
	return f
}

// signedIn checks a signature of OAuth 1.0a, as the shop does in the clear: once
// a nonce, and of all that is asked (RFC 5849 sections 3.2 and 3.4.1). It takes
// no password there.
func (f *fakeShop) signedIn(r *http.Request) bool {
	said := strings.Split(r.URL.RawQuery, "&")
	signature, nonce := "", r.URL.Query().Get("oauth_nonce")
	said = slices.DeleteFunc(said, func(pair string) bool {
		value, ok := strings.CutPrefix(pair, "oauth_signature=")
		if ok {
			signature, _ = url.QueryUnescape(value)
		}
		return ok
	})
	for i, pair := range said {
		said[i] = strings.ReplaceAll(pair, "+", "%20")
	}
	slices.Sort(said)
	code := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	mac := hmac.New(sha256.New, []byte("cs_1&"))
	fmt.Fprintf(mac, "%s&%s&%s", r.Method, code("http://"+r.Host+r.URL.Path), code(strings.Join(said, "&")))
	again := f.nonces[nonce]
	f.nonces[nonce] = true
	_, _, password := r.BasicAuth()
	return !password && !again && nonce != "" && r.URL.Query().Get("oauth_consumer_key") == "ck_1" && signature == base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (f *fakeShop) woo(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.signedIn(r) {
		http.Error(w, `{"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources."}`, http.StatusUnauthorized)
		return
	}
	var body any
	if r.Method != http.MethodGet {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			f.fail(w, "the body is no JSON: %v", err)
			return
		}
	}
	what := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/wp-json/wc/v3")
	f.log = append(f.log, what)
	if f.busy > 0 {
		f.busy--
		w.Header().Set("Retry-After", "0.1")
		http.Error(w, "{}", http.StatusTooManyRequests)
		return
	}
	check := func(kind string) bool {
		wrong := wrongWoo(kind, body, kind)
		if wrong != "" {
			f.fail(w, "%s: %s", what, wrong)
		}
		return wrong == ""
	}
	q := r.URL.Query()
	switch what {
	case "GET /customers":
		var page, n int
		_, _ = fmt.Sscan(q.Get("page"), &page)
		if q.Get("per_page") != "100" || q.Get("orderby") != "id" || q.Get("order") != "asc" {
			f.fail(w, "customers are asked for by %s", r.URL.RawQuery)
		}
		var list []string
		for n = (page - 1) * 100; n < min(page*100, f.customers); n++ {
			list = append(list, fmt.Sprintf(`{"id": %d, "email": "c%d@x.example", "date_modified_gmt": "2026-06-01T10:00:00"}`, n+1, n))
		}
		fmt.Fprintf(w, "[%s]", strings.Join(list, ","))
	case "GET /orders", "GET /products":
		var page int
		_, _ = fmt.Sscan(q.Get("page"), &page)
		if q.Get("per_page") != "100" || q.Get("orderby") != "modified" || q.Get("dates_are_gmt") != "true" || q.Get("modified_after") == "" {
			f.fail(w, "%s are asked for by %s", what, r.URL.RawQuery)
		}
		var list []string
		for _, o := range map[string][]string{"GET /orders": f.orders, "GET /products": f.goods}[what] {
			if updatedAt(o) > q.Get("modified_after") {
				list = append(list, o)
			}
		}
		list = list[min((page-1)*100, len(list)):min(page*100, len(list))]
		fmt.Fprintf(w, "[%s]", strings.Join(list, ","))
	case "GET /products/11/variations":
		if q.Get("per_page") != "100" {
			f.fail(w, "variations are asked for by %s", r.URL.RawQuery)
		}
		fmt.Fprintf(w, "[%s]", strings.Join(f.variants, ","))
	case "GET /orders/727":
		total := []map[string]any{}
		for _, x := range f.refunds {
			total = append(total, map[string]any{"total": "-" + x["amount"].(string)})
		}
		refunds, _ := json.Marshal(total)
		fmt.Fprintf(w, `{"id": 727, "currency": "EUR", "total": "17.90", "refunds": %s, "line_items": [{"id": 1, "quantity": 3, "total": "9.00", "taxes": [{"id": 7, "total": "1.80"}]}]}`, refunds)
	case "GET /orders/727/refunds":
		if f.refunds == nil {
			fmt.Fprint(w, `[]`)
			return
		}
		_ = json.NewEncoder(w).Encode(f.refunds)
	case "POST /orders/727/refunds":
		if check("refund") {
			f.refunds = append(f.refunds, body.(map[string]any))
			if !f.lost(w) {
				w.WriteHeader(http.StatusCreated)
				fmt.Fprint(w, `{"id": 900}`)
			}
		}
	case "PUT /orders/727":
		if check("order") {
			m := body.(map[string]any)
			f.cancelled = f.cancelled || m["status"] == "cancelled"
			if a, ok := m["shipping"].(map[string]any); ok {
				f.address = a
			}
			if !f.lost(w) {
				fmt.Fprint(w, `{"id": 727}`)
			}
		}
	case "GET /orders/31":
		fmt.Fprintf(w, `{"id": 31, "status": %q, "billing": {"email": "ada@x.example"}}`, f.status)
	case "PUT /orders/31":
		if check("order") {
			f.status, _ = body.(map[string]any)["status"].(string)
			if !f.lost(w) {
				fmt.Fprint(w, `{"id": 31}`)
			}
		}
	case "GET /orders/31/notes":
		list := []map[string]any{}
		for _, n := range f.notes {
			list = append(list, map[string]any{"note": strings.ReplaceAll(n, "&", "&amp;"), "customer_note": true})
		}
		_ = json.NewEncoder(w).Encode(list)
	case "POST /orders/31/notes":
		if check("note") {
			f.notes = append(f.notes, body.(map[string]any)["note"].(string))
			if !f.lost(w) {
				w.WriteHeader(http.StatusCreated)
				fmt.Fprint(w, `{"id": 281}`)
			}
		}
	case "POST /orders/727/actions/send_order_details":
		f.mails++
		if !f.lost(w) {
			fmt.Fprint(w, `{"message": "Order details sent"}`)
		}
	default:
		f.fail(w, "%s is nothing of the REST API", what)
	}
}

// updatedAt is when an order in a fake shop changed.
func updatedAt(order string) string {
	var o struct {
		Shopify string `json:"updatedAt"`
		Woo     string `json:"date_modified_gmt"`
	}
	_ = json.Unmarshal([]byte(order), &o)
	return o.Shopify + o.Woo
}
