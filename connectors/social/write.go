package social

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/fetch"
)

// A writer makes the requests that one message comes to.
type writer struct {
	c       *Connector
	set     *Settings
	account connectors.Account
	out     *connectors.Outbound
	open    connectors.OpenFunc
	to      string
}

// parts are the requests, in order. An inbox.Invalid says why there can be
// none.
func (w *writer) parts(ctx context.Context) ([]part, error) {
	text := strings.TrimSpace(w.out.Text)
	for _, a := range w.out.Attachments {
		if most := largest[w.set.Provider]; a.Body.Size > most {
			return nil, invalid("%s has %s, more than the %s that %s takes", a.Name, fetch.SizeWord(a.Body.Size), fetch.SizeWord(most), w.set.Provider)
		}
	}
	if text == "" && len(w.out.Attachments) == 0 {
		return nil, invalid("the message is empty")
	}
	switch w.set.Provider {
	case WhatsApp:
		return w.whatsapp(text)
	case Messenger, Instagram:
		if w.out.Comment != nil {
			return w.answerComment(text)
		}
		return w.meta(text)
	case Telegram:
		return w.telegram(text)
	case Twilio:
		return w.twilio(text)
	}
	return w.line(text)
}

// largest is how much a platform takes of a file, bytes.
var largest = map[string]int64{WhatsApp: 100 << 20, Messenger: 25 << 20, Instagram: 25 << 20, Telegram: 50 << 20, Twilio: 5 << 20, Line: 200 << 20}

// family is image, audio, video or "" for any other file.
func family(kind string) string {
	switch f, _, _ := strings.Cut(kind, "/"); f {
	case "image", "audio", "video":
		return f
	}
	return ""
}

