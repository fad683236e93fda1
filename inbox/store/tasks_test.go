package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

var callEpoch = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// ring is a word on a call with a number, which began at a minute.
func ring(id, number string, minute int, direction inbox.Direction, became inbox.Disposition, word string) inbox.Received {
	at := callEpoch.Add(time.Duration(minute) * time.Minute)
	call := inbox.Call{Direction: direction, From: number, StartedAt: at, Disposition: became}
	if direction == inbox.Out {
		call.From, call.To = "", number
	}
	m := &inbox.Arrival{
		Identity: inbox.IdentityRef{Kind: inbox.PhoneNumber, Key: number}, SenderKey: number, People: []string{number},
		Person: inbox.Party{Address: number}, Sender: inbox.Party{Address: number},
		Thread: inbox.ChannelKey("calls", id), External: inbox.ExternalKey("calls", id), Revises: true,
	}
	if strings.HasPrefix(number, inbox.Unreadable) {
		m.SenderKey, m.People = "", nil
	}
	m.Direction, m.Call, m.SentAt, m.CreatedAt, m.Text, m.VisibleText = direction, &call, at, time.Now(), call.Text(), call.Text()
	m.Author = inbox.Author{Kind: inbox.ByCustomer, Address: number}
	return inbox.Received{Account: "calls", Channel: inbox.Phone, EventID: "call:" + id + word, At: time.Now(), Message: m}
}

