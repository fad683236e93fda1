package eval

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/cmd/skein/local"
	"skein/connectors"
	"skein/inbox"
	"skein/inbox/blob"
	"skein/inbox/store"
	"skein/inbox/thread"
	"skein/inbox/threader"
	"skein/migrations"
)

// How the mails of a list come in: each so often, cut into batches, on so many
// workers; every so many-th never comes, and every so many-th is quoted by a
// stranger.
const (
	mailTwice    = 2
	mailBatch    = 24
	mailWorkers  = 4
	mailMissing  = 7
	mailStranger = 5
)

// A listMail is a row of a mailing list's header graph.
type listMail struct {
	N          int      `json:"n"`
	MessageID  string   `json:"message_id"`
	InReplyTo  string   `json:"in_reply_to"` // in angle brackets
	References []string `json:"references"`
	Date       int64    `json:"date"`
	From       string   `json:"from_hash"`
	Thread     int      `json:"thread"`

	stranger bool
}

// mailThreads sends mailing lists through the threading service and a database
// of its own: shuffled, doubled, with parents that come late or never, on four
// workers at once. What ends together must be what the header graph ties
// together. Everybody on a list reads it, so everybody is a recipient of every
// mail; strangers, who are not, quote what they know and must stay outside, each
// in a conversation of its own with a link.
func mailThreads(ctx context.Context, dir string, r *Reporter) (err error) {
	rows := struct{ all, missing, mixed, outside *Row }{
		r.Row("mail threads"), r.Row("mail threads: parents that never come"),
		r.Row("mail threads: among strangers"), r.Row("mail threads: strangers outside, linked"),
	}
	for _, row := range []*Row{rows.all, rows.missing, rows.mixed, rows.outside} {
		row.AtLeast(1)
	}
	post, err := openPost(ctx)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, post.close()) }()
	took := time.Duration(0)
	sent := 0
	err = eachFile(ctx, dir, func(path, name string) error {
		if !strings.HasSuffix(name, ".jsonl") {
			return nil
		}
		mails, err := readLines[listMail](path)
		if err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(uint64(len(mails)), 1))
		given := func(m listMail) string { return fmt.Sprint(m.Thread) }
		some := slices.DeleteFunc(slices.Clone(mails), func(m listMail) bool { return rng.IntN(mailMissing) == 0 })
		mixed := append(slices.Clone(mails), strangers(mails)...)
		for _, run := range []struct {
			row   *Row
			mails []listMail
			graph func(listMail) string
		}{{rows.all, mails, given}, {rows.missing, some, components(some)}, {rows.mixed, mixed, given}} {
			began := time.Now()
			got, err := post.deliver(ctx, run.mails, rng)
			if err != nil {
				return err
			}
			took, sent = took+time.Since(began), sent+mailTwice*len(run.mails)
			score(name, run.row, rows.outside, run.mails, run.graph, got)
		}
		return nil
	})
	rows.all.Note("%.0f mails/s", float64(sent)/took.Seconds())
	return err
}

// strangers quote every so many-th mail of a list, each one mail and all that it
// refers to.
func strangers(mails []listMail) (list []listMail) {
	for i := 0; i < len(mails); i += mailStranger {
		m := mails[i]
		list = append(list, listMail{
			N: len(mails) + i, MessageID: fmt.Sprint("stranger-", i, "@x"), InReplyTo: "<" + m.MessageID + ">",
			References: append(slices.Clone(m.References), m.MessageID), Date: m.Date + 60, From: fmt.Sprint("stranger-", i), stranger: true,
		})
	}
	return list
}

// headers are the ids that a mail is called by or points at.
func (m *listMail) headers() []string {
	ids := slices.Clone(m.References)
	if parent := strings.Trim(m.InReplyTo, "<> "); parent != "" {
		ids = append(ids, parent)
	}
	if m.MessageID != "" {
		ids = append(ids, m.MessageID)
	}
	return ids
}

