package social

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A metaChange is what happened under a page's or account's posts: fields feed and
// mention of a page, comments, live_comments and mentions of Instagram
// (developers.facebook.com/docs/graph-api/webhooks/reference/page,
// developers.facebook.com/docs/graph-api/webhooks/reference/instagram).
type metaChange struct {
	Item word `json:"item"`
	Verb word `json:"verb"`
	From struct {
		ID       word `json:"id"`
		Name     word `json:"name"`
		Username word `json:"username"`
	} `json:"from"`
	SenderID     word  `json:"sender_id"`
	SenderName   word  `json:"sender_name"`
	CommentID    word  `json:"comment_id"`
	PostID       word  `json:"post_id"`
	ParentID     word  `json:"parent_id"`
	Message      word  `json:"message"`
	CreatedTime  stamp `json:"created_time"`
	Photo        word  `json:"photo"`
	Video        word  `json:"video"`
	Link         word  `json:"link"`
	ReactionType word  `json:"reaction_type"`
	IsHidden     bool  `json:"is_hidden"`
	Post         struct {
		PermalinkURL word `json:"permalink_url"`
	} `json:"post"`
	PermalinkURL word `json:"permalink_url"`

	ID    word `json:"id"`
	Text  word `json:"text"`
	Media struct {
		ID      word `json:"id"`
		AdTitle word `json:"ad_title"`
	} `json:"media"`
	MediaID word `json:"media_id"`
}

// A lookup is what a change doesn't say and the platform has to be asked.
type lookup struct {
	author string // of this comment, to whom the item's sender has written
	media  string // the address of this picture or video
	fields string // what Instagram tells of a mention
}

// Prefixes of ids that say what they are of, where it isn't a comment.
const (
	ofPost    = "post:"    // a visitor's post
	ofMention = "mention:" // somebody else's picture and, after another colon, comment
)

// metaChange reads one change; it reports whether it knows the field.
func (r *reader) metaChange(field string, raw json.RawMessage, at time.Time) bool {
	var v metaChange
	if json.Unmarshal(raw, &v) != nil {
		return false
	}
	if at.IsZero() {
		at = r.now
	}
	switch field {
	case "feed":
		r.feed(&v, at, raw)
	case "mention":
		r.pageMention(&v, at, raw)
	case "comments", "live_comments":
		r.instagramComment(&v, field == "live_comments", at, raw)
	case "mentions":
		r.instagramMention(&v, at, raw)
	default:
		return false
	}
	return true
}

// author is who wrote a comment; ours reports whether we did.
func (r *reader) author(v *metaChange) (who connectors.Sender, ours bool) {
	id := string(cmp.Or(v.From.ID, v.SenderID))
	return r.social(id, string(cmp.Or(v.From.Name, v.From.Username, v.SenderName))), id != "" && id == r.set.ID
}

// under is what is said with somebody under one post.
func under(post string, who connectors.Sender, raw []byte) string {
	return "comments:" + post + ":" + threadOf(who, raw)
}

// feed reads what happened on a page: comments, and what visitors posted there.
// What nobody said, such as a like of a post or a post of ours, makes no item.
func (r *reader) feed(v *metaChange, at time.Time, raw []byte) {
	who, ours := r.author(v)
	id := string(v.CommentID)
	thread := under(string(v.PostID), who, raw)
	switch {
	case (v.Item == "reaction" || v.Item == "like") && id != "" && !ours:
		emoji := cmp.Or(reactionSigns[string(v.ReactionType)], postSigns[string(v.ReactionType)], "👍")
		r.reaction(who, thread, id, emoji, v.Verb == "remove", at, raw)
	case v.Item == "reaction" || v.Item == "like":
	case v.Item == "comment" && id != "":
		r.change(v, id, id, who, thread, ours, at, raw)
	case v.PostID != "" && (ours || who.Address == "") && v.Item != "comment":
	case v.PostID != "" && (v.Item == "post" || v.Item == "status" || v.Item == "photo" || v.Item == "video"):
		r.change(v, string(v.PostID), ofPost+string(v.PostID), who, thread, false, at, raw)
	default:
		r.unsupported(who, "", cmp.Or(string(v.Item), "feed"), id, at, raw)
	}
}

// postSigns are the reactions to comments that messages don't have.
var postSigns = map[string]string{"haha": "😆", "anger": "😠", "sorry": "😢", "care": "🤗", "pride": "🏳️‍🌈", "thankful": "🌼"}

