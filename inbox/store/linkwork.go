package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// errNotTheirs is the same for an order of somebody else's and for one that is
// not there.
var errNotTheirs = &inbox.Error{Code: inbox.Conflict, Message: "not this customer's: verify it first"}

// ConversationOrders returns a conversation's orders, the one that is meant
// first. Of a claimed one nothing is in it, of one that the sender only receives
// the shipments, and of a rejected one what the customer owns.
func (s *Store) ConversationOrders(ctx context.Context, rights *inbox.Rights, ref string) ([]inbox.OrderLink, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return nil, fmt.Errorf("orders of conversation: %w", err)
	}
	list, err := readLinks(ctx, s.pool, &c)
	if err != nil {
		return nil, fmt.Errorf("orders of conversation %s: %w", c.ID, err)
	}
	return list, nil
}

func readLinks(ctx context.Context, q querier, c *inbox.Conversation) ([]inbox.OrderLink, error) {
	rows, err := q.Query(ctx, `
		SELECT coalesce(order_id::text, ''), coalesce(claim_id::text, ''), state, rank = 0, score::float8, reason
		FROM conversation_orders WHERE conversation_id = $1 ORDER BY rank`, c.ID)
	if err != nil {
		return nil, err
	}
	var of []inbox.OrderID
	claims := map[string]int{}
	n := 0
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.OrderLink, error) {
		var l inbox.OrderLink
		var why []byte
		if err := row.Scan(&l.OrderID, &l.ClaimID, &l.State, &l.Meant, &l.Score, &why); err != nil {
			return l, err
		}
		if l.OrderID != "" {
			of = append(of, l.OrderID)
		}
		if l.ClaimID != "" {
			claims[l.ClaimID] = n
		}
		n++
		return l, json.Unmarshal(why, &l.Reason)
	})
	if err == nil && len(claims) > 0 {
		err = showCodes(ctx, q, c.ID, claims, list)
	}
	if err != nil || len(of) == 0 {
		return orEmpty(list), err
	}
	orders, err := linkOrders(ctx, q, of)
	if err != nil {
		return nil, err
	}
	for i := range list {
		o := orders[list[i].OrderID]
		switch {
		case o == nil:
		case list[i].State.Shows(), list[i].State == inbox.LinkRejected && o.Owner == c.Customer.CustomerID:
			list[i].Order = &o.Order
		case list[i].State == inbox.LinkRecipient:
			list[i].Order = o.ToRecipient()
		}
	}
	return list, nil
}

// JudgeOrder records an agent's word on an order of a conversation: linked,
// rejected, or "none" to take the last one back. An order that is not the
// customer's own is linked with an override, the agent's reason, and else the
// error is the same as for an order that is not there. To say the same again
// changes nothing.
func (s *Store) JudgeOrder(ctx context.Context, by *inbox.Caller, ref string, order inbox.OrderID, word, override string, now time.Time) ([]inbox.OrderLink, error) {
	if !inbox.ValidID(string(order)) {
		return nil, errNotTheirs
	}
	override = strings.TrimSpace(override)
	return s.judging(ctx, by, ref, now, func(j *judgement) error {
		standing, err := j.standing(ctx, order)
		if err != nil {
			return err
		}
		if word == "none" {
			return j.takeBack(ctx, order, standing)
		}
		if standing == word || word == string(inbox.Linked) && standing == verified {
			return nil
		}
		own, known, err := j.theirs(ctx, order)
		if err != nil {
			return err
		}
		switch {
		case own:
			return j.say(ctx, order, word, "")
		case word == string(inbox.LinkRejected):
			listed, err := j.listed(ctx, order)
			if err == nil && !listed {
				err = errNotTheirs
			}
			if err != nil {
				return err
			}
			return j.say(ctx, order, word, "")
		case !known || override == "":
			return errNotTheirs
		}
		return j.say(ctx, order, verified, "override: "+override)
	})
}

// verified is the verdict on an order of which it was proven, or is vouched
// for, that whoever writes may know of it.
const verified = "verified"

// LinkNumber links an order of the customer's own by its number. What is
// somebody else's and what is not there give the same error.
func (s *Store) LinkNumber(ctx context.Context, by *inbox.Caller, ref, number string, now time.Time) ([]inbox.OrderLink, error) {
	return s.judging(ctx, by, ref, now, func(j *judgement) error {
		grammars, err := readGrammars(ctx, j.tx)
		if err != nil {
			return err
		}
		var own inbox.OrderID
		err = j.tx.QueryRow(ctx, `
			SELECT o.id FROM orders o WHERE o.number_key = ANY($1) AND o.number_key <> '' AND `+ofCustomer+`
			ORDER BY o.placed_at DESC, o.id LIMIT 1`,
			orEmpty(s.rules.Orders.Keys(number, grammars)), j.c.Customer.CustomerID).Scan(&own)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNotTheirs
		}
		if err != nil {
			return err
		}
		standing, err := j.standing(ctx, own)
		if err != nil || standing == string(inbox.Linked) || standing == verified {
			return err
		}
		return j.say(ctx, own, string(inbox.Linked), "")
	})
}

// validOr keeps what is no id from a query.
func validOr(id string) string {
	if !inbox.ValidID(id) {
		return zero
	}
	return id
}

