package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A visit is what an arrival says of its chat's session.
type visit struct {
	account  inbox.AccountID
	session  string
	thread   inbox.ThreadID
	who      inbox.IdentityID
	answerTo string
}

// visited notes the session of a chat's message where that is new, or left an
// address.
func (a *arrivals) visited(r *inbox.Received, p *inbox.Placement, who inbox.IdentityID) {
	if m := r.Message; m.Session != "" && (p.NewThread || m.AnswerTo != "") {
		a.visits = append(a.visits, visit{r.Account, m.Session, p.Thread, who, m.AnswerTo})
	}
}

// writeVisits stores the sessions. Who has left an address is written to: what
// they missed goes there soon.
func (a *arrivals) writeVisits(ctx context.Context) error {
	for _, v := range a.visits {
		if _, err := a.tx.Exec(ctx, `
			INSERT INTO visitors (account_id, session, thread_id, identity_id, answer_to) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (account_id, session) DO UPDATE SET answer_to = EXCLUDED.answer_to WHERE EXCLUDED.answer_to <> ''`,
			v.account, v.session, v.thread, v.who, v.answerTo); err != nil {
			return fmt.Errorf("write sessions: %w", err)
		}
		if v.answerTo == "" {
			continue
		}
		if err := mailLater(ctx, a.tx, v.thread); err != nil {
			return err
		}
		if err := a.goOnByMail(ctx, &v); err != nil {
			return fmt.Errorf("hand over to mail: %w", err)
		}
	}
	return nil
}

// goOnByMail has the next mail from the address that a visitor left continue the
// chat, where both have proven it: else anybody's mail could be drawn into a
// chat by typing their address, and only an answer to what we send there comes
// back to it.
func (a *arrivals) goOnByMail(ctx context.Context, v *visit) error {
	key := a.rules.ClaimKey(inbox.ClaimEmail, v.answerTo, "")
	list, err := column[string](ctx, a.tx, `
		SELECT i.id::text FROM identities i WHERE i.kind = 'email' AND i.key = $1 AND i.proof >= $3 AND EXISTS (
			SELECT FROM claims WHERE identity_id = $2 AND field = 'email' AND key = $1 AND proof >= $3)`,
		key, v.who, int16(inbox.Proven))
	if err != nil || len(list) == 0 || key == "" {
		return err
	}
	raw, err := json.Marshal(inputs{Text: "Asked in the chat to go on by mail", IdentityID: inbox.IdentityID(list[0])})
	if err != nil {
		return err
	}
	now := time.Now()
	b := &pgx.Batch{}
	b.Queue(`
		UPDATE conversation_facts SET revoked_at = $2, revoked_kind = $3
		WHERE kind = 'hand-over' AND from_id IS NULL AND revoked_at IS NULL AND inputs->>'identityId' = $1`, list[0], now, string(inbox.BySystem))
	b.Queue(`
		INSERT INTO conversation_facts (id, kind, inputs, actor_kind, created_at, into_id)
		SELECT $1, $2, $3, $4, $5, conversation_id FROM threads WHERE id = $6`,
		inbox.NewID[inbox.FactID](now), string(inbox.FactHandOver), raw, string(inbox.BySystem), now, v.thread)
	return a.tx.SendBatch(ctx, b).Close()
}

