package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"skein/inbox"
)

const actionColumns = `x.id, x.version, coalesce(x.order_id::text, ''), coalesce(x.cart_id::text, ''), x.account_id, x.kind, x.terms, x.state, x.detail, x.attempt, x.agent_id, g.name, x.created_at, x.updated_at`

// actionEntry is an action in the timeline: of actions x, orders o or carts c,
// and agents g.
const actionEntry = `
		SELECT x.created_at, x.id::text, 'action', '', coalesce(o.number, ''), x.kind,
			jsonb_build_object('orderId', o.id, 'cartId', c.id, 'state', x.state, 'detail', x.detail, 'agent', g.name,
				'currency', coalesce(o.currency, c.currency),
				'amount', coalesce((x.terms->>'amount')::bigint, 0), 'reason', coalesce(x.terms->>'reason', ''))`

func scanAction(row pgx.CollectableRow) (inbox.OrderAction, error) {
	var a inbox.OrderAction
	var terms []byte
	err := row.Scan(&a.ID, &a.Version, &a.OrderID, &a.CartID, &a.Account, &a.Kind, &terms, &a.State, &a.Detail, &a.Attempt, &a.AgentID, &a.AgentName, &a.CreatedAt, &a.UpdatedAt)
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

// OrderActions returns what agents have had done with an order, newest first, and
// what its shop offers.
func (s *Store) OrderActions(ctx context.Context, rights *inbox.Rights, id inbox.OrderID, offers inbox.OffersFunc) (list []inbox.OrderAction, offered []inbox.ActionOffer, err error) {
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: readOnce}, func(tx pgx.Tx) error {
		o, err := knownOrder(ctx, tx, rights, id)
		if err != nil {
			return err
		}
		if offered, err = offersOf(ctx, tx, o.Store, inbox.OrderKinds, offers); err != nil {
			return err
		}
		list, err = readActions(ctx, tx, `WHERE x.order_id = $1 ORDER BY x.created_at DESC, x.id DESC LIMIT $2`, id, maxActions)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("actions of order %s: %w", id, err)
	}
	return list, offered, nil
}

// CartActions is [Store.OrderActions] for a cart.
func (s *Store) CartActions(ctx context.Context, rights *inbox.Rights, id inbox.CartID, offers inbox.OffersFunc) (list []inbox.OrderAction, offered []inbox.ActionOffer, err error) {
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{BeginQuery: readOnce}, func(tx pgx.Tx) error {
		c, err := knownCart(ctx, tx, rights, id)
		if err != nil {
			return err
		}
		if offered, err = offersOf(ctx, tx, c.Store, inbox.CartKinds, offers); err != nil {
			return err
		}
		list, err = readActions(ctx, tx, `WHERE x.cart_id = $1 ORDER BY x.created_at DESC, x.id DESC LIMIT $2`, id, maxActions)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("actions of cart %s: %w", id, err)
	}
	return list, offered, nil
}

// offersOf are what the shop called store offers of kinds, and why not the rest.
func offersOf(ctx context.Context, q querier, store string, kinds []inbox.ActionKind, offers inbox.OffersFunc) ([]inbox.ActionOffer, error) {
	list := []inbox.ActionOffer{}
	account, err := shopOf(ctx, q, store)
	if e, ok := errors.AsType[*inbox.Error](err); ok {
		for _, kind := range kinds {
			list = append(list, inbox.ActionOffer{Kind: kind, Code: inbox.NotServed, Why: e.Message})
		}
		return list, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := offers(&account)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if slices.Contains(kinds, o.Kind) {
			list = append(list, o)
		}
	}
	return list, nil
}

// ActOnOrder hands an action to the shop's connector, and announces it. It
// repeats by its key as [Store.Reply] does. While another is under way on the
// order, and while one like it is uncertain, it is a Conflict, as is what the
// order's account doesn't offer; what can't be done with the order as it is known
// is Invalid.
func (s *Store) ActOnOrder(ctx context.Context, by *inbox.Caller, id inbox.OrderID, ask inbox.ActionAsk) (inbox.OrderAction, error) {
	a, err := s.askShop(ctx, by, &ask, func(tx pgx.Tx) (inbox.ActedOn, error) {
		o, err := knownOrder(ctx, tx, &by.Rights, id)
		return inbox.ActedOn{Order: &o}, err
	})
	if err != nil {
		return inbox.OrderAction{}, fmt.Errorf("act on order %s: %w", id, err)
	}
	return a, nil
}

