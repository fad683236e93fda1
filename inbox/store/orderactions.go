package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"skein/inbox"
)

const actionColumns = `x.id, x.version, x.order_id, x.account_id, x.kind, x.terms, x.state, x.detail, x.attempt, x.agent_id, g.name, x.created_at, x.updated_at`

// actionEntry is an action in the timeline: of actions x, orders o and agents g.
const actionEntry = `
		SELECT x.created_at, x.id::text, 'action', '', o.number, x.kind,
			jsonb_build_object('orderId', o.id, 'state', x.state, 'detail', x.detail, 'agent', g.name, 'currency', o.currency,
				'amount', coalesce((x.terms->>'amount')::bigint, 0), 'reason', coalesce(x.terms->>'reason', ''))`

func scanAction(row pgx.CollectableRow) (inbox.OrderAction, error) {
	var a inbox.OrderAction
	var terms []byte
	err := row.Scan(&a.ID, &a.Version, &a.OrderID, &a.Account, &a.Kind, &terms, &a.State, &a.Detail, &a.Attempt, &a.AgentID, &a.AgentName, &a.CreatedAt, &a.UpdatedAt)
	if err != nil {
		return a, err
	}
	a.CreatedAt, a.UpdatedAt = a.CreatedAt.UTC(), a.UpdatedAt.UTC()
	return a, json.Unmarshal(terms, &a.ActionTerms)
}

func readActions(ctx context.Context, q querier, tail string, args ...any) ([]inbox.OrderAction, error) {
	rows, err := q.Query(ctx, `SELECT `+actionColumns+` FROM order_actions x JOIN agents g ON g.id = x.agent_id `+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanAction)
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	return orEmpty(list), nil
}

var errOrder = &inbox.Error{Code: inbox.NotFound, Message: "the order is not there, or is of a customer who has no conversation in one of your inboxes"}

// knownOrder reads an order whose customer the reader may see.
func knownOrder(ctx context.Context, q querier, rights *inbox.Rights, id inbox.OrderID) (inbox.Order, error) {
	if !inbox.ValidID(string(id)) {
		return inbox.Order{}, errOrder
	}
	var one string
	err := q.QueryRow(ctx, `
		SELECT o.id::text FROM orders o JOIN identities b ON b.id = o.identity_id JOIN customers k ON k.id = b.customer_id
		WHERE o.id = $1 AND `+visible, id, rights.All, ids(rights.Inboxes)).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return inbox.Order{}, errOrder
	}
	if err != nil {
		return inbox.Order{}, fmt.Errorf("read order: %w", err)
	}
	kept, err := readOrders(ctx, q, `JOIN (SELECT @id::uuid AS id) n ON n.id = o.id`, pgx.NamedArgs{"id": id})
	if err != nil {
		return inbox.Order{}, err
	}
	if len(kept) == 0 {
		return inbox.Order{}, errOrder
	}
	return kept[0].Order, nil
}

// maxActions is how many actions of an order are shown.
const maxActions = 50

// OrderActions returns what agents have had done with an order, newest first.
func (s *Store) OrderActions(ctx context.Context, rights *inbox.Rights, id inbox.OrderID) (list []inbox.OrderAction, err error) {
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: readOnce}, func(tx pgx.Tx) error {
		if _, err := knownOrder(ctx, tx, rights, id); err != nil {
			return err
		}
		list, err = readActions(ctx, tx, `WHERE x.order_id = $1 ORDER BY x.created_at DESC, x.id DESC LIMIT $2`, id, maxActions)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("actions of order %s: %w", id, err)
	}
	return list, nil
}

