package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Two sidecars serve direct messages and two the shop, and one after the other
// is killed while a customer's messages and a shop's orders come three times
// each, the newest first, and agents answer and refund: every message and every
// order is there once and as it was last, and every answer and every refund was
// made once, or at most once and marked as uncertain.
func TestSidecarCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED, not tested: -short")
	}
	t.Parallel()
	c := buildCrash(t)
	c.start()
	t.Cleanup(func() { c.up.kill() })
	far := newFarEnd(t)
	c.addAccounts(
		inbox.Account{ID: "wa", Channel: inbox.Social, Name: "WhatsApp", Address: "+15550783881", MaxProof: inbox.Proven, Region: "US",
			Settings: fmt.Appendf(nil, `{"provider": "whatsapp", "secrets": ["secret"], "token": "token", "id": "106", "verifyToken": "v", "apiUrl": %q}`, far.URL)},
		inbox.Account{ID: "lamps", Channel: inbox.Shop, Name: "Lamps", MaxProof: inbox.Signed,
			Settings: fmt.Appendf(nil, `{"provider": "shopify", "secrets": ["secret"], "url": %q, "token": "shpat_1"}`, far.URL)})
	const people, each, orders = 6, 12, 40
	var hooks []hook
	for n := range people * each {
		hooks = append(hooks, waHook(fmt.Sprintf(`"messages":[{"from":"1650555%04d","id":"w%d","timestamp":"%d","type":"text","text":{"body":"said %d"}}]`, n%people, n, time.Now().Unix(), n)))
		for version, status := range []string{"pending", "paid", "paid"} {
			if n < orders {
				hooks = append(hooks, orderHook(n, version, status))
			}
		}
	}
	twins := map[string]*twin{"social": {c: c, channel: inbox.Social}, "shop": {c: c, channel: inbox.Shop}}
	for _, tw := range twins {
		tw.start()
		t.Cleanup(tw.kill)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	acting, enough := context.WithCancel(ctx)
	var agents sync.WaitGroup
	answers := make([][]string, 3)
	for i := range answers {
		agents.Go(func() { answers[i] = c.answer(acting, fmt.Sprint("agent", i)) })
	}
	agents.Go(func() { c.refund(acting) })
	victims := []func(){
		func() { c.up.killChildren("social") }, func() { c.up.killChildren("shop") },
		func() { twins["social"].kill(); twins["social"].start() }, func() { twins["shop"].kill(); twins["shop"].start() },
	}
	all := len(hooks) * 3
	for i := range all {
		h := hooks[len(hooks)-1-i%len(hooks)]
		// In turn to the server, which chooses, and to the other one.
		bases := []string{c.up.url, twins[h.channel].url()}
		for try := i; ctx.Err() == nil && h.post(ctx, bases[try%2]) != http.StatusOK; try++ {
			pauseFor(ctx, 20*time.Millisecond)
		}
		if at := all / 9; i%at == at-1 {
			victims[i/at%len(victims)]()
		}
	}
	enough()
	agents.Wait()
	answered := slices.Concat(answers...)
	if !c.settled(3*time.Minute, func(db *pgx.Conn) (bool, error) {
		return exists(db, `SELECT (SELECT count(*) FROM orders WHERE total = $1) >= $2 AND (SELECT count(DISTINCT text) FROM messages WHERE direction = 'in') >= $3
				AND NOT EXISTS (SELECT FROM messages WHERE state IN ('queued', 'sending')) AND NOT EXISTS (SELECT FROM order_actions WHERE state = 'sending')
				AND NOT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)`, lastTotal, orders, people*each)
	}) {
		t.Fatalf("something is still under way\n%s", c.up.log())
	}
	db, err := c.connect()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.Background()) }()
	for what, want := range map[string]int{
		`SELECT text FROM messages WHERE direction = 'in'`: people * each, `SELECT id::text FROM conversations`: people,
		`SELECT external_id FROM orders`: orders, `SELECT external_id FROM orders WHERE status = 'paid'`: orders,
	} {
		if got := c.list(db, what); len(got) != want {
			t.Errorf("%s: %d, want %d: %v", what, len(got), want, got)
		}
	}
	c.checkNumbers(db)

	// What became of each answer comes three times and backwards too, and ends
	// every doubt about those that arrived.
	texts, refunds := far.all()
	for range 3 {
		for text := range texts {
			for _, state := range []string{"read", "delivered", "sent"} {
				h := waHook(fmt.Sprintf(`"statuses":[{"id":%q,"status":%q,"timestamp":"%d","biz_opaque_callback_data":%q}]`, text, state, time.Now().Unix(), texts[text].mark))
				for ctx.Err() == nil && h.post(ctx, c.up.url) != http.StatusOK {
					pauseFor(ctx, 20*time.Millisecond)
				}
			}
		}
	}
	if !c.settled(time.Minute, func(db *pgx.Conn) (bool, error) {
		return exists(db, `SELECT count(*) >= $1 FROM messages WHERE state = 'read'`, len(texts))
	}) {
		t.Error("not all that arrived is known to be read")
	}
	c.checkLeft(db, answered, texts)
	doubts := 0
	for _, row := range c.list(db, `SELECT id || '|' || state FROM order_actions`) {
		id, state, _ := strings.Cut(row, "|")
		if state == "uncertain" {
			doubts++
		}
		if made := refunds[id]; state != "uncertain" && state != "sent" || state == "sent" && !made {
			t.Errorf("refund %s is %s, and made: %v", id, state, made)
		}
		delete(refunds, id)
	}
	if len(refunds) > 0 {
		t.Errorf("refunds that nobody decided on: %v", refunds)
	}
	t.Logf("%d webhooks, %d answers, %d refunds uncertain", all, len(answered), doubts)
	if err := c.up.stop(); err != nil {
		t.Error(err)
	}
}

