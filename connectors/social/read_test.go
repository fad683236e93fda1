package social

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/connectorstest"
	"skein/inbox"
)

func wa(messages string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106"},"contacts":[{"profile":{"name":"Ann"},"wa_id":"16505551234"}],` + messages + `}}]}]}`
}

func waMsg(more string) string {
	return wa(`"messages":[{"from":"16505551234","id":"wamid.A","timestamp":"1749854575",` + more + `}]`)
}

func msgr(event string) string {
	return `{"object":"page","entry":[{"id":"PAGE","time":1759999999123,"messaging":[{"sender":{"id":"PSID1"},"recipient":{"id":"PAGE"},"timestamp":1759999998000,` + event + `}]}]}`
}

func tg(message string) string {
	return `{"update_id":7,"message":{"message_id":5,"from":{"id":23,"first_name":"Ann"},"chat":{"id":23,"type":"private","first_name":"Ann"},"date":1631132077,` + message + `}}`
}

func ln(event string) string {
	return `{"destination":"U0","events":[{"type":"message","timestamp":1692251666727,"source":{"type":"user","userId":"U1"},"webhookEventId":"01H",` + event + `}]}`
}

// words are what items come to, in few words.
func words(items []connectors.Inbound) string {
	var all []string
	for _, in := range items {
		s := string(in.Kind)
		if m := in.Message; m != nil {
			s = fmt.Sprintf("%s %q", s, m.Text)
			for _, more := range []struct {
				is   bool
				word string
			}{{m.Ours, "ours"}, {m.Automatic.Is, "automatic"}, {m.Quotes != "", "quotes " + m.Quotes}, {m.Album != "", "album " + m.Album}, {slices.Contains(m.Problems, "unsupported"), "unsupported"}} {
				if more.is {
					s += " " + more.word
				}
			}
		}
		if r := in.Reaction; r != nil {
			s += fmt.Sprintf(" %s %v", r.Emoji, r.Removed)
		}
		if r := in.Receipt; r != nil {
			s += " " + string(r.State) + " " + r.Detail + strings.Join(r.ExternalIDs, "") + string(r.MessageID)
			if r.Until != nil {
				s += r.Until.UTC().Format(time.TimeOnly)
			}
		}
		if in.Kind != connectors.KindMessage {
			s += " of " + in.ExternalID
		}
		s += " by " + in.Sender.Address
		for _, c := range in.Sender.Claims {
			s += " claims " + c.Value
		}
		for _, c := range in.Sender.Consents {
			s += fmt.Sprint(" consents ", c.Granted)
		}
		all = append(all, s)
	}
	return strings.Join(all, "\n")
}

