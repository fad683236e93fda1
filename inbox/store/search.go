package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"skein/inbox"
)

// searchTimeout bounds what one search may cost; a search that takes longer is
// refused and not left to hold up others.
const searchTimeout = "3s"

// minPrefix is the least number of letters by which a word that is still being
// typed finds longer ones.
const minPrefix = 3

// A query is what somebody looks for, as full-text search takes it.
type query struct {
	web   string   // for websearch_to_tsquery
	last  string   // the word still being typed, for to_tsquery; "" = none
	words []string // to be shown in the snippet, lower case

	lexemes       []string  // beginnings of those that filters stand for
	after, before time.Time // of the message; zero is any
}

// parseQuery reads what a person typed. Every word counts, quotes hold words
// together, a minus leaves out, and the last word may be a beginning.
func parseQuery(text string) query {
	text = storable(text)
	fields := strings.Fields(text)
	var q query
	wanted := false
	for i, f := range fields {
		if f[0] != '-' && !strings.EqualFold(f, "or") && strings.IndexFunc(f, wordRune) >= 0 {
			wanted = true
		}
		// "a or -b" matches nearly everything, and no index can find it.
		if strings.EqualFold(strings.Trim(f, `"`), "or") {
			fields[i] = ""
		}
	}
	if !wanted {
		return q
	}
	for _, f := range fields {
		if w := strings.ToLower(strings.TrimFunc(f, func(r rune) bool { return !wordRune(r) })); w != "" && f[0] != '-' {
			q.words = append(q.words, w)
		}
	}
	if n := len(fields) - 1; strings.Count(text, `"`)%2 == 0 && !unicode.IsSpace(lastRune(text)) {
		if last := fields[n]; utf8.RuneCountInString(last) >= minPrefix && strings.IndexFunc(last, notPlain) < 0 {
			q.last, fields = `'`+last+`':*`, fields[:n]
		}
	}
	q.web = strings.Join(fields, " ")
	return q
}

// storable is text without what the database refuses to take.
func storable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == 0 || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
func notPlain(r rune) bool { return !wordRune(r) }
func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

func (q *query) empty() bool { return q.web == "" && q.last == "" && len(q.lexemes) == 0 }

// sql is what q asks of a row of message_search; its arguments go into args.
func (q *query) sql(row string, args pgx.NamedArgs) string {
	args["web"], args["last"] = q.web, q.last
	words := `websearch_to_tsquery('simple', @web) && to_tsquery('simple', @last)`
	if len(q.lexemes) > 0 {
		quoted := make([]string, len(q.lexemes))
		for i, l := range q.lexemes {
			quoted[i] = "'" + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(l) + "':*"
		}
		args["lexemes"] = strings.Join(quoted, " & ")
		words += ` && @lexemes::tsquery`
	}
	sql := row + `.words @@ (` + words + `)`
	if !q.after.IsZero() {
		args["after"] = q.after
		sql += ` AND ` + row + `.at >= @after`
	}
	if !q.before.IsZero() {
		args["before_day"] = q.before
		sql += ` AND ` + row + `.at < @before_day`
	}
	return sql
}

// holding is sql of the one message that an expression names. It is looked up by
// its id: for each of a few, the index of words is never the shorter way.
func (q *query) holding(id string, args pgx.NamedArgs) string {
	return `(SELECT ` + q.sql("one", args) + ` FROM message_search one WHERE one.message_id = ` + id + `)`
}

// snippet is what is shown of a message that q found.
func (q *query) snippet(text, subject string) string {
	if !holds(text, q.words) && (text == "" || holds(subject, q.words)) {
		text = subject // what was found is there
	}
	return snippet(text, q.words)
}

