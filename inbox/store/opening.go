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

var errAccount = &inbox.Error{Code: inbox.NotFound, Message: "there is no such account that sends for one of your inboxes"}

// Begin begins a conversation, or a side conversation, by what is said first in
// it, which leaves as a reply does. It repeats by its key as [Store.Reply] does.
//
// Whom it is with is known, or becomes known, by their address alone, which
// proves nothing of them.
func (s *Store) Begin(ctx context.Context, by *inbox.Caller, o inbox.Opening) (inbox.Opened, error) {
	var out inbox.Opened
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		actor := "agent:" + string(by.Agent.ID)
		fresh, err := claimKey(ctx, tx, actor, &o.Answer, &out)
		if err != nil || !fresh {
			return err
		}
		changes, err := s.begin(ctx, tx, by, &o, &out)
		if err != nil {
			return err
		}
		response, err := json.Marshal(out)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE idempotency_keys SET response = $3 WHERE actor = $1 AND key = $2`, actor, o.Key, response); err != nil {
			return err
		}
		return announce(ctx, tx, changes)
	})
	if err != nil {
		return inbox.Opened{}, fmt.Errorf("begin a conversation: %w", err)
	}
	return out, nil
}

func (s *Store) begin(ctx context.Context, tx pgx.Tx, by *inbox.Caller, o *inbox.Opening, out *inbox.Opened) ([]change, error) {
	account, err := readAccount(ctx, tx, o.Account, "")
	if inbox.CodeOf(err) == inbox.NotFound || err == nil && !by.Sees(&inbox.Place{InboxID: account.InboxID}) {
		return nil, errAccount
	}
	if err != nil {
		return nil, err
	}
	c := inbox.Conversation{
		ID: inbox.NewID[inbox.ConversationID](o.At), InboxID: account.InboxID, Assignee: by.Agent.ID, Status: inbox.Open,
		Channel: account.Channel, Account: account.ID, Subject: o.Subject, CreatedAt: stored(o.At), LastAt: stored(o.At),
	}
	if o.Beside != "" {
		of, err := findConversation(ctx, tx, &by.Rights, o.Beside, "FOR SHARE OF c")
		switch {
		case err != nil:
			return nil, err
		case of.Status == inbox.Side:
			return nil, errSide
		case of.InboxID != account.InboxID:
			return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("the account %s doesn't send for this inbox: choose one that does", account.ID)}
		}
		c.Status, c.SideOf, c.TeamID = inbox.Side, of.ID, of.TeamID
	}
	c.Outbound = c.Status != inbox.Side
	changes, err := s.whomWith(ctx, tx, by, o, &account, &c)
	if err != nil {
		return nil, err
	}
	if err := tx.QueryRow(ctx, `
		INSERT INTO conversations (id, version, inbox_id, team_id, assignee_id, status, channel, account_id, identity_id, subject, last_at, created_at, side_of, outbound)
		VALUES (@id, 0, @inbox, @team, @assignee, @status, @channel, @account, @identity, @subject, @at, @at, @side, @outbound) RETURNING number`,
		pgx.NamedArgs{"id": c.ID, "inbox": c.InboxID, "team": null(c.TeamID), "assignee": c.Assignee, "status": string(c.Status), "channel": string(c.Channel),
			"account": c.Account, "identity": c.Customer.IdentityID, "subject": c.Subject, "at": c.CreatedAt, "side": null(c.SideOf), "outbound": c.Outbound}).Scan(&c.Number); err != nil {
		return nil, fmt.Errorf("make the conversation: %w", err)
	}
	way := course{account: account, to: o.To}
	switch {
	case account.Removed:
		return nil, removedAccount(&account)
	case account.Channel == inbox.Email:
		way.subject = o.Subject
	case c.Status != inbox.Side && account.Channel == inbox.Social:
		if err := s.firstWord(ctx, tx, &c, o, &way); err != nil {
			return nil, err
		}
	default:
		return nil, &inbox.Error{Code: inbox.Invalid, Message: "nobody can be written to first by " + account.Name + ": choose a mail account, or one for direct messages"}
	}
	m, err := insertAnswer(ctx, tx, by, &c, &o.Answer, &way)
	if err != nil {
		return nil, err
	}
	if err := act(ctx, tx, by, &c, &o.Then, o.SnoozeUntil, o.At); err != nil {
		return nil, err
	}
	if err := answered(ctx, tx, &c, &m, &o.Answer); err != nil {
		return nil, err
	}
	if err := mayClose(ctx, tx, &inbox.Conversation{}, &c); err != nil {
		return nil, err
	}
	out.Conversation, out.Message = c, m
	is, said := c, m
	more := []change{
		{event: inbox.Event{Kind: inbox.ConversationChanged, Entity: string(c.ID), Version: c.Version, Conversation: &is, Audience: inbox.Audience{After: c.Place()}}},
		{event: inbox.Event{Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: &said, Audience: inbox.Audience{After: c.Place()}}},
	}
	return append(changes, byAgent(more, by, o.At)...), nil
}

// firstWord goes to somebody by a service's account, within what that takes.
func (s *Store) firstWord(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, o *inbox.Opening, way *course) error {
	if err := s.courseDirect(ctx, tx, c, &o.Answer, way); err != nil {
		return err
	}
	bounds, err := o.Bounds(&way.account)
	if err != nil {
		return err
	}
	heard, err := heardAt(ctx, tx, way.account.ID, way.to[0].Address)
	if err != nil {
		return err
	}
	if state := bounds.State(heard, time.Time{}, o.At); !state.May && o.Template == nil {
		return &inbox.Error{Code: inbox.Conflict, Message: state.Why}
	}
	return nil
}

// whomWith sets whom c is with, who is made where nobody has the address yet, and
// returns what that changes.
func (s *Store) whomWith(ctx context.Context, tx pgx.Tx, by *inbox.Caller, o *inbox.Opening, account *inbox.Account, c *inbox.Conversation) ([]change, error) {
	field, kind := inbox.ClaimEmail, inbox.EmailAddress
	if account.Channel != inbox.Email {
		field, kind = inbox.ClaimPhone, inbox.PhoneNumber
	}
	var who inbox.IdentityRef
	var said inbox.Party
	if o.Identity != "" {
		ref, party, err := s.knownAs(ctx, tx, by, o.Identity)
		if err != nil {
			return nil, err
		}
		if account.Channel == inbox.Email && ref.Kind != inbox.EmailAddress {
			return nil, &inbox.Error{Code: inbox.Invalid, Message: "this is no mail address: choose one of the customer's"}
		}
		who, said = ref, party
		if len(o.To) == 0 && account.Channel == inbox.Email {
			o.To = []inbox.Party{party}
		}
	} else {
		if len(o.To) == 0 {
			return nil, &inbox.Error{Code: inbox.Invalid, Message: "name who it goes to"}
		}
		said = o.To[0]
		if who = (inbox.IdentityRef{Kind: kind, Key: s.rules.ClaimKey(field, said.Address, account.Region)}); who.Key == "" {
			what := "a mail address"
			if kind == inbox.PhoneNumber {
				what = "a telephone number with its country, such as +43 660 1234567"
			}
			return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%q is not %s", said.Address, what)}
		}
	}
	var ours bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM accounts WHERE own @> ARRAY[$1])`, who.Key).Scan(&ours); err != nil {
		return nil, err
	}
	if ours {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: said.Address + " is one of our own addresses"}
	}
	if err := lockKeys(ctx, tx, map[inbox.Key]bool{inbox.IdentityKey(who): true}); err != nil {
		return nil, err
	}
	d := &delivery{tx: tx, rules: s.rules}
	if err := d.loadIdentities(ctx, []inbox.Received{{Account: account.ID, Channel: account.Channel, At: o.At, Message: &inbox.Arrival{
		Identity: who, Person: said, Message: inbox.Message{Direction: inbox.Out, CreatedAt: stored(o.At)},
	}}}); err != nil {
		return nil, err
	}
	c.Customer = d.persons[who]
	if err := d.tellOfCustomers(ctx); err != nil {
		return nil, err
	}
	return byAgent(d.changes, by, o.At), nil
}

