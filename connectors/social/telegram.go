package social

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"skein/connectors"
)

// Shapes of Telegram's updates (core.telegram.org/bots/api#update).
type tgUpdate struct {
	ID              word            `json:"update_id"`
	Message         json.RawMessage `json:"message"`
	Edited          json.RawMessage `json:"edited_message"`
	Business        json.RawMessage `json:"business_message"`
	BusinessEdited  json.RawMessage `json:"edited_business_message"`
	BusinessDeleted json.RawMessage `json:"deleted_business_messages"`
	Channel         json.RawMessage `json:"channel_post"`
	ChannelEdited   json.RawMessage `json:"edited_channel_post"`
	Callback        json.RawMessage `json:"callback_query"`
	Reaction        json.RawMessage `json:"message_reaction"`
	Member          json.RawMessage `json:"my_chat_member"`
}

type tgUser struct {
	ID        word `json:"id"`
	FirstName word `json:"first_name"`
	LastName  word `json:"last_name"`
	Username  word `json:"username"`
}

func (u *tgUser) name() string {
	return strings.TrimSpace(cmp.Or(strings.TrimSpace(string(u.FirstName)+" "+string(u.LastName)), string(u.Username)))
}

type tgChat struct {
	tgUser
	Type  word `json:"type"`
	Title word `json:"title"`
}

type tgFile struct {
	ID       word  `json:"file_id"`
	Unique   word  `json:"file_unique_id"`
	Name     word  `json:"file_name"`
	MimeType word  `json:"mime_type"`
	Size     int64 `json:"file_size"`
	Emoji    word  `json:"emoji"`
}

type tgMessage struct {
	ID       word    `json:"message_id"`
	From     *tgUser `json:"from"`
	Chat     tgChat  `json:"chat"`
	Date     stamp   `json:"date"`
	EditDate stamp   `json:"edit_date"`
	Business word    `json:"business_connection_id"`
	Album    word    `json:"media_group_id"`
	Text     word    `json:"text"`
	Caption  word    `json:"caption"`
	ReplyTo  *struct {
		ID word `json:"message_id"`
	} `json:"reply_to_message"`
	Photo     []tgFile `json:"photo"`
	Video     *tgFile  `json:"video"`
	VideoNote *tgFile  `json:"video_note"`
	Animation *tgFile  `json:"animation"`
	Audio     *tgFile  `json:"audio"`
	Voice     *tgFile  `json:"voice"`
	Document  *tgFile  `json:"document"`
	Sticker   *tgFile  `json:"sticker"`
	Location  *struct {
		Latitude  word `json:"latitude"`
		Longitude word `json:"longitude"`
	} `json:"location"`
	Venue *struct {
		Title   word `json:"title"`
		Address word `json:"address"`
	} `json:"venue"`
	Contact *struct {
		tgUser
		Phone  word `json:"phone_number"`
		UserID word `json:"user_id"`
	} `json:"contact"`
	Dice *struct {
		Emoji word `json:"emoji"`
		Value word `json:"value"`
	} `json:"dice"`
	Poll *struct {
		Question word `json:"question"`
	} `json:"poll"`
}

