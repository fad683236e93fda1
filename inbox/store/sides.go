package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

var errSide = &inbox.Error{Code: inbox.Conflict, Message: "a side conversation belongs to the one that it is about: that can't be done with it alone"}

const (
	maxSides    = 100
	maxContacts = 1000
)

// Sides are the side conversations of one, the newest first. Those of what was
// merged into it are among them.
func (s *Store) Sides(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.Conversation, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return nil, fmt.Errorf("sides: %w", err)
	}
	rows, err := s.pool.Query(ctx, `SELECT `+conversationColumns+` FROM `+conversationFrom+`
		WHERE c.side_of IN (SELECT id FROM conversations WHERE id = $1 OR merged_into = $1) AND ($2 OR c.inbox_id = ANY($3::uuid[]))
		ORDER BY c.last_at DESC, c.id DESC LIMIT $4`, c.ID, rights.All, ids(rights.Inboxes), maxSides)
	if err != nil {
		return nil, fmt.Errorf("sides of %s: %w", c.ID, err)
	}
	list, err := pgx.CollectRows(rows, scanConversation)
	if err != nil {
		return nil, fmt.Errorf("sides of %s: %w", c.ID, err)
	}
	return orEmpty(list), nil
}

// Contacts are all of them, by name.
func (s *Store) Contacts(ctx context.Context) ([]inbox.Contact, error) {
	rows, err := s.pool.Query(ctx, `SELECT id, name, address FROM contacts ORDER BY lower(name), address LIMIT $1`, maxContacts)
	if err != nil {
		return nil, fmt.Errorf("contacts: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.Contact])
	if err != nil {
		return nil, fmt.Errorf("contacts: %w", err)
	}
	return orEmpty(list), nil
}

// SaveContact keeps somebody's address under a name. An address that is kept
// already gets the name.
func (s *Store) SaveContact(ctx context.Context, by *inbox.Caller, name, address, key string, now time.Time) (inbox.Contact, error) {
	c := inbox.Contact{ID: inbox.NewID[string](now), Name: name, Address: address}
	err := s.pool.QueryRow(ctx, `
		INSERT INTO contacts (id, name, address, key, agent_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (key) DO UPDATE SET name = EXCLUDED.name, address = EXCLUDED.address RETURNING id`,
		c.ID, c.Name, c.Address, key, by.Agent.ID, now).Scan(&c.ID)
	if err != nil {
		return c, fmt.Errorf("save contact: %w", err)
	}
	return c, nil
}

// RemoveContact forgets one: a NotFound where it is not there.
func (s *Store) RemoveContact(ctx context.Context, id string) error {
	missing := &inbox.Error{Code: inbox.NotFound, Message: "the contact is not there"}
	if !inbox.ValidID(id) {
		return missing
	}
	err := s.pool.QueryRow(ctx, `DELETE FROM contacts WHERE id = $1 RETURNING id`, id).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return missing
	}
	if err != nil {
		return fmt.Errorf("remove contact: %w", err)
	}
	return nil
}

// wakeBeside has the conversation that a side conversation is about come back
// to the queue when somebody answers there.
func (a *arrivals) wakeBeside(c *inbox.Conversation, m *inbox.Message, r *inbox.Received) {
	of := a.ev.Conversations[c.SideOf]
	if of != nil && of.MergedInto != "" {
		of = a.ev.Conversations[of.MergedInto]
	}
	if c.Status != inbox.Side || of == nil || m.Automatic.Is || m.Direction != inbox.In {
		return
	}
	switch of.Status {
	case inbox.Pending, inbox.Snoozed, inbox.Closed:
		of = a.touch(of.ID, r)
		of.Status, of.SnoozedUntil = inbox.Open, nil
		of.Version++
	}
}

// besides are the conversations that side conversations among list are about, and
// what those have become part of.
func besides(list []inbox.Conversation) map[inbox.ConversationID]bool {
	want := map[inbox.ConversationID]bool{}
	for i := range list {
		for _, id := range []inbox.ConversationID{list[i].SideOf, list[i].MergedInto} {
			if id != "" {
				want[id] = true
			}
		}
	}
	return want
}
