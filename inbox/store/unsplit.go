package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A returning is a message that a split has moved.
type returning struct {
	id       inbox.MessageID
	in, home inbox.ConversationID // now, and without the split
	last     bool                 // no later split moved it on
}

// undoSplit lets what a split moved, and what came after it, go where it
// belongs without it. A conversation that the split made, and in which nothing
// is left, leads to where its messages came from.
func (m *moving) undoSplit(ctx context.Context, f fact) error {
	list, err := m.returning(ctx, f)
	if err != nil {
		return err
	}
	at, err := m.survivorOf(ctx, f.into)
	if err != nil {
		return err
	}
	source, err := m.survivorOf(ctx, f.from)
	if err != nil {
		return err
	}
	want := []inbox.ConversationID{f.into, at, source}
	for _, r := range list {
		to, err := m.survivorOf(ctx, r.home)
		if err != nil {
			return err
		}
		want = append(want, r.in, r.home, to)
	}
	slices.Sort(want)
	if err := m.hold(ctx, slices.Compact(want)...); err != nil {
		return err
	}
	if f, err = m.still(ctx, f); err != nil {
		return err
	}
	if again, err := m.returning(ctx, f); err != nil || !slices.Equal(again, list) {
		return orMoved(err)
	}
	if now, err := m.survivorOf(ctx, f.into); err != nil || now != at {
		return orMoved(err)
	}
	if err := m.revoke(ctx, f); err != nil {
		return err
	}
	if _, err := m.tx.Exec(ctx, `UPDATE messages SET splits = array_remove(splits, $1::uuid) WHERE splits @> ARRAY[$1::uuid]`, f.id); err != nil {
		return fmt.Errorf("take the split from messages: %w", err)
	}
	m.touch(at)
	if err := m.sendHome(ctx, at, list); err != nil {
		return err
	}
	if err := m.leaveLink(ctx, f, at); err != nil {
		return err
	}
	if err := m.heal(ctx); err != nil {
		return err
	}
	return m.finish(ctx)
}

// orMoved is err, or [errMoved] without one.
func orMoved(err error) error {
	if err != nil {
		return err
	}
	return errMoved
}

func (m *moving) returning(ctx context.Context, f fact) ([]returning, error) {
	rows, err := m.tx.Query(ctx, `
		SELECT g.id, g.conversation_id, coalesce(o.into_id, t.home_id), g.splits[cardinality(g.splits)] = $1
		FROM messages g JOIN threads t ON t.id = g.thread_id
		CROSS JOIN LATERAL (SELECT array_remove(g.splits, $1::uuid) AS splits) w
		LEFT JOIN conversation_facts o ON o.id = w.splits[cardinality(w.splits)]
		WHERE g.splits @> ARRAY[$1::uuid] ORDER BY g.id`, f.id)
	if err != nil {
		return nil, fmt.Errorf("read what was moved: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r returning, err error) {
		return r, row.Scan(&r.id, &r.in, &r.home, &r.last)
	})
	if err != nil {
		return nil, fmt.Errorf("read what was moved: %w", err)
	}
	return list, nil
}

// sendHome moves what no later split has moved on.
func (m *moving) sendHome(ctx context.Context, at inbox.ConversationID, list []returning) error {
	by := map[inbox.ConversationID][]inbox.MessageID{}
	for _, r := range list {
		if r.last {
			by[r.home] = append(by[r.home], r.id)
		}
	}
	for _, name := range keysOf(by) {
		home := inbox.ConversationID(name)
		to, err := m.alive(ctx, home)
		if err != nil {
			return err
		}
		if to == at {
			continue
		}
		if err := m.move(ctx, at, to, by[home]); err != nil {
			return err
		}
	}
	return nil
}

// alive is where the messages of a home are: what facts have made it part of,
// or itself, which comes to life again when it was but a link.
func (m *moving) alive(ctx context.Context, home inbox.ConversationID) (inbox.ConversationID, error) {
	c := m.convs[home]
	if c.MergedInto == "" {
		return home, nil
	}
	g, err := m.groupOf(ctx, c.MergedInto)
	if err != nil {
		return "", err
	}
	if g.reach(home, func(fact) bool { return true })[c.MergedInto] {
		return c.MergedInto, nil
	}
	m.touch(home).MergedInto = ""
	return home, nil
}

