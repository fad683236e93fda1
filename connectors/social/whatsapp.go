package social

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
)

// Shapes of WhatsApp's webhooks
// (developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages).
type waBody struct {
	Object word `json:"object"`
	Entry  list `json:"entry"`
	waValue
}

type waEntry struct {
	ID      word `json:"id"`
	Changes list `json:"changes"`
}

type waChange struct {
	Field word            `json:"field"`
	Value json.RawMessage `json:"value"`
}

type waValue struct {
	Metadata struct {
		PhoneNumberID word `json:"phone_number_id"`
	} `json:"metadata"`
	Contacts []waContact `json:"contacts"`
	Messages list        `json:"messages"`
	Echoes   list        `json:"message_echoes"`
	Statuses list        `json:"statuses"`
}

type waContact struct {
	WaID    word `json:"wa_id"`
	UserID  word `json:"user_id"`
	Profile struct {
		Name     word `json:"name"`
		Username word `json:"username"`
	} `json:"profile"`
}

type waFile struct {
	ID       word `json:"id"`
	URL      word `json:"url"`
	MimeType word `json:"mime_type"`
	Caption  word `json:"caption"`
	Filename word `json:"filename"`
	Voice    bool `json:"voice"`
	Animated bool `json:"animated"`
}

type waMessage struct {
	From       word  `json:"from"`
	FromUserID word  `json:"from_user_id"`
	To         word  `json:"to"`
	ToUserID   word  `json:"to_user_id"`
	GroupID    word  `json:"group_id"`
	ID         word  `json:"id"`
	Timestamp  stamp `json:"timestamp"`
	Type       word  `json:"type"`
	Context    *struct {
		ID              word `json:"id"`
		Forwarded       bool `json:"forwarded"`
		ReferredProduct *struct {
			CatalogID word `json:"catalog_id"`
			Product   word `json:"product_retailer_id"`
		} `json:"referred_product"`
	} `json:"context"`
	Referral *struct {
		SourceURL word `json:"source_url"`
		Headline  word `json:"headline"`
	} `json:"referral"`
	Text     *struct{ Body word } `json:"text"`
	Image    *waFile              `json:"image"`
	Audio    *waFile              `json:"audio"`
	Video    *waFile              `json:"video"`
	Document *waFile              `json:"document"`
	Sticker  *waFile              `json:"sticker"`
	Location *struct {
		Latitude  word `json:"latitude"`
		Longitude word `json:"longitude"`
		Name      word `json:"name"`
		Address   word `json:"address"`
	} `json:"location"`
	Contacts []struct {
		Name struct {
			FormattedName word `json:"formatted_name"`
		} `json:"name"`
		Phones []struct{ Phone word } `json:"phones"`
		Emails []struct{ Email word } `json:"emails"`
	} `json:"contacts"`
	Button      *struct{ Text, Payload word } `json:"button"`
	Interactive *struct {
		ButtonReply *waReply `json:"button_reply"`
		ListReply   *waReply `json:"list_reply"`
		NfmReply    *struct {
			Body     word `json:"body"`
			Response word `json:"response_json"`
		} `json:"nfm_reply"`
	} `json:"interactive"`
	Order *struct {
		Text  word `json:"text"`
		Items []struct {
			Product  word `json:"product_retailer_id"`
			Quantity word `json:"quantity"`
			Price    word `json:"item_price"`
			Currency word `json:"currency"`
		} `json:"product_items"`
	} `json:"order"`
	Reaction *struct {
		MessageID word `json:"message_id"`
		Emoji     word `json:"emoji"`
	} `json:"reaction"`
	System *struct {
		Body   word `json:"body"`
		WaID   word `json:"wa_id"`
		UserID word `json:"user_id"`
		Before word `json:"previous_user_id"`
		Type   word `json:"type"`
	} `json:"system"`
	Edit *struct {
		Original word            `json:"original_message_id"`
		Message  json.RawMessage `json:"message"`
	} `json:"edit"`
	Revoke *struct {
		Original word `json:"original_message_id"`
	} `json:"revoke"`
	Errors []waError `json:"errors"`
}

