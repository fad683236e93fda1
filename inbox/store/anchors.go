package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxAnchors bounds how many threads of a conversation its plus-address leads to.
const maxAnchors = 20

// loadTokens finds the threads of what our own tokens name.
func (ev *evidence) loadTokens(ctx context.Context, batch []inbox.Received) ([]inbox.ThreadID, error) {
	var messages, conversations []string
	for i := range batch {
		if m := batch[i].Message; m != nil && m.Token != "" {
			messages = append(messages, string(m.Token))
		}
		if m := batch[i].Message; m != nil && m.Plus != "" {
			conversations = append(conversations, string(m.Plus))
		}
	}
	var threads []inbox.ThreadID
	var id inbox.MessageID
	var thread inbox.ThreadID
	if len(messages) > 0 {
		rows, err := ev.tx.Query(ctx, `SELECT id, thread_id FROM messages WHERE id = ANY($1)`, messages)
		if err != nil {
			return nil, fmt.Errorf("load tokens: %w", err)
		}
		if _, err := pgx.ForEachRow(rows, []any{&id, &thread}, func() error {
			ev.Tokens[id] = inbox.Anchor{Message: id, Thread: thread}
			threads = append(threads, thread)
			return nil
		}); err != nil {
			return nil, fmt.Errorf("load tokens: %w", err)
		}
	}
	if len(conversations) == 0 {
		return threads, nil
	}
	// A conversation that was merged lives on in another: its address does too.
	// What is kept is messages and not where they are: that is looked up under
	// the locks.
	rows, err := ev.tx.Query(ctx, `
		SELECT c.id, a.thread_id, a.id FROM conversations c CROSS JOIN LATERAL (
			SELECT * FROM (
				SELECT DISTINCT ON (m.thread_id) m.thread_id, m.id, m.seq FROM messages m
				WHERE m.conversation_id = coalesce(c.merged_into, c.id) ORDER BY m.thread_id, m.seq DESC) a
			ORDER BY a.seq DESC LIMIT $2) a
		WHERE c.id = ANY($1) ORDER BY c.id, a.seq DESC`, conversations, maxAnchors)
	if err != nil {
		return nil, fmt.Errorf("load plus-addresses: %w", err)
	}
	var named inbox.ConversationID
	if _, err := pgx.ForEachRow(rows, []any{&named, &thread, &id}, func() error {
		ev.Plus[named] = append(ev.Plus[named], inbox.Anchor{Message: id, Thread: thread})
		threads = append(threads, thread)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("load plus-addresses: %w", err)
	}
	return threads, nil
}

// loadMoved finds where messages are of threads from which agents moved some.
func (ev *evidence) loadMoved(ctx context.Context) error {
	moved := map[inbox.ThreadID]bool{}
	for _, t := range ev.Threads {
		if t.Moved {
			moved[t.ID] = true
		}
	}
	if len(moved) == 0 {
		return nil
	}
	return ev.loadSplits(ctx, moved)
}

// loadSplits finds where agents have moved the messages that are named, and
// locks that. Who moves one locks its component first: what is read here stays.
func (ev *evidence) loadSplits(ctx context.Context, threads map[inbox.ThreadID]bool) error {
	named := map[inbox.MessageID][]inbox.FactID{}
	for _, k := range ev.Keys {
		if threads[k.Thread] {
			named[k.Message] = nil
		}
	}
	for _, a := range ev.Tokens {
		named[a.Message] = nil
	}
	for _, list := range ev.Plus {
		for _, a := range list {
			named[a.Message] = nil
		}
	}
	rows, err := ev.tx.Query(ctx, `
		SELECT m.id, m.splits::text[], f.id, f.into_id, coalesce(c.merged_into, c.id)
		FROM messages m
		JOIN conversation_facts f ON f.id = m.splits[cardinality(m.splits)]
		JOIN conversations c ON c.id = f.into_id
		WHERE m.id = ANY($1) AND m.splits <> '{}'`, keysOf(named))
	if err != nil {
		return fmt.Errorf("load splits: %w", err)
	}
	var id inbox.MessageID
	var splits []inbox.FactID
	var last inbox.FactID
	var split inbox.Split
	if _, err := pgx.ForEachRow(rows, []any{&id, &splits, &last, &split.Home, &split.Conversation}, func() error {
		named[id], ev.Splits[last] = slices.Clone(splits), split
		return nil
	}); err != nil {
		return fmt.Errorf("load splits: %w", err)
	}
	for i := range ev.Keys {
		ev.Keys[i].Splits = named[ev.Keys[i].Message]
	}
	for id, a := range ev.Tokens {
		a.Splits = named[id]
		ev.Tokens[id] = a
	}
	for _, list := range ev.Plus {
		for i := range list {
			list[i].Splits = named[list[i].Message]
		}
	}
	want := map[inbox.ConversationID]bool{}
	for _, split := range ev.Splits {
		want[split.Conversation] = true
	}
	return ev.lockConversations(ctx, want)
}
