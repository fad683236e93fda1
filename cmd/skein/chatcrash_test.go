package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// The chat's sidecar and the whole server are killed while visitors and agents
// write: every message of a visitor is there once, every answer reaches its
// visitor, and on each visitor's side all of it was shown once, in order and
// without a gap.
func TestChatCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED, not tested: -short")
	}
	t.Parallel()
	c := buildCrash(t)
	c.start()
	t.Cleanup(func() { c.up.kill() })
	c.addChat()

	const visitors, each = 4, 30
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var chatters []*chatter
	var talking sync.WaitGroup
	for i := range visitors {
		v := &chatter{c: c, name: fmt.Sprint("v", i), want: each, acked: map[string]bool{}, texts: map[string]int{}}
		chatters = append(chatters, v)
		talking.Go(func() { v.run(ctx) })
	}
	answering, enough := context.WithCancel(ctx)
	var answered []string
	var agent sync.WaitGroup
	agent.Go(func() { answered = c.answer(answering, "agent") })
	for _, victim := range []string{"connector", "server", "connector", "server"} {
		pauseFor(ctx, 1500*time.Millisecond)
		c.mu.Lock()
		up := c.up
		c.mu.Unlock()
		if victim == "connector" {
			up.killChildren("chat")
			continue
		}
		up.kill()
		c.start()
	}
	pauseFor(ctx, time.Second)
	enough()
	agent.Wait()
	if !c.settled(2*time.Minute, func(db *pgx.Conn) (bool, error) {
		for _, v := range chatters {
			if all, err := v.toldAll(db); err != nil || !all {
				return false, err
			}
		}
		return exists(db, `SELECT NOT EXISTS (SELECT FROM messages WHERE state IN ('queued', 'sending')) AND NOT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)`)
	}) {
		t.Error("something is still under way")
	}
	for _, v := range chatters {
		v.finish()
	}
	talking.Wait()
	c.checkChats(ctx, chatters, answered)
	if err := c.up.stop(); err != nil {
		t.Error(err)
	}
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// addChat makes a chat account in the database of the running server.
func (c *crash) addChat() {
	c.addAccounts(inbox.Account{ID: "web", Channel: inbox.Chat, Name: "Web chat", MaxProof: inbox.Signed, Settings: []byte(`{"origins": ["` + shopOrigin + `"]}`)})
}

// A chatter is a visitor with a browser that does as the widget does: what isn't
// acknowledged is said again under the same id, and what was shown is where it goes
// on from.
type chatter struct {
	c    *crash
	name string
	want int

	session, token string
	mu             sync.Mutex // guards what follows
	seq            int64
	acked          map[string]bool
	texts          map[string]int // how often each was shown
	order          []string
	done           bool
}

func (v *chatter) finish() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done = true
}

func (v *chatter) id(n int) string { return fmt.Sprintf("%s-%08d", v.name, n) }

func (v *chatter) complete() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.done
}

// toldAll reports whether the visitor has said everything, and was told all words
// that there are.
func (v *chatter) toldAll(db *pgx.Conn) (bool, error) {
	v.mu.Lock()
	session, seq, said := v.session, v.seq, len(v.acked)
	v.mu.Unlock()
	if said < v.want {
		return false, nil
	}
	return exists(db, `SELECT words = $2 AND words >= $3 FROM visitors WHERE session = $1`, session, seq, v.want)
}

func (v *chatter) run(ctx context.Context) {
	for ctx.Err() == nil && !v.complete() {
		v.c.mu.Lock()
		url := ""
		if v.c.up != nil {
			url = v.c.up.url
		}
		v.c.mu.Unlock()
		v.connect(ctx, url)
		pauseFor(ctx, 50*time.Millisecond)
	}
}

