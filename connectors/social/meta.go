package social

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// Shapes of Messenger's and Instagram's webhooks
// (developers.facebook.com/docs/messenger-platform/reference/webhook-events,
// developers.facebook.com/docs/instagram-platform/webhooks).
type metaBody struct {
	Object    word `json:"object"`
	Entry     list `json:"entry"`
	Messaging list `json:"messaging"` // of one event, as apps pass it on
}

type metaEntry struct {
	ID        word  `json:"id"`
	Time      stamp `json:"time"`
	Messaging list  `json:"messaging"`
	Standby   list  `json:"standby"`
	Changes   list  `json:"changes"`
}

type metaParty struct {
	ID word `json:"id"`
}

type metaEvent struct {
	Sender    metaParty `json:"sender"`
	Recipient metaParty `json:"recipient"`
	Timestamp stamp     `json:"timestamp"`
	Message   *struct {
		MID         word `json:"mid"`
		Text        word `json:"text"`
		IsEcho      bool `json:"is_echo"`
		IsDeleted   bool `json:"is_deleted"`
		Unsupported bool `json:"is_unsupported"`
		AppID       word `json:"app_id"`
		Metadata    word `json:"metadata"`
		StickerID   word `json:"sticker_id"`
		QuickReply  *struct {
			Payload word `json:"payload"`
		} `json:"quick_reply"`
		ReplyTo *struct {
			MID   word `json:"mid"`
			Story *struct {
				ID  word `json:"id"`
				URL word `json:"url"`
			} `json:"story"`
		} `json:"reply_to"`
		Attachments []metaAttachment `json:"attachments"`
		Referral    *struct {
			Product *struct {
				ID word `json:"id"`
			} `json:"product"`
			Source  word `json:"source"`
			AdTitle *struct {
				Title word `json:"ad_title"`
			} `json:"ads_context_data"`
		} `json:"referral"`
	} `json:"message"`
	Edit *struct {
		MID  word `json:"mid"`
		Text word `json:"text"`
		Num  word `json:"num_edit"`
	} `json:"message_edit"`
	Reaction *struct {
		MID    word `json:"mid"`
		Action word `json:"action"`
		Emoji  word `json:"emoji"`
		Name   word `json:"reaction"`
	} `json:"reaction"`
	Postback *struct {
		MID     word `json:"mid"`
		Title   word `json:"title"`
		Payload word `json:"payload"`
	} `json:"postback"`
	Delivery *struct {
		MIDs      []word `json:"mids"`
		Watermark stamp  `json:"watermark"`
	} `json:"delivery"`
	Read *struct {
		MID       word  `json:"mid"`
		Watermark stamp `json:"watermark"`
	} `json:"read"`
	Referral *struct {
		Ref    word `json:"ref"`
		Source word `json:"source"`
	} `json:"referral"`
}

type metaAttachment struct {
	Type    word `json:"type"`
	Title   word `json:"title"`
	Payload struct {
		URL         word `json:"url"`
		Title       word `json:"title"`
		StickerID   word `json:"sticker_id"`
		Coordinates *struct {
			Lat  word `json:"lat"`
			Long word `json:"long"`
		} `json:"coordinates"`
	} `json:"payload"`
}