// checkLeft compares the answers in the database with those that WhatsApp took.
func (c *crash) checkLeft(db *pgx.Conn, answered []string, texts map[string]*arrived) {
	c.t.Helper()
	stored := map[string]bool{}
	for _, row := range c.list(db, `SELECT text || '|' || state FROM messages WHERE direction = 'out' AND kind = 'message'`) {
		text, state, _ := strings.Cut(row, "|")
		if stored[text] {
			c.t.Errorf("answer %q is stored twice", text)
		}
		stored[text] = true
		switch a := texts[text]; {
		case a == nil && state == "uncertain":
		case a != nil && a.times == 1 && state == "read":
		default:
			c.t.Errorf("answer %q is %s, and arrived as %+v", text, state, a)
		}
	}
	for _, text := range answered {
		if !stored[text] {
			c.t.Errorf("answer %q was accepted and is lost", text)
		}
	}
}

// refund refunds a euro of one order after the other, each call repeated with
// its key until it is accepted.
func (c *crash) refund(ctx context.Context) {
	token := ""
	done := map[string]bool{}
	for ctx.Err() == nil {
		pauseFor(ctx, 20*time.Millisecond)
		db, err := c.connect()
		if err != nil {
			continue
		}
		ids := c.list(db, `SELECT id::text FROM orders WHERE status = 'paid'`)
		_ = db.Close(context.Background())
		for _, id := range ids {
			for !done[id] && ctx.Err() == nil {
				var made map[string]any
				status, err := c.call(ctx, http.MethodPost, "/orders/"+id+"/actions", "refund-"+id, &token, map[string]any{"kind": "refund", "amount": 100, "reason": "late"}, &made)
				if err == nil && status == http.StatusAccepted {
					done[id] = true
				} else if err == nil && status >= 400 && status < 500 && status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
					c.t.Errorf("the refund of %s was refused with %d", id, status)
					return
				}
				pauseFor(ctx, 20*time.Millisecond)
			}
		}
	}
}

// A hook is a webhook as its platform signs it.
type hook struct {
	channel, account, body string
	header                 http.Header
}

func signedHook(channel, account, body string, sign func(mac []byte, h http.Header)) hook {
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte(body))
	h := hook{channel, account, body, http.Header{"Content-Type": {"application/json"}}}
	sign(mac.Sum(nil), h.header)
	return h
}

func waHook(what string) hook {
	body := `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"106"},` + what + `}}]}]}`
	return signedHook("social", "wa", body, func(mac []byte, h http.Header) { h.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac)) })
}

// lastTotal is what every order comes to in the end, in cents.
const lastTotal = 12900

// orderHook is the nth order in one of its versions.
func orderHook(n, version int, status string) hook {
	body := fmt.Sprintf(`{"id": %d, "name": "#%d", "email": "c%d@x.example", "financial_status": %q, "created_at": "2026-06-01T10:00:00Z", "updated_at": "2026-06-01T10:0%d:00Z",
		"currency": "EUR", "subtotal_price": "%d.00", "total_price": "%d.00", "line_items": [{"id": 1, "sku": "LAMP", "title": "Lamp", "quantity": 1, "price": "%d.00"}],
		"customer": {"id": %d, "email": "c%d@x.example", "verified_email": true, "updated_at": "2026-06-01T10:00:00Z"}}`,
		7000+n, 1000+n, n, status, version, 127+version, 127+version, 127+version, 500+n, n)
	return signedHook("shop", "lamps", body, func(mac []byte, h http.Header) {
		h.Set("X-Shopify-Topic", "orders/updated")
		h.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac))
	})
}