// change reads what became of a comment or a post: it is added, edited, removed,
// hidden or shown.
func (r *reader) change(v *metaChange, id, answer string, who connectors.Sender, thread string, ours bool, at time.Time, raw []byte) {
	written := v.CreatedTime.Time
	if written.IsZero() {
		written = at
	}
	switch v.Verb {
	case "add", "edited", "edit":
		it := r.comment(id, answer, who, thread, written, raw, string(v.Message))
		it.Message.Comment.Link = r.pageLink(v, id)
		it.Message.Comment.Hidden = v.IsHidden
		for _, m := range []media{{url: string(v.Photo), what: "Picture"}, {url: string(v.Video), what: "Video"}} {
			if m.url != "" {
				it.media = append(it.media, m)
			}
		}
		if v.Link != "" && len(it.media) == 0 {
			it.addLine("[link] " + string(v.Link))
		}
		if it.Message.Text == "" && len(it.media) == 0 {
			it.addLine("This came in a form that can't be shown here (" + string(cmp.Or(v.Item, "comment")) + "). Its source is kept.")
			it.Message.Problems = append(it.Message.Problems, "unsupported")
		}
		if v.Verb != "add" {
			it.edited(id, sum(raw)+":"+strconv.FormatInt(at.Unix(), 10))
			it.ProviderAt = at
		}
		if ours {
			r.oursUnder(it, string(v.PostID), string(v.ParentID))
		}
	case "remove", "delete":
		r.deleted(who, thread, id, at, raw)
	case "hide", "unhide":
		hidden := v.Verb == "hide"
		r.add(&item{raw: raw, Inbound: connectors.Inbound{
			Kind: connectors.KindHidden, EventID: "hidden:" + id + ":" + sum(raw) + ":" + at.UTC().Format(time.RFC3339), ExternalID: id, Key: thread, Sender: who, ProviderAt: at, Hidden: &hidden,
		}})
	default:
		r.unsupported(who, thread, string(cmp.Or(v.Item, "comment")+" "+v.Verb), id, at, raw)
	}
}

// comment adds one that somebody wrote; answer is by what it is answered.
func (r *reader) comment(id, answer string, who connectors.Sender, thread string, at time.Time, raw []byte, text string) *item {
	it := r.message(who, thread, id, at, raw, text)
	it.Message.Comment = &connectors.Comment{ID: answer, Thread: who.Address}
	return it
}

// oursUnder makes an item what we wrote ourselves, in the platform's own app or
// from here: to whom is a question to the platform.
func (r *reader) oursUnder(it *item, post, parent string) {
	if parent == "" || parent == post { // to nobody: a comment of ours to our own post
		r.items = r.items[:len(r.items)-1]
		return
	}
	it.EventID = "echo:" + it.EventID
	it.Message.Ours, it.Message.Quotes = true, parent
	it.Message.Comment.ID, it.Message.Comment.Thread = parent, ""
	it.lookup = &lookup{author: parent}
	it.post = post
}

// pageLink is where a comment can be seen.
func (r *reader) pageLink(v *metaChange, id string) string {
	if link, err := url.Parse(string(cmp.Or(v.PermalinkURL, v.Post.PermalinkURL))); err == nil && link.Host != "" {
		if _, own, ok := strings.Cut(id, "_"); ok && v.CommentID != "" && v.PermalinkURL == "" {
			q := link.Query()
			q.Set("comment_id", own)
			link.RawQuery = q.Encode()
		}
		return link.String()
	}
	return "https://www.facebook.com/" + url.PathEscape(id)
}

// pageMention reads that somebody names the page where they wrote.
func (r *reader) pageMention(v *metaChange, at time.Time, raw []byte) {
	who, ours := r.author(v)
	id := string(cmp.Or(v.CommentID, v.PostID))
	switch {
	case ours:
	case id == "" || who.Address == "":
		r.unsupported(who, "", "mention", id, at, raw)
	default:
		if v.Verb == "" {
			v.Verb = "add"
		}
		n := len(r.items)
		r.change(v, id, id, who, under(string(v.PostID), who, raw), false, at, raw)
		for _, it := range r.items[n:] {
			if it.Message != nil && it.Message.Comment != nil {
				it.Message.Comment.Elsewhere = true
				it.addLine("[mentions us]")
			}
		}
	}
}

// instagramComment reads what is written under a picture of ours, an ad, or during
// a live video. Instagram tells of neither changes nor deletions.
func (r *reader) instagramComment(v *metaChange, live bool, at time.Time, raw []byte) {
	who, ours := r.author(v)
	id, post := string(cmp.Or(v.ID, v.CommentID)), string(cmp.Or(v.Media.ID, v.MediaID))
	if id == "" || who.Address == "" {
		r.unsupported(who, "", "comments", id, at, raw)
		return
	}
	it := r.comment(id, id, who, under(post, who, raw), at, raw, string(v.Text))
	it.Message.Comment.Live = live
	it.lookup = &lookup{media: post}
	if v.Media.AdTitle != "" {
		it.addLine("[under the ad " + string(v.Media.AdTitle) + "]")
	}
	if it.Message.Text == "" {
		it.addLine("This came in a form that can't be shown here (comment). Its source is kept.")
		it.Message.Problems = append(it.Message.Problems, "unsupported")
	}
	if ours {
		r.oursUnder(it, post, string(v.ParentID))
	}
}

