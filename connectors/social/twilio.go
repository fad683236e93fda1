package social

import (
	"cmp"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
)

// twilio reads a form as Twilio posts it
// (twilio.com/docs/messaging/guides/webhook-request,
// twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks).
// Where the request's URL has our mark, as status callbacks do, it stands in the
// form as skein.
func (r *reader) twilio(body []byte) error {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return invalid("the form can't be read: %v", err)
	}
	id := cmp.Or(form.Get("MessageSid"), form.Get("SmsSid"), form.Get("SmsMessageSid"))
	status := cmp.Or(form.Get("MessageStatus"), form.Get("SmsStatus"))
	switch {
	case status != "" && status != "received" && status != "receiving":
		r.twilioStatus(form, id, status, body)
		return nil
	case form.Get("From") == "":
		r.unsupported(connectors.Sender{}, "", "request", id, r.now, body)
		return nil
	}
	who := r.twilioUser(form)
	thread := threadOf(who, body)
	if strings.HasPrefix(form.Get("From"), "whatsapp:") {
		thread = "whatsapp:" + thread
	}
	text := form.Get("Body")
	it := r.message(who, thread, id, r.now, body, text)
	if lat := form.Get("Latitude"); lat != "" {
		it.addLine(place(word(lat), word(form.Get("Longitude")), form.Get("Label"), form.Get("Address")))
	}
	n, _ := strconv.Atoi(form.Get("NumMedia"))
	for i := range max(min(n, 20), 1) {
		if u := form.Get(fmt.Sprint("MediaUrl", i)); u != "" {
			it.media = append(it.media, media{url: u, kind: form.Get(fmt.Sprint("MediaContentType", i)), what: "File"})
		}
	}
	it.Message.Quotes = form.Get("OriginalRepliedMessageSid")
	if b := form.Get("ButtonText"); b != "" && text == "" {
		it.addLine(b)
	}
	it.withPayload(form.Get("ButtonPayload"))
	if it.Message.Text == "" && len(it.media) == 0 {
		r.items = r.items[:len(r.items)-1]
		r.unsupported(who, thread, cmp.Or(form.Get("MessageType"), "message"), id, r.now, body)
		return nil
	}
	// By words of its service's own Twilio says itself what was meant
	// (twilio.com/docs/messaging/tutorials/advanced-opt-out).
	switch form.Get("OptOutType") {
	case "STOP", "START":
		it.consent(form.Get("OptOutType") == "START")
	default:
		it.consents(r.set)
	}
	return nil
}

// twilioUser is somebody by number, which of SMS anybody can forge, or by
// WhatsApp's business-scoped user id.
func (r *reader) twilioUser(form url.Values) connectors.Sender {
	from, name := form.Get("From"), form.Get("ProfileName")
	number, isWhatsApp := strings.CutPrefix(from, "whatsapp:")
	if !isWhatsApp {
		e164, _, possible, _ := identity.Phone(from, cmp.Or(form.Get("ToCountry"), r.set.region))
		if !possible { // a short code, or a name
			e164 = from
		}
		return connectors.Sender{Kind: inbox.PhoneNumber, Address: e164, Name: name, Proof: inbox.Claimed}
	}
	user := form.Get("ExternalUserId")
	phone := mobile(number)
	if phone == "" && user == "" {
		user = number
	}
	if user == "" {
		return connectors.Sender{Kind: inbox.PhoneNumber, Address: phone, Name: name, Proof: inbox.Proven}
	}
	who := connectors.Sender{Kind: inbox.SocialUser, Address: WhatsApp + ":" + user, Name: name, Proof: inbox.Proven}
	if phone != "" {
		who.Claims = append(who.Claims, connectors.Claim{Field: inbox.ClaimPhone, Value: phone, Proof: inbox.Proven})
	}
	return who
}

func (r *reader) twilioStatus(form url.Values, id, status string, body []byte) {
	state := map[string]inbox.State{"sent": inbox.Sent, "delivered": inbox.Delivered, "read": inbox.Read, "undelivered": inbox.Failed, "failed": inbox.Failed}[status]
	switch {
	case status == "accepted" || status == "scheduled" || status == "queued" || status == "sending":
		state = inbox.Sent // by us; that their carrier has it comes later
	case state == "":
		r.unsupported(connectors.Sender{}, "", "status "+status, id+":"+status, r.now, body)
		return
	}
	var detail string
	if code := form.Get("ErrorCode"); code != "" {
		detail = strings.TrimSpace(form.Get("ErrorMessage") + " " + twilioError(code) + " (" + code + ")")
	}
	r.receipt(id, form.Get("skein"), state, detail, r.now, body)
}

// twilioError says what Twilio's commonest codes mean (twilio.com/docs/api/errors).
func twilioError(code string) string {
	return map[string]string{
		"30003": "The telephone is off or out of reach.", "30004": "They block messages from us.", "30005": "There is no such telephone.",
		"30006": "It is a landline, or can't get messages.", "30007": "The carrier took it for spam.", "30008": "The carrier gives no reason.",
		"30034": "The number isn't registered with the carriers (A2P 10DLC).", "21610": "They asked not to be written to (STOP).",
		"63016": "They haven't written for 24 hours: WhatsApp takes a template only.", "63024": "WhatsApp knows no such number.",
	}[code]
}
