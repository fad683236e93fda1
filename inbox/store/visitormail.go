package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// VisitorMailKind is the kind of the timers whose key is the thread of a chat
// whose visitor may have missed an answer.
const VisitorMailKind = "visitor-mail"

// mailSoon is how long an answer waits to be read by a visitor who has left an
// address: an open page shows it within that.
const mailSoon = 20 * time.Second

// maxCopied bounds how many answers go with one mail.
const maxCopied = 50

// mailLater has a chat looked at for answers that nobody reads. A look that is
// due already stays.
func mailLater(ctx context.Context, tx pgx.Tx, thread inbox.ThreadID) error {
	if _, err := tx.Exec(ctx, `INSERT INTO timers (kind, key, due_at) VALUES ($1, $2, now() + $3) ON CONFLICT DO NOTHING`,
		VisitorMailKind, thread, mailSoon); err != nil {
		return fmt.Errorf("start timer: %w", err)
	}
	return nil
}

// A MailRule is what is decided of mail to visitors who are away.
type MailRule struct {
	// Plan says how an account's visitors hear of answers; it is pure.
	Plan func(*inbox.Account) (inbox.VisitorMail, error)
	// Seal and MatchKey are as in [inbox.Answer].
	Seal     func(id inbox.MessageID, in inbox.ConversationID, account *inbox.Account) (headerID, replyTo string)
	MatchKey func(address string) string
}

// FireVisitorMail takes one look that is due, if there is one, at a chat whose
// visitor may have missed answers. What was left unread for as long as the
// account says goes to them by mail, once, as a message of its own in the
// conversation, so that their answer comes back to it. It goes only to an address
// that they left in this session or have proven.
//
// It reports whether there was a timer; one that can't be handled for a reason
// of its own is put off, and the error returned.
func (s *Store) FireVisitorMail(ctx context.Context, now time.Time, rule MailRule) (fired bool, err error) {
	var key string
	err = s.pool.QueryRow(ctx, `SELECT key FROM timers WHERE kind = $1 AND due_at <= $2 ORDER BY due_at LIMIT 1`, VisitorMailKind, now).Scan(&key)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			return mailVisitor(ctx, tx, inbox.ThreadID(key), now, &rule)
		})
	}
	if err == nil {
		return true, nil
	}
	err = fmt.Errorf("mail the visitor of %s: %w", key, err)
	if key != "" && !Transient(err) {
		if _, putErr := s.pool.Exec(ctx, `UPDATE timers SET due_at = $3 WHERE kind = $1 AND key = $2 AND due_at <= $3`,
			VisitorMailKind, key, now.Add(putOff)); putErr != nil {
			return true, errors.Join(err, putErr)
		}
	}
	return true, err
}

// mailVisitor locks the conversation and then the timer, the order that whoever
// starts one keeps.
func mailVisitor(ctx context.Context, tx pgx.Tx, thread inbox.ThreadID, now time.Time, rule *MailRule) error {
	c, err := lockChat(ctx, tx, thread)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `DELETE FROM timers WHERE kind = $1 AND key = $2 AND due_at <= $3`, VisitorMailKind, thread, now)
	if err != nil || tag.RowsAffected() == 0 {
		return err // another node's
	}
	v, err := readMissed(ctx, tx, thread)
	if err != nil || len(v.missed) == 0 || v.address == "" {
		return err
	}
	plan, err := rule.Plan(&v.chat)
	if err != nil || plan.Account == "" {
		return err
	}
	wait := plan.After
	if v.left {
		wait = min(wait, mailSoon)
	}
	if due := v.missed[0].CreatedAt.Add(wait); due.After(now) {
		return startTimer(ctx, tx, VisitorMailKind, string(thread), due, struct{}{})
	}
	rows, err := tx.Query(ctx, `SELECT `+accountColumns+` FROM accounts WHERE id = $1 AND channel = 'email'`, plan.Account)
	if err != nil {
		return err
	}
	account, err := pgx.CollectExactlyOneRow(rows, scanAccount)
	if err != nil {
		return fmt.Errorf("account %s: %w", plan.Account, err)
	}
	return v.send(ctx, tx, c, &account, &plan, now, rule)
}

