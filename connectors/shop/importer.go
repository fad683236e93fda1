package shop

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Counts say what an import did.
type Counts struct {
	Orders int
	Broken []Broken
	Failed int // broken lines, of which Broken has the first
}

// A Broken is a line that could not be taken.
type Broken struct {
	Line   int // counted from 1
	Reason string
}

const maxBroken = 100

func (c *Counts) broken(line int, err error) {
	if c.Failed++; len(c.Broken) < maxBroken {
		c.Broken = append(c.Broken, Broken{line, err.Error()})
	}
}

// ImportOrders brings in the orders of a file into account: lines of JSON, a list
// of it, or CSV with headings. JSON is an order of the contract or, of a Shopify
// or WooCommerce account, one as its API has it. A line that can't be read is
// named by its number and the next one taken; an error is emit's or ctx's, or
// says that the file can't be read. It can be run again: what was emitted before
// has the same event ids.
func ImportOrders(ctx context.Context, file io.Reader, account connectors.Account, emit func(connectors.Inbound) error) (Counts, error) {
	var counts Counts
	set, err := ParseSettings(account)
	if err != nil {
		return counts, err
	}
	im := &importer{ctx: ctx, set: set, account: account, emit: emit, counts: &counts, now: time.Now()}
	in := bufio.NewReaderSize(file, 64<<10)
	if first, _ := in.Peek(3); bytes.Equal(first, []byte("\xEF\xBB\xBF")) {
		_, _ = in.Discard(3) // peeked: it is there
	}
	switch first, err := firstByte(in); {
	case errors.Is(err, io.EOF):
		return counts, nil
	case err != nil:
		return counts, fmt.Errorf("read the file: %w", err)
	case first == '[':
		return counts, im.list(in)
	case first == '{':
		return counts, im.lines(in)
	}
	return counts, im.table(in)
}

// firstByte is the first that is no space.
func firstByte(in *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		b, err := in.Peek(n)
		if err != nil {
			return 0, err
		}
		if c := b[n-1]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, nil
		}
	}
}

type importer struct {
	ctx     context.Context
	set     *Settings
	account connectors.Account
	emit    func(connectors.Inbound) error
	counts  *Counts
	now     time.Time
}

func (im *importer) put(items ...connectors.Inbound) error {
	for _, in := range items {
		in.Channel, in.Lane, in.ReceivedAt = inbox.Shop, connectors.LaneBulk, im.now
		if err := im.emit(in); err != nil {
			return err
		}
	}
	im.counts.Orders++
	return im.ctx.Err()
}

// order takes one order of JSON.
func (im *importer) order(line int, raw []byte) error {
	f := &feed{set: im.set, account: im.account.ID, raw: raw, at: im.now}
	var own struct {
		ExternalID *string `json:"externalId"`
	}
	if err := json.Unmarshal(raw, &own); err != nil {
		im.counts.broken(line, invalid("it is no JSON of an order: %v", err))
		return nil
	}
	var s said
	switch {
	case own.ExternalID != nil || im.set.Provider == Webhook:
		in, err := f.own(string(connectors.KindOrder), raw)
		if err != nil {
			im.counts.broken(line, err)
			return nil
		}
		s.items = append(s.items, in)
	case im.set.Provider == Shopify:
		var err error
		if s, err = f.shopifyWord(im.ctx, "orders/updated"); err != nil {
			return err
		}
	default:
		s = f.wooWord("order.updated")
	}
	s.items = slices.DeleteFunc(s.items, func(in connectors.Inbound) bool { return in.Cart != nil }) // that it was in one long ago is no news
	if len(s.items) == 0 || s.items[0].ProviderAt.IsZero() {
		im.counts.broken(line, invalid("it is no order of %s, nor one with an externalId", im.set.Provider))
		return nil
	}
	return im.put(s.items...)
}