// What each platform says comes to the right items, whatever kind it is of.
func TestRead(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	mid := "01890a5d-ac96-774b-bcce-b302099a8057"
	for _, c := range []struct{ provider, body, want string }{
		{WhatsApp, waMsg(`"type":"text","text":{"body":"Hi"},"context":{"id":"wamid.Q"}`), `message "Hi" quotes wamid.Q by +16505551234`},
		{WhatsApp, waMsg(`"type":"text","text":{"body":"stop."}`), `message "stop." by +16505551234 consents false`},
		{WhatsApp, waMsg(`"type":"text","text":{"body":"Start"}`), `message "Start" by +16505551234 consents true`},
		{WhatsApp, waMsg(`"type":"image","image":{"id":"9","mime_type":"image/jpeg","caption":"Look"}`), `message "Look\n[Picture: it isn't fetched here]" by +16505551234`},
		{WhatsApp, waMsg(`"type":"location","location":{"latitude":48.2,"longitude":16.3,"name":"Shop"}`), `message "Location: 48.2, 16.3\nShop" by +16505551234`},
		{WhatsApp, waMsg(`"type":"button","button":{"text":"Yes","payload":"YES_1"}`), `message "Yes\n[YES_1]" by +16505551234`},
		{WhatsApp, waMsg(`"type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"b1","title":"Go"}}`), `message "Go\n[b1]" by +16505551234`},
		{WhatsApp, waMsg(`"type":"order","order":{"product_items":[{"product_retailer_id":"SKU1","quantity":2,"item_price":9.5,"currency":"EUR"}]}`), `message "Cart:\n2 × SKU1, 9.5 EUR" by +16505551234`},
		{WhatsApp, waMsg(`"type":"reaction","reaction":{"message_id":"wamid.B","emoji":"👍"}`), `reaction 👍 false of wamid.B by +16505551234`},
		{WhatsApp, waMsg(`"type":"reaction","reaction":{"message_id":"wamid.B"}`), `reaction  true of wamid.B by +16505551234`},
		{WhatsApp, waMsg(`"type":"edit","edit":{"original_message_id":"wamid.B","message":{"type":"text","text":{"body":"Now"}}}`), `edited "Now" of wamid.B by +16505551234`},
		{WhatsApp, waMsg(`"type":"revoke","revoke":{"original_message_id":"wamid.B"}`), `deleted of wamid.B by +16505551234`},
		{WhatsApp, waMsg(`"type":"sticker","sticker":{"id":"9","mime_type":"image/webp"}`), `message "[Sticker: it isn't fetched here]" by +16505551234`},
		{WhatsApp, waMsg(`"type":"contacts","contacts":[{"name":{"formatted_name":"Bob"},"phones":[{"phone":"+1 650"}],"emails":[{"email":"b@x.example"}]}]`), `message "Contact: Bob, +1 650, b@x.example" by +16505551234`},
		{WhatsApp, waMsg(`"type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"b2","title":"Blue","description":"Sky"}}`), `message "Blue\nSky\n[b2]" by +16505551234`},
		{WhatsApp, wa(`"statuses":[{"id":"w","status":"read","timestamp":"1750030073"}]`), `receipt read  of w by `},
		{WhatsApp, waMsg(`"type":"hologram"`), `message "This came in a form that can't be shown here (hologram). Its source is kept." unsupported by +16505551234`},
		{WhatsApp, waMsg(`"type":"system","system":{"body":"Ann changed from 16505551234 to 12195555358","wa_id":"12195555358","type":"user_changed_number"}`),
			`message "Ann changed from 16505551234 to 12195555358" automatic by +16505551234 claims +12195555358`},
		{WhatsApp, waMsg(`"type":"system","system":{"body":"New id","user_id":"US.2","previous_user_id":"US.1","type":"user_changed_user_id"}`), `message "New id" automatic by whatsapp:US.1`},
		{WhatsApp, wa(`"messages":[{"from":"16505551234","from_user_id":"US.1","id":"w","timestamp":"1749854575","type":"text","text":{"body":"Hi"}}]`), `message "Hi" by whatsapp:US.1 claims +16505551234`},
		{WhatsApp, strings.Replace(wa(`"messages":[{"from_user_id":"US.1","id":"w","timestamp":"1749854575","type":"text","text":{"body":"Hi"}}]`), `"wa_id":"16505551234"`, `"user_id":"US.1"`, 1), `message "Hi" by whatsapp:US.1`},
		{WhatsApp, wa(`"message_echoes":[{"from":"15550783881","to":"16505551234","id":"w","timestamp":"1749854575","type":"text","text":{"body":"From the app"}}]`), `message "From the app" ours by +16505551234`},
		{WhatsApp, wa(`"statuses":[{"id":"w","status":"failed","timestamp":"1750030073","biz_opaque_callback_data":"skein.` + mid + `.2","errors":[{"code":131049,"title":"x","error_data":{"details":"Not delivered"}}]}]`),
			`receipt failed Not delivered (131049)w` + mid + ` of w by `},
		{WhatsApp, strings.Replace(waMsg(`"type":"text","text":{"body":"Hi"}`), `"106"`, `"107"`, 1), `message "This came in a form that can't be shown here (for 107, another account). Its source is kept." unsupported by `},
		{WhatsApp, `{"object":"whatsapp_business_account","entry":[]}`, ``},
		{WhatsApp, `{"x":1}`, `message "This came in a form that can't be shown here (webhook). Its source is kept." unsupported by `},
		{Messenger, msgr(`"message":{"mid":"m1","text":"Hi","reply_to":{"mid":"m0"}}`), `message "Hi" quotes m0 by messenger:PSID1`},
		{Messenger, msgr(`"message":{"mid":"m1","text":"Red","quick_reply":{"payload":"RED"}}`), `message "Red\n[RED]" by messenger:PSID1`},
		{Messenger, msgr(`"message":{"mid":"m1","attachments":[{"type":"image","payload":{"url":"https://x.example/1"}},{"type":"image","payload":{"url":"https://x.example/2"}}]}`),
			`message "[Picture: it isn't fetched here]\n[Picture: it isn't fetched here]" by messenger:PSID1`},
		{Messenger, msgr(`"message":{"mid":"m1","attachments":[{"type":"location","title":"Shop","payload":{"coordinates":{"lat":48.2,"long":16.3}}}]}`), `message "Location: 48.2, 16.3\nShop" by messenger:PSID1`},
		{Messenger, msgr(`"message":{"mid":"m1","attachments":[{"type":"image","payload":{"url":"https://x.example/s","sticker_id":369239263222822}}]}`), `message "[Sticker: it isn't fetched here]" by messenger:PSID1`},
		{Messenger, msgr(`"message":{"mid":"m1","attachments":[{"type":"wormhole","payload":{}}]}`), `message "This came in a form that can't be shown here (wormhole). Its source is kept." unsupported by messenger:PSID1`},
		{Messenger, msgr(`"postback":{"mid":"m1","title":"Begin","payload":"START_HERE"}`), `message "Begin\n[START_HERE]" by messenger:PSID1`},
		{Messenger, msgr(`"reaction":{"mid":"m1","action":"react","reaction":"love"}`), `reaction ❤ false of m1 by messenger:PSID1`},
		{Messenger, msgr(`"message_edit":{"mid":"m1","text":"Now","num_edit":1}`), `edited "Now" of m1 by messenger:PSID1`},
		{Messenger, msgr(`"delivery":{"mids":["m1"],"watermark":1759999997000}`), "receipt delivered  of m1 by \nreceipt delivered 08:53:17 of  by messenger:PSID1"},
		{Messenger, msgr(`"read":{"watermark":1759999997000}`), "receipt read 08:53:17 of  by messenger:PSID1"},
		{Messenger, strings.NewReplacer(`"sender":{"id":"PSID1"},"recipient":{"id":"PAGE"}`, `"sender":{"id":"PAGE"},"recipient":{"id":"PSID1"}`).Replace(msgr(`"message":{"is_echo":true,"mid":"m1","text":"Elsewhere"}`)), `message "Elsewhere" ours by messenger:PSID1`},
		{Messenger, strings.NewReplacer(`"sender":{"id":"PSID1"},"recipient":{"id":"PAGE"}`, `"sender":{"id":"PAGE"},"recipient":{"id":"PSID1"}`).Replace(msgr(`"message":{"is_echo":true,"mid":"m1","text":"Ours","metadata":"skein.` + mid + `.1"}`)), `receipt sent m1` + mid + ` of m1 by `},
		{Instagram, strings.ReplaceAll(msgr(`"message":{"mid":"i1","text":"Nice","reply_to":{"story":{"id":"s","url":"https://x.example/s"}}}`), "PAGE", "IG"), `message "Nice\n[answers a story of ours]\n[Story: it isn't fetched here]" by instagram:PSID1`},
		{Instagram, strings.ReplaceAll(msgr(`"message":{"mid":"i1","attachments":[{"type":"story_mention","payload":{"url":"https://x.example/s"}}]}`), "PAGE", "IG"), `message "[mentions us in a story]\n[Story: it isn't fetched here]" by instagram:PSID1`},
		{Instagram, strings.ReplaceAll(msgr(`"reaction":{"mid":"i1","action":"react","reaction":"love","emoji":"❤"}`), "PAGE", "IG"), `reaction ❤ false of i1 by instagram:PSID1`},
		{Instagram, strings.ReplaceAll(msgr(`"read":{"mid":"i1"}`), "PAGE", "IG"), `receipt read  of i1 by `},
		{Instagram, strings.ReplaceAll(msgr(`"message":{"mid":"i1","is_deleted":true}`), "PAGE", "IG"), `deleted of i1 by instagram:PSID1`},
		{Telegram, tg(`"text":"Hi","reply_to_message":{"message_id":4}`), `message "Hi" quotes telegram:23/4 by telegram:23`},
		{Telegram, tg(`"media_group_id":"g","photo":[{"file_id":"s"},{"file_id":"l"}],"caption":"Two"`), `message "Two\n[Picture: it isn't fetched here]" album g by telegram:23`},
		{Telegram, tg(`"sticker":{"file_id":"s","emoji":"😀"}`), `message "😀\n[Sticker: it isn't fetched here]" by telegram:23`},
		{Telegram, tg(`"contact":{"phone_number":"43660123","first_name":"Ann","user_id":23}`), `message "Contact: Ann, 43660123" by telegram:23 claims +43660123`},
		{Telegram, tg(`"location":{"latitude":48.2,"longitude":16.3}`), `message "Location: 48.2, 16.3" by telegram:23`},
		{Telegram, tg(`"location":{"latitude":48.2,"longitude":16.3},"venue":{"location":{"latitude":48.2,"longitude":16.3},"title":"Shop","address":"Street 1"}`), `message "Location: 48.2, 16.3\nShop\nStreet 1" by telegram:23`},
		{Telegram, `{"update_id":9,"deleted_business_messages":{"business_connection_id":"b","chat":{"id":23,"type":"private"},"message_ids":[4,5]}}`, "deleted of telegram:23/4 by telegram:23\ndeleted of telegram:23/5 by telegram:23"},
		{Telegram, tg(`"new_chat_photo":[]`), `message "This came in a form that can't be shown here (message). Its source is kept." unsupported by telegram:23`},
		{Telegram, strings.Replace(tg(`"text":"Now","edit_date":5`), `"message"`, `"edited_message"`, 1), `edited "Now" of telegram:23/5 by telegram:23`},
		{Telegram, `{"update_id":8,"callback_query":{"id":"c","from":{"id":23},"message":{"message_id":4,"chat":{"id":23}},"data":"yes"}}`, `message "[yes]" quotes telegram:23/4 by telegram:23`},
		{Telegram, `{"update_id":8,"message_reaction":{"chat":{"id":23},"message_id":4,"user":{"id":23},"date":5,"new_reaction":[]}}`, `reaction  true of telegram:23/4 by telegram:23`},
		{Telegram, `{"update_id":8,"message":{"message_id":5,"from":{"id":23,"first_name":"Ann"},"chat":{"id":-9,"type":"group","title":"Club"},"date":1631132077,"text":"Hi"}}`, `message "Ann: Hi" by telegram:-9`},
		{Twilio, "From=%2B14155550123&To=%2B15550783881&Body=STOP&MessageSid=SM1&SmsStatus=received", `message "STOP" by +14155550123 consents false`},
		{Twilio, "From=%2B33655512345&Body=Arret&MessageSid=SM1&OptOutType=STOP", `message "Arret" by +33655512345 consents false`},
		{Twilio, "From=%2B33655512345&Body=Oui&MessageSid=SM1&OptOutType=START", `message "Oui" by +33655512345 consents true`},
		{Twilio, "From=%2B33655512345&Body=Aide&MessageSid=SM1&OptOutType=HELP", `message "Aide" by +33655512345`},
		{Twilio, "From=whatsapp%3A%2B554188887777&Body=Oi&MessageSid=SM1&OriginalRepliedMessageSid=SM0", `message "Oi" quotes SM0 by +5541988887777`},
		{Twilio, "From=whatsapp%3AUS.1&ExternalUserId=US.1&Body=Hi&MessageSid=SM1", `message "Hi" by whatsapp:US.1`},
		{Twilio, "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003&skein=skein." + mid + ".1", `receipt failed The telephone is off or out of reach. (30003)SM1` + mid + ` of SM1 by `},
		{Twilio, "From=%2B14155550123&MessageSid=SM1&NumMedia=2&MediaUrl0=https://x.example/0&MediaUrl1=https://x.example/1", `message "[File: it isn't fetched here]\n[File: it isn't fetched here]" by +14155550123`},
		{Twilio, "From=whatsapp%3A%2B14155550123&MessageSid=SM1&Latitude=48.2&Longitude=16.3&Label=Shop", `message "Location: 48.2, 16.3\nShop" by +14155550123`},
		{Twilio, "a=b", `message "This came in a form that can't be shown here (request). Its source is kept." unsupported by `},
		{Line, ln(`"message":{"id":"1","type":"text","text":"Hi","quotedMessageId":"0"}`), `message "Hi" quotes 0 by line:U1`},
		{Line, ln(`"message":{"id":"1","type":"image","imageSet":{"id":"s","index":1,"total":2},"contentProvider":{"type":"line"}}`), `message "[Picture: it isn't fetched here]" album s by line:U1`},
		{Line, ln(`"message":{"id":"1","type":"location","title":"Shop","address":"Street 1","latitude":48.2,"longitude":16.3}`), `message "Location: 48.2, 16.3\nShop\nStreet 1" by line:U1`},
		{Line, ln(`"message":{"id":"1","type":"sticker","packageId":"446","stickerId":"1988","keywords":["hello"]}`), `message "[Sticker] hello\n[Sticker: it isn't fetched here]" by line:U1`},
		{Line, strings.Replace(ln(`"unsend":{"messageId":"1"}`), `"type":"message"`, `"type":"unsend"`, 1), `deleted of 1 by line:U1`},
		{Line, strings.Replace(ln(`"postback":{"data":"a=1"}`), `"type":"message"`, `"type":"postback"`, 1), `message "Button\n[a=1]" by line:U1`},
		{Line, strings.Replace(ln(`"x":1`), `"type":"message"`, `"type":"unfollow"`, 1), `message "They blocked us: what is sent doesn't reach them." automatic by line:U1`},
		{Line, strings.Replace(ln(`"x":1`), `"type":"message"`, `"type":"orbit"`, 1), `message "This came in a form that can't be shown here (orbit). Its source is kept." unsupported by line:U1`},
		{Line, `{"destination":"U0","events":[]}`, ``},
	} {
		items, err := Items(p.account(c.provider, ""), []byte(c.body), time.Unix(1.76e9, 0))
		if got := words(items); err != nil || got != c.want {
			t.Errorf("%s says %s\n got %s, %v\nwant %s", c.provider, c.body, got, err, c.want)
		}
	}
}

