package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// DigestKind is the kind of the timers whose key is an agent who may be away.
const DigestKind = "digest"

const (
	digestLines = 50
	digestAgain = 5 * time.Minute // who is at the desk is looked at again then
)

// A DigestRule is what is decided of mail to agents who are away.
type DigestRule struct {
	// Away reports since when an agent has been away; ok is false for one at the desk.
	Away func(inbox.AgentID) (since time.Time, ok bool)
	// Letter is the mail, in the agent's language, about notifications, newest first,
	// and how many more there are. It is pure.
	Letter func(a *inbox.Agent, list []inbox.Notification, more int) (subject, text string)
	// HeaderID and Encode are as in [inbox.Coder].
	HeaderID func(id inbox.MessageID, from *inbox.Account) string
	Encode   EncodeFunc
}

// FireDigest takes one look that is due, if there is one, at an agent with unread
// notifications. Who has been away for as long as they said gets one mail of all
// that is unread, that they may see and that no mail has told of; who is at the
// desk is looked at again later. Of several nodes one mails.
//
// It reports whether there was a timer; one that can't be handled for a reason of
// its own is put off, and the error returned.
func (s *Store) FireDigest(ctx context.Context, now time.Time, rule DigestRule) (fired bool, err error) {
	var key string
	err = s.pool.QueryRow(ctx, `SELECT key FROM timers WHERE kind = $1 AND due_at <= $2 ORDER BY due_at LIMIT 1`, DigestKind, now).Scan(&key)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		since, away := rule.Away(inbox.AgentID(key))
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			return mailAgent(ctx, tx, inbox.AgentID(key), since, away, stored(now), &rule)
		})
	}
	if err == nil {
		return true, nil
	}
	err = fmt.Errorf("mail agent %s: %w", key, err)
	if key != "" && !Transient(err) {
		if _, putErr := s.pool.Exec(ctx, `UPDATE timers SET due_at = $3 WHERE kind = $1 AND key = $2 AND due_at <= $3`,
			DigestKind, key, now.Add(putOff)); putErr != nil {
			return true, errors.Join(err, putErr)
		}
	}
	return true, err
}

func mailAgent(ctx context.Context, tx pgx.Tx, id inbox.AgentID, since time.Time, away bool, now time.Time, rule *DigestRule) error {
	tag, err := tx.Exec(ctx, `DELETE FROM timers WHERE kind = $1 AND key = $2 AND due_at <= $3`, DigestKind, id, now)
	if err != nil || tag.RowsAffected() == 0 {
		return err // another node's
	}
	rights, err := scanRights(tx.QueryRow(ctx, rightsQuery, id))
	if inbox.CodeOf(err) == inbox.Unauthorized {
		return nil // works here no more
	}
	if err != nil {
		return err
	}
	var after time.Duration
	if err := tx.QueryRow(ctx, `SELECT digest_after FROM agents WHERE id = $1`, id).Scan(&after); err != nil {
		return err
	}
	list, err := readNotifications(ctx, tx, `
		WHERE n.agent_id = @agent AND n.read_at IS NULL AND n.email AND n.digest_id IS NULL AND `+mayRead+`
		ORDER BY n.at DESC, n.id DESC`, pgx.NamedArgs{"agent": id, "all": rights.All, "inboxes": ids(rights.Inboxes)})
	if err != nil || len(list) == 0 {
		return err
	}
	if !away {
		return startTimer(ctx, tx, DigestKind, string(id), now.Add(min(after, digestAgain)), struct{}{})
	}
	// The oldest has waited for as long too: what comes one by one is one mail.
	if due := later(since, list[len(list)-1].At).Add(after); due.After(now) {
		return startTimer(ctx, tx, DigestKind, string(id), due, struct{}{})
	}
	from, err := digestSender(ctx, tx, &rights, list[0].inbox)
	if err != nil || from == nil {
		return err
	}
	mail := inbox.NewID[inbox.MessageID](now)
	told := make([]inbox.NotificationID, len(list))
	var shown []inbox.Notification
	for i := range list {
		if told[i] = list[i].ID; i < digestLines {
			shown = append(shown, list[i].Notification)
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE notifications SET digest_id = $2 WHERE id = ANY($1::uuid[])`, ids(told), mail); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO digests (id, agent_id, sent_at) VALUES ($1, $2, $3)`, mail, id, now); err != nil {
		return err
	}
	d := inbox.Departure{
		From: inbox.Party{Name: from.Name, Address: from.Address}, Automatic: true, At: now,
		Message: inbox.Message{
			ID: mail, Attempt: 1, Channel: from.Channel, Account: from.ID, HeaderID: rule.HeaderID(mail, from),
			To: []inbox.Party{{Address: rights.Agent.Email, Name: rights.Agent.Name}},
		},
	}
	d.Message.Subject, d.Message.Text = rule.Letter(&rights.Agent, shown, len(list)-len(shown))
	subject, payload, err := rule.Encode(d)
	if err != nil {
		return fmt.Errorf("encode digest: %w", err)
	}
	return enqueue(ctx, tx, [][]any{{subject, payload}})
}

// digestSender is the mail account that a digest is sent from: one of the inbox that
// the newest notification is about, or any that the agent sees. There is none for an
// agent whose address is an account's own: the mail would come in here.
func digestSender(ctx context.Context, tx pgx.Tx, rights *inbox.Rights, in inbox.InboxID) (*inbox.Account, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+accountColumns+` FROM accounts WHERE channel = 'email' AND address <> '' AND NOT paused AND removed_at IS NULL
			AND ($1 OR inbox_id = ANY($2::uuid[])) AND NOT EXISTS (SELECT FROM accounts x WHERE lower(x.address) = lower($4) OR x.own @> ARRAY[lower($4)])
		ORDER BY inbox_id = $3 DESC, created_at, id LIMIT 1`, rights.All, ids(rights.Inboxes), in, rights.Agent.Email)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanAccount)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// ourLetters are those of the messages of ours that belong to no conversation: a
// one-time code's mail, a digest, or a letter to an agent.
func ourLetters(ctx context.Context, q querier, named []string) ([]inbox.MessageID, error) {
	list, err := column[inbox.MessageID](ctx, q, `
		SELECT id FROM claim_codes WHERE id = ANY($1::uuid[]) UNION ALL SELECT id FROM digests WHERE id = ANY($1::uuid[])
		UNION ALL SELECT id FROM letters WHERE id = ANY($1::uuid[])`, named)
	slices.Sort(list)
	return list, err
}