// Search returns the messages that hold all words of text and that its filters
// admit (see [inbox.ParseQuery]), newest first and one a conversation, and where
// the next page begins. With filters on the conversation it is conversations in the
// order of their newest messages, each with the newest message that was found. A
// conversation whose number or customer's address text is comes before them on the
// first page. Only what rights admit is found.
func (s *Store) Search(ctx context.Context, rights *inbox.Rights, text string, after inbox.Cursor, limit int) ([]inbox.Hit, inbox.Cursor, error) {
	if err := checkCursor(after); err != nil {
		return nil, inbox.Cursor{}, err
	}
	l, err := s.lookFor(ctx, rights, text)
	if err != nil {
		return nil, inbox.Cursor{}, err
	}
	size := pageSize(limit)
	if !l.ofMessages() || l.query.empty() && !(l.after.IsZero() && l.before.IsZero()) {
		list, err := s.listing(ctx, rights, &l, inbox.ConversationFilter{After: after}, size+1)
		if err != nil {
			return nil, inbox.Cursor{}, fmt.Errorf("search: %w", err)
		}
		list, next := cut(list, size, func(c *inbox.Conversation) inbox.Cursor { return inbox.Cursor{At: c.LastAt, ID: string(c.ID)} })
		hits, err := s.saidIn(ctx, &l, list)
		if err != nil {
			return nil, inbox.Cursor{}, fmt.Errorf("search: %w", err)
		}
		return hits, next, nil
	}
	hits := []inbox.Hit{}
	if after.IsZero() {
		exact, err := s.exact(ctx, rights, text)
		if err != nil {
			return nil, inbox.Cursor{}, fmt.Errorf("search: %w", err)
		}
		hits, after = exact, beyond[false]
	}
	if l.query.empty() {
		return hits, inbox.Cursor{}, nil
	}
	found, err := s.found(ctx, rights, &l.query, after.ID, size+1)
	if err != nil {
		return nil, inbox.Cursor{}, fmt.Errorf("search: %w", err)
	}
	found, next := cut(found, size, func(h *inbox.Hit) inbox.Cursor { return inbox.Cursor{ID: string(h.MessageID)} })
	for _, h := range found {
		for i := range hits {
			if hits[i].Conversation.ID == h.Conversation.ID {
				hits = append(hits[:i], hits[i+1:]...)
				break
			}
		}
	}
	return append(hits, found...), next, nil
}

// found looks where the words are likely to be found soonest: words that are
// often said by walking back from the newest messages, others by the index of
// words, whose matches have no order.
func (s *Store) found(ctx context.Context, rights *inbox.Rights, q *query, before string, limit int) (hits []inbox.Hit, err error) {
	err = s.bounded(ctx, func(tx pgx.Tx) error {
		for step := firstWalk; ; step = nextWalk {
			w, err := q.walk(ctx, tx, before, step)
			if err != nil {
				return err
			}
			if hits, err = resolve(ctx, tx, rights, q, w.matches, hits, limit); err != nil || len(hits) == limit || w.end {
				return err
			}
			if before = w.last; !w.often {
				break
			}
		}
		for {
			matches, err := q.lookUp(ctx, tx, before)
			if err != nil {
				return err
			}
			if hits, err = resolve(ctx, tx, rights, q, matches, hits, limit); err != nil || len(hits) == limit || len(matches) < lookUpSize {
				return err
			}
			before = matches[len(matches)-1]
		}
	})
	return hits, err
}

const (
	// firstWalk is how many of the newest messages are looked through before
	// anything else, nextWalk how many at a time for words that are often said.
	firstWalk, nextWalk = 1000, 20_000
	// lookUpSize is how many matches of the index are taken at a time, the
	// newest first, and resolveSize how many of those are looked at together.
	lookUpSize, resolveSize = 2000, 150
	// oftenSaid is the number of matches from which on the index is no help: it
	// gives all of them before the newest is known.
	oftenSaid = 20_000
)

// A walk is what was found among some messages in a row.
type walk struct {
	matches []string // ids, newest first
	last    string   // the oldest that was looked at
	end     bool     // there are no older ones
	often   bool     // going by these, the words are often said
}

// walk looks through the n newest messages below before.
func (q *query) walk(ctx context.Context, tx pgx.Tx, before string, n int) (w walk, err error) {
	args := pgx.NamedArgs{"before": before}
	rows, err := tx.Query(ctx, `
		SELECT message_id::text, `+q.sql("s", args)+`,
			(SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = 'message_search'::regclass)::float8
		FROM message_search s WHERE s.message_id < @before::uuid ORDER BY s.message_id DESC LIMIT `+strconv.Itoa(n), args)
	if err != nil {
		return w, err
	}
	seen := 0
	var id string
	var match bool
	var whole float64
	if _, err := pgx.ForEachRow(rows, []any{&id, &match, &whole}, func() error {
		seen++
		if match {
			w.matches = append(w.matches, id)
		}
		return nil
	}); err != nil {
		return w, err
	}
	w.last, w.end = id, seen < n
	w.often = float64(len(w.matches))/float64(max(seen, 1))*whole > oftenSaid
	return w, nil
}

