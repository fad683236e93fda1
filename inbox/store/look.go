package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A look is a query as the database can take it: what messages have to hold, what
// a list of conversations can be walked by, and what is asked of each of them
// besides.
type look struct {
	query
	filter inbox.ConversationFilter // of the query alone
	where  string                   // on conversations c, to be put behind others
	args   pgx.NamedArgs
}

// lookFor reads a query, and looks up the places and people that it names among
// those that the reader may know.
func (s *Store) lookFor(ctx context.Context, rights *inbox.Rights, text string) (look, error) {
	asked, err := inbox.ParseQuery(text, time.UTC)
	if err != nil {
		return look{}, err
	}
	l := look{query: parseQuery(asked.Words), args: pgx.NamedArgs{}}
	for name, values := range map[string][]string{"from": asked.From, "to": asked.To} {
		for _, v := range values {
			for field := range strings.FieldsSeq(storable(v)) {
				if strings.Contains(field, "@") { // an address, or its beginning
					l.lexemes = append(l.lexemes, name+":"+field)
					continue
				}
				for part := range strings.FieldsFuncSeq(field, notPlain) {
					l.lexemes = append(l.lexemes, name+":"+part)
				}
			}
		}
	}
	slices.Sort(l.lexemes)
	if asked.Attachment {
		l.lexemes = append(l.lexemes, "has:attachment")
	}
	l.after, l.before = asked.After, asked.Before
	l.filter.Status = asked.Status
	if asked.Channel != "" {
		l.also(" AND c.channel = @channel", "channel", string(asked.Channel))
	}
	if asked.Priority != nil {
		l.also(" AND c.priority = @priority", "priority", int(*asked.Priority))
	}
	if asked.Waiting {
		l.also(" AND c.waiting_since IS NOT NULL", "", nil)
	}
	if asked.Mentioned {
		// Where what was said is now: it may have been moved, and what it was said in joined.
		l.also(` AND c.id IN (WITH named AS MATERIALIZED (
			SELECT DISTINCT coalesce(m.conversation_id, o.merged_into, o.id) AS id FROM notifications n
			JOIN conversations o ON o.id = n.conversation_id LEFT JOIN messages m ON m.id = n.message_id
			WHERE n.agent_id = @mentioned AND n.kind = 'mention') SELECT id FROM named)`, "mentioned", string(rights.Agent.ID))
	}
	if len(asked.Tags) > 0 {
		l.also(" AND c.tags <> '{}' AND c.tags @> @tags::text[]", "tags", asked.Tags)
	}
	for i, reason := range asked.Reasons {
		values, err := s.reasonsNamed(ctx, reason)
		if err != nil {
			return look{}, err
		}
		name := "reason" + strconv.Itoa(i)
		l.also(" AND c.custom <> '{}' AND c.custom @> ANY(@"+name+"::jsonb[])", name, values)
	}
	for i, number := range asked.Order {
		words, name := queryTerms(number), "order"+strconv.Itoa(i)
		if len(words) == 0 {
			continue
		}
		// Few, however many conversations there are.
		l.also(` AND c.id IN (WITH meant AS MATERIALIZED (
			SELECT l.conversation_id AS id FROM search_names n JOIN conversation_orders l ON l.order_id = n.ref
			WHERE n.kind = 'order' AND n.words @@ @`+name+`::tsquery AND l.state IN ('linked', 'unproven')) SELECT id FROM meant)`,
			name, wholeTier.query(words))
	}
	return l, s.named(ctx, rights, &asked, &l)
}

func (l *look) also(where, name string, value any) {
	l.where += where
	if name != "" {
		l.args[name] = value
	}
}

