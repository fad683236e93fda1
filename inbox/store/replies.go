package store

import (
	"bytes"
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

// Bounds of a reply. References are capped to the first and the last ones of
// the chain: what threads a mail is at its ends.
const (
	maxNewer = 50
	refsHead = 1
	refsTail = 20
)

// Reply stores an agent's reply as queued, with its recipients, its Message-ID
// and its time of leaving fixed now, and announces it.
//
// The same key with the same hash returns what the first call returned and
// changes nothing; with another hash it is a Conflict. When a public message
// came after a.SeenSeq, and Force is not set, the error is an [inbox.Stale] and
// nothing is stored. Attachments are those that the agent has uploaded and not
// used; any other is a Conflict.
func (s *Store) Reply(ctx context.Context, by *inbox.Caller, ref string, a inbox.Answer) (inbox.Message, error) {
	m, err := s.write(ctx, by, ref, &a, inbox.Public)
	if err != nil {
		return m, fmt.Errorf("reply: %w", err)
	}
	return m, nil
}

// Note stores an agent's note, which only the team sees, and announces it. It
// repeats by its key as [Store.Reply] does.
func (s *Store) Note(ctx context.Context, by *inbox.Caller, ref string, a inbox.Answer) (inbox.Message, error) {
	m, err := s.write(ctx, by, ref, &a, inbox.Note)
	if err != nil {
		return m, fmt.Errorf("note: %w", err)
	}
	return m, nil
}

func (s *Store) write(ctx context.Context, by *inbox.Caller, ref string, a *inbox.Answer, kind inbox.MessageKind) (inbox.Message, error) {
	var m inbox.Message
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		actor := "agent:" + string(by.Agent.ID)
		fresh, err := claimKey(ctx, tx, actor, a, &m)
		if err != nil || !fresh {
			return err
		}
		c, err := findConversation(ctx, tx, &by.Rights, ref, "FOR UPDATE OF c")
		if err != nil {
			return err
		}
		if kind == inbox.Public && !a.Force && c.PublicSeq > a.SeenSeq {
			newer, err := collectMessages(ctx, tx, `
				WHERE m.conversation_id = $1 AND m.seq > $2 AND m.kind = 'message' ORDER BY m.seq LIMIT $3`,
				c.ID, a.SeenSeq, maxNewer)
			if err != nil {
				return err
			}
			return &inbox.Stale{Newer: newer}
		}
		before := c
		if kind == inbox.Note {
			m, err = insertNote(ctx, tx, by, &c, a)
		} else {
			var way course
			if way, err = s.course(ctx, tx, &c, a); err == nil {
				m, err = insertAnswer(ctx, tx, by, &c, a, &way)
			}
		}
		if err != nil {
			return err
		}
		if err := act(ctx, tx, by, &c, &a.Then, a.SnoozeUntil, a.At); err != nil {
			return err
		}
		if err := answered(ctx, tx, &c, &m, a); err != nil {
			return err
		}
		if err := mayClose(ctx, tx, &before, &c); err != nil {
			return err
		}
		if kind == inbox.Public && a.SendAt.After(a.At) {
			if err := keepDone(ctx, tx, m.ID, &before, &c); err != nil {
				return err
			}
		}
		response, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE idempotency_keys SET response = $3 WHERE actor = $1 AND key = $2`,
			actor, a.Key, response); err != nil {
			return err
		}
		said := m
		return announce(ctx, tx, []change{
			conversationChange(by, &before, &c, a.At),
			{
				event: inbox.Event{
					ID: inbox.NewID[inbox.EventID](a.At), Kind: inbox.MessageChanged, At: a.At, Actor: by.Actor(),
					Entity: string(m.ID), Version: m.Version, Message: &said, Audience: inbox.Audience{After: c.Place()},
				},
				session: string(by.Session), cause: by.Request,
			},
		})
	})
	return m, err
}

// keepDone has the timer of a reply know what goes back when it is taken back.
func keepDone(ctx context.Context, tx pgx.Tx, id inbox.MessageID, before, after *inbox.Conversation) error {
	timer := inbox.SendTimer{Done: inbox.DoneTo(before, after)}
	if before.Status != after.Status {
		timer.Was, timer.Became = before.Status, after.Status
	}
	more, err := json.Marshal(timer)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE timers SET payload = payload || $3 WHERE kind = $1 AND key = $2`, SendKind, id, more)
	return err
}

