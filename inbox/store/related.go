package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const (
	maxRelated  = 20  // shown
	maxOfOne    = 200 // conversations of the customer's whose subjects are looked at, the newest
	maxOfReason = 50
)

// Related returns conversations that may belong together with one, strongest
// reason first: those that it quotes or that quote it, those about its orders,
// those of the same subject by the same customer, and the customer's others
// that are not closed. All are questions for an agent, and none of them joins
// anything. What an agent has moved apart is left out.
func (s *Store) Related(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.Related, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return nil, fmt.Errorf("related: %w", err)
	}
	list, err := s.related(ctx, rights, &c)
	if err != nil {
		return nil, fmt.Errorf("related to %s: %w", c.ID, err)
	}
	return list, nil
}

// A relation is a query of conversations c that are related to $1, with a key
// that its text names.
type relation struct {
	why  inbox.RelationKind
	text string
	sql  string
}

// reply marks of a subject are the rules' business: same-subject is chosen
// among the customer's conversations.
var relations = []relation{
	{inbox.RelatedQuotes, "A mail here quotes it, from an address that takes no part there", `
		SELECT coalesce(o.merged_into, o.id), '' FROM messages m JOIN conversations o ON o.id = (m.reason->>'linked')::uuid
		WHERE m.conversation_id = $1 AND m.reason ? 'linked' LIMIT $2`},
	{inbox.RelatedQuoted, "A mail there quotes this conversation, from an address that takes no part here", `
		SELECT m.conversation_id, '' FROM conversations n JOIN messages m ON m.reason->>'linked' = n.id::text AND m.reason ? 'linked'
		WHERE n.id = $1 OR n.merged_into = $1 LIMIT $2`},
	{inbox.RelatedOrder, "About order ", `
		SELECT b.conversation_id, o.number FROM conversation_orders a
		JOIN conversation_orders b ON b.order_id = a.order_id AND b.conversation_id <> a.conversation_id
		JOIN orders o ON o.id = a.order_id
		WHERE a.conversation_id = $1 AND a.state IN ('linked', 'unproven') AND b.state IN ('linked', 'unproven') LIMIT $2`},
}

func (s *Store) related(ctx context.Context, rights *inbox.Rights, c *inbox.Conversation) ([]inbox.Related, error) {
	var found []inbox.Related
	seen := map[inbox.ConversationID]bool{c.ID: true}
	if err := partedPairs(ctx, s.pool, []string{string(c.ID)}, func(pair [2]inbox.ConversationID) {
		seen[pair[0]], seen[pair[1]] = true, true
	}); err != nil {
		return nil, err
	}
	add := func(id inbox.ConversationID, why inbox.RelationKind, text string) {
		if !seen[id] {
			seen[id] = true
			found = append(found, inbox.Related{Conversation: inbox.Conversation{ID: id}, Why: why, Text: text})
		}
	}
	for _, r := range relations {
		rows, err := s.pool.Query(ctx, r.sql, c.ID, maxOfReason)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.why, err)
		}
		var id inbox.ConversationID
		var key string
		if _, err := pgx.ForEachRow(rows, []any{&id, &key}, func() error {
			add(id, r.why, r.text+key)
			return nil
		}); err != nil {
			return nil, fmt.Errorf("%s: %w", r.why, err)
		}
	}
	if err := s.ofCustomer(ctx, c, add); err != nil {
		return nil, err
	}
	return s.seenBy(ctx, rights, found)
}

// ofCustomer adds what the same customer wrote of the same subject, and what
// of theirs is not done with.
func (s *Store) ofCustomer(ctx context.Context, c *inbox.Conversation, add func(inbox.ConversationID, inbox.RelationKind, string)) error {
	rows, err := s.pool.Query(ctx, `
		SELECT o.id, o.subject, o.status FROM identities i JOIN conversations o ON o.identity_id = i.id
		WHERE i.customer_id = $1 AND o.merged_into IS NULL ORDER BY o.last_at DESC LIMIT $2`, c.Customer.CustomerID, maxOfOne)
	if err != nil {
		return fmt.Errorf("of the customer: %w", err)
	}
	type other struct {
		id      inbox.ConversationID
		subject string
		status  inbox.Status
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o other, err error) {
		return o, row.Scan(&o.id, &o.subject, &o.status)
	})
	if err != nil {
		return fmt.Errorf("of the customer: %w", err)
	}
	base := strings.ToLower(s.rules.Subject(c.Subject))
	for _, o := range list {
		if base != "" && strings.ToLower(s.rules.Subject(o.subject)) == base {
			add(o.id, inbox.RelatedSubject, "The same subject, by the same customer")
		}
	}
	for _, o := range list {
		if o.status == inbox.Open || o.status == inbox.Pending || o.status == inbox.Snoozed {
			add(o.id, inbox.RelatedOpen, "By the same customer, and not closed")
		}
	}
	return nil
}

// seenBy fills in the conversations and leaves out those that the reader may
// not see, and what is said aside, which belongs with nothing else.
func (s *Store) seenBy(ctx context.Context, rights *inbox.Rights, found []inbox.Related) ([]inbox.Related, error) {
	of := make([]inbox.ConversationID, len(found))
	for i := range found {
		of[i] = found[i].Conversation.ID
	}
	by, err := readConversations(ctx, s.pool, of)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(r inbox.Related) bool {
		c := by[r.Conversation.ID]
		return c == nil || c.MergedInto != "" || c.Status == inbox.Side || !rights.Sees(c.Place())
	})
	found = found[:min(len(found), maxRelated)]
	for i := range found {
		found[i].Conversation = *by[found[i].Conversation.ID]
	}
	return orEmpty(found), nil
}
