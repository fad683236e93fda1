package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Bounds of what a decision on one conversation's orders sees: more than any
// real one needs, less than what somebody could send to hurt.
const (
	maxLinkScan     = 1000   // messages that are looked at for mentions, the newest
	maxLinkMessages = 200    // of them with mentions
	maxLinkPlain    = 20     // of them without
	maxLinkText     = 20_000 // characters of each
	maxNamesakes    = 50     // orders that one key names
)

// A linked is a conversation whose orders are decided.
type linked struct {
	id       inbox.ConversationID
	version  int64
	order    *inbox.OrderRef // as stored
	links    []linkRow       // as stored
	merged   bool
	evidence inbox.LinkEvidence

	orders map[inbox.OrderID]bool // those in the evidence
	claims map[string]mentionKey  // the mentions in the evidence, by their ids
	mails  []orderMail
}

// An orderMail is one that we sent, by itself, and that may name an order: its
// answers are about that one.
type orderMail struct {
	headerID string
	mentions []inbox.StoredMention
}

// links is what is loaded for several conversations at once.
type links struct {
	tx            pgx.Tx
	conversations []*linked // by id
	byID          map[inbox.ConversationID]*linked
	named         map[mentionKey][]inbox.OrderID // exactly, the newest first
	own           map[inbox.CustomerID][]inbox.OrderID
	orders        map[inbox.OrderID]*inbox.LinkOrder
}

