package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/inbox"
)

// dsn is a delivery report in short.
func dsn(id, about string, hard bool) inbox.Received {
	r := arrival(id, "mailer-daemon@mx.example", []string{about})
	r.Message.Automatic = inbox.Automatic{Is: true, Reason: "delivery report"}
	status := map[bool]string{true: "5.1.1", false: "4.2.2"}[hard]
	r.Message.Bounces = []inbox.Bounce{{Recipient: "ann@x.example", Status: status, Hard: hard, Detail: "they said " + status, HeaderID: about}}
	return r
}

// A delivery report shows on the message that it is about, with the server's
// words, fails it only when trying again is of no use, stays in its own thread,
// and reopens nothing.
func TestReportOfReply(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.queued(t, 1)[0]
	if _, err := d.FireSend(t.Context(), time.Now().Add(time.Second), encodePlain); err != nil {
		t.Fatal(err)
	}
	d.deliver(t, receipt(id, 1, inbox.Sent))
	c := d.conversationOf(t, "q0@x.example")
	closed := inbox.Closed
	if _, err := d.Patch(t.Context(), d.su, string(c.ID), inbox.Patch{Status: &closed}, time.Now()); err != nil {
		t.Fatal(err)
	}
	header := d.strings(t, `SELECT header_id FROM messages WHERE id = $1`, id)[0]
	for i, step := range []struct {
		hard bool
		want string
	}{{false, "sent|sent|1"}, {true, "failed|ann@x.example: they said 5.1.1|2"}, {true, "failed|ann@x.example: they said 5.1.1|2"}} {
		r := dsn(fmt.Sprint("dsn", i), header, step.hard)
		r.Message.Token = id
		d.deliver(t, r)
		m, err := d.Message(t.Context(), &d.su.Rights, id)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%s|%s|%d", m.State, m.StateDetail, len(m.Bounces)); got != step.want {
			t.Errorf("after report %d: %s, want %s", i, got, step.want)
		}
		report, err := d.Message(t.Context(), &d.su.Rights, d.message(t, fmt.Sprint("dsn", i)))
		if err != nil || report.AboutID != id || report.ConversationID != c.ID || len(report.Bounces) != 1 {
			t.Errorf("report %d is %+v, %v", i, report, err)
		}
	}
	if got := d.conversationOf(t, "q0@x.example"); got.Status != inbox.Closed || got.WaitingSince != nil {
		t.Errorf("a machine's mail made it %s, waiting since %v", got.Status, got.WaitingSince)
	}
	d.consistent(t)
}

// What was sent from elsewhere is found by its Message-ID, whichever comes
// first; a report about what nobody knows is about nothing.
func TestReportByMessageID(t *testing.T) {
	t.Parallel()
	ours := func() inbox.Received {
		r := arrival("ours", "", nil, "ann@x.example")
		r.Message.Direction, r.Message.SenderKey, r.Message.Author.Kind = inbox.Out, "", inbox.BySystem
		r.Message.People, r.Message.Identity.Key = []string{"ann@x.example"}, "ann@x.example"
		return r
	}
	report := func() inbox.Received { return dsn("report", "ours", true) }
	for name, batches := range map[string][][]inbox.Received{
		"in order":           {{ours()}, {report()}},
		"report first":       {{report()}, {ours()}},
		"at once":            {{ours(), report()}},
		"at once, backwards": {{report(), ours()}},
		"twice":              {{ours()}, {report()}, {report(), ours()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.deliver(t, dsn("stray", "unknown", true))
			for _, b := range batches {
				d.deliver(t, b...)
			}
			got := d.strings(t, `SELECT concat_ws('|', m.header_id, m.state, m.state_detail, a.header_id, jsonb_array_length(m.detail->'bounces'))
				FROM messages m LEFT JOIN messages a ON a.id = m.about_id ORDER BY m.header_id`)
			want := []string{"ours|failed|ann@x.example: they said 5.1.1|1", "report|received||ours|1", "stray|received||1"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			d.consistent(t)
		})
	}
}