func (r *reader) telegram(body []byte) error {
	if !json.Valid(body) {
		return invalid("the body is no JSON")
	}
	var u tgUpdate
	if json.Unmarshal(body, &u) != nil {
		r.unsupported(connectors.Sender{}, "", "update", "", r.now, body)
		return nil
	}
	for _, m := range []struct {
		raw    json.RawMessage
		edited bool
	}{{u.Message, false}, {u.Edited, true}, {u.Business, false}, {u.BusinessEdited, true}, {u.Channel, false}, {u.ChannelEdited, true}} {
		if len(m.raw) > 0 {
			r.telegramMessage(m.raw, body, m.edited)
			return nil
		}
	}
	switch {
	case len(u.Callback) > 0:
		r.telegramCallback(u.Callback, body)
	case len(u.Reaction) > 0:
		r.telegramReaction(u.Reaction, body, string(u.ID))
	case len(u.BusinessDeleted) > 0:
		var d struct {
			Chat tgChat `json:"chat"`
			IDs  []word `json:"message_ids"`
		}
		if json.Unmarshal(u.BusinessDeleted, &d) == nil && len(d.IDs) > 0 && d.Chat.ID != "" {
			who := r.telegramChat(&d.Chat)
			for _, id := range d.IDs {
				r.deleted(who, who.Address, string(id), r.now, body)
			}
			return nil
		}
		r.unsupported(connectors.Sender{}, "", "update", string(u.ID), r.now, body)
	case len(u.Member) > 0:
		var m struct {
			Chat tgChat `json:"chat"`
			Date stamp  `json:"date"`
			New  struct {
				Status word `json:"status"`
			} `json:"new_chat_member"`
		}
		_ = json.Unmarshal(u.Member, &m) // what can't be read of it is left out
		who := r.telegramChat(&m.Chat)
		text := "The bot's standing in this chat is now: " + string(m.New.Status)
		if m.New.Status == "kicked" {
			text = "They have blocked the bot."
		}
		r.notice(who, threadOf(who, body), "update:"+string(u.ID), m.Date.Time, body, text)
	default:
		r.unsupported(connectors.Sender{}, "", "update", string(u.ID), r.now, body)
	}
	return nil
}

// telegramChat is who an answer goes to: a person, or a group by its name.
func (r *reader) telegramChat(c *tgChat) connectors.Sender {
	return r.social(string(c.ID), cmp.Or(string(c.Title), c.name()))
}

func (r *reader) telegramMessage(raw json.RawMessage, body []byte, edited bool) {
	var m tgMessage
	if json.Unmarshal(raw, &m) != nil || m.ID == "" || m.Chat.ID == "" {
		r.unsupported(connectors.Sender{}, "", "update", "", r.now, body)
		return
	}
	who := r.telegramChat(&m.Chat)
	thread, id := who.Address, string(m.ID)
	ours := m.Business != "" && m.From != nil && m.From.ID != m.Chat.ID
	text, files, known := m.content()
	if !known {
		r.unsupported(who, thread, "message", external(thread, id), m.Date.Time, body)
		return
	}
	it := r.message(who, thread, id, m.Date.Time, body, text)
	it.media = files
	it.Message.Ours = ours
	if ours {
		it.Message.From.Name = m.From.name()
	}
	if m.Album != "" {
		it.Message.Album = string(m.Album)
	}
	if m.ReplyTo != nil && m.ReplyTo.ID != "" {
		it.Message.Quotes = external(thread, string(m.ReplyTo.ID))
	}
	if m.Chat.Type != "private" && m.Chat.Type != "" && m.From != nil && m.From.name() != "" {
		it.Message.Text, it.Message.VisibleText = m.From.name()+": "+it.Message.Text, m.From.name()+": "+it.Message.VisibleText
	}
	if m.Contact != nil && m.From != nil && m.Contact.UserID == m.From.ID && m.Contact.Phone != "" { // their own, by Telegram's word
		it.Sender.Claims = append(it.Sender.Claims, connectors.Claim{Field: "phone", Value: "+" + strings.TrimPrefix(string(m.Contact.Phone), "+"), Proof: it.Sender.Proof})
	}
	if edited {
		revision := sum(body)
		if at := m.EditDate.Time; !at.IsZero() {
			it.ProviderAt, revision = at, strconv.FormatInt(at.Unix(), 10)
		}
		it.edited(id, revision)
	}
	if !ours && !edited {
		it.consents(r.set)
	}
}