// named looks up an inbox, a team and an assignee by their names.
func (s *Store) named(ctx context.Context, rights *inbox.Rights, asked *inbox.Query, l *look) error {
	one := func(what, name, sql string, into *string, more ...any) error {
		if name == "" {
			return nil
		}
		list, err := column[string](ctx, s.pool, sql, append([]any{strings.ToLower(storable(name))}, more...)...)
		if err != nil {
			return fmt.Errorf("look up %s: %w", what, err)
		}
		if len(list) != 1 {
			return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%s:%s filters nothing: %s", what, name,
				map[bool]string{true: "there is none of that name that you may see", false: "there are several of that name"}[len(list) == 0])}
		}
		*into = list[0]
		return nil
	}
	switch asked.Assignee {
	case "me":
		l.filter.Assignee, asked.Assignee = rights.Agent.ID, ""
	case "none", "nobody":
		l.filter.Unassigned, asked.Assignee = true, ""
	}
	if err := one("inbox", asked.Inbox, `SELECT id::text FROM inboxes WHERE (lower(name) = $1 OR id::text = $1) AND ($2 OR id = ANY($3::uuid[])) LIMIT 2`,
		(*string)(&l.filter.Inbox), rights.All, ids(rights.Inboxes)); err != nil {
		return err
	}
	if err := one("team", asked.Team, `SELECT id::text FROM teams WHERE lower(name) = $1 OR id::text = $1 LIMIT 2`, (*string)(&l.filter.Team)); err != nil {
		return err
	}
	return one("assignee", asked.Assignee, `
		SELECT id::text FROM agents
		WHERE lower(name) = $1 OR lower(split_part(name, ' ', 1)) = $1 OR lower(email) = $1 OR id::text = $1 LIMIT 2`, (*string)(&l.filter.Assignee))
}

// ofMessages reports whether it is messages alone that are asked about: they are
// then found without a list of conversations.
func (l *look) ofMessages() bool { return l.where == "" && l.filter == (inbox.ConversationFilter{}) }

// within is the filter of a list that a query narrows down.
func (l *look) within(f inbox.ConversationFilter) inbox.ConversationFilter {
	if l.filter.Status != "" {
		f.Status = l.filter.Status
	}
	if l.filter.Inbox != "" && f.Inbox == "" {
		f.Inbox = l.filter.Inbox
	}
	if l.filter.Team != "" {
		f.Team = l.filter.Team
	}
	if l.filter.Assignee != "" || l.filter.Unassigned {
		f.Assignee, f.Unassigned = l.filter.Assignee, l.filter.Unassigned
	}
	return f
}

// conditions are what is asked of a conversation c apart from its messages.
// Without any, a span of days is that of the conversation.
func (l *look) conditions(args pgx.NamedArgs) string {
	for name, value := range l.args {
		args[name] = value
	}
	where := l.where
	if l.query.empty() {
		if !l.after.IsZero() {
			args["after"] = l.after
			where += " AND c.last_at >= @after"
		}
		if !l.before.IsZero() {
			args["before_day"] = l.before
			where += " AND c.created_at < @before_day"
		}
	}
	return where
}

// listing returns a list of conversations, of each of which a message holds what
// the query asks of messages, and with it the newest such message.
func (s *Store) listing(ctx context.Context, rights *inbox.Rights, l *look, f inbox.ConversationFilter, limit int) (list []inbox.Conversation, err error) {
	f = l.within(f)
	err = s.bounded(ctx, func(tx pgx.Tx) error {
		filter := l.conditions
		build := listQuery
		if !l.query.empty() {
			w, err := l.walk(ctx, tx, newestID, firstWalk)
			if err != nil {
				return err
			}
			build = l.saidQuery
			if w.often {
				build = listQuery
				// A case is not turned into a join: the list is walked in its order, and
				// only what the other conditions admit is looked into.
				filter = func(args pgx.NamedArgs) string {
					where := l.conditions(args)
					return where + ` AND CASE WHEN true` + where + ` THEN EXISTS (
						SELECT FROM messages m WHERE m.conversation_id = c.id AND ` + l.holding("m.id", args) + `) ELSE false END`
				}
			}
		}
		sql, args := build(rights, f, limit, filter)
		rows, err := tx.Query(ctx, sql, args)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, scanConversation)
		return err
	})
	return list, err
}

