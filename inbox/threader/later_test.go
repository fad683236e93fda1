package threader_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/blob"
	"skein/inbox/inboxtest"
	"skein/inbox/store"
	"skein/inbox/thread"
	"skein/inbox/threader"
)

// A tape is a stream that plays batches and keeps what was buried.
type tape struct {
	batches [][]threader.Item
	buried  []string
}

func (s *tape) Inbound(ctx context.Context, _ int, handle func(context.Context, int, []threader.Item) error) error {
	for _, b := range s.batches {
		if err := handle(ctx, 0, b); err != nil {
			return err
		}
	}
	return nil
}

func (s *tape) Bury(_ context.Context, _ threader.Item, reason string) error {
	s.buried = append(s.buried, reason)
	return nil
}

// A line is a real store behind a threader, with an account of telephone and
// one of direct messages.
type line struct {
	*store.Store
	db    *pgx.Conn
	blobs *blob.Files
	keys  thread.Keys
	n     int
	all   inbox.Rights
}

func newLine(t *testing.T) *line {
	t.Helper()
	ctx := t.Context()
	dsn := inboxtest.Database(t)
	s, err := store.Open(ctx, dsn, 4, threader.Rules())
	if err != nil {
		t.Fatal(err)
	}
	db, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()); s.Close() })
	now := time.Now()
	brand, calendar, err := s.CreateBrand(ctx, "Brand", "en", "Europe/Berlin", now)
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.CreateInbox(ctx, brand, calendar, "Support", now)
	if err != nil {
		t.Fatal(err)
	}
	for id, ch := range map[inbox.AccountID]inbox.Channel{"phone": inbox.Phone, "dm": inbox.Social} {
		if _, err := s.SaveAccount(ctx, inbox.Account{ID: id, Channel: ch, InboxID: in.ID, Name: string(id), MaxProof: inbox.Proven, Region: "AT"}, now); err != nil {
			t.Fatal(err)
		}
	}
	files, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := thread.NewKeys([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	return &line{Store: s, db: db, blobs: files, keys: keys, all: inbox.Rights{All: true}}
}

// play hands items to the threader, in one batch.
func (l *line) play(t *testing.T, list ...connectors.Inbound) []string {
	t.Helper()
	var batch []threader.Item
	for _, in := range list {
		if l.n++; in.EventID == "" {
			in.EventID = fmt.Sprint("e", l.n)
		}
		data, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, threader.Item{Data: data, Channel: in.Channel, Account: in.Account, Lane: connectors.LaneLive, At: time.Now()})
	}
	s := &tape{batches: [][]threader.Item{batch}}
	th := threader.New(threader.Config{Stream: s, Store: keeper{l.Store}, Blobs: l.blobs, Keys: l.keys, Log: slog.New(slog.DiscardHandler)})
	if err := th.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.buried
}