// A judgement is a transaction in which an agent says something of a
// conversation's orders.
type judgement struct {
	tx  pgx.Tx
	by  *inbox.Caller
	c   inbox.Conversation // locked
	now time.Time

	said  *audited
	shows bool     // what is shown of a claim has changed
	log   []change // what is told by no event
}

// audited is what the log keeps beside the conversation.
type audited struct {
	OrderID inbox.OrderID `json:"orderId,omitempty"`
	Claim   string        `json:"claim,omitempty"` // what was named, in place of an order
	Verdict string        `json:"verdict"`
	Reason  string        `json:"reason,omitempty"`
}

// judging runs say on the locked conversation, brings its orders in line, and
// writes and announces what changed.
func (s *Store) judging(ctx context.Context, by *inbox.Caller, ref string, now time.Time, say func(*judgement) error) ([]inbox.OrderLink, error) {
	var list []inbox.OrderLink
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		c, err := findConversation(ctx, tx, &by.Rights, ref, "FOR NO KEY UPDATE OF c")
		if err != nil {
			return err
		}
		j := &judgement{tx: tx, by: by, c: c, now: now}
		if err := say(j); err != nil {
			return err
		}
		if err := logOnly(ctx, tx, j.log); err != nil {
			return err
		}
		if j.said != nil || j.shows {
			if err := j.settle(ctx, s.rules.Link); err != nil {
				return err
			}
		}
		list, err = readLinks(ctx, tx, &j.c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("orders of conversation: %w", err)
	}
	return list, nil
}

func (j *judgement) settle(ctx context.Context, link inbox.LinkFunc) error {
	before := j.c
	changed, err := relinked(ctx, j.tx, link, []inbox.ConversationID{j.c.ID}, nil)
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		j.c.Version, j.c.Order = changed[0].version, changed[0].order
	} else {
		j.c.Version++
		if _, err := j.tx.Exec(ctx, `UPDATE conversations SET version = $2 WHERE id = $1`, j.c.ID, j.c.Version); err != nil {
			return err
		}
	}
	ch := conversationChange(j.by, &before, &j.c, j.now)
	after := j.c
	ch.after = struct {
		*inbox.Conversation
		Said *audited `json:"orderVerdict,omitempty"`
	}{&after, j.said}
	return announce(ctx, j.tx, []change{ch})
}

// theirs reports whether an order is the customer's own, by whom it was bought
// or with which address; known is false when it is not there.
func (j *judgement) theirs(ctx context.Context, order inbox.OrderID) (own, known bool, err error) {
	err = j.tx.QueryRow(ctx, `SELECT `+ofCustomer+` FROM orders o WHERE o.id = $1`, order, j.c.Customer.CustomerID).Scan(&own)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, false, nil
	}
	return own, err == nil, err
}

// ofCustomer says whether an order o is of the customer $2.
const ofCustomer = `EXISTS (
	SELECT FROM identities i WHERE i.id = o.identity_id AND i.customer_id = $2
	UNION ALL
	SELECT FROM identities i ` + boughtWith + ` WHERE p.order_id = o.id AND i.customer_id = $2)`

// these are the conversation and those that became part of it.
const these = `conversation_id IN (SELECT id FROM conversations WHERE id = $1 OR merged_into = $1)`

// standing is the newest verdict that stands, "" for none.
func (j *judgement) standing(ctx context.Context, order inbox.OrderID) (string, error) {
	words, err := column[string](ctx, j.tx, `
		SELECT verdict FROM order_verdicts WHERE `+these+` AND order_id = $2 AND revoked_at IS NULL
		ORDER BY created_at DESC, id DESC LIMIT 1`, j.c.ID, order)
	if err != nil || len(words) == 0 {
		return "", err
	}
	return words[0], nil
}

// listed reports whether the conversation has the order, in whatever state.
func (j *judgement) listed(ctx context.Context, order inbox.OrderID) (bool, error) {
	found, err := column[bool](ctx, j.tx, `SELECT true FROM conversation_orders WHERE conversation_id = $1 AND order_id = $2`, j.c.ID, order)
	return slices.Contains(found, true), err
}

func (j *judgement) say(ctx context.Context, order inbox.OrderID, word, reason string) error {
	j.said = &audited{OrderID: order, Verdict: word, Reason: reason}
	_, err := j.tx.Exec(ctx, `
		INSERT INTO order_verdicts (id, conversation_id, order_id, verdict, reason, actor_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		inbox.NewID[string](j.now), j.c.ID, order, word, reason, j.by.Agent.ID, j.now)
	return err
}

// takeBack undoes the newest verdict that stands; the one before it holds again.
func (j *judgement) takeBack(ctx context.Context, order inbox.OrderID, standing string) error {
	if standing == "" {
		return nil
	}
	j.said = &audited{OrderID: order, Verdict: "none", Reason: "takes back: " + standing}
	_, err := j.tx.Exec(ctx, `
		UPDATE order_verdicts SET revoked_at = $3 WHERE id = (
			SELECT id FROM order_verdicts WHERE `+these+` AND order_id = $2 AND revoked_at IS NULL
			ORDER BY created_at DESC, id DESC LIMIT 1)`, j.c.ID, order, j.now)
	return err
}
