package store_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"skein/inbox"
	"skein/inbox/queues"
)

// A wallboard is a node's: a board that follows what is announced.
type wallboard struct {
	*queues.Board
	read int64 // id of the outbox
}

func (d *desk) newBoard(t testing.TB) *queues.Board {
	t.Helper()
	base, err := d.QueueBase(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return queues.NewBoard(base)
}

func (d *desk) follow(t testing.TB, w *wallboard) {
	t.Helper()
	for _, row := range d.strings(t, `SELECT id || ' ' || convert_from(payload, 'utf8') FROM outbox WHERE id > $1 AND subject LIKE 'skein.event.%' ORDER BY id`, w.read) {
		var e inbox.Event
		if _, err := fmt.Sscan(row, &w.read); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(row[len(fmt.Sprint(w.read)):]), &e); err != nil {
			t.Fatal(err)
		}
		if entry, ok := queues.EntryOf(&e); ok {
			w.Apply(&entry)
		}
	}
}

// What the database holds gives the same figures, by plain SQL over the log and
// over what stands, where that can be said in a line.
func (d *desk) countQueues(t testing.TB) map[string]int {
	t.Helper()
	got := map[string]int{}
	for what, sql := range map[string]string{
		"waiting": `SELECT count(*)::text FROM conversations WHERE merged_into IS NULL AND status = 'open' AND waiting_since IS NOT NULL`,
		"backlog": `SELECT count(*)::text FROM conversations WHERE merged_into IS NULL AND status IN ('open', 'pending', 'snoozed')`,
		"created": `SELECT count(*)::text FROM conversations WHERE merged_into IS NULL AND status <> 'spam'`,
		"offered": `SELECT count(DISTINCT coalesce(c.merged_into, c.id))::text FROM events e JOIN conversations c ON c.id = e.entity
			JOIN conversations r ON r.id = coalesce(c.merged_into, c.id) AND r.status <> 'spam'
			WHERE e.kind = 'conversation.changed' AND e.after->>'status' = 'open' AND e.after->>'mergedInto' IS NULL AND e.before->>'mergedInto' IS NULL
				AND CASE WHEN e.after ? 'outbound' AND coalesce(e.before->>'status', 'open') = 'open' THEN e.after ? 'heardAt' AND NOT coalesce(e.before ? 'heardAt', false)
					ELSE e.before->>'status' IS DISTINCT FROM 'open' END`,
		"closed": `SELECT count(DISTINCT coalesce(c.merged_into, c.id))::text FROM events e JOIN conversations c ON c.id = e.entity
			JOIN conversations r ON r.id = coalesce(c.merged_into, c.id) AND r.status <> 'spam'
			WHERE e.kind = 'conversation.changed' AND e.after->>'status' = 'closed' AND e.after->>'mergedInto' IS NULL
				AND e.before->>'mergedInto' IS NULL AND e.before->>'status' IS DISTINCT FROM 'closed'`,
		"abandoned": `SELECT count(DISTINCT c.id)::text FROM conversations c WHERE c.merged_into IS NULL AND c.status <> 'spam' AND (
			EXISTS (SELECT FROM messages m WHERE m.conversation_id = c.id AND m.call->>'disposition' = 'missed' AND (m.call->>'ringSeconds')::int >= 5)
			OR EXISTS (SELECT FROM conversations p WHERE coalesce(p.merged_into, p.id) = c.id AND p.left_at IS NOT NULL))`,
		"first responses": `SELECT count(*)::text FROM conversations WHERE merged_into IS NULL AND status <> 'spam' AND first_reply_at IS NOT NULL`,
	} {
		var n int
		if _, err := fmt.Sscan(d.strings(t, sql)[0], &n); err != nil {
			t.Fatal(err)
		}
		got[what] = n
	}
	return got
}

func figuresOf(s queues.Snapshot) map[string]int {
	g := s.Groups[0]
	got := map[string]int{
		"waiting": g.Waiting, "backlog": g.Backlog, "created": g.Last15.Created, "offered": g.Last15.Offered,
		"closed": g.Last15.Closed, "abandoned": g.Last15.Abandoned, "first responses": 0,
	}
	if r := g.Last15.FirstResponse; r != nil {
		got["first responses"] = r.Count
	}
	return got
}