// components is the header graph: a name for what ties a mail to others, seen
// or not.
func components(mails []listMail) func(listMail) string {
	into := map[string]string{}
	var find func(string) string
	find = func(id string) string {
		if next := into[id]; next != "" && next != id {
			into[id] = find(next)
			return into[id]
		}
		return id
	}
	for i := range mails {
		for _, id := range mails[i].headers() {
			into[find(id)] = find(mails[i].headers()[0])
		}
	}
	return func(m listMail) string {
		if ids := m.headers(); len(ids) > 0 {
			return find(ids[0])
		}
		return fmt.Sprint("alone ", m.N)
	}
}

// score counts the mails that ended with those, all of those and nobody else,
// that the graph ties them to, and the strangers that ended alone with a link.
func score(list string, row, outside *Row, mails []listMail, graph func(listMail) string, got map[string]placed) {
	want, have := map[string][]int{}, map[string][]int{}
	for _, m := range mails {
		have[got[m.event()].conversation] = append(have[got[m.event()].conversation], m.N)
		if !m.stranger {
			want[graph(m)] = append(want[graph(m)], m.N)
		}
	}
	for _, m := range mails {
		at := got[m.event()]
		with := have[at.conversation]
		slices.Sort(with)
		name := fmt.Sprintf("%s %d", list, m.N)
		switch {
		case m.stranger:
			outside.Check(name, at.conversation != "" && len(with) == 1 && at.linked, with, m.N)
		case at.conversation == "":
			row.Check(name, false, "nowhere", graph(m))
		default:
			slices.Sort(want[graph(m)])
			row.Check(name, slices.Equal(with, want[graph(m)]), with, want[graph(m)])
		}
	}
}

func (m *listMail) event() string { return fmt.Sprint("mail:", m.N) }

// A post is the threading service over a database and blobs of its own.
type post struct {
	dir  string
	pg   *local.Postgres
	runs int
}

func openPost(ctx context.Context) (_ *post, err error) {
	p := &post{}
	if p.dir, err = os.MkdirTemp("", "skein-eval-"); err != nil {
		return nil, err
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	if p.pg, err = local.StartPostgres(ctx, local.PostgresConfig{Dir: p.dir, Log: quiet, Unsafe: true}); err != nil {
		return nil, cmp.Or(err, os.RemoveAll(p.dir))
	}
	return p, nil
}

func (p *post) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return cmp.Or(p.pg.Stop(ctx), os.RemoveAll(p.dir))
}

// placed is where a mail ended.
type placed struct {
	conversation string
	linked       bool
}

// deliver brings mails into a fresh database and says where each is, by its
// event.
func (p *post) deliver(ctx context.Context, mails []listMail, rng *rand.Rand) (_ map[string]placed, err error) {
	p.runs++
	dsn, err := p.database(ctx, fmt.Sprint("eval_", p.runs))
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, dsn, mailWorkers+2, threader.Rules())
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if err := inboxFor(ctx, s); err != nil {
		return nil, err
	}
	blobs, err := blob.Open(p.dir + "/blobs")
	if err != nil {
		return nil, err
	}
	keys, err := thread.NewKeys([]byte("skein eval"))
	if err != nil {
		return nil, err
	}
	items, err := itemsOf(mails, rng)
	if err != nil {
		return nil, err
	}
	stream := &tape{items: items}
	th := threader.New(threader.Config{Stream: stream, Store: evalStore{s}, Blobs: blobs, Keys: keys, Workers: mailWorkers,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := th.Run(ctx); err != nil {
		return nil, err
	}
	if stream.buried != "" {
		return nil, fmt.Errorf("a mail was put aside: %s", stream.buried)
	}
	return whereAll(ctx, dsn)
}

// database makes one; the text of a name is ours.
func (p *post) database(ctx context.Context, name string) (string, error) {
	admin, err := pgx.Connect(ctx, p.pg.AdminURL())
	if err != nil {
		return "", err
	}
	defer func() { _ = admin.Close(context.WithoutCancel(ctx)) }()
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("make database: %w", err)
	}
	dsn := strings.Replace(p.pg.AdminURL(), "/postgres?", "/"+name+"?", 1)
	return dsn, migrations.Up(ctx, dsn)
}

