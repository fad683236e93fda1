package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// A course is the way that an answer takes.
type course struct {
	account inbox.Account
	parent  // thread "": one is made
	to      []inbox.Party
	begun   inbox.Key // what their service calls the thread that is made; zero where there is none
	first   bool      // they never wrote there

	comment   *inbox.Comment // what the answer says of a public comment that it is to
	noPrivate error          // why that can't be answered in private
}

// course finds the way of an answer: by the account that it names, which sends
// for the conversation's inbox, or by the conversation's own. An [inbox.Error]
// says why there is none.
func (s *Store) course(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, a *inbox.Answer) (course, error) {
	id := cmp.Or(a.By, c.Account)
	account, err := readAccount(ctx, tx, id, "")
	if err != nil {
		return course{}, fmt.Errorf("account %s: %w", id, err)
	}
	if a.By != "" && a.By != c.Account && account.InboxID != c.InboxID {
		return course{}, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("the account %s doesn't send for this inbox: choose one that does", id)}
	}
	return s.courseBy(ctx, tx, c, a, account)
}

func (s *Store) courseBy(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, a *inbox.Answer, account inbox.Account) (way course, err error) {
	way.account = account
	switch {
	case account.Removed:
		return way, removedAccount(&account)
	case c.Status == inbox.Side && account.Channel != inbox.Email:
		return way, &inbox.Error{Code: inbox.Invalid, Message: "a side conversation goes by mail"}
	case account.Channel == inbox.Chat:
		way.parent, way.to, err = chatParent(ctx, tx, c, account.ID, a)
	case account.Channel == inbox.Social:
		err = s.courseDirect(ctx, tx, c, a, &way)
	case account.Channel == inbox.Email:
		err = courseMail(ctx, tx, c, a, &way)
	default:
		err = &inbox.Error{Code: inbox.Conflict, Message: "this is not a channel on which anything can be written: choose another"}
	}
	return way, err
}

// courseMail goes on from the newest mail of the conversation, or begins a thread
// of mails there.
func courseMail(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, a *inbox.Answer, way *course) (err error) {
	if way.parent, err = newest(ctx, tx, c, inbox.Email); err != nil {
		return err
	}
	switch {
	case way.header == "" && way.subject == "" && way.thread != "":
		way.subject = c.Subject // what came first was taken back
	default:
		way.subject = answerSubject(cmp.Or(way.subject, c.Subject))
	}
	if way.to = a.To; len(way.to) == 0 {
		way.to, err = mailedTo(ctx, tx, c)
	}
	return err
}

// mailedTo is who wrote the newest mail of a conversation, or else the customer's
// best known address: see [whoWrote].
func mailedTo(ctx context.Context, tx pgx.Tx, c *inbox.Conversation) ([]inbox.Party, error) {
	var p inbox.Party
	err := tx.QueryRow(ctx, `
		(SELECT author_address, author_name FROM messages
			WHERE conversation_id = $1 AND kind = 'message' AND direction = 'in' AND channel = 'email' AND author_address <> ''
			ORDER BY automatic, seq DESC LIMIT 1)
		UNION ALL
		(SELECT i.value, i.name FROM identities o JOIN identities i ON i.customer_id = o.customer_id
			WHERE o.id = $2 AND i.kind = 'email' ORDER BY i.id = o.id DESC, i.proof DESC, i.created_at, i.id LIMIT 1)
		LIMIT 1`, c.ID, c.Customer.IdentityID).Scan(&p.Address, &p.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: "the customer left no address that can be answered: name a recipient"}
	}
	if err != nil {
		return nil, fmt.Errorf("find recipient: %w", err)
	}
	return []inbox.Party{p}, nil
}

// courseDirect goes to whoever of the customer's side wrote last by the account,
// in this conversation; or by the number of the customer's telephone to who never
// wrote there, where the service takes that. What they write there belongs to one
// conversation: while that is another, it can't be gone from here. A public comment
// is answered where it stands.
func (s *Store) courseDirect(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, a *inbox.Answer, way *course) error {
	id := way.account.ID
	var who inbox.Party
	var stands *inbox.Comment
	var written time.Time
	var gone bool
	err := tx.QueryRow(ctx, `
		SELECT thread_id, header_id, refs, splits::text[], author_address, author_name, detail->'comment', sent_at, detail ? 'deletedAt' FROM messages
		WHERE conversation_id = $1 AND account_id = $2 AND kind = 'message' AND direction = 'in' AND author_address <> ''
		ORDER BY detail ? 'comment' AND detail ? 'deletedAt', seq DESC LIMIT 1`, c.ID, id).
		Scan(&way.thread, &way.header, &way.refs, &way.splits, &who.Address, &who.Name, &stands, &written, &gone)
	if errors.Is(err, pgx.ErrNoRows) {
		err = s.courseFirst(ctx, tx, c, a, way, &who)
	}
	if err != nil {
		return err
	}
	if who.Address == "" {
		return &inbox.Error{Code: inbox.Invalid, Message: "nobody knows who wrote this: it can't be answered"}
	}
	way.to = []inbox.Party{who}
	if err := mayWrite(ctx, tx, id, who.Address); err != nil {
		return err
	}
	switch {
	case stands != nil && gone:
		way.noPrivate = &inbox.Error{Code: inbox.Conflict, Message: "They deleted the comment: there is nothing to answer any more."}
		way.comment = stands
		return way.noPrivate
	case stands != nil:
		return s.courseComment(ctx, tx, c, a, way, stands, written)
	case a.Private:
		return &inbox.Error{Code: inbox.Invalid, Message: "no public comment is answered here: leave private away"}
	}
	return nil
}

