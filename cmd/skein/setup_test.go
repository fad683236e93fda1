package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox/inboxtest"
)

// From an empty database to the first answer to a message that shows its order, by
// the page alone: with the printed address somebody becomes the admin, tries a real
// mailbox out and connects it, brings orders from a file, invites a colleague, sees the
// chat on a page, and answers; an inbox gets a signature, a calendar its hours and
// holidays. What was done and passed over is known after a reload, and whoever comes
// later has to sign in.
func TestFirstRun(t *testing.T) {
	if testing.Short() {
		t.Skip("starts everything, and a browser")
	}
	t.Parallel()
	chromium, node := browser(t, "index.html")
	dovecot := inboxtest.StartDovecot(t)
	sink := inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{})
	p := startUp(t, filepath.Join(t.TempDir(), "data"))
	var link string
	select {
	case link = <-p.setup:
	case <-time.After(time.Minute):
		t.Fatal("an empty server prints no address to set it up at")
	}
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>Lamps</title><h1>Lamps</h1><script src="%s/widget/widget.js" data-account="web" async></script>`, p.url)
	}))
	t.Cleanup(shop.Close)

	page := runPage(t, node, "e2e/setup.mjs", "SKEIN_URL="+p.url, "SKEIN_SETUP="+link, fmt.Sprint("SKEIN_IMAP=", dovecot.Port), fmt.Sprint("SKEIN_SMTP=", sink.Port),
		"SKEIN_MAIL_PASSWORD="+inboxtest.MailPassword, "SKEIN_SHOP="+shop.URL, "CHROMIUM="+chromium)
	for _, step := range []string{"begun", "connected", "orders", "chat"} {
		page.expect(step)
		page.say("go")
	}
	page.expect("ready")
	dovecot.Deliver(t, "support", "INBOX", letter("first@x.example", "", "Where is my kettle?", "I ordered it two weeks ago, order 10042."))
	page.say("go")
	page.expect("answered")
	var went []string
	for _, m := range sink.Wait(t, 2, time.Minute) {
		went = append(went, m.To...)
	}
	slices.Sort(went)
	if got, want := strings.Join(went, " "), "cara@x.example tilda@shop.example"; got != want {
		t.Errorf("mail went to %s, want %s: the answer to the customer, the invitation to the colleague", got, want)
	}
	page.say("go")
	for _, step := range []string{"at work", "settings", "done"} {
		page.expect(step)
		page.say("go")
	}
}