// one is the only conversation, with its messages.
func (l *line) one(t *testing.T) (inbox.Conversation, []inbox.Message) {
	t.Helper()
	list, _, err := l.Conversations(t.Context(), &l.all, inbox.ConversationFilter{})
	if err != nil || len(list) != 1 {
		t.Fatalf("Conversations() = %+v, %v, want one", list, err)
	}
	messages, _, err := l.Messages(t.Context(), &l.all, string(list[0].ID), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	return list[0], messages
}

func call(id string, change func(*connectors.Call)) connectors.Inbound {
	c := &connectors.Call{ID: id, Call: inbox.Call{Direction: inbox.In, From: "+43 660 1234567", To: "+43 1 5550100", StartedAt: time.Now()}}
	change(c)
	return connectors.Inbound{
		Kind: connectors.KindCall, Channel: inbox.Phone, Account: "phone", ExternalID: id, Key: id,
		Sender: connectors.Sender{Kind: inbox.PhoneNumber, Address: "0660 1234567", Proof: inbox.Claimed}, Call: c,
	}
}

// A call is one message, however many words there are on it. Missed, it waits
// as a customer's message does; answered, somebody has spoken with them.
func TestCall(t *testing.T) {
	t.Parallel()
	is := func(d inbox.Disposition, ring, talk int) func(*connectors.Call) {
		return func(c *connectors.Call) { c.Disposition, c.RingSeconds, c.TalkSeconds = d, ring, talk }
	}
	recording := func(c *connectors.Call) { c.RecordingURL, c.Summary = "https://pbx.example/r/1", "About a kettle" }
	for _, c := range []struct {
		name  string
		words [][]connectors.Inbound // batches
		text  string
		waits bool
	}{
		{"missed", [][]connectors.Inbound{{call("1", is(inbox.CallMissed, 20, 0))}}, "Missed call", true},
		{"voicemail", [][]connectors.Inbound{{call("1", is(inbox.CallVoicemail, 20, 9))}}, "Voicemail", true},
		{"answered", [][]connectors.Inbound{{call("1", is(inbox.CallAnswered, 5, 65))}}, "Call, 1 min 05 s", false},
		{"it rings", [][]connectors.Inbound{{call("1", is(inbox.CallRinging, 0, 0))}}, "Call, ringing", true},
		{"rings, then answered", [][]connectors.Inbound{{call("1", is(inbox.CallRinging, 0, 0))}, {call("1", is(inbox.CallAnswered, 5, 30))}}, "Call, 30 s", false},
		{"in one batch", [][]connectors.Inbound{{call("1", is(inbox.CallRinging, 0, 0)), call("1", is(inbox.CallMissed, 30, 0))}}, "Missed call", true},
		{"backwards", [][]connectors.Inbound{{call("1", is(inbox.CallAnswered, 5, 30))}, {call("1", is(inbox.CallRinging, 0, 0))}}, "Call, 30 s", false},
		{"a recording later", [][]connectors.Inbound{{call("1", is(inbox.CallAnswered, 5, 30))}, {call("1", recording)}}, "Call, 30 s About a kettle", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLine(t)
			for _, batch := range c.words {
				if buried := l.play(t, batch...); len(buried) > 0 {
					t.Fatalf("put aside: %v", buried)
				}
			}
			conversation, messages := l.one(t)
			if len(messages) != 1 || messages[0].Call == nil || messages[0].Channel != inbox.Phone || messages[0].Direction != inbox.In {
				t.Fatalf("messages are %+v, want one call", messages)
			}
			if conversation.Preview != c.text || (conversation.WaitingSince != nil) != c.waits || conversation.Customer.Address != "0660 1234567" {
				t.Errorf("conversation is %+v, want preview %q, waiting %v", conversation, c.text, c.waits)
			}
			if c.name == "a recording later" && (messages[0].Call.RecordingURL == "" || messages[0].Call.TalkSeconds != 30 || messages[0].Version != 2) {
				t.Errorf("call is %+v, version %d", messages[0].Call, messages[0].Version)
			}
		})
	}
}