type waReply struct {
	ID          word `json:"id"`
	Title       word `json:"title"`
	Description word `json:"description"`
}

type waError struct {
	Code      word `json:"code"`
	Title     word `json:"title"`
	Message   word `json:"message"`
	ErrorData struct {
		Details word `json:"details"`
	} `json:"error_data"`
}

type waStatus struct {
	ID        word      `json:"id"`
	Status    word      `json:"status"`
	Timestamp stamp     `json:"timestamp"`
	Opaque    word      `json:"biz_opaque_callback_data"`
	Errors    []waError `json:"errors"`
}

func (r *reader) whatsapp(body []byte) error {
	if !json.Valid(body) {
		return invalid("the body is no JSON")
	}
	var doc waBody
	if json.Unmarshal(body, &doc) != nil {
		r.unsupported(connectors.Sender{}, "", "webhook", "", r.now, body)
		return nil
	}
	if len(doc.Messages)+len(doc.Statuses) > 0 { // as clients of the older API send
		r.whatsappValue("messages", body)
		return nil
	}
	if doc.Entry == nil && doc.Object != "whatsapp_business_account" {
		r.unsupported(connectors.Sender{}, "", "webhook", "", r.now, body)
		return nil
	}
	for _, raw := range doc.Entry {
		var entry waEntry
		if json.Unmarshal(raw, &entry) != nil || len(entry.Changes) == 0 {
			r.unsupported(connectors.Sender{}, "", "webhook", "", r.now, raw)
			continue
		}
		for _, raw := range entry.Changes {
			var change waChange
			if json.Unmarshal(raw, &change) != nil || len(change.Value) == 0 {
				r.unsupported(connectors.Sender{}, "", "webhook", "", r.now, raw)
				continue
			}
			r.whatsappValue(string(change.Field), change.Value)
		}
	}
	return nil
}

// whatsappValue reads what happened with one number.
func (r *reader) whatsappValue(field string, raw json.RawMessage) {
	var v waValue
	if json.Unmarshal(raw, &v) != nil || len(v.Messages)+len(v.Statuses)+len(v.Echoes) == 0 {
		r.unsupported(connectors.Sender{}, "", cmp.Or(field, "webhook"), "", r.now, raw)
		return
	}
	if of := string(v.Metadata.PhoneNumberID); of != "" && of != r.set.ID {
		if r.elsewhere == nil {
			r.elsewhere = map[string][]json.RawMessage{}
		}
		r.elsewhere[of] = append(r.elsewhere[of], raw)
		return
	}
	for _, raw := range v.Messages {
		r.whatsappMessage(raw, v.Contacts, false)
	}
	for _, raw := range v.Echoes { // written in the WhatsApp Business app
		r.whatsappMessage(raw, v.Contacts, true)
	}
	for _, raw := range v.Statuses {
		r.whatsappStatus(raw)
	}
}

func (r *reader) whatsappStatus(raw json.RawMessage) {
	var s waStatus
	if json.Unmarshal(raw, &s) != nil {
		r.unsupported(connectors.Sender{}, "", "status", "", r.now, raw)
		return
	}
	var detail string
	for _, e := range s.Errors {
		detail = fmt.Sprintf("%s (%s)", cmp.Or(e.ErrorData.Details, e.Message, e.Title), e.Code)
	}
	state := map[word]inbox.State{"sent": inbox.Sent, "delivered": inbox.Delivered, "read": inbox.Read, "played": inbox.Read, "failed": inbox.Failed}[s.Status]
	if state == "" {
		r.unsupported(connectors.Sender{}, "", "status "+string(s.Status), string(s.ID+":"+s.Status), s.Timestamp.Time, raw)
		return
	}
	r.receipt(string(s.ID), string(s.Opaque), state, detail, s.Timestamp.Time, raw)
}

