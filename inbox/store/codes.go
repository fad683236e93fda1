package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Limits of one-time codes: how long one is good and how often it may be tried,
// by whomever, and how often one is sent within an hour, about what is claimed,
// for an order and by an agent.
const (
	codeFor       = 15 * time.Minute
	codeTries     = 5
	codeWithin    = time.Hour
	codesOfClaim  = 3
	codesOfOrder  = 3
	codesOfAgent  = 20
	codeNamesakes = 5 // orders of one number, of several stores
)

// byCode is how a claim is verified by a one-time code, in the log.
const byCode = "one-time code"

// SendCode has a one-time code mailed to the buyer's address of the order that a
// claim names: whoever tells it, in that conversation or to an agent, knows of
// the order. It returns the same, and as often, whether or not there is an order
// or an address; where it goes to is shown nowhere. An earlier code ends.
func (s *Store) SendCode(ctx context.Context, by *inbox.Caller, ref, claim string, coder inbox.Coder, now time.Time) ([]inbox.OrderLink, error) {
	return s.judging(ctx, by, ref, now, func(j *judgement) error {
		key, err := j.claimed(ctx, claim)
		if err != nil {
			return err
		}
		from, err := j.sender(ctx)
		if err != nil {
			return err
		}
		if err := j.mayAsk(ctx, key); err != nil {
			return err
		}
		named, err := ordersNamed(ctx, j.tx, map[mentionKey]bool{key: true})
		if err != nil {
			return err
		}
		of := named[key][:min(len(named[key]), codeNamesakes)]
		orders, err := linkOrders(ctx, j.tx, of)
		if err != nil {
			return err
		}
		if _, err := j.tx.Exec(ctx, `
			UPDATE claim_codes SET ended_at = $4 WHERE `+these+` AND kind = $2 AND key = $3 AND ended_at IS NULL`,
			j.c.ID, string(key.kind), key.key, now); err != nil {
			return err
		}
		if len(of) == 0 {
			of = []inbox.OrderID{""}
		}
		var letters [][]any
		for i, id := range of {
			letter, err := s.writeCode(ctx, j, key, i, orders[id], from, coder)
			if err != nil {
				return err
			}
			letters = append(letters, letter...)
		}
		j.shows = true
		j.logTry(claim, byCode+" sent")
		return enqueue(ctx, j.tx, letters)
	})
}

// sender is the mail account that codes of a conversation are sent from: its own,
// or one of its inbox, or any.
func (j *judgement) sender(ctx context.Context) (*inbox.Account, error) {
	rows, err := j.tx.Query(ctx, `
		SELECT `+accountColumns+` FROM accounts WHERE channel = 'email' AND address <> '' AND NOT paused
		ORDER BY id = $1 DESC, inbox_id = $2 DESC, created_at, id LIMIT 1`, j.c.Account, j.c.InboxID)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanAccount)
	if err == nil && len(list) == 0 {
		err = &inbox.Error{Code: inbox.Conflict, Message: "no mail account can send a code: add one, or verify by post code and item"}
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// mayAsk counts the codes that were asked for: about what is claimed, in whatever
// conversation, and by the agent.
func (j *judgement) mayAsk(ctx context.Context, key mentionKey) error {
	var claim, agent int
	err := j.tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM claim_codes WHERE key = $1 AND kind = $2 AND created_at > $4 AND place = 0),
			(SELECT count(*) FROM claim_codes WHERE actor_id = $3 AND created_at > $4 AND place = 0)`,
		key.key, string(key.kind), j.by.Agent.ID, j.now.Add(-codeWithin)).Scan(&claim, &agent)
	if err != nil {
		return err
	}
	if claim >= codesOfClaim || agent >= codesOfAgent {
		return &inbox.Error{Code: inbox.TooMany, Message: "too many codes were sent in the last hour: verify by post code and item, or wait"}
	}
	return nil
}

// writeCode keeps a new code's sum and returns the mail that brings it; none
// where there is nobody to write to, or who was written to enough.
func (s *Store) writeCode(ctx context.Context, j *judgement, key mentionKey, place int, o *inbox.LinkOrder, from *inbox.Account, coder inbox.Coder) ([][]any, error) {
	id := inbox.NewID[inbox.MessageID](j.now)
	code, sum := coder.New()
	var letter [][]any
	if o != nil && strings.Contains(o.Email, "@") {
		var sent int
		if err := j.tx.QueryRow(ctx, `SELECT count(*) FROM claim_codes WHERE order_id = $1 AND mailed AND created_at > $2`,
			o.ID, j.now.Add(-codeWithin)).Scan(&sent); err != nil {
			return nil, err
		}
		if sent < codesOfOrder {
			d := inbox.Departure{
				From: inbox.Party{Name: from.Name, Address: from.Address}, Automatic: true, At: j.now,
				Message: inbox.Message{
					ID: id, Attempt: 1, Channel: from.Channel, Account: from.ID, HeaderID: coder.HeaderID(id, from),
					To: []inbox.Party{{Address: o.Email}},
				},
			}
			theirs, ours, err := languagesOf(ctx, j.tx, o.IdentityID, j.c.InboxID)
			if err != nil {
				return nil, err
			}
			d.Message.Subject, d.Message.Text = s.rules.Orders.CodeLetter(cmp.Or(theirs, ours), from.Name, o.Number, code)
			subject, payload, err := coder.Encode(d)
			if err != nil {
				return nil, fmt.Errorf("encode a code's mail: %w", err)
			}
			letter = [][]any{{subject, payload}}
		}
	}
	var order inbox.OrderID
	if o != nil {
		order = o.ID
	}
	_, err := j.tx.Exec(ctx, `
		INSERT INTO claim_codes (id, conversation_id, kind, key, order_id, place, sum, mailed, actor_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		id, j.c.ID, string(key.kind), key.key, null(order), place, sum, len(letter) > 0, j.by.Agent.ID, j.now, j.now.Add(codeFor))
	return letter, err
}