// Each call is a conversation of its own; ours goes out; what no call can be is
// put aside.
func TestCalls(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	out := call("2", func(c *connectors.Call) {
		c.Direction, c.Disposition, c.Agent, c.RecordingURL = inbox.Out, inbox.CallMissed, "Kim", "javascript:alert(1)"
	})
	hidden := call("3", func(c *connectors.Call) { c.Disposition = inbox.CallMissed })
	hidden.Sender.Address = "anonymous"
	buried := l.play(t, call("1", func(c *connectors.Call) { c.Disposition = inbox.CallMissed }), out, hidden,
		call("", func(*connectors.Call) {}), call("4", func(c *connectors.Call) { c.Direction = "sideways" }), call("5", func(c *connectors.Call) { c.TalkSeconds = -1 }))
	if len(buried) != 3 {
		t.Errorf("put aside: %v, want 3", buried)
	}
	list, _, err := l.Conversations(t.Context(), &l.all, inbox.ConversationFilter{Sort: inbox.SortOldest})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range list {
		m, _, err := l.Messages(t.Context(), &l.all, string(c.ID), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %s %v %s%s", m[0].Direction, c.Preview, c.WaitingSince != nil, c.Customer.Name, m[0].Call.RecordingURL))
	}
	want := []string{"in Missed call true 0660 1234567", "out Call, not answered, Kim false 0660 1234567", "in Missed call true Number withheld"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func dm(kind connectors.Kind, external, text string) connectors.Inbound {
	in := connectors.Inbound{
		Kind: kind, Channel: inbox.Social, Account: "dm", ExternalID: external, Key: "thread",
		Sender: connectors.Sender{Kind: inbox.SocialUser, Address: "1001", Name: "Ann", Proof: inbox.Proven},
	}
	switch kind {
	case connectors.KindMessage, connectors.KindEdited:
		in.Message = &connectors.Message{ThreadKey: "thread", Text: text, VisibleText: text}
	case connectors.KindReaction:
		in.Reaction = &connectors.Reaction{Emoji: text}
	}
	return in
}

// What a sender changes, takes back or sets a sign beside is shown so, and the
// log keeps what was said; said of what is not there, an edit is a message and
// the rest is nothing.
func TestLaterWords(t *testing.T) {
	t.Parallel()
	l := newLine(t)
	unset := dm(connectors.KindReaction, "m1", "👍")
	unset.Reaction.Removed = true
	if buried := l.play(t, dm(connectors.KindMessage, "m1", "I want a lamp"), dm(connectors.KindMessage, "m2", "A secret"),
		dm(connectors.KindEdited, "m1", "I want a kettle"), dm(connectors.KindDeleted, "m9", ""), dm(connectors.KindReaction, "m9", "👍")); len(buried) > 0 {
		t.Fatalf("put aside: %v", buried)
	}
	for _, in := range []connectors.Inbound{
		dm(connectors.KindReaction, "m1", "👍"), dm(connectors.KindReaction, "m1", "👍"), dm(connectors.KindReaction, "m1", "🎉"), unset,
		dm(connectors.KindDeleted, "m2", ""), dm(connectors.KindDeleted, "m2", ""), dm(connectors.KindEdited, "m2", "Back again"),
		dm(connectors.KindEdited, "m1", "I want a kettle"), dm(connectors.KindEdited, "m3", "Never seen before"),
	} {
		if buried := l.play(t, in); len(buried) > 0 {
			t.Fatalf("put aside: %v", buried)
		}
	}
	if buried := l.play(t, dm(connectors.KindDeleted, "", ""), dm(connectors.KindReaction, "m1", "")); len(buried) != 2 {
		t.Errorf("put aside: %v, want 2", buried)
	}
	c, messages := l.one(t)
	if len(messages) != 3 {
		t.Fatalf("%d messages, want 3", len(messages))
	}
	edited, deleted, late := messages[0], messages[1], messages[2]
	if edited.Text != "I want a kettle" || edited.EditedAt == nil || len(edited.Reactions) != 1 || edited.Reactions[0].Emoji != "🎉" || edited.Reactions[0].By != "Ann" {
		t.Errorf("edited is %+v", edited)
	}
	if deleted.Text != "" || deleted.DeletedAt == nil || deleted.EditedAt != nil {
		t.Errorf("deleted is %+v", deleted)
	}
	if late.Text != "Never seen before" || late.EditedAt != nil || c.Preview != late.Text {
		t.Errorf("an edit of what is not there is %+v, preview %q", late, c.Preview)
	}
	rows, err := l.db.Query(t.Context(), `SELECT before->>'text' FROM events WHERE entity IN ($1, $2) AND before->>'text' <> '' AND before->>'text' <> after->>'text' ORDER BY version, at`, edited.ID, deleted.ID)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"I want a lamp", "A secret"} {
		found := false
		for _, k := range kept {
			found = found || k == want
		}
		if !found {
			t.Errorf("the log keeps %q, not %q", kept, want)
		}
	}
}