// Whatever agents and customers do, a board that follows what is announced, one
// that begins anew from the database, and the database's own tables say the same.
func TestQueuesEqualTheLog(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			rng := rand.New(rand.NewPCG(seed, 71))
			d := newCallDesk(t)
			d.account(t, "web", inbox.Chat)
			team, err := d.CreateTeam(ctx, "Returns", time.Now())
			if err != nil {
				t.Fatal(err)
			}
			s := &shuffler{desk: d, rng: rng, replies: true, prefix: "q"}
			live := &wallboard{Board: d.newBoard(t)}
			for n := range 60 {
				id := fmt.Sprintf("%d-%d", seed, n)
				any := func() inbox.Conversation {
					list := d.strings(t, `SELECT id::text FROM conversations WHERE merged_into IS NULL ORDER BY number`)
					c, err := d.Conversation(ctx, &d.su.Rights, s.pick(list))
					if err != nil {
						t.Fatal(err)
					}
					return c
				}
				switch what := rng.IntN(10); {
				case n < 3 || what == 0:
					d.mail(t, inbox.AccountID(s.pick([]string{"support", "second"})), id, fmt.Sprintf("c%d@x.example", rng.IntN(5)))
				case what == 1: // a chat, that its visitor leaves
					r := onChannel(arrival(id, "visitor "+id, nil), "web", inbox.Chat, inbox.ChatVisitor, "s"+id)
					r.Message.Session = "s" + id
					d.deliver(t, r)
					left := time.Now()
					for range 2 { // every node tells
						if err := d.VisitorLeft(ctx, "web", "s"+id, left); err != nil {
							t.Fatal(err)
						}
					}
				case what == 2: // a call, told of once it has ended
					r := ring(id, fmt.Sprintf("+4366422%d", rng.IntN(3)), n, inbox.In, inbox.Disposition(s.pick([]string{"missed", "answered", "voicemail"})), "")
					ended := time.Now()
					r.Message.Call.EndedAt, r.Message.Call.RingSeconds = &ended, rng.IntN(12)
					if r.Message.Call.Disposition == inbox.CallAnswered {
						r.Message.Call.AnsweredAt = &ended
					}
					d.deliver(t, r)
				case what < 5: // triage
					c := any()
					p := inbox.Patch{}
					status := inbox.Status(s.pick([]string{"open", "pending", "closed", "snoozed", "spam"}))
					until := time.Now().Add(time.Hour)
					switch rng.IntN(3) {
					case 0:
						p.Assignee = &[]inbox.AgentID{"", d.su.Agent.ID}[rng.IntN(2)]
					case 1:
						p.Team = &[]inbox.TeamID{"", team.ID}[rng.IntN(2)]
					default:
						if p.Status = &status; status == inbox.Snoozed {
							p = inbox.Patch{SnoozedUntil: &until}
						}
					}
					if _, err := d.Patch(ctx, d.su, string(c.ID), p, time.Now()); err != nil {
						t.Fatal(err)
					}
				case what == 6: // we write first, and they may answer
					got, err := d.Begin(ctx, d.anna, opening(id, fmt.Sprintf("c%d@x.example", rng.IntN(5)), "Hello."))
					if err != nil {
						t.Fatal(err)
					}
					if rng.IntN(2) == 0 {
						d.mail(t, "support", id, got.Message.To[0].Address, got.Message.HeaderID)
					}
				case what == 5: // a snooze ends
					if _, err := d.FireSnooze(ctx, time.Now().Add(2*time.Hour)); err != nil {
						t.Fatal(err)
					}
				default: // merge, split, undo, note, answer
					s.act(t)
				}
				if n%4 != 0 {
					continue
				}
				d.follow(t, live)
				now := time.Now()
				all := func(inbox.InboxID) bool { return true }
				site := &queues.Site{}
				got := live.Tally(now, site, false).Snapshot(all)
				fresh := d.newBoard(t).Tally(now, site, false).Snapshot(all)
				if diff := cmp.Diff(fresh, got, cmpopts.IgnoreUnexported(queues.Window{}), cmpopts.EquateApproxTime(time.Microsecond)); diff != "" {
					t.Fatalf("after %d: what was followed and what was read differ (-read +followed):\n%s", n, diff)
				}
				if diff := cmp.Diff(d.countQueues(t), figuresOf(got)); diff != "" {
					t.Fatalf("after %d: tables and board differ (-tables +board):\n%s", n, diff)
				}
				if rng.IntN(3) == 0 { // the node restarts, and is told again what it has read
					*live = wallboard{d.newBoard(t), max(0, live.read-20)}
				}
			}
		})
	}
}

// What a supervisor tells an agent is theirs alone, once however often it is sent,
// announced to nobody else, and read like anything else.
func TestTellAgent(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	for range 2 {
		if err := d.TellAgent(ctx, d.su, d.anna.Agent.ID, "k1", "Take the chats first.", now); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, "another text by the same key", d.TellAgent(ctx, d.su, d.anna.Agent.ID, "k1", "Something else.", now), inbox.Conflict)
	wantCode(t, "nobody", d.TellAgent(ctx, d.su, "00000000-0000-7000-8000-000000000000", "k2", "Hello.", now), inbox.NotFound)
	wantCode(t, "no id", d.TellAgent(ctx, d.su, "anna", "k3", "Hello.", now), inbox.NotFound)
	c := d.mail(t, "support", "a", "ann@x.example")
	d.assign(t, d.su, c, d.anna)
	d.wantBell(t, "told", d.anna, "direct by su: Take the chats first. *", "assignment by su:  *")
	d.wantBell(t, "told", d.bert)
	if diff := cmp.Diff([]string{string(d.anna.Agent.ID)}, d.strings(t, `SELECT p->'audience'->>'agent' FROM (
		SELECT convert_from(payload, 'utf8')::jsonb AS p FROM outbox WHERE subject = 'skein.event.notification.made') o
		WHERE p->'notification'->>'kind' = 'direct'`)); diff != "" {
		t.Errorf("who it is announced to (-want +got):\n%s", diff)
	}
	if n, err := d.ReadNotifications(ctx, d.anna, inbox.ReadSelection{Through: time.Now()}, time.Now()); err != nil || n != 2 {
		t.Errorf("read %d, %v, want 2", n, err)
	}
	d.wantBell(t, "read", d.anna, "direct by su: Take the chats first.", "assignment by su: ")
}