// instagramMention reads that somebody names us under what isn't ours: what they
// say is a question to the platform.
func (r *reader) instagramMention(v *metaChange, at time.Time, raw []byte) {
	if v.MediaID == "" {
		r.unsupported(connectors.Sender{}, "", "mentions", "", at, raw)
		return
	}
	id := ofMention + string(v.MediaID)
	fields := "mentioned_media.media_id(" + string(v.MediaID) + "){caption,permalink,username}"
	if v.CommentID != "" {
		id += ":" + string(v.CommentID)
		fields = "mentioned_comment.comment_id(" + string(v.CommentID) + "){text,username,media{permalink}}"
	}
	it := r.comment(id, id, connectors.Sender{Kind: inbox.SocialUser}, under(string(v.MediaID), connectors.Sender{}, []byte(id)), at, raw, "[mentions us]")
	it.Message.Comment.Elsewhere = true
	it.lookup = &lookup{fields: fields}
	if strings.ContainsAny(string(v.MediaID+v.CommentID), "(){},") {
		it.lookup = nil
	}
}

// ask has the platform say what changes leave out. What it doesn't know stays
// out; that it can't be reached now makes the whole come again.
func (c *Connector) ask(ctx context.Context, set *Settings, it *item) error {
	ask := it.lookup
	if ask == nil {
		return nil
	}
	var got struct {
		From struct {
			ID       word `json:"id"`
			Name     word `json:"name"`
			Username word `json:"username"`
		} `json:"from"`
		Permalink word `json:"permalink"`
		Comment   *struct {
			Text     word                     `json:"text"`
			Username word                     `json:"username"`
			Media    struct{ Permalink word } `json:"media"`
		} `json:"mentioned_comment"`
		Media *struct {
			Caption   word `json:"caption"`
			Permalink word `json:"permalink"`
			Username  word `json:"username"`
		} `json:"mentioned_media"`
	}
	node, fields := ask.author, "from"
	switch {
	case ask.media != "":
		node, fields = ask.media, "permalink"
	case ask.fields != "":
		node, fields = set.ID, ask.fields
	}
	body, err := c.request(ctx, set, http.MethodGet, set.APIURL+"/"+url.PathEscape(node)+"?fields="+url.QueryEscape(fields), nil, nil)
	if later := new(laterError); errors.As(err, &later) && ask.author != "" {
		return err // whose it is can't be left out
	}
	if err == nil && json.Unmarshal(body, &got) != nil {
		err = errors.New("its answer can't be read")
	}
	if err != nil {
		c.cfg.Log.Warn("what a change leaves out can't be had", "provider", set.Provider, "error", err)
	}
	r := &reader{set: set}
	m := it.Message
	if m.Comment.Link == "" {
		m.Comment.Link = string(got.Permalink)
	}
	switch {
	case ask.author != "" && (got.From.ID == "" || string(got.From.ID) == set.ID):
		it.skip = true // we wrote it to ourselves, or to what is gone
	case ask.author != "":
		it.meant(r.social(string(got.From.ID), string(cmp.Or(got.From.Name, got.From.Username))), it.post, it.raw)
	case got.Comment != nil:
		m.Comment.Link = string(got.Comment.Media.Permalink)
		it.named(r, got.Comment.Username, got.Comment.Text)
	case got.Media != nil:
		m.Comment.Link = string(got.Media.Permalink)
		it.named(r, got.Media.Username, got.Media.Caption)
	case ask.fields != "":
		it.addLine("What they say can't be read: Instagram doesn't tell.")
		m.Problems = append(m.Problems, "unsupported")
	}
	return nil
}

// meant says to whom we wrote it.
func (it *item) meant(who connectors.Sender, post string, raw []byte) {
	thread := under(post, who, raw)
	it.Sender = who
	it.EventID = strings.Replace(it.EventID, it.Key, thread, 1)
	it.Key, it.Message.ThreadKey, it.Message.From = thread, thread, inbox.Party{Address: who.Address, Name: who.Name}
}

