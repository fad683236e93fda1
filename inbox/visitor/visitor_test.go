package visitor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// fakes are a session of some words, a stream and a shelf.
type fakes struct {
	last   int64
	text   string
	asked  []string
	commit func() // between two looks
	at     uint64
}

func (f *fakes) word(n int64) inbox.VisitorWord {
	return inbox.VisitorWord{Kind: inbox.VisitorSaid, VisitorMessage: inbox.VisitorMessage{Seq: n, ID: inbox.MessageID(fmt.Sprint("m", n)), Text: f.text}}
}

func (f *fakes) VisitorSession(_ context.Context, account inbox.AccountID, session string) (inbox.VisitorSession, error) {
	f.asked = append(f.asked, string(account)+"/"+session)
	v := inbox.VisitorSession{Known: f.last > 0, Last: f.last, Open: true, AgentName: "Ann"}
	if f.commit != nil {
		f.commit()
	}
	return v, nil
}

func (f *fakes) VisitorMessages(_ context.Context, _ inbox.AccountID, _ string, before int64, limit int) (list []inbox.VisitorMessage, more bool, err error) {
	first := max(1, f.last-int64(limit)+1)
	for n := first; n <= f.last; n++ {
		list = append(list, f.word(n).VisitorMessage)
	}
	return list, first > 1, nil
}

func (f *fakes) VisitorWords(_ context.Context, _ inbox.AccountID, _ string, after int64, limit int) (list []inbox.VisitorWord, err error) {
	for n := after + 1; n <= f.last && len(list) < limit; n++ {
		list = append(list, f.word(n))
	}
	return list, nil
}

func (f *fakes) VisitorFile(_ context.Context, _ inbox.AccountID, session string, id inbox.AttachmentID) (inbox.Attachment, error) {
	if session != "s1" || id != "f1" {
		return inbox.Attachment{}, &inbox.Error{Code: inbox.NotFound, Message: "the file is not there"}
	}
	return inbox.Attachment{Name: "n", Type: "image/png", SHA256: "sum"}, nil
}

func (f *fakes) VisitorQueue(context.Context, inbox.AccountID, []string) (map[string]int, error) {
	return map[string]int{"s1": 3}, nil
}

func (f *fakes) CalendarOf(context.Context, inbox.AccountID, string) (inbox.Calendar, error) {
	return inbox.Calendar{Zone: "UTC", Hours: []inbox.OpenHours{{Day: "mon", From: "09:00", To: "17:00"}}}, nil
}

func (f *fakes) VisitorState(context.Context) (string, uint64, uint64, error) {
	return "e", 1, f.at, nil
}

func (f *fakes) PutTransit(_ context.Context, c inbox.Channel, r io.Reader) (connectors.Body, error) {
	raw, err := io.ReadAll(r)
	return connectors.Body{Ref: string(c) + ":" + string(raw)}, err
}

func (f *fakes) Open(_ context.Context, sum string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("bytes of " + sum)), nil
}

func ask[A any](t *testing.T, a *Answers, verb string, request any) (A, error) {
	t.Helper()
	raw, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var zero A
	got, err := a.Answer(t.Context(), connectors.Ask{Channel: inbox.Chat, Account: "web", Verb: verb, Request: raw})
	if err != nil {
		return zero, err
	}
	return got.(A), nil
}

func newAnswers(f *fakes) *Answers {
	return New(Config{Store: f, Bus: f, Blobs: f, Calendar: func(context.Context, inbox.AccountID) (string, error) { return "", nil },
		Now: func() time.Time { return time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC) }})
}

