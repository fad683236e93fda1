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

// askAgain is for how long somebody who may be the same person is not asked about.
const askAgain = 7 * 24 * time.Hour

var (
	errOne  = &inbox.Error{Code: inbox.Conflict, Message: "they are one customer: undo the merge first"}
	errEdge = &inbox.Error{Code: inbox.NotFound, Message: "this merge is not there, or is undone"}
)

// Merge makes one customer of two, by an agent's word, and returns it: its id is
// that of the one with the oldest identity. Whoever said that they are not the
// same is overruled. Of two that are one already nothing changes.
func (s *Store) Merge(ctx context.Context, by *inbox.Caller, id, with inbox.CustomerID, reason string, now time.Time) (inbox.Customer, error) {
	err := s.work(ctx, by, now, func(w *work) error {
		customers, of, ev, err := w.open(ctx, id, with)
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
		_, of, ev, err := w.open(ctx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(ev.Edges, func(e inbox.Edge) bool { return e.ID == edge })
		if i < 0 || !slices.Contains(of[0], ev.Edges[i].A) {
			return errEdge
		}
		e := ev.Edges[i]
		if sides, err = w.part(ctx, e); err != nil {
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
func (w *work) part(ctx context.Context, e inbox.Edge) (sides [2]inbox.CustomerID, err error) {
	w.roster.tie(e)
	b := &pgx.Batch{}
	b.Queue(`UPDATE identity_edges SET revoked_at = $2, revoked_kind = $3, revoked_id = $4 WHERE id = $1`,
		e.ID, w.now, string(inbox.ByAgent), null(w.by.Agent.ID))
	if e.Automatic {
		w.queueRefusal(b, e.A, e.B, nil, "unmerged")
	}
	for try := 0; ; try++ {
		if err := w.tx.SendBatch(ctx, b).Close(); err != nil {
			return sides, fmt.Errorf("write unmerge: %w", err)
		}
		if _, err := w.settle(ctx, []inbox.IdentityID{e.A, e.B}, nil); err != nil {
			return sides, err
		}
		for i, end := range []inbox.IdentityID{e.A, e.B} {
			if sides[i], err = w.customerOf(ctx, end); err != nil {
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
		customers, of, _, err := w.open(ctx, id, with)
		if err != nil {
			return err
		}
		if customers[0] == customers[1] {
			return errOne
		}
		if err := w.touch(ctx, customers...); err != nil {
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
		customers, of, _, err := w.open(ctx, id, with)
		if err != nil {
			return err
		}
		if customers[0] == customers[1] {
			return errOne
		}
		if err := w.touch(ctx, customers...); err != nil {
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
	what := map[inbox.IdentityKind]string{inbox.EmailAddress: "address ", inbox.PhoneNumber: "number ", inbox.ShopAccount: "account "}[ref.Kind]
	how := "both have proven it"
	if min(e.ProofA, e.ProofB) >= inbox.Signed {
		how = "signed for both"
	}
	return "The same " + what + ref.Key + ": " + how
}
