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

// Timeline returns a page of what happened with a customer, on every channel
// and under every identity, newest first, and how many conversations there are
// that the reader may not see. Nothing of those is in it.
//
// Each kind of entry is one walk of an index from where the page begins, for no
// more than a page, and all are asked for at once: what is read doesn't grow
// with what is there. An entry's id stays, and so does its place but for a
// cart's, which is where it was last touched.
func (s *Store) Timeline(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID, after inbox.Cursor, limit int) (list []inbox.TimelineEntry, next inbox.Cursor, hidden int, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("timeline of %s: %w", id, err)
		}
	}()
	p := page[inbox.TimelineEntry]{after: after, size: pageSize(limit)}
	err = s.reading(ctx, rights, id, func(r *reading) error {
		b := &pgx.Batch{}
		r.askTimeline(b, &p)
		r.askHidden(b, &hidden)
		return r.send(ctx, b)
	})
	list, next = newestOf(&p)
	return list, next, hidden, err
}

func (r *reading) askTimeline(b *pgx.Batch, p *page[inbox.TimelineEntry]) {
	for _, source := range timelineSources {
		args := source.from(p.after)
		args["customer"], args["limit"], args["all"], args["inboxes"] = r.id, p.size+1, r.rights.All, ids(r.rights.Inboxes)
		b.Queue(source.sql, args).Query(func(rows pgx.Rows) error {
			entries, err := pgx.CollectRows(rows, source.scan)
			p.list = append(p.list, entries...)
			return err
		})
	}
}

// newestOf makes a page of what every source gave.
func newestOf(p *page[inbox.TimelineEntry]) ([]inbox.TimelineEntry, inbox.Cursor) {
	slices.SortFunc(p.list, func(a, b inbox.TimelineEntry) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.ID, a.ID))
	})
	p.list = p.list[:min(len(p.list), p.size+1)]
	return p.cut(func(e *inbox.TimelineEntry) inbox.Cursor { return inbox.Cursor{At: e.At, ID: e.ID} })
}

// A timelineSource is a query of one kind of entry: time, id within its source,
// kind, conversation, title, detail, data; those before (@at, @id), newest
// first, no more than @limit.
type timelineSource struct {
	name   string // what the ids of its entries begin with
	sql    string
	finish func(e *inbox.TimelineEntry) error // makes Data what is shown, or nil
}

// Rights are asked for entry by entry, in a query of their own: a join would be
// planned for all entries of the customer, and sort them.
var timelineSources = []timelineSource{
	{name: "message", sql: `
		SELECT m.sent_at, m.id::text, CASE WHEN m.call IS NOT NULL THEN 'call' WHEN m.kind = 'note' THEN 'note' ELSE 'message' END,
			m.conversation_id::text, m.subject, left(m.visible_text, 400),
			jsonb_build_object('direction', m.direction, 'channel', m.channel, 'state', m.state, 'author', m.author_name, 'seq', m.seq)
				|| CASE WHEN m.detail ? 'comment' AND m.detail->'comment'->>'private' IS NULL THEN '{"comment": true}' ELSE '{}'::jsonb END
				|| CASE WHEN m.call IS NULL THEN '{}' ELSE jsonb_build_object('call', m.call) END
		FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM messages m WHERE m.identity_id = i.id AND (m.sent_at, m.id) < (@at, @id::uuid)
				AND (@all OR (SELECT c.inbox_id FROM conversations c WHERE c.id = m.conversation_id) = ANY(@inboxes::uuid[]))
			ORDER BY m.sent_at DESC, m.id DESC LIMIT @limit) m
		WHERE i.customer_id = @customer ORDER BY m.sent_at DESC, m.id DESC LIMIT @limit`},
	{name: "order", sql: `
		SELECT o.placed_at, o.id::text, 'order', '', o.number, o.status,
			jsonb_build_object('orderId', o.id, 'store', o.store, 'currency', o.currency, 'total', o.total, 'financialStatus', o.financial_status)
		FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM orders o WHERE o.identity_id = i.id AND (o.placed_at, o.id) < (@at, @id::uuid)
			ORDER BY o.placed_at DESC, o.id DESC LIMIT @limit) o
		WHERE i.customer_id = @customer ORDER BY o.placed_at DESC, o.id DESC LIMIT @limit`},
	{name: "purchase", sql: `
		SELECT e.at, e.id::text, e.kind, '', coalesce(e.data->>'number', ''), e.detail, e.data - 'number' || jsonb_build_object('orderId', e.order_id)
		FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM order_entries e WHERE e.identity_id = i.id AND (e.at, e.id) < (@at, @id::uuid)
			ORDER BY e.at DESC, e.id DESC LIMIT @limit) e
		WHERE i.customer_id = @customer ORDER BY e.at DESC, e.id DESC LIMIT @limit`},
	{name: "action", sql: actionEntry + `
		FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM order_actions x WHERE x.identity_id = i.id AND (x.created_at, x.id) < (@at, @id::uuid)
			ORDER BY x.created_at DESC, x.id DESC LIMIT @limit) x
		LEFT JOIN orders o ON o.id = x.order_id LEFT JOIN carts c ON c.id = x.cart_id JOIN agents g ON g.id = x.agent_id
		WHERE i.customer_id = @customer ORDER BY x.created_at DESC, x.id DESC LIMIT @limit`},
	{name: "cart", sql: `
		SELECT c.updated_at, c.id::text, 'cart', '', (SELECT coalesce(left(string_agg(x->>'title', ', '), 200), '') FROM jsonb_array_elements(c.items) x), c.status,
			jsonb_build_object('cartId', c.id, 'store', c.store, 'currency', c.currency, 'total', c.total, 'items', jsonb_array_length(c.items))
		FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM carts c WHERE c.identity_id = i.id AND (c.updated_at, c.id) < (@at, @id::uuid) AND c.items <> '[]'
			ORDER BY c.updated_at DESC, c.id DESC LIMIT @limit) c
		WHERE i.customer_id = @customer ORDER BY c.updated_at DESC, c.id DESC LIMIT @limit`},
	{name: "track", finish: finishTrack, sql: `
		SELECT x.at, x.id::text, x.kind, '', x.title, x.url,
			jsonb_build_object('store', x.store, 'name', x.name, 'properties', x.properties, 'problems', to_jsonb(x.problems))
		FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM tracks x WHERE x.identity_id = i.id AND x.kind <> '' AND x.at <= @at AND (x.at, x.id) < (@at, @id::uuid)
			ORDER BY x.at DESC, x.id DESC LIMIT @limit) x
		WHERE i.customer_id = @customer ORDER BY x.at DESC, x.id DESC LIMIT @limit`},
	{name: "loyalty", finish: finishLoyalty, sql: `
		SELECT x.at, x.id::text, 'loyalty', '', x.reason, '', jsonb_build_object('store', x.store, 'points', x.points)
		FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM loyalty_entries x WHERE x.identity_id = i.id AND (x.at, x.id) < (@at, @id::uuid)
			ORDER BY x.at DESC, x.id DESC LIMIT @limit) x
		WHERE i.customer_id = @customer ORDER BY x.at DESC, x.id DESC LIMIT @limit`},
	{name: "merge", finish: finishMerge, sql: mergeSource("created_at", "revoked_at IS NOT DISTINCT FROM e.revoked_at", "merged")},
	{name: "unmerge", finish: finishMerge, sql: mergeSource("revoked_at", "revoked_at IS NOT NULL", "unmerged")},
	{name: "status", sql: `
		SELECT e.at, e.id::text, 'status', (SELECT coalesce(o.merged_into, o.id)::text FROM conversations o WHERE o.id = e.entity),
			(SELECT c.subject FROM conversations o JOIN conversations c ON c.id = coalesce(o.merged_into, o.id) WHERE o.id = e.entity), e.after->>'status',
			jsonb_build_object('before', e.before->>'status', 'after', e.after->>'status', 'actor', e.actor_kind)
		FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM events e
			WHERE e.identity_id = i.id AND e.at <= @at AND (e.at, e.id) < (@at, @id::uuid)
				AND (@all OR (SELECT coalesce(s.inbox_id, o.inbox_id) FROM conversations o LEFT JOIN conversations s ON s.id = o.merged_into
					WHERE o.id = e.entity) = ANY(@inboxes::uuid[]))
			ORDER BY e.at DESC, e.id DESC LIMIT @limit) e
		WHERE i.customer_id = @customer ORDER BY e.at DESC, e.id DESC LIMIT @limit`},
}