// Who knows a number is told what came after it, who knows none, one that isn't,
// or too old a one, is told everything anew; what is committed between two looks
// is in the answer or comes after it, never neither.
func TestSession(t *testing.T) {
	t.Parallel()
	f := &fakes{last: 10, at: 77, text: "x"}
	a := newAnswers(f)
	for _, tc := range []struct {
		after int64
		reset bool
		words int
	}{{0, true, 0}, {4, false, 6}, {10, false, 0}, {11, true, 0}, {-1, true, 0}} {
		got, err := ask[connectors.SessionAnswer](t, a, "session", connectors.SessionAsk{Session: "s1", After: tc.after})
		if err != nil || got.Reset != tc.reset || len(got.Words) != tc.words || got.Last != 10 || got.Position != 77 || got.Reset && len(got.Messages) != 10 || got.Queue != 3 || got.AgentName != "Ann" {
			t.Errorf("after %d: %+v, %v", tc.after, got, err)
		}
	}
	f.last = 1000
	if got, err := ask[connectors.SessionAnswer](t, a, "session", connectors.SessionAsk{Session: "s1", After: 3}); err != nil || !got.Reset || len(got.Messages) != page || !got.More || got.Last != 1000 {
		t.Errorf("after too long: reset %v, %d messages, last %d, %v", got.Reset, len(got.Messages), got.Last, err)
	}
	f.commit = func() { f.last++ }
	for _, after := range []int64{0, 990} {
		before := f.last
		got, err := ask[connectors.SessionAnswer](t, a, "session", connectors.SessionAsk{Session: "s1", After: after})
		if err != nil || got.Last != before+1 {
			t.Errorf("a word that came meanwhile: last %d, want %d, %v", got.Last, before+1, err)
		}
	}
	f.commit, f.text = nil, strings.Repeat("x", 60<<10)
	got, err := ask[connectors.SessionAnswer](t, a, "session", connectors.SessionAsk{Session: "s1"})
	raw, jerr := json.Marshal(got)
	if err != nil || jerr != nil || len(raw) > 900<<10 || !got.More || len(got.Messages) == 0 || got.Messages[len(got.Messages)-1].Seq != f.last {
		t.Errorf("an answer of %d bytes with %d messages, more %v, %v", len(raw), len(got.Messages), got.More, err)
	}
}

// A file goes to transit for its own session; hours are those of the calendar;
// what names no session, and what nobody may ask, is refused.
func TestOtherAnswers(t *testing.T) {
	t.Parallel()
	f := &fakes{last: 3}
	a := newAnswers(f)
	if got, err := ask[connectors.FileAnswer](t, a, "file", connectors.FileAsk{Session: "s1", ID: "f1"}); err != nil || got.Body.Ref != "chat:bytes of sum" || got.Name != "n" {
		t.Errorf("file: %+v, %v", got, err)
	}
	if _, err := ask[connectors.FileAnswer](t, a, "file", connectors.FileAsk{Session: "s2", ID: "f1"}); inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("another's file: %v", err)
	}
	if got, err := ask[connectors.HoursAnswer](t, a, "hours", struct{}{}); err != nil || got.Open || got.OpensAt == nil || got.OpensAt.Hour() != 9 || got.Epoch != "e" {
		t.Errorf("hours: %+v, %v", got, err)
	}
	if got, err := ask[connectors.QueueAnswer](t, a, "queue", connectors.QueueAsk{Sessions: []string{"s1"}}); err != nil || got.Places["s1"] != 3 {
		t.Errorf("queue: %+v, %v", got, err)
	}
	for verb, want := range map[string]inbox.Code{"session": inbox.Invalid, "history": inbox.Invalid, "file": inbox.Invalid, "customers": inbox.NotFound} {
		_, err := a.Answer(t.Context(), connectors.Ask{Account: "web", Verb: verb, Request: []byte(`{"session": "skein.>"}`)})
		if inbox.CodeOf(err) != want {
			t.Errorf("%s of no session: %v, want %s", verb, err, want)
		}
		if _, err := a.Answer(t.Context(), connectors.Ask{Account: "web", Verb: verb, Request: []byte(`{`)}); inbox.CodeOf(err) != want {
			t.Errorf("%s that can't be read: %v, want %s", verb, err, want)
		}
	}
	if len(f.asked) > 0 {
		t.Errorf("the store was asked about %v", f.asked)
	}
}
