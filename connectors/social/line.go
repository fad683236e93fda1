package social

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"skein/connectors"
)

// Shapes of LINE's webhooks (developers.line.biz/en/reference/messaging-api/#webhook-event-objects).
type lineBody struct {
	Events json.RawMessage `json:"events"`
}

type lineEvent struct {
	Type    word  `json:"type"`
	Time    stamp `json:"timestamp"`
	EventID word  `json:"webhookEventId"`
	Source  struct {
		Type    word `json:"type"`
		UserID  word `json:"userId"`
		GroupID word `json:"groupId"`
		RoomID  word `json:"roomId"`
	} `json:"source"`
	Message *struct {
		ID       word   `json:"id"`
		Type     word   `json:"type"`
		Text     word   `json:"text"`
		FileName word   `json:"fileName"`
		FileSize word   `json:"fileSize"`
		Title    word   `json:"title"`
		Address  word   `json:"address"`
		Lat      word   `json:"latitude"`
		Long     word   `json:"longitude"`
		Quoted   word   `json:"quotedMessageId"`
		Package  word   `json:"packageId"`
		Sticker  word   `json:"stickerId"`
		Keywords []word `json:"keywords"`
		Set      *struct {
			ID word `json:"id"`
		} `json:"imageSet"`
		Provider *struct {
			Type word `json:"type"`
			URL  word `json:"originalContentUrl"`
		} `json:"contentProvider"`
	} `json:"message"`
	Unsend *struct {
		ID word `json:"messageId"`
	} `json:"unsend"`
	Postback *struct {
		Data   word            `json:"data"`
		Params map[string]word `json:"params"`
	} `json:"postback"`
	Link *struct {
		Result word `json:"result"`
	} `json:"link"`
}

func (r *reader) line(body []byte) error {
	if !json.Valid(body) {
		return invalid("the body is no JSON")
	}
	var doc lineBody
	var events []json.RawMessage
	if json.Unmarshal(body, &doc) != nil || json.Unmarshal(doc.Events, &events) != nil {
		r.unsupported(connectors.Sender{}, "", "webhook", "", r.now, body)
		return nil
	}
	for _, raw := range events { // none: LINE tries the address out
		r.lineEvent(raw)
	}
	return nil
}

// notices are events in which nobody writes.
var lineNotices = map[word]string{
	"follow": "They added us as a friend, or took us back.", "unfollow": "They blocked us: what is sent doesn't reach them.",
	"join": "We were taken into the group.", "leave": "We were put out of the group.",
	"memberJoined": "Somebody came into the group.", "memberLeft": "Somebody left the group.",
	"beacon": "They came near a beacon.", "accountLink": "They linked their account in the shop.", "videoPlayComplete": "They saw a video to its end.",
}

func (r *reader) lineEvent(raw json.RawMessage) {
	var e lineEvent
	if json.Unmarshal(raw, &e) != nil {
		r.unsupported(connectors.Sender{}, "", "event", "", r.now, raw)
		return
	}
	who := r.social(string(e.Source.UserID), "")
	switch {
	case e.Source.GroupID != "":
		who = r.social("group/"+string(e.Source.GroupID), "LINE group")
	case e.Source.RoomID != "":
		who = r.social("room/"+string(e.Source.RoomID), "LINE chat")
	}
	thread, at := threadOf(who, raw), e.Time.Time
	// Redelivered, an event has the id that it had.
	id := cmp.Or(string(e.EventID), sum(raw))
	notice := lineNotices[e.Type]
	switch {
	case (e.Type == "message" || e.Type == "messageEdited") && e.Message != nil:
		r.lineMessage(&e, who, thread, raw)
	case e.Type == "unsend" && e.Unsend != nil && e.Unsend.ID != "":
		r.deleted(who, thread, string(e.Unsend.ID), at, raw)
	case e.Type == "postback" && e.Postback != nil:
		text := "Button"
		for _, name := range []string{"date", "time", "datetime"} {
			if v := e.Postback.Params[name]; v != "" {
				text = strings.Replace(string(v), "T", " ", 1)
			}
		}
		r.message(who, thread, "event:"+id+":"+sum(raw), at, raw, text).withPayload(string(e.Postback.Data))
	case notice != "":
		r.notice(who, thread, "event:"+id+":"+sum(raw), at, raw, notice)
	default:
		r.unsupported(who, thread, string(cmp.Or(e.Type, "event")), "", at, raw)
	}
}

func (r *reader) lineMessage(e *lineEvent, who connectors.Sender, thread string, raw []byte) {
	m, at := e.Message, e.Time.Time
	id := string(m.ID)
	var it *item
	file := func(what, kind string) {
		it = r.message(who, thread, id, at, raw, "")
		f := media{id: id, name: string(m.FileName), kind: kind, what: what}
		_, _ = fmt.Sscan(string(m.FileSize), &f.size) // 0 where it isn't said
		if p := m.Provider; p != nil && p.Type == "external" {
			f.id, f.url = "", string(p.URL)
		}
		it.media = append(it.media, f)
	}
	switch m.Type {
	case "text":
		it = r.message(who, thread, id, at, raw, string(m.Text))
	case "image":
		file("Picture", "image/jpeg")
		if m.Set != nil {
			it.Message.Album = string(m.Set.ID)
		}
	case "video":
		file("Video", "video/mp4")
	case "audio":
		file("Voice message", "")
	case "file":
		file("File", "")
	case "location":
		it = r.message(who, thread, id, at, raw, place(m.Lat, m.Long, string(m.Title), string(m.Address)))
	case "sticker":
		words := string(m.Text)
		if words == "" && len(m.Keywords) > 0 {
			words = string(m.Keywords[0])
		}
		it = r.message(who, thread, id, at, raw, strings.TrimSpace("[Sticker] "+words))
		it.media = append(it.media, media{url: "https://stickershop.line-scdn.net/stickershop/v1/sticker/" + string(m.Sticker) + "/android/sticker.png", kind: "image/png", what: "Sticker"})
	default:
		r.unsupported(who, thread, string(m.Type), id, at, raw)
		return
	}
	it.Message.Quotes = string(m.Quoted)
	if e.Type == "messageEdited" {
		it.edited(id, cmp.Or(string(e.EventID), sum(raw)))
		return
	}
	it.consents(r.set)
}