// Brazil's and Argentina's older numbers are the people of the newer.
func TestMobile(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"554188887777": "+5541988887777", "5541988887777": "+5541988887777", "554133334444": "+554133334444",
		"541123456789": "+5491123456789", "5491123456789": "+5491123456789", "16505551234": "+16505551234", "whatsapp:+491701": "+491701", "US.1": "", "": "",
	} {
		if got := mobile(number); got != want {
			t.Errorf("mobile(%q) = %q, want %q", number, got, want)
		}
	}
}

// No body makes a reader fail or fall, but for one that is no JSON at all; and
// every item can be told apart and found again.
func FuzzRead(f *testing.F) {
	f.Add(0, waMsg(`"type":"text","text":{"body":"Hi"}`))
	f.Add(1, msgr(`"message":{"mid":"m1","text":"Hi"}`))
	f.Add(3, tg(`"text":"Hi"`))
	f.Add(4, "From=%2B1&Body=x")
	f.Add(5, ln(`"message":{"id":"1","type":"text","text":"Hi"}`))
	p := newPlatform(f)
	f.Fuzz(func(t *testing.T, n int, body string) {
		provider := providers[uint(n)%uint(len(providers))]
		items, err := Items(p.account(provider, ""), []byte(body), time.Unix(1.76e9, 0))
		if err != nil && inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("%s: %v", provider, err)
		}
		for _, in := range items {
			if in.EventID == "" || in.Key == "" || in.Raw == nil || in.Kind == connectors.KindReaction && in.ExternalID == "" {
				t.Errorf("%s: %+v", provider, in)
			}
		}
	})
}