// lookUp returns the ids of the newest matches below before, by the index.
func (q *query) lookUp(ctx context.Context, tx pgx.Tx, before string) ([]string, error) {
	args := pgx.NamedArgs{"before": before}
	rows, err := tx.Query(ctx, `
		WITH s AS MATERIALIZED (
			SELECT message_id FROM message_search m WHERE `+q.sql("m", args)+` AND message_id < @before::uuid)
		SELECT message_id::text FROM s ORDER BY s.message_id DESC LIMIT `+strconv.Itoa(lookUpSize), args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// resolve adds to hits what the reader may see of matches, which are newest
// first, one message a conversation, until there are limit.
func resolve(ctx context.Context, tx pgx.Tx, rights *inbox.Rights, q *query, matches []string, hits []inbox.Hit, limit int) ([]inbox.Hit, error) {
	for chunk := range slices.Chunk(matches, resolveSize) {
		args := pgx.NamedArgs{"all": rights.All, "inboxes": ids(rights.Inboxes), "ids": chunk}
		rows, err := tx.Query(ctx, `
			WITH found AS (
				SELECT m.id, m.conversation_id
				FROM unnest(@ids::uuid[]) AS match(id)
				JOIN messages m ON m.id = match.id
				JOIN conversations c ON c.id = m.conversation_id
				WHERE (@all OR c.inbox_id = ANY(@inboxes::uuid[])) AND c.merged_into IS NULL
					AND NOT EXISTS (
						SELECT FROM messages later
						WHERE later.conversation_id = m.conversation_id AND later.id > m.id AND `+q.holding("later.id", args)+`)
				ORDER BY m.id DESC LIMIT `+strconv.Itoa(limit-len(hits))+`)
			SELECT f.id, left(coalesce(nullif(m.visible_text, ''), m.text), 20000), m.subject, `+conversationColumns+`
			FROM found f JOIN messages m ON m.id = f.id JOIN `+conversationFrom+` ON c.id = f.conversation_id
			ORDER BY f.id DESC`, args)
		if err != nil {
			return nil, err
		}
		found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Hit, error) {
			var h inbox.Hit
			var text, subject string
			c, err := scanConversation(prefixed{row, []any{&h.MessageID, &text, &subject}})
			if err != nil {
				return h, err
			}
			h.Conversation, h.Snippet = c, q.snippet(text, subject)
			return h, nil
		})
		if err != nil {
			return nil, err
		}
		if hits = append(hits, found...); len(hits) >= limit {
			break
		}
	}
	return hits, nil
}

// prefixed reads columns of its own before those of another scan.
type prefixed struct {
	pgx.CollectableRow
	first []any
}

func (p prefixed) Scan(dest ...any) error { return p.CollectableRow.Scan(append(p.first, dest...)...) }

// boundedSettings hold for one search. Its plans go row by row from few matches
// to what belongs to them, and stop at a page: a plan that first gathers whole
// tables is never the better one, whatever is estimated of words.
const boundedSettings = `SET LOCAL statement_timeout = '` + searchTimeout + `'; SET LOCAL plan_cache_mode = force_custom_plan;
	SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off; SET LOCAL jit = off`

// bounded runs a read that may not take longer than [searchTimeout].
func (s *Store) bounded(ctx context.Context, read func(pgx.Tx) error) error {
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, boundedSettings); err != nil {
			return err
		}
		return read(tx)
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "57014" && ctx.Err() == nil {
		return &inbox.Error{Code: inbox.Unavailable, Message: "too much to look through for these words: add another, or a whole one"}
	}
	return err
}

// maxExact bounds what an exact number or address puts before the rest.
const maxExact = 10

// exact finds the conversation of a number, or those of an address.
func (s *Store) exact(ctx context.Context, rights *inbox.Rights, text string) ([]inbox.Hit, error) {
	text = strings.TrimSpace(storable(text))
	where, arg := "", any(nil)
	if n, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64); err == nil && n > 0 {
		where, arg = `c.number = $1`, n
	} else if strings.Contains(text, "@") && len(text) < 320 {
		where, arg = `c.identity_id = (SELECT id FROM identities WHERE kind = 'email' AND key = $1)`, strings.ToLower(text)
	} else {
		return []inbox.Hit{}, nil
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+conversationColumns+` FROM `+conversationFrom+`
		WHERE `+where+` AND ($2 OR c.inbox_id = ANY($3::uuid[])) AND c.merged_into IS NULL
		ORDER BY c.last_at DESC, c.id DESC LIMIT $4`, arg, rights.All, ids(rights.Inboxes), maxExact)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanConversation)
	if err != nil {
		return nil, err
	}
	hits := make([]inbox.Hit, len(list))
	for i, c := range list {
		hits[i] = inbox.Hit{Conversation: c, Snippet: c.Preview}
	}
	return hits, nil
}

// Snippets show this many bytes around the first word found.
const (
	snippetBefore = 60
	snippetSize   = 200
)

// holds reports whether one of words is in text.
func holds(text string, words []string) bool {
	low := strings.ToLower(text)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(low, w) })
}

// snippet is the part of text around the first of words that is in it, on one
// line; the beginning when none is.
func snippet(text string, words []string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
	low := strings.ToLower(text)
	at := -1
	for _, w := range words {
		if i := strings.Index(low, w); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	// Lower case may be of another length: then the place is near enough.
	start := max(min(at, len(text))-snippetBefore, 0)
	end := min(start+snippetSize, len(text))
	for start > 0 && start < len(text) && !utf8.RuneStart(text[start]) {
		start--
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	out := strings.TrimSpace(text[start:end])
	if start > 0 {
		out = "…" + out
	}
	if end < len(text) {
		out += "…"
	}
	return out
}