// ActOnOrder hands an action to the shop's connector, and announces it. It
// repeats by its key as [Store.Reply] does. While another is under way on the
// order, and while one like it is uncertain, it is a Conflict; what can't be done
// with the order as it is known is Invalid.
func (s *Store) ActOnOrder(ctx context.Context, by *inbox.Caller, id inbox.OrderID, ask inbox.ActionAsk, encode inbox.EncodeActionFunc) (inbox.OrderAction, error) {
	if !by.Agent.MayAct() {
		return inbox.OrderAction{}, &inbox.Error{Code: inbox.Forbidden, Message: "you may not act on orders: an admin can let you"}
	}
	ask.At = stored(ask.At)
	var a inbox.OrderAction
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		actor := "agent:" + string(by.Agent.ID)
		fresh, err := claimKey(ctx, tx, actor, &inbox.Answer{Key: ask.Key, Hash: ask.Hash, At: ask.At}, &a)
		if err != nil {
			return err
		}
		if !fresh { // as it stands now
			list, err := readActions(ctx, tx, `WHERE x.id = $1`, a.ID)
			if err == nil && len(list) > 0 {
				a = list[0]
			}
			return err
		}
		o, err := knownOrder(ctx, tx, &by.Rights, id)
		if err != nil {
			return err
		}
		account, err := shopOf(ctx, tx, &o)
		if err != nil {
			return err
		}
		if err := ask.Terms.Check(ask.Kind, &o); err != nil {
			return err
		}
		a = inbox.OrderAction{
			ID: ask.ID, Version: 1, OrderID: o.ID, Account: account, Kind: ask.Kind, ActionTerms: ask.Terms, State: inbox.Sending, Attempt: 1,
			AgentID: by.Agent.ID, AgentName: by.Agent.Name, CreatedAt: ask.At, UpdatedAt: ask.At,
		}
		if err := insertAction(ctx, tx, &a, o.IdentityID); err != nil {
			return err
		}
		response, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE idempotency_keys SET response = $3 WHERE actor = $1 AND key = $2`, actor, ask.Key, response); err != nil {
			return err
		}
		return leave(ctx, tx, &a, &o, by, encode)
	})
	if err != nil {
		return inbox.OrderAction{}, fmt.Errorf("act on order %s: %w", id, err)
	}
	return a, nil
}

// shopOf is the account of the shop that an order is of.
func shopOf(ctx context.Context, tx pgx.Tx, o *inbox.Order) (inbox.AccountID, error) {
	var id inbox.AccountID
	err := tx.QueryRow(ctx, `SELECT id FROM accounts WHERE id = $1 AND channel = 'shop' AND removed_at IS NULL AND NOT paused`, o.Store).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("no shop account %q is served: the order can be acted on in the shop alone", o.Store)}
	}
	return id, err
}

func insertAction(ctx context.Context, tx pgx.Tx, a *inbox.OrderAction, identity inbox.IdentityID) error {
	// Two that are asked for at one instant see each other here.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('action ' || $1, 0))`, string(a.OrderID)); err != nil {
		return fmt.Errorf("lock actions: %w", err)
	}
	var unsure bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM order_actions WHERE order_id = $1 AND kind = $2 AND state = 'uncertain')`, a.OrderID, a.Kind).Scan(&unsure); err != nil {
		return fmt.Errorf("read actions: %w", err)
	}
	if unsure {
		return &inbox.Error{Code: inbox.Conflict, Message: "the last one is uncertain: look in the shop, then try that one again or put it aside"}
	}
	terms, err := json.Marshal(a.ActionTerms)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO order_actions (id, version, order_id, identity_id, account_id, agent_id, kind, terms, state, attempt, created_at, updated_at)
		VALUES (@id, @version, @order, @identity, @account, @agent, @kind, @terms, @state, @attempt, @at, @at)`, pgx.NamedArgs{
		"id": a.ID, "version": a.Version, "order": a.OrderID, "identity": identity, "account": a.Account, "agent": a.AgentID,
		"kind": string(a.Kind), "terms": terms, "state": string(a.State), "attempt": a.Attempt, "at": a.CreatedAt})
	return underWay(err)
}

// underWay is the error where another action on the order is on its way.
func underWay(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.ConstraintName == "order_actions_one" {
		return &inbox.Error{Code: inbox.Conflict, Message: "something else is being done with this order: wait until the shop has answered"}
	}
	return err
}

// leave hands an attempt to the connector and tells of it.
func leave(ctx context.Context, tx pgx.Tx, a *inbox.OrderAction, o *inbox.Order, by *inbox.Caller, encode inbox.EncodeActionFunc) error {
	subject, payload, err := encode(a, o, a.UpdatedAt)
	if err != nil {
		return err
	}
	if err := enqueue(ctx, tx, [][]any{{subject, payload}}); err != nil {
		return err
	}
	ch, err := actionChange(ctx, tx, a, o.IdentityID)
	if err != nil {
		return err
	}
	ch.event.ID, ch.event.At, ch.event.Actor = inbox.NewID[inbox.EventID](a.UpdatedAt), a.UpdatedAt, by.Actor()
	ch.session, ch.cause = string(by.Session), by.Request
	return announce(ctx, tx, []change{ch})
}

func actionChange(ctx context.Context, tx pgx.Tx, a *inbox.OrderAction, identity inbox.IdentityID) (change, error) {
	seen, err := knownTo(ctx, tx, []inbox.IdentityID{identity})
	told := *a
	return change{event: inbox.Event{
		Kind: inbox.ActionChanged, Entity: string(a.ID), Version: a.Version, Action: &told, IdentityID: identity,
		Audience: inbox.Audience{Inboxes: seen.inboxes(identity)},
	}}, err
}

