package inbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var taskEpoch = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// callLog reads "m1 m2 a3": a call missed or answered at each minute.
func callLog(s string) []PastCall {
	var list []PastCall
	for _, w := range strings.Fields(s) {
		var minute int
		_, _ = fmt.Sscanf(w[1:], "%d", &minute)
		list = append(list, PastCall{Message: MessageID(w), Conversation: ConversationID("c" + w), Inbox: "i",
			At: taskEpoch.Add(time.Duration(minute) * time.Minute), Missed: w[0] == 'm'})
	}
	return list
}

// written is tasks after what is told, as the store does.
func written(tasks, told []Task) []Task {
	tasks = slices.Clone(tasks)
	for _, t := range told {
		if t.ID == "" {
			t.ID, t.CreatedAt = TaskID(fmt.Sprint("t", len(tasks))), taskEpoch.Add(time.Duration(len(tasks))*time.Second)
			tasks = append(tasks, t)
			continue
		}
		for i := range tasks {
			if tasks[i].ID == t.ID {
				tasks[i] = t
			}
		}
	}
	return tasks
}

// brief is what tasks say, in the order of their calls.
func brief(tasks []Task) []string {
	var out []string
	for _, t := range tasks {
		minute := func(at *time.Time) string {
			if at == nil {
				return "-"
			}
			return fmt.Sprint(at.Sub(taskEpoch).Minutes())
		}
		out = append(out, fmt.Sprintf("%03.0f %d missed to %s, %s %s %s", t.DueAt.Sub(taskEpoch).Minutes(), t.Calls, minute(t.LastCallAt), t.State, t.ClosedWhy, minute(t.ClosedAt)))
	}
	slices.Sort(out)
	return out
}

// One task for all that a caller missed, closed when they speak.
func TestCallbacks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		calls string
		want  []string
	}{
		{"", nil},
		{"a1", nil},
		{"m1", []string{"001 1 missed to 1, open  -"}},
		{"m1 m2 m5", []string{"001 3 missed to 5, open  -"}},
		{"m1 m2 a5", []string{"001 2 missed to 2, done call 5"}},
		{"m1 a5 m7", []string{"001 1 missed to 1, done call 5", "007 1 missed to 7, open  -"}},
		{"a1 m2", []string{"002 1 missed to 2, open  -"}},
	} {
		if diff := cmp.Diff(tc.want, brief(written(nil, Callbacks(callLog(tc.calls), nil)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.calls, diff)
		}
	}
}

// Words on calls may come in any order and any number of times: the same tasks
// come of them, one of them open at most at any moment.
func TestCallbacksConverge(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 7))
		var words []string
		for i := range 1 + r.IntN(9) {
			words = append(words, fmt.Sprint(string("mma"[r.IntN(3)]), i))
		}
		all := callLog(strings.Join(words, " "))
		want := brief(written(nil, Callbacks(all, nil)))
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var tasks []Task
		for n := range all {
			told := Callbacks(all[:n+1], tasks)
			for i, x := range told {
				open := 0
				for _, y := range written(tasks, told[:i+1]) {
					if y.State == TaskOpen {
						open++
					}
				}
				if open > 1 {
					t.Fatalf("seed %d: two are open when %+v is written", seed, x)
				}
			}
			tasks = written(tasks, told)
			if again := Callbacks(all[:n+1], tasks); len(again) > 0 {
				t.Fatalf("seed %d: said again, it tells %v", seed, brief(again))
			}
		}
		if diff := cmp.Diff(want, brief(tasks)); diff != "" {
			t.Fatalf("seed %d, %v (-in order +shuffled):\n%s", seed, all, diff)
		}
	}
}

// What agents say of a task holds: closed, older calls leave it so and a newer
// one makes another; opened again, only a later call closes it.
func TestCallbacksByHand(t *testing.T) {
	t.Parallel()
	at := func(minute int) *time.Time {
		x := taskEpoch.Add(time.Duration(minute) * time.Minute)
		return &x
	}
	closed := func(tasks []Task, minute int) []Task {
		tasks[0].State, tasks[0].ClosedAt, tasks[0].ClosedBy, tasks[0].ClosedWhy = TaskDone, at(minute), "ann", EndedByAgent
		return tasks
	}
	opened := func(tasks []Task, minute int) []Task {
		tasks[0].State, tasks[0].ClosedAt, tasks[0].ClosedWhy, tasks[0].ReopenedAt = TaskOpen, nil, "", at(minute)
		return tasks
	}
	one := func(calls string) []Task { return written(nil, Callbacks(callLog(calls), nil)) }
	for _, tc := range []struct {
		name  string
		tasks []Task
		calls string
		want  []string
	}{
		{"closed stays closed", closed(one("m2"), 5), "m2", []string{"002 1 missed to 2, done agent 5"}},
		{"an older call comes late", closed(one("m2"), 5), "m1 m2", []string{"001 2 missed to 2, done agent 5"}},
		{"they have spoken before", closed(one("m2"), 5), "m2 a3", []string{"002 1 missed to 2, done agent 5"}},
		{"missed again", closed(one("m2"), 5), "m2 m6", []string{"002 1 missed to 2, done agent 5", "006 1 missed to 6, open  -"}},
		{"missed again, and spoken", closed(one("m2"), 5), "m2 m6 a7", []string{"002 1 missed to 2, done agent 5", "006 1 missed to 6, done call 7"}},
		{"opened again", opened(one("m2 a3"), 5), "m2 a3", []string{"002 1 missed to 2, open  -"}},
		{"opened again, then spoken", opened(one("m2 a3"), 5), "m2 a3 a6", []string{"002 1 missed to 2, done call 6"}},
		{"it was answered after all", one("m2"), "a2", []string{"002 1 missed to 2, done call 2"}},
	} {
		if diff := cmp.Diff(tc.want, brief(written(tc.tasks, Callbacks(callLog(tc.calls), tc.tasks)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// What is a missed call: somebody called and nobody spoke with them.
func TestMissed(t *testing.T) {
	t.Parallel()
	for disposition, want := range map[Disposition]bool{
		CallMissed: true, CallVoicemail: true, CallBusy: true, CallFailed: true, CallAnswered: false, CallRinging: false, "parked": false, "": false,
	} {
		if got := (&Call{Direction: In, Disposition: disposition}).Missed(); got != want {
			t.Errorf("%q is missed: %v", disposition, got)
		}
		if (&Call{Direction: Out, Disposition: disposition}).Missed() {
			t.Errorf("our own call, %q, is missed", disposition)
		}
	}
	if (*Call)(nil).Missed() {
		t.Error("no call is missed")
	}
}
