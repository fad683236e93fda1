package phone

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/fetch"
	"skein/inbox"
)

// A fetched is what became of one try to have a recording.
type fetched struct {
	audio      inbox.CallAudio // with its state and note
	attachment *connectors.Attachment
	again      bool // a later try may do
}

// A fetcher has recordings from where exchanges keep them.
type fetcher struct {
	put     func(context.Context, io.Reader) (connectors.Body, error)
	timeout time.Duration
}

// fetch makes one try. What it notes is for people to read.
func (f *fetcher) fetch(ctx context.Context, set *Settings, account connectors.Account, call inbox.Call, a inbox.CallAudio) (r fetched, err error) {
	none := func(again bool, format string, args ...any) (fetched, error) {
		a.State, a.Note = inbox.AudioNone, fmt.Sprintf(format, args...)
		return fetched{audio: a, again: again}, nil
	}
	if set.Recordings.Off {
		return none(false, "Recordings of this account stay with the exchange.")
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	resp, err := f.get(ctx, set, a.URL)
	if err != nil {
		if code := inbox.CodeOf(err); code == inbox.Forbidden || code == inbox.Invalid {
			return none(false, "%s", err.Error())
		}
		return none(true, "It can't be fetched: %s.", plainly(err))
	}
	defer resp.Body.Close()
	most := int64(set.Recordings.MaxMB) << 20
	switch code := resp.StatusCode; {
	case code == http.StatusNotFound || code == http.StatusGone:
		return none(true, "The exchange has no recording under its address (%d).", code)
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return none(true, "The exchange refuses to give it (%d): are the account's secrets right, and is its address still good?", code)
	case code != http.StatusOK:
		return none(true, "The exchange doesn't give it (%d).", code)
	case resp.ContentLength > most:
		return none(false, "It has %s, more than the %d MB that are taken: it stays with the exchange.", fetch.SizeWord(resp.ContentLength), set.Recordings.MaxMB)
	}
	in := bufio.NewReaderSize(resp.Body, 4096)
	head, _ := in.Peek(512) // a short one is all that there is
	kind, lie := soundOf(head, resp.Header.Get("Content-Type"))
	if kind == "" {
		return none(true, "%s", lie)
	}
	stored, err := f.put(ctx, &fetch.Bounded{R: in, Left: most})
	switch {
	case errors.Is(err, fetch.ErrTooLarge):
		return none(false, "It has more than the %d MB that are taken: it stays with the exchange.", set.Recordings.MaxMB)
	case inbox.CodeOf(err) == inbox.Unavailable:
		return r, err // our own bus
	case err != nil:
		return none(true, "It broke off: %s.", plainly(err))
	case stored.Size == 0:
		return none(true, "The exchange gave an empty file.")
	case resp.ContentLength > 0 && stored.Size != resp.ContentLength:
		return none(true, "It broke off after %s.", fetch.SizeWord(stored.Size))
	}
	a.State, a.Note, a.SHA256 = inbox.AudioKept, lie, stored.SHA256
	return fetched{audio: a, attachment: &connectors.Attachment{Name: fileName(set, call, a, kind), Type: kind, Body: stored}}, nil
}

// get asks for a recording. Credentials go to the exchange's own host alone.
func (f *fetcher) get(ctx context.Context, set *Settings, address string) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, invalid("Its address is none that can be asked.")
	}
	if set.Provider == Twilio {
		return f.getTwilio(ctx, set, u)
	}
	return f.do(ctx, set, u, func(r *http.Request) {
		if rec := set.Recordings; rec.Password != "" && rec.knows(u) {
			if rec.User == "" {
				r.Header.Set("Authorization", "Bearer "+rec.Password)
			} else {
				r.SetBasicAuth(rec.User, rec.Password)
			}
		}
	})
}

// knows reports whether u is of a host that the settings name.
func (r *Recordings) knows(u *url.URL) bool {
	if base, err := url.Parse(r.Base); err == nil && r.Base != "" && base.Host == u.Host {
		return true
	}
	return slices.Contains(r.Hosts, u.Hostname()) || slices.Contains(r.Hosts, u.Host)
}

// getTwilio asks for a recording as MP3, with each of the account's tokens
// (twilio.com/docs/voice/api/recording, "Fetch a Recording's media file").
func (f *fetcher) getTwilio(ctx context.Context, set *Settings, u *url.URL) (resp *http.Response, err error) {
	api, err := url.Parse(set.APIURL)
	if err != nil {
		return nil, invalid("apiUrl can't be read.")
	}
	own := u.Host == api.Host || u.Scheme == "https" && (u.Host == "api.twilio.com" || strings.HasSuffix(u.Host, ".twilio.com"))
	if !own {
		return f.do(ctx, set, u, nil)
	}
	if path.Ext(u.Path) == "" {
		u.Path += ".mp3"
	}
	for _, token := range set.Secrets {
		if resp != nil {
			_ = resp.Body.Close()
		}
		resp, err = f.do(ctx, set, u, func(r *http.Request) { r.SetBasicAuth(set.accountSID(u.Path), token) })
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			return resp, err
		}
	}
	return resp, err
}

