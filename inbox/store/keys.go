package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"skein/inbox"
)

// keysAhead is how many keys that several have are looked at together.
const keysAhead = 500

var errKeyCursor = &inbox.Error{Code: inbox.Invalid, Message: "the cursor is not one that this list gave out: start again without it"}

// keyCursor is where a page of keys ended.
func keyCursor(ref inbox.IdentityRef) string {
	return base64.RawURLEncoding.EncodeToString([]byte(string(ref.Kind) + "\x00" + ref.Key))
}

func parseKeyCursor(s string) (ref inbox.IdentityRef, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return ref, errKeyCursor
	}
	kind, key, ok := strings.Cut(string(b), "\x00")
	if !ok && s != "" || storable(key) != key || storable(kind) != kind {
		return ref, errKeyCursor
	}
	return inbox.IdentityRef{Kind: inbox.IdentityKind(kind), Key: key}, nil
}

// Keys returns a page of the keys that something is said of, by kind and key:
// by an operator, or by their look or their holders where no operator did.
// policy, when it is not "", is the one that is wanted.
func (s *Store) Keys(ctx context.Context, policy inbox.KeyPolicy, cursor string, limit int) (list []inbox.KeyRule, next string, err error) {
	after, err := parseKeyCursor(cursor)
	if err != nil {
		return nil, "", err
	}
	size := pageSize(limit)
	for more := true; more && len(list) <= size; {
		var refs []inbox.IdentityRef
		if refs, err = s.keysAfter(ctx, after); err != nil {
			return nil, "", fmt.Errorf("list keys: %w", err)
		}
		if more = len(refs) == keysAhead; len(refs) == 0 {
			break
		}
		after = refs[len(refs)-1]
		rules, err := keyRules(ctx, s.pool, &s.rules, refs)
		if err != nil {
			return nil, "", fmt.Errorf("list keys: %w", err)
		}
		for _, r := range rules {
			if r.Policy != "" && (policy == "" || r.Policy == policy) {
				list = append(list, r)
			}
		}
	}
	if len(list) > size {
		list = list[:size]
		next = keyCursor(inbox.IdentityRef{Kind: list[size-1].Kind, Key: list[size-1].Key})
	}
	return orEmpty(list), next, nil
}