// lockChat locks and returns the conversation where a chat goes on: agents may
// have moved what was said before elsewhere.
func lockChat(ctx context.Context, tx pgx.Tx, thread inbox.ThreadID) (*inbox.Conversation, error) {
	for {
		var id, again inbox.ConversationID
		find := `SELECT conversation_id FROM messages WHERE thread_id = $1 AND channel = 'chat' ORDER BY created_at DESC, id DESC LIMIT 1`
		if err := tx.QueryRow(ctx, find, thread).Scan(&id); err != nil {
			return nil, notFound(err, "the chat")
		}
		list, err := lockConversations(ctx, tx, []string{string(id)})
		if err != nil {
			return nil, err
		}
		if err := tx.QueryRow(ctx, find, thread).Scan(&again); err != nil {
			return nil, notFound(err, "the chat")
		}
		if again == id && len(list) == 1 {
			return &list[0], nil
		}
	}
}

// missed is a visitor with the answers that they have not read.
type missed struct {
	thread, mailed inbox.ThreadID
	chat           inbox.Account
	address, name  string
	left           bool // the address, in this very session
	missed         []inbox.Message
}

func readMissed(ctx context.Context, tx pgx.Tx, thread inbox.ThreadID) (v missed, err error) {
	v.thread = thread
	var account inbox.AccountID
	var proven string
	err = tx.QueryRow(ctx, `
		SELECT v.account_id, v.answer_to, coalesce(v.mail_thread::text, ''), i.name,
			coalesce((SELECT value FROM claims WHERE identity_id = v.identity_id AND field = 'email' AND source = 'channel' AND proof >= $2), '')
		FROM visitors v JOIN identities i ON i.id = v.identity_id WHERE v.thread_id = $1`, thread, int16(inbox.Proven)).
		Scan(&account, &v.address, &v.mailed, &v.name, &proven)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, nil
	}
	if err != nil {
		return v, fmt.Errorf("read visitor: %w", err)
	}
	v.left = v.address != ""
	v.address = cmp.Or(v.address, proven)
	rows, err := tx.Query(ctx, `SELECT `+accountColumns+` FROM accounts WHERE id = $1`, account)
	if err != nil {
		return v, err
	}
	if v.chat, err = pgx.CollectExactlyOneRow(rows, scanAccount); err != nil {
		return v, fmt.Errorf("account %s: %w", account, err)
	}
	v.missed, err = collectMessages(ctx, tx, `
		WHERE m.thread_id = $1 AND m.channel = 'chat' AND m.kind = 'message' AND m.direction = 'out' AND m.author_kind = 'agent'
			AND m.state IN ('sending', 'sent', 'delivered', 'uncertain')
			AND NOT EXISTS (SELECT FROM visitor_mails x WHERE x.message_id = m.id)
		ORDER BY m.created_at, m.id LIMIT $2`, thread, maxCopied)
	return v, err
}