func newCallDesk(t testing.TB) *desk {
	t.Helper()
	d := newDesk(t)
	if _, err := d.SaveAccount(t.Context(), inbox.Account{ID: "calls", Channel: inbox.Phone, InboxID: d.first.ID, Name: "Line", Region: "AT"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SaveAccount(t.Context(), inbox.Account{ID: "othercalls", Channel: inbox.Phone, InboxID: d.second.ID, Name: "Other"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	return d
}

// todo is the tasks that somebody sees, in words.
func (d *desk) todo(t testing.TB, by *inbox.Caller) []string {
	t.Helper()
	var out []string
	for _, state := range []inbox.TaskState{inbox.TaskOpen, inbox.TaskDone} {
		list, _, err := d.Tasks(t.Context(), &by.Rights, inbox.TaskFilter{State: state})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			out = append(out, fmt.Sprintf("%s %s from %.0f, %d missed, %s %s", k.Kind, k.Customer.Address, k.DueAt.Sub(callEpoch).Minutes(), k.Calls, k.State, k.ClosedWhy))
		}
	}
	slices.Sort(out)
	return out
}

// One callback a caller for what was missed, closed by the next talk whoever
// calls; nobody's number, imports and our own calls make none.
func TestCallbackTasks(t *testing.T) {
	t.Parallel()
	d := newCallDesk(t)
	history := ring("h", "+43664111", 0, inbox.In, inbox.CallMissed, "")
	history.History = true
	withheld := ring("w", inbox.Unreadable+"1", 0, inbox.In, inbox.CallMissed, "")
	d.deliver(t, history, withheld, ring("1", "+43664222", 1, inbox.In, inbox.CallMissed, ""), ring("2", "+43664333", 2, inbox.Out, inbox.CallMissed, ""))
	d.deliver(t, ring("3", "+43664222", 3, inbox.In, inbox.CallVoicemail, ""), ring("4", "+43664444", 4, inbox.In, inbox.CallRinging, ""))
	want := []string{"callback +43664222 from 1, 2 missed, open "}
	if diff := cmp.Diff(want, d.todo(t, d.anna)); diff != "" {
		t.Error(diff)
	}
	if len(d.todo(t, d.bert)) > 0 {
		t.Error("another inbox's agent sees it")
	}
	d.deliver(t, ring("4", "+43664444", 4, inbox.In, inbox.CallMissed, "ended"))
	d.deliver(t, ring("5", "+43664222", 5, inbox.Out, inbox.CallAnswered, ""))
	want = []string{"callback +43664222 from 1, 2 missed, done call", "callback +43664444 from 4, 1 missed, open "}
	if diff := cmp.Diff(want, d.todo(t, d.anna)); diff != "" {
		t.Error(diff)
	}
	log := d.strings(t, `SELECT kind || ' ' || (after->>'state') FROM events WHERE kind = 'task.changed' ORDER BY id`)
	if diff := cmp.Diff([]string{"task.changed open", "task.changed open", "task.changed open", "task.changed done"}, log); diff != "" {
		t.Error(diff)
	}
	told := d.strings(t, `SELECT subject FROM outbox WHERE subject = 'skein.event.task.changed'`)
	if len(told) != 4 {
		t.Errorf("%d changes were announced, want 4", len(told))
	}
}

// The same words in any order, in batches of any size, repeated and by several at
// once: the same tasks, and the versions of each rise.
func TestCallbackTasksConverge(t *testing.T) {
	t.Parallel()
	words := func() (list []inbox.Received) {
		n := 0
		add := func(number string, minute int, direction inbox.Direction, became ...inbox.Disposition) {
			n++
			for i, b := range became {
				list = append(list, ring(fmt.Sprint(n), number, minute, direction, b, fmt.Sprint(i)))
			}
		}
		add("+43664222", 1, inbox.In, inbox.CallRinging, inbox.CallMissed)
		add("+43664222", 2, inbox.In, inbox.CallVoicemail)
		add("+43664222", 3, inbox.Out, inbox.CallMissed)
		add("+43664222", 4, inbox.Out, inbox.CallAnswered)
		add("+43664222", 5, inbox.In, inbox.CallRinging, inbox.CallBusy)
		add("+43664333", 1, inbox.In, inbox.CallMissed)
		add("+43664333", 2, inbox.In, inbox.CallRinging, inbox.CallAnswered)
		add("+43664444", 7, inbox.In, inbox.CallMissed)
		return list
	}
	want := []string{
		"callback +43664222 from 1, 2 missed, done call", "callback +43664222 from 5, 1 missed, open ",
		"callback +43664333 from 1, 1 missed, done call", "callback +43664444 from 7, 1 missed, open ",
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			d := newCallDesk(t)
			r := rand.New(rand.NewPCG(seed, 1))
			list := append(words(), words()...)
			if seed > 0 {
				r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			}
			var all sync.WaitGroup
			for len(list) > 0 {
				n := min(len(list), 1+r.IntN(4))
				batch := list[:n]
				list = list[n:]
				if seed%2 == 0 {
					d.deliver(t, batch...)
					continue
				}
				all.Go(func() { d.deliver(t, batch...) })
			}
			all.Wait()
			if diff := cmp.Diff(want, d.todo(t, d.anna)); diff != "" {
				t.Error(diff)
			}
			if bad := d.strings(t, `SELECT entity::text FROM (
				SELECT entity, version, lag(version) OVER (PARTITION BY entity ORDER BY id) AS before FROM events WHERE kind = 'task.changed') v
				WHERE version <> coalesce(before, 0) + 1`); len(bad) > 0 {
				t.Errorf("versions of %v don't rise by one", bad)
			}
		})
	}
}

// Agents give callbacks to each other, close them and open them again, within
// their rights, and each change is told and kept.
func TestTasksByHand(t *testing.T) {
	t.Parallel()
	d := newCallDesk(t)
	ctx, now := t.Context(), time.Now()
	d.deliver(t, ring("1", "+43664222", 1, inbox.In, inbox.CallMissed, ""))
	list, _, err := d.Tasks(ctx, &d.anna.Rights, inbox.TaskFilter{State: inbox.TaskOpen, Kind: inbox.Callback, Unassigned: true})
	if err != nil || len(list) != 1 {
		t.Fatalf("open are %v, %v", list, err)
	}
	id := list[0].ID
	me, done, open := d.anna.Agent.ID, inbox.TaskDone, inbox.TaskOpen
	_, err = d.PatchTask(ctx, d.bert, id, inbox.TaskPatch{State: &done}, now)
	wantCode(t, "another inbox's", err, inbox.NotFound)
	bert := d.bert.Agent.ID
	_, err = d.PatchTask(ctx, d.anna, id, inbox.TaskPatch{Assignee: &bert}, now)
	wantCode(t, "to somebody who may not see it", err, inbox.Conflict)
	_, err = d.PatchTask(ctx, d.anna, "x", inbox.TaskPatch{}, now)
	wantCode(t, "none", err, inbox.NotFound)
	later := now.Add(time.Hour)
	_, err = d.PatchTask(ctx, d.anna, id, inbox.TaskPatch{DueAt: &later}, now)
	wantCode(t, "a callback for later", err, inbox.Invalid)

	k, err := d.PatchTask(ctx, d.anna, id, inbox.TaskPatch{Assignee: &me}, now)
	if err != nil || k.Assignee != me || k.Version != 2 {
		t.Fatalf("given: %+v, %v", k, err)
	}
	if k, err = d.PatchTask(ctx, d.anna, id, inbox.TaskPatch{Assignee: &me}, now); err != nil || k.Version != 2 {
		t.Fatalf("given again: %+v, %v", k, err)
	}
	if k, err = d.PatchTask(ctx, d.anna, id, inbox.TaskPatch{State: &done}, now); err != nil || k.ClosedBy != me || k.ClosedWhy != inbox.EndedByAgent {
		t.Fatalf("closed: %+v, %v", k, err)
	}
	// An old call leaves it closed, a new one makes another.
	d.deliver(t, ring("0", "+43664222", 0, inbox.In, inbox.CallMissed, ""))
	if diff := cmp.Diff([]string{"callback +43664222 from 0, 2 missed, done agent"}, d.todo(t, d.anna)); diff != "" {
		t.Error(diff)
	}
	if k, err = d.PatchTask(ctx, d.su, id, inbox.TaskPatch{State: &open}, now); err != nil || k.ReopenedAt == nil || k.ClosedAt != nil {
		t.Fatalf("opened: %+v, %v", k, err)
	}
	d.deliver(t, ring("2", "+43664222", 2, inbox.Out, inbox.CallAnswered, "")) // long ago
	if diff := cmp.Diff([]string{"callback +43664222 from 0, 2 missed, open "}, d.todo(t, d.anna)); diff != "" {
		t.Error(diff)
	}
	who := d.strings(t, `SELECT actor_kind || ' ' || (before->>'state') || ' ' || (after->>'state') FROM events
		WHERE kind = 'task.changed' AND before IS NOT NULL ORDER BY version`)
	want := []string{"agent open open", "agent open done", "system done done", "agent done open"}
	if diff := cmp.Diff(want, who); diff != "" {
		t.Error(diff)
	}
}

// A follow-up is due when its author says, to whom its author says.
func TestFollowUps(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, now := t.Context(), time.Now()
	c := d.mail(t, "support", "m1", "ines@mail.example")
	due := now.Add(24 * time.Hour)
	k, err := d.FollowUp(ctx, d.anna, string(c.ID), inbox.Task{Text: "Ask the carrier", DueAt: due, Assignee: d.anna.Agent.ID}, now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.FollowUp(ctx, d.bert, string(c.ID), inbox.Task{Text: "x", DueAt: due}, now)
	wantCode(t, "in another inbox", err, inbox.NotFound)
	_, err = d.FollowUp(ctx, d.anna, string(c.ID), inbox.Task{Text: "x", DueAt: due, Assignee: d.bert.Agent.ID}, now)
	wantCode(t, "for somebody who may not see it", err, inbox.Conflict)
	list, _, err := d.Tasks(ctx, &d.anna.Rights, inbox.TaskFilter{State: inbox.TaskOpen, Assignee: d.anna.Agent.ID, Customer: c.Customer.CustomerID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]inbox.Task{k}, list); diff != "" {
		t.Errorf("made and listed differ:\n%s", diff)
	}
	text, sooner := "Ask again", now.Add(time.Hour)
	if k, err = d.PatchTask(ctx, d.anna, k.ID, inbox.TaskPatch{Text: &text, DueAt: &sooner}, now); err != nil || k.Text != text || k.Version != 2 {
		t.Errorf("changed: %+v, %v", k, err)
	}
}

// Pages of tasks hold each once, in order.
func TestTaskPages(t *testing.T) {
	t.Parallel()
	d := newCallDesk(t)
	for i := range 7 {
		d.deliver(t, ring(fmt.Sprint(i), fmt.Sprint("+4366400", i), i/2, inbox.In, inbox.CallMissed, ""))
		if i < 3 {
			d.deliver(t, ring(fmt.Sprint("a", i), fmt.Sprint("+4366400", i), 10+i, inbox.Out, inbox.CallAnswered, ""))
		}
	}
	for state, want := range map[inbox.TaskState]string{inbox.TaskOpen: "+43664003 +43664004 +43664005 +43664006", inbox.TaskDone: "+43664002 +43664001 +43664000"} {
		var got []string
		f := inbox.TaskFilter{State: state, Limit: 2}
		for {
			list, next, err := d.Tasks(t.Context(), &d.anna.Rights, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range list {
				got = append(got, k.Customer.Address)
			}
			if f.After = next; next.IsZero() {
				break
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", state, got, want)
		}
	}
}