// visitorRows are the words that changes are to the sessions that they concern:
// rows of the outbox.
func visitorRows(ctx context.Context, tx pgx.Tx, changes []change) ([][]any, error) {
	type told struct {
		thread  inbox.ThreadID
		account inbox.AccountID
		in      inbox.ConversationID // of a word on a conversation
		word    inbox.VisitorWord
	}
	var words []told
	var threads, conversations []string
	for i := range changes {
		e := &changes[i].event
		switch {
		case e.Kind == inbox.MessageChanged && e.Message != nil && e.MovedFrom == "":
			if w, ok := inbox.VisitorWordOn(e.Message); ok {
				words = append(words, told{thread: e.Message.ThreadID, account: e.Message.Account, word: w})
				threads = append(threads, string(e.Message.ThreadID))
			}
		case e.Kind == inbox.ConversationChanged && e.Conversation != nil:
			was, ok := changes[i].before.(*inbox.Conversation)
			c := e.Conversation
			if ok && was != nil && c.MergedInto == "" && (was.Status == inbox.Closed) != (c.Status == inbox.Closed) {
				w := inbox.VisitorWord{Kind: inbox.VisitorReopened}
				if c.Status == inbox.Closed {
					w.Kind = inbox.VisitorClosed
				}
				words = append(words, told{in: c.ID, word: w})
				conversations = append(conversations, string(c.ID))
			}
		}
	}
	if len(words) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT v.thread_id, t.conversation_id, v.account_id, v.session FROM visitors v JOIN threads t ON t.id = v.thread_id
		WHERE v.thread_id = ANY($1)
		UNION
		SELECT v.thread_id, t.conversation_id, v.account_id, v.session FROM threads t JOIN visitors v ON v.thread_id = t.id
		WHERE t.conversation_id = ANY($2)`, threads, conversations)
	if err != nil {
		return nil, fmt.Errorf("find sessions: %w", err)
	}
	sessions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[toldSession])
	if err != nil {
		return nil, fmt.Errorf("find sessions: %w", err)
	}
	var fit []sessionWord
	for _, w := range words {
		for _, s := range sessions {
			if s.Thread == w.thread && s.Account == w.account || s.In == w.in {
				fit = append(fit, sessionWord{s, w.word})
			}
		}
	}
	return numbered(ctx, tx, fit)
}

// A toldSession is one that a change concerns.
type toldSession struct {
	Thread  inbox.ThreadID
	In      inbox.ConversationID
	Account inbox.AccountID
	Session string
}

type sessionWord struct {
	to   toldSession
	word inbox.VisitorWord
}

// numbered gives the words of each session their numbers, keeps them, and
// returns their rows of the outbox.
func numbered(ctx context.Context, tx pgx.Tx, words []sessionWord) ([][]any, error) {
	if len(words) == 0 {
		return nil, nil
	}
	count := map[inbox.ThreadID]int64{}
	for _, w := range words {
		count[w.to.Thread]++
	}
	counts := make([]int64, 0, len(count))
	for _, id := range keysOf(count) {
		counts = append(counts, count[inbox.ThreadID(id)])
	}
	rows, err := tx.Query(ctx, `
		UPDATE visitors v SET words = v.words + n.k FROM unnest($1::uuid[], $2::bigint[]) AS n(id, k)
		WHERE v.thread_id = n.id RETURNING v.thread_id, v.words - n.k`, keysOf(count), counts)
	if err != nil {
		return nil, fmt.Errorf("number words: %w", err)
	}
	next := map[inbox.ThreadID]int64{}
	var id inbox.ThreadID
	var last int64
	if _, err := pgx.ForEachRow(rows, []any{&id, &last}, func() error { next[id] = last; return nil }); err != nil {
		return nil, fmt.Errorf("number words: %w", err)
	}
	b := &pgx.Batch{}
	out := make([][]any, 0, len(words))
	for _, w := range words {
		next[w.to.Thread]++
		w.word.Seq = next[w.to.Thread]
		payload, err := json.Marshal(w.word)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", w.word.Kind, err)
		}
		out = append(out, []any{inbox.VisitorSubject(w.to.Account, w.to.Session), payload})
		// Another attempt tells of a message once more: its place stays.
		b.Queue(`
			INSERT INTO visitor_words (thread_id, seq, kind, message_id) SELECT $1, $2, CASE
				WHEN $3 = 'message' AND EXISTS (SELECT FROM visitor_words WHERE message_id = $4 AND kind = 'message') THEN 'again' ELSE $3 END, $4`,
			w.to.Thread, w.word.Seq, string(w.word.Kind), null(w.word.ID))
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("keep words: %w", err)
	}
	return out, nil
}

// maxUnread bounds how many answers wait to be read.
const maxUnread = 200

// VisitorSession returns what is known of a session. One that has said nothing
// is not known.
func (s *Store) VisitorSession(ctx context.Context, account inbox.AccountID, session string) (inbox.VisitorSession, error) {
	var v inbox.VisitorSession
	var thread inbox.ThreadID
	var status inbox.Status
	err := s.pool.QueryRow(ctx, `
		SELECT v.thread_id, v.words, c.status, coalesce(g.name, '') FROM visitors v
		JOIN threads t ON t.id = v.thread_id JOIN conversations c ON c.id = t.conversation_id
		LEFT JOIN agents g ON g.id = c.assignee_id
		WHERE v.account_id = $1 AND v.session = $2`, account, session).Scan(&thread, &v.Last, &status, &v.AgentName)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, nil
	}
	if err != nil {
		return v, fmt.Errorf("read session: %w", err)
	}
	v.Known, v.Open = true, status != inbox.Closed
	rows, err := s.pool.Query(ctx, `
		SELECT w.seq, m.id, m.attempt, m.state FROM visitor_words w JOIN messages m ON m.id = w.message_id
		WHERE w.thread_id = $1 AND w.kind = 'message' AND m.direction = 'out' AND m.state <> 'read'
		ORDER BY w.seq DESC LIMIT $2`, thread, maxUnread)
	if err != nil {
		return v, fmt.Errorf("read unread: %w", err)
	}
	v.Unread, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (m inbox.VisitorMessage, err error) {
		return m, row.Scan(&m.Seq, &m.ID, &m.Attempt, &m.State)
	})
	if err != nil {
		return v, fmt.Errorf("read unread: %w", err)
	}
	return v, nil
}

// VisitorMessages returns the newest messages of a session whose numbers are
// below before (0 = all), oldest first, up to limit, and whether there are more.
func (s *Store) VisitorMessages(ctx context.Context, account inbox.AccountID, session string, before int64, limit int) ([]inbox.VisitorMessage, bool, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	words, err := s.visitorWords(ctx, `w.kind = 'message' AND w.seq < $3 ORDER BY w.seq DESC LIMIT $4`, account, session, before, limit+1)
	if err != nil {
		return nil, false, fmt.Errorf("messages of a session: %w", err)
	}
	more := len(words) > limit
	words = words[:min(len(words), limit)]
	list := make([]inbox.VisitorMessage, 0, len(words))
	answered := false
	for _, w := range words {
		if w.deleted {
			continue
		}
		answered = answered || w.From == "agent"
		if w.From == "visitor" && answered {
			w.State = inbox.Read // who answered has read it
		}
		list = append(list, w.VisitorMessage)
	}
	slices.Reverse(list)
	return list, more, nil
}

// VisitorWords returns what a session was told after a number, in order, up to
// limit.
func (s *Store) VisitorWords(ctx context.Context, account inbox.AccountID, session string, after int64, limit int) ([]inbox.VisitorWord, error) {
	words, err := s.visitorWords(ctx, `w.seq > $3 ORDER BY w.seq LIMIT $4`, account, session, after, limit)
	if err != nil {
		return nil, fmt.Errorf("words to a session: %w", err)
	}
	list := make([]inbox.VisitorWord, len(words))
	for i, w := range words {
		list[i] = w.VisitorWord
	}
	return list, nil
}

type readWord struct {
	inbox.VisitorWord
	deleted bool
}

// visitorWords reads words with what their messages are now.
func (s *Store) visitorWords(ctx context.Context, which string, account inbox.AccountID, session string, args ...any) ([]readWord, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT w.seq, w.kind, coalesce(w.message_id::text, '') FROM visitors v JOIN visitor_words w ON w.thread_id = v.thread_id
		WHERE v.account_id = $1 AND v.session = $2 AND `+which, append([]any{account, session}, args...)...)
	if err != nil {
		return nil, err
	}
	var of []string
	words, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w readWord, err error) {
		err = row.Scan(&w.Seq, &w.Kind, &w.ID)
		if w.ID != "" {
			of = append(of, string(w.ID))
		}
		return w, err
	})
	if err != nil || len(of) == 0 {
		return words, err
	}
	list, err := collectMessages(ctx, s.pool, `WHERE m.id = ANY($1)`, of)
	if err != nil {
		return nil, err
	}
	at := make(map[inbox.MessageID]*inbox.Message, len(list))
	for i := range list {
		at[list[i].ID] = &list[i]
	}
	kept := words[:0]
	for _, w := range words {
		if m := at[w.ID]; m != nil {
			w.deleted = m.DeletedAt != nil
			seen, ok := m.ForVisitor()
			if !ok && w.Kind != inbox.VisitorDeleted {
				// It was told of and has failed since: its number must not be missed.
				seen = inbox.VisitorMessage{ID: m.ID, Version: m.Version}
				w.Kind, w.deleted = inbox.VisitorDeleted, true
			}
			seen.Seq = w.Seq
			w.VisitorMessage = seen
		}
		if w.Kind == "again" {
			w.Kind = inbox.VisitorSaid
		}
		kept = append(kept, w)
	}
	return kept, nil
}

