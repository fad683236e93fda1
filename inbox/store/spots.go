package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxSpotKeys bounds by how much one conversation or customer is found.
const maxSpotKeys = 500

// ConversationSpot tells where a conversation is and by which chat sessions it is
// found. One that was merged is NotFound: its messages are elsewhere.
func (s *Store) ConversationSpot(ctx context.Context, id inbox.ConversationID) (inbox.Spot, error) {
	var spot inbox.Spot
	if !inbox.ValidID(string(id)) {
		return spot, errConversation
	}
	var in inbox.InboxID
	var keys [][]byte
	err := s.pool.QueryRow(ctx, `
		SELECT c.inbox_id, c.version, ARRAY(
			SELECT DISTINCT k.key FROM threads t JOIN thread_keys k ON k.thread_id = t.id AND k.own
			WHERE t.conversation_id = c.id AND EXISTS (SELECT FROM messages m WHERE m.thread_id = t.id AND m.channel = 'chat') LIMIT $2)
		FROM conversations c WHERE c.id = $1 AND c.merged_into IS NULL`, id, maxSpotKeys).Scan(&in, &spot.Version, &keys)
	if err != nil {
		return spot, fmt.Errorf("spot of %s: %w", id, notFound(err, "the conversation"))
	}
	spot.Inboxes = []inbox.InboxID{in}
	for _, k := range keys {
		spot.Keys = append(spot.Keys, inbox.Key(k))
	}
	return spot, nil
}

// CustomerSpot tells in which inboxes a customer, whom id leads to, has
// conversations, and under which identities.
func (s *Store) CustomerSpot(ctx context.Context, id inbox.CustomerID) (inbox.Spot, error) {
	var spot inbox.Spot
	if !inbox.ValidID(string(id)) {
		return spot, errCustomer
	}
	rows, err := s.pool.Query(ctx, `
		SELECT i.kind, i.key, ARRAY(SELECT DISTINCT c.inbox_id::text FROM conversations c WHERE c.identity_id = i.id)
		FROM identities b JOIN identities i ON i.customer_id = b.customer_id WHERE b.born_id = $1 ORDER BY i.id LIMIT $2`, id, maxSpotKeys)
	if err != nil {
		return spot, fmt.Errorf("spot of %s: %w", id, err)
	}
	seen := map[inbox.InboxID]bool{}
	var ref inbox.IdentityRef
	var in []inbox.InboxID
	if _, err := pgx.ForEachRow(rows, []any{&ref.Kind, &ref.Key, &in}, func() error {
		spot.Keys = append(spot.Keys, inbox.IdentityKey(ref))
		for _, at := range in {
			if !seen[at] {
				seen[at] = true
				spot.Inboxes = append(spot.Inboxes, at)
			}
		}
		return nil
	}); err != nil {
		return spot, fmt.Errorf("spot of %s: %w", id, err)
	}
	if len(spot.Keys) == 0 {
		return spot, errCustomer
	}
	return spot, nil
}

// Caller returns who is known under an address, and the inboxes in which there are
// conversations with that customer. Nobody is NotFound.
func (s *Store) Caller(ctx context.Context, ref inbox.IdentityRef) (inbox.Person, []inbox.InboxID, error) {
	var p inbox.Person
	err := s.pool.QueryRow(ctx, `
		SELECT i.customer_id, i.id, `+shownName+`, i.value, i.proof, k.version, i.blocked_at IS NOT NULL
		FROM identities i JOIN customers k ON k.id = i.customer_id WHERE i.kind = $1 AND i.key = $2`, string(ref.Kind), ref.Key).
		Scan(&p.CustomerID, &p.IdentityID, &p.Name, &p.Address, &p.Proof, &p.CustomerVersion, &p.Blocked)
	if err != nil {
		return p, nil, fmt.Errorf("caller: %w", notFound(err, "the customer"))
	}
	known, err := knownTo(ctx, s.pool, []inbox.IdentityID{p.IdentityID})
	if err != nil {
		return p, nil, fmt.Errorf("caller: %w", err)
	}
	return p, known.spoken[p.IdentityID], nil
}

// CallConversation returns the conversation in which a call, by the exchange's own
// id, is kept, and its inbox. None is no error.
func (s *Store) CallConversation(ctx context.Context, account inbox.AccountID, call string) (inbox.ConversationID, inbox.InboxID, error) {
	key := inbox.ExternalKey(account, call)
	var id inbox.ConversationID
	var in inbox.InboxID
	err := s.pool.QueryRow(ctx, `
		SELECT c.id, c.inbox_id FROM thread_keys k JOIN messages m ON m.id = k.message_id JOIN conversations c ON c.id = m.conversation_id
		WHERE k.key = $1 AND k.own LIMIT 1`, key[:]).Scan(&id, &in)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("conversation of a call: %w", err)
	}
	return id, in, nil
}
