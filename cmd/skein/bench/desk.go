package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A desk is an agent's browser, which sees what comes, and what sends it:
// webhooks of calls, direct messages and orders, and answers to visitors. Each
// who comes has a number, which their conversation or order shows.
type desk struct {
	agent *visitor

	mu   sync.Mutex // guards what follows
	seen map[int]sighting
	last time.Time
	next int // number of the next caller
	lost error
	all  [3]histogram // since "fresh": from accepted to committing, to the frame, and the whole of it
}

// A sighting is a conversation as the agent's socket told of it first.
type sighting struct {
	at        time.Time // when it came
	committed time.Time // when it was committed, by the server's word
	id        string
	publicSeq int64
}

func (d *desk) handle(ctx context.Context, o order) (answer, error) {
	switch o.Do {
	case "watch":
		return answer{}, d.watch(ctx, o)
	case "hooks":
		return d.hooks(ctx, o)
	case "fresh":
		for i := range d.all {
			d.all[i].reset()
		}
		return answer{}, nil
	case "see":
		return answer{}, d.see(ctx, o.Want)
	case "answer":
		return d.answers(ctx, o)
	}
	return answer{}, fmt.Errorf("a desk doesn't %s", o.Do)
}

// watch logs in and opens the socket of the inbox.
func (d *desk) watch(ctx context.Context, o order) error {
	d.seen = map[int]sighting{}
	d.agent = &visitor{base: o.Address, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: hooksAtOnce, MaxConnsPerHost: hooksAtOnce}}}
	if err := d.agent.login(ctx, "agent0@bench.test"); err != nil {
		return err
	}
	f, err := dial(strings.TrimPrefix(o.Address, "http://"), "/api/v1/live", "Origin: "+o.Address+"\r\n")
	if err != nil {
		return err
	}
	hello, err := json.Marshal(map[string]any{"type": "auth", "token": d.agent.token, "topics": []string{"list"}})
	if err != nil {
		return err
	}
	if _, err := f.conn.Write(clientFrame(hello)); err != nil {
		return err
	}
	if first, err := f.next(); err != nil || !bytes.Contains(first, []byte(`"type":"ready"`)) {
		return fmt.Errorf("not ready: %q, %w", first, err)
	}
	_ = f.conn.SetDeadline(time.Time{})
	go d.read(f) // ends with the process
	return nil
}

var numberMark = []byte("number-")

// numberIn is the number that a text shows, -1 for none.
func numberIn(text []byte) int {
	i := bytes.Index(text, numberMark)
	if i < 0 {
		return -1
	}
	text = text[i+len(numberMark):]
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(text[:end]))
	if err != nil {
		return -1
	}
	return n
}

func (d *desk) read(f *frames) {
	for {
		payload, err := f.next()
		now := time.Now()
		if err != nil {
			d.mu.Lock()
			d.lost = fmt.Errorf("the agent's socket: %w", err)
			d.mu.Unlock()
			return
		}
		number := numberIn(payload)
		if number < 0 || !bytes.Contains(payload, []byte(`"kind":"conversation.changed"`)) && !bytes.Contains(payload, []byte(`"kind":"order.changed"`)) {
			continue
		}
		var frame struct {
			Event struct {
				At           time.Time `json:"at"`
				Conversation struct {
					ID        string `json:"id"`
					PublicSeq int64  `json:"publicSeq"`
				} `json:"conversation"`
			} `json:"event"`
		}
		if json.Unmarshal(payload, &frame) != nil {
			continue
		}
		c := &frame.Event.Conversation
		d.mu.Lock()
		s, known := d.seen[number]
		if !known {
			s, d.last = sighting{at: now, committed: frame.Event.At, id: c.ID}, now
		}
		s.publicSeq = max(s.publicSeq, c.PublicSeq)
		d.seen[number] = s
		d.mu.Unlock()
	}
}