// mergeSource is the edges that were made, or undone, by the time in a column.
// Of an edge only that side is named that is the customer's now: the other one
// may be somebody whom the reader may not see.
func mergeSource(at, also, title string) string {
	side := func(end string) string {
		return `(SELECT e.id, e.` + at + ` AS at, e.a, e.b, e.automatic, e.actor_kind FROM identities i CROSS JOIN LATERAL (
			SELECT * FROM identity_edges e WHERE e.` + end + ` = i.id AND e.` + also + ` AND (e.` + at + `, e.id) < (@at, @id::uuid)
			ORDER BY e.` + at + ` DESC, e.id DESC LIMIT @limit) e WHERE i.customer_id = @customer)`
	}
	return `
		SELECT e.at, e.id::text, 'merge', '', '` + title + `', concat_ws(', ', a.value, b.value),
			jsonb_build_object('edgeId', e.id, 'automatic', e.automatic, 'actor', e.actor_kind, 'undone', ` + fmt.Sprint(title == "unmerged") + `)
		FROM (` + side("a") + ` UNION ` + side("b") + `) e
		LEFT JOIN identities a ON a.id = e.a AND a.customer_id = @customer
		LEFT JOIN identities b ON b.id = e.b AND b.customer_id = @customer
		ORDER BY e.at DESC, e.id DESC LIMIT @limit`
}

// from is where a page begins among the source's own entries: those of one
// instant are ordered by their whole ids.
func (s *timelineSource) from(after inbox.Cursor) pgx.NamedArgs {
	if after.IsZero() {
		return pgx.NamedArgs{"at": beyond[false].At, "id": beyond[false].ID}
	}
	prefix, id := s.name+":", zero
	if rest, ok := strings.CutPrefix(after.ID, prefix); ok && inbox.ValidID(rest) {
		id = rest
	} else if !ok && prefix < after.ID {
		id = beyond[false].ID
	}
	return pgx.NamedArgs{"at": after.At, "id": id}
}

func (s *timelineSource) scan(row pgx.CollectableRow) (inbox.TimelineEntry, error) {
	var e inbox.TimelineEntry
	var own string
	var data []byte
	if err := row.Scan(&e.At, &own, &e.Kind, &e.ConversationID, &e.Title, &e.Detail, &data); err != nil {
		return e, err
	}
	e.ID, e.Data = s.name+":"+own, json.RawMessage(data)
	if s.finish != nil {
		return e, s.finish(&e)
	}
	return e, nil
}