// signed is a request as a platform signs it.
func signed(provider, address, body string) *http.Request {
	r, err := http.NewRequest("POST", address, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte(body))
	switch provider {
	case Telegram:
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", "secret")
	case Line:
		r.Header.Set("X-Line-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	case Twilio:
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form, _ := url.ParseQuery(body)
		text := address
		for _, name := range slices.Sorted(maps.Keys(form)) {
			text += name + form.Get(name)
		}
		old := hmac.New(sha1.New, []byte("secret"))
		old.Write([]byte(text))
		r.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(old.Sum(nil)))
	default:
		r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	}
	return r
}

func post(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

// A webhook is taken by its signature, its files are fetched before it is
// answered, and what can't be had is noted, and tried again where that may do.
func TestWebhookAndFiles(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	jpeg := "\xff\xd8\xff\xe0 a picture"
	p.files["9"] = answer{200, jpeg, http.Header{"Content-Type": {"image/jpeg"}}}
	p.files["lies"] = answer{200, "<html><script>alert(1)</script>", http.Header{"Content-Type": {"image/jpeg"}}}
	p.files["large"] = answer{200, "", http.Header{"Content-Length": {fmt.Sprint(2 << 30)}}}
	p.files["later"] = answer{status: 503}
	p.files["endless"] = answer{200, strings.Repeat("x", 1<<20+1), nil} // of no length that it tells
	accounts := []connectors.Account{p.account(WhatsApp, ""), p.account(Messenger, `"media":{"maxMB":1}`), p.account(Telegram, ""), p.account(Twilio, ""), p.account(Line, "")}
	d := connectorstest.NewDesk(t, accounts...)
	conn := newConnector(func(c *Config) { c.Tries = []time.Duration{200 * time.Millisecond, 0, 0} })
	srv := httptest.NewServer(conn.Handler(d))
	t.Cleanup(srv.Close)
	for _, c := range []struct{ provider, body, name, kind, note string }{
		{WhatsApp, waMsg(`"type":"image","image":{"id":"9","mime_type":"image/jpeg"}`), "Picture.jpg", "image/jpeg", ""},
		{WhatsApp, waMsg(`"type":"image","image":{"id":"lies","mime_type":"image/jpeg"}`), "Picture", "text/html", ""},
		{WhatsApp, waMsg(`"type":"document","document":{"id":"gone","filename":"a.pdf"}`), "", "", "the platform has it no more (404)"},
		{WhatsApp, waMsg(`"type":"video","video":{"id":"large"}`), "", "", "it has 2.0 GB, more than the 100 MB"},
		{Messenger, msgr(`"message":{"mid":"m1","attachments":[{"type":"image","payload":{"url":"http://169.254.169.254/latest"}}]}`), "", "", "It lies in our own network"},
		{Messenger, msgr(`"message":{"mid":"m2","attachments":[{"type":"image","payload":{"url":"` + p.url + `/files/9"}}]}`), "Picture.jpg", "image/jpeg", ""},
		{Messenger, msgr(`"message":{"mid":"m3","attachments":[{"type":"video","payload":{"url":"` + p.url + `/files/endless"}}]}`), "", "", "it has more than the 1 MB"},
		{Telegram, tg(`"document":{"file_id":"9","file_name":"a/../../b.jpg"}`), "b.jpg", "image/jpeg", ""},
		{Telegram, strings.Replace(tg(`"document":{"file_id":"9","file_size":3000000000}`), `:5,`, `:6,`, 1), "", "", "it has 2.8 GB"},
		{Twilio, "From=%2B14155550123&MessageSid=SM1&NumMedia=1&MediaContentType0=image%2Fjpeg&MediaUrl0=" + url.QueryEscape(p.url+"/files/9"), "File.jpg", "image/jpeg", ""},
		{Line, ln(`"message":{"id":"9","type":"image","contentProvider":{"type":"line"}}`), "Picture.jpg", "image/jpeg", ""},
	} {
		d.Mu.Lock()
		d.Items, d.Events = nil, map[string]bool{}
		d.Mu.Unlock()
		if status, said := post(t, signed(c.provider, srv.URL+"/in/social/"+c.provider, c.body)); status != 200 {
			t.Fatalf("%s gets %d %s", c.provider, status, said)
		}
		m := d.All()[0].Message
		if c.note != "" {
			if len(m.Attachments) != 0 || !strings.Contains(m.Text, c.note) {
				t.Errorf("%s: %q with %+v, want %q", c.provider, m.Text, m.Attachments, c.note)
			}
			continue
		}
		if len(m.Attachments) != 1 || m.Attachments[0].Name != c.name || m.Attachments[0].Type != c.kind || m.Text != "" {
			t.Errorf("%s: %q with %+v, want %s of %s", c.provider, m.Text, m.Attachments, c.name, c.kind)
		}
	}
	if status, _ := post(t, signed("nobody", srv.URL+"/in/social/line", ln(`"x":1`))); status != 401 {
		t.Errorf("unsigned gets %d", status)
	}
	if status, said := post(t, signed(WhatsApp, srv.URL+"/in/social/whatsapp", "garbage")); status != 400 {
		t.Errorf("garbage gets %d %s", status, said)
	}
	resp, err := http.Get(srv.URL + "/in/social/whatsapp?hub.mode=subscribe&hub.verify_token=verify&hub.challenge=42")
	if err != nil {
		t.Fatal(err)
	}
	challenge, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if string(challenge) != "42" {
		t.Errorf("the challenge is answered by %q", challenge)
	}

	// What can't be had yet comes as an edit of the message.
	stop := receive(t, conn, d, accounts[0])
	defer stop()
	if status, _ := post(t, signed(WhatsApp, srv.URL+"/in/social/whatsapp", strings.Replace(waMsg(`"type":"image","image":{"id":"later","caption":"Look"}`), "wamid.A", "wamid.L", 1))); status != 200 {
		t.Errorf("a picture that isn't there yet gets %d", status)
	}
	p.mu.Lock()
	p.files["later"] = p.files["9"]
	p.mu.Unlock()
	var last connectors.Inbound
	for deadline := time.Now().Add(20 * time.Second); last.Kind != connectors.KindEdited && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		last = d.All()[len(d.All())-1]
	}
	if last.Kind != connectors.KindEdited || last.ExternalID != "wamid.L" || last.Message.Text != "Look" || len(last.Message.Attachments) != 1 {
		t.Errorf("the picture comes as %+v", last)
	}
}