// accountSID is the settings', else the one in a path of the API.
func (s *Settings) accountSID(path string) string {
	if s.AccountSID != "" {
		return s.AccountSID
	}
	_, rest, _ := strings.Cut(path, "/Accounts/")
	sid, _, _ := strings.Cut(rest, "/")
	return sid
}

// do asks without following into our own network: see [fetch.Guard].
func (f *fetcher) do(ctx context.Context, set *Settings, u *url.URL, prepare func(*http.Request)) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, invalid("Its address is none that can be asked.")
	}
	if prepare != nil {
		prepare(r)
	}
	return (&fetch.Guard{Knows: set.knows, Setting: "recordings.hosts"}).Do(r)
}

// knows reports whether a host may be asked although it is in our own network.
func (s *Settings) knows(host, port string) bool {
	if s.Recordings.knows(&url.URL{Host: net.JoinHostPort(host, port)}) || slices.Contains(s.Recordings.Hosts, host) {
		return true
	}
	api, err := url.Parse(s.APIURL)
	return err == nil && s.APIURL != "" && api.Hostname() == host
}

// plainly is an error without the address that it is about.
func plainly(err error) string { return fetch.Plainly(err, "the exchange") }

// soundOf is the kind of sound that bytes begin, and a sentence where that is
// not what was said of it. "" is for what is no sound.
func soundOf(head []byte, said string) (kind, note string) {
	declared, _, _ := mime.ParseMediaType(said)
	kind = sniffSound(head)
	if kind == "" {
		guess, _, _ := mime.ParseMediaType(http.DetectContentType(head))
		if guess != "application/octet-stream" || !strings.HasPrefix(declared, "audio/") {
			return "", "What is under its address is no sound but " + firstNot(guess, "nothing") + "."
		}
		return declared, "" // of a kind that has no mark of its own, such as GSM
	}
	if declared != "" && declared != kind && !slices.Contains(sameSound[kind], declared) {
		return kind, "It was called " + declared + " and is " + kind + "."
	}
	return kind, ""
}

// Other names of the same kinds; and one that says nothing.
var sameSound = map[string][]string{
	"audio/wav":  {"audio/x-wav", "audio/wave", "audio/vnd.wave", "application/octet-stream", "binary/octet-stream"},
	"audio/mpeg": {"audio/mp3", "audio/x-mp3", "audio/mpeg3", "application/octet-stream", "binary/octet-stream"},
	"audio/ogg":  {"audio/opus", "application/ogg", "application/octet-stream", "binary/octet-stream"},
	"audio/mp4":  {"audio/m4a", "audio/x-m4a", "video/mp4", "application/octet-stream", "binary/octet-stream"},
	"audio/flac": {"audio/x-flac", "application/octet-stream", "binary/octet-stream"},
	"audio/webm": {"video/webm", "application/octet-stream", "binary/octet-stream"},
	"audio/amr":  {"application/octet-stream", "binary/octet-stream"},
}

func sniffSound(head []byte) string {
	has := func(at int, mark string) bool {
		return len(head) >= at+len(mark) && bytes.Equal(head[at:at+len(mark)], []byte(mark))
	}
	switch {
	case has(0, "RIFF") && has(8, "WAVE"):
		return "audio/wav"
	case has(0, "ID3"), len(head) > 3 && head[0] == 0xFF && head[1]&0xE0 == 0xE0 && head[1]&0x06 != 0 && head[2]&0xF0 != 0xF0:
		return "audio/mpeg"
	case has(0, "OggS"):
		return "audio/ogg"
	case has(4, "ftyp"):
		return "audio/mp4"
	case has(0, "fLaC"):
		return "audio/flac"
	case has(0, "\x1A\x45\xDF\xA3"):
		return "audio/webm"
	case has(0, "#!AMR"):
		return "audio/amr"
	}
	return ""
}

var soundExt = map[string]string{
	"audio/wav": ".wav", "audio/mpeg": ".mp3", "audio/ogg": ".ogg", "audio/mp4": ".m4a", "audio/flac": ".flac", "audio/webm": ".webm", "audio/amr": ".amr",
	"audio/gsm": ".gsm", "audio/x-gsm": ".gsm",
}

func fileName(set *Settings, call inbox.Call, a inbox.CallAudio, kind string) string {
	at := call.StartedAt
	if at.IsZero() {
		return a.Kind + soundExt[kind]
	}
	return a.Kind + at.In(set.zone).Format(" 2006-01-02 15.04") + soundExt[kind]
}

// hashed is a body of bytes in place.
func hashed(b []byte) connectors.Body {
	h := sha256.Sum256(b)
	return connectors.Body{Size: int64(len(b)), SHA256: hex.EncodeToString(h[:]), Inline: b}
}
