package social

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/connectors/connectorstest"
	"skein/inbox"
)

// What Meta's documentation says of requests about public comments.
type (
	// developers.facebook.com/docs/graph-api/reference/object/comments
	pageAnswer struct {
		Message string `json:"message" minLength:"1" maxLength:"8000"`
	}
	// developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment/replies
	instagramAnswer struct {
		Message string `json:"message" minLength:"1" maxLength:"300"`
	}
	// developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/mentions
	mentionAnswer struct {
		MediaID   string `json:"media_id" pattern:"^[0-9]+$"`
		CommentID string `json:"comment_id,omitempty" pattern:"^[0-9]+$"`
		Message   string `json:"message" minLength:"1" maxLength:"300"`
	}
	// developers.facebook.com/docs/graph-api/reference/comment
	pageHide struct {
		Hidden bool `json:"is_hidden"`
	}
	// developers.facebook.com/docs/instagram-platform/comment-moderation
	instagramHide struct {
		Hide bool `json:"hide"`
	}
)

var (
	pageNode      = regexp.MustCompile(`^/[0-9]+_[0-9]+$`)
	instagramNode = regexp.MustCompile(`^/178[0-9]+$`)
)

// commentPath is what a request to an address of the Graph API has to be like, nil
// for one that isn't about a comment.
func commentPath(path string) any {
	node, edge, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch node = "/" + node; {
	case pageNode.MatchString(node) && edge == "comments":
		return pageAnswer{}
	case pageNode.MatchString(node) && edge == "":
		return pageHide{}
	case instagramNode.MatchString(node) && edge == "replies":
		return instagramAnswer{}
	case instagramNode.MatchString(node) && edge == "":
		return instagramHide{}
	case path == "/IG/mentions":
		return mentionAnswer{}
	}
	return nil
}

func feed(value string) string {
	return `{"object":"page","entry":[{"id":"PAGE","time":1759999999,"changes":[{"field":"feed","value":` + value + `}]}]}`
}

func fbComment(verb, more string) string {
	return feed(`{"item":"comment","verb":"` + verb + `","comment_id":"200_301","post_id":"100_200","parent_id":"100_200","created_time":1759999900,"from":{"id":"PSID1","name":"Ann"},
		"post":{"permalink_url":"https://www.facebook.com/shop/posts/200"}` + more + `}`)
}

func igChange(field, value string) string {
	return `{"object":"instagram","entry":[{"id":"IG","time":1759999999,"changes":[{"field":"` + field + `","value":` + value + `}]}]}`
}

const igComment = `{"id":"17801","from":{"id":"IGSID1","username":"ann"},"media":{"id":"17900","media_product_type":"FEED"},"text":"How much?"}`

// commentWords are what items come to, with what is said of comments.
func commentWords(items []connectors.Inbound) string {
	var all []string
	for _, in := range items {
		s := words([]connectors.Inbound{in}) + " in " + in.Key
		if in.Hidden != nil && *in.Hidden {
			s += " hidden"
		}
		if m := in.Message; m != nil && m.Comment != nil {
			c := m.Comment
			s += " answered by " + c.ID + " at " + c.Link
			for word, is := range map[string]bool{" elsewhere": c.Elsewhere, " live": c.Live, " hidden": c.Hidden} {
				if is {
					s += word
				}
			}
		}
		all = append(all, s)
	}
	return strings.Join(all, "\n")
}