// A file that has to wait long keeps no other waiting, and is tried again by whoever
// serves the account next.
func TestFilesWaitApart(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.files["slow"], p.files["soon"] = answer{status: 503}, answer{status: 503}
	account := p.account(WhatsApp, "")
	d := connectorstest.NewDesk(t, account)
	conn := newConnector(func(c *Config) { c.Tries = []time.Duration{time.Hour} })
	srv := httptest.NewServer(conn.Handler(d))
	t.Cleanup(srv.Close)
	say := func(id string) {
		t.Helper()
		if status, said := post(t, signed(WhatsApp, srv.URL+"/in/social/whatsapp", strings.Replace(waMsg(`"type":"image","image":{"id":"`+id+`"}`), "wamid.A", id, 1))); status != 200 {
			t.Fatalf("%s gets %d %s", id, status, said)
		}
	}
	say("slow")
	conn.cfg.Tries = []time.Duration{0}
	say("soon")
	p.mu.Lock()
	p.files["slow"] = answer{200, "\xff\xd8\xff\xe0", nil}
	p.files["soon"] = p.files["slow"]
	p.mu.Unlock()
	stop := receive(t, conn, d, account)
	deadline := time.Now().Add(time.Minute)
	for ; len(d.All()) < 3 && time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
	}
	stop()
	if items := d.All(); len(items) != 3 || items[2].Kind != connectors.KindEdited || items[2].ExternalID != "soon" {
		t.Errorf("it comes to %s", words(items))
	}
	if n := len(conn.state(account.ID).missing); n != 1 {
		t.Errorf("%d files wait for who serves the account next, want one", n)
	}
}