// RetryAction tries an action again that failed or is uncertain, with the same id
// for the shop to know it by; done says that somebody has seen in the shop that
// it is done, or that it isn't to be: then it is put aside.
func (s *Store) RetryAction(ctx context.Context, by *inbox.Caller, id inbox.ActionID, word string, now time.Time, encode inbox.EncodeActionFunc) (inbox.OrderAction, error) {
	missing := &inbox.Error{Code: inbox.NotFound, Message: "the action is not there"}
	if !by.Agent.MayAct() {
		return inbox.OrderAction{}, &inbox.Error{Code: inbox.Forbidden, Message: "you may not act on orders: an admin can let you"}
	}
	if !inbox.ValidID(string(id)) {
		return inbox.OrderAction{}, missing
	}
	now = stored(now)
	var a inbox.OrderAction
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		list, err := readActions(ctx, tx, `WHERE x.id = $1 FOR NO KEY UPDATE OF x`, id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return missing
		}
		a = list[0]
		o, err := knownOrder(ctx, tx, &by.Rights, a.OrderID)
		if err != nil {
			return err
		}
		if a.State != inbox.Failed && a.State != inbox.Uncertain {
			return &inbox.Error{Code: inbox.Conflict, Message: "only what failed or is uncertain can be tried again"}
		}
		a.UpdatedAt = now
		switch word {
		case "again":
			if _, err := shopOf(ctx, tx, &o); err != nil {
				return err
			}
			a.State, a.Detail, a.Attempt = inbox.Sending, "", a.Attempt+1
			if err := writeAction(ctx, tx, &a); err != nil {
				return underWay(err)
			}
			return leave(ctx, tx, &a, &o, by, encode)
		case "done":
			a.State, a.Detail = inbox.Sent, by.Agent.Name+" saw it done in the shop"
		default:
			a.State, a.Detail = inbox.Failed, "Put aside by "+by.Agent.Name
		}
		if err := writeAction(ctx, tx, &a); err != nil {
			return err
		}
		ch, err := actionChange(ctx, tx, &a, o.IdentityID)
		if err != nil {
			return err
		}
		ch.event.ID, ch.event.At, ch.event.Actor = inbox.NewID[inbox.EventID](now), now, by.Actor()
		ch.session, ch.cause = string(by.Session), by.Request
		return announce(ctx, tx, []change{ch})
	})
	if err != nil {
		return inbox.OrderAction{}, fmt.Errorf("action %s: %w", id, err)
	}
	return a, nil
}

func writeAction(ctx context.Context, tx pgx.Tx, a *inbox.OrderAction) error {
	a.Version++
	_, err := tx.Exec(ctx, `UPDATE order_actions SET version = $2, state = $3, detail = $4, attempt = $5, updated_at = $6 WHERE id = $1`,
		a.ID, a.Version, string(a.State), a.Detail, a.Attempt, a.UpdatedAt)
	return err
}

// storeActions moves actions forward by what their shops' connectors say of
// attempts. What an earlier attempt has done is not undone by a later one.
func (d *delivery) storeActions(ctx context.Context, batch []inbox.Received) error {
	var named []string
	for i := range batch {
		if r := batch[i].Receipt; r != nil && batch[i].Channel == inbox.Shop && inbox.ValidID(string(r.MessageID)) {
			named = append(named, string(r.MessageID))
		}
	}
	if len(named) == 0 {
		return nil
	}
	list, err := readActions(ctx, d.tx, `WHERE x.id = ANY($1::uuid[]) ORDER BY x.id FOR NO KEY UPDATE OF x`, named)
	if err != nil {
		return err
	}
	for i := range batch {
		r := batch[i].Receipt
		if r == nil {
			continue
		}
		n := slices.IndexFunc(list, func(a inbox.OrderAction) bool {
			return string(a.ID) == string(r.MessageID) && a.Account == batch[i].Account
		})
		if n < 0 {
			continue
		}
		a := &list[n]
		switch {
		case a.State == inbox.Sent, r.State != inbox.Sent && (r.Attempt != a.Attempt || !r.State.After(a.State)):
			continue
		}
		a.State, a.Detail = r.State, r.Detail
		if a.UpdatedAt = stored(r.At); r.At.IsZero() {
			a.UpdatedAt = batch[i].At
		}
		if err := writeAction(ctx, d.tx, a); err != nil {
			return fmt.Errorf("write action: %w", err)
		}
		var identity inbox.IdentityID
		if err := d.tx.QueryRow(ctx, `SELECT identity_id FROM orders WHERE id = $1`, a.OrderID).Scan(&identity); err != nil {
			return fmt.Errorf("read whose order an action is on: %w", err)
		}
		ch, err := actionChange(ctx, d.tx, a, identity)
		if err != nil {
			return err
		}
		ch.cause = batch[i].EventID
		d.add(ch, inbox.Actor{Kind: inbox.BySystem})
	}
	return nil
}