// loadLinks locks conversations, in the order of their ids, and reads all that
// bears on their orders.
func loadLinks(ctx context.Context, tx pgx.Tx, ids []inbox.ConversationID) (*links, error) {
	l := &links{tx: tx, byID: map[inbox.ConversationID]*linked{}, named: map[mentionKey][]inbox.OrderID{},
		own: map[inbox.CustomerID][]inbox.OrderID{}, orders: map[inbox.OrderID]*inbox.LinkOrder{}}
	refs := map[inbox.MessageID][]string{}
	for _, step := range []func() error{
		func() error { return l.lock(ctx, ids) },
		func() error { return l.loadMessages(ctx, refs) },
		func() error { return l.loadNamed(ctx) },
		func() error { return l.loadOwn(ctx) },
		func() error { return l.loadOrders(ctx) },
		func() error { return l.loadVerdicts(ctx) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	grammars, err := readGrammars(ctx, tx)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, c := range l.conversations {
		c.evidence.Grammars, c.evidence.Now = grammars, now
		l.assemble(c, refs)
	}
	return l, nil
}

func (l *links) lock(ctx context.Context, ids []inbox.ConversationID) error {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	rows, err := l.tx.Query(ctx, `
		SELECT c.id, c.version, c.merged_into IS NOT NULL, coalesce(c.order_id::text, ''), c.order_number, i.customer_id
		FROM conversations c JOIN identities i ON i.id = c.identity_id
		WHERE c.id = ANY($1::uuid[]) ORDER BY c.id FOR NO KEY UPDATE OF c`, names)
	if err != nil {
		return fmt.Errorf("lock conversations: %w", err)
	}
	var c linked
	var order inbox.OrderRef
	if _, err := pgx.ForEachRow(rows, []any{&c.id, &c.version, &c.merged, &order.ID, &order.Number, &c.evidence.Customer}, func() error {
		next := c
		if order.ID != "" {
			ref := order
			next.order = &ref
		}
		next.orders, next.claims = map[inbox.OrderID]bool{}, map[string]mentionKey{}
		l.conversations = append(l.conversations, &next)
		l.byID[next.id] = &next
		return nil
	}); err != nil {
		return fmt.Errorf("lock conversations: %w", err)
	}
	rows, err = l.tx.Query(ctx, `
		SELECT conversation_id, rank, coalesce(order_id::text, ''), coalesce(claim_id::text, ''), state, score::float8, reason
		FROM conversation_orders WHERE conversation_id = ANY($1::uuid[]) ORDER BY conversation_id, rank`, names)
	if err != nil {
		return fmt.Errorf("read links: %w", err)
	}
	var of inbox.ConversationID
	var row linkRow
	var why []byte
	if _, err := pgx.ForEachRow(rows, []any{&of, &row.rank, &row.order, &row.claim, &row.state, &row.score, &why}, func() error {
		row.reason = inbox.LinkReason{}
		if err := json.Unmarshal(why, &row.reason); err != nil {
			return err
		}
		l.byID[of].links = append(l.byID[of].links, row)
		return nil
	}); err != nil {
		return fmt.Errorf("read links: %w", err)
	}
	return nil
}

// alive lists the conversations that have not become part of another: what is
// merged has no message, and so no order.
func (l *links) alive() []string {
	var ids []string
	for _, c := range l.conversations {
		if !c.merged {
			ids = append(ids, string(c.id))
		}
	}
	return ids
}

// loadMessages reads what customers wrote, and the mails of ours that may be
// about an order.
func (l *links) loadMessages(ctx context.Context, refs map[inbox.MessageID][]string) error {
	rows, err := l.tx.Query(ctx, `
		SELECT m.conversation_id, m.id, m.direction = 'in', m.header_id, m.refs, i.customer_id, ARRAY[i.key], m.proof, m.subject,
			left(coalesce(nullif(btrim(m.visible_text, E' \t\r\n'), ''), m.text), $2), m.sent_at
		FROM unnest($1::uuid[]) AS c(id)
		CROSS JOIN LATERAL (
			SELECT n.id FROM (
				SELECT id, seq, row_number() OVER (ORDER BY seq DESC) AS nth FROM (
					SELECT id, seq FROM messages
					WHERE conversation_id = c.id AND kind = 'message' AND (direction = 'in' OR author_kind = 'system')
					ORDER BY seq DESC LIMIT $3) s) n
			WHERE n.nth <= $4 OR EXISTS (SELECT FROM order_mentions o WHERE o.message_id = n.id)
			ORDER BY n.seq DESC LIMIT $5) r
		JOIN messages m ON m.id = r.id
		JOIN identities i ON i.id = m.identity_id
		ORDER BY m.sent_at, m.id`, l.alive(), maxLinkText, maxLinkScan, maxLinkPlain, maxLinkMessages)
	if err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	type at struct {
		c  *linked
		n  int // of its messages, or of its mails
		in bool
	}
	where := map[inbox.MessageID]at{}
	var of inbox.ConversationID
	var m inbox.LinkMessage
	var in bool
	var header string
	var points []string
	if _, err := pgx.ForEachRow(rows, []any{&of, &m.ID, &in, &header, &points, &m.Customer, &m.People, &m.Proof, &m.Subject, &m.Text, &m.At}, func() error {
		c := l.byID[of]
		if in {
			where[m.ID] = at{c, len(c.evidence.Messages), true}
			next := m
			next.People, refs[m.ID] = slices.Clone(m.People), slices.Clone(points)
			c.evidence.Messages = append(c.evidence.Messages, next)
		} else if header != "" {
			where[m.ID] = at{c, len(c.mails), false}
			c.mails = append(c.mails, orderMail{headerID: header})
		}
		return nil
	}); err != nil {
		return fmt.Errorf("read messages: %w", err)
	}
	if len(where) == 0 {
		return nil
	}
	rows, err = l.tx.Query(ctx, `
		SELECT message_id, id, kind, key, text, part, start_at, end_at, score::float8
		FROM order_mentions WHERE message_id = ANY($1::uuid[]) ORDER BY message_id, part, start_at, id`, keysOf(where))
	if err != nil {
		return fmt.Errorf("read mentions: %w", err)
	}
	var id inbox.MessageID
	var s inbox.StoredMention
	if _, err := pgx.ForEachRow(rows, []any{&id, &s.ID, &s.Kind, &s.Key, &s.Text, &s.Part, &s.Start, &s.End, &s.Score}, func() error {
		at := where[id]
		if at.in {
			to := &at.c.evidence.Messages[at.n]
			to.Mentions = append(to.Mentions, s)
		} else {
			to := &at.c.mails[at.n]
			to.mentions = append(to.mentions, s)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("read mentions: %w", err)
	}
	return nil
}

// loadNamed looks up, exactly, what is named.
func (l *links) loadNamed(ctx context.Context) error {
	asked := map[mentionKey]bool{}
	for _, c := range l.conversations {
		for _, list := range c.mentions() {
			for _, s := range list {
				asked[mentionKey{s.Kind, s.Key}] = true
			}
		}
	}
	found, err := ordersNamed(ctx, l.tx, asked)
	l.named = found
	return err
}

// mentions are those of the messages and those of our mails.
func (c *linked) mentions() [][]inbox.StoredMention {
	var all [][]inbox.StoredMention
	for i := range c.evidence.Messages {
		all = append(all, c.evidence.Messages[i].Mentions)
	}
	for i := range c.mails {
		all = append(all, c.mails[i].mentions)
	}
	return all
}

// boughtWith joins to an identity i what was bought with its address or number,
// by an account that may be another's. Each is looked up by an index of its own:
// where both are asked at once, a plan that was made for few compares all people
// with all orders.
const boughtWith = `CROSS JOIN LATERAL (
	SELECT order_id FROM order_parties WHERE role = 'buyer' AND email = i.key AND email <> '' AND i.kind = 'email'
	UNION ALL
	SELECT order_id FROM order_parties WHERE role = 'buyer' AND phone = i.key AND phone <> '' AND i.kind = 'phone') p`

// loadOwn finds the newest orders of the conversations' customers.
func (l *links) loadOwn(ctx context.Context) error {
	customers := map[inbox.CustomerID]bool{}
	for _, c := range l.conversations {
		if len(c.evidence.Messages) > 0 {
			customers[c.evidence.Customer] = true
		}
	}
	if len(customers) == 0 {
		return nil
	}
	rows, err := l.tx.Query(ctx, `
		SELECT k.id, o.id FROM unnest($1::uuid[]) AS k(id)
		CROSS JOIN LATERAL (
			SELECT o.id, o.placed_at FROM identities i CROSS JOIN LATERAL (
				SELECT id, placed_at FROM orders WHERE identity_id = i.id ORDER BY placed_at DESC LIMIT $2) o
			WHERE i.customer_id = k.id
			UNION
			(SELECT o.id, o.placed_at FROM identities i `+boughtWith+` JOIN orders o ON o.id = p.order_id
				WHERE i.customer_id = k.id ORDER BY o.placed_at DESC LIMIT $2)
			ORDER BY placed_at DESC, id DESC LIMIT $2) o`, keysOf(customers), maxOrders)
	if err != nil {
		return fmt.Errorf("read customers' orders: %w", err)
	}
	var of inbox.CustomerID
	var id inbox.OrderID
	if _, err := pgx.ForEachRow(rows, []any{&of, &id}, func() error {
		l.own[of] = append(l.own[of], id)
		return nil
	}); err != nil {
		return fmt.Errorf("read customers' orders: %w", err)
	}
	return nil
}

func (l *links) loadOrders(ctx context.Context) error {
	want := map[inbox.OrderID]bool{}
	for _, list := range l.named {
		for _, id := range list {
			want[id] = true
		}
	}
	for _, list := range l.own {
		for _, id := range list {
			want[id] = true
		}
	}
	var ids []inbox.OrderID
	for _, id := range keysOf(want) {
		ids = append(ids, inbox.OrderID(id))
	}
	var err error
	l.orders, err = linkOrders(ctx, l.tx, ids)
	return err
}

// assemble gives a conversation its orders, and puts the order's id where a
// context names one.
func (l *links) assemble(c *linked, refs map[inbox.MessageID][]string) {
	add := func(id inbox.OrderID) {
		if o := l.orders[id]; o != nil && !c.orders[id] {
			c.orders[id] = true
			c.evidence.Orders = append(c.evidence.Orders, *o)
		}
	}
	for i := range c.evidence.Messages {
		m := &c.evidence.Messages[i]
		for j := range m.Mentions {
			s := &m.Mentions[j]
			c.claims[s.ID] = mentionKey{s.Kind, s.Key}
			list := l.named[mentionKey{s.Kind, s.Key}]
			for _, id := range list {
				add(id)
			}
			if s.Kind == inbox.MentionContext && len(list) > 0 {
				s.Key = string(list[0])
			}
		}
		if s, ok := l.answered(c, refs[m.ID]); ok {
			c.claims[s.ID] = mentionKey{s.Kind, s.Key}
			add(inbox.OrderID(s.Key))
			m.Mentions = append(m.Mentions, s)
		}
	}
	if len(c.evidence.Messages) > 0 {
		for _, id := range l.own[c.evidence.Customer] {
			add(id)
		}
	}
	for _, v := range c.evidence.Verdicts {
		add(v.OrderID)
	}
}

// answered is the context that a message has by answering a mail of ours that
// names one order.
func (l *links) answered(c *linked, refs []string) (s inbox.StoredMention, ok bool) {
	for i := len(c.mails) - 1; i >= 0; i-- {
		mail := &c.mails[i]
		if !slices.Contains(refs, mail.headerID) {
			continue
		}
		var one inbox.OrderID
		for _, named := range mail.mentions {
			for _, id := range l.named[mentionKey{named.Kind, named.Key}] {
				if one != "" && one != id {
					return s, false // which of them can't be told
				}
				one, s = id, named
			}
		}
		if one != "" {
			s.Kind, s.Key = inbox.MentionContext, string(one)
			return s, true
		}
	}
	return s, false
}