// send stores the mail as queued, and that what it holds has gone.
func (v *missed) send(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, account *inbox.Account, plan *inbox.VisitorMail, now time.Time, rule *MailRule) error {
	now = stored(now)
	before := *c
	m := inbox.Message{
		ID: inbox.NewID[inbox.MessageID](now), ThreadID: v.mailed, Version: 1, Kind: inbox.Public, Direction: inbox.Out,
		Channel: account.Channel, Account: account.ID,
		Author: inbox.Author{Kind: inbox.BySystem, Name: account.Name, Address: account.Address},
		To:     []inbox.Party{{Address: v.address, Name: v.name}}, Cc: []inbox.Party{}, Attachments: []inbox.Attachment{},
		Subject: plan.Subject, State: inbox.Queued, Attempt: 1, SendAt: &now, SentAt: now, CreatedAt: now,
		Automatic: inbox.Automatic{Is: true, Reason: "what was not read in the chat"},
		Reason:    inbox.Reason{Step: inbox.ByAgentHand, Text: "Sent by mail too: nobody had read it in the chat"},
	}
	m.Text = v.text(plan.Intro)
	m.VisibleText = m.Text
	splits, err := column[string](ctx, tx, `SELECT unnest(splits)::text FROM messages WHERE id = $1`, v.missed[len(v.missed)-1].ID)
	if err != nil {
		return fmt.Errorf("find where the answer is: %w", err)
	}
	var refs []string
	if m.ThreadID == "" {
		m.ThreadID = inbox.NewID[inbox.ThreadID](now)
		if _, err := tx.Exec(ctx, `
			INSERT INTO threads (id, root_id, conversation_id, home_id, moved)
			SELECT $1, $1, conversation_id, home_id, moved FROM threads WHERE id = $2`, m.ThreadID, v.thread); err != nil {
			return fmt.Errorf("make thread: %w", err)
		}
		if _, err := tx.Exec(ctx, `UPDATE visitors SET mail_thread = $1 WHERE thread_id = $2`, m.ThreadID, v.thread); err != nil {
			return fmt.Errorf("make thread: %w", err)
		}
	} else {
		list, err := column[string](ctx, tx, `
			SELECT header_id FROM messages WHERE thread_id = $1 AND direction = 'out' AND header_id <> '' ORDER BY created_at DESC LIMIT 1`, m.ThreadID)
		if err != nil {
			return fmt.Errorf("find the mail before: %w", err)
		}
		refs = list
	}
	c.Append(&m, false)
	var replyTo string
	m.HeaderID, replyTo = rule.Seal(m.ID, c.ID, account)
	people, err := peopleOf(ctx, tx, m.To, nil, rule.MatchKey)
	if err != nil {
		return err
	}
	if err := insertMessage(ctx, tx, c, &m, refs, people, splits); err != nil {
		return err
	}
	if err := v.copyFiles(ctx, tx, &m); err != nil {
		return err
	}
	b := &pgx.Batch{}
	queueConversations(b, c)
	for _, x := range v.missed {
		b.Queue(`INSERT INTO visitor_mails (message_id, mail_id) VALUES ($1, $2)`, x.ID, m.ID)
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("note what went by mail: %w", err)
	}
	if err := leaveLater(ctx, tx, &m, people, replyTo); err != nil {
		return err
	}
	is := *c
	changes := []change{
		{before: &before, event: inbox.Event{Kind: inbox.ConversationChanged, Entity: string(c.ID), Version: c.Version, Conversation: &is,
			Audience: inbox.Audience{Before: before.Place(), After: is.Place()}}},
		{event: inbox.Event{Kind: inbox.MessageChanged, Entity: string(m.ID), Version: m.Version, Message: &m,
			Audience: inbox.Audience{After: is.Place()}}},
	}
	for i := range changes {
		changes[i].event.Actor = inbox.Actor{Kind: inbox.BySystem}
		stamp(&changes[i].event)
	}
	return announce(ctx, tx, changes)
}

func (v *missed) text(intro string) string {
	var b strings.Builder
	if intro != "" {
		b.WriteString(intro + "\n\n")
	}
	for i, m := range v.missed {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(m.Author.Name + ":\n" + m.Text)
	}
	return b.String()
}

// copyFiles sends along the files of the answers.
func (v *missed) copyFiles(ctx context.Context, tx pgx.Tx, m *inbox.Message) error {
	for _, x := range v.missed {
		for _, f := range x.Attachments {
			f.ID, f.Inline, f.ContentID = inbox.NewID[inbox.AttachmentID](m.CreatedAt), false, ""
			if _, err := tx.Exec(ctx, `
				INSERT INTO attachments (id, message_id, position, name, type, size, sha256, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				f.ID, m.ID, len(m.Attachments), f.Name, f.Type, f.Size, f.SHA256, m.CreatedAt); err != nil {
				return fmt.Errorf("send files along: %w", err)
			}
			m.Attachments = append(m.Attachments, f)
		}
	}
	return nil
}
