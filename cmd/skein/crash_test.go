package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox/inboxtest"
)

// crashRounds is how often everything is killed, and with how many mails on the
// way: SKEIN_CRASH_ROUNDS rounds of 2,000; without it two of them in CI, and
// one short round elsewhere.
func crashRounds(t *testing.T) (rounds, mails int) {
	if s := os.Getenv("SKEIN_CRASH_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("SKEIN_CRASH_ROUNDS=%s is not a number of rounds", s)
		}
		return n, 2000
	}
	if os.Getenv("CI") == "true" {
		return 2, 2000
	}
	return 1, 200
}

// Whatever is killed at whatever moment, with mail on the way in both
// directions: in the end every mail is there once, numbered without a gap, and
// every answer left once, or at most once and marked as uncertain.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED, not tested: -short")
	}
	t.Parallel()
	rounds, mails := crashRounds(t)
	c := newCrash(t)
	for round := range rounds {
		seed := rand.Uint64()
		t.Logf("round %d, seed %d", round+1, seed)
		c.round(round, mails, rand.New(rand.NewPCG(seed, 0)))
		if t.Failed() {
			break
		}
	}
	if err := c.up.stop(); err != nil {
		t.Error(err)
	}
}

// A crash is a mailbox, a mail server to send by, and a skein that is killed.
type crash struct {
	t       *testing.T
	binary  string
	data    string
	dovecot *inboxtest.Dovecot
	sink    *inboxtest.SMTPSink

	mu sync.Mutex // guards up, which the killer replaces, and what the answerers share
	up *upProcess

	answers []string // the words by which each answer is known, over all rounds
}

func newCrash(t *testing.T) *crash {
	c := buildCrash(t)
	c.dovecot, c.sink = inboxtest.StartDovecot(t), inboxtest.StartSMTPSink(t, inboxtest.SinkOptions{})
	settings := filepath.Join(t.TempDir(), "account.json")
	raw, err := json.Marshal(map[string]any{
		"imap":     map[string]any{"host": c.dovecot.Host, "port": c.dovecot.Port, "security": "none"},
		"smtp":     map[string]any{"host": c.sink.Host, "port": c.sink.Port, "security": "none"},
		"username": "support@shop.example", "password": inboxtest.MailPassword, "recheck": "1s",
	})
	if err == nil {
		err = os.WriteFile(settings, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.command("account", "add", "support", "--address", "support@shop.example", "--settings", settings)
	c.start()
	t.Cleanup(func() { c.up.kill() })

	// An account begins with what arrives after it was first seen.
	for i := 0; ; i++ {
		c.deliver(i, fmt.Sprintf("first-%d@crash.test", i), "")
		if c.settled(3*time.Second, func(db *pgx.Conn) (bool, error) {
			return exists(db, `SELECT EXISTS (SELECT FROM messages WHERE header_id LIKE 'first-%')`)
		}) {
			return c
		}
		if i == 20 {
			t.Fatalf("no mail comes in\n%s", c.up.log())
		}
	}
}

// round has mails come in and answers go out while everything is killed, and
// then looks at what is there.
func (c *crash) round(round, mails int, r *rand.Rand) {
	ctx, cancel := context.WithTimeout(context.Background(), 6*time.Minute)
	defer cancel()
	var want []string
	for i := range mails {
		want = append(want, fmt.Sprintf("r%d-%d@crash.test", round, i))
	}
	var work sync.WaitGroup
	work.Go(func() {
		for i, id := range want {
			parent := ""
			if i%3 == 2 {
				parent = want[i-1-i%2]
			}
			c.deliver(i, id, parent)
		}
	})
	answering, enough := context.WithCancel(ctx)
	var answered []string
	var answerers sync.WaitGroup
	for who := range 4 {
		answerers.Go(func() {
			list := c.answer(answering, fmt.Sprintf("%d-%d", round, who))
			c.mu.Lock()
			defer c.mu.Unlock()
			answered = append(answered, list...)
		})
	}
	kills := c.killAll(ctx, r)
	work.Wait()
	enough()
	answerers.Wait()
	c.answers = append(c.answers, answered...)

	began := time.Now()
	if !c.settled(4*time.Minute, func(db *pgx.Conn) (bool, error) {
		return exists(db, `SELECT count(DISTINCT header_id) >= $2 FROM messages WHERE header_id LIKE $1`, fmt.Sprintf("r%d-%%", round), mails)
	}) {
		c.t.Errorf("mails are missing after %v", time.Since(began).Round(time.Second))
	}
	if !c.settled(2*time.Minute, func(db *pgx.Conn) (bool, error) {
		return exists(db, `SELECT NOT EXISTS (SELECT FROM messages WHERE state IN ('queued', 'sending'))
			AND NOT EXISTS (SELECT FROM outbox WHERE published_at IS NULL) AND NOT EXISTS (SELECT FROM search_pending)`)
	}) {
		c.t.Error("something is still under way")
	}
	c.check(want)
	c.t.Logf("round %d: %d mails in, %d answers, killed %s", round+1, mails, len(answered), kills)
	if c.t.Failed() {
		c.t.Logf("the server said at last:\n%s", c.up.log())
	}
}

// killAll kills each of the connector, the server, PostgreSQL, and the latter
// two at once, and some of them again, at random moments in a random order, and
// starts what nobody else starts again.
func (c *crash) killAll(ctx context.Context, r *rand.Rand) string {
	victims := []string{"connector", "server", "postgres", "both"}
	victims = append(victims, victims[r.IntN(4)], victims[r.IntN(4)])
	r.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
	for _, victim := range victims {
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(200+r.IntN(2500)) * time.Millisecond):
		}
		c.mu.Lock()
		up := c.up
		c.mu.Unlock()
		if victim == "connector" {
			up.killChildren("connector")
			continue
		}
		if victim != "server" {
			up.killChildren("postgres")
		}
		if victim == "postgres" {
			continue // the server starts it again
		}
		up.kill()
		c.start()
	}
	return strings.Join(victims, ", ")
}