// post sends a webhook to a server, or to a connector itself; 0 when nobody
// answers.
func (h hook) post(ctx context.Context, base string) int {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/in/"+h.channel+"/"+h.account, strings.NewReader(h.body))
	if err != nil {
		return 0
	}
	req.Header = h.header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// A twin is a second sidecar of a channel, a process of its own.
type twin struct {
	c       *crash
	channel inbox.Channel
	port    string
	cmd     *exec.Cmd
	output  tailBuffer
}

func (w *twin) url() string { return "http://127.0.0.1:" + w.port }

func (w *twin) start() {
	run, err := w.c.running()
	if err != nil {
		w.c.t.Error(err)
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.c.t.Error(err)
		return
	}
	_, w.port, _ = net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	cred := run.Connectors[w.channel]
	file := filepath.Join(w.c.t.TempDir(), "creds")
	if err := os.WriteFile(file, []byte(cred.Creds), 0o600); err != nil {
		w.c.t.Error(err)
		return
	}
	w.cmd = exec.Command(w.c.binary, "connector", string(w.channel))
	w.cmd.Env = append(cleanEnv(), "SKEIN_NATS_URL="+cred.URL, "SKEIN_NATS_CREDS="+file, "SKEIN_CHANNEL_KEY="+cred.Key, "SKEIN_CONNECTOR_LISTEN=127.0.0.1:"+w.port)
	w.cmd.Stdout, w.cmd.Stderr, w.cmd.WaitDelay = &w.output, &w.output, time.Second
	if err := w.cmd.Start(); err != nil {
		w.c.t.Error(err)
	}
}

// kill is kill -9, and returns when the process is gone.
func (w *twin) kill() {
	if w.cmd == nil || w.cmd.Process == nil {
		return
	}
	_ = w.cmd.Process.Signal(syscall.SIGKILL)
	_ = w.cmd.Wait()
	w.cmd = nil
}

// A farEnd stands in for WhatsApp's API and for Shopify's, and counts what
// reaches them. Each answers late, so that a kill falls between.
type farEnd struct {
	*httptest.Server
	mu      sync.Mutex // guards what follows
	texts   map[string]*arrived
	refunds map[string]bool // by their key, of which a second is none
}

type arrived struct {
	times int
	mark  string
}

func newFarEnd(t *testing.T) *farEnd {
	f := &farEnd{texts: map[string]*arrived{}, refunds: map[string]bool{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *farEnd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var got struct {
		Text      struct{ Body string }
		Opaque    string `json:"biz_opaque_callback_data"`
		Query     string
		Variables struct{ Key string }
	}
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil && r.Method == http.MethodPost {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := `{"id": "106"}`
	switch {
	case strings.Contains(got.Query, "suggestedRefund"):
		const eur = `{"presentmentMoney": {"amount": "129.00", "currencyCode": "EUR"}}`
		answer = fmt.Sprintf(`{"data": {"order": {"refunds": [], "suggestedRefund": {"amountSet": %[1]s, "maximumRefundableSet": %[1]s, "refundLineItems": [],
			"suggestedTransactions": [{"gateway": "card", "amountSet": %[1]s, "maximumRefundableSet": %[1]s, "parentTransaction": {"id": "gid://shopify/OrderTransaction/1"}}]}}}}`, eur)
	case strings.Contains(got.Query, "refundCreate"):
		f.mu.Lock()
		f.refunds[got.Variables.Key] = true
		f.mu.Unlock()
		answer = `{"data": {"refundCreate": {"refund": {"id": "gid://shopify/Refund/1"}, "userErrors": []}}}`
	case got.Text.Body != "":
		f.mu.Lock()
		if f.texts[got.Text.Body] == nil {
			f.texts[got.Text.Body] = &arrived{mark: got.Opaque}
		}
		f.texts[got.Text.Body].times++
		f.mu.Unlock()
		answer = fmt.Sprintf(`{"messages": [{"id": %q}]}`, got.Text.Body)
	}
	if r.Method == http.MethodPost {
		pauseFor(r.Context(), 30*time.Millisecond)
	}
	_, _ = io.WriteString(w, answer) // they may be gone, which is what is tested
}

func (f *farEnd) all() (texts map[string]*arrived, refunds map[string]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	texts, refunds = map[string]*arrived{}, map[string]bool{}
	for text, a := range f.texts {
		texts[text] = &arrived{a.times, a.mark}
	}
	for key := range f.refunds {
		refunds[key] = true
	}
	return texts, refunds
}