// ActOnCart is [Store.ActOnOrder] for a cart.
func (s *Store) ActOnCart(ctx context.Context, by *inbox.Caller, id inbox.CartID, ask inbox.ActionAsk) (inbox.OrderAction, error) {
	a, err := s.askShop(ctx, by, &ask, func(tx pgx.Tx) (inbox.ActedOn, error) {
		c, err := knownCart(ctx, tx, &by.Rights, id)
		return inbox.ActedOn{Cart: &c}, err
	})
	if err != nil {
		return inbox.OrderAction{}, fmt.Errorf("act on cart %s: %w", id, err)
	}
	return a, nil
}

func (s *Store) askShop(ctx context.Context, by *inbox.Caller, ask *inbox.ActionAsk, find func(pgx.Tx) (inbox.ActedOn, error)) (inbox.OrderAction, error) {
	if !by.Agent.MayAct() {
		return inbox.OrderAction{}, errMayNotAct
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
		on, err := find(tx)
		if err != nil {
			return err
		}
		account, err := offering(ctx, tx, on.Store(), ask.Kind, ask.Offers)
		if err != nil {
			return err
		}
		if err := on.Check(ask.Kind, &ask.Terms); err != nil {
			return err
		}
		a = inbox.OrderAction{
			ID: ask.ID, Version: 1, Account: account, Kind: ask.Kind, ActionTerms: ask.Terms, State: inbox.Sending, Attempt: 1,
			AgentID: by.Agent.ID, AgentName: by.Agent.Name, CreatedAt: ask.At, UpdatedAt: ask.At,
		}
		if on.Cart != nil {
			a.CartID = on.Cart.ID
		} else {
			a.OrderID = on.Order.ID
		}
		if err := insertAction(ctx, tx, &a, on.IdentityID()); err != nil {
			return err
		}
		response, err := json.Marshal(a)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE idempotency_keys SET response = $3 WHERE actor = $1 AND key = $2`, actor, ask.Key, response); err != nil {
			return err
		}
		return leave(ctx, tx, &a, on, by, ask.Encode)
	})
	return a, err
}

var errMayNotAct = &inbox.Error{Code: inbox.Forbidden, Message: "you may not act on orders: an admin can let you"}

// offering is the account of the shop called store, which offers the kind.
func offering(ctx context.Context, q querier, store string, kind inbox.ActionKind, offers inbox.OffersFunc) (inbox.AccountID, error) {
	account, err := shopOf(ctx, q, store)
	if err != nil {
		return "", err
	}
	list, err := offers(&account)
	if err != nil {
		return "", err
	}
	for _, o := range list {
		if o.Kind == kind && o.Offered {
			return account.ID, nil
		}
		if o.Kind == kind {
			return "", &inbox.Error{Code: inbox.Conflict, Message: "this is not offered: " + o.Why}
		}
	}
	return "", &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("the shop %q doesn't offer this", store)}
}

// shopOf is the account of the shop called store, where it is served.
func shopOf(ctx context.Context, q querier, store string) (inbox.Account, error) {
	var a inbox.Account
	rows, err := q.Query(ctx, `SELECT `+accountColumns+` FROM accounts WHERE id = $1 AND channel = 'shop' AND removed_at IS NULL AND NOT paused`, store)
	if err == nil {
		a, err = pgx.CollectExactlyOneRow(rows, scanAccount)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return a, &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("no shop account %q is served: it can be done in the shop alone", store)}
	}
	if err != nil {
		return a, fmt.Errorf("read the shop's account: %w", err)
	}
	return a, nil
}

func insertAction(ctx context.Context, tx pgx.Tx, a *inbox.OrderAction, identity inbox.IdentityID) error {
	// Two that are asked for at one instant see each other here.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('action ' || $1, 0))`, string(a.OrderID)+string(a.CartID)); err != nil {
		return fmt.Errorf("lock actions: %w", err)
	}
	if err := sureOf(ctx, tx, a); err != nil {
		return err
	}
	terms, err := json.Marshal(a.ActionTerms)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO order_actions (id, version, order_id, cart_id, identity_id, account_id, agent_id, kind, terms, state, attempt, created_at, updated_at)
		VALUES (@id, @version, NULLIF(@order, '')::uuid, NULLIF(@cart, '')::uuid, @identity, @account, @agent, @kind, @terms, @state, @attempt, @at, @at)`, pgx.NamedArgs{
		"id": a.ID, "version": a.Version, "order": string(a.OrderID), "cart": string(a.CartID), "identity": identity, "account": a.Account, "agent": a.AgentID,
		"kind": string(a.Kind), "terms": terms, "state": string(a.State), "attempt": a.Attempt, "at": a.CreatedAt})
	return underWay(err)
}

// sureOf refuses an action while another of its kind on the same may or may not have
// been done: it could be done twice.
func sureOf(ctx context.Context, tx pgx.Tx, a *inbox.OrderAction) error {
	var unsure bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM order_actions WHERE (order_id = NULLIF($1, '')::uuid OR cart_id = NULLIF($2, '')::uuid)
		AND kind = $3 AND state = 'uncertain' AND id <> $4)`, string(a.OrderID), string(a.CartID), string(a.Kind), a.ID).Scan(&unsure); err != nil {
		return fmt.Errorf("read actions: %w", err)
	}
	if unsure {
		return &inbox.Error{Code: inbox.Conflict, Message: "the last one is uncertain: look in the shop, then try that one again or put it aside"}
	}
	return nil
}

