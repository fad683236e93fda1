package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// LogCall adds a call that an agent writes down to a conversation. It repeats by
// its key as [Store.Reply] does. A number that is known to be the customer's own
// says which of the customer's it was.
func (s *Store) LogCall(ctx context.Context, by *inbox.Caller, ref string, l inbox.LoggedCall, now time.Time) (inbox.Message, error) {
	now = stored(now)
	var m inbox.Message
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		actor := "agent:" + string(by.Agent.ID)
		fresh, err := claimKey(ctx, tx, actor, &inbox.Answer{Key: l.Key, Hash: l.Hash, At: now}, &m)
		if err != nil || !fresh {
			return err
		}
		c, err := findConversation(ctx, tx, &by.Rights, ref, "FOR UPDATE OF c")
		if err != nil {
			return err
		}
		if m, err = s.insertCall(ctx, tx, by, &c, &l, now); err != nil {
			return err
		}
		response, err := json.Marshal(m)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE idempotency_keys SET response = $3 WHERE actor = $1 AND key = $2`, actor, l.Key, response)
		return err
	})
	if err != nil {
		return inbox.Message{}, fmt.Errorf("log call: %w", err)
	}
	return m, nil
}

func (s *Store) insertCall(ctx context.Context, tx pgx.Tx, by *inbox.Caller, c *inbox.Conversation, l *inbox.LoggedCall, now time.Time) (inbox.Message, error) {
	call := inbox.Call{
		Direction: l.Direction, To: l.Number, StartedAt: stored(l.StartedAt), TalkSeconds: l.TalkSeconds, Disposition: l.Disposition,
		Agent: by.Agent.Name, Summary: l.Summary, SummaryBy: by.Agent.ID,
	}
	m := inbox.Message{
		ID: inbox.NewID[inbox.MessageID](now), Version: 1, Kind: inbox.Public, Direction: l.Direction, Channel: inbox.Phone, Account: c.Account,
		Author: inbox.Author{Kind: inbox.ByAgent, AgentID: by.Agent.ID, Name: by.Agent.Name}, To: []inbox.Party{}, Cc: []inbox.Party{},
		Attachments: []inbox.Attachment{}, State: inbox.Sent, Reason: inbox.Reason{Step: inbox.ByAgentHand, Text: "written down here"},
		SentAt: call.StartedAt, CreatedAt: now,
	}
	if l.Direction == inbox.In {
		call.From, call.To, m.State = l.Number, "", inbox.ReceivedState
	}
	m.Call, m.Text, m.VisibleText = &call, call.Text(), call.Text()
	p, err := newestPublic(ctx, tx, c)
	if err != nil {
		return m, err
	}
	m.ThreadID = p.thread
	before := *c
	c.Append(&m, false)
	whose := *c
	if whose.Customer.IdentityID, err = s.callerOf(ctx, tx, c, l.Number); err != nil {
		return m, err
	}
	if err := insertMessage(ctx, tx, &whose, &m, nil, nil, p.splits); err != nil {
		return m, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE messages SET call = $2 WHERE id = $1`, m.ID, m.Call)
	queueConversations(batch, c)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return m, fmt.Errorf("write call: %w", err)
	}
	tasks, err := callBack(ctx, tx, []inbox.MessageID{m.ID})
	if err != nil {
		return m, err
	}
	said := m
	changes := []change{conversationChange(by, &before, c, now), {
		event: inbox.Event{ID: inbox.NewID[inbox.EventID](now), Kind: inbox.MessageChanged, At: now, Actor: by.Actor(),
			Entity: string(m.ID), Version: m.Version, Message: &said, Audience: inbox.Audience{After: c.Place()}},
		session: string(by.Session), cause: by.Request,
	}}
	return m, announce(ctx, tx, append(changes, byAgent(tasks, by, now)...))
}

// byAgent marks what follows from an agent's doing as that.
func byAgent(changes []change, by *inbox.Caller, now time.Time) []change {
	for i := range changes {
		ch := &changes[i]
		ch.event.ID, ch.event.At, ch.event.Actor = inbox.NewID[inbox.EventID](now), now, by.Actor()
		ch.session, ch.cause = string(by.Session), by.Request
	}
	return changes
}

// callerOf is the identity of a number where it is the customer's own, else the
// one that the conversation was opened by.
func (s *Store) callerOf(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, number string) (inbox.IdentityID, error) {
	region, err := regionOf(ctx, tx, c.Customer.CustomerID)
	if err != nil {
		return "", fmt.Errorf("region of %s: %w", c.Customer.CustomerID, err)
	}
	key := s.rules.ClaimKey(inbox.ClaimPhone, number, region)
	own, err := column[inbox.IdentityID](ctx, tx, `SELECT id FROM identities WHERE kind = 'phone' AND key = $1 AND customer_id = $2`,
		key, c.Customer.CustomerID)
	if err != nil || len(own) == 0 {
		return c.Customer.IdentityID, err
	}
	return own[0], nil
}

// Summarise writes down what a call came to, in place of what was written before.
// The log keeps that.
func (s *Store) Summarise(ctx context.Context, by *inbox.Caller, id inbox.MessageID, summary string, now time.Time) (inbox.Message, error) {
	now = stored(now)
	var m *inbox.Message
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if !inbox.ValidID(string(id)) {
			return errMessage
		}
		var at *inbox.Place
		var err error
		if m, at, err = lockMessage(ctx, tx, id); inbox.CodeOf(err) == inbox.NotFound || err == nil && !by.Sees(at) {
			return errMessage
		}
		if err != nil {
			return err
		}
		if m.Call == nil {
			return &inbox.Error{Code: inbox.Invalid, Message: "this is no call: there is nothing to sum up"}
		}
		if m.Call.Summary == summary {
			return nil
		}
		was := *m
		was.Text, was.VisibleText = "", ""
		call := *m.Call
		call.Summary, call.SummaryBy = summary, by.Agent.ID
		m.Call, m.Text, m.VisibleText = &call, call.Text(), call.Text()
		m.Version++
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE messages SET version = $2, call = $3, text = $4, visible_text = $5 WHERE id = $1`, m.ID, m.Version, m.Call, m.Text, m.VisibleText)
		batch.Queue(`INSERT INTO search_pending (message_id) VALUES ($1) ON CONFLICT DO NOTHING`, m.ID)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("write summary: %w", err)
		}
		said := *m
		changes := []change{{before: &was, session: string(by.Session), cause: by.Request, event: inbox.Event{
			ID: inbox.NewID[inbox.EventID](now), Kind: inbox.MessageChanged, At: now, Actor: by.Actor(),
			Entity: string(m.ID), Version: m.Version, Message: &said, Audience: inbox.Audience{After: at},
		}}}
		list, err := lockConversations(ctx, tx, []string{string(m.ConversationID)})
		if err != nil {
			return err
		}
		c, before := list[0], list[0]
		c.Version++
		if err := recount(ctx, tx, &c); err != nil {
			return err
		}
		return announce(ctx, tx, append(changes, conversationChange(by, &before, &c, now)))
	})
	if err != nil {
		return inbox.Message{}, fmt.Errorf("sum up %s: %w", id, err)
	}
	return *m, nil
}