func inboxFor(ctx context.Context, s *store.Store) error {
	now := time.Now()
	brand, calendar, err := s.CreateBrand(ctx, "List", "en", "Etc/UTC", now)
	if err != nil {
		return err
	}
	in, err := s.CreateInbox(ctx, brand, calendar, "List", now)
	if err != nil {
		return err
	}
	_, err = s.SaveAccount(ctx, inbox.Account{ID: "list", Channel: inbox.Email, InboxID: in.ID, Name: "List", Address: "list@skein.example", MaxProof: inbox.Proven}, now)
	return err
}

func whereAll(ctx context.Context, dsn string) (map[string]placed, error) {
	db, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }()
	rows, err := db.Query(ctx, `SELECT subject, conversation_id::text, reason ? 'linked' FROM messages`)
	if err != nil {
		return nil, err
	}
	at := map[string]placed{}
	var event string
	var where placed
	_, err = pgx.ForEachRow(rows, []any{&event, &where.conversation, &where.linked}, func() error {
		if _, twice := at[event]; twice {
			where.conversation = "" // it is there more than once
		}
		at[event] = where
		return nil
	})
	return at, err
}

// itemsOf makes of mails what the email connector publishes, in any order and
// more than once. Who is of the mail's own thread comes first among those whom
// it goes to: there may be more than one mail can name.
func itemsOf(mails []listMail, rng *rand.Rand) ([]threader.Item, error) {
	people, near := map[string]bool{}, map[int]map[string]bool{}
	for _, m := range mails {
		if !m.stranger {
			people[m.From] = true
			if near[m.Thread] == nil {
				near[m.Thread] = map[string]bool{}
			}
			near[m.Thread][m.From] = true
		}
	}
	now := time.Now()
	var items []threader.Item
	for i, m := range mails {
		in := connectors.Inbound{
			Kind: connectors.KindMessage, Channel: inbox.Email, Account: "list", EventID: m.event(), ExternalID: m.event(), Key: m.From, Lane: connectors.LaneLive,
			Sender:     connectors.Sender{Kind: inbox.EmailAddress, Address: addressOf(m.From), Proof: inbox.Proven},
			ProviderAt: time.Unix(m.Date, 0), ReceivedAt: now,
			Message: &connectors.Message{
				MessageID: m.MessageID, References: m.References, From: inbox.Party{Address: addressOf(m.From)}, Subject: m.event(), Text: "…", VisibleText: "…",
			},
		}
		if parent := strings.Trim(m.InReplyTo, "<> "); parent != "" {
			in.Message.InReplyTo = []string{parent}
		}
		if !m.stranger {
			for _, who := range append(sorted(near[m.Thread]), sorted(people)...) {
				in.Message.Cc = append(in.Message.Cc, inbox.Party{Address: addressOf(who)})
			}
		}
		data, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("mail %d: %w", i, err)
		}
		for range mailTwice {
			items = append(items, threader.Item{Data: data, Channel: inbox.Email, Account: "list", Lane: connectors.LaneLive, At: now})
		}
	}
	rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	return items, nil
}

func addressOf(who string) string { return who + "@list.example" }

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// evalStore is a store as the threading service wants it.
type evalStore struct{ *store.Store }

func (evalStore) Transient(err error) bool { return store.Transient(err) }

// A tape is a stream that is played once, to several workers; what fails for a
// moment comes again.
type tape struct {
	items []threader.Item

	mu     sync.Mutex // guards buried
	buried string
}

func (t *tape) Inbound(ctx context.Context, workers int, handle func(context.Context, int, []threader.Item) error) error {
	batches := make(chan []threader.Item, len(t.items)/mailBatch+1)
	for batch := range slices.Chunk(t.items, mailBatch) {
		batches <- batch
	}
	close(batches)
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for batch := range batches {
				for ctx.Err() == nil && handle(ctx, worker, batch) != nil {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

func (t *tape) Bury(_ context.Context, _ threader.Item, reason string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buried = reason
	return nil
}