func (v *chatter) connect(ctx context.Context, url string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(url, "http")+"/in/chat/web/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {shopOrigin}}})
	if err != nil {
		return
	}
	conn.SetReadLimit(4 << 20)
	defer func() { _ = conn.CloseNow() }()
	hello := map[string]any{"t": "hello"}
	v.mu.Lock()
	if v.token != "" {
		hello["session"], hello["token"], hello["after"] = v.session, v.token, v.seq
	}
	v.mu.Unlock()
	say := func(frame map[string]any) error {
		raw, err := json.Marshal(frame)
		if err != nil {
			return err
		}
		return conn.Write(ctx, websocket.MessageText, raw)
	}
	if say(hello) != nil {
		return
	}
	welcomed := make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer cancel()
		for {
			_, raw, err := conn.Read(ctx)
			if err != nil {
				return
			}
			var f visitorFrame
			if err := json.Unmarshal(raw, &f); err != nil {
				v.c.t.Errorf("frame %s: %v", raw, err)
				return
			}
			v.take(&f, welcomed)
		}
	}()
	defer func() { cancel(); <-read }()
	select {
	case <-welcomed:
	case <-ctx.Done():
		return
	}
	for n := 1; n <= v.want && ctx.Err() == nil; n++ {
		v.mu.Lock()
		acked := v.acked[v.id(n)]
		v.mu.Unlock()
		for tries := 0; !acked && ctx.Err() == nil; tries++ {
			if tries%20 == 0 && say(map[string]any{"t": "message", "id": v.id(n), "text": v.id(n)}) != nil {
				return
			}
			pauseFor(ctx, 50*time.Millisecond)
			v.mu.Lock()
			acked = v.acked[v.id(n)]
			v.mu.Unlock()
		}
		pauseFor(ctx, 100*time.Millisecond)
	}
	for ctx.Err() == nil && !v.complete() {
		pauseFor(ctx, 50*time.Millisecond)
	}
}

// take notes what the visitor is told. A word that was shown before, or that comes
// before one that was not, is a fault.
func (v *chatter) take(f *visitorFrame, welcomed chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch f.T {
	case "welcome":
		if v.session != "" && v.session != f.Session {
			v.c.t.Errorf("%s lost its session", v.name)
		}
		v.session, v.token = f.Session, f.Token
		close(welcomed)
	case "state":
		if f.State == inbox.Sent {
			v.acked[string(f.ID)] = true
		}
	case "history":
		if v.seq > 0 {
			v.c.t.Errorf("%s knew %d and was told everything anew", v.name, v.seq)
		}
		for _, m := range f.Messages {
			v.show(m)
		}
		v.seq = max(v.seq, f.Seq)
	case "message", "closed", "reopened", "edited", "deleted":
		if f.Seq != v.seq+1 {
			v.c.t.Errorf("%s was told %d after %d", v.name, f.Seq, v.seq)
		}
		v.seq = f.Seq
		if f.T == "message" {
			v.show(f.VisitorMessage)
		}
	}
}

func (v *chatter) show(m inbox.VisitorMessage) {
	v.texts[m.From+": "+m.Text]++
	v.order = append(v.order, m.Text)
}

// checkChats compares what was shown with what is stored.
func (c *crash) checkChats(ctx context.Context, chatters []*chatter, answered []string) {
	db, err := c.connect()
	if err != nil {
		c.t.Error(err)
		return
	}
	defer func() { _ = db.Close(context.Background()) }()
	stored := map[string]bool{}
	answers := 0
	for _, v := range chatters {
		rows, err := db.Query(ctx, `
			SELECT CASE m.direction WHEN 'in' THEN 'visitor: ' ELSE 'agent: ' END || m.text FROM messages m
			JOIN visitors v ON v.thread_id = m.thread_id WHERE v.session = $1`, v.session)
		if err != nil {
			c.t.Error(err)
			return
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			c.t.Error(err)
			return
		}
		times := map[string]int{}
		for _, text := range list {
			times[text]++
			stored[strings.TrimPrefix(text, "agent: ")] = true
		}
		for n := 1; n <= v.want; n++ {
			if text := "visitor: " + v.id(n); times[text] != 1 {
				c.t.Errorf("%s is stored %d times", text, times[text])
			}
		}
		for text, n := range times {
			if n != 1 || v.texts[text] != 1 {
				c.t.Errorf("%s: %q is stored %d times and was shown %d times", v.name, text, n, v.texts[text])
			}
		}
		for text := range v.texts {
			if times[text] == 0 {
				c.t.Errorf("%s was shown %q, which is not stored", v.name, text)
			}
			if strings.HasPrefix(text, "agent: ") {
				answers++
			}
		}
	}
	for _, text := range answered {
		if !stored[text] {
			c.t.Errorf("answer %q was accepted and is lost", text)
		}
	}
	c.t.Logf("%d visitors with %d messages each, %d answers", len(chatters), chatters[0].want, answers)
}