// What is said under posts, ads and live videos comes to the right items, from the
// webhook with what Meta is asked besides.
func TestComments(t *testing.T) {
	t.Parallel()
	const link = " at https://www.facebook.com/shop/posts/200?comment_id=301"
	for _, c := range []struct{ provider, body, want string }{
		{Messenger, fbComment("add", `,"message":"How much?"`), `message "How much?" by messenger:PSID1 in comments:100_200:messenger:PSID1 answered by 200_301` + link},
		{Messenger, fbComment("edited", `,"message":"How much is it?"`), `edited "How much is it?" of 200_301 by messenger:PSID1 in comments:100_200:messenger:PSID1 answered by 200_301` + link},
		{Messenger, fbComment("remove", ""), "deleted of 200_301 by messenger:PSID1 in comments:100_200:messenger:PSID1"},
		{Messenger, fbComment("hide", `,"message":"How much?"`), "hidden of 200_301 by messenger:PSID1 in comments:100_200:messenger:PSID1 hidden"},
		{Messenger, fbComment("unhide", ""), "hidden of 200_301 by messenger:PSID1 in comments:100_200:messenger:PSID1"},
		{Messenger, fbComment("add", `,"is_hidden":true,"photo":"https://x.example/1"`), `message "[Picture: it isn't fetched here]" by messenger:PSID1 in comments:100_200:messenger:PSID1 answered by 200_301` + link + " hidden"},
		{Messenger, fbComment("add", ""), `message "This came in a form that can't be shown here (comment). Its source is kept." unsupported by messenger:PSID1 in comments:100_200:messenger:PSID1 answered by 200_301` + link},
		{Messenger, fbComment("mute", ""), `message "This came in a form that can't be shown here (comment mute). Its source is kept." unsupported by messenger:PSID1 in comments:100_200:messenger:PSID1`},
		{Messenger, strings.Replace(fbComment("add", `,"message":"We do!"`), `"parent_id":"100_200"`, `"parent_id":"200_300"`, 1), `message "We do!" by messenger:PSID1 in comments:100_200:messenger:PSID1 answered by 200_301` + link},
		// What we write ourselves goes to who wrote what it answers.
		{Messenger, strings.NewReplacer(`"parent_id":"100_200"`, `"parent_id":"200_300"`, "PSID1", "PAGE").Replace(fbComment("add", `,"message":"Ten euros"`)), `message "Ten euros" ours quotes 200_300 by messenger:PSID9 in comments:100_200:messenger:PSID9 answered by 200_300` + link},
		{Messenger, strings.Replace(fbComment("add", `,"message":"Look"`), "PSID1", "PAGE", 1), ""},
		{Messenger, strings.NewReplacer(`"parent_id":"100_200"`, `"parent_id":"200_404"`, "PSID1", "PAGE").Replace(fbComment("add", `,"message":"Gone"`)), ""},
		{Messenger, feed(`{"item":"reaction","verb":"add","reaction_type":"love","comment_id":"200_301","post_id":"100_200","from":{"id":"PSID1","name":"Ann"}}`), "reaction ❤ false of 200_301 by messenger:PSID1 in comments:100_200:messenger:PSID1"},
		{Messenger, feed(`{"item":"reaction","verb":"add","reaction_type":"like","post_id":"100_200","from":{"id":"PSID1","name":"Ann"}}`), ""},
		{Messenger, feed(`{"item":"status","verb":"add","post_id":"100_200","message":"News","from":{"id":"PAGE","name":"Shop"}}`), ""},
		{Messenger, feed(`{"item":"post","verb":"add","post_id":"100_207","message":"Never again","from":{"id":"PSID1","name":"Ann"}}`), `message "Never again" by messenger:PSID1 in comments:100_207:messenger:PSID1 answered by post:100_207 at https://www.facebook.com/100_207`},
		{Messenger, feed(`{"item":"rating","verb":"add"}`), `message "This came in a form that can't be shown here (rating). Its source is kept." unsupported by  in `},
		{Messenger, feed(`7`), `message "This came in a form that can't be shown here (feed). Its source is kept." unsupported by  in `},
		{Messenger, `{"object":"page","entry":[{"id":"PAGE","time":1,"changes":[{"field":"mention","value":{"item":"comment","verb":"add","comment_id":"500_1","post_id":"400_500","message":"Ask the shop","sender_id":"PSID1","sender_name":"Ann"}}]}]}`,
			`message "Ask the shop\n[mentions us]" by messenger:PSID1 in comments:400_500:messenger:PSID1 answered by 500_1 at https://www.facebook.com/500_1 elsewhere`},
		{Instagram, igChange("comments", igComment), `message "How much?" by instagram:IGSID1 in comments:17900:instagram:IGSID1 answered by 17801 at https://www.instagram.com/p/abc/`},
		{Instagram, igChange("live_comments", igComment), `message "How much?" by instagram:IGSID1 in comments:17900:instagram:IGSID1 answered by 17801 at https://www.instagram.com/p/abc/ live`},
		{Instagram, igChange("comments", strings.Replace(igComment, `"FEED"`, `"AD","ad_id":"7","ad_title":"Lamps"`, 1)), `message "How much?\n[under the ad Lamps]" by instagram:IGSID1 in comments:17900:instagram:IGSID1 answered by 17801 at https://www.instagram.com/p/abc/`},
		{Instagram, igChange("comments", strings.NewReplacer("IGSID1", "IG", `"text"`, `"parent_id":"17800","text"`, "How much?", "Ten euros").Replace(igComment)), `message "Ten euros" ours quotes 17800 by instagram:IGSID9 in comments:17900:instagram:IGSID9 answered by 17800 at `},
		{Instagram, igChange("mentions", `{"media_id":"17950","comment_id":"17851"}`), `message "Ask @shop\n[mentions us]" by instagram:@bob in `},
		{Instagram, igChange("mentions", `{"media_id":"17404"}`), `message "[mentions us]\nWhat they say can't be read: Instagram doesn't tell." unsupported by  in `},
		{Instagram, igChange("comments", `{"text":"nobody"}`), `message "This came in a form that can't be shown here (comments). Its source is kept." unsupported by  in `},
		{Instagram, igChange("story_insights", `{"media_id":"1"}`), `message "This came in a form that can't be shown here (story_insights). Its source is kept." unsupported by  in `},
	} {
		p := newPlatform(t)
		p.nodes = map[string]string{
			"/200_300": `{"from":{"id":"PSID9","name":"Bob"},"id":"200_300"}`, "/200_404": `{"id":"200_404"}`,
			"/17800": `{"from":{"id":"IGSID9","username":"bob"}}`, "/17900": `{"permalink":"https://www.instagram.com/p/abc/"}`,
			"/IG": `{"id":"IG"}`,
		}
		if strings.Contains(c.body, "17851") {
			p.nodes["/IG"] = `{"mentioned_comment":{"text":"Ask @shop","username":"bob","media":{"permalink":"https://www.instagram.com/p/xyz/"}},"id":"IG"}`
		}
		account := p.account(c.provider, `"media":{"off":true}`)
		d := connectorstest.NewDesk(t, account)
		srv := httptest.NewServer(newConnector(nil).Handler(d))
		if status, said := post(t, signed(c.provider, srv.URL+"/in/social/"+c.provider, c.body)); status != http.StatusOK {
			t.Errorf("%s gets %d %s for %s", c.provider, status, said, c.body)
		}
		srv.Close()
		got := strings.NewReplacer("[Picture: it stays with the platform]", "[Picture: it isn't fetched here]").Replace(commentWords(d.All()))
		if got != c.want && !(strings.HasSuffix(c.want, " in ") && strings.HasPrefix(got, c.want)) {
			t.Errorf("%s says %s\n got %s\nwant %s", c.provider, c.body, got, c.want)
		}
	}
}

