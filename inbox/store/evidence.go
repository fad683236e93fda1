package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxPointers bounds how many messages that wait for one arrival are loaded:
// more than any real thread, less than what somebody could send to hurt.
const maxPointers = 20_000

// manyPeople is from how many parties on a mail's keys are looked through for
// whoever is among them, and not asked for one by one.
const manyPeople = 24

// keyRow is how the columns of [inbox.KeyRow] are read.
type keyRow struct {
	Key     []byte
	Message inbox.MessageID
	Thread  inbox.ThreadID
	Own     bool
	Sender  string
	People  []string
}

// An evidence is what has been loaded for one batch, and what is locked.
type evidence struct {
	inbox.Evidence
	tx    pgx.Tx
	rows  map[keyRowID]bool
	roots map[inbox.ThreadID]bool // locked
	asked map[need]bool
	apart map[inbox.ConversationID]bool // asked about, see parted

	members map[need]bool // by root, once the decision is made: see takesPart
	root    map[inbox.ThreadID]inbox.ThreadID
}

type keyRowID struct {
	key     inbox.Key
	message inbox.MessageID
	own     bool
}

type need struct {
	root   inbox.ThreadID
	person string
}

// loadEvidence reads, under the locks of the batch's keys, every message that
// the batch points at or that points at it, and locks their components and
// conversations.
func (d *delivery) loadEvidence(ctx context.Context, batch []inbox.Received) (*evidence, error) {
	ev := &evidence{
		Evidence: inbox.Evidence{
			Tokens:        map[inbox.MessageID]inbox.Anchor{},
			Plus:          map[inbox.ConversationID][]inbox.Anchor{},
			Splits:        map[inbox.FactID]inbox.Split{},
			Conversations: map[inbox.ConversationID]*inbox.Conversation{},
			Identities:    d.identities,
		},
		tx: d.tx, rows: map[keyRowID]bool{}, roots: map[inbox.ThreadID]bool{}, asked: map[need]bool{},
		apart: map[inbox.ConversationID]bool{},
	}
	if err := ev.loadNamed(ctx, batch); err != nil {
		return nil, err
	}
	threads, err := ev.loadTokens(ctx, batch)
	if err != nil {
		return nil, err
	}
	if err := ev.loadComponents(ctx, threads); err != nil {
		return nil, err
	}
	if err := ev.loadOrders(ctx, batch); err != nil {
		return nil, err
	}
	if d.handOvers {
		return ev, ev.loadHandOvers(ctx, batch)
	}
	return ev, nil
}