// named says who wrote a mention, and what. Instagram tells no more of them than a
// name that they can change: it proves nothing.
func (it *item) named(r *reader, user, text word) {
	if user != "" {
		it.Sender = connectors.Sender{Kind: inbox.SocialUser, Address: r.set.Provider + ":@" + string(user), Name: string(user), Proof: inbox.Claimed}
		it.Message.From = inbox.Party{Address: it.Sender.Address, Name: it.Sender.Name}
	}
	if text != "" {
		it.Message.Text, it.Message.VisibleText = string(text)+"\n"+it.Message.Text, string(text)+"\n"+it.Message.VisibleText
	}
}

// maxComment is how much a platform takes of a comment, characters
// (developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-media/comments).
var maxComment = map[string]int{Messenger: 8000, Instagram: 300}

// parts of an answer to a public comment: beside it
// (developers.facebook.com/docs/graph-api/reference/comment/comments,
// developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment/replies,
// developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/mentions),
// or in one message to who wrote it
// (developers.facebook.com/documentation/business-messaging/messenger-platform/discovery/private-replies).
func (w *writer) answerComment(text string) ([]part, error) {
	ask := w.out.Comment
	if len(w.out.Attachments) > 0 {
		return nil, invalid("no files go with an answer to a comment")
	}
	most, size, path := maxComment[w.set.Provider], runes, w.set.APIURL+"/"+url.PathEscape(strings.TrimPrefix(ask.ID, ofPost))+"/comments"
	doc := map[string]any{"message": text}
	mention, mentions := strings.CutPrefix(ask.ID, ofMention)
	switch {
	case ask.Private && mentions:
		return nil, invalid("who mentions us elsewhere can't be answered in private")
	case ask.Private:
		if w.out.Date.Sub(ask.WrittenAt) > inbox.PrivateFor {
			return nil, invalid("the comment is older than seven days: the platform takes no private message for it any more")
		}
		most, path = 2000, w.set.APIURL+"/me/messages"
		to, message := map[string]any{"comment_id": ask.ID}, map[string]any{"text": text}
		if post, ok := strings.CutPrefix(ask.ID, ofPost); ok {
			to = map[string]any{"post_id": post}
		}
		if w.set.Provider == Instagram {
			most, size = 1000, octets
		} else {
			message["metadata"] = mark(w.out)
		}
		doc = map[string]any{"recipient": to, "message": message, "messaging_type": "RESPONSE"}
	case mentions:
		media, comment, ok := strings.Cut(mention, ":")
		path = w.set.APIURL + "/" + w.set.ID + "/mentions"
		doc["media_id"] = media
		if ok {
			doc["comment_id"] = comment
		}
	case w.set.Provider == Instagram:
		path = strings.TrimSuffix(path, "/comments") + "/replies"
	}
	if n := size(text); n > most {
		return nil, invalid("the answer has %d characters or bytes, more than the %d that go with one: shorten it", n, most)
	}
	return []part{{"the answer", func(ctx context.Context) ([]string, error) {
		var got struct {
			ID      string `json:"id"`
			Message string `json:"message_id"`
		}
		err := w.json(ctx, path, nil, doc, &got)
		return named(cmp.Or(got.Message, got.ID)), err
	}}}, nil
}

// hide asks the platform to hide a comment or to show it again, which may be
// asked any number of times (developers.facebook.com/docs/graph-api/reference/comment,
// developers.facebook.com/docs/instagram-platform/comment-moderation).
func (c *Connector) hide(ctx context.Context, account connectors.Account, set *Settings, out *connectors.Outbound) (inbox.Receipt, error) {
	w := &writer{c: c, set: set, account: account, out: out, to: out.Comment.ID}
	doc := map[string]any{"is_hidden": *out.Comment.Hide}
	if set.Provider == Instagram {
		doc = map[string]any{"hide": *out.Comment.Hide}
	}
	_, err := c.sendPart(ctx, account, w, part{"hiding", func(ctx context.Context) ([]string, error) {
		var got struct {
			Success bool `json:"success"`
		}
		err := w.json(ctx, set.APIURL+"/"+url.PathEscape(strings.TrimPrefix(out.Comment.ID, ofPost)), nil, doc, &got)
		if err == nil && !got.Success {
			err = &finalError{"the platform says that it didn't do it"}
		}
		return nil, unseen(err)
	}}, false)
	var final *finalError
	switch {
	case errors.As(err, &final):
		return inbox.Receipt{State: inbox.Failed, Detail: final.why}, nil
	case err != nil:
		return inbox.Receipt{}, err
	}
	return inbox.Receipt{State: inbox.Sent}, nil
}

// passed are changes that are another page's, as a body of its own.
func passed(page string, at time.Time, change json.RawMessage) json.RawMessage {
	raw, err := json.Marshal(map[string]any{"entry": []any{map[string]any{"id": page, "time": at.UnixMilli(), "changes": []json.RawMessage{change}}}})
	if err != nil {
		return change
	}
	return raw
}
