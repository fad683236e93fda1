package bench

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A hook is a webhook of somebody who has a number, as a platform sends it.
type hook struct {
	path, body string
	headers    map[string]string
}

func sign(secret string, parts ...string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strings.Join(parts, "")))
	return mac.Sum(nil)
}

// hooked are the webhooks that are measured, by what they are of.
var hooked = map[string]func(secret string, number int, now time.Time) hook{"": calling, "social": messaging, "shop": ordering}

// calling says of a call of somebody new that it has ended, as an exchange does.
func calling(secret string, number int, now time.Time) hook {
	id, at := fmt.Sprint("e-", number), strconv.FormatInt(now.Unix(), 10)
	body := fmt.Sprintf(`{"type": "call.ended", "id": %q, "call": {"id": "c-%d", "direction": "in", "name": "Caller %s%d", "from": "+43660%07d", "to": "+4315550100", "startedAt": %q, "answeredAt": %q, "endedAt": %q, "extension": "12"}}`,
		id, number, numberMark, number, 2_000_000+number, now.Add(-time.Minute).UTC().Format(time.RFC3339), now.Add(-50*time.Second).UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	return hook{"phone/" + hookAccount, body, map[string]string{
		"Webhook-Id": id, "Webhook-Timestamp": at, "Webhook-Signature": "v1," + base64.StdEncoding.EncodeToString(sign(secret, id, ".", at, ".", body)),
	}}
}

// messaging is a message of somebody new, as WhatsApp sends it.
func messaging(secret string, number int, now time.Time) hook {
	body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"4315550101","phone_number_id":"106"},"contacts":[{"profile":{"name":"Writer %s%d"},"wa_id":"43661%07[2]d"}],"messages":[{"from":"43661%07[2]d","id":"wamid.%[2]d","timestamp":"%[3]d","type":"text","text":{"body":"Where is my order, please? I have been waiting for a week."}}]}}]}]}`,
		numberMark, number, now.Unix())
	return hook{"social/" + socialAccount, body, map[string]string{"X-Hub-Signature-256": "sha256=" + hex.EncodeToString(sign(secret, body))}}
}

// ordering is an order of somebody new, as Shopify sends it.
func ordering(secret string, number int, now time.Time) hook {
	at := now.UTC().Format(time.RFC3339)
	first, last, street := someone(1_000_000 + number)
	body := fmt.Sprintf(`{"id": %d, "name": "%s%d", "email": "buyer%[3]d@bench.test", "financial_status": "paid", "fulfillment_status": null, "created_at": %[4]q, "updated_at": %[4]q, "currency": "EUR",
		"subtotal_price": "100.00", "total_price": "108.90", "total_tax": "17.39", "total_discounts": "0.00", "shipping_lines": [{"price": "8.90", "title": "Post"}],
		"line_items": [{"id": %[1]d1, "product_id": 11, "variant_id": 111, "sku": "LAMP-B", "title": "Lamp", "variant_title": "blue", "quantity": 2, "price": "50.00"}],
		"customer": {"id": %[1]d2, "email": "buyer%[3]d@bench.test", "first_name": %[5]q, "last_name": %[6]q, "verified_email": true, "updated_at": %[4]q},
		"shipping_address": {"name": %[7]q, "address1": %[8]q, "zip": "1%03[9]d", "city": "Wien", "country_code": "AT"}}`, 9_000_000+number, numberMark, number, at, first, last, first+" "+last, street, number%1000)
	return hook{"shop/" + shopAccount, body, map[string]string{
		"X-Shopify-Topic": "orders/create", "X-Shopify-Triggered-At": at, "X-Shopify-Hmac-Sha256": base64.StdEncoding.EncodeToString(sign(secret, body)),
	}}
}

func (d *desk) post(ctx context.Context, o order, number int) (int, error) {
	h := hooked[o.What](o.Secret, number, time.Now())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.agent.base+"/in/"+h.path, strings.NewReader(h.body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range h.headers {
		req.Header.Set(name, value)
	}
	return d.do(req)
}