// claimKey takes the idempotency key, waiting for another call that holds it.
// When it was used before, fresh is false and m is what was answered then.
func claimKey(ctx context.Context, tx pgx.Tx, actor string, a *inbox.Answer, m any) (fresh bool, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO idempotency_keys (actor, key, request_hash, response, created_at) VALUES ($1, $2, $3, '{}', $4)
		ON CONFLICT DO NOTHING`, actor, a.Key, a.Hash, a.At)
	if err != nil || tag.RowsAffected() == 1 {
		return err == nil, err
	}
	var hash, response []byte
	if err := tx.QueryRow(ctx, `SELECT request_hash, response FROM idempotency_keys WHERE actor = $1 AND key = $2`,
		actor, a.Key).Scan(&hash, &response); err != nil {
		return false, err
	}
	if !bytes.Equal(hash, a.Hash) {
		return false, &inbox.Error{Code: inbox.Conflict, Message: "this Idempotency-Key was used for another request: make a new one"}
	}
	return false, json.Unmarshal(response, m)
}

// insertNote writes a note.
func insertNote(ctx context.Context, tx pgx.Tx, by *inbox.Caller, c *inbox.Conversation, a *inbox.Answer) (inbox.Message, error) {
	account, err := readAccount(ctx, tx, c.Account, "")
	if err != nil {
		return inbox.Message{}, fmt.Errorf("account %s: %w", c.Account, err)
	}
	m := written(by, c, a, &account)
	m.Kind = inbox.Note
	p, err := newestPublic(ctx, tx, c)
	if err != nil {
		return m, err
	}
	m.ThreadID = p.thread
	if m.Mentions, m.Teams, err = mentioned(ctx, tx, c, a); err != nil {
		return m, err
	}
	return m, insertMessage(ctx, tx, c, &m, nil, nil, p.splits)
}

// written is what an agent wrote as a message of c.
func written(by *inbox.Caller, c *inbox.Conversation, a *inbox.Answer, account *inbox.Account) inbox.Message {
	return inbox.Message{
		ID: a.ID, ConversationID: c.ID, Seq: c.MessageSeq + 1, Version: 1,
		Kind: inbox.Public, Direction: inbox.Out, Channel: account.Channel, Account: account.ID,
		Author: inbox.Author{Kind: inbox.ByAgent, AgentID: by.Agent.ID, Name: by.Agent.Name},
		To:     []inbox.Party{}, Cc: []inbox.Party{},
		Text: a.Text, VisibleText: a.Text, HTML: a.HTML, RemoteImages: a.RemoteImages,
		Attachments: []inbox.Attachment{}, State: inbox.Sent, Template: a.Template,
		Reason: inbox.Reason{Step: inbox.ByAgentHand, Text: "written here"},
		SentAt: a.At, CreatedAt: a.At,
	}
}

// insertAnswer writes a message that leaves by a course, and what hangs on it.
func insertAnswer(ctx context.Context, tx pgx.Tx, by *inbox.Caller, c *inbox.Conversation, a *inbox.Answer, way *course) (inbox.Message, error) {
	account := &way.account
	m := written(by, c, a, account)
	m.State, m.Attempt, m.SendAt, m.Scheduled = inbox.Queued, 1, &a.SendAt, a.Scheduled
	if a.Scheduled && account.Channel == inbox.Chat {
		return m, &inbox.Error{Code: inbox.Invalid, Message: "a chat is for who is there now: it can't be scheduled"}
	}
	if account.Channel != inbox.Email && !a.Scheduled {
		m.SendAt = &a.At // only a mail can be taken back
	}
	m.Author.Address = account.Address
	m.To, m.Comment = way.to, way.comment
	if account.Channel == inbox.Email {
		m.Subject, m.Cc, m.Bcc = way.subject, orEmpty(a.Cc), a.Bcc
		signature, err := signatureOf(ctx, tx, c.InboxID)
		if err != nil {
			return m, err
		}
		m.Signature = signature.For(&by.Agent)
	}
	var replyTo string
	m.HeaderID, replyTo = a.Seal(m.ID, c.ID, account)
	people, err := peopleOf(ctx, tx, m.To, m.Cc, a.MatchKey)
	if err != nil {
		return m, err
	}
	if c.Status == inbox.Side {
		if err := keepAside(ctx, tx, c.SideOf, slices.Concat(m.To, m.Cc, m.Bcc), a.MatchKey); err != nil {
			return m, err
		}
	}
	if way.thread == "" {
		way.thread = inbox.NewID[inbox.ThreadID](a.At)
		if _, err := tx.Exec(ctx, `INSERT INTO threads (id, root_id, conversation_id, home_id) VALUES ($1, $1, $2, $2)`, way.thread, c.ID); err != nil {
			return m, fmt.Errorf("begin a thread: %w", err)
		}
	}
	m.ThreadID = way.thread
	if err := insertMessage(ctx, tx, c, &m, way.chain(), people, way.splits); err != nil {
		return m, err
	}
	if m.Attachments, err = useUploads(ctx, tx, by.Agent.ID, m.ID, a.Attachments); err != nil {
		return m, err
	}
	if way.begun != (inbox.Key{}) {
		// What they answer there comes here.
		if _, err := tx.Exec(ctx, `INSERT INTO thread_keys (key, message_id, thread_id, own, sender) VALUES ($1, $2, $3, true, '')`,
			way.begun[:], m.ID, m.ThreadID); err != nil {
			return m, fmt.Errorf("name the thread: %w", err)
		}
	}
	return m, leaveLater(ctx, tx, &m, people, replyTo)
}

// leaveLater writes what hangs on a message that is stored as queued, and starts
// the timer by which it leaves.
func leaveLater(ctx context.Context, tx pgx.Tx, m *inbox.Message, people []string, replyTo string) error {
	key := inbox.HeaderKey(m.HeaderID)
	if _, err := tx.Exec(ctx, `INSERT INTO key_locks (key) VALUES ($1) ON CONFLICT DO NOTHING`, key[:]); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO thread_keys (key, message_id, thread_id, own, sender) VALUES ($1, $2, $3, true, '')`,
		key[:], m.ID, m.ThreadID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO thread_people (thread_id, person) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`,
		m.ThreadID, orEmpty(people)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO attempts (message_id, attempt, state, at) VALUES ($1, $2, $3, $4)`,
		m.ID, m.Attempt, string(m.State), m.CreatedAt); err != nil {
		return err
	}
	return startTimer(ctx, tx, SendKind, string(m.ID), *m.SendAt, inbox.SendTimer{ReplyTo: replyTo, Ask: m.Scheduled})
}