// check compares what is stored and what was sent with what must be.
func (c *crash) check(want []string) {
	db, err := c.connect()
	if err != nil {
		c.t.Error(err)
		return
	}
	defer func() { _ = db.Close(context.Background()) }()
	list := func(sql string, args ...any) []string { return c.list(db, sql, args...) }
	times := map[string]int{}
	for _, id := range list(`SELECT header_id FROM messages WHERE direction = 'in'`) {
		times[id]++
	}
	for _, id := range want {
		if times[id] != 1 {
			c.t.Errorf("mail %s is there %d times", id, times[id])
		}
	}
	for id, n := range times {
		if n != 1 {
			c.t.Errorf("mail %s is there %d times", id, n)
		}
	}
	if found := list(`SELECT header_id FROM messages m WHERE NOT EXISTS (SELECT FROM message_search WHERE message_id = m.id)`); len(found) > 0 {
		c.t.Errorf("not in the index: %v", found)
	}
	c.checkNumbers(db)
	c.checkAnswers(list(`SELECT text || '|' || state || '|' || header_id FROM messages WHERE direction = 'out' AND kind = 'message'`))
}

// checkNumbers sees that conversations are numbered without a gap, and counted.
func (c *crash) checkNumbers(db *pgx.Conn) {
	for what, sql := range map[string]string{
		"numbered with a gap": `SELECT c.id::text FROM conversations c JOIN messages m ON m.conversation_id = c.id
			GROUP BY c.id HAVING count(*) <> max(m.seq) OR min(m.seq) <> 1 OR max(m.seq) <> c.message_seq`,
		"without a message": `SELECT id::text FROM conversations c WHERE merged_into IS NULL AND NOT EXISTS (SELECT FROM messages WHERE conversation_id = c.id)`,
		"counted wrongly": `SELECT sum(n)::text FROM (SELECT n FROM counts UNION ALL SELECT n FROM count_deltas) d
			HAVING sum(n) <> (SELECT count(*) FROM conversations WHERE merged_into IS NULL)`,
	} {
		if found := c.list(db, sql); len(found) > 0 {
			c.t.Errorf("%s: %v", what, found)
		}
	}
}

// list are the rows of a query of one column.
func (c *crash) list(db *pgx.Conn, sql string, args ...any) []string {
	rows, err := db.Query(context.Background(), sql, args...)
	if err == nil {
		var out []string
		if out, err = pgx.CollectRows(rows, pgx.RowTo[string]); err == nil {
			return out
		}
	}
	c.t.Errorf("%s: %v", sql, err)
	return nil
}

// checkAnswers compares the answers in the database with those that the mail
// server has read.
func (c *crash) checkAnswers(stored []string) {
	read := map[string]int{}
	for _, m := range c.sink.Read() {
		msg, err := mail.ReadMessage(bytes.NewReader(m.Data))
		if err != nil {
			c.t.Errorf("what was sent can't be read: %v", err)
			continue
		}
		read[strings.Trim(msg.Header.Get("Message-ID"), "<>")]++
	}
	known := map[string]bool{}
	uncertain := 0
	for _, row := range stored {
		f := strings.Split(row, "|")
		text, state, id := f[0], f[1], f[2]
		if known[text] {
			c.t.Errorf("answer %q is stored twice", text)
		}
		known[text] = true
		n := read[id]
		switch {
		case state == "uncertain" && n <= 1:
			uncertain++
		case state == "sent" && n == 1:
		default:
			c.t.Errorf("answer %q is %s and was read %d times by the mail server", text, state, n)
		}
	}
	for _, text := range c.answers {
		if !known[text] {
			c.t.Errorf("answer %q was accepted and is lost", text)
		}
	}
	c.t.Logf("%d answers stored, %d uncertain", len(stored), uncertain)
}