// whatsappUser is somebody by number, by business-scoped user id, or both. The id
// is theirs even when they hide the number, so it names them where there is one.
func (r *reader) whatsappUser(number, user string, contacts []waContact) connectors.Sender {
	var name string
	for i, c := range contacts {
		if string(c.WaID) == number && number != "" || string(c.UserID) == user && user != "" || len(contacts) == 1 && i == 0 {
			name = string(cmp.Or(c.Profile.Name, c.Profile.Username))
			if string(c.WaID) == number || number == "" {
				user = cmp.Or(user, string(c.UserID))
				if user == string(c.UserID) {
					number = cmp.Or(number, string(c.WaID))
				}
			}
		}
	}
	phone := mobile(number)
	if user == "" {
		if phone == "" {
			return connectors.Sender{Kind: inbox.SocialUser, Name: name}
		}
		return connectors.Sender{Kind: inbox.PhoneNumber, Address: phone, Name: name, Proof: inbox.Proven}
	}
	who := connectors.Sender{Kind: inbox.SocialUser, Address: WhatsApp + ":" + user, Name: name, Proof: inbox.Proven}
	if phone != "" {
		who.Claims = append(who.Claims, connectors.Claim{Field: inbox.ClaimPhone, Value: phone, Proof: inbox.Proven})
	}
	return who
}

// mobile is a mobile number with its +. Brazil's and Argentina's are known in two
// forms, of which accounts may be registered under the older: one has the 9 that
// they have today.
func mobile(number string) string {
	n := strings.TrimPrefix(strings.TrimPrefix(number, "whatsapp:"), "+")
	if n == "" || strings.Trim(n, "0123456789") != "" {
		return ""
	}
	switch {
	case len(n) == 12 && strings.HasPrefix(n, "55") && n[4] >= '6':
		n = n[:4] + "9" + n[4:]
	case len(n) == 12 && strings.HasPrefix(n, "54") && n[2] != '9':
		n = "549" + n[2:]
	}
	return "+" + n
}

// threadOf is what is said with somebody.
func threadOf(who connectors.Sender, raw []byte) string {
	if who.Address == "" {
		return "unknown:" + sum(raw)
	}
	return who.Address
}

func (r *reader) whatsappMessage(raw json.RawMessage, contacts []waContact, ours bool) {
	var m waMessage
	if json.Unmarshal(raw, &m) != nil {
		r.unsupported(connectors.Sender{}, "", "message", "", r.now, raw)
		return
	}
	number, user := string(m.From), string(m.FromUserID)
	if ours {
		number, user = string(m.To), string(m.ToUserID)
	}
	who := r.whatsappUser(number, user, contacts)
	by := who.Name
	if m.GroupID != "" {
		who = r.social("group/"+string(m.GroupID), "WhatsApp group")
	}
	thread := threadOf(who, raw)
	id, at := string(m.ID), m.Timestamp.Time
	switch {
	case m.Type == "reaction" && m.Reaction != nil && m.Reaction.MessageID != "":
		r.reaction(who, thread, string(m.Reaction.MessageID), string(m.Reaction.Emoji), m.Reaction.Emoji == "", at, raw)
		return
	case m.Type == "revoke" && m.Revoke != nil && m.Revoke.Original != "":
		r.deleted(who, thread, string(m.Revoke.Original), at, raw)
		return
	case m.Type == "edit" && m.Edit != nil && m.Edit.Original != "":
		var now waMessage
		if json.Unmarshal(m.Edit.Message, &now) == nil {
			if it := r.whatsappContent(&now, who, thread, id, raw); it != nil {
				it.ProviderAt = at
				it.edited(string(m.Edit.Original), cmp.Or(id, sum(raw)))
				return
			}
		}
	case m.Type == "system" && m.System != nil:
		if m.System.Before != "" { // who they were is known here; a new number brings a new id
			claims := who.Claims
			who = r.social(string(m.System.Before), who.Name)
			who.Claims = claims
			thread = threadOf(who, raw)
		}
		if phone := mobile(string(m.System.WaID)); phone != "" && who.Address != "" {
			who.Claims = append(who.Claims, connectors.Claim{Field: inbox.ClaimPhone, Value: phone, Proof: inbox.Proven})
		}
		r.notice(who, thread, id, at, raw, cmp.Or(string(m.System.Body), "Notice: "+string(m.System.Type)))
		return
	}
	it := r.whatsappContent(&m, who, thread, id, raw)
	if it == nil {
		what := string(m.Type)
		for _, e := range m.Errors {
			what += ", " + string(cmp.Or(e.ErrorData.Details, e.Title))
		}
		r.unsupported(who, thread, what, id, at, raw)
		return
	}
	it.Message.Ours = ours
	if ours {
		it.EventID = "echo:" + it.EventID
	}
	if m.GroupID != "" && by != "" {
		it.Message.Text, it.Message.VisibleText = by+": "+it.Message.Text, by+": "+it.Message.VisibleText
	}
	if c := m.Context; c != nil {
		it.Message.Quotes = string(c.ID)
		if p := c.ReferredProduct; p != nil {
			it.Message.Text += "\n[about product " + string(p.Product) + "]"
		}
	}
	if f := m.Referral; f != nil {
		it.Message.Text += strings.TrimRight("\n[came by "+string(f.Headline)+" "+string(f.SourceURL), " ") + "]"
	}
	if !ours {
		it.consents(r.set)
	}
}

