package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"skein/inbox"
)

// askAgain is for how long somebody who may be the same person is not asked about.
const askAgain = 7 * 24 * time.Hour

var (
	errOne  = &inbox.Error{Code: inbox.Conflict, Message: "they are one customer: undo the merge first"}
	errEdge = &inbox.Error{Code: inbox.NotFound, Message: "this merge is not there, or is undone"}
)

// A work is an agent's change of customers, in one transaction.
type work struct {
	*resolver
	ctx     context.Context
	by      *inbox.Caller
	now     time.Time
	changes []change // besides those of customers
}

// maxTries is how often a change is tried that a deadlock broke.
const maxTries = 8

// work does an agent's change of customers and announces what follows. A
// deadlock is ours and not the agent's: it is tried again.
func (s *Store) work(ctx context.Context, by *inbox.Caller, now time.Time, do func(*work) error) (err error) {
	for range maxTries {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			w := &work{resolver: newResolver(tx, newRoster(tx, &s.rules), by.Actor()), ctx: ctx, by: by, now: now}
			if err := do(w); err != nil {
				return err
			}
			return w.finish()
		})
		pg, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || pg.Code != "40P01" && pg.Code != "40001" {
			return err
		}
	}
	return err
}

// finish writes the customers, and the log, and tells.
func (w *work) finish() error {
	if err := w.roster.write(w.ctx); err != nil {
		return err
	}
	changes, err := w.roster.changes(w.ctx)
	if err != nil {
		return err
	}
	more, err := w.roster.relinkMoved(w.ctx)
	if err != nil {
		return err
	}
	merges, err := w.roster.mergeNews(w.ctx)
	if err != nil {
		return err
	}
	changes = slices.Concat(w.changes, changes, more, merges)
	for i := range changes {
		e := &changes[i].event
		e.ID, e.At, e.Actor = inbox.NewID[inbox.EventID](w.now), w.now, w.by.Actor()
		changes[i].session, changes[i].cause = string(w.by.Session), w.by.Request
	}
	return announce(w.ctx, w.tx, changes)
}

