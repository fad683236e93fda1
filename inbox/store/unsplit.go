package store

import (
	"cmp"
	"context"
	"errors"
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
	if err := m.voidTies(ctx, f); err != nil {
		return err
	}
	if _, err := m.regroup(ctx, at, ""); err != nil {
		return err
	}
	if err := m.leaveLink(ctx, at); err != nil {
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

// voidTies revokes what was tied by answers to what the split had moved: heal
// ties it to where that belongs.
func (m *moving) voidTies(ctx context.Context, f fact) error {
	if _, err := m.tx.Exec(ctx, `
		UPDATE conversation_facts SET revoked_at = $2, revoked_kind = 'system'
		WHERE kind = 'late-parent' AND revoked_at IS NULL AND (from_id = $3 OR into_id = $3) AND inputs->'under' ? $1`,
		string(f.id), m.now, f.into); err != nil {
		return fmt.Errorf("void what the split tied: %w", err)
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
	if m.convs[c.MergedInto] == nil {
		return "", errMoved // merged on between the look and the lock
	}
	g, err := m.groupOf(ctx, c.MergedInto)
	if err != nil {
		return "", err
	}
	tied := g.reach(home, func(fact) bool { return true })
	if tied[c.MergedInto] {
		return c.MergedInto, nil
	}
	if err := m.revive(ctx, home); err != nil {
		return "", err
	}
	delete(tied, home)
	return home, m.lead(ctx, keysOf(tied), home)
}

// leaveLink sees to it that a conversation in which nothing is left leads
// somewhere: one that an undone split made, to where its messages came from.
func (m *moving) leaveLink(ctx context.Context, at inbox.ConversationID) error {
	var left bool
	if err := m.tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM messages WHERE conversation_id = $1)`, at).Scan(&left); err != nil {
		return fmt.Errorf("look what is left: %w", err)
	}
	if left {
		return nil
	}
	// What was merged into it may have been made by a split as well, even out
	// of the conversation itself.
	var to inbox.ConversationID
	err := m.tx.QueryRow(ctx, `
		SELECT coalesce(s.merged_into, s.id)
		FROM conversations n
		JOIN conversation_facts f ON f.into_id = n.id
		JOIN conversations s ON s.id = f.from_id
		WHERE (n.id = $1 OR n.merged_into = $1) AND f.kind = 'split' AND (f.inputs->>'new')::boolean AND f.revoked_at IS NOT NULL
			AND coalesce(s.merged_into, s.id) <> $1
		ORDER BY f.id LIMIT 1`, at).Scan(&to)
	if errors.Is(err, pgx.ErrNoRows) {
		return &inbox.Error{Code: inbox.Conflict,
			Message: "nothing would be left in " + numberOf(m.convs[at]) + ": undo first what was moved out of it"}
	}
	if err != nil {
		return fmt.Errorf("read what made %s: %w", at, err)
	}
	m.touch(at)
	return m.lead(ctx, []string{string(at)}, to)
}

// A side is the part of a component of mail that has one home.
type side struct {
	root string
	home inbox.ConversationID
	in   inbox.ConversationID
}

// heal ties together what mails tie together and only the split kept apart.
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
		slices.Sort(all)
		if err := m.hold(ctx, slices.Compact(all)...); err != nil {
			return err
		}
		a, b, err := m.torn(ctx, sides)
		if err != nil || a.root == "" {
			return err
		}
		if m.convs[b.in].Number < m.convs[a.in].Number {
			a, b = b, a
		}
		if _, err := m.insertFact(ctx, inbox.FactLateParent, b.home, a.home, inputs{Text: "Their mails answer each other"}); err != nil {
			return err
		}
		if a.in == b.in {
			continue
		}
		if err := m.mergeAll(ctx, b.in, a.in); err != nil {
			return err
		}
	}
}

// torn finds two sides of one component that no fact of mail ties and no split
// parts.
func (m *moving) torn(ctx context.Context, sides []side) (a, b side, err error) {
	if len(sides) == 0 {
		return a, b, nil
	}
	parted, err := m.parted(ctx, sides)
	if err != nil {
		return a, b, err
	}
	tied := map[inbox.ConversationID]map[inbox.ConversationID]bool{}
	for _, s := range sides {
		if tied[s.home] == nil {
			g, err := m.groupOf(ctx, s.in)
			if err != nil {
				return a, b, err
			}
			tied[s.home] = g.reach(s.home, func(f fact) bool { return f.kind == inbox.FactLateParent })
		}
	}
	for i, a := range sides {
		for _, b := range sides[i+1:] {
			if a.root == b.root && !tied[a.home][b.home] && !parted[[2]inbox.ConversationID{a.in, b.in}] && !parted[[2]inbox.ConversationID{b.in, a.in}] {
				return a, b, nil
			}
		}
	}
	return side{}, side{}, nil
}

// sides lists, of the components that are held, those that have several homes
// besides what agents moved.
func (m *moving) sides(ctx context.Context) ([]side, error) {
	roots := make([]string, 0, len(m.roots))
	for r := range m.roots {
		roots = append(roots, r)
	}
	rows, err := m.tx.Query(ctx, `
		SELECT root, home, conversation FROM (
			SELECT t.root_id::text AS root, t.home_id AS home, t.conversation_id AS conversation, count(*) OVER (PARTITION BY t.root_id) AS n
			FROM threads t
			WHERE t.root_id = ANY($1) AND EXISTS (SELECT FROM messages g WHERE g.thread_id = t.id AND g.splits = '{}')
			GROUP BY t.root_id, t.home_id, t.conversation_id) s
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
	slices.SortFunc(list, func(a, b side) int { return cmp.Or(cmp.Compare(a.root, b.root), cmp.Compare(a.home, b.home)) })
	return list, nil
}

// parted lists the pairs of conversations that a standing split keeps apart.
func (m *moving) parted(ctx context.Context, sides []side) (map[[2]inbox.ConversationID]bool, error) {
	of := map[inbox.ConversationID]bool{}
	for _, s := range sides {
		of[s.in] = true
	}
	pairs := map[[2]inbox.ConversationID]bool{}
	return pairs, partedPairs(ctx, m.tx, keysOf(of), func(pair [2]inbox.ConversationID) { pairs[pair] = true })
}