func (im *importer) lines(in *bufio.Reader) error {
	for n := 1; ; n++ {
		line, err := readLine(in)
		if len(bytes.TrimSpace(line)) > 0 {
			switch {
			case len(line) > maxBody:
				im.counts.broken(n, invalid("it has more than %d bytes", maxBody))
			default:
				if err := im.order(n, line); err != nil {
					return fmt.Errorf("line %d: %w", n, err)
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read line %d: %w", n, err)
		}
	}
}

// readLine reads a line, of which no more than a little over maxBody is kept.
func readLine(in *bufio.Reader) (line []byte, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(line) <= maxBody {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// A lineCounter knows in which line an offset is.
type lineCounter struct {
	in   io.Reader
	ends []int64 // offsets of line ends
	at   int64
}

func (c *lineCounter) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	for i, x := range b[:n] {
		if x == '\n' {
			c.ends = append(c.ends, c.at+int64(i))
		}
	}
	c.at += int64(n)
	return n, err
}

func (c *lineCounter) line(offset int64) int {
	n, _ := slices.BinarySearch(c.ends, offset)
	return n + 1
}

func (im *importer) list(in io.Reader) error {
	lines := &lineCounter{in: in}
	dec := json.NewDecoder(lines)
	if _, err := dec.Token(); err != nil {
		return invalid("line 1: %v", err)
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return invalid("line %d: the list can't be read on from here: %v; what is before it is in", lines.line(dec.InputOffset()), err)
		}
		at := lines.line(dec.InputOffset() - int64(len(raw)))
		if err := im.order(at, raw); err != nil {
			return fmt.Errorf("line %d: %w", at, err)
		}
	}
	return nil
}

// headings are what a column may be called, in lower case; Shopify's own export
// is among them.
var headings = map[string][]string{
	"id": {"id", "order id", "externalid"}, "number": {"number", "order", "order number", "order no", "name"}, "email": {"email", "e-mail", "billing email"},
	"phone": {"phone"}, "customer": {"customer id", "customer"}, "status": {"status", "order status"}, "paid": {"financial status", "payment status"},
	"currency": {"currency"}, "total": {"total", "order total"}, "subtotal": {"subtotal"}, "shipping": {"shipping", "shipping total"},
	"tax": {"tax", "taxes", "tax total"}, "discount": {"discount", "discount amount"}, "refunded": {"refunded", "refunded amount"},
	"placed": {"placed at", "created at", "date", "order date"}, "updated": {"updated at", "modified at"}, "cancelled": {"cancelled at"}, "note": {"note", "notes"},
	"carrier": {"carrier", "shipping company"}, "tracking": {"tracking", "tracking number"}, "to": {"shipping name", "recipient"}, "street": {"shipping street", "shipping address1", "street"},
	"city": {"shipping city", "city"}, "postcode": {"shipping zip", "postcode", "zip"}, "region": {"shipping province", "region", "state"}, "country": {"shipping country", "country"},
	"sku": {"lineitem sku", "sku", "item sku"}, "item": {"lineitem name", "item", "item name", "product"}, "quantity": {"lineitem quantity", "quantity", "item quantity"},
	"price": {"lineitem price", "price", "item price"},
}

var orderWords = map[string]string{
	"pending": "pending", "on-hold": "pending", "open": "pending", "paid": "paid", "processing": "processing", "shipped": "fulfilled", "fulfilled": "fulfilled",
	"completed": "fulfilled", "delivered": "delivered", "cancelled": "cancelled", "canceled": "cancelled", "refunded": "refunded",
}

// table takes CSV: a line an item, those of one order one after the other.
func (im *importer) table(in io.Reader) error {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.ReuseRecord = -1, false
	var at map[string]int
	var open *tableOrder
	flush := func() error {
		done := open
		open = nil
		if done == nil || done.order == nil {
			return nil
		}
		f := &feed{set: im.set, account: im.account.ID, raw: []byte(done.raw.String()), at: im.now}
		if err := im.put(f.order(done.order)); err != nil {
			return fmt.Errorf("line %d: %w", done.line, err)
		}
		return nil
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			if at == nil {
				return invalid("the headings can't be read: %v", bad.Err)
			}
			im.counts.broken(bad.Line, bad.Err)
			continue
		}
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		line, _ := r.FieldPos(0)
		if at == nil {
			if at, err = columnsOf(cells); err != nil {
				return err
			}
			continue
		}
		row := tableRow{cells, at}
		key := firstOf(row.cell("id"), row.cell("number"))
		if open == nil || key != "" && key != open.key {
			if err := flush(); err != nil {
				return err
			}
			open = &tableOrder{key: key, line: line}
			if open.order, open.purse, err = row.order(im.set.Currency); err != nil {
				im.counts.broken(line, err)
				continue
			}
		} else if open.order == nil {
			im.counts.broken(line, invalid("it goes on with the order of line %d, which can't be read", open.line))
			continue
		}
		if err := row.item(open); err != nil {
			im.counts.broken(line, err)
			continue
		}
		fmt.Fprintln(&open.raw, strings.Join(cells, "\x1f"))
	}
}

type tableOrder struct {
	key   string
	line  int
	raw   strings.Builder
	order *inbox.Order // nil: can't be read
	purse *purse
}

type tableRow struct {
	cells []string
	at    map[string]int
}

func columnsOf(cells []string) (map[string]int, error) {
	at := map[string]int{}
	for field, names := range headings {
		for _, name := range names { // the first name that is there
			i := slices.IndexFunc(cells, func(c string) bool {
				return strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(c, "_", " ")), " ")) == name
			})
			if i >= 0 {
				at[field] = i
				break
			}
		}
	}
	for field, says := range map[string]string{"total": "total", "placed": "created at"} {
		if _, has := at[field]; !has {
			return nil, invalid("there is no column %q among the headings of the first line", says)
		}
	}
	_, id := at["id"]
	if _, number := at["number"]; !id && !number {
		return nil, invalid("there is no column \"id\" or \"number\" among the headings of the first line")
	}
	return at, nil
}

