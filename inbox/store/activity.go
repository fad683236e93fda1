package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxActivity is how much of what happened is shown of a conversation, the newest.
const maxActivity = 200

// Activity returns what was done to a conversation and what happened to its
// orders since it began, by rising time: from the log, so that it is what was done
// and not what it came to. One that the reader may not see is NotFound.
func (s *Store) Activity(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.Activity, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return nil, fmt.Errorf("activity: %w", err)
	}
	orders, err := orderActivity(ctx, s.pool, &c)
	if err != nil {
		return nil, fmt.Errorf("activity of %s: %w", c.ID, err)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT e.id, e.at, e.actor_kind, e.actor_id, coalesce(a.name, ''), e.before, e.after FROM (
			SELECT * FROM events e WHERE e.entity = $1 AND e.kind = 'conversation.changed' AND e.before IS NOT NULL
				AND (e.before->>'status', e.before->>'assigneeId', e.before->>'teamId', e.before->>'inboxId', e.before->>'priority', e.before->>'tags')
					IS DISTINCT FROM (e.after->>'status', e.after->>'assigneeId', e.after->>'teamId', e.after->>'inboxId', e.after->>'priority', e.after->>'tags')
			UNION ALL
			SELECT e.* FROM conversations k JOIN events e ON e.entity = k.id AND e.kind = 'conversation.changed'
			WHERE k.merged_into = $1 AND e.after->>'mergedInto' = $1::text AND e.before->>'mergedInto' IS DISTINCT FROM $1::text
		) e LEFT JOIN agents a ON e.actor_kind = 'agent' AND a.id::text = e.actor_id
		ORDER BY e.at DESC, e.version DESC LIMIT $2`, c.ID, maxActivity)
	if err != nil {
		return nil, fmt.Errorf("activity of %s: %w", c.ID, err)
	}
	var done []inbox.Activity
	if _, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (bool, error) {
		var a inbox.Activity
		var was, is []byte
		if err := row.Scan(&a.ID, &a.At, &a.Actor.Kind, &a.Actor.ID, &a.Actor.Name, &was, &is); err != nil {
			return false, err
		}
		var before, after inbox.Conversation
		if err := json.Unmarshal(was, &before); err != nil {
			return false, err
		}
		if err := json.Unmarshal(is, &after); err != nil {
			return false, err
		}
		if a.Actor.Kind != inbox.ByAgent {
			a.Actor.ID = "" // of customers the conversation tells, as far as it may
		}
		told := true
		if after.MergedInto == c.ID {
			a.Joined = after.Number
		} else {
			told = a.Between(&before, &after)
		}
		if n := a.Inbox; n != nil && !rights.All && !slices.Contains(rights.Inboxes, inbox.InboxID(n.ID)) {
			n.ID = "" // one that is not theirs to know
		}
		if a.At = a.At.UTC(); told {
			done = append(done, a)
		}
		return told, nil
	}); err != nil {
		return nil, fmt.Errorf("activity of %s: %w", c.ID, err)
	}
	slices.Reverse(done)
	if err := nameAll(ctx, s.pool, done); err != nil {
		return nil, fmt.Errorf("activity of %s: %w", c.ID, err)
	}
	return inbox.MergeActivities(maxActivity, done, orders), nil
}

// orderActivity is what happened to the orders that are a conversation's own since it
// began, by rising time: of a parcel what moved it, and not each scan on the way.
func orderActivity(ctx context.Context, q querier, c *inbox.Conversation) ([]inbox.Activity, error) {
	rows, err := q.Query(ctx, `
		SELECT e.id, e.at, o.number, e.kind, CASE WHEN e.kind = 'refund' THEN '' ELSE e.detail END,
			coalesce((e.data->>'amount')::bigint, 0), coalesce(e.data->>'currency', '')
		FROM conversation_orders l JOIN orders o ON o.id = l.order_id
		CROSS JOIN LATERAL (
			SELECT o.id, o.placed_at AS at, 'order' AS kind, '' AS detail, '{}'::jsonb AS data
			UNION ALL
			SELECT e.id, e.at, e.kind, e.detail, e.data FROM (
				SELECT e.*, lag(e.detail) OVER (PARTITION BY e.kind, e.data->>'tracking' ORDER BY e.at, e.id) AS was FROM order_entries e WHERE e.order_id = o.id
			) e WHERE e.kind <> 'shipment' OR e.detail <> '' AND e.detail IS DISTINCT FROM e.was
		) e
		WHERE l.conversation_id = $1 AND l.state = $2 AND e.at >= $3 ORDER BY e.at, e.id`, c.ID, string(inbox.Linked), c.CreatedAt)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Activity, error) {
		var o inbox.OrderActivity
		a := inbox.Activity{Actor: inbox.Actor{Kind: inbox.BySystem}, Order: &o}
		err := row.Scan(&a.ID, &a.At, &o.Number, &o.Kind, &o.Status, &o.Amount, &o.Currency)
		a.At = a.At.UTC()
		return a, err
	})
}

// nameAll fills in the names of whom and what activities tell of.
func nameAll(ctx context.Context, q querier, list []inbox.Activity) error {
	at := map[string][]*inbox.Named{}
	for i := range list {
		for _, n := range []*inbox.Named{list[i].Assigned, list[i].Team, list[i].Inbox} {
			if n != nil && n.ID != "" {
				at[n.ID] = append(at[n.ID], n)
			}
		}
	}
	if len(at) == 0 {
		return nil
	}
	rows, err := q.Query(ctx, `
		SELECT id::text, name FROM agents WHERE id = ANY($1::uuid[])
		UNION ALL SELECT id::text, name FROM teams WHERE id = ANY($1::uuid[])
		UNION ALL SELECT id::text, name FROM inboxes WHERE id = ANY($1::uuid[])`, keysOf(at))
	if err != nil {
		return err
	}
	var id, name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		for _, n := range at[id] {
			n.Name = name
		}
		return nil
	})
	return err
}