// json posts a document and reads the answer into got.
func (w *writer) json(ctx context.Context, address string, header http.Header, doc, got any) error {
	raw, err := json.Marshal(doc)
	if err != nil {
		return &finalError{"the request can't be made"}
	}
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	answer, err := w.c.request(ctx, w.set, http.MethodPost, address, header, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	return read(answer, got)
}

func read(answer []byte, got any) error {
	if json.Unmarshal(answer, got) != nil {
		return &doubtError{"the platform's answer can't be read"}
	}
	return nil
}

// A field is one of a form with a file.
type field struct{ name, value string }

// upload posts a form with a file.
func (w *writer) upload(ctx context.Context, address string, fields []field, name string, a *connectors.Attachment, got any) error {
	file, err := w.open(ctx, a.Body)
	if err != nil {
		return &laterError{why: "the file can't be had now: " + err.Error()}
	}
	defer func() { _ = file.Close() }()
	pr, pw := io.Pipe()
	form := multipart.NewWriter(pw)
	go func() { // ends with the request, which closes the pipe
		err := func() error {
			for _, f := range fields {
				if err := form.WriteField(f.name, f.value); err != nil {
					return err
				}
			}
			part, err := form.CreatePart(textproto.MIMEHeader{
				"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, name, cmp.Or(a.Name, "file"))}, "Content-Type": {a.Type}})
			if err != nil {
				return err
			}
			if _, err := io.Copy(part, file); err != nil {
				return err
			}
			return form.Close()
		}()
		pw.CloseWithError(err)
	}()
	defer func() { _ = pr.Close() }()
	answer, err := w.c.request(ctx, w.set, http.MethodPost, address, http.Header{"Content-Type": {form.FormDataContentType()}}, pr)
	if err != nil {
		return err
	}
	return read(answer, got)
}

// whatsapp makes messages as
// developers.facebook.com/documentation/business-messaging/whatsapp/reference
// has them. A file is uploaded first, which nobody sees.
func (w *writer) whatsapp(text string) (parts []part, err error) {
	send := func(ctx context.Context, kind string, content any) ([]string, error) {
		doc := map[string]any{
			"messaging_product": "whatsapp", "recipient_type": "individual", "type": kind, kind: content, "biz_opaque_callback_data": mark(w.out),
		}
		switch group, ok := strings.CutPrefix(w.to, "group/"); {
		case ok:
			doc["recipient_type"], doc["to"] = "group", group
		case strings.HasPrefix(w.to, "+"):
			doc["to"] = w.to
		default:
			// Who is known by no number: developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids.
			doc["recipient"] = w.to
		}
		var got struct {
			Messages []struct {
				ID string `json:"id"`
			} `json:"messages"`
		}
		if err := w.json(ctx, w.set.APIURL+"/"+w.set.ID+"/messages", nil, doc, &got); err != nil {
			return nil, err
		}
		var ids []string
		for _, m := range got.Messages {
			ids = append(ids, m.ID)
		}
		return ids, nil
	}
	if t := w.out.Template; t != nil {
		content := map[string]any{"name": t.Name, "language": map[string]any{"policy": "deterministic", "code": t.Language}}
		if len(t.Values) > 0 {
			var values []map[string]any
			for _, v := range t.Values {
				values = append(values, map[string]any{"type": "text", "text": v})
			}
			content["components"] = []map[string]any{{"type": "body", "parameters": values}}
		}
		return []part{{"the template", func(ctx context.Context) ([]string, error) { return send(ctx, "template", content) }}}, nil
	}
	caption := len(w.out.Attachments) == 1 && family(w.out.Attachments[0].Type) != "audio" && runes(text) <= 1024
	if !caption {
		for _, s := range split(text, 4096, runes) {
			parts = append(parts, part{"the text", func(ctx context.Context) ([]string, error) {
				return send(ctx, "text", map[string]any{"body": s, "preview_url": true})
			}})
		}
	}
	for _, a := range w.out.Attachments {
		parts = append(parts, part{a.Name, func(ctx context.Context) ([]string, error) {
			var up struct {
				ID string `json:"id"`
			}
			err := w.upload(ctx, w.set.APIURL+"/"+w.set.ID+"/media", []field{{"messaging_product", "whatsapp"}, {"type", a.Type}}, "file", &a, &up)
			if err != nil {
				return nil, unseen(err)
			}
			kind := whatsappKind(&a)
			content := map[string]any{"id": up.ID}
			if caption && text != "" {
				content["caption"] = text
			}
			if kind == "document" {
				content["filename"] = a.Name
			}
			return send(ctx, kind, content)
		}})
	}
	return parts, nil
}

// whatsappKind is as what a file is sent: what isn't of a type that WhatsApp
// shows, or too large for it, goes as a document.
func whatsappKind(a *connectors.Attachment) string {
	switch a.Type {
	case "image/jpeg", "image/png":
		if a.Body.Size <= 5<<20 {
			return "image"
		}
	case "video/mp4", "video/3gpp":
		if a.Body.Size <= 16<<20 {
			return "video"
		}
	case "audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg":
		if a.Body.Size <= 16<<20 {
			return "audio"
		}
	}
	return "document"
}

// unseen makes of a doubt about what nobody sees something to be tried again.
func unseen(err error) error {
	if d, ok := err.(*doubtError); ok {
		return &laterError{why: d.why}
	}
	return err
}

// meta makes messages as developers.facebook.com/docs/messenger-platform/reference/send-api
// and developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login/messaging
// have them.
func (w *writer) meta(text string) (parts []part, err error) {
	doc := func(message map[string]any) map[string]any {
		d := map[string]any{"recipient": map[string]any{"id": w.to}, "message": message, "messaging_type": "RESPONSE"}
		if !w.out.HeardAt.IsZero() && w.out.Date.Sub(w.out.HeardAt) > day {
			d["messaging_type"], d["tag"] = "MESSAGE_TAG", "HUMAN_AGENT"
		}
		if w.set.Provider == Messenger {
			message["metadata"] = mark(w.out)
		}
		return d
	}
	type answer struct {
		ID string `json:"message_id"`
	}
	address := w.set.APIURL + "/me/messages"
	most, size := 2000, runes
	if w.set.Provider == Instagram {
		most, size = 1000, octets
	}
	for _, s := range split(text, most, size) {
		parts = append(parts, part{"the text", func(ctx context.Context) ([]string, error) {
			var got answer
			err := w.json(ctx, address, nil, doc(map[string]any{"text": s}), &got)
			return named(got.ID), err
		}})
	}
	for _, a := range w.out.Attachments {
		kind := cmp.Or(family(a.Type), "file")
		if w.set.Provider == Instagram { // which fetches files itself
			link, err := w.c.link(w.account.ID, a)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part{a.Name, func(ctx context.Context) ([]string, error) {
				var got answer
				err := w.json(ctx, address, nil, doc(map[string]any{"attachment": map[string]any{"type": kind, "payload": map[string]any{"url": link}}}), &got)
				return named(got.ID), err
			}})
			continue
		}
		parts = append(parts, part{a.Name, func(ctx context.Context) ([]string, error) {
			d := doc(map[string]any{"attachment": map[string]any{"type": kind, "payload": map[string]any{"is_reusable": false}}})
			var fields []field
			for _, name := range []string{"recipient", "message", "messaging_type", "tag"} {
				switch v := d[name].(type) {
				case nil:
				case string:
					fields = append(fields, field{name, v})
				default:
					raw, err := json.Marshal(v)
					if err != nil {
						return nil, &finalError{"the request can't be made"}
					}
					fields = append(fields, field{name, string(raw)})
				}
			}
			var got answer
			err := w.upload(ctx, address, fields, "filedata", &a, &got)
			return named(got.ID), err
		}})
	}
	return parts, nil
}

func named(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}

// telegram makes messages as core.telegram.org/bots/api#sendmessage has them.
func (w *writer) telegram(text string) (parts []part, err error) {
	type answer struct {
		Result struct {
			ID json.Number `json:"message_id"`
		} `json:"result"`
	}
	thread := Telegram + ":" + w.to
	ids := func(got *answer) []string {
		if got.Result.ID == "" {
			return nil
		}
		return []string{external(thread, got.Result.ID.String())}
	}
	base := w.set.APIURL + "/bot" + w.set.Token
	caption := len(w.out.Attachments) == 1 && runes(text) <= 1024
	if !caption {
		for _, s := range split(text, 4096, runes) {
			parts = append(parts, part{"the text", func(ctx context.Context) ([]string, error) {
				var got answer
				err := w.json(ctx, base+"/sendMessage", nil, map[string]any{"chat_id": w.to, "text": s}, &got)
				return ids(&got), err
			}})
		}
	}
	for _, a := range w.out.Attachments {
		method, name := "sendDocument", "document"
		switch {
		case a.Type == "image/jpeg" && a.Body.Size <= 10<<20, a.Type == "image/png" && a.Body.Size <= 10<<20:
			method, name = "sendPhoto", "photo"
		case a.Type == "video/mp4":
			method, name = "sendVideo", "video"
		case a.Type == "audio/mpeg" || a.Type == "audio/mp4":
			method, name = "sendAudio", "audio"
		}
		fields := []field{{"chat_id", w.to}}
		if caption && text != "" {
			fields = append(fields, field{"caption", text})
		}
		parts = append(parts, part{a.Name, func(ctx context.Context) ([]string, error) {
			var got answer
			err := w.upload(ctx, base+"/"+method, fields, name, &a, &got)
			return ids(&got), err
		}})
	}
	return parts, nil
}

// twilio makes one message as twilio.com/docs/messaging/api/message-resource has
// it, a template as
// twilio.com/docs/content/send-templates-created-with-the-content-template-builder
// does; Twilio cuts a long text itself.
func (w *writer) twilio(text string) ([]part, error) {
	if runes(text) > 1600 {
		return nil, invalid("the text has %d characters, more than the 1600 that Twilio takes: say it in two messages", runes(text))
	}
	if len(w.out.Attachments) > 10 {
		return nil, invalid("at most ten files go with one message")
	}
	form := url.Values{"To": {w.to}}
	if t := w.out.Template; t != nil { // which has no body beside it
		form.Set("ContentSid", t.Name)
		values := map[string]string{}
		for i, v := range t.Values {
			values[strconv.Itoa(i+1)] = v
		}
		if len(values) > 0 {
			raw, err := json.Marshal(values)
			if err != nil {
				return nil, err
			}
			form.Set("ContentVariables", string(raw))
		}
	} else if text != "" {
		form.Set("Body", text)
	}
	if w.set.twilioWhatsApp() {
		form.Set("To", "whatsapp:"+w.to)
	}
	if w.set.ServiceSID != "" {
		form.Set("MessagingServiceSid", w.set.ServiceSID)
	} else {
		form.Set("From", w.account.Address)
	}
	for _, a := range w.out.Attachments {
		link, err := w.c.link(w.account.ID, a)
		if err != nil {
			return nil, err
		}
		form.Add("MediaUrl", link)
	}
	if w.c.cfg.PublicURL != "" { // else Twilio can't tell what became of it
		form.Set("StatusCallback", w.c.cfg.PublicURL+"/in/social/"+string(w.account.ID)+"?skein="+mark(w.out))
	}
	return []part{{"the message", func(ctx context.Context) ([]string, error) {
		var got struct {
			SID string `json:"sid"`
		}
		answer, err := w.c.request(ctx, w.set, http.MethodPost, w.set.APIURL+"/2010-04-01/Accounts/"+w.set.AccountSID+"/Messages.json",
			http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		err = read(answer, &got)
		return named(got.SID), err
	}}}, nil
}

// line makes a push message as developers.line.biz/en/reference/messaging-api/#send-push-message
// has it, five messages a request. Its retry key makes a repetition none.
func (w *writer) line(text string) (parts []part, err error) {
	to := w.to
	for _, prefix := range []string{"group/", "room/"} {
		to = strings.TrimPrefix(to, prefix)
	}
	var messages []map[string]any
	for _, s := range split(text, 5000, octets) {
		messages = append(messages, map[string]any{"type": "text", "text": s})
	}
	for _, a := range w.out.Attachments {
		link, err := w.c.link(w.account.ID, a)
		if err != nil {
			return nil, err
		}
		switch {
		case (a.Type == "image/jpeg" || a.Type == "image/png") && a.Body.Size <= 1<<20: // its preview may have no more
			messages = append(messages, map[string]any{"type": "image", "originalContentUrl": link, "previewImageUrl": link})
		default: // LINE takes no other files: a link to one
			messages = append(messages, map[string]any{"type": "text", "text": a.Name + "\n" + link})
		}
	}
	for i := 0; i < len(messages); i += 5 {
		some := messages[i:min(i+5, len(messages))]
		key := retryKey(w.out, i)
		parts = append(parts, part{"the message", func(ctx context.Context) ([]string, error) {
			var got struct {
				Sent []struct {
					ID string `json:"id"`
				} `json:"sentMessages"`
			}
			err := w.json(ctx, w.set.APIURL+"/v2/bot/message/push", http.Header{"X-Line-Retry-Key": {key}}, map[string]any{"to": to, "messages": some}, &got)
			if d, ok := err.(*doubtError); ok && w.c.cfg.Now().Sub(w.out.Date) < 20*time.Hour {
				err = &laterError{why: d.why} // the same key says that it is the same
			}
			var ids []string
			for _, m := range got.Sent {
				ids = append(ids, m.ID)
			}
			return ids, err
		}})
	}
	return parts, nil
}

// retryKey is the UUID by which LINE knows a repetition.
func retryKey(out *connectors.Outbound, n int) string {
	h := sha256.Sum256([]byte(mark(out) + "." + strconv.Itoa(n)))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

// verdict is what a platform's answer means.
func (s *Settings) verdict(status int, header http.Header, body []byte) error {
	if status >= 200 && status < 300 {
		return nil
	}
	after := time.Duration(0)
	if n, err := strconv.Atoi(header.Get("Retry-After")); err == nil && n > 0 {
		after = time.Duration(n) * time.Second
	}
	var why string
	var known bool
	var err error
	switch s.Provider {
	case WhatsApp, Messenger, Instagram:
		why, known, err = metaVerdict(body, after)
	case Telegram:
		var e struct {
			Description string `json:"description"`
			Parameters  struct {
				RetryAfter int   `json:"retry_after"`
				Migrated   int64 `json:"migrate_to_chat_id"`
			} `json:"parameters"`
		}
		known = json.Unmarshal(body, &e) == nil && e.Description != ""
		why = e.Description
		if e.Parameters.RetryAfter > 0 {
			after = time.Duration(e.Parameters.RetryAfter) * time.Second
		}
		if e.Parameters.Migrated != 0 {
			err = &finalError{fmt.Sprintf("%s: the group is %d now", why, e.Parameters.Migrated)}
		}
		if status == http.StatusNotFound || status == http.StatusUnauthorized {
			err = expired(why)
		}
	case Twilio:
		var e struct {
			Code    json.Number `json:"code"`
			Message string      `json:"message"`
		}
		known = json.Unmarshal(body, &e) == nil && e.Message != ""
		why = strings.TrimSpace(fmt.Sprintf("%s %s (%s)", e.Message, twilioError(e.Code.String()), e.Code))
	case Line:
		var e struct {
			Message string `json:"message"`
			Details []struct {
				Message string `json:"message"`
			} `json:"details"`
		}
		known = json.Unmarshal(body, &e) == nil && e.Message != ""
		why = e.Message
		for _, d := range e.Details {
			why += ": " + d.Message
		}
		switch {
		case status == http.StatusConflict && header.Get("X-Line-Accepted-Request-Id") != "":
			return nil // it was taken before
		case status == http.StatusTooManyRequests && strings.Contains(why, "monthly limit"):
			err = &finalError{why}
		}
	}
	if !known {
		why = fmt.Sprintf("the platform answers %d", status)
	}
	switch {
	case err != nil:
		return err
	case status == http.StatusUnauthorized:
		return expired(why)
	case status == http.StatusTooManyRequests:
		return &laterError{why: why, after: after}
	case status >= 500 && (known && status != http.StatusGatewayTimeout && s.meta() || status == http.StatusServiceUnavailable):
		return &laterError{why: why, after: after}
	case status >= 500:
		return &doubtError{why}
	}
	return &finalError{why}
}

// metaVerdict reads an error of the Graph API
// (developers.facebook.com/docs/messenger-platform/reference/send-api/error-codes,
// developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes).
func metaVerdict(body []byte, after time.Duration) (why string, known bool, err error) {
	var e struct {
		Error struct {
			Message   string `json:"message"`
			UserMsg   string `json:"error_user_msg"`
			Code      int    `json:"code"`
			Subcode   int    `json:"error_subcode"`
			Transient bool   `json:"is_transient"`
			Data      struct {
				Details string `json:"details"`
			} `json:"error_data"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil || e.Error.Code == 0 {
		return "", false, nil
	}
	why = fmt.Sprintf("%s (%d", cmp.Or(e.Error.Data.Details, e.Error.UserMsg, e.Error.Message), e.Error.Code)
	if e.Error.Subcode != 0 {
		why += fmt.Sprintf("/%d", e.Error.Subcode)
	}
	why += ")"
	switch code := e.Error.Code; {
	case code == 190 || code == 102 || code == 0:
		return why, true, expired(why)
	case code == 131056: // too many to one person
		return why, true, &laterError{why, cmp.Or(after, 6*time.Second), true}
	case code == 4 || code == 17 || code == 32 || code == 613 || code == 80007 || code == 130429 || code == 131048:
		return why, true, &laterError{why: why, after: cmp.Or(after, 30*time.Second)}
	case e.Error.Transient || code == 1 || code == 2 || code == 1200 || code == 131016 || code == 133004:
		return why, true, &laterError{why: why, after: after}
	case code == 131047 || code == 10 && e.Error.Subcode == 2018278:
		return why, true, &finalError{"They haven't written for too long: the platform takes nothing until they write again. " + why}
	case code == 10900:
		return why, true, &finalError{"One private message was sent for this comment before: the platform takes no second. " + why}
	case code == 10903:
		return why, true, &finalError{"Who wrote this comment can't be answered in private. " + why}
	case code == 551:
		return why, true, &finalError{"They can't be written to: they left, or blocked us. " + why}
	}
	return why, true, &finalError{why}
}
