package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

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
	err := s.work(ctx, by, now, func(w *work) error { return w.patch(ctx, id, fields) })
	if err != nil {
		return inbox.Customer{}, fmt.Errorf("change customer %s: %w", id, err)
	}
	return s.Customer(ctx, &by.Rights, id)
}

func (w *work) patch(ctx context.Context, id inbox.CustomerID, fields map[inbox.ClaimField]string) error {
	customers, of, _, err := w.open(ctx, id)
	if err != nil {
		return err
	}
	region, err := regionOf(ctx, w.tx, customers[0])
	if err != nil {
		return err
	}
	sets := map[inbox.IdentityID]claimSet{}
	for _, who := range of[0] {
		sets[who] = claimSet{}
	}
	if err := eachClaim(ctx, w.tx, of[0], func(who inbox.IdentityID, c inbox.Claim) {
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
	if err := w.touch(ctx, customers...); err != nil {
		return err
	}
	set := map[inbox.Key]bool{}
	for _, ref := range keys {
		set[inbox.IdentityKey(ref)] = true
	}
	if len(set) > 0 {
		if err := lockKeys(ctx, w.tx, set); err != nil {
			return err
		}
	}
	if err := w.tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("write claims: %w", err)
	}
	_, err = w.settle(ctx, of[0], keys)
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
