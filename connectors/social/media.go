package social

import (
	"bufio"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"skein/connectors"
	"skein/connectors/fetch"
	"skein/connectors/webhook"
	"skein/inbox"
)

const (
	maxMissing = 1_000 // files that wait for another try, an account
	maxFiles   = 10    // of one message
)

// A missing is a file of a message that couldn't be had yet.
type missing struct {
	in    connectors.Inbound // with its text before anything was noted
	media media
	try   int
	due   time.Time
}

// finish puts an item's bytes down and fetches its files, all within the
// patience of the platform that waits for our answer; what isn't had by then is
// noted, and tried again.
func (c *Connector) finish(ctx context.Context, account connectors.Account, set *Settings, items []*item) ([]connectors.Inbound, error) {
	within, cancel := context.WithTimeout(ctx, c.cfg.Patience)
	defer cancel()
	type result struct {
		file  *connectors.Attachment
		why   string
		again bool
		err   error
	}
	for _, it := range items {
		if err := c.ask(within, set, it); err != nil {
			return nil, err
		}
	}
	items = slices.DeleteFunc(items, func(it *item) bool { return it.skip })
	got := make([][]result, len(items))
	var busy sync.WaitGroup
	room := make(chan struct{}, 8)
	for i, it := range items {
		it.media = it.media[:min(len(it.media), maxFiles)]
		got[i] = make([]result, len(it.media))
		for n, m := range it.media {
			busy.Go(func() {
				room <- struct{}{}
				defer func() { <-room }()
				r := &got[i][n]
				r.file, r.why, r.again, r.err = c.fetch(within, set, m)
			})
		}
	}
	busy.Wait()
	var all []connectors.Inbound
	for i, it := range items {
		raw := hashed(it.raw)
		if c.in != nil {
			var err error
			if raw, err = webhook.Raw(ctx, c.in, it.raw); err != nil {
				return nil, err
			}
		}
		it.Raw = &raw
		plain := it.Inbound
		if it.Message != nil {
			message := *it.Message
			plain.Message = &message
		}
		for n, m := range it.media {
			switch r := got[i][n]; {
			case r.err != nil:
				return nil, r.err // our own bus
			case r.file != nil:
				it.Message.Attachments = append(it.Message.Attachments, *r.file)
			default:
				it.lacks(m, r.why)
				if r.again {
					c.later(account.ID, missing{in: plain, media: m})
				}
			}
		}
		all = append(all, it.Inbound)
	}
	return all, nil
}

func (c *Connector) later(account inbox.AccountID, m missing) {
	if m.try >= len(c.cfg.Tries) {
		return
	}
	m.due = c.cfg.Now().Add(c.cfg.Tries[m.try])
	select {
	case c.state(account).missing <- m:
	default: // the note on the message says that it is missing
	}
}

// refetch tries again what couldn't be had, whatever is due first, until ctx ends.
func (c *Connector) refetch(ctx context.Context, account connectors.Account, set *Settings, st *state) error {
	var waiting []missing
	defer func() { // for who comes after us
		for _, m := range waiting {
			select {
			case st.missing <- m:
			default:
			}
		}
	}()
	for {
		due := make(<-chan time.Time) // never
		if len(waiting) > 0 {
			due = time.After(waiting[0].due.Sub(c.cfg.Now()))
		}
		select {
		case <-ctx.Done():
			return nil
		case m := <-st.missing:
			if len(waiting) < maxMissing {
				i, _ := slices.BinarySearchFunc(waiting, m, func(a, b missing) int { return a.due.Compare(b.due) })
				waiting = slices.Insert(waiting, i, m)
			}
			continue
		case <-due:
		}
		m := waiting[0]
		waiting = waiting[1:]
		file, why, again, err := c.fetch(ctx, set, m.media)
		if ctx.Err() != nil || c.in == nil {
			waiting = append(waiting, m)
			return nil
		}
		m.try++
		switch {
		case err != nil || again:
			c.cfg.Log.Debug("a file can't be had yet", "account", string(account.ID), "why", why, "error", err)
			c.later(account.ID, m)
			continue
		case file == nil:
			continue // and that is what the message says
		}
		in := m.in
		message := *in.Message
		message.Attachments = []connectors.Attachment{*file}
		in.Kind, in.EventID, in.Message = connectors.KindEdited, "file:"+in.EventID+":"+file.Body.SHA256, &message
		if err := c.in.Accept(ctx, account.ID, in); err != nil {
			c.later(account.ID, m)
		}
	}
}