func receive(t *testing.T, c *Connector, d *connectorstest.Desk, account connectors.Account) (stop func()) {
	ctx, cancel := contextOf()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Receive(ctx, account, "", func(ctx2 ctxT, _ string, items ...connectors.Inbound) error {
			return d.Accept(ctx2, account.ID, items...)
		})
	}()
	return func() { cancel(); <-done }
}

// What happened with another number goes to the account that has it, and is
// shown as unsupported where there is none.
func TestPassedOn(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	one, two := p.account(WhatsApp, ""), p.account(WhatsApp, "")
	two.ID = "second"
	two.Settings = []byte(strings.Replace(string(two.Settings), `"106"`, `"107"`, 1))
	d := connectorstest.NewDesk(t, one, two)
	srv := httptest.NewServer(newConnector(nil).Handler(d))
	t.Cleanup(srv.Close)
	for _, of := range []string{"107", "108"} {
		if status, _ := post(t, signed(WhatsApp, srv.URL+"/in/social/whatsapp", strings.Replace(waMsg(`"type":"text","text":{"body":"Hi"}`), `"106"`, `"`+of+`"`, 1))); status != 200 {
			t.Errorf("of %s gets %d", of, status)
		}
	}
	items := d.All()
	if len(items) != 2 || items[0].Account != "second" || items[0].Message.Text != "Hi" || items[1].Account != "whatsapp" || !strings.Contains(items[1].Message.Text, "for 108") {
		t.Errorf("it comes to %s", words(items))
	}
}