// relinkMoved brings the orders of the conversations in line that have another
// customer now, and returns the conversations whose orders changed.
func (r *roster) relinkMoved(ctx context.Context) ([]change, error) {
	var who []inbox.IdentityID
	for id := range r.moving {
		for _, i := range r.after[id].Identities {
			who = append(who, i.ID)
		}
	}
	if len(who) == 0 {
		return nil, nil
	}
	slices.Sort(who)
	// Conversations that name an order or have one, and those at work when there
	// is an order that may be meant.
	list, err := column[inbox.ConversationID](ctx, r.tx, `
		SELECT c.id FROM conversations c WHERE c.identity_id = ANY($1) AND c.merged_into IS NULL AND (
			EXISTS (SELECT FROM conversation_orders o WHERE o.conversation_id = c.id)
			OR EXISTS (SELECT FROM messages m JOIN order_mentions n ON n.message_id = m.id WHERE m.conversation_id = c.id)
			OR c.status IN ('open', 'pending', 'snoozed') AND EXISTS (SELECT FROM orders o WHERE o.identity_id = ANY($1)))
		ORDER BY c.id FOR UPDATE OF c`, ids(who))
	if err != nil {
		return nil, fmt.Errorf("lock conversations of customers: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	before, err := readConversations(ctx, r.tx, list)
	if err != nil {
		return nil, err
	}
	if err := relink(ctx, r.tx, r.rules.Link, list); err != nil {
		return nil, err
	}
	after, err := readConversations(ctx, r.tx, list)
	if err != nil {
		return nil, err
	}
	var changes []change
	for _, id := range list {
		was, is := before[id], after[id]
		if was == nil || is == nil || was.Version == is.Version {
			continue
		}
		changes = append(changes, change{before: was, event: inbox.Event{
			Kind: inbox.ConversationChanged, Entity: string(id), Version: is.Version, Conversation: is,
			Audience: inbox.Audience{Before: was.Place(), After: is.Place()},
		}})
	}
	return changes, nil
}

func readConversations(ctx context.Context, q querier, list []inbox.ConversationID) (map[inbox.ConversationID]*inbox.Conversation, error) {
	rows, err := q.Query(ctx, `SELECT `+conversationColumns+` FROM `+conversationFrom+` WHERE c.id = ANY($1)`, ids(list))
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanConversation)
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	by := make(map[inbox.ConversationID]*inbox.Conversation, len(found))
	for i := range found {
		by[found[i].ID] = &found[i]
	}
	return by, nil
}

// open finds customers that the caller may see, locks all that bears on them
// and returns the identities of each, oldest first.
func (w *work) open(list ...inbox.CustomerID) ([]inbox.CustomerID, [][]inbox.IdentityID, *inbox.ClusterEvidence, error) {
	var all []inbox.IdentityID
	for _, id := range list {
		found, err := known(w.ctx, w.tx, &w.by.Rights, id)
		if err != nil {
			return nil, nil, nil, err
		}
		who, err := identitiesIn(w.ctx, w.tx, found)
		if err != nil {
			return nil, nil, nil, err
		}
		all = append(all, who...)
	}
	ev, err := w.lock(w.ctx, all, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	// Under the locks: a customer may have been merged meanwhile, and with whom.
	of := make([][]inbox.IdentityID, len(list))
	out := make([]inbox.CustomerID, len(list))
	for i, id := range list {
		if out[i], err = known(w.ctx, w.tx, &w.by.Rights, id); err != nil {
			return nil, nil, nil, err
		}
		for _, n := range ev.Nodes {
			if n.Customer == out[i] {
				of[i] = append(of[i], n.ID)
			}
		}
		if len(of[i]) == 0 {
			return nil, nil, nil, errCustomer
		}
	}
	return out, of, ev, nil
}

func identitiesIn(ctx context.Context, q querier, id inbox.CustomerID) ([]inbox.IdentityID, error) {
	list, err := column[inbox.IdentityID](ctx, q, `SELECT id FROM identities WHERE customer_id = $1 ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	return list, nil
}

// touch notes that customers get a new version, whatever else changes.
func (w *work) touch(list ...inbox.CustomerID) error { return w.roster.remember(w.ctx, list) }

func (w *work) customerOf(id inbox.IdentityID) (inbox.CustomerID, error) {
	var to inbox.CustomerID
	if err := w.tx.QueryRow(w.ctx, `SELECT customer_id FROM identities WHERE id = $1`, id).Scan(&to); err != nil {
		return "", fmt.Errorf("read customer: %w", err)
	}
	return to, nil
}

// Merge makes one customer of two, by an agent's word, and returns it: its id is
// that of the one with the oldest identity. Whoever said that they are not the
// same is overruled. Of two that are one already nothing changes.
func (s *Store) Merge(ctx context.Context, by *inbox.Caller, id, with inbox.CustomerID, reason string, now time.Time) (inbox.Customer, error) {
	err := s.work(ctx, by, now, func(w *work) error {
		customers, of, ev, err := w.open(id, with)
		if err != nil {
			return err
		}
		if customers[0] == customers[1] {
			return nil
		}
		a, z := nodeOf(ev, of[0][0]), nodeOf(ev, of[1][0])
		if z.ID < a.ID {
			a, z = z, a
		}
		b := &pgx.Batch{}
		w.roster.tie(inbox.Edge{A: a.ID, B: z.ID})
		if err := queueEdge(b, inbox.Edge{A: a.ID, B: z.ID}, a, z, edgeEvidence{Reason: reason}, by.Actor(), now); err != nil {
			return err
		}
		queueForget(b, of[0], of[1])
		if err := w.tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("write merge: %w", err)
		}
		_, err = w.settle(ctx, []inbox.IdentityID{a.ID, z.ID}, nil)
		return err
	})
	if err != nil {
		return inbox.Customer{}, fmt.Errorf("merge %s with %s: %w", id, with, err)
	}
	return s.Customer(ctx, &by.Rights, id)
}

func nodeOf(ev *inbox.ClusterEvidence, id inbox.IdentityID) *inbox.Node {
	i := slices.IndexFunc(ev.Nodes, func(n inbox.Node) bool { return n.ID == id })
	return &ev.Nodes[i]
}

// queueForget takes back every refusal between two sets of identities.
func queueForget(b *pgx.Batch, of, with []inbox.IdentityID) {
	b.Queue(`
		UPDATE identity_refusals SET revoked_at = now()
		WHERE revoked_at IS NULL AND (a = ANY($1) AND b = ANY($2) OR a = ANY($2) AND b = ANY($1))`, ids(of), ids(with))
}

func (w *work) queueRefusal(b *pgx.Batch, x, y inbox.IdentityID, until *time.Time, reason string) {
	x, y = min(x, y), max(x, y)
	b.Queue(`
		INSERT INTO identity_refusals (id, a, b, until, reason, actor_kind, actor_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		inbox.NewID[inbox.RefusalID](w.now), x, y, until, reason, string(w.by.Actor().Kind), null(w.by.Agent.ID), w.now)
}

// Unmerge undoes one merge of a customer: each side, with everything that was
// captured under its identities before and since, goes back to where it came
// from. What was joined by itself does not come back by itself. It returns the
// customer that keeps the id and the one that is there again.
func (s *Store) Unmerge(ctx context.Context, by *inbox.Caller, id inbox.CustomerID, edge inbox.EdgeID, now time.Time) (kept, restored inbox.Customer, err error) {
	if !inbox.ValidID(string(edge)) {
		return kept, restored, errEdge
	}
	var sides [2]inbox.CustomerID
	err = s.work(ctx, by, now, func(w *work) error {
		_, of, ev, err := w.open(id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(ev.Edges, func(e inbox.Edge) bool { return e.ID == edge })
		if i < 0 || !slices.Contains(of[0], ev.Edges[i].A) {
			return errEdge
		}
		e := ev.Edges[i]
		if sides, err = w.part(e); err != nil {
			return err
		}
		if old := nodeOf(ev, e.A).Customer; sides[1] == old {
			sides[0], sides[1] = sides[1], sides[0]
		}
		return nil
	})
	if err != nil {
		return kept, restored, fmt.Errorf("unmerge %s: %w", id, err)
	}
	found, err := readCustomers(ctx, s.pool, &s.rules, sides[:])
	if err != nil {
		return kept, restored, fmt.Errorf("unmerge %s: %w", id, err)
	}
	return *found[sides[0]], *found[sides[1]], nil
}

// part revokes an edge and returns the customers of its ends.
func (w *work) part(e inbox.Edge) (sides [2]inbox.CustomerID, err error) {
	w.roster.tie(e)
	b := &pgx.Batch{}
	b.Queue(`UPDATE identity_edges SET revoked_at = $2, revoked_kind = $3, revoked_id = $4 WHERE id = $1`,
		e.ID, w.now, string(inbox.ByAgent), null(w.by.Agent.ID))
	if e.Automatic {
		w.queueRefusal(b, e.A, e.B, nil, "unmerged")
	}
	for try := 0; ; try++ {
		if err := w.tx.SendBatch(w.ctx, b).Close(); err != nil {
			return sides, fmt.Errorf("write unmerge: %w", err)
		}
		if _, err := w.settle(w.ctx, []inbox.IdentityID{e.A, e.B}, nil); err != nil {
			return sides, err
		}
		for i, end := range []inbox.IdentityID{e.A, e.B} {
			if sides[i], err = w.customerOf(end); err != nil {
				return sides, err
			}
		}
		switch {
		case sides[0] != sides[1]:
			return sides, nil
		case try > 0 || e.Automatic:
			return sides, &inbox.Error{Code: inbox.Conflict, Message: "an agent has joined them in another way, too: undo that merge first"}
		}
		// What they have in common joins them all the same, and now somebody
		// says that it should not.
		b = &pgx.Batch{}
		w.queueRefusal(b, e.A, e.B, nil, "unmerged")
	}
}

// Refuse notes that two customers are not the same: for good, or, with later,
// for a week in which nobody is asked. Two that are one are a Conflict.
func (s *Store) Refuse(ctx context.Context, by *inbox.Caller, id, with inbox.CustomerID, forLater bool, now time.Time) error {
	err := s.work(ctx, by, now, func(w *work) error {
		customers, of, _, err := w.open(id, with)
		if err != nil {
			return err
		}
		if customers[0] == customers[1] {
			return errOne
		}
		if err := w.touch(customers...); err != nil {
			return err
		}
		var until *time.Time
		if forLater {
			at := now.Add(askAgain)
			until = &at
		}
		b := &pgx.Batch{}
		if !forLater {
			queueForget(b, of[0], of[1])
		}
		w.queueRefusal(b, of[0][0], of[1][0], until, "")
		if err := w.tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("write refusal: %w", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("refuse %s with %s: %w", id, with, err)
	}
	return nil
}

// Unrefuse takes back what was said by [Store.Refuse]. What they have in common
// may then join them.
func (s *Store) Unrefuse(ctx context.Context, by *inbox.Caller, id, with inbox.CustomerID, now time.Time) error {
	err := s.work(ctx, by, now, func(w *work) error {
		customers, of, _, err := w.open(id, with)
		if err != nil {
			return err
		}
		if customers[0] == customers[1] {
			return errOne
		}
		if err := w.touch(customers...); err != nil {
			return err
		}
		b := &pgx.Batch{}
		queueForget(b, of[0], of[1])
		if err := w.tx.SendBatch(ctx, b).Close(); err != nil {
			return fmt.Errorf("write refusal: %w", err)
		}
		_, err = w.settle(ctx, slices.Concat(of...), nil)
		return err
	})
	if err != nil {
		return fmt.Errorf("take back that %s is not %s: %w", id, with, err)
	}
	return nil
}

// Merges returns what joins a customer's identities, newest first.
func (s *Store) Merges(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.Merge, error) {
	list, err := s.merges(ctx, rights, id)
	if err != nil {
		return nil, fmt.Errorf("merges of %s: %w", id, err)
	}
	return list, nil
}

func (s *Store) merges(ctx context.Context, rights *inbox.Rights, id inbox.CustomerID) ([]inbox.Merge, error) {
	id, err := known(ctx, s.pool, rights, id)
	if err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT e.id, e.automatic, e.key_kind, e.key, e.evidence, e.actor_kind, coalesce(e.actor_id::text, ''), coalesce(g.name, ''), e.created_at,
			a.id, a.customer_id, a.kind, a.value, a.name, a.proof, b.id, b.customer_id, b.kind, b.value, b.name, b.proof
		FROM identities a JOIN identity_edges e ON e.a = a.id AND e.revoked_at IS NULL
		JOIN identities b ON b.id = e.b
		LEFT JOIN agents g ON g.id = e.actor_id
		WHERE a.customer_id = $1 ORDER BY e.created_at DESC, e.id DESC`, id)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.Merge, error) {
		var m inbox.Merge
		var ref inbox.IdentityRef
		var evidence []byte
		if err := row.Scan(&m.ID, &m.Automatic, &ref.Kind, &ref.Key, &evidence, &m.Actor.Kind, &m.Actor.ID, &m.Actor.Name, &m.At,
			&m.A.ID, &m.A.CustomerID, &m.A.Kind, &m.A.Value, &m.A.Name, &m.A.Proof,
			&m.B.ID, &m.B.CustomerID, &m.B.Kind, &m.B.Value, &m.B.Name, &m.B.Proof); err != nil {
			return m, err
		}
		var why edgeEvidence
		if err := json.Unmarshal(evidence, &why); err != nil {
			return m, fmt.Errorf("edge %s: %w", m.ID, err)
		}
		m.Text, m.At = why.text(m.Automatic, ref), m.At.UTC()
		return m, nil
	})
	return orEmpty(list), err
}

// text is one line for an agent: why.
func (e *edgeEvidence) text(automatic bool, ref inbox.IdentityRef) string {
	if !automatic {
		if e.Reason != "" {
			return "An agent: " + e.Reason
		}
		return "An agent said so"
	}
	what := "number "
	if ref.Kind == inbox.EmailAddress {
		what = "address "
	}
	how := "both have proven it"
	if min(e.ProofA, e.ProofB) >= inbox.Signed {
		how = "signed for both"
	}
	return "The same " + what + ref.Key + ": " + how
}

// maxValue bounds what an agent writes into one field.
const maxValue = 500

// PatchCustomer notes what an agent says of a customer, field by field: of its
// oldest identity. "" takes every agent's word on that field back.
func (s *Store) PatchCustomer(ctx context.Context, by *inbox.Caller, id inbox.CustomerID, fields map[inbox.ClaimField]string, now time.Time) (inbox.Customer, error) {
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		value := strings.TrimSpace(fields[field])
		switch {
		case !field.Valid():
			return inbox.Customer{}, &inbox.Error{Code: inbox.Invalid, Message: "a customer has no " + string(field)}
		case len(value) > maxValue:
			return inbox.Customer{}, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("the %s has more than %d characters", field, maxValue)}
		case value != "" && (field == inbox.ClaimEmail || field == inbox.ClaimBirthday) && s.rules.ClaimKey(field, value, "") == "":
			return inbox.Customer{}, &inbox.Error{Code: inbox.Invalid, Message: "the " + string(field) + " can't be read: want an address, or YYYY-MM-DD"}
		}
	}
	err := s.work(ctx, by, now, func(w *work) error { return w.patch(id, fields) })
	if err != nil {
		return inbox.Customer{}, fmt.Errorf("change customer %s: %w", id, err)
	}
	return s.Customer(ctx, &by.Rights, id)
}

func (w *work) patch(id inbox.CustomerID, fields map[inbox.ClaimField]string) error {
	customers, of, _, err := w.open(id)
	if err != nil {
		return err
	}
	region, err := regionOf(w.ctx, w.tx, customers[0])
	if err != nil {
		return err
	}
	sets := map[inbox.IdentityID]claimSet{}
	for _, who := range of[0] {
		sets[who] = claimSet{}
	}
	if err := eachClaim(w.ctx, w.tx, of[0], func(who inbox.IdentityID, c inbox.Claim) {
		sets[who][claimID{c.Field, c.Source}] = c
	}); err != nil {
		return err
	}
	var keys []inbox.IdentityRef
	b := &pgx.Batch{}
	for _, who := range of[0] {
		now := maps.Clone(sets[who])
		for field, value := range fields {
			at := claimID{field, inbox.FromAgent}
			value = strings.TrimSpace(value)
			switch {
			case value == "":
				delete(now, at)
			case who == of[0][0]:
				now[at] = inbox.Claim{Field: field, Source: inbox.FromAgent, Value: value, Proof: inbox.Claimed, At: stored(w.now),
					Key: w.rules.ClaimKey(field, value, region)}
			}
		}
		if sameClaims(sets[who], now) {
			continue
		}
		queueClaims(b, who, sets[who], now)
		queueHint(b, who)
		facts := w.rules.Survivors(now.owned(who))
		b.Queue(`UPDATE identities SET name = $2, locale = $3 WHERE id = $1`, who, shown(facts, inbox.ClaimName), shown(facts, inbox.ClaimLocale))
		if now.birthday() != sets[who].birthday() {
			keys = append(keys, slices.Collect(maps.Keys(now.keys()))...)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if err := w.touch(customers...); err != nil {
		return err
	}
	set := map[inbox.Key]bool{}
	for _, ref := range keys {
		set[inbox.IdentityKey(ref)] = true
	}
	if len(set) > 0 {
		if err := lockKeys(w.ctx, w.tx, set); err != nil {
			return err
		}
	}
	if err := w.tx.SendBatch(w.ctx, b).Close(); err != nil {
		return fmt.Errorf("write claims: %w", err)
	}
	_, err = w.settle(w.ctx, of[0], keys)
	return err
}

// regionOf is where a customer's telephone numbers are read: where the account
// is that was last written to, else any that says.
func regionOf(ctx context.Context, q querier, id inbox.CustomerID) (string, error) {
	list, err := column[string](ctx, q, `
		SELECT region FROM (
			(SELECT a.region, 0 AS n FROM identities i JOIN conversations c ON c.identity_id = i.id JOIN accounts a ON a.id = c.account_id
				WHERE i.customer_id = $1 AND a.region <> '' ORDER BY c.last_at DESC LIMIT 1)
			UNION ALL (SELECT region, 1 FROM accounts WHERE region <> '' ORDER BY id LIMIT 1)) r
		ORDER BY n LIMIT 1`, id)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}