// fetch makes one try to have a file. why is for people; an error is our own
// bus's.
func (c *Connector) fetch(ctx context.Context, set *Settings, m media) (file *connectors.Attachment, why string, again bool, err error) {
	most := int64(set.Media.MaxMB) << 20
	switch {
	case set.Media.Off:
		return nil, "it stays with the platform", false, nil
	case c.in == nil:
		return nil, "it can't be put down here", false, nil
	case m.size > most:
		return nil, fmt.Sprintf("it has %s, more than the %d MB that are taken", fetch.SizeWord(m.size), set.Media.MaxMB), false, nil
	}
	resp, err := c.open(ctx, set, m)
	if err != nil {
		code := inbox.CodeOf(err)
		return nil, "it can't be fetched: " + strings.TrimSuffix(fetch.Plainly(err, "the platform"), "."), code != inbox.Forbidden && code != inbox.Invalid, nil
	}
	defer func() { _ = resp.Body.Close() }()
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound || code == http.StatusGone:
		return nil, fmt.Sprintf("the platform has it no more (%d)", code), false, nil
	case code != http.StatusOK:
		return nil, fmt.Sprintf("the platform doesn't give it (%d)", code), code >= 500 || code == http.StatusTooManyRequests || code == http.StatusAccepted, nil
	case resp.ContentLength > most:
		return nil, fmt.Sprintf("it has %s, more than the %d MB that are taken", fetch.SizeWord(resp.ContentLength), set.Media.MaxMB), false, nil
	}
	in := bufio.NewReaderSize(resp.Body, 4096)
	head, _ := in.Peek(512) // a short one is all that there is
	kind := kindOf(head, cmp.Or(resp.Header.Get("Content-Type"), m.kind), m.kind)
	body, err := c.in.PutBody(ctx, &fetch.Bounded{R: in, Left: most})
	switch {
	case errors.Is(err, fetch.ErrTooLarge):
		return nil, fmt.Sprintf("it has more than the %d MB that are taken", set.Media.MaxMB), false, nil
	case inbox.CodeOf(err) == inbox.Unavailable:
		return nil, "", true, err
	case err != nil:
		return nil, "it broke off: " + fetch.Plainly(err, "the platform"), true, nil
	case body.Size == 0:
		return nil, "the platform gave an empty file", true, nil
	case resp.ContentLength > 0 && body.Size != resp.ContentLength:
		return nil, "it broke off after " + fetch.SizeWord(body.Size), true, nil
	}
	return &connectors.Attachment{Name: fileName(m, kind), Type: kind, Body: body}, "", false, nil
}

// kindOf is what a file is: by its first bytes where these have a mark, else what
// was said of it. Nothing passes for a page or a script that a browser would run.
func kindOf(head []byte, said, alsoSaid string) string {
	guess, _, _ := mime.ParseMediaType(http.DetectContentType(head))
	declared, _, _ := mime.ParseMediaType(said)
	other, _, _ := mime.ParseMediaType(alsoSaid)
	if declared == "" || declared == "application/octet-stream" || declared == "binary/octet-stream" {
		declared = other
	}
	switch {
	case len(head) >= 12 && string(head[4:8]) == "ftyp" && strings.HasPrefix(declared, "audio/"):
		return declared // one container for sound and film
	case guess == "application/ogg" && strings.HasPrefix(declared, "audio/"):
		return declared
	case guess == "application/zip" && strings.Contains(declared, "openxmlformats"):
		return declared
	case guess != "application/octet-stream" && guess != "text/plain":
		return guess
	case guess == "text/plain" && !strings.HasPrefix(declared, "text/"):
		return "text/plain"
	case strings.Contains(declared, "html") || strings.Contains(declared, "xml") || strings.Contains(declared, "script") || declared == "":
		return "application/octet-stream"
	case guess == "application/octet-stream" && strings.HasPrefix(declared, "image/"):
		return "application/octet-stream" // a picture that is none
	}
	return declared
}

var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "video/mp4": ".mp4", "audio/ogg": ".ogg", "application/ogg": ".ogg",
	"audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/aac": ".aac", "audio/amr": ".amr", "application/pdf": ".pdf", "text/plain": ".txt", "text/vcard": ".vcf",
}