// showCodes puts on claims the codes that were asked for last.
func showCodes(ctx context.Context, q querier, of inbox.ConversationID, claims map[string]int, list []inbox.OrderLink) error {
	rows, err := q.Query(ctx, `
		SELECT n.id::text, max(k.created_at), max(k.expires_at), max(k.tries) FROM claim_codes k
		JOIN order_mentions n ON n.kind = k.kind AND n.key = k.key
		WHERE k.`+these+` AND k.ended_at IS NULL AND n.id = ANY($2::uuid[]) GROUP BY n.id`, of, keysOf(claims))
	if err != nil {
		return err
	}
	var claim string
	var code inbox.SentCode
	var tries int
	_, err = pgx.ForEachRow(rows, []any{&claim, &code.At, &code.ExpiresAt, &tries}, func() error {
		sent := inbox.SentCode{At: code.At.UTC(), ExpiresAt: code.ExpiresAt.UTC(), TriesLeft: max(0, codeTries-tries)}
		list[claims[claim]].Code = &sent
		return nil
	})
	return err
}

// A codeKey is what codes are tried for.
type codeKey struct {
	conversation inbox.ConversationID
	mentionKey
}

// A claimCode is one that was sent and is still good.
type claimCode struct {
	id    string
	order inbox.OrderID // "" where there is none
	sum   []byte
	tries int
	actor inbox.AgentID
}

// sentCodes reads and locks the codes that are good at an instant, of
// conversations that are locked.
func sentCodes(ctx context.Context, tx pgx.Tx, of []inbox.ConversationID, at time.Time) (map[codeKey][]claimCode, error) {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(c.merged_into, c.id), k.kind, k.key, k.id::text, coalesce(k.order_id::text, ''), k.sum, k.tries, k.actor_id
		FROM claim_codes k JOIN conversations c ON c.id = k.conversation_id
		WHERE k.conversation_id IN (SELECT id FROM conversations WHERE id = ANY($1::uuid[]) OR merged_into = ANY($1::uuid[]))
			AND k.ended_at IS NULL AND k.expires_at > $2 AND k.tries < $3
		ORDER BY k.id FOR UPDATE OF k`, ids(of), at, codeTries)
	if err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	sent := map[codeKey][]claimCode{}
	var key codeKey
	var c claimCode
	if _, err := pgx.ForEachRow(rows, []any{&key.conversation, &key.kind, &key.key, &c.id, &c.order, &c.sum, &c.tries, &c.actor}, func() error {
		next := c
		next.sum = slices.Clone(c.sum)
		sent[key] = append(sent[key], next)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read codes: %w", err)
	}
	return sent, nil
}

// tryCode compares what was told with the codes of one claim, and counts it where
// it is none of them. Those of a claim end together.
func tryCode(ctx context.Context, tx pgx.Tx, sent []claimCode, sum []byte, now time.Time) (*claimCode, error) {
	if len(sent) == 0 {
		return nil, nil
	}
	all := make([]string, len(sent))
	var right *claimCode
	for i := range sent {
		all[i] = sent[i].id
		if sent[i].order != "" && sent[i].tries < codeTries && bytes.Equal(sent[i].sum, sum) {
			right = &sent[i]
		}
	}
	if right != nil {
		_, err := tx.Exec(ctx, `UPDATE claim_codes SET ended_at = $2 WHERE id = ANY($1::uuid[])`, all, now)
		return right, err
	}
	for i := range sent {
		sent[i].tries++
	}
	_, err := tx.Exec(ctx, `UPDATE claim_codes SET tries = tries + 1 WHERE id = ANY($1::uuid[])`, all)
	return nil, err
}