func insertMessage(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, m *inbox.Message, refs, people, splits []string) error {
	who, err := json.Marshal(recipients{To: m.To, Cc: m.Cc, Bcc: m.Bcc})
	if err != nil {
		return err
	}
	why, err := json.Marshal(m.Reason)
	if err != nil {
		return err
	}
	more, err := json.Marshal(detailOf(m))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO messages (id, conversation_id, thread_id, seq, version, kind, direction, channel, account_id, identity_id,
			author_kind, agent_id, author_name, author_address, recipients, subject, text, visible_text, html, remote_images,
			state, attempt, send_at, scheduled, automatic, detail, reason, header_id, refs, people, sent_at, created_at, splits)
		VALUES (@id, @conversation, @thread, @seq, @version, @kind, @direction, @channel, @account, @identity,
			@authorKind, @agent, @authorName, @authorAddress, @recipients, @subject, @text, @visible, @html, @remote,
			@state, @attempt, @sendAt, @scheduled, @automatic, @detail, @reason, @header, @refs, @people, @sentAt, @createdAt, @splits::uuid[])`,
		pgx.NamedArgs{"id": m.ID, "conversation": m.ConversationID, "thread": m.ThreadID, "seq": m.Seq, "version": m.Version,
			"kind": string(m.Kind), "direction": string(m.Direction), "channel": string(m.Channel), "account": m.Account,
			"identity": c.Customer.IdentityID, "authorKind": string(m.Author.Kind), "agent": null(m.Author.AgentID),
			"authorName": m.Author.Name, "authorAddress": m.Author.Address, "recipients": who, "subject": m.Subject,
			"text": m.Text, "visible": m.VisibleText, "html": m.HTML, "remote": m.RemoteImages, "state": string(m.State),
			"attempt": m.Attempt, "sendAt": m.SendAt, "scheduled": m.Scheduled, "automatic": m.Automatic.Is, "detail": more, "reason": why, "header": m.HeaderID, "refs": orEmpty(refs),
			"people": orEmpty(people), "sentAt": m.SentAt, "createdAt": m.CreatedAt, "splits": orEmpty(splits)}); err != nil {
		return fmt.Errorf("insert message: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO search_pending (message_id) VALUES ($1)`, m.ID)
	return err
}

