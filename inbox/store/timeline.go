package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxTimelineConversations bounds in how many of a customer's conversations, the
// newest, changes of status are looked for.
const maxTimelineConversations = 200

// Timeline returns a page of what happened with a customer, newest first:
// messages, notes, orders, shipments and changes of status, and how many
// conversations there are that the reader may not see. Nothing of those is in
// it.
func (s *Store) Timeline(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, after inbox.Cursor, limit int) (list []inbox.TimelineEntry, next inbox.Cursor, hidden int, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("timeline of %s: %w", id, err)
		}
	}()
	if id, err = known(ctx, s.pool, rights, id); err != nil {
		return nil, next, 0, err
	}
	size := pageSize(limit)
	for _, source := range timelineSources {
		entries, err := s.timelineOf(ctx, source, rights, id, after, size+1)
		if err != nil {
			return nil, next, 0, fmt.Errorf("%s: %w", source.kind, err)
		}
		list = append(list, entries...)
	}
	slices.SortFunc(list, func(a, b inbox.TimelineEntry) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.ID, a.ID))
	})
	if len(list) > size+1 {
		list = list[:size+1]
	}
	list, next = cut(list, size, func(e *inbox.TimelineEntry) inbox.Cursor { return inbox.Cursor{At: e.At, ID: e.ID} })
	hidden, err = s.hidden(ctx, rights, id)
	return list, next, hidden, err
}

// A timelineSource is a query of one kind of entry: time, key within its kind,
// kind, conversation, title, detail, data; those before (@at, @key), newest
// first, no more than @limit.
type timelineSource struct {
	kind string // what the ids of its entries begin with
	sql  string
}

var timelineSources = []timelineSource{
	{"message", `
		SELECT m.sent_at AS at, m.id::text AS key, CASE m.kind WHEN 'note' THEN 'note' ELSE 'message' END, m.conversation_id::text,
			m.subject, left(m.visible_text, 400),
			jsonb_build_object('direction', m.direction, 'channel', m.channel, 'state', m.state, 'author', m.author_name, 'seq', m.seq)
		FROM identities i CROSS JOIN LATERAL (
			SELECT m.* FROM messages m JOIN conversations c ON c.id = m.conversation_id
			WHERE m.identity_id = i.id AND (m.sent_at, m.id) < (@at, @uuid::uuid) AND (@all OR c.inbox_id = ANY(@inboxes::uuid[]))
			ORDER BY m.sent_at DESC, m.id DESC LIMIT @limit) m
		WHERE i.customer_id = @customer ORDER BY m.sent_at DESC, m.id DESC LIMIT @limit`},
	{"order", `
		SELECT o.placed_at AS at, o.id::text AS key, 'order', '', o.number, o.status,
			jsonb_build_object('orderId', o.id, 'store', o.store, 'currency', o.currency, 'total', o.total)
		FROM identities i JOIN orders o ON o.identity_id = i.id
		WHERE i.customer_id = @customer AND (o.placed_at, o.id) < (@at, @uuid::uuid)
		ORDER BY o.placed_at DESC, o.id DESC LIMIT @limit`},
	{"shipment", `
		SELECT p.at, o.id::text || ':' || lpad(p.position::text, 6, '0') AS key, 'shipment', '', o.number, p.status,
			jsonb_build_object('orderId', o.id, 'carrier', p.carrier, 'tracking', p.tracking)
		FROM identities i JOIN orders o ON o.identity_id = i.id JOIN shipments p ON p.order_id = o.id
		WHERE i.customer_id = @customer
			AND (p.at < @at OR p.at = @at AND o.id::text || ':' || lpad(p.position::text, 6, '0') COLLATE "C" < @key)
		ORDER BY p.at DESC, o.id DESC, p.position DESC LIMIT @limit`},
	{"status", `
		SELECT e.at, e.id::text AS key, 'status', c.id::text, c.subject, e.after->>'status',
			jsonb_build_object('before', e.before->>'status', 'after', e.after->>'status', 'actor', e.actor_kind)
		FROM (SELECT c.id, c.subject FROM identities i JOIN conversations c ON c.identity_id = i.id
			WHERE i.customer_id = @customer AND c.merged_into IS NULL AND (@all OR c.inbox_id = ANY(@inboxes::uuid[]))
			ORDER BY c.last_at DESC LIMIT @conversations) c
		CROSS JOIN LATERAL (
			SELECT e.* FROM events e
			WHERE e.entity = c.id AND e.at <= @at AND (e.at, e.id) < (@at, @uuid::uuid)
				AND e.kind = 'conversation.changed' AND e.before->>'status' <> e.after->>'status'
			ORDER BY e.at DESC, e.id DESC LIMIT @limit) e
		ORDER BY e.at DESC, e.id DESC LIMIT @limit`},
}

// end is a key after every other, so that all of an instant is before it.
const end = "~"

func (s *Store) timelineOf(ctx context.Context, source timelineSource, rights *inbox.Rights, id inbox.CustomerID, after inbox.Cursor, limit int) ([]inbox.TimelineEntry, error) {
	prefix := source.kind + ":"
	at, key := beyond[false].At, end
	if !after.IsZero() {
		at, key = after.At, ""
		// Entries of one instant are ordered by their whole ids.
		if rest, ok := strings.CutPrefix(after.ID, prefix); ok {
			key = rest
		} else if prefix < after.ID {
			key = end
		}
	}
	uuid := key
	switch {
	case key == end:
		uuid = beyond[false].ID
	case !inbox.ValidID(key):
		uuid = zero
	}
	rows, err := s.pool.Query(ctx, source.sql, pgx.NamedArgs{"customer": id, "at": at, "key": key, "uuid": uuid, "limit": limit,
		"all": rights.All, "inboxes": ids(rights.Inboxes), "conversations": maxTimelineConversations})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.TimelineEntry, error) {
		var e inbox.TimelineEntry
		var own string
		var data []byte
		if err := row.Scan(&e.At, &own, &e.Kind, &e.ConversationID, &e.Title, &e.Detail, &data); err != nil {
			return e, err
		}
		e.ID, e.Data = prefix+own, json.RawMessage(data)
		return e, nil
	})
}
