package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/social"
	"skein/inbox"
)

// payloads measures what becomes of platforms' webhooks: each gives the items
// that are expected of it, or says that it is unsupported, but for those by which
// a platform only tries the address.
func payloads(_ context.Context, dir string, r *Reporter) error {
	shown := r.Row("webhook payloads shown or marked")
	shown.AtLeast(1)
	right := r.Row("webhook payloads as expected")
	right.AtLeast(1)
	for _, root := range []string{"whatsapp", "meta", "telegram", "twilio", "line"} {
		top := filepath.Join(dir, root)
		if _, err := os.Stat(top); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".json" && filepath.Ext(path) != ".form" || strings.Contains(path, "-oai") || strings.HasPrefix(d.Name(), "voice_") {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name, _ := filepath.Rel(dir, path)
			body, account := payload(root, raw)
			items, err := social.Items(account, body, time.Unix(1.76e9, 0))
			got := said(items, err)
			// What fills in for another program's own words can't be right or wrong.
			shown.Check(name, err == nil && (len(items) > 0 || empty(body)), got, "items, or a word that it is unsupported")
			if want, ok := expected[filepath.ToSlash(name)]; ok {
				right.Check(name, got == want, got, want)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// payload is a webhook's body and an account that it may be for.
func payload(root string, raw []byte) ([]byte, connectors.Account) {
	settings := map[string]any{"provider": root, "secrets": []string{"secret"}, "token": "token"}
	a := connectors.Account{ID: "eval", Channel: inbox.Social, Address: "+15550783881"}
	switch root {
	case "whatsapp":
		settings["verifyToken"], settings["id"] = "verify", first(raw, "phone_number_id", "1")
	case "meta":
		settings["verifyToken"], settings["provider"], settings["id"] = "verify", social.Messenger, first(raw, "page", "PAGE_ID")
		if bytes.Contains(raw, []byte("instagram")) || bytes.Contains(raw, []byte("Sender-id")) {
			settings["provider"] = social.Instagram
		}
		for _, id := range []string{"IG_ID", "chatwoot-app-user-id-1", "117172741761305", "23245"} {
			if bytes.Contains(raw, []byte(`"`+id+`"`)) {
				settings["id"] = id
			}
		}
	case "twilio":
		settings["accountSid"] = "AC0"
		var fields map[string]string
		if json.Unmarshal(raw, &fields) == nil {
			form := url.Values{}
			for name, value := range fields {
				form.Set(name, value)
			}
			raw = []byte(form.Encode())
		}
		raw = bytes.TrimSpace(raw)
	}
	a.Settings, _ = json.Marshal(settings) // of strings alone
	return raw, a
}

// first is the value of a JSON field wherever it stands, or another.
func first(raw []byte, name, other string) string {
	_, rest, ok := bytes.Cut(raw, []byte(`"`+name+`": "`))
	if value, _, end := bytes.Cut(rest, []byte(`"`)); ok && end {
		return string(value)
	}
	return other
}

// empty reports whether a platform says that nothing happened.
func empty(body []byte) bool {
	return bytes.Contains(body, []byte(`"events":[]`)) || bytes.Contains(body, []byte(`"events": []`)) || bytes.Contains(body, []byte(`"entry":[]`)) ||
		bytes.Contains(body, []byte(`"entry": []`))
}

// said is what items come to, in few words.
func said(items []connectors.Inbound, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	var all []string
	for _, in := range items {
		s := string(in.Kind)
		switch {
		case in.Message != nil && slices.Contains(in.Message.Problems, "unsupported"):
			s = "unsupported"
		case in.Message != nil:
			s += fmt.Sprintf(" %q of %s", in.Message.VisibleText, in.Sender.Address)
			if in.Message.Ours {
				s += " by us"
			}
			if in.Message.Quotes != "" {
				s += " quotes " + in.Message.Quotes
			}
		case in.Reaction != nil:
			s += fmt.Sprintf(" %s removed %v on %s", in.Reaction.Emoji, in.Reaction.Removed, in.ExternalID)
		case in.Receipt != nil:
			s += fmt.Sprintf(" %s of %s", in.Receipt.State, in.ExternalID)
			if in.Receipt.Until != nil {
				s += fmt.Sprint(" until ", in.Receipt.Until.UnixMilli())
			}
		default:
			s += " of " + in.ExternalID
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

// expected is what the payloads whose meaning is documented come to.
var expected = map[string]string{
	"whatsapp/derived-from-docs/batched_two_entries.json":        `message "one" of +16505551234; message "two" of +16505551234; receipt read of wamid.HBgLMTQxMjU1NTA4MjkVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRAA=`,
	"whatsapp/derived-from-docs/edit.json":                       `edited "Updated image caption\n[Picture: it isn't fetched here]" of +16505551234`,
	"whatsapp/derived-from-docs/reaction_add.json":               `reaction 👍 removed false on wamid.HBgLMTQxMjU1NTA4MjkVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRAA=`,
	"whatsapp/derived-from-docs/reaction_remove.json":            `reaction  removed true on wamid.HBgLMTQxMjU1NTA4MjkVAgASGBQzQUNCNjk5RDUwNUZGMUZEM0VBRAA=`,
	"whatsapp/derived-from-docs/status_failed_131049.json":       `receipt failed of wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA=`,
	"whatsapp/derived-from-docs/status_read.json":                `receipt read of wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA=`,
	"whatsapp/derived-from-docs/status_sent.json":                `receipt sent of wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA=`,
	"whatsapp/piusalfred/webhooks_webhooks_payload.json":         `message "Hello from a text message" of +1234567890; reaction 👍 removed false on wamid.GBGX2323902`,
	"whatsapp/piusalfred/webhooks_webhooks_payload_11.json":      `unsupported`,
	"whatsapp/piusalfred/webhooks_webhooks_payload_14.json":      `unsupported`,
	"whatsapp/piusalfred/webhooks_webhooks_payload_4.json":       `message "No" of +15551234567 quotes wamid.IDCTX`,
	"whatsapp/piusalfred/webhooks_webhooks_payload_5.json":       `message "list_reply_title\nlist_reply_description" of +1987654321`,
	"whatsapp/piusalfred/webhooks_webhooks_payload_8.json":       `message "Interested in your product!" of +16789991111 quotes wamid.IDCONTEXT1`,
	"meta/derived-from-docs/ig_reaction.json":                    `reaction 🔥 removed false on ig_1`,
	"meta/derived-from-docs/ig_unsend.json":                      `deleted of ig_1`,
	"meta/derived-from-docs/ig_unsupported.json":                 `unsupported`,
	"meta/derived-from-docs/messenger_echo_from_page_inbox.json": `message "sent from Business Suite" of messenger:PSID1 by us`,
	"meta/derived-from-docs/messenger_read_watermark.json":       `receipt read of  until 1759999997000`,
	"meta/derived-from-docs/messenger_unreact.json":              `reaction  removed true on m_1`,
	"meta/derived-from-docs/messenger_batch_out_of_order.json":   `message "second" of messenger:PSID1; message "first" of messenger:PSID1; message "first" of messenger:PSID1`,
	"twilio/forms/message_status_delivered.form":                 `receipt delivered of SM000000000000000000000000000000ff`,
	"twilio/forms/message_status_sent.form":                      `receipt sent of SM000000000000000000000000000000ff`,
	"twilio/forms/message_status_undelivered.form":               `receipt failed of SM000000000000000000000000000000ff`,
	"twilio/forms/mms_incoming.form":                             `message "[File: it isn't fetched here]\n[File: it isn't fetched here]" of +14155550123`,
	"twilio/forms/sms_incoming.form":                             `message "Where is my order #1042? 😀" of +14155550123`,
	"line/derived/first.json":                                    `message "Hello" of line:U80696558e1aa831`,
	"line/derived/verify_empty_events.json":                      ``,
	"line/line-bot-sdk-go/handwritten_model_source_lit19.json":   `unsupported`,
	"line/line-bot-sdk-go/handwritten_model_source_lit39.json":   `edited "Hello, edited world" of line:U206d25c2ea6bd87c17655609a1c37cb8`,
}
