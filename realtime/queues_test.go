package realtime

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"skein/inbox"
)

func (p *people) setRole(agent inbox.AgentID, role inbox.Role, version int64, inboxes ...inbox.InboxID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rights[agent] = inbox.Rights{Agent: inbox.Agent{ID: agent, Role: role}, Version: version, All: len(inboxes) == 0, Inboxes: inboxes}
}

// show has each who watches shown a figure of their own.
func show(h *Hub, n int) {
	all := map[string]Shown{}
	for key := range h.Watching() {
		all[key] = Shown{Plain: fmt.Appendf(nil, `{"n":%d,"of":%q}`, n, key), Trends: fmt.Appendf(nil, `{"n":%d,"of":%q,"trends":true}`, n, key), Minute: 7}
	}
	h.ShowQueues(all)
}

// wantQueues reads until there are queues, passing over what else there is.
func (b *browser) wantQueues() string {
	b.t.Helper()
	for {
		f := b.next()
		if f.Type != "queues" {
			continue
		}
		var got struct {
			Queues  json.RawMessage `json:"queues"`
			Refused bool            `json:"refused"`
		}
		if err := json.Unmarshal([]byte(f.raw), &got); err != nil {
			b.t.Fatal(err)
		}
		if got.Refused {
			return "refused"
		}
		return string(got.Queues)
	}
}

// Supervisors are shown figures of what they may see, with trends at first, what
// didn't change is not shown again, agents are refused, and who loses the right is
// shown nothing more from that moment on.
func TestQueuesTopic(t *testing.T) {
	t.Parallel()
	stream, staff := newLog(), newPeople()
	staff.setRole("sue", inbox.SupervisorRole, 1)
	staff.setRole("sam", inbox.SupervisorRole, 1, "sales")
	staff.set("ann", 1, "sales")
	asked := make(chan struct{}, 100)
	cfg := Config{Source: stream, Tokens: staff, Rights: staff, Watch: func() {
		select {
		case asked <- struct{}{}:
		default:
		}
	}}
	quick(&cfg)
	h, url := serve(t, cfg)
	follow := func(agent string) *browser {
		b := dial(t, url, hello{Token: agent + "/1", Topics: []string{Queues}})
		b.want("ready", "")
		return b
	}
	sue, sam, ann := follow("sue"), follow("sam"), follow("ann")
	if got := ann.wantQueues(); got != "refused" {
		t.Errorf("an agent is shown %s", got)
	}
	<-asked
	wait(t, func() bool { return len(h.Watching()) == 2 })
	show(h, 1)
	for _, x := range []struct {
		b    *browser
		want string
	}{{sue, `{"n":1,"of":"all","trends":true}`}, {sam, `{"n":1,"of":"of sales","trends":true}`}} {
		if got := x.b.wantQueues(); got != x.want {
			t.Errorf("shown %s, want %s", got, x.want)
		}
	}
	show(h, 1)
	show(h, 2)
	if got := sue.wantQueues(); got != `{"n":2,"of":"all"}` {
		t.Errorf("then shown %s", got)
	}
	if got := sam.wantQueues(); got != `{"n":2,"of":"of sales"}` {
		t.Errorf("then shown %s", got)
	}

	// She is no supervisor any more.
	staff.set("sue", 2, "sales")
	stream.add(inbox.Event{Kind: inbox.AgentChanged, Entity: "sue", Version: 2})
	if got := sue.wantQueues(); got != "refused" {
		t.Errorf("who has lost the right is shown %s", got)
	}
	// His are other inboxes now.
	staff.setRole("sam", inbox.SupervisorRole, 2, "help")
	stream.add(inbox.Event{Kind: inbox.AgentChanged, Entity: "sam", Version: 2})
	wait(t, func() bool { _, ok := h.Watching()["of help"]; return ok && len(h.Watching()) == 1 })
	show(h, 3)
	if got := sam.wantQueues(); got != `{"n":3,"of":"of help","trends":true}` {
		t.Errorf("with other rights shown %s", got)
	}
	// Who turns away and comes back is told anew, and who is refused hears nothing.
	for _, topics := range [][]string{{List}, {Queues}} {
		if err := sam.send(map[string]any{"type": "topics", "topics": topics}); err != nil {
			t.Fatal(err)
		}
	}
	if got := sam.wantQueues(); got != `{"n":3,"of":"of help","trends":true}` {
		t.Errorf("come back, shown %s", got)
	}
	ctx := time.Now().Add(200 * time.Millisecond)
	for time.Now().Before(ctx) {
		if f, err := sue.any(time.Until(ctx)); err == nil && f.Type == "queues" {
			t.Errorf("who may not watch got %s", f.raw)
		}
	}
}