// underWay is the error where another action on the order is on its way.
func underWay(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (e.ConstraintName == "order_actions_one" || e.ConstraintName == "order_actions_one_cart") {
		return &inbox.Error{Code: inbox.Conflict, Message: "something else is being done with it: wait until the shop has answered"}
	}
	return err
}

// leave hands an attempt to the connector and tells of it.
func leave(ctx context.Context, tx pgx.Tx, a *inbox.OrderAction, on inbox.ActedOn, by *inbox.Caller, encode inbox.EncodeActionFunc) error {
	subject, payload, err := encode(a, on, a.UpdatedAt)
	if err != nil {
		return err
	}
	if err := enqueue(ctx, tx, [][]any{{subject, payload}}); err != nil {
		return err
	}
	ch, err := actionChange(ctx, tx, a, on.IdentityID())
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
func (s *Store) RetryAction(ctx context.Context, by *inbox.Caller, id inbox.ActionID, word string, ask inbox.ActionAsk) (inbox.OrderAction, error) {
	missing := &inbox.Error{Code: inbox.NotFound, Message: "the action is not there"}
	if !by.Agent.MayAct() {
		return inbox.OrderAction{}, errMayNotAct
	}
	if !inbox.ValidID(string(id)) {
		return inbox.OrderAction{}, missing
	}
	now := stored(ask.At)
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
		var on inbox.ActedOn
		if a.CartID != "" {
			c, err := knownCart(ctx, tx, &by.Rights, a.CartID)
			if err != nil {
				return err
			}
			on.Cart = &c
		} else {
			o, err := knownOrder(ctx, tx, &by.Rights, a.OrderID)
			if err != nil {
				return err
			}
			on.Order = &o
		}
		if a.State != inbox.Failed && a.State != inbox.Uncertain {
			return &inbox.Error{Code: inbox.Conflict, Message: "only what failed or is uncertain can be tried again"}
		}
		a.UpdatedAt = now
		switch word {
		case "again":
			if _, err := offering(ctx, tx, on.Store(), a.Kind, ask.Offers); err != nil {
				return err
			}
			if a.State == inbox.Failed { // what has been done since counts; of an uncertain one the shop knows the id
				if err := on.Check(a.Kind, &a.ActionTerms); err != nil {
					return err
				}
			}
			a.State, a.Detail, a.Attempt = inbox.Sending, "", a.Attempt+1
			if err := writeAction(ctx, tx, &a); err != nil {
				return underWay(err)
			}
			if err := sureOf(ctx, tx, &a); err != nil {
				return err
			}
			return leave(ctx, tx, &a, on, by, ask.Encode)
		case "done":
			a.State, a.Detail = inbox.Sent, by.Agent.Name+" saw it done in the shop"
		default:
			a.State, a.Detail = inbox.Failed, "Put aside by "+by.Agent.Name
		}
		if err := writeAction(ctx, tx, &a); err != nil {
			return err
		}
		ch, err := actionChange(ctx, tx, &a, on.IdentityID())
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
		if err := d.tx.QueryRow(ctx, `SELECT identity_id FROM orders WHERE id = NULLIF($1, '')::uuid
			UNION ALL SELECT identity_id FROM carts WHERE id = NULLIF($2, '')::uuid`, string(a.OrderID), string(a.CartID)).Scan(&identity); err != nil {
			return fmt.Errorf("read whose an action is: %w", err)
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