func (r tableRow) cell(field string) scalar {
	i, has := r.at[field]
	if !has || i >= len(r.cells) {
		return ""
	}
	return scalar(strings.TrimSpace(r.cells[i]))
}

// order reads what the first line of an order says of all of it.
func (r tableRow) order(currency string) (*inbox.Order, *purse, error) {
	p := newPurse(scalar(firstOf(r.cell("currency"), scalar(currency))))
	if p.unknown {
		return nil, nil, invalid("%s", p.problems[0])
	}
	placed := readTime(r.cell("placed"))
	o := &inbox.Order{
		ExternalID: firstOf(r.cell("id"), r.cell("number")), Number: firstOf(r.cell("number"), r.cell("id")), CustomerExternalID: string(r.cell("customer")),
		Email: string(r.cell("email")), Phone: string(r.cell("phone")), Currency: p.currency, Note: string(r.cell("note")), PlacedAt: placed,
		UpdatedAt: newest(readTime(r.cell("updated")), placed), Total: p.amount("total", r.cell("total")), Subtotal: p.amount("subtotal", r.cell("subtotal")),
		Shipping: p.amount("shipping", r.cell("shipping")), Tax: p.amount("tax", r.cell("tax")), Discount: p.amount("discount", r.cell("discount")),
	}
	status := strings.ToLower(firstOf(r.cell("status"), r.cell("paid"), "pending"))
	o.Status, o.FinancialStatus = orderWords[status], shopifyFinancial[strings.ToLower(string(r.cell("paid")))]
	if r.cell("cancelled") != "" {
		o.Status = "cancelled"
	}
	if o.Status == "" {
		o.Status = "processing"
		o.Problems = append(o.Problems, fmt.Sprintf("its status is the shop's own %.40q", status))
	}
	if n := p.amount("refunded", r.cell("refunded")); n > 0 {
		o.Refunds = append(o.Refunds, inbox.Refund{ExternalID: "imported", Amount: n, At: o.UpdatedAt})
	}
	switch {
	case o.ExternalID == "":
		return nil, nil, invalid("it names no order: id or number is needed")
	case placed.IsZero():
		return nil, nil, invalid("%.40q is no time that can be read: 2026-01-31 10:00:00 is one", string(r.cell("placed")))
	case r.cell("total") == "":
		return nil, nil, invalid("it has no total")
	case len(p.problems) > 0:
		return nil, nil, invalid("%s", p.problems[0])
	}
	if street := r.cell("street"); street != "" || r.cell("city") != "" {
		to := inbox.OrderParty{Role: "recipient", Name: string(r.cell("to")), Address: &inbox.Address{
			City: string(r.cell("city")), Region: string(r.cell("region")), Postcode: strings.Trim(string(r.cell("postcode")), "'"), Country: string(r.cell("country")),
		}}
		if street != "" {
			to.Address.Lines = []string{string(street)}
		}
		o.Parties = append(o.Parties, to)
	}
	if n := r.cell("tracking"); n != "" {
		o.Shipments = append(o.Shipments, inbox.Shipment{Carrier: string(r.cell("carrier")), Tracking: string(n), Status: "in_transit", At: o.UpdatedAt})
	}
	return o, p, nil
}

// item adds what a line says of one item.
func (r tableRow) item(to *tableOrder) error {
	title := firstOf(r.cell("item"), r.cell("sku"))
	if title == "" {
		return nil
	}
	before := len(to.purse.problems)
	i := inbox.Item{SKU: firstOf(r.cell("sku"), scalar(title)), Title: title, Quantity: 1, Price: to.purse.amount("price", r.cell("price"))}
	if q := r.cell("quantity"); q != "" {
		var n int
		if _, err := fmt.Sscanf(string(q), "%d", &n); err != nil || n < 0 || n > 1_000_000 {
			return invalid("%.40q is no quantity", string(q))
		}
		i.Quantity = n
	}
	if len(to.purse.problems) > before {
		return invalid("%s", to.purse.problems[before])
	}
	to.order.Items = append(to.order.Items, i)
	return nil
}