// deliver puts the nth mail into the mailbox. Three in a row are one
// customer's, so that they lie in many partitions; one in forty carries a file
// that doesn't fit an item, and travels beside it.
func (c *crash) deliver(n int, id, parent string) {
	headers := ""
	if parent != "" {
		headers = fmt.Sprintf("In-Reply-To: <%s>\r\nReferences: <%s>\r\n", parent, parent)
	}
	who, _, _ := strings.Cut(id, "@")
	file := ""
	if n%40 == 7 {
		file = "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			strings.Repeat(strings.Repeat("QUJD", 19)+"\r\n", 400<<10/78)
	}
	c.dovecot.Deliver(c.t, "support@shop.example", "INBOX", fmt.Appendf(nil,
		"From: Somebody <customer%d@crash.test>\r\nTo: support@shop.example\r\nMessage-ID: <%s>\r\n%sSubject: About %s\r\nDate: %s\r\n"+
			"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThis is %s.\r\n%s--b--\r\n",
		n/3%16, id, headers, who, time.Now().Format(time.RFC1123Z), who, file))
}

// answer answers conversations, each call repeated with its key until it is
// accepted, and returns the answers that were.
func (c *crash) answer(ctx context.Context, who string) (accepted []string) {
	token := ""
	for i := 0; ctx.Err() == nil; i++ {
		text := fmt.Sprintf("Answer %d of %s.", i, who)
		key := fmt.Sprintf("crash-%s-%d", who, i)
		var of string
		for ctx.Err() == nil {
			if of == "" {
				of = c.anyConversation(ctx, &token)
			}
			var m struct {
				Text string `json:"text"`
			}
			if of != "" {
				status, err := c.call(ctx, http.MethodPost, "/conversations/"+of+"/replies", key, &token,
					map[string]any{"text": text, "seenSeq": 1 << 30, "force": true}, &m)
				if err == nil && status == http.StatusAccepted {
					accepted = append(accepted, text)
					break
				}
				if err == nil && status >= 400 && status < 500 && status != http.StatusUnauthorized && status != http.StatusTooManyRequests {
					c.t.Errorf("answer %q to %s was refused with %d", text, of, status)
					return accepted
				}
			}
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return accepted
}

func (c *crash) anyConversation(ctx context.Context, token *string) string {
	var list struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if status, err := c.call(ctx, http.MethodGet, "/conversations?status=all", "", token, nil, &list); err != nil || status != http.StatusOK || len(list.Items) == 0 {
		return ""
	}
	return list.Items[rand.IntN(len(list.Items))].ID
}

// call calls the API, signed in.
func (c *crash) call(ctx context.Context, method, path, key string, token *string, body, into any) (int, error) {
	c.mu.Lock()
	base := c.up.url + "/api/v1"
	c.mu.Unlock()
	if *token == "" && path != "/login" {
		var answer struct {
			AccessToken string `json:"accessToken"`
		}
		status, err := c.call(ctx, http.MethodPost, "/login", "", token, map[string]string{"email": "agent@crash.test", "password": "crash-password"}, &answer)
		if err != nil || status != http.StatusOK {
			return status, errors.Join(errors.New("log in"), err)
		}
		*token = answer.AccessToken
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if *token != "" {
		req.Header.Set("Authorization", "Bearer "+*token)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusUnauthorized {
		*token = ""
	}
	if res.StatusCode >= 300 {
		return res.StatusCode, nil
	}
	return res.StatusCode, json.NewDecoder(res.Body).Decode(into)
}

// settled waits until done, whatever fails meanwhile.
func (c *crash) settled(within time.Duration, done func(*pgx.Conn) (bool, error)) bool {
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		db, err := c.connect()
		if err != nil {
			continue
		}
		ok, err := done(db)
		_ = db.Close(context.Background())
		if err == nil && ok {
			return true
		}
	}
	return false
}

func exists(db *pgx.Conn, sql string, args ...any) (ok bool, err error) {
	err = db.QueryRow(context.Background(), sql, args...).Scan(&ok)
	return ok, err
}

func (c *crash) connect() (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	run, err := c.running()
	if err != nil {
		return nil, err
	}
	return pgx.Connect(ctx, run.Database)
}
