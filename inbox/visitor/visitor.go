// Package visitor answers what the chat's sidecar asks on behalf of visitors:
// what their session has seen and missed, their place in the queue, whether
// somebody is there, and the files of their messages.
//
// It promises that an answer is of the session that is asked about and of
// nothing else: not of the customer that the visitor may be, whether they say so
// or have proven it, nor of anything that an agent put beside their chat; and
// that who goes on from an answer misses nothing: the position that it names was
// taken before what it says was read.
//
// It never writes, and never decides who may ask: the sidecar has seen to it that
// its visitor is the session's own.
package visitor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"skein/connectors"
	"skein/inbox"
)

// A Store knows the sessions.
type Store interface {
	VisitorSession(ctx context.Context, account inbox.AccountID, session string) (inbox.VisitorSession, error)
	VisitorMessages(ctx context.Context, account inbox.AccountID, session string, before int64, limit int) ([]inbox.VisitorMessage, bool, error)
	VisitorWords(ctx context.Context, account inbox.AccountID, session string, after int64, limit int) ([]inbox.VisitorWord, error)
	VisitorFile(ctx context.Context, account inbox.AccountID, session string, id inbox.AttachmentID) (inbox.Attachment, error)
	VisitorQueue(ctx context.Context, account inbox.AccountID, sessions []string) (map[string]int, error)
	CalendarOf(ctx context.Context, account inbox.AccountID, id string) (inbox.Calendar, error)
}

// A Bus knows VISITOR, and takes files to where the sidecar reads them.
type Bus interface {
	VisitorState(ctx context.Context) (epoch string, first, last uint64, err error)
	PutTransit(ctx context.Context, channel inbox.Channel, r io.Reader) (connectors.Body, error)
}

// Blobs is where files are kept.
type Blobs interface {
	Open(ctx context.Context, sha256 string) (io.ReadCloser, error)
}

// Config is what answers are made of.
type Config struct {
	Store Store
	Bus   Bus
	Blobs Blobs
	// Calendar names the one by which an account is open, "" for its inbox's.
	Calendar func(ctx context.Context, account inbox.AccountID) (string, error)
	Now      func() time.Time // nil: time.Now
}

// Answers answer questions, from many goroutines at once.
type Answers struct{ cfg Config }

// New returns answers. It does no I/O.
func New(cfg Config) *Answers {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Answers{cfg}
}

const (
	// page is how many messages are shown at once.
	page = 200
	// maxBytes is what they may take, so that an answer fits a message of the
	// bus.
	maxBytes = 512 << 10
	// maxSessions is how many may be asked about at once.
	maxSessions = 10_000
)

// Answer answers one question of the chat's sidecar.
func (a *Answers) Answer(ctx context.Context, ask connectors.Ask) (any, error) {
	switch ask.Verb {
	case connectors.AskSession:
		return answer(ctx, ask, a.session)
	case connectors.AskHistory:
		return answer(ctx, ask, a.history)
	case connectors.AskQueue:
		return answer(ctx, ask, a.queue)
	case connectors.AskHours:
		return a.hours(ctx, ask.Account)
	case connectors.AskFile:
		return answer(ctx, ask, a.file)
	}
	return nil, &inbox.Error{Code: inbox.NotFound, Message: fmt.Sprintf("the chat is asked nothing by the name %.40q", ask.Verb)}
}

// answer reads the question.
func answer[Q, A any](ctx context.Context, ask connectors.Ask, fn func(context.Context, inbox.AccountID, *Q) (A, error)) (any, error) {
	var q Q
	if err := json.Unmarshal(ask.Request, &q); err != nil {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: "the question can't be read"}
	}
	return fn(ctx, ask.Account, &q)
}

func checkSession(s string) error {
	if !inbox.ValidSession(s) {
		return &inbox.Error{Code: inbox.Invalid, Message: "that names no session"}
	}
	return nil
}