// VisitorFile returns a file of a message that the session may see. Any other is
// NotFound.
func (s *Store) VisitorFile(ctx context.Context, account inbox.AccountID, session string, id inbox.AttachmentID) (inbox.Attachment, error) {
	var a inbox.Attachment
	missing := &inbox.Error{Code: inbox.NotFound, Message: "the file is not there"}
	if !inbox.ValidID(string(id)) {
		return a, missing
	}
	err := s.pool.QueryRow(ctx, `
		SELECT a.id, a.name, a.type, a.size, a.sha256, a.inline, a.content_id
		FROM attachments a JOIN visitor_words w ON w.message_id = a.message_id AND w.kind = 'message'
		JOIN visitors v ON v.thread_id = w.thread_id
		WHERE a.id = $3 AND v.account_id = $1 AND v.session = $2`, account, session, id).
		Scan(&a.ID, &a.Name, &a.Type, &a.Size, &a.SHA256, &a.Inline, &a.ContentID)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, missing
	}
	if err != nil {
		return a, fmt.Errorf("file %s: %w", id, err)
	}
	return a, nil
}

// VisitorQueue returns the places of those sessions that wait for somebody: 1 is
// who waits longest in their inbox. Who is being served, or doesn't wait, has
// none.
func (s *Store) VisitorQueue(ctx context.Context, account inbox.AccountID, sessions []string) (map[string]int, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT v.session, q.place FROM (
			SELECT id, rank() OVER (PARTITION BY inbox_id ORDER BY waiting_since, id) AS place FROM conversations
			WHERE inbox_id = (SELECT inbox_id FROM accounts WHERE id = $1) AND channel = 'chat' AND status = 'open'
				AND assignee_id IS NULL AND merged_into IS NULL AND waiting_since IS NOT NULL
		) q JOIN threads t ON t.conversation_id = q.id JOIN visitors v ON v.thread_id = t.id
		WHERE v.account_id = $1 AND v.session = ANY($2)`, account, sessions)
	if err != nil {
		return nil, fmt.Errorf("read queue of %s: %w", account, err)
	}
	places := map[string]int{}
	var session string
	var place int
	if _, err := pgx.ForEachRow(rows, []any{&session, &place}, func() error {
		places[session] = place
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read queue of %s: %w", account, err)
	}
	return places, nil
}

// chatParent is what an answer in a chat follows, and the session that it goes
// to: the newest of its account, whatever else was said meanwhile on other
// channels. Nobody else can be answered there.
func chatParent(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, account inbox.AccountID, a *inbox.Answer) (parent, []inbox.Party, error) {
	var p parent
	var to inbox.Party
	if len(a.To)+len(a.Cc) > 0 {
		return p, nil, &inbox.Error{Code: inbox.Invalid, Message: "an answer in a chat goes to its visitor: name no recipients"}
	}
	err := tx.QueryRow(ctx, `
		SELECT m.thread_id, m.splits::text[], v.session, i.name FROM messages m
		JOIN visitors v ON v.thread_id = m.thread_id JOIN identities i ON i.id = v.identity_id
		WHERE m.conversation_id = $1 AND m.kind = 'message' AND m.channel = 'chat' AND m.account_id = $2
		ORDER BY m.seq DESC LIMIT 1`, c.ID, account).Scan(&p.thread, &p.splits, &to.Address, &to.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, nil, &inbox.Error{Code: inbox.Conflict, Message: "nobody in this conversation can be reached by chat any more"}
	}
	return p, []inbox.Party{to}, err
}