// see waits until so many conversations were seen.
func (d *desk) see(ctx context.Context, want int64) error {
	for since, before := time.Now(), -1; ; {
		d.mu.Lock()
		n, lost := len(d.seen), d.lost
		d.mu.Unlock()
		if lost != nil || int64(n) >= want {
			return lost
		}
		if n != before {
			since, before = time.Now(), n
		}
		if time.Since(since) > fanPatience/2 {
			return fmt.Errorf("%d of %d reached the agent", n, want)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// hooksAtOnce are the requests under way at most: who sends more waits, as
// platforms do.
const hooksAtOnce = 128

// paced calls do n times at a rate, hooksAtOnce at a time at most, and waits for
// all.
func paced(ctx context.Context, n int, rate float64, do func(i int)) error {
	room := make(chan struct{}, hooksAtOnce)
	var running sync.WaitGroup
	defer running.Wait()
	began := time.Now()
	for i := range n {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(began.Add(time.Duration(float64(i) / rate * float64(time.Second))))):
		}
		room <- struct{}{}
		running.Go(func() {
			do(i)
			<-room
		})
	}
	return nil
}

// hooks posts webhooks at a rate, each of somebody new, and waits until the agent's socket has told of all that were accepted.
func (d *desk) hooks(ctx context.Context, o order) (answer, error) {
	n := int(o.Rate * o.Seconds)
	first := d.next
	d.next += n
	sent, accepted := make([]time.Time, n), make([]time.Time, n)
	var refused atomic.Int64
	began := time.Now()
	if err := paced(ctx, n, o.Rate, func(i int) {
		sent[i] = time.Now()
		if status, err := d.post(ctx, o, first+i); err != nil || status >= 300 {
			refused.Add(1)
			return
		}
		accepted[i] = time.Now()
	}); err != nil {
		return answer{}, err
	}
	took := time.Since(began)
	all := int64(n) - refused.Load()
	d.mu.Lock()
	before := len(d.seen)
	d.mu.Unlock()
	a := answer{Events: all, Refused: refused.Load(), Seconds: took.Seconds(), Behind: int64(first) + all - int64(before)}
	if err := d.see(ctx, int64(first)+all); err != nil {
		return answer{}, err
	}
	var taking, waiting, telling, whole histogram
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range n {
		s, known := d.seen[first+i]
		if accepted[i].IsZero() || !known {
			continue
		}
		a.Frames++
		taking.add(accepted[i].Sub(sent[i]))
		waiting.add(s.committed.Sub(accepted[i]))
		telling.add(s.at.Sub(s.committed))
		whole.add(s.at.Sub(accepted[i]))
		d.all[0].add(s.committed.Sub(accepted[i]))
		d.all[1].add(s.at.Sub(s.committed))
		d.all[2].add(s.at.Sub(accepted[i]))
	}
	a.All = []step{stepOf("accepted → committing", &d.all[0]), stepOf("committing → frame", &d.all[1]), stepOf("accepted → frame", &d.all[2])}
	a.Due = int64(float64(a.Frames) / d.last.Sub(began).Seconds())
	a.Steps = []step{
		stepOf("request → accepted", &taking), stepOf("accepted → committing", &waiting),
		stepOf("committing → frame", &telling), stepOf("accepted → frame", &whole),
	}
	return a, nil
}

func (d *desk) do(req *http.Request) (int, error) {
	res, err := d.agent.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// answers answers visitors at a rate, each once, and tells how long that took.
func (d *desk) answers(ctx context.Context, o order) (answer, error) {
	n := int(o.Rate * o.Seconds)
	var took histogram
	var refused atomic.Int64
	err := paced(ctx, n, o.Rate, func(i int) {
		number := i * 7919 % o.Sockets
		d.mu.Lock()
		s := d.seen[number]
		d.mu.Unlock()
		began := time.Now()
		body := fmt.Sprintf(`{"text": "To %s%d: it is on its way. stamp=%d", "seenSeq": %d}`, numberMark, number, began.UnixNano(), s.publicSeq)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.agent.base+"/api/v1/conversations/"+s.id+"/replies", strings.NewReader(body))
		if err != nil {
			refused.Add(1)
			return
		}
		req.Header.Set("Authorization", "Bearer "+d.agent.token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", fmt.Sprint("answer-", began.UnixNano(), "-", number))
		if status, err := d.do(req); err != nil || status != http.StatusAccepted {
			refused.Add(1)
			return
		}
		took.add(time.Since(began))
	})
	return answer{Events: int64(n), Due: int64(n) - refused.Load(), Refused: refused.Load(), P50: took.quantile(0.5), P99: took.quantile(0.99)}, err
}