func (a *Answers) session(ctx context.Context, account inbox.AccountID, q *connectors.SessionAsk) (connectors.SessionAnswer, error) {
	var out connectors.SessionAnswer
	if err := checkSession(q.Session); err != nil {
		return out, err
	}
	var err error
	if out.Epoch, _, out.Position, err = a.cfg.Bus.VisitorState(ctx); err != nil {
		return out, err
	}
	v, err := a.cfg.Store.VisitorSession(ctx, account, q.Session)
	if err != nil {
		return out, err
	}
	out.Known, out.Closed, out.AgentName, out.Unread, out.Last = v.Known, v.Known && !v.Open, v.AgentName, v.Unread, v.Last
	out.Reset = q.After <= 0 || q.After > v.Last
	if !out.Reset {
		if err := a.since(ctx, account, q, &out); err != nil {
			return out, err
		}
	}
	if out.Reset {
		list, more, err := a.cfg.Store.VisitorMessages(ctx, account, q.Session, 0, page)
		if err != nil {
			return out, err
		}
		out.Messages, out.More = fitting(list, more)
		for _, m := range list { // what was said between the two looks is in the second
			out.Last = max(out.Last, m.Seq)
		}
	}
	if v.Known && v.Open {
		places, err := a.cfg.Store.VisitorQueue(ctx, account, []string{q.Session})
		if err != nil {
			return out, err
		}
		out.Queue = places[q.Session]
	}
	return out, nil
}

// since fills in what was said after what the visitor knows, unless that is too
// much.
func (a *Answers) since(ctx context.Context, account inbox.AccountID, q *connectors.SessionAsk, out *connectors.SessionAnswer) error {
	words, err := a.cfg.Store.VisitorWords(ctx, account, q.Session, q.After, page+1)
	if err != nil {
		return err
	}
	bytes := 0
	for _, w := range words {
		bytes += sizeOf(&w.VisitorMessage)
		out.Last = w.Seq
	}
	if out.Reset = len(words) > page || bytes > maxBytes; !out.Reset {
		out.Words = words
	}
	return nil
}

func (a *Answers) history(ctx context.Context, account inbox.AccountID, q *connectors.HistoryAsk) (connectors.HistoryAnswer, error) {
	var out connectors.HistoryAnswer
	if err := checkSession(q.Session); err != nil {
		return out, err
	}
	list, more, err := a.cfg.Store.VisitorMessages(ctx, account, q.Session, q.Before, page)
	if err != nil {
		return out, err
	}
	out.Messages, out.More = fitting(list, more)
	return out, nil
}

// fitting is the newest of list that an answer has room for, and whether there
// are others.
func fitting(list []inbox.VisitorMessage, more bool) ([]inbox.VisitorMessage, bool) {
	bytes := 0
	for i := len(list) - 1; i >= 0; i-- {
		bytes += sizeOf(&list[i])
		if bytes > maxBytes && i < len(list)-1 {
			return list[i+1:], true
		}
	}
	return list, more
}

// sizeOf is about what a message takes.
func sizeOf(m *inbox.VisitorMessage) int {
	return len(m.Text) + len(m.HTML) + 300*len(m.Files) + 500
}

func (a *Answers) queue(ctx context.Context, account inbox.AccountID, q *connectors.QueueAsk) (connectors.QueueAnswer, error) {
	if len(q.Sessions) > maxSessions {
		return connectors.QueueAnswer{}, &inbox.Error{Code: inbox.TooLarge, Message: fmt.Sprintf("too many sessions at once: %d at most", maxSessions)}
	}
	places, err := a.cfg.Store.VisitorQueue(ctx, account, q.Sessions)
	return connectors.QueueAnswer{Places: places}, err
}

func (a *Answers) hours(ctx context.Context, account inbox.AccountID) (connectors.HoursAnswer, error) {
	var out connectors.HoursAnswer
	name, err := a.cfg.Calendar(ctx, account)
	if err != nil {
		return out, err
	}
	calendar, err := a.cfg.Store.CalendarOf(ctx, account, name)
	if err != nil {
		return out, err
	}
	if out.Epoch, _, _, err = a.cfg.Bus.VisitorState(ctx); err != nil {
		return out, err
	}
	now := a.cfg.Now()
	if out.Open = calendar.Open(now); !out.Open {
		if at, ok := calendar.Opens(now); ok {
			out.OpensAt = &at
		}
	}
	return out, nil
}

func (a *Answers) file(ctx context.Context, account inbox.AccountID, q *connectors.FileAsk) (connectors.FileAnswer, error) {
	var out connectors.FileAnswer
	if err := checkSession(q.Session); err != nil {
		return out, err
	}
	f, err := a.cfg.Store.VisitorFile(ctx, account, q.Session, q.ID)
	if err != nil {
		return out, err
	}
	body, err := a.cfg.Blobs.Open(ctx, f.SHA256)
	if err != nil {
		return out, fmt.Errorf("file %s: %w", q.ID, err)
	}
	defer func() { _ = body.Close() }()
	out.Name, out.Type = f.Name, f.Type
	out.Body, err = a.cfg.Bus.PutTransit(ctx, inbox.Chat, body)
	return out, err
}
