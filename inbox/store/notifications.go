package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"skein/inbox"
)

// countedUnread is how far unread notifications are counted.
const countedUnread = 100

// readAtOnce is how many notifications one event says were read.
const readAtOnce = 200

// A made is a notification with what decides who gets it.
type made struct {
	inbox.Notification
	agent inbox.AgentID
	inbox inbox.InboxID
}

// notificationFrom has conversations o as they are now: what was said may be in
// another, and the conversation be part of one.
const notificationFrom = `notifications n
	LEFT JOIN conversations c ON c.id = n.conversation_id
	LEFT JOIN messages m ON m.id = n.message_id
	LEFT JOIN conversations o ON o.id = coalesce(m.conversation_id, c.merged_into, c.id)`

// mayRead is true of what the agent with @all and @inboxes may see.
const mayRead = `(@all OR n.conversation_id IS NULL OR o.inbox_id = ANY(@inboxes::uuid[]))`

func readNotifications(ctx context.Context, q querier, tail string, args pgx.NamedArgs) ([]made, error) {
	rows, err := q.Query(ctx, `
		SELECT n.id, n.version, n.kind, coalesce(o.id::text, ''), coalesce(o.number, 0), coalesce(o.subject, ''), coalesce(`+shownName+`, ''), coalesce(n.message_id::text, ''),
			left(coalesce(m.visible_text, ''), 1000), left(coalesce(m.text, ''), 1000), n.text, n.actor_kind, n.actor_id, n.actor_name, n.at, n.read_at,
			n.agent_id, coalesce(o.inbox_id::text, '')
		FROM `+notificationFrom+`
		LEFT JOIN identities i ON i.id = o.identity_id
		LEFT JOIN customers k ON k.id = i.customer_id `+tail, args)
	if err != nil {
		return nil, fmt.Errorf("read notifications: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (made, error) {
		var n made
		var m inbox.Message
		var direct string
		err := row.Scan(&n.ID, &n.Version, &n.Kind, &n.ConversationID, &n.Number, &n.Subject, &n.Customer, &n.MessageID,
			&m.VisibleText, &m.Text, &direct, &n.By.Kind, &n.By.ID, &n.By.Name, &n.At, &n.ReadAt, &n.agent, &n.inbox)
		n.Text, n.At = inbox.Preview(&m), n.At.UTC()
		if n.Kind == inbox.DirectNotice {
			n.Text = direct
		}
		if n.ReadAt != nil {
			*n.ReadAt = n.ReadAt.UTC()
		}
		return n, err
	})
	if err != nil {
		return nil, fmt.Errorf("read notifications: %w", err)
	}
	return list, nil
}

// Notifications returns a page of what an agent was told of and may still see,
// newest first.
func (s *Store) Notifications(ctx context.Context, rights *inbox.Rights, f inbox.NotificationFilter) ([]inbox.Notification, inbox.Cursor, error) {
	if err := checkCursor(f.After); err != nil {
		return nil, inbox.Cursor{}, err
	}
	size := pageSize(f.Limit)
	if f.After.IsZero() {
		f.After = beyond[false]
	}
	which := ""
	if f.Unread {
		which = " AND n.read_at IS NULL"
	}
	list, err := readNotifications(ctx, s.pool, `
		WHERE n.agent_id = @agent AND n.app AND (n.at, n.id) < (@at, @id::uuid) AND (@kind = '' OR n.kind = @kind)`+which+` AND `+mayRead+`
		ORDER BY n.at DESC, n.id DESC LIMIT @limit`, pgx.NamedArgs{"agent": rights.Agent.ID, "at": f.After.At, "id": f.After.ID,
		"kind": string(f.Kind), "all": rights.All, "inboxes": ids(rights.Inboxes), "limit": size + 1})
	if err != nil {
		return nil, inbox.Cursor{}, err
	}
	list, next := cut(list, size, func(n *made) inbox.Cursor { return inbox.Cursor{At: n.At, ID: string(n.ID)} })
	out := make([]inbox.Notification, len(list))
	for i := range list {
		out[i] = list[i].Notification
	}
	return out, next, nil
}

