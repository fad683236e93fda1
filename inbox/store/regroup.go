package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// regroup lets go of a held conversation what no standing fact ties to it any
// more: messages go back to a conversation of theirs, first if that is one of
// them, else the oldest. It returns how many messages are left.
func (m *moving) regroup(ctx context.Context, survivor, first inbox.ConversationID) (left int, err error) {
	g, err := m.groupOf(ctx, survivor)
	if err != nil {
		return 0, err
	}
	at, err := m.homes(ctx, survivor)
	if err != nil {
		return 0, err
	}
	all := func(fact) bool { return true }
	done := g.reach(survivor, all)
	left = len(at)
	for _, n := range g.nodes {
		if done[n] {
			continue
		}
		goes := g.reach(n, all)
		for id := range goes {
			done[id] = true
		}
		var list []inbox.MessageID
		for id, home := range at {
			if goes[home] {
				list = append(list, id)
			}
		}
		if len(list) == 0 {
			continue // but a link, or all of it was moved on
		}
		left -= len(list)
		back := first
		if !goes[first] {
			if back, err = m.oldest(ctx, goes); err != nil {
				return 0, err
			}
		}
		if err := m.letGo(ctx, &g, survivor, back, goes, list); err != nil {
			return 0, err
		}
	}
	return left, nil
}

func (m *moving) oldest(ctx context.Context, of map[inbox.ConversationID]bool) (id inbox.ConversationID, err error) {
	err = m.tx.QueryRow(ctx, `SELECT id FROM conversations WHERE id = ANY($1) ORDER BY number LIMIT 1`, keysOf(of)).Scan(&id)
	if err != nil {
		return "", fmt.Errorf("find the oldest: %w", err)
	}
	return id, nil
}

// letGo brings back to life the conversation back with the messages of those
// that go with it, and points threads and links there.
func (m *moving) letGo(ctx context.Context, g *group, survivor, back inbox.ConversationID, goes map[inbox.ConversationID]bool, list []inbox.MessageID) error {
	if err := m.hold(ctx, back); err != nil {
		return err
	}
	if err := m.comeBack(ctx, survivor, back); err != nil {
		return err
	}
	if err := m.move(ctx, survivor, back, list); err != nil {
		return err
	}
	if err := m.follow(ctx, g, goes); err != nil {
		return err
	}
	delete(goes, back)
	return m.lead(ctx, keysOf(goes), back)
}

// comeBack makes a conversation that was merged one of its own again, as it was
// before, but not open when the two were closed together.
func (m *moving) comeBack(ctx context.Context, survivor, back inbox.ConversationID) error {
	c := m.touch(back)
	if m.convs[survivor].Status == inbox.Closed && c.Status == inbox.Open {
		c.Status = inbox.Closed
	}
	return m.revive(ctx, back)
}

// follow takes with goes what only has a link left: a conversation that a split
// made and whose messages all went back, see undoSplit.
func (m *moving) follow(ctx context.Context, g *group, goes map[inbox.ConversationID]bool) error {
	links := slices.DeleteFunc(slices.Clone(g.nodes), func(n inbox.ConversationID) bool {
		return goes[n] || slices.ContainsFunc(g.facts, func(f fact) bool { return f.from == n || f.into == n })
	})
	for again := len(links) > 0; again; {
		again = false
		rows, err := m.tx.Query(ctx, `
			SELECT into_id, from_id FROM conversation_facts
			WHERE into_id = ANY($1) AND kind = 'split' AND (inputs->>'new')::boolean AND revoked_at IS NOT NULL`, ids(links))
		if err != nil {
			return fmt.Errorf("read splits: %w", err)
		}
		var born, from inbox.ConversationID
		if _, err := pgx.ForEachRow(rows, []any{&born, &from}, func() error {
			if goes[from] && !goes[born] {
				goes[born], again = true, true
			}
			return nil
		}); err != nil {
			return fmt.Errorf("read splits: %w", err)
		}
	}
	return nil
}