func (s *Store) courseFirst(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, a *inbox.Answer, way *course, who *inbox.Party) error {
	id := way.account.ID
	var there inbox.ConversationID
	var number int64
	err := tx.QueryRow(ctx, `
		SELECT m.author_address, m.author_name, c.id, c.number FROM identities o
		JOIN identities i ON i.customer_id = o.customer_id
		JOIN messages m ON m.identity_id = i.id JOIN conversations c ON c.id = m.conversation_id
		WHERE o.id = $1 AND m.account_id = $2 AND m.kind = 'message' AND m.direction = 'in' AND m.author_address <> ''
		ORDER BY m.sent_at DESC, m.id DESC LIMIT 1`, c.Customer.IdentityID, id).Scan(&who.Address, &who.Name, &there, &number)
	switch {
	case err == nil:
		return &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("what they write there is in #%d: go on there, or join the two", number)}
	case !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("find who wrote by %s: %w", id, err)
	}
	if who.Address == "" && c.PublicSeq > 0 && c.Account == id { // all that was said there is what we wrote elsewhere
		if way.parent, err = newest(ctx, tx, c, inbox.Social); err != nil {
			return err
		}
		if way.thread != "" {
			*who = inbox.Party{Address: c.Customer.Address, Name: c.Customer.Name}
			return nil
		}
	}
	bounds, err := a.Bounds(&way.account)
	if err != nil {
		return err
	}
	if !bounds.ByNumber {
		return &inbox.Error{Code: inbox.Conflict, Message: "they never wrote there: nobody can be written to first by it"}
	}
	var raw string
	err = tx.QueryRow(ctx, `
		SELECT i.value, i.name FROM identities o JOIN identities i ON i.customer_id = o.customer_id
		WHERE o.id = $1 AND i.kind = 'phone' ORDER BY i.id = o.id DESC, i.proof DESC, i.created_at, i.id LIMIT 1`,
		c.Customer.IdentityID).Scan(&raw, &who.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		return &inbox.Error{Code: inbox.Conflict, Message: "no telephone number of theirs is known"}
	}
	if err != nil {
		return fmt.Errorf("find a number: %w", err)
	}
	if who.Address = s.rules.ClaimKey(inbox.ClaimPhone, raw, way.account.Region); who.Address == "" {
		return &inbox.Error{Code: inbox.Conflict, Message: "their telephone number can't be read: " + raw}
	}
	way.first, way.begun = true, inbox.ChannelKey(id, bounds.NumberThread+who.Address)
	// Whoever delivers what they write there waits for this.
	if err := lockKeys(ctx, tx, map[inbox.Key]bool{way.begun: true}); err != nil {
		return err
	}
	// What was sent before and not answered yet goes on where it is.
	var at inbox.ThreadID
	err = tx.QueryRow(ctx, `
		SELECT t.id, c.id, c.number FROM thread_keys k JOIN messages m ON m.id = k.message_id
		JOIN threads t ON t.id = k.thread_id JOIN conversations c ON c.id = m.conversation_id
		WHERE k.key = $1 AND k.own ORDER BY k.message_id DESC LIMIT 1`, way.begun[:]).Scan(&at, &there, &number)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("find their thread: %w", err)
	case there != c.ID:
		return &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("what is said with them there is in #%d: go on there, or join the two", number)}
	}
	way.thread = at
	return nil
}

// Ways are those by which a conversation may be answered, the one by which the
// next answer leaves first: the accounts that send for its inbox. Bounds are as in
// [inbox.Answer].
func (s *Store) Ways(ctx context.Context, rights *inbox.Rights, ref string, bounds inbox.BoundsFunc) ([]inbox.Way, error) {
	var list []inbox.Way
	// It is undone at the end: to look takes the locks of going.
	err := s.undone(ctx, func(tx pgx.Tx) error {
		c, err := findConversation(ctx, tx, rights, ref, "")
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT `+accountColumns+` FROM accounts
			WHERE id = $1 OR inbox_id = $2 AND removed_at IS NULL AND channel IN ('email', 'chat', 'social')
			ORDER BY id = $1 DESC, channel = $3 DESC, channel, name, id`, c.Account, c.InboxID, string(c.Channel))
		if err != nil {
			return err
		}
		accounts, err := pgx.CollectRows(rows, scanAccount)
		if err != nil {
			return err
		}
		signature, err := signatureOf(ctx, tx, c.InboxID)
		if err != nil {
			return err
		}
		theirs, ours, err := languagesOf(ctx, tx, c.Customer.IdentityID, c.InboxID)
		if err != nil {
			return err
		}
		for _, account := range accounts {
			if c.Status == inbox.Side && account.Channel != inbox.Email {
				continue
			}
			way := inbox.Way{Account: account, Locale: cmp.Or(theirs, ours)}
			if account.Channel == inbox.Email {
				way.Signature = signature.For(&rights.Agent)
			}
			got, err := s.courseBy(ctx, tx, &c, &inbox.Answer{Bounds: bounds}, account)
			if inbox.CodeOf(err) == "" && err != nil {
				return err
			}
			way.To, way.First, way.Refused = orEmpty(slices.Clone(got.to)), got.first, err
			way.Comment, way.NoPrivate = got.comment, got.noPrivate
			if account.Channel == inbox.Social && len(got.to) > 0 {
				if way.HeardAt, err = heardAt(ctx, tx, account.ID, got.to[0].Address); err != nil {
					return err
				}
				if way.StoppedAt, err = stoppedAt(ctx, tx, account.ID, got.to[0].Address); err != nil {
					return err
				}
			}
			list = append(list, way)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ways: %w", err)
	}
	return list, nil
}

// undone runs look in a transaction of which nothing stays.
func (s *Store) undone(ctx context.Context, look func(tx pgx.Tx) error) error {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return look(tx)
}