// loadNamed reads the rows of every key that the batch names: who is called by
// it, who points at an arrival, and which of an arrival's people point where it
// does.
func (ev *evidence) loadNamed(ctx context.Context, batch []inbox.Received) error {
	var all, own, keys, channels [][]byte
	var people []string
	// By pairs and not by two lists: the database would look for every person
	// of the batch at every key of it, a hundred thousand looks for a few
	// hundred mails.
	paired := map[pair]bool{}
	var crowded [][]byte
	crowd := map[string]bool{}
	for i := range batch {
		m := batch[i].Message
		if m == nil {
			continue
		}
		at := len(all)
		if m.Own != (inbox.Key{}) {
			own, all = append(own, m.Own[:]), append(all, m.Own[:])
		}
		if m.Thread != (inbox.Key{}) {
			channels = append(channels, m.Thread[:])
		}
		for j := range m.Refs {
			all = append(all, m.Refs[j].Key[:])
		}
		if len(m.People) > manyPeople {
			crowded = append(crowded, all[at:]...)
			for _, p := range append([]string{inbox.Business, m.SenderKey}, m.People...) {
				if p != "" {
					crowd[p] = true
				}
			}
			continue
		}
		for _, p := range append([]string{inbox.Business, m.SenderKey}, m.People...) {
			for _, k := range all[at:] {
				if at := (pair{inbox.Key(k), p}); p != "" && !paired[at] {
					paired[at] = true
					keys, people = append(keys, k), append(people, p)
				}
			}
		}
	}
	if len(all) == 0 && len(channels) == 0 {
		return nil
	}
	// A channel's own thread may have thousands of messages, and the newest says
	// where it goes on.
	return ev.loadRows(ctx, `
		SELECT k.key, k.message_id, k.thread_id, k.own, k.sender, (SELECT m.people FROM messages m WHERE m.id = k.message_id)
		FROM (
			SELECT t.* FROM unnest($1::bytea[]) AS n(key) CROSS JOIN LATERAL (
				SELECT * FROM thread_keys t WHERE t.key = n.key AND t.own OFFSET 0) t
			UNION ALL
			SELECT t.* FROM unnest($6::bytea[]) AS n(key) CROSS JOIN LATERAL (
				SELECT * FROM thread_keys t WHERE t.key = n.key AND t.own ORDER BY t.message_id DESC LIMIT 1) t
			UNION ALL
			SELECT t.* FROM unnest($3::bytea[], $4::text[]) AS n(key, person) CROSS JOIN LATERAL (
				SELECT * FROM thread_keys t WHERE t.key = n.key AND NOT t.own AND t.sender = n.person OFFSET 0) t
			UNION ALL
			SELECT t.* FROM unnest($7::bytea[]) AS n(key) CROSS JOIN LATERAL (
				SELECT * FROM thread_keys t WHERE t.key = n.key AND NOT t.own OFFSET 0) t
				WHERE t.sender IN (SELECT unnest($8::text[]))
			UNION ALL
			(SELECT t.* FROM unnest($2::bytea[]) AS n(key) CROSS JOIN LATERAL (
				SELECT * FROM thread_keys t WHERE t.key = n.key AND NOT t.own OFFSET 0) t LIMIT $5)
		) k`, all, own, keys, people, maxPointers, channels, crowded, keysOf(crowd))
}

// A pair is somebody who may point at a key.
type pair struct {
	key    inbox.Key
	person string
}

func (ev *evidence) loadRows(ctx context.Context, sql string, args ...any) error {
	rows, err := ev.tx.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("load thread keys: %w", err)
	}
	var k keyRow
	if _, err := pgx.ForEachRow(rows, []any{&k.Key, &k.Message, &k.Thread, &k.Own, &k.Sender, &k.People}, func() error {
		id := keyRowID{inbox.Key(k.Key), k.Message, k.Own}
		if !ev.rows[id] {
			ev.rows[id] = true
			ev.Keys = append(ev.Keys, inbox.KeyRow{
				Key: id.key, Message: k.Message, Thread: k.Thread, Own: k.Own, Sender: k.Sender, People: slices.Clone(k.People),
			})
		}
		return nil
	}); err != nil {
		return fmt.Errorf("load thread keys: %w", err)
	}
	return nil
}

// loadComponents locks the components of every thread that is known of so far,
// in id order, and reads them whole, with their conversations. A component that
// became part of another meanwhile is followed.
func (ev *evidence) loadComponents(ctx context.Context, threads []inbox.ThreadID) error {
	want := map[inbox.ThreadID]bool{}
	for _, t := range threads {
		want[t] = true
	}
	for _, k := range ev.Keys {
		want[k.Thread] = true
	}
	for i := range ev.Threads {
		delete(want, ev.Threads[i].ID)
	}
	if len(want) == 0 {
		return ev.loadMoved(ctx)
	}
	for again := true; again; {
		roots, err := column[inbox.ThreadID](ctx, ev.tx, `SELECT DISTINCT root_id FROM threads WHERE id = ANY($1)`, keysOf(want))
		if err != nil {
			return fmt.Errorf("find components: %w", err)
		}
		now, err := column[inbox.ThreadID](ctx, ev.tx, `SELECT root_id FROM threads WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE`, roots)
		if err != nil {
			return fmt.Errorf("lock components: %w", err)
		}
		again = false
		for _, r := range now {
			ev.roots[r] = true
			again = again || !slices.Contains(roots, r)
		}
	}
	return ev.readComponents(ctx)
}