// Unread counts an agent's unread notifications, up to a hundred.
func (s *Store) Unread(ctx context.Context, rights *inbox.Rights) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, `
		SELECT count(*) FROM (SELECT FROM `+notificationFrom+`
			WHERE n.agent_id = @agent AND n.app AND n.read_at IS NULL AND `+mayRead+` LIMIT @limit) u`,
		pgx.NamedArgs{"agent": rights.Agent.ID, "all": rights.All, "inboxes": ids(rights.Inboxes), "limit": countedUnread}).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count notifications: %w", err)
	}
	return n, nil
}

// ReadNotifications marks an agent's own notifications as read, on every device,
// and returns how many were not before. What is not the agent's is passed over.
func (s *Store) ReadNotifications(ctx context.Context, by *inbox.Caller, sel inbox.ReadSelection, now time.Time) (int, error) {
	now = stored(now)
	which, args := `n.at <= @through`, pgx.NamedArgs{"agent": by.Agent.ID, "through": sel.Through}
	var read []inbox.NotificationID
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		switch {
		case len(sel.IDs) > 0:
			which, args["ids"] = `n.id = ANY(@ids::uuid[])`, ids(sel.IDs)
		case sel.Conversation != "":
			c, err := findConversation(ctx, tx, &by.Rights, sel.Conversation, "")
			if err != nil {
				return err
			}
			which, args["conversation"] = `o.id = @conversation`, c.ID
		}
		var err error
		read, err = column[inbox.NotificationID](ctx, tx, `
			SELECT n.id FROM `+notificationFrom+` WHERE n.agent_id = @agent AND n.read_at IS NULL AND `+which+`
			ORDER BY n.id FOR UPDATE OF n`, args)
		if err != nil || len(read) == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE notifications SET read_at = $2, version = version + 1 WHERE id = ANY($1::uuid[])`, ids(read), now); err != nil {
			return err
		}
		var rows [][]any
		for part := range slices.Chunk(read, readAtOnce) {
			// Who knows nothing of an audience of one takes it for something of no inbox.
			row, err := noticeRow(inbox.Event{
				Kind: inbox.NotificationsSeen, Actor: by.Actor(), Read: &inbox.NotificationsRead{IDs: part, At: now},
				Audience: inbox.Audience{Agent: by.Agent.ID, Inboxes: []inbox.InboxID{inbox.NoInbox}},
			})
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return enqueue(ctx, tx, rows)
	})
	if err != nil {
		return 0, fmt.Errorf("read notifications: %w", err)
	}
	return len(read), nil
}

// NotificationSettings returns how an agent wants to be told.
func (s *Store) NotificationSettings(ctx context.Context, id inbox.AgentID) (inbox.NotificationSettings, error) {
	set, err := notificationSettings(ctx, s.pool, id)
	if err != nil {
		return set, fmt.Errorf("notification settings: %w", err)
	}
	return set, nil
}

func notificationSettings(ctx context.Context, q querier, id inbox.AgentID) (inbox.NotificationSettings, error) {
	set := inbox.NotificationSettings{Kinds: map[inbox.NotificationKind]inbox.Ways{}}
	for _, k := range inbox.NotificationKinds {
		set.Kinds[k] = inbox.DefaultWays(k)
	}
	var after time.Duration
	if err := q.QueryRow(ctx, `SELECT push_text, digest_after FROM agents WHERE id = $1`, id).Scan(&set.PushText, &after); err != nil {
		return set, notFound(err, "the agent")
	}
	set.DigestAfter = int(after / time.Minute)
	rows, err := q.Query(ctx, `SELECT kind, app, push, email FROM notification_choices WHERE agent_id = $1`, id)
	if err != nil {
		return set, err
	}
	var kind inbox.NotificationKind
	var w inbox.Ways
	_, err = pgx.ForEachRow(rows, []any{&kind, &w.App, &w.Push, &w.Email}, func() error {
		if kind.Valid() {
			set.Kinds[kind] = w
		}
		return nil
	})
	return set, err
}

// PatchNotificationSettings changes how the caller wants to be told.
func (s *Store) PatchNotificationSettings(ctx context.Context, by *inbox.Caller, p inbox.NotificationPatch) (inbox.NotificationSettings, error) {
	var set inbox.NotificationSettings
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var after *time.Duration
		if p.DigestAfter != nil {
			d := time.Duration(*p.DigestAfter) * time.Minute
			after = &d
		}
		if _, err := tx.Exec(ctx, `UPDATE agents SET push_text = coalesce($2, push_text), digest_after = coalesce($3, digest_after) WHERE id = $1`,
			by.Agent.ID, p.PushText, after); err != nil {
			return err
		}
		for _, k := range inbox.NotificationKinds {
			w, ok := p.Kinds[k]
			if !ok {
				continue
			}
			if _, err := tx.Exec(ctx, `
				INSERT INTO notification_choices (agent_id, kind, app, push, email) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (agent_id, kind) DO UPDATE SET app = excluded.app, push = excluded.push, email = excluded.email`,
				by.Agent.ID, string(k), w.App, w.Push, w.Email); err != nil {
				return err
			}
		}
		var err error
		set, err = notificationSettings(ctx, tx, by.Agent.ID)
		return err
	})
	if err != nil {
		return set, fmt.Errorf("change notification settings: %w", err)
	}
	return set, nil
}

// WatchConversation has the caller told of what is new in a conversation, or no more,
// and tells the caller's other pages.
func (s *Store) WatchConversation(ctx context.Context, by *inbox.Caller, ref string, on bool, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		c, err := findConversation(ctx, tx, &by.Rights, ref, "")
		if err != nil {
			return err
		}
		var done pgconn.CommandTag
		if on {
			done, err = tx.Exec(ctx, `INSERT INTO conversation_watchers (conversation_id, agent_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
				c.ID, by.Agent.ID, now)
		} else {
			done, err = tx.Exec(ctx, `DELETE FROM conversation_watchers WHERE `+these+` AND agent_id = $2`, c.ID, by.Agent.ID)
		}
		if err != nil || done.RowsAffected() == 0 {
			return err
		}
		ch := settingChange(by, inbox.WatchChanged, "", 1, now)
		ch.event.Entity, ch.event.Watched, ch.event.Audience.Agent, ch.quiet = string(ch.event.ID), c.ID, by.Agent.ID, true
		return announce(ctx, tx, []change{ch})
	})
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	return nil
}

// WatchesConversation reports whether the caller watches a conversation, or one
// that is part of it now.
func (s *Store) WatchesConversation(ctx context.Context, rights *inbox.Rights, ref string) (bool, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return false, fmt.Errorf("watches: %w", err)
	}
	var on bool
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM conversation_watchers WHERE `+these+` AND agent_id = $2)`, c.ID, rights.Agent.ID).Scan(&on)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("watches: %w", err)
	}
	return on, nil
}

// PruneNotifications deletes up to limit notifications that were made before old,
// read or not, or before the later instant stale and are read. It returns how many.
func (s *Store) PruneNotifications(ctx context.Context, stale, old time.Time, limit int) (int, error) {
	tag, err := s.pool.Exec(ctx, `
		DELETE FROM notifications WHERE id IN (
			SELECT id FROM notifications WHERE at < $1 AND (read_at IS NOT NULL OR at < $2) ORDER BY at LIMIT $3)`, stale, old, limit)
	if err != nil {
		return 0, fmt.Errorf("prune notifications: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