// leaveLink sees to it that a conversation in which nothing is left leads
// somewhere.
func (m *moving) leaveLink(ctx context.Context, f fact, at inbox.ConversationID) error {
	var left bool
	if err := m.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM messages WHERE conversation_id = $1)`, at).Scan(&left); err != nil {
		return fmt.Errorf("look what is left: %w", err)
	}
	if left {
		return nil
	}
	if !f.inputs.New || at != f.into {
		return &inbox.Error{Code: inbox.Conflict,
			Message: "nothing would be left in " + numberOf(m.convs[at]) + ": undo first what was moved out of it"}
	}
	to, err := m.survivorOf(ctx, f.from)
	if err != nil {
		return err
	}
	m.touch(at).MergedInto = to
	if _, err := m.tx.Exec(ctx, `UPDATE conversations SET merged_into = $2 WHERE merged_into = $1`, at, to); err != nil {
		return fmt.Errorf("redirect %s: %w", at, err)
	}
	return nil
}

// A side is one conversation's part of a component of mail.
type side struct {
	root string
	home inbox.ConversationID // of a thread of it
	in   inbox.ConversationID
}

// heal joins what mails tie together and only the split kept apart.
func (m *moving) heal(ctx context.Context) error {
	for {
		sides, err := m.sides(ctx)
		if err != nil {
			return err
		}
		all := make([]inbox.ConversationID, len(sides))
		for i, s := range sides {
			all[i] = s.in
		}
		if err := m.hold(ctx, all...); err != nil {
			return err
		}
		parted, err := m.parted(ctx, all)
		if err != nil {
			return err
		}
		a, b, ok := tornApart(sides, parted)
		if !ok {
			return nil
		}
		if m.convs[b.in].Number < m.convs[a.in].Number {
			a, b = b, a
		}
		if _, err := m.insertFact(ctx, inbox.FactLateParent, b.home, a.home, inputs{Text: "Their mails answer each other"}); err != nil {
			return err
		}
		if err := m.mergeAll(ctx, b.in, a.in); err != nil {
			return err
		}
	}
}

// tornApart finds two sides of one component that no split parts.
func tornApart(sides []side, parted map[[2]inbox.ConversationID]bool) (a, b side, ok bool) {
	for i, a := range sides {
		for _, b := range sides[i+1:] {
			if a.root == b.root && a.in != b.in && !parted[[2]inbox.ConversationID{a.in, b.in}] && !parted[[2]inbox.ConversationID{b.in, a.in}] {
				return a, b, true
			}
		}
	}
	return a, b, false
}

// sides lists, of the components that are held, those that are in several
// conversations by more than what agents moved.
func (m *moving) sides(ctx context.Context) ([]side, error) {
	roots := make([]string, 0, len(m.roots))
	for r := range m.roots {
		roots = append(roots, r)
	}
	rows, err := m.tx.Query(ctx, `
		SELECT root, home, conversation FROM (
			SELECT t.root_id::text AS root, min(t.home_id::text) AS home, g.conversation_id AS conversation,
				count(*) OVER (PARTITION BY t.root_id) AS n
			FROM messages g JOIN threads t ON t.id = g.thread_id
			WHERE t.root_id = ANY($1) AND g.splits = '{}' GROUP BY t.root_id, g.conversation_id) s
		WHERE n > 1`, roots)
	if err != nil {
		return nil, fmt.Errorf("read components: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (s side, err error) {
		return s, row.Scan(&s.root, &s.home, &s.in)
	})
	if err != nil {
		return nil, fmt.Errorf("read components: %w", err)
	}
	slices.SortFunc(list, func(a, b side) int { return cmp.Or(cmp.Compare(a.root, b.root), cmp.Compare(a.in, b.in)) })
	return list, nil
}

// parted lists the pairs of conversations that a standing split keeps apart.
func (m *moving) parted(ctx context.Context, of []inbox.ConversationID) (map[[2]inbox.ConversationID]bool, error) {
	pairs := map[[2]inbox.ConversationID]bool{}
	if len(of) == 0 {
		return pairs, nil
	}
	return pairs, partedPairs(ctx, m.tx, ids(of), func(pair [2]inbox.ConversationID) { pairs[pair] = true })
}