func (r *reader) meta(body []byte) error {
	if !json.Valid(body) {
		return invalid("the body is no JSON")
	}
	var doc metaBody
	if json.Unmarshal(body, &doc) != nil || len(doc.Entry)+len(doc.Messaging) == 0 {
		if doc.Object == "" {
			r.unsupported(connectors.Sender{}, "", "webhook", "", r.now, body)
		}
		return nil
	}
	for _, raw := range doc.Messaging {
		r.metaEvent(raw, "")
	}
	for _, raw := range doc.Entry {
		var entry metaEntry
		if json.Unmarshal(raw, &entry) != nil || len(entry.Messaging)+len(entry.Standby)+len(entry.Changes) == 0 {
			r.unsupported(connectors.Sender{}, "", "webhook", "", r.now, raw)
			continue
		}
		// What another app answers, or another of Meta's inboxes, is said to us too.
		for _, raw := range append(entry.Messaging, entry.Standby...) {
			r.metaEvent(raw, string(entry.ID))
		}
		for _, raw := range entry.Changes {
			var change waChange
			if json.Unmarshal(raw, &change) == nil && (change.Field == "messages" || strings.HasPrefix(string(change.Field), "messag")) && len(change.Value) > 0 {
				r.metaEvent(change.Value, string(entry.ID))
				continue
			}
			if page := string(entry.ID); page != "" && page != r.set.ID && r.other(page) {
				r.elsewhere[page] = append(r.elsewhere[page], passed(page, entry.Time.Time, raw))
				continue
			}
			if len(change.Value) > 0 && r.metaChange(string(change.Field), change.Value, entry.Time.Time) {
				continue
			}
			r.unsupported(connectors.Sender{}, "", cmp.Or(string(change.Field), "webhook"), "", r.now, raw)
		}
	}
	return nil
}

func (r *reader) metaEvent(raw json.RawMessage, page string) {
	var e metaEvent
	if json.Unmarshal(raw, &e) != nil {
		r.unsupported(connectors.Sender{}, "", "message", "", r.now, raw)
		return
	}
	ours := e.Message != nil && e.Message.IsEcho || e.Sender.ID != "" && string(e.Sender.ID) == r.set.ID
	them, us := string(e.Sender.ID), string(e.Recipient.ID)
	if ours {
		them, us = us, them
	}
	if us != "" && us != r.set.ID && r.other(us) {
		r.elsewhere[us] = append(r.elsewhere[us], raw)
		return
	}
	who := r.social(them, "")
	thread, at := threadOf(who, raw), e.Timestamp.Time
	switch {
	case e.Message != nil:
		r.metaMessage(&e, who, thread, ours, raw)
	case e.Edit != nil && e.Edit.MID != "":
		it := r.message(who, thread, string(e.Edit.MID), at, raw, string(e.Edit.Text))
		it.edited(string(e.Edit.MID), cmp.Or(string(e.Edit.Num), sum(raw)))
	case e.Reaction != nil && e.Reaction.MID != "":
		removed := e.Reaction.Action == "unreact"
		emoji := string(e.Reaction.Emoji)
		if emoji == "" && !removed {
			emoji = cmp.Or(reactionSigns[string(e.Reaction.Name)], "👍")
		}
		r.reaction(who, thread, string(e.Reaction.MID), emoji, removed, at, raw)
	case e.Postback != nil:
		r.message(who, thread, string(e.Postback.MID), at, raw, string(e.Postback.Title)).withPayload(string(e.Postback.Payload))
	case e.Delivery != nil:
		for _, mid := range e.Delivery.MIDs {
			r.receipt(string(mid), "", inbox.Delivered, "", at, raw)
		}
		r.watermark(who, inbox.Delivered, e.Delivery.Watermark, at, len(e.Delivery.MIDs) > 0, raw)
	case e.Read != nil:
		if e.Read.MID != "" {
			r.receipt(string(e.Read.MID), "", inbox.Read, "", at, raw)
		}
		r.watermark(who, inbox.Read, e.Read.Watermark, at, e.Read.MID != "", raw)
	case e.Referral != nil:
		r.notice(who, thread, "", at, raw, strings.TrimSpace("Came by a link: "+string(e.Referral.Source+" "+e.Referral.Ref)))
	default:
		r.unsupported(who, thread, "event", "", at, raw)
	}
}

// other reports whether us is another page than the account's.
func (r *reader) other(us string) bool {
	if r.elsewhere == nil {
		r.elsewhere = map[string][]json.RawMessage{}
	}
	return r.set.ID != "" && us != r.set.ID
}