// keysAfter are the next keys that an operator spoke of or that several have.
func (s *Store) keysAfter(ctx context.Context, after inbox.IdentityRef) ([]inbox.IdentityRef, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT kind, key FROM (
			(SELECT kind, key FROM key_policies WHERE (kind, key) > ($1, $2) ORDER BY kind, key LIMIT $3)
			UNION
			(SELECT field, key FROM claims WHERE key <> '' AND field IN ('email', 'phone') AND proof >= $4 AND (field, key) > ($1, $2)
				GROUP BY field, key HAVING count(DISTINCT identity_id) > 1 ORDER BY field, key LIMIT $3)) k
		ORDER BY kind, key LIMIT $3`, string(after.Kind), after.Key, keysAhead, int16(inbox.Proven))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.IdentityRef])
}

// keyRules says what holds for keys, in their order.
func keyRules(ctx context.Context, q querier, rules *inbox.Rules, refs []inbox.IdentityRef) ([]inbox.KeyRule, error) {
	kinds, keys := splitRefs(refs)
	rows, err := q.Query(ctx, `
		SELECT n.kind, n.key, coalesce(p.policy, ''), coalesce(p.note, ''), p.updated_at,
			(SELECT count(*) FROM (
				SELECT i.id FROM identities i WHERE i.kind = n.kind AND i.key = n.key
				UNION (SELECT c.identity_id FROM claims c WHERE c.field = n.kind AND c.key = n.key AND c.key <> '' LIMIT $3)) h)
		FROM unnest($1::text[], $2::text[]) AS n(kind, key)
		LEFT JOIN key_policies p ON p.kind = n.kind AND p.key = n.key`, kinds, keys, 2*maxHolders)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.KeyRule, error) {
		var r inbox.KeyRule
		err := row.Scan(&r.Kind, &r.Key, &r.Policy, &r.Note, &r.UpdatedAt, &r.Holders)
		r.Holders = min(r.Holders, maxHolders)
		return r, err
	})
	if err != nil {
		return nil, err
	}
	holders, err := readHolders(ctx, q, refs)
	if err != nil {
		return nil, err
	}
	var all []inbox.IdentityID
	for _, l := range holders {
		if len(l) <= maxHolders {
			all = append(all, l...)
		}
	}
	shared, err := countShared(ctx, q, rules, all)
	if err != nil {
		return nil, err
	}
	for i := range list {
		r := &list[i]
		ref := inbox.IdentityRef{Kind: r.Kind, Key: r.Key}
		switch {
		case r.Policy != "":
		case rules.Blocked(ref):
			r.Policy, r.Counted = inbox.KeyBlocked, true
		case len(holders[ref]) > maxHolders, slices.Contains(shared, ref):
			r.Policy, r.Counted = inbox.KeyShared, true
		}
	}
	slices.SortFunc(list, func(a, b inbox.KeyRule) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key)) })
	return list, nil
}

// SetKey notes what an operator says of a value that many have, "" for nothing
// any more, and joins or parts its holders accordingly.
func (s *Store) SetKey(ctx context.Context, by *inbox.Caller, kind inbox.IdentityKind, value string, policy inbox.KeyPolicy, note string, now time.Time) (inbox.KeyRule, error) {
	var out inbox.KeyRule
	ref := inbox.IdentityRef{Kind: kind, Key: s.rules.ClaimKey(inbox.ClaimField(kind), value, "")}
	switch {
	case kind != inbox.EmailAddress && kind != inbox.PhoneNumber:
		return out, &inbox.Error{Code: inbox.Invalid, Message: "only mail addresses and telephone numbers can be spoken of"}
	case ref.Key == "":
		return out, &inbox.Error{Code: inbox.Invalid, Message: "the value can't be read: want a mail address, or a telephone number with its country code"}
	case policy != "" && !policy.Valid():
		return out, &inbox.Error{Code: inbox.Invalid, Message: "the policy is one of blocked, shared, personal, or empty"}
	}
	err := s.work(ctx, by, now, func(w *work) error {
		if err := lockKeys(ctx, w.tx, map[inbox.Key]bool{inbox.IdentityKey(ref): true}); err != nil {
			return err
		}
		w.keys[ref] = true
		was, err := keyRules(ctx, w.tx, w.rules, []inbox.IdentityRef{ref})
		if err != nil {
			return err
		}
		if err := w.writePolicy(ctx, ref, policy, note); err != nil {
			return err
		}
		if _, err := w.settle(ctx, nil, []inbox.IdentityRef{ref}); err != nil {
			return err
		}
		is, err := keyRules(ctx, w.tx, w.rules, []inbox.IdentityRef{ref})
		if err != nil {
			return err
		}
		out = is[0]
		w.changes = append(w.changes, keyChange(was[0], out, now))
		return nil
	})
	if err != nil {
		return inbox.KeyRule{}, fmt.Errorf("set key: %w", err)
	}
	return out, nil
}

func (w *work) writePolicy(ctx context.Context, ref inbox.IdentityRef, policy inbox.KeyPolicy, note string) (err error) {
	if policy == "" {
		_, err = w.tx.Exec(ctx, `DELETE FROM key_policies WHERE kind = $1 AND key = $2`, string(ref.Kind), ref.Key)
	} else {
		_, err = w.tx.Exec(ctx, `
			INSERT INTO key_policies (kind, key, policy, note, actor_id, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (kind, key) DO UPDATE SET policy = EXCLUDED.policy, note = EXCLUDED.note, actor_id = EXCLUDED.actor_id, updated_at = EXCLUDED.updated_at`,
			string(ref.Kind), ref.Key, string(policy), note, null(w.by.Agent.ID), w.now)
	}
	if err != nil {
		return fmt.Errorf("write policy: %w", err)
	}
	return nil
}

// keyChange is an operator's word on a key, for supervisors and admins: keys
// have no place, and no agent below sees what is nowhere. A key is named by the
// hash that it is locked by, and its version is the time.
func keyChange(was, is inbox.KeyRule, now time.Time) change {
	hash := inbox.IdentityKey(inbox.IdentityRef{Kind: is.Kind, Key: is.Key})
	return change{before: was, after: is, event: inbox.Event{
		Kind: inbox.KeyChanged, Entity: pgtype.UUID{Bytes: hash, Valid: true}.String(), Version: now.UnixMicro(), Key: &is,
		Audience: inbox.Audience{Inboxes: []inbox.InboxID{zero}},
	}}
}