// content is what a message says and which files it has; false for what isn't
// known.
func (m *tgMessage) content() (text string, files []media, known bool) {
	text = string(cmp.Or(m.Text, m.Caption))
	known = text != ""
	file := func(f *tgFile, what, kind string) {
		if f != nil && f.ID != "" {
			files = append(files, media{id: string(f.ID), name: string(f.Name), kind: cmp.Or(string(f.MimeType), kind), size: f.Size, what: what})
			known = true
		}
	}
	if n := len(m.Photo); n > 0 {
		file(&m.Photo[n-1], "Picture", "image/jpeg") // the largest comes last
	}
	file(m.Video, "Video", "video/mp4")
	file(m.VideoNote, "Video", "video/mp4")
	file(m.Audio, "Sound", "")
	file(m.Voice, "Voice message", "audio/ogg")
	if m.Animation != nil { // whose document is the same file
		file(m.Animation, "Animation", "video/mp4")
	} else {
		file(m.Document, "File", "")
	}
	if m.Sticker != nil {
		file(m.Sticker, "Sticker", "")
		text = string(m.Sticker.Emoji)
	}
	say := func(s string) { text, known = strings.TrimSpace(text+"\n"+s), true }
	switch {
	case m.Location != nil && m.Venue != nil:
		say(place(m.Location.Latitude, m.Location.Longitude, string(m.Venue.Title), string(m.Venue.Address)))
	case m.Location != nil:
		say(place(m.Location.Latitude, m.Location.Longitude))
	}
	if m.Contact != nil {
		say("Contact: " + m.Contact.name() + ", " + string(m.Contact.Phone))
	}
	if m.Dice != nil {
		say(string(m.Dice.Emoji) + " " + string(m.Dice.Value))
	}
	if m.Poll != nil {
		say("Poll: " + string(m.Poll.Question))
	}
	return text, files, known
}

// telegramCallback is a button that was pressed under a message of ours.
func (r *reader) telegramCallback(raw json.RawMessage, body []byte) {
	var q struct {
		ID      word       `json:"id"`
		From    tgUser     `json:"from"`
		Message *tgMessage `json:"message"`
		Data    word       `json:"data"`
	}
	if json.Unmarshal(raw, &q) != nil || q.From.ID == "" {
		r.unsupported(connectors.Sender{}, "", "update", "", r.now, body)
		return
	}
	who := r.social(string(q.From.ID), q.From.name())
	thread := who.Address
	if q.Message != nil && q.Message.Chat.ID != "" {
		who = r.telegramChat(&q.Message.Chat)
		thread = who.Address
	}
	it := r.message(who, thread, "button:"+string(q.ID), r.now, body, "").withPayload(string(q.Data))
	if q.Message != nil {
		it.Message.Quotes = external(thread, string(q.Message.ID))
	}
}

// telegramReaction tells all the signs that somebody has set now.
func (r *reader) telegramReaction(raw json.RawMessage, body []byte, update string) {
	type sign struct {
		Type  word `json:"type"`
		Emoji word `json:"emoji"`
	}
	var e struct {
		Chat tgChat  `json:"chat"`
		ID   word    `json:"message_id"`
		User *tgUser `json:"user"`
		Date stamp   `json:"date"`
		New  []sign  `json:"new_reaction"`
	}
	if json.Unmarshal(raw, &e) != nil || e.ID == "" || e.Chat.ID == "" {
		r.unsupported(connectors.Sender{}, "", "update", update, r.now, body)
		return
	}
	chat := r.telegramChat(&e.Chat)
	who := chat
	if e.User != nil {
		who = r.social(string(e.User.ID), e.User.name())
	}
	var emoji []string
	for _, s := range e.New {
		emoji = append(emoji, string(cmp.Or(s.Emoji, "⭐")))
	}
	r.reaction(who, chat.Address, string(e.ID), strings.Join(emoji, ""), len(emoji) == 0, e.Date.Time, body)
}

// nextUpdate is the offset after a body's update; 0 for none.
func nextUpdate(body []byte) int64 {
	var u tgUpdate
	if json.Unmarshal(body, &u) != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(u.ID), 10, 64)
	if err != nil {
		return 0
	}
	return n + 1
}