func fileName(m media, kind string) string {
	name := path.Base(strings.ReplaceAll(m.name, `\`, "/"))
	if m.name != "" && name != "." && name != "/" {
		return name
	}
	return cmp.Or(m.what, "File") + extensions[kind]
}

// open asks a platform for a file. Its own API gets our token, other hosts
// nothing.
func (c *Connector) open(ctx context.Context, set *Settings, m media) (*http.Response, error) {
	address := m.url
	var header http.Header
	switch {
	case set.Provider == WhatsApp && m.id != "":
		// The address that a webhook has may be old: the API gives a new one
		// (developers.facebook.com/docs/whatsapp/cloud-api/reference/media).
		body, err := c.request(ctx, set, http.MethodGet, set.APIURL+"/"+url.PathEscape(m.id)+"?phone_number_id="+url.QueryEscape(set.ID), nil, nil)
		if err != nil {
			return nil, err
		}
		var at struct {
			URL string `json:"url"`
		}
		if json.Unmarshal(body, &at) != nil || at.URL == "" {
			return nil, errors.New("the platform doesn't say where it is")
		}
		address, header = at.URL, http.Header{"Authorization": {"Bearer " + set.Token}}
	case set.Provider == Telegram:
		body, err := c.request(ctx, set, http.MethodGet, set.APIURL+"/bot"+set.Token+"/getFile?file_id="+url.QueryEscape(m.id), nil, nil)
		if err != nil {
			return nil, err
		}
		var at struct {
			Result struct {
				Path string `json:"file_path"`
			} `json:"result"`
		}
		if json.Unmarshal(body, &at) != nil || at.Result.Path == "" {
			return nil, errors.New("the platform doesn't say where it is")
		}
		address = set.APIURL + "/file/bot" + set.Token + "/" + at.Result.Path
	case set.Provider == Line && m.id != "":
		host := set.APIURL
		if host == apis[Line] {
			host = "https://api-data.line.me"
		}
		address, header = host+"/v2/bot/message/"+url.PathEscape(m.id)+"/content", http.Header{"Authorization": {"Bearer " + set.Token}}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, invalid("its address is none that can be asked")
	}
	if header != nil && !set.trusts(u) {
		header = nil
	}
	if api, err := url.Parse(set.APIURL); err == nil && set.Provider == Twilio && api.Host == u.Host {
		header = http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(set.AccountSID+":"+set.Secrets[0]))}}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, invalid("its address is none that can be asked")
	}
	if header != nil {
		r.Header = header
	}
	return (&fetch.Guard{Knows: set.knows, Setting: "media.hosts"}).Do(r)
}

// trusts reports whether our token may be told to a host.
func (s *Settings) trusts(u *url.URL) bool {
	api, err := url.Parse(s.APIURL)
	if err == nil && api.Host == u.Host {
		return true
	}
	own := map[string][]string{WhatsApp: {".fbsbx.com", ".facebook.com"}, Line: {".line.me"}}[s.Provider]
	return u.Scheme == "https" && slices.ContainsFunc(own, func(suffix string) bool { return strings.HasSuffix(u.Hostname(), suffix) })
}

// fileFor is how long a platform may fetch a file that we send.
const fileFor = 6 * time.Hour

// A handed is a file that a platform may fetch.
type handed struct {
	Body    connectors.Body `json:"b"`
	Type    string          `json:"t"`
	Expires int64           `json:"e"`
}

func (c *Connector) sign(b []byte) []byte {
	mac := hmac.New(sha256.New, c.cfg.Secret)
	mac.Write(b)
	return mac.Sum(nil)
}

// link is the address at which a platform may fetch a file that goes out; an
// error says what the operator has to set.
func (c *Connector) link(account inbox.AccountID, a connectors.Attachment) (string, error) {
	if c.cfg.PublicURL == "" || len(c.cfg.Secret) == 0 || a.Body.Ref == "" {
		return "", invalid("the platform fetches files from us and can't: SKEIN_PUBLIC_URL isn't set")
	}
	raw, err := json.Marshal(handed{a.Body, a.Type, c.cfg.Now().Add(fileFor).Unix()})
	if err != nil {
		return "", err
	}
	token := base64.RawURLEncoding.EncodeToString(append(c.sign(raw), raw...))
	return c.cfg.PublicURL + "/in/social/" + string(account) + "/file/" + token, nil
}

func (c *Connector) serveFile(w http.ResponseWriter, r *http.Request, token string) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	var file handed
	if err != nil || len(raw) < sha256.Size || len(c.cfg.Secret) == 0 || !hmac.Equal(raw[:sha256.Size], c.sign(raw[sha256.Size:])) ||
		json.Unmarshal(raw[sha256.Size:], &file) != nil || c.cfg.Now().Unix() > file.Expires {
		http.Error(w, "there is no such file, or no longer", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "this address takes GET", http.StatusMethodNotAllowed)
		return
	}
	body, err := c.in.OpenBody(r.Context(), file.Body)
	if err != nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "the file can't be had now", http.StatusServiceUnavailable)
		return
	}
	defer func() { _ = body.Close() }()
	w.Header().Set("Content-Type", file.Type)
	w.Header().Set("Content-Length", fmt.Sprint(file.Body.Size))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Disposition", "attachment")
	if r.Method == http.MethodGet {
		_, _ = io.Copy(w, body) // they are gone: nobody to tell
	}
}
