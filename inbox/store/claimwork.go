package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// errNotKnown is the same for wrong details and for an order that is not there.
var errNotKnown = &inbox.Error{Code: inbox.Conflict, Message: "this is not what is known of that order: ask again, or say why you are sure"}

// VerifyClaim links the order that a claim names when whoever writes knows its
// post code and an item of it, or the code that was sent to its buyer, or by an
// override, the agent's reason. The error for an order that is not there is that
// for wrong details. Each try is in the log.
func (s *Store) VerifyClaim(ctx context.Context, by *inbox.Caller, ref, claim string, says inbox.Proofing, override string, now time.Time) ([]inbox.OrderLink, error) {
	override = strings.TrimSpace(override)
	how := "post code and item"
	switch {
	case override != "":
		how = "override: " + override
	case len(says.Code) > 0:
		how = byCode
	}
	refused := false
	list, err := s.judging(ctx, by, ref, now, func(j *judgement) error {
		key, err := j.claimed(ctx, claim)
		if err != nil {
			return err
		}
		knows := func(id inbox.OrderID) (bool, error) { return s.knows(ctx, j.tx, id, says) }
		switch {
		case override != "":
			knows = func(inbox.OrderID) (bool, error) { return true, nil }
		case len(says.Code) > 0:
			sent, err := sentCodes(ctx, j.tx, []inbox.ConversationID{j.c.ID}, now)
			if err != nil {
				return err
			}
			proven, err := tryCode(ctx, j.tx, sent[codeKey{j.c.ID, key}], says.Code, now)
			if err != nil {
				return err
			}
			knows = func(id inbox.OrderID) (bool, error) { return proven != nil && proven.order == id, nil }
		}
		named, err := ordersNamed(ctx, j.tx, map[mentionKey]bool{key: true})
		if err != nil {
			return err
		}
		for _, id := range named[key] {
			ok, err := knows(id)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			standing, err := j.standing(ctx, id)
			if err != nil || standing == verified {
				return err
			}
			return j.say(ctx, id, verified, how)
		}
		refused, j.shows = true, len(says.Code) > 0 // how many tries are left
		j.logTry(claim, how)
		return nil
	})
	if err == nil && refused {
		err = errNotKnown
	}
	return list, err
}

// JudgeClaim records an agent's word that a claim is no order of the customer's:
// rejected, or "none" to take it back. It holds for whatever names the same in
// that conversation, later too. To say the same again changes nothing.
func (s *Store) JudgeClaim(ctx context.Context, by *inbox.Caller, ref, claim, word string, now time.Time) ([]inbox.OrderLink, error) {
	return s.judging(ctx, by, ref, now, func(j *judgement) error {
		key, err := j.claimed(ctx, claim)
		if err != nil {
			return err
		}
		standing, err := column[string](ctx, j.tx, `
			SELECT id::text FROM claim_verdicts WHERE `+these+` AND kind = $2 AND key = $3 AND revoked_at IS NULL`, j.c.ID, string(key.kind), key.key)
		if err != nil || (len(standing) > 0) == (word == string(inbox.LinkRejected)) {
			return err
		}
		j.said = &audited{Claim: key.key, Verdict: word}
		if len(standing) > 0 {
			_, err = j.tx.Exec(ctx, `UPDATE claim_verdicts SET revoked_at = $2 WHERE id = ANY($1::uuid[])`, standing, now)
			return err
		}
		_, err = j.tx.Exec(ctx, `
			INSERT INTO claim_verdicts (id, conversation_id, kind, key, actor_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			inbox.NewID[string](now), j.c.ID, string(key.kind), key.key, by.Agent.ID, now)
		return err
	})
}

// claimed is what a claim of the conversation names.
func (j *judgement) claimed(ctx context.Context, claim string) (mentionKey, error) {
	var key mentionKey
	err := j.tx.QueryRow(ctx, `
		SELECT o.kind, o.key FROM order_mentions o JOIN messages m ON m.id = o.message_id
		WHERE o.id = $1 AND m.conversation_id = $2`, validOr(claim), j.c.ID).Scan(&key.kind, &key.key)
	if errors.Is(err, pgx.ErrNoRows) {
		err = &inbox.Error{Code: inbox.NotFound, Message: "the claim is not there"}
	}
	return key, err
}

func (s *Store) knows(ctx context.Context, q querier, id inbox.OrderID, says inbox.Proofing) (bool, error) {
	found, err := linkOrders(ctx, q, []inbox.OrderID{id})
	if err != nil || found[id] == nil {
		return false, err
	}
	return s.rules.Orders.Knows(found[id], says), nil
}

// logTry keeps in the log what was done about a claim that isn't linked by it.
func (j *judgement) logTry(claim, how string) {
	ch := verification(&j.c, claim, how, false, j.now)
	ch.event.Actor, ch.session, ch.cause = j.by.Actor(), string(j.by.Session), j.by.Request
	j.log = append(j.log, ch)
}

// verification is what the log keeps of how a claim was asked about.
func verification(c *inbox.Conversation, claim, how string, known bool, now time.Time) change {
	return change{
		event: inbox.Event{
			ID: inbox.NewID[inbox.EventID](now), Kind: inbox.OrderVerification, At: now,
			Entity: string(c.ID), Version: c.Version, Audience: inbox.Audience{After: c.Place()},
		},
		after: struct {
			ClaimID string `json:"claimId,omitempty"`
			How     string `json:"how"`
			Known   bool   `json:"known"`
		}{claim, how, known},
	}
}