func (ev *evidence) readComponents(ctx context.Context) error {
	rows, err := ev.tx.Query(ctx, `
		SELECT t.id, t.root_id, t.home_id, t.conversation_id, t.moved,
			ARRAY(SELECT person FROM thread_people p WHERE p.thread_id = t.id)
		FROM threads t WHERE t.root_id = ANY($1) ORDER BY t.id`, keysOf(ev.roots))
	if err != nil {
		return fmt.Errorf("load components: %w", err)
	}
	ev.Threads, err = pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.ThreadRow])
	if err != nil {
		return fmt.Errorf("load components: %w", err)
	}
	want := map[inbox.ConversationID]bool{}
	for _, t := range ev.Threads {
		want[t.Conversation] = true
	}
	if err := ev.lockConversations(ctx, want); err != nil {
		return err
	}
	return ev.loadMoved(ctx)
}

// lockConversations locks and loads what is not loaded yet, in id order.
func (ev *evidence) lockConversations(ctx context.Context, want map[inbox.ConversationID]bool) error {
	for id := range ev.Conversations {
		delete(want, id)
	}
	if len(want) == 0 {
		return nil
	}
	conversations, err := lockConversations(ctx, ev.tx, keysOf(want))
	if err != nil {
		return err
	}
	for i := range conversations {
		ev.Conversations[conversations[i].ID] = &conversations[i]
	}
	return ev.lockConversations(ctx, besides(conversations))
}

func lockConversations(ctx context.Context, tx pgx.Tx, ids []string) ([]inbox.Conversation, error) {
	rows, err := tx.Query(ctx, `SELECT `+conversationColumns+` FROM `+conversationFrom+`
		WHERE c.id = ANY($1) ORDER BY c.id FOR NO KEY UPDATE OF c`, ids)
	if err != nil {
		return nil, fmt.Errorf("lock conversations: %w", err)
	}
	conversations, err := pgx.CollectRows(rows, scanConversation)
	if err != nil {
		return nil, fmt.Errorf("lock conversations: %w", err)
	}
	return conversations, nil
}

// takesPart reports whether somebody is stored as a member of a thread's
// component, whichever of its threads says so.
func (ev *evidence) takesPart(thread inbox.ThreadID, who string) bool {
	if ev.members == nil {
		ev.members, ev.root = map[need]bool{}, map[inbox.ThreadID]inbox.ThreadID{}
		for _, t := range ev.Threads {
			ev.root[t.ID] = t.Root
			for _, p := range t.People {
				ev.members[need{t.Root, p}] = true
			}
		}
	}
	root, ok := ev.root[thread]
	return ok && ev.members[need{root, who}]
}

// answer loads what a decision asked for, and reports whether there was
// anything that it had not asked before.
func (ev *evidence) answer(ctx context.Context, needs []inbox.Need) (bool, error) {
	var roots, people []string
	for _, n := range needs {
		for _, p := range n.People {
			if w := (need{n.Root, p}); !ev.asked[w] {
				ev.asked[w] = true
				roots, people = append(roots, string(n.Root)), append(people, p)
			}
		}
	}
	if len(roots) == 0 {
		return false, nil
	}
	before := len(ev.Keys)
	if err := ev.loadRows(ctx, `
		SELECT k.key, k.message_id, k.thread_id, k.own, k.sender, m.people
		FROM (
			SELECT DISTINCT o.key, p.sender
			FROM unnest($1::uuid[], $2::text[]) AS n(root_id, person)
			JOIN threads t ON t.root_id = n.root_id
			JOIN thread_keys o ON o.thread_id = t.id AND o.own
			JOIN thread_keys p ON p.key = o.key AND NOT p.own AND p.sender = n.person
			JOIN threads u ON u.id = p.thread_id AND u.root_id <> n.root_id
		) e
		JOIN thread_keys k ON k.key = e.key AND (k.own OR k.sender = e.sender)
		JOIN messages m ON m.id = k.message_id`, roots, people); err != nil {
		return false, err
	}
	if len(ev.Keys) == before {
		return false, nil
	}
	return true, ev.loadComponents(ctx, nil)
}

func keysOf[K ~string, V any](set map[K]V) []string {
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, string(k))
	}
	slices.Sort(keys)
	return keys
}

func column[T any](ctx context.Context, q querier, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}