// An answer stands beside the comment, or goes to its writer alone; what the
// platform wouldn't take isn't asked of it.
func TestCommentAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		provider, id string
		private      bool
		text         string
		ago          time.Duration
		sent         string // as it is asked of the platform; "" for nothing
		why          string // of what fails
	}{
		{Messenger, "200_301", false, "Ten euros", 0, `/200_301/comments {"message":"Ten euros"}`, ""},
		{Messenger, "post:100_207", false, "Sorry", 0, `/100_207/comments {"message":"Sorry"}`, ""},
		{Messenger, "200_301", true, "Ten euros", 6 * day, `"recipient":{"comment_id":"200_301"}}`, ""},
		{Messenger, "post:100_207", true, "Sorry", 0, `"recipient":{"post_id":"100_207"}}`, ""},
		{Messenger, "200_301", true, "Ten euros", 8 * day, "", "older than seven days"},
		{Messenger, "200_301", false, "Late", 30 * day, `/200_301/comments {"message":"Late"}`, ""},
		{Messenger, "200_301", false, strings.Repeat("a", 8001), 0, "", "more than the 8000"},
		{Instagram, "17801", false, "Ten euros", 0, `/17801/replies {"message":"Ten euros"}`, ""},
		{Instagram, "17801", true, "Ten euros", 0, `"recipient":{"comment_id":"17801"}}`, ""},
		{Instagram, "17801", false, strings.Repeat("ä", 301), 0, "", "more than the 300"},
		{Instagram, "17801", true, strings.Repeat("ä", 501), 0, "", "more than the 1000"},
		{Instagram, "mention:17950:17851", false, "Thanks", 0, `/IG/mentions {"comment_id":"17851","media_id":"17950","message":"Thanks"}`, ""},
		{Instagram, "mention:17950", false, "Thanks", 0, `/IG/mentions {"media_id":"17950","message":"Thanks"}`, ""},
		{Instagram, "mention:17950", true, "Thanks", 0, "", "can't be answered in private"},
		{Telegram, "1", false, "Thanks", 0, "", "no public comments"},
	} {
		p := newPlatform(t)
		account := p.account(c.provider, "")
		out := outbound(account, someone[c.provider], c.text)
		out.HeardAt = out.Date.Add(-90 * day) // which bounds direct messages alone
		out.Comment = &connectors.CommentAsk{ID: c.id, Private: c.private, WrittenAt: out.Date.Add(-c.ago)}
		got, err := newConnector(nil).Send(t.Context(), account, out, opened)
		sent := strings.Join(p.all(), "\n")
		if err != nil || (got.State == inbox.Failed) != (c.why != "") || !strings.Contains(got.Detail, c.why) || (sent == "") != (c.sent == "") || !strings.Contains(sent, c.sent) {
			t.Errorf("%s to %s, in private %v: %+v, %v, sent %s", c.provider, c.id, c.private, got, err, sent)
		}
		if c.why == "" && len(got.ExternalIDs) != 1 {
			t.Errorf("%s to %s: nobody knows it as %v", c.provider, c.id, got.ExternalIDs)
		}
	}
	p := newPlatform(t)
	account := p.account(Messenger, "")
	out := outbound(account, "messenger:PSID1", "Look", file("a.jpg", "image/jpeg", "\xff\xd8\xff"))
	out.Comment = &connectors.CommentAsk{ID: "200_301", WrittenAt: out.Date}
	if got, err := newConnector(nil).Send(t.Context(), account, out, opened); err != nil || got.State != inbox.Failed || len(p.all()) > 0 {
		t.Errorf("with a file: %+v, %v", got, err)
	}
	// The platform's own word on who has been answered before.
	out.Attachments, out.Comment.Private = nil, true
	p.next(answer{400, `{"error":{"message":"Activity already replied to","code":10900}}`, nil})
	if got, err := newConnector(nil).Send(t.Context(), account, out, opened); err != nil || got.State != inbox.Failed || !strings.Contains(got.Detail, "takes no second") {
		t.Errorf("a second one: %+v, %v", got, err)
	}
}

