package threader_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"skein/connectors"
	"skein/inbox"
)

// direct is what comes of direct messages, in the order of what they say.
func (l *line) direct(t *testing.T) string {
	t.Helper()
	_, messages := l.one(t)
	texts := map[inbox.MessageID]string{}
	for _, m := range messages {
		texts[m.ID] = m.Text
	}
	var lines []string
	for _, m := range messages {
		var signs []string
		for _, r := range m.Reactions {
			signs = append(signs, r.Emoji)
		}
		line := fmt.Sprintf("%s %s %q %s about %q deleted %v", m.Direction, m.State, m.Text, strings.Join(signs, ""), texts[m.AboutID], m.DeletedAt != nil)
		if n := len(m.Attachments); n > 0 {
			line += fmt.Sprintf(", %d files", n)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Whatever the order in which a platform's words come, and how often, what is
// shown is the same: what is said of a message before it is there waits for it.
func TestDirectMessagesConverge(t *testing.T) {
	t.Parallel()
	began := time.Now().Add(-time.Hour)
	n := 0
	at := func(in connectors.Inbound, change func(*connectors.Inbound)) connectors.Inbound {
		n++
		in.EventID, in.ProviderAt = fmt.Sprint("w", n), began.Add(time.Duration(n)*time.Second)
		if change != nil {
			change(&in)
		}
		return in
	}
	only := func(in *connectors.Inbound) { in.Reaction.Only = true }
	photo := func(album, what string) func(*connectors.Inbound) {
		return func(in *connectors.Inbound) {
			sum := sha256.Sum256([]byte(what))
			in.Message.Album = album
			in.Message.Attachments = []connectors.Attachment{{Name: what, Type: "image/png",
				Body: connectors.Body{Size: int64(len(what)), SHA256: hex.EncodeToString(sum[:]), Inline: []byte(what)}}}
		}
	}
	receipt := func(state inbox.State) connectors.Inbound {
		return connectors.Inbound{Kind: connectors.KindReceipt, Channel: inbox.Social, Account: "dm", ExternalID: "o1", Key: "o1", Receipt: &inbox.Receipt{State: state}}
	}
	words := []connectors.Inbound{
		at(dm(connectors.KindMessage, "m1", "I want a lamp"), nil),
		at(dm(connectors.KindMessage, "m2", "This one"), func(in *connectors.Inbound) { in.Message.Quotes = "m1" }),
		at(dm(connectors.KindReaction, "m1", "👍"), only),
		at(dm(connectors.KindReaction, "m1", "❤"), only),
		at(dm(connectors.KindReaction, "m2", "🎉"), nil),
		at(dm(connectors.KindReaction, "m2", ""), func(in *connectors.Inbound) { in.Reaction.Removed = true }),
		at(dm(connectors.KindMessage, "m3", "A secret"), nil),
		at(dm(connectors.KindDeleted, "m3", ""), nil),
		at(dm(connectors.KindMessage, "m4", "I want a kettel"), nil),
		at(dm(connectors.KindEdited, "m4", "I want a kettle, green"), nil),
		at(dm(connectors.KindEdited, "m4", "I want a kettle"), nil),
		at(dm(connectors.KindMessage, "o1", "Written on the telephone"), func(in *connectors.Inbound) { in.Message.Ours, in.Message.From = true, inbox.Party{Name: "Page"} }),
		at(dm(connectors.KindMessage, "a1", ""), photo("a", "one")),
		at(dm(connectors.KindMessage, "a2", "Two photos"), photo("a", "two")),
		at(dm(connectors.KindReaction, "a2", "👀"), nil),
		at(receipt(inbox.Delivered), nil),
		at(receipt(inbox.Read), nil),
	}
	want := strings.Join([]string{
		`in received ""  about "" deleted true`,
		`in received "I want a kettle"  about "" deleted false`,
		`in received "I want a lamp" ❤ about "" deleted false`,
		`in received "This one"  about "I want a lamp" deleted false`,
		`in received "Two photos" 👀 about "" deleted false, 2 files`,
		`out read "Written on the telephone"  about "" deleted false`,
	}, "\n")
	backwards := slices.Clone(words)
	slices.Reverse(backwards)
	for name, list := range map[string][]connectors.Inbound{"in order": words, "backwards": backwards} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLine(t)
			for _, in := range list {
				for range 3 {
					if buried := l.play(t, in); len(buried) > 0 {
						t.Fatalf("put aside: %v", buried)
					}
				}
			}
			if diff := cmp.Diff(want, l.direct(t)); diff != "" {
				t.Errorf("what is shown (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("in one batch", func(t *testing.T) {
		t.Parallel()
		l := newLine(t)
		if buried := l.play(t, backwards...); len(buried) > 0 {
			t.Fatalf("put aside: %v", buried)
		}
		if diff := cmp.Diff(want, l.direct(t)); diff != "" {
			t.Errorf("what is shown (-want +got):\n%s", diff)
		}
	})
}

// What comes back of a message that was sent from here says that it has left,
// whether it comes before or after the service's answer, and is no second one; a
// word "until then" moves all that went to them, and never backwards.
func TestEchoes(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"echo", "receipt"} {
		t.Run(first+" first", func(t *testing.T) {
			t.Parallel()
			l := newLine(t)
			play := func(in connectors.Inbound) {
				t.Helper()
				if buried := l.play(t, in); len(buried) > 0 {
					t.Fatalf("put aside: %v", buried)
				}
			}
			play(dm(connectors.KindMessage, "m1", "Hello"))
			c, _ := l.one(t)
			m, err := l.Reply(t.Context(), &inbox.Caller{Rights: l.all}, string(c.ID), inbox.Answer{
				ID: inbox.NewID[inbox.MessageID](time.Now()), At: time.Now(), Text: "Good day", Key: "k", Hash: []byte("h"), SeenSeq: c.PublicSeq, SendAt: time.Now(),
				Seal:     func(inbox.MessageID, inbox.ConversationID, *inbox.Account) (string, string) { return "h1@skein", "" },
				MatchKey: func(s string) string { return s },
			})
			if err != nil || len(m.To) != 1 || m.To[0].Address != "1001" || m.Subject != "" {
				t.Fatalf("Reply() = %+v, %v", m, err)
			}
			if _, err := l.db.Exec(t.Context(), `UPDATE messages SET state = 'sending' WHERE id = $1`, m.ID); err != nil {
				t.Fatal(err)
			}
			echo := dm(connectors.KindMessage, "o1", "Good day")
			echo.Message.Ours = true
			sent := connectors.Inbound{Kind: connectors.KindReceipt, Channel: inbox.Social, Account: "dm", ExternalID: string(m.ID), Key: "r",
				Receipt: &inbox.Receipt{MessageID: m.ID, Attempt: 1, State: inbox.Sent, ExternalIDs: []string{"o1"}}}
			if first == "echo" {
				play(echo)
				if got := l.direct(t); !strings.Contains(got, `out sent "Good day"`) {
					t.Errorf("the echo says that it has left; there is\n%s", got)
				}
				play(sent)
			} else {
				play(sent)
				play(echo)
			}
			until := func(at time.Time) connectors.Inbound {
				in := dm(connectors.KindReceipt, "", "")
				in.Receipt = &inbox.Receipt{State: inbox.Read, Until: &at}
				return in
			}
			play(until(m.SentAt.Add(-time.Minute)))
			if got := l.direct(t); !strings.Contains(got, `out sent "Good day"`) {
				t.Errorf("what was read before is not this; there is\n%s", got)
			}
			play(until(m.SentAt.Add(time.Minute)))
			delivered := connectors.Inbound{Kind: connectors.KindReceipt, Channel: inbox.Social, Account: "dm", ExternalID: "o1", Key: "r", Receipt: &inbox.Receipt{State: inbox.Delivered}}
			play(delivered)
			want := "in received \"Hello\"  about \"\" deleted false\nout read \"Good day\"  about \"\" deleted false"
			if diff := cmp.Diff(want, l.direct(t)); diff != "" {
				t.Errorf("what is shown (-want +got):\n%s", diff)
			}
			// The same words again, later, are another message.
			again := dm(connectors.KindMessage, "o2", "Good day")
			again.Message.Ours = true
			play(again)
			if got := l.direct(t); strings.Count(got, "Good day") != 2 {
				t.Errorf("written anew it is shown anew; there is\n%s", got)
			}
		})
	}
}

// Who asks to be left alone is not written to any more, until they take it back.
func TestOptOut(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	stop := dm(connectors.KindMessage, "m1", "STOP")
	stop.Sender.Consents = []inbox.Consent{{Purpose: inbox.DirectMessages, At: time.Now().Add(-time.Minute)}}
	start := dm(connectors.KindMessage, "m2", "START")
	start.Sender.Consents = []inbox.Consent{{Purpose: inbox.DirectMessages, Granted: true, At: time.Now()}}
	n := 0
	reply := func() error {
		c, _ := l.one(t)
		n++
		_, err := l.Reply(t.Context(), &inbox.Caller{Rights: l.all}, string(c.ID), inbox.Answer{
			ID: inbox.NewID[inbox.MessageID](time.Now()), At: time.Now(), Text: "Hi", Key: fmt.Sprint("k", n), Hash: []byte("h"), Force: true, SendAt: time.Now(),
			Seal: func(inbox.MessageID, inbox.ConversationID, *inbox.Account) (string, string) {
				return fmt.Sprint("h", n, "@skein"), ""
			},
			MatchKey: func(s string) string { return s },
		})
		return err
	}
	l.play(t, stop)
	if err := reply(); inbox.CodeOf(err) != inbox.Conflict || !strings.Contains(err.Error(), "START") {
		t.Errorf("Reply() after STOP = %v, want a conflict that says what takes it back", err)
	}
	l.play(t, start)
	if err := reply(); err != nil {
		t.Errorf("Reply() after START = %v", err)
	}
}