// saidQuery is the list for words that are seldom said: it begins with the
// messages that hold them, and looks at each of their conversations once.
func (l *look) saidQuery(rights *inbox.Rights, f inbox.ConversationFilter, limit int, also func(pgx.NamedArgs) string) (string, pgx.NamedArgs) {
	priority, id := f.Sort.Split(f.After)
	args := pgx.NamedArgs{"all": rights.All, "inboxes": ids(rights.Inboxes)}
	where, order, after := "", "c.last_at DESC, c.id DESC", "(c.last_at, c.id) < (@at, @id::uuid)"
	switch f.Sort {
	case inbox.SortOldest:
		order, after = "c.last_at, c.id", "(c.last_at, c.id) > (@at, @id::uuid)"
	case inbox.SortWaiting:
		where, order, after = " AND c.waiting_since IS NOT NULL", "c.waiting_since, c.id", "(c.waiting_since, c.id) > (@at, @id::uuid)"
	case inbox.SortPriority:
		order, after = "c.priority DESC, c.last_at DESC, c.id DESC", "(c.priority, c.last_at, c.id) < (@from, @at, @id::uuid)"
		args["from"] = int(priority)
	}
	if !f.After.IsZero() {
		args["at"], args["id"] = f.After.At, id
		where += " AND " + after
	}
	if f.Inbox != "" {
		args["inbox"] = string(f.Inbox)
		where += " AND c.inbox_id = @inbox"
	}
	if f.Status != "" {
		args["status"] = string(f.Status)
		where += " AND c.status = @status"
	}
	where += whose(f, args) + also(args)
	return `
		WITH s AS MATERIALIZED (SELECT s.message_id FROM message_search s WHERE ` + l.sql("s", args) + `),
		said AS MATERIALIZED (SELECT DISTINCT m.conversation_id FROM s JOIN messages m ON m.id = s.message_id)
		SELECT ` + conversationColumns + ` FROM said JOIN ` + conversationFrom + ` ON c.id = said.conversation_id
		WHERE c.merged_into IS NULL AND c.status <> 'side' AND (@all OR c.inbox_id = ANY(@inboxes::uuid[]))` + where + `
		ORDER BY ` + order + ` LIMIT ` + strconv.Itoa(limit), args
}

// saidIn returns, of conversations, the newest message that holds what a query
// asks for.
func (s *Store) saidIn(ctx context.Context, l *look, list []inbox.Conversation) ([]inbox.Hit, error) {
	hits := make([]inbox.Hit, len(list))
	at := make(map[inbox.ConversationID]*inbox.Hit, len(list))
	in := make([]inbox.ConversationID, len(list))
	for i, c := range list {
		hits[i] = inbox.Hit{Conversation: c, Snippet: c.Preview}
		at[c.ID], in[i] = &hits[i], c.ID
	}
	if l.query.empty() || len(list) == 0 {
		return hits, nil
	}
	args := pgx.NamedArgs{"in": ids(in)}
	rows, err := s.pool.Query(ctx, `
		SELECT c.id, f.id, f.text, f.subject FROM unnest(@in::uuid[]) AS c(id) CROSS JOIN LATERAL (
			SELECT m.id, left(coalesce(nullif(m.visible_text, ''), m.text), 20000) AS text, m.subject
			FROM messages m WHERE m.conversation_id = c.id AND `+l.holding("m.id", args)+` ORDER BY m.seq DESC LIMIT 1) f`, args)
	if err != nil {
		return nil, err
	}
	var of inbox.ConversationID
	var id inbox.MessageID
	var text, subject string
	_, err = pgx.ForEachRow(rows, []any{&of, &id, &text, &subject}, func() error {
		at[of].MessageID, at[of].Snippet = id, l.snippet(text, subject)
		return nil
	})
	return hits, err
}