// knownAs is an identity of a customer whom the caller may see.
func (s *Store) knownAs(ctx context.Context, tx pgx.Tx, by *inbox.Caller, id inbox.IdentityID) (ref inbox.IdentityRef, p inbox.Party, err error) {
	missing := &inbox.Error{Code: inbox.NotFound, Message: "this address is not known"}
	if !inbox.ValidID(string(id)) {
		return ref, p, missing
	}
	err = tx.QueryRow(ctx, `
		SELECT i.kind, i.key, i.value, `+shownName+` FROM identities i JOIN customers k ON k.id = i.customer_id
		WHERE i.id = $1 AND `+visible, id, by.All, ids(by.Inboxes)).Scan(&ref.Kind, &ref.Key, &p.Address, &p.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		return ref, p, missing
	}
	if strings.EqualFold(p.Name, p.Address) {
		p.Name = ""
	}
	return ref, p, err
}

// keepAside refuses recipients of a side conversation who take part in the one
// with the customer.
func keepAside(ctx context.Context, tx pgx.Tx, of inbox.ConversationID, to []inbox.Party, key func(string) string) error {
	keys := make([]string, len(to))
	for i, p := range to {
		keys[i] = key(p.Address)
	}
	there, err := column[string](ctx, tx, `
		WITH it AS (SELECT coalesce(merged_into, id) AS id, identity_id FROM conversations WHERE id = $1)
		SELECT i.key FROM it JOIN identities o ON o.id = it.identity_id JOIN identities i ON i.customer_id = o.customer_id
		WHERE i.kind = 'email' AND i.key = ANY($2)
		UNION
		SELECT p.person FROM it JOIN threads t ON t.conversation_id = it.id JOIN thread_people p ON p.thread_id = t.id
		WHERE p.person = ANY($2)`, of, keys)
	if err != nil {
		return fmt.Errorf("look who takes part: %w", err)
	}
	if len(there) == 0 {
		return nil
	}
	return &inbox.Error{Code: inbox.Conflict, Message: to[slices.Index(keys, there[0])].Address +
		" takes part in the conversation with the customer: a side conversation is for others"}
}