// reactionSigns are the names of reactions where no emoji is sent.
var reactionSigns = map[string]string{"smile": "😆", "angry": "😠", "sad": "😢", "wow": "😮", "love": "❤", "like": "👍", "dislike": "👎"}

func (r *reader) watermark(who connectors.Sender, state inbox.State, until stamp, at time.Time, named bool, raw []byte) {
	switch {
	case !until.IsZero() && who.Address != "":
		if at.IsZero() {
			at = until.Time
		}
		r.until(who, state, until.Time, at, raw)
	case !named:
		r.unsupported(who, threadOf(who, raw), "status "+string(state), "", at, raw)
	}
}

func (r *reader) metaMessage(e *metaEvent, who connectors.Sender, thread string, ours bool, raw []byte) {
	m, at := e.Message, e.Timestamp.Time
	id := string(m.MID)
	switch {
	case m.IsDeleted && id != "":
		r.deleted(who, thread, id, at, raw)
		return
	case ours:
		if _, _, ok := parseMark(string(m.Metadata)); ok { // of a message that was sent from here
			r.receipt(id, string(m.Metadata), inbox.Sent, "", at, raw)
			return
		}
	}
	text := string(m.Text)
	if m.Unsupported || text == "" && len(m.Attachments) == 0 {
		it := r.unsupported(who, thread, "message", id, at, raw)
		it.Message.Ours = ours
		return
	}
	it := r.message(who, thread, id, at, raw, text)
	it.Message.Ours = ours
	if ours {
		it.EventID = "echo:" + it.EventID
	}
	for _, a := range m.Attachments {
		r.metaAttachment(it, &a)
	}
	if q := m.QuickReply; q != nil {
		it.withPayload(string(q.Payload))
	}
	if to := m.ReplyTo; to != nil {
		it.Message.Quotes = string(to.MID)
		if s := to.Story; s != nil {
			it.addLine("[answers a story of ours]")
			it.media = append(it.media, media{url: string(s.URL), what: "Story"})
		}
	}
	if f := m.Referral; f != nil {
		if f.AdTitle != nil {
			it.addLine("[came by the ad " + string(f.AdTitle.Title) + "]")
		}
		if f.Product != nil {
			it.addLine("[about product " + string(f.Product.ID) + "]")
		}
	}
	if !ours {
		it.consents(r.set)
	}
}

// addLine adds a line that the customer didn't write.
func (it *item) addLine(s string) {
	it.Message.Text = strings.TrimSpace(it.Message.Text + "\n" + s)
	it.Message.VisibleText = strings.TrimSpace(it.Message.VisibleText + "\n" + s)
}

// What is called how, of the attachments that are files.
var metaFiles = map[word]string{"image": "Picture", "video": "Video", "audio": "Voice message", "file": "File", "story_mention": "Story", "animated_image": "Picture"}

func (r *reader) metaAttachment(it *item, a *metaAttachment) {
	title := string(cmp.Or(a.Payload.Title, a.Title))
	switch what := metaFiles[a.Type]; {
	case a.Type == "location" && a.Payload.Coordinates != nil:
		it.addLine(place(a.Payload.Coordinates.Lat, a.Payload.Coordinates.Long, title))
	case a.Payload.StickerID != "" && a.Payload.URL != "":
		it.media = append(it.media, media{url: string(a.Payload.URL), what: "Sticker"})
	case what != "" && a.Payload.URL != "":
		if a.Type == "story_mention" {
			it.addLine("[mentions us in a story]")
		}
		it.media = append(it.media, media{url: string(a.Payload.URL), what: what})
	case a.Payload.URL != "" || title != "": // what is shared is elsewhere, and stays there
		it.addLine(strings.TrimSpace("[" + strings.ReplaceAll(string(cmp.Or(a.Type, "link")), "_", " ") + "] " + title + " " + string(a.Payload.URL)))
	default:
		it.addLine("This came in a form that can't be shown here (" + string(a.Type) + "). Its source is kept.")
		it.Message.Problems = append(it.Message.Problems, "unsupported")
	}
}