// A comment is hidden and shown as often as it takes: what isn't known to have been
// done is asked again, and a refusal is told.
func TestHideComment(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		provider, id string
		hide         bool
		answer       *answer
		sent         string
		state        inbox.State // "" for an error, after which it is asked again
	}{
		{Messenger, "200_301", true, nil, `/200_301 {"is_hidden":true}`, inbox.Sent},
		{Messenger, "post:100_207", false, nil, `/100_207 {"is_hidden":false}`, inbox.Sent},
		{Instagram, "17801", true, nil, `/17801 {"hide":true}`, inbox.Sent},
		{Messenger, "200_301", true, &answer{200, `{"success":false}`, nil}, "", inbox.Failed},
		{Messenger, "200_301", true, &answer{400, `{"error":{"message":"no permission","code":200}}`, nil}, "", inbox.Failed},
		{Messenger, "200_301", true, &answer{}, `/200_301 {"is_hidden":true}`, ""},
		{Messenger, "200_301", true, &answer{502, "<html>", nil}, "", ""},
	} {
		p := newPlatform(t)
		account := p.account(c.provider, "")
		if c.answer != nil {
			p.next(*c.answer)
		}
		out := connectors.Outbound{MessageID: inbox.NewID[inbox.MessageID](time.Now()), Attempt: 1, Channel: inbox.Social, Account: account.ID, Date: time.Now(),
			Comment: &connectors.CommentAsk{ID: c.id, Hide: &c.hide}}
		got, err := newConnector(nil).Send(t.Context(), account, out, opened)
		if sent := strings.Join(p.all(), "\n"); got.State != c.state || (err != nil) != (c.state == "") || sent != c.sent {
			t.Errorf("%s %s hide %v: %+v, %v, sent %s", c.provider, c.id, c.hide, got, err, sent)
		}
	}
}