// Telegram is asked for what is new from where it was left, and a token that it
// doesn't know makes the account refused.
func TestPoll(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	account := p.account(Telegram, `"poll":true`)
	d := connectorstest.NewDesk(t, account)
	conn := newConnector(nil)
	conn.Handler(d)
	p.updates = []string{tg(`"text":"One"`), strings.NewReplacer(`"update_id":7`, `"update_id":8`, `:5,`, `:6,`).Replace(tg(`"text":"Two"`))}
	ctx, cancel := contextOf()
	var cursor string
	err := conn.Receive(ctx, account, "", func(c ctxT, now string, items ...connectors.Inbound) error {
		if err := d.Accept(c, account.ID, items...); err != nil {
			return err
		}
		if cursor = now; cursor == "9" {
			cancel()
		}
		return nil
	})
	if got := words(d.All()); cursor != "9" || got != "message \"One\" by telegram:23\nmessage \"Two\" by telegram:23" {
		t.Errorf("from the start: %s until %s, %v", got, cursor, err)
	}
	account.Settings = []byte(strings.Replace(string(account.Settings), `"token":"token"`, `"token":"token2"`, 1))
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"ok":false,"error_code":401,"description":"Unauthorized"}`))
	}))
	t.Cleanup(other.Close)
	account.Settings = []byte(strings.Replace(string(account.Settings), p.url, other.URL, 1))
	if err := newConnector(nil).Receive(t.Context(), account, "", d.Emit); inbox.CodeOf(err) != inbox.Unauthorized || strings.Contains(err.Error(), "token2") {
		t.Errorf("an unknown token: %v", err)
	}
}