// whatsappContent adds what a message says; nil for what isn't known.
func (r *reader) whatsappContent(m *waMessage, who connectors.Sender, thread, id string, raw []byte) *item {
	say := func(text string) *item { return r.message(who, thread, id, m.Timestamp.Time, raw, text) }
	file := func(f *waFile, what string) *item {
		it := say(string(f.Caption))
		it.media = append(it.media, media{id: string(f.ID), url: string(f.URL), kind: string(f.MimeType), name: string(f.Filename), what: what})
		return it
	}
	switch {
	case m.Type == "text" && m.Text != nil:
		return say(string(m.Text.Body))
	case m.Type == "image" && m.Image != nil:
		return file(m.Image, "Picture")
	case m.Type == "video" && m.Video != nil:
		return file(m.Video, "Video")
	case (m.Type == "audio" || m.Type == "voice") && m.Audio != nil:
		if m.Audio.Voice {
			return file(m.Audio, "Voice message")
		}
		return file(m.Audio, "Sound")
	case m.Type == "document" && m.Document != nil:
		return file(m.Document, "File")
	case m.Type == "sticker" && m.Sticker != nil:
		return file(m.Sticker, "Sticker")
	case m.Type == "location" && m.Location != nil:
		return say(place(m.Location.Latitude, m.Location.Longitude, string(m.Location.Name), string(m.Location.Address)))
	case m.Type == "contacts" && len(m.Contacts) > 0:
		var lines []string
		for _, c := range m.Contacts {
			line := "Contact: " + string(c.Name.FormattedName)
			for _, p := range c.Phones {
				line += ", " + string(p.Phone)
			}
			for _, e := range c.Emails {
				line += ", " + string(e.Email)
			}
			lines = append(lines, line)
		}
		return say(strings.Join(lines, "\n"))
	case m.Type == "button" && m.Button != nil:
		return say(string(m.Button.Text)).withPayload(string(m.Button.Payload))
	case m.Type == "interactive" && m.Interactive != nil:
		for _, b := range []*waReply{m.Interactive.ButtonReply, m.Interactive.ListReply} {
			if b != nil {
				return say(strings.TrimSpace(string(b.Title + "\n" + b.Description))).withPayload(string(b.ID))
			}
		}
		if f := m.Interactive.NfmReply; f != nil {
			return say(string(cmp.Or(f.Body, "Form"))).withPayload(string(f.Response))
		}
	case m.Type == "order" && m.Order != nil:
		lines := []string{}
		for _, i := range m.Order.Items {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s × %s, %s %s", i.Quantity, i.Product, i.Price, i.Currency)))
		}
		return say(strings.TrimSpace("Cart:\n" + strings.Join(lines, "\n") + "\n" + string(m.Order.Text)))
	}
	return nil
}

// numberOf is what is dialled of an address of ours.
func numberOf(address, region string) string {
	e164, _, possible, _ := identity.Phone(address, region)
	if !possible {
		return ""
	}
	return strings.TrimPrefix(e164, "+")
}