// While Meta doesn't say whom we answered, our own comment comes again later; what
// happens on another page goes to the account that has it.
func TestCommentsElsewhere(t *testing.T) {
	t.Parallel()
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	t.Cleanup(away.Close)
	p := newPlatform(t)
	one, two := p.account(Messenger, ""), p.account(Messenger, "")
	two.ID, two.Settings = "second", []byte(strings.Replace(string(two.Settings), `"PAGE"`, `"PAGE2"`, 1))
	one.Settings = []byte(strings.Replace(string(one.Settings), p.url, away.URL, 1))
	d := connectorstest.NewDesk(t, one, two)
	srv := httptest.NewServer(newConnector(nil).Handler(d))
	t.Cleanup(srv.Close)
	ours := strings.NewReplacer(`"parent_id":"100_200"`, `"parent_id":"200_300"`, "PSID1", "PAGE").Replace(fbComment("add", `,"message":"Ten euros"`))
	if status, _ := post(t, signed(Messenger, srv.URL+"/in/social/messenger", ours)); status != http.StatusServiceUnavailable || len(d.All()) > 0 {
		t.Errorf("while Meta is away ours gets %d and comes to %s", status, commentWords(d.All()))
	}
	for _, page := range []string{"PAGE2", "PAGE3"} {
		body := strings.Replace(fbComment("add", `,"message":"Hi"`), `"id":"PAGE"`, `"id":"`+page+`"`, 1)
		if status, said := post(t, signed(Messenger, srv.URL+"/in/social/messenger", body)); status != http.StatusOK {
			t.Errorf("of %s it gets %d %s", page, status, said)
		}
	}
	items := d.All()
	if len(items) != 2 || items[0].Account != "second" || items[0].Message.Comment == nil || items[0].Message.Text != "Hi" || !strings.Contains(items[1].Message.Text, "for PAGE3") {
		t.Errorf("of other pages it comes to %s", commentWords(items))
	}
}

// No change makes the reader fall, and every item can be told apart and found.
func FuzzComments(f *testing.F) {
	for _, s := range []string{fbComment("add", `,"message":"Hi"`), igChange("comments", igComment), igChange("mentions", `{"media_id":"1"}`)} {
		f.Add(true, s)
		f.Add(false, s)
	}
	p := newPlatform(f)
	f.Fuzz(func(t *testing.T, page bool, body string) {
		provider := Instagram
		if page {
			provider = Messenger
		}
		items, err := Items(p.account(provider, ""), []byte(body), time.Unix(1.76e9, 0))
		if err != nil && inbox.CodeOf(err) != inbox.Invalid {
			t.Errorf("%s: %v", provider, err)
		}
		for _, in := range items {
			if in.EventID == "" || in.Key == "" || in.Raw == nil || in.Message != nil && in.Message.Comment != nil && in.Message.Comment.ID == "" {
				t.Errorf("%s: %+v", provider, in)
			}
		}
	})
}
