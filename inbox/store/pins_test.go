package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"skein/inbox"
)

func pinned(list []inbox.Pin) string {
	var s []string
	for _, p := range list {
		s = append(s, string(p.Kind)+" "+p.Key)
	}
	return strings.Join(s, "|")
}

// What the customer gave is found in what they wrote and not in what we did, what
// agents pin and take off holds for everybody who sees the conversation, and goes
// with it into another and back.
func TestPins(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	r := arrival("m1", "kim@x.example", nil)
	r.Message.Text = "Please send it to Hauptstraße 12, 1010 Wien. I am away until 3.5.2026.\nIt must not be left at the door. Write to kim@x.example."
	d.deliver(t, r)
	away := arrival("m0", "kim@x.example", []string{"m1"})
	away.Message.Text, away.Message.Automatic.Is = "I am away until 6.5.2026. Write to Ringstraße 3, 1030 Wien.", true
	d.deliver(t, away)
	c := d.conversationOf(t, "m1")
	if _, err := d.Reply(ctx, d.anna, string(c.ID), answer("k1", "We send it on 4.5.2026 from Nebengasse 1, 1020 Wien.", 9)); err != nil {
		t.Fatal(err)
	}
	first := inbox.MessageID(d.strings(t, `SELECT id::text FROM messages WHERE header_id = 'm1'`)[0])
	want := func(what string, list []inbox.Pin, err error, want string) {
		t.Helper()
		if got := pinned(list); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", what, got, err, want)
		}
	}
	list, err := d.Pins(ctx, &d.anna.Rights, string(c.ID))
	want("found", list, err, "address hauptstr121010wien|date 2026-05-03")
	if len(list) > 0 && (list[0].MessageID != first || list[0].Text != "Hauptstraße 12, 1010 Wien") {
		t.Errorf("found %+v", list[0])
	}
	now := time.Now()
	_, err = d.PinWords(ctx, d.anna, string(c.ID), first, "Leave it at the door", now)
	wantCode(t, "words that aren't theirs", err, inbox.Invalid)
	_, err = d.PinWords(ctx, d.anna, string(c.ID), first, strings.Repeat("a", 301), now)
	wantCode(t, "a long text", err, inbox.Invalid)
	ours := inbox.MessageID(d.strings(t, `SELECT id::text FROM messages WHERE direction = 'out'`)[0])
	_, err = d.PinWords(ctx, d.anna, string(c.ID), ours, "We send it", now)
	wantCode(t, "our own words", err, inbox.NotFound)
	_, err = d.PinWords(ctx, d.bert, string(c.ID), first, "It must", now)
	wantCode(t, "another inbox's agent", err, inbox.NotFound)
	list, err = d.PinWords(ctx, d.anna, string(c.ID), first, "It must  not be left\nat the door.", now)
	want("pinned", list, err, "words it must not be left at the door.|address hauptstr121010wien|date 2026-05-03")
	if version := d.conversationOf(t, "m1").Version; version <= c.Version {
		t.Errorf("the conversation stays at version %d: nobody learns of it", version)
	}
	list, err = d.Unpin(ctx, d.su, string(c.ID), inbox.PinDate, "2026-05-03", now)
	want("one that was found is taken off", list, err, "words it must not be left at the door.|address hauptstr121010wien")
	list, err = d.Unpin(ctx, d.su, string(c.ID), inbox.PinWords, "it must not be left at the door.", now)
	want("words are taken off", list, err, "address hauptstr121010wien")
	list, err = d.PinWords(ctx, d.anna, string(c.ID), first, "It must not be left at the door.", now)
	want("the same words once more", list, err, "words it must not be left at the door.|address hauptstr121010wien")
	d.mail(t, "support", "m2", "kim@x.example", "m1")

	into := d.mail(t, "support", "n1", "kim@x.example")
	_, fact, err := d.MergeConversations(ctx, d.anna, string(into.ID), string(c.ID), now)
	if err != nil {
		t.Fatal(err)
	}
	list, err = d.Pins(ctx, &d.anna.Rights, string(into.ID))
	want("merged", list, err, "words it must not be left at the door.|address hauptstr121010wien")
	list, err = d.Unpin(ctx, d.anna, string(into.ID), inbox.PinWords, "it must not be left at the door.", now)
	want("what came with it is taken off", list, err, "address hauptstr121010wien")
	list, err = d.Repin(ctx, d.anna, string(into.ID), inbox.PinDate, "2026-05-03", now)
	want("shown again", list, err, "address hauptstr121010wien|date 2026-05-03")
	list, err = d.Repin(ctx, d.anna, string(into.ID), inbox.PinWords, "it must not be left at the door.", now)
	want("pinned again", list, err, "words it must not be left at the door.|address hauptstr121010wien|date 2026-05-03")
	if _, err := d.Undo(ctx, d.anna, fact, now); err != nil {
		t.Fatal(err)
	}
	list, err = d.Pins(ctx, &d.anna.Rights, string(into.ID))
	want("apart again", list, err, "")
	list, err = d.Pins(ctx, &d.anna.Rights, string(c.ID))
	want("where it was", list, err, "words it must not be left at the door.|address hauptstr121010wien|date 2026-05-03")
	if i := slices.IndexFunc(list, func(p inbox.Pin) bool { return p.Kind == inbox.PinWords }); i < 0 || list[i].AgentID != d.anna.Agent.ID || list[i].MessageID != first {
		t.Errorf("pinned %+v", list)
	}
	d.folded(t)
}