// answered moves the locked conversation on by m and writes it.
func answered(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, m *inbox.Message, a *inbox.Answer) error {
	c.Version++
	c.MessageSeq = m.Seq
	if m.Kind == inbox.Public {
		c.PublicSeq = m.Seq
		if !m.Scheduled { // else it is no answer yet: see leaves
			c.Channel, c.Account = m.Channel, m.Account
			c.Preview, c.LastAt, c.WaitingSince = inbox.Preview(m), later(c.LastAt, a.At), nil
			if c.FirstReplyAt == nil && c.AskedAt() != nil {
				at := stored(a.At)
				c.FirstReplyAt = &at
			}
		}
		if a.Close {
			if c.Status == inbox.Side {
				return errSide
			}
			c.Status = inbox.Closed
		}
		if c.Status != inbox.Open {
			c.WaitingSince = nil
		}
	}
	_, err := tx.Exec(ctx, `
		UPDATE conversations SET version = @version, status = @status, channel = @channel, account_id = @account, preview = @preview,
			message_seq = @seq, public_seq = @public, last_at = @last, waiting_since = @waiting,
			first_reply_at = @first,
			snoozed_until = CASE WHEN @status = 'snoozed' THEN snoozed_until END
		WHERE id = @id`,
		pgx.NamedArgs{"id": c.ID, "version": c.Version, "status": string(c.Status), "channel": string(c.Channel), "account": string(c.Account),
			"preview": c.Preview, "seq": c.MessageSeq, "public": c.PublicSeq, "last": c.LastAt, "waiting": c.WaitingSince,
			"first": c.FirstReplyAt})
	if err != nil {
		return fmt.Errorf("update conversation: %w", err)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// answerSubject puts one "Re: " before a subject that has none.
func answerSubject(subject string) string {
	if len(subject) >= 3 && strings.EqualFold(subject[:3], "re:") {
		return subject
	}
	return strings.TrimSpace("Re: " + subject)
}

// A parent is the public message that an answer follows: it belongs where that
// one does, in its thread and by its splits.
type parent struct {
	thread  inbox.ThreadID
	subject string
	header  string
	refs    []string
	splits  []string
}

// newestPublic returns the newest public message of a conversation, or the
// newest of any kind where there is none.
func newestPublic(ctx context.Context, tx pgx.Tx, c *inbox.Conversation) (parent, error) {
	return newest(ctx, tx, c, "")
}

// newest is that of a channel, "" for any. Without one it is the conversation's
// first thread, from which a message was taken back, or for a channel none at all.
func newest(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, channel inbox.Channel) (parent, error) {
	var p parent
	err := tx.QueryRow(ctx, `
		SELECT thread_id, subject, header_id, refs, splits::text[] FROM messages
		WHERE conversation_id = $1 AND (kind = 'message' OR $2 = 0) AND ($3 = '' OR channel = $3) ORDER BY seq DESC LIMIT 1`, c.ID, c.PublicSeq, string(channel)).
		Scan(&p.thread, &p.subject, &p.header, &p.refs, &p.splits)
	if errors.Is(err, pgx.ErrNoRows) && c.PublicSeq > 0 && channel != "" {
		return p, nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = tx.QueryRow(ctx, `SELECT id FROM threads WHERE conversation_id = $1 ORDER BY id LIMIT 1`, c.ID).Scan(&p.thread)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return p, &inbox.Error{Code: inbox.Conflict, Message: "the conversation has no messages"}
	}
	return p, err
}

// chain is the References of an answer to p (RFC 5322 section 3.6.4), its
// parent last.
func (p *parent) chain() []string {
	refs := slices.Clone(p.refs)
	if p.header != "" {
		refs = append(slices.DeleteFunc(refs, func(r string) bool { return r == p.header }), p.header)
	}
	if len(refs) > refsHead+refsTail {
		refs = append(refs[:refsHead:refsHead], refs[len(refs)-refsTail:]...)
	}
	return refs
}

// whoWrote is the author of the newest message from the customer's side that
// no machine wrote, or of the newest at all, or else who the conversation was
// opened by: an answer must not go to a mail server that reported a bounce.
func whoWrote(ctx context.Context, tx pgx.Tx, c *inbox.Conversation) ([]inbox.Party, error) {
	var p inbox.Party
	err := tx.QueryRow(ctx, `
		(SELECT author_address, author_name FROM messages
			WHERE conversation_id = $1 AND kind = 'message' AND direction = 'in' AND author_address <> '' AND NOT automatic
			ORDER BY seq DESC LIMIT 1)
		UNION ALL
		(SELECT author_address, author_name FROM messages
			WHERE conversation_id = $1 AND kind = 'message' AND direction = 'in' AND author_address <> '' AND automatic
			ORDER BY seq DESC LIMIT 1)
		LIMIT 1`, c.ID).Scan(&p.Address, &p.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		p, err = inbox.Party{Address: c.Customer.Address, Name: c.Customer.Name}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find recipient: %w", err)
	}
	if p.Address == "" {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: "the customer left no address that can be answered: name a recipient"}
	}
	return []inbox.Party{p}, nil
}

// peopleOf are the matching keys of parties, each once, without our own.
func peopleOf(ctx context.Context, tx pgx.Tx, to, cc []inbox.Party, key func(string) string) ([]string, error) {
	var people []string
	for _, p := range slices.Concat(to, cc) {
		if k := key(p.Address); k != "" && !slices.Contains(people, k) {
			people = append(people, k)
		}
	}
	rows, err := tx.Query(ctx, `
		SELECT k FROM unnest($1::text[]) WITH ORDINALITY AS t(k, n)
		WHERE NOT EXISTS (SELECT FROM accounts WHERE own @> ARRAY[t.k]) ORDER BY n`, orEmpty(people))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// SendAgain queues another attempt of a message that failed or whose fate is
// uncertain, as [Store.Resend] does, when the caller may see it.
func (s *Store) SendAgain(ctx context.Context, by *inbox.Caller, id inbox.MessageID, replyTo func(inbox.ConversationID, *inbox.Account) string, now time.Time) (inbox.Message, error) {
	m, err := s.Message(ctx, &by.Rights, id)
	if err != nil {
		return m, err
	}
	rows, err := s.pool.Query(ctx, `SELECT `+accountColumns+` FROM accounts WHERE id = $1`, m.Account)
	if err != nil {
		return m, fmt.Errorf("send %s again: %w", id, err)
	}
	account, err := pgx.CollectExactlyOneRow(rows, scanAccount)
	if err != nil {
		return m, fmt.Errorf("send %s again: account %s: %w", id, m.Account, err)
	}
	if account.Removed {
		return m, removedAccount(&account)
	}
	return s.Resend(ctx, id, inbox.SendTimer{ReplyTo: replyTo(m.ConversationID, &account)}, by.Actor(), now)
}

func removedAccount(a *inbox.Account) error {
	return &inbox.Error{Code: inbox.Conflict, Message: "the account " + a.Name + " was removed: nothing can be sent from it until it is added again"}
}
