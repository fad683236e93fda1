package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// pushAfter is how long a push waits: who has the app open has read by then.
const pushAfter = 2 * time.Second

// A cause is why agents are told of something.
type cause struct {
	kind         inbox.NotificationKind
	conversation inbox.ConversationID
	place        inbox.Place
	message      inbox.MessageID
	by           inbox.Actor
	agents       []inbox.AgentID // by name
	watched      bool            // who watches the conversation too
}

// A notice is a notification that is to be made.
type notice struct {
	cause
	agent inbox.AgentID
	ways  inbox.Ways
}

// notify makes the notifications that follow from changes, for those who may see
// what they are about, and returns the rows that announce them.
func notify(ctx context.Context, tx pgx.Tx, changes []change) ([][]any, error) {
	notices, err := noticesOf(ctx, tx, causesOf(changes))
	if err != nil || len(notices) == 0 {
		return nil, err
	}
	now := stored(time.Now())
	var ids []string
	b := &pgx.Batch{}
	for _, n := range notices {
		id := inbox.NewID[inbox.NotificationID](now)
		ids = append(ids, string(id))
		b.Queue(`
			INSERT INTO notifications (id, agent_id, kind, conversation_id, message_id, actor_kind, actor_id, actor_name, app, push, email, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
			id, n.agent, string(n.kind), n.conversation, null(n.message), string(n.by.Kind), n.by.ID, n.by.Name, n.ways.App, n.ways.Push, n.ways.Email, now)
	}
	b.Queue(`
		WITH pushed AS (
			INSERT INTO pushes (notification_id, subscription_id, due_at)
			SELECT n.id, s.id, $2 FROM notifications n JOIN push_subscriptions s ON s.agent_id = n.agent_id
			WHERE n.id = ANY($1::uuid[]) AND n.push RETURNING 1)
		SELECT pg_notify('skein_push', '') FROM pushed LIMIT 1`, ids, now.Add(pushAfter))
	b.Queue(`
		WITH started AS (
			INSERT INTO timers (kind, key, due_at)
			SELECT DISTINCT $2, a.id::text, $3::timestamptz + a.digest_after FROM notifications n JOIN agents a ON a.id = n.agent_id
			WHERE n.id = ANY($1::uuid[]) AND n.email ORDER BY 2
			ON CONFLICT (kind, key) DO UPDATE SET due_at = timers.due_at RETURNING 1)
		SELECT pg_notify('skein_timers', '') FROM started LIMIT 1`, ids, DigestKind, now)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, fmt.Errorf("make notifications: %w", err)
	}
	made, err := readNotifications(ctx, tx, `WHERE n.id = ANY(@ids::uuid[]) AND n.app ORDER BY n.id`, pgx.NamedArgs{"ids": ids})
	if err != nil {
		return nil, err
	}
	rows := make([][]any, 0, len(made))
	for i := range made {
		row, err := noticeRow(inbox.Event{
			Kind: inbox.NotificationMade, Actor: made[i].By, Entity: string(made[i].ID), Version: made[i].Version, Notification: &made[i].Notification,
			Audience: inbox.Audience{Agent: made[i].agent, After: &inbox.Place{InboxID: made[i].inbox}},
		})
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// noticeRow announces what one agent is told. It is not logged: its own row is its
// log.
func noticeRow(e inbox.Event) ([]any, error) {
	stamp(&e)
	if e.Entity == "" {
		e.Entity, e.Version = string(e.ID), 1
	}
	ch := change{event: e}
	return ch.outboxRow()
}

// causesOf finds what agents are to be told of. Imports, spam and what machines
// send are not worth a word, nor is what merely moves with a merge.
func causesOf(changes []change) []cause {
	var causes []cause
	is := map[inbox.ConversationID]*inbox.Conversation{}
	fresh := map[inbox.ConversationID]bool{}
	brought := map[[2]string]bool{} // assignees that come with a merge, by where to
	given := map[[2]string]bool{}
	for i := range changes {
		if c := changes[i].event.Conversation; c != nil {
			was, _ := changes[i].before.(*inbox.Conversation)
			is[c.ID], fresh[c.ID] = c, was == nil
			if c.MergedInto != "" {
				brought[[2]string{string(c.MergedInto), string(c.Assignee)}] = true
			}
		}
	}
	for i := range changes {
		e := &changes[i].event
		c := e.Conversation
		if c == nil || c.Assignee == "" || e.History || c.MergedInto != "" {
			continue
		}
		to := [2]string{string(c.ID), string(c.Assignee)}
		was, _ := changes[i].before.(*inbox.Conversation)
		if was != nil && (was.Assignee == c.Assignee || was.MergedInto != "") || brought[to] {
			continue
		}
		given[to] = true
		causes = append(causes, cause{kind: inbox.AssignmentNotice, conversation: c.ID, place: *c.Place(), by: e.Actor, agents: []inbox.AgentID{c.Assignee}})
	}
	for i := range changes {
		e := &changes[i].event
		m := e.Message
		if m == nil || m.Version != 1 || e.History || e.MovedFrom != "" || m.Automatic.Is || m.Spam || e.Audience.After == nil {
			continue
		}
		if m.Author.Kind == inbox.BySystem || is[m.ConversationID] != nil && is[m.ConversationID].Status == inbox.Spam {
			continue
		}
		what := cause{conversation: m.ConversationID, place: *e.Audience.After, message: m.ID, by: e.Actor}
		if len(m.Mentions) > 0 {
			what.kind = inbox.MentionNotice
			for _, who := range m.Mentions {
				what.agents = append(what.agents, who.ID)
			}
			causes = append(causes, what)
			what.agents = nil
		}
		what.kind, what.watched = inbox.MessageNotice, !fresh[m.ConversationID]
		if who := what.place.Assignee; who != "" && !given[[2]string{string(m.ConversationID), string(who)}] {
			what.agents = []inbox.AgentID{who}
		}
		if len(what.agents) > 0 || what.watched {
			causes = append(causes, what)
		}
	}
	return causes
}

// noticesOf finds whom causes concern, who may see it, and how they want to be
// told. Nobody is told of what they did, nor twice of one message.
func noticesOf(ctx context.Context, tx pgx.Tx, causes []cause) ([]notice, error) {
	if len(causes) == 0 {
		return nil, nil
	}
	var named, watched []int32
	var agents, conversations []string
	inboxes := make([]string, len(causes))
	for i, c := range causes {
		inboxes[i] = string(c.place.InboxID)
		for _, who := range c.agents {
			named, agents = append(named, int32(i)), append(agents, string(who))
		}
		if c.watched {
			watched, conversations = append(watched, int32(i)), append(conversations, string(c.conversation))
		}
	}
	rows, err := tx.Query(ctx, `
		WITH whom AS (
			SELECT n, agent_id FROM unnest($1::int[], $2::uuid[]) AS x(n, agent_id)
			UNION
			SELECT x.n, w.agent_id FROM unnest($3::int[], $4::uuid[]) AS x(n, id)
			CROSS JOIN LATERAL (
				SELECT x.id UNION ALL SELECT c.id FROM conversations c WHERE c.merged_into = x.id) c
			JOIN conversation_watchers w ON w.conversation_id = c.id)
		SELECT x.n, a.id, p.kind, p.app, p.push, p.email
		FROM whom x JOIN agents a ON a.id = x.agent_id AND a.active
		LEFT JOIN notification_choices p ON p.agent_id = a.id
		WHERE a.role IN ('supervisor', 'admin')
			OR EXISTS (SELECT FROM inbox_members m WHERE m.agent_id = a.id AND m.inbox_id = ($5::uuid[])[x.n + 1])
		ORDER BY x.n, a.id`, orEmpty(named), orEmpty(agents), orEmpty(watched), orEmpty(conversations), inboxes)
	if err != nil {
		return nil, fmt.Errorf("find whom to notify: %w", err)
	}
	var list []notice
	var n int
	var agent inbox.AgentID
	var kind *string
	var app, push, email *bool
	if _, err := pgx.ForEachRow(rows, []any{&n, &agent, &kind, &app, &push, &email}, func() error {
		c := causes[n]
		if c.by.Kind == inbox.ByAgent && c.by.ID == string(agent) {
			return nil
		}
		if last := len(list) - 1; last < 0 || list[last].agent != agent || list[last].message != c.message || list[last].kind != c.kind || list[last].conversation != c.conversation {
			list = append(list, notice{cause: c, agent: agent, ways: inbox.DefaultWays(c.kind)})
		}
		if kind != nil && *kind == string(c.kind) {
			list[len(list)-1].ways = inbox.Ways{App: *app, Push: *push, Email: *email}
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find whom to notify: %w", err)
	}
	told := map[[2]string]bool{}
	kept := list[:0]
	for _, n := range list { // mentions come before the message that they are in
		key := [2]string{string(n.message), string(n.agent)}
		if n.message != "" && told[key] {
			continue
		}
		told[key] = true
		if n.ways != (inbox.Ways{}) {
			kept = append(kept, n)
		}
	}
	return kept, nil
}
