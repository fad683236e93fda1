package shop

import (
	"fmt"
	"strings"
	"testing"

	"skein/connectors"
)

// Old orders come in from CSV, lines of JSON and lists of it, once however often;
// a broken line is named by its number and the others are in.
func TestImportOrders(t *testing.T) {
	t.Parallel()
	own := `{"externalId": "%d", "number": "%[1]d", "status": "paid", "currency": "EUR", "total": 500, "updatedAt": "2026-06-01T10:00:00Z"}`
	shopify := strings.ReplaceAll(lampOrder("2026-06-01T10:00:01+02:00", "paid", "null", ""), "\n", " ")
	for _, c := range []struct {
		what, settings, file string
		orders               int
		broken               string
		first                string // number, total, items, refunded
	}{
		{"lines", ownSettings, fmt.Sprintf(own, 1) + "\n{\"externalId\": \"2\", \"totall\": 5}\n\nnot JSON\n" + fmt.Sprintf(own, 3), 2, "2 4", "1 500 0 0"},
		{"a list", ownSettings, "[\n" + fmt.Sprintf(own, 1) + ",\n{\"number\": \"x\"},\n" + fmt.Sprintf(own, 3) + "]", 2, "3", "1 500 0 0"},
		{"Shopify's lines", shopifySettings, shopify + "\n{\"id\": null}\n", 1, "2", "#1042 10890 2 0"},
		{"a table", ownSettings, "\xEF\xBB\xBFOrder number,Created_at,Total,Currency,Item,Quantity,Price\r\n" +
			"A1,2026-06-01 10:00:00,12.90,EUR,Lamp,2,5.00\r\nA1,,,,Bulb,1,2.90\r\nA2,soon,1.00,EUR,,,\r\nA2,,,,Bulb,1,1\r\nA3,2026-06-01,1.00,QQQ,,,\r\n" +
			"A4,2026-06-01,7,JPY,Fan,\"two\",7\r\nA5,2026-06-01,1.5,BHD,,,\r\n", 3, "4 5 6 7", "A1 1290 2 0"},
		{"Shopify's export", shopifySettings, "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping Name,Shipping Street,Shipping City,Shipping Zip,Shipping Country,Cancelled at,Refunded Amount,Id\n" +
			"#1001,ada@x.example,paid,2026-06-01 10:00:00 +0200,EUR,10.00,2.00,0.00,12.00,0.00,2026-06-01 10:00:00 +0200,1,Lamp,10.00,LAMP,Ada Berg,Ring 1,Wien,'1010,AT,,4.00,9001\n", 1, "", "#1001 1200 1 400"},
	} {
		d := newDesk(t, c.settings)
		var counts Counts
		for range 2 {
			var err error
			counts, err = ImportOrders(t.Context(), strings.NewReader(c.file), d.Serving[0], func(in connectors.Inbound) error {
				if in.Lane != connectors.LaneBulk {
					t.Errorf("%s: an item in lane %s", c.what, in.Lane)
				}
				return d.Accept(t.Context(), "shop0", in)
			})
			if err != nil {
				t.Fatalf("%s: %v", c.what, err)
			}
		}
		var broken []string
		for _, b := range counts.Broken {
			broken = append(broken, fmt.Sprint(b.Line))
		}
		orders, _, _ := d.count()
		if counts.Orders != c.orders || orders != c.orders || strings.Join(broken, " ") != c.broken {
			t.Errorf("%s: %d orders, %d kept, broken %v; want %d, broken %s: %v", c.what, counts.Orders, orders, broken, c.orders, c.broken, counts.Broken)
		}
		o := public(d.Items[:1])
		if got := fmt.Sprintf("%s %d %d %d", o.Number, o.Total, len(o.Items), o.Refunded); got != c.first {
			t.Errorf("%s: the first is %s, want %s: %s", c.what, got, c.first, compact(o))
		}
	}
}
