package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// shownName is what somebody is called, of identities i and customers k: see
// [inbox.Identity.Shown].
const shownName = `coalesce(nullif(k.name, ''), nullif(i.name, ''), CASE i.kind WHEN 'visitor' THEN 'Visitor ' || left(i.value, 4) ELSE i.value END)`

// conversationColumns are read by [scanConversation], of conversations c joined
// with identities i and customers k: see [conversationFrom].
const conversationColumns = `c.id, c.number, c.version, c.inbox_id, coalesce(c.team_id::text, ''),
	coalesce(c.assignee_id::text, ''), c.status, c.channel, c.account_id, c.subject, c.preview,
	i.customer_id, c.identity_id, ` + shownName + `, i.value, i.proof, k.version, i.blocked_at IS NOT NULL,
	c.message_seq, c.public_seq, c.created_at, c.last_at, c.waiting_since, c.first_reply_at, c.left_at, coalesce(c.merged_into::text, ''),
	coalesce(c.order_id::text, ''), c.order_number, c.priority, c.tags, c.custom, CASE WHEN c.status = 'snoozed' THEN c.snoozed_until END, coalesce(c.side_of::text, ''), c.outbound, c.heard_at`

const conversationFrom = `conversations c
	JOIN identities i ON i.id = c.identity_id
	JOIN customers k ON k.id = i.customer_id`

func scanConversation(row pgx.CollectableRow) (inbox.Conversation, error) {
	var c inbox.Conversation
	var order inbox.OrderRef
	err := row.Scan(&c.ID, &c.Number, &c.Version, &c.InboxID, &c.TeamID, &c.Assignee, &c.Status, &c.Channel, &c.Account,
		&c.Subject, &c.Preview, &c.Customer.CustomerID, &c.Customer.IdentityID, &c.Customer.Name, &c.Customer.Address,
		&c.Customer.Proof, &c.Customer.CustomerVersion, &c.Customer.Blocked, &c.MessageSeq, &c.PublicSeq, &c.CreatedAt, &c.LastAt, &c.WaitingSince, &c.FirstReplyAt, &c.LeftAt, &c.MergedInto,
		&order.ID, &order.Number, &c.Priority, &c.Tags, &c.Fields, &c.SnoozedUntil, &c.SideOf, &c.Outbound, &c.HeardAt)
	if len(c.Tags) == 0 {
		c.Tags = nil // as in an event that was read back
	}
	if len(c.Fields) == 0 {
		c.Fields = nil
	}
	if order.ID != "" {
		c.Order = &order
	}
	return c, err
}

// messageColumns are read by [scanMessage], of messages m. Attachments come
// apart: see [addAttachments].
const messageColumns = `m.id, m.conversation_id, m.thread_id, m.seq, m.version, m.kind, m.direction, m.channel, m.account_id,
	m.identity_id, m.author_kind, coalesce(m.agent_id::text, ''), m.author_name, m.author_address, m.recipients,
	m.subject, m.text, m.visible_text, m.html, m.remote_images, m.state, m.state_detail, m.attempt, m.send_at,
	m.spam, m.proof, m.detail, m.reason, m.header_id, m.raw_sha256 <> '', m.sent_at, m.created_at,
	coalesce(m.about_id::text, ''), m.call, m.scheduled`

// recipients is the column of that name.
type recipients struct {
	To  []inbox.Party `json:"to"`
	Cc  []inbox.Party `json:"cc"`
	Bcc []inbox.Party `json:"bcc,omitempty"`
}

// detail is the column of that name.
type detail struct {
	Automatic  inbox.Automatic   `json:"automatic"`
	Bounces    []inbox.Bounce    `json:"bounces,omitempty"`
	Protection string            `json:"protection,omitempty"`
	Problems   []string          `json:"problems,omitempty"`
	Masked     bool              `json:"masked,omitempty"`
	EditedAt   *time.Time        `json:"editedAt,omitempty"`
	DeletedAt  *time.Time        `json:"deletedAt,omitempty"`
	Reactions  []inbox.Reaction  `json:"reactions,omitempty"`
	Unset      []inbox.Reaction  `json:"unset,omitempty"`
	ExternalID string            `json:"externalId,omitempty"`
	Mentions   []inbox.Mentioned `json:"mentions,omitempty"`
	Template   *inbox.Template   `json:"template,omitempty"`
	Comment    *inbox.Comment    `json:"comment,omitempty"`
	Signature  *inbox.Signature  `json:"signature,omitempty"`

	Teams []inbox.MentionedTeam `json:"mentionedTeams,omitempty"`
}

func detailOf(m *inbox.Message) detail {
	return detail{
		Automatic: m.Automatic, Bounces: m.Bounces, Protection: m.Protection, Problems: m.Problems, Masked: m.Masked,
		EditedAt: m.EditedAt, DeletedAt: m.DeletedAt, Reactions: m.Reactions, Unset: m.Unset, ExternalID: m.ExternalID,
		Mentions: m.Mentions, Teams: m.Teams, Template: m.Template, Comment: m.Comment, Signature: m.Signature,
	}
}

func scanMessage(row pgx.CollectableRow) (inbox.Message, error) {
	m := inbox.Message{Attachments: []inbox.Attachment{}}
	var who, more, why []byte
	if err := row.Scan(&m.ID, &m.ConversationID, &m.ThreadID, &m.Seq, &m.Version, &m.Kind, &m.Direction, &m.Channel, &m.Account,
		&m.Author.IdentityID, &m.Author.Kind, &m.Author.AgentID, &m.Author.Name, &m.Author.Address, &who,
		&m.Subject, &m.Text, &m.VisibleText, &m.HTML, &m.RemoteImages, &m.State, &m.StateDetail, &m.Attempt, &m.SendAt,
		&m.Spam, &m.Proof, &more, &why, &m.HeaderID, &m.HasRaw, &m.SentAt, &m.CreatedAt,
		&m.AboutID, &m.Call, &m.Scheduled); err != nil {
		return m, err
	}
	if m.Author.Kind != inbox.ByCustomer {
		m.Author.IdentityID = ""
	}
	var r recipients
	var d detail
	for _, col := range []struct {
		raw  []byte
		into any
	}{{who, &r}, {more, &d}, {why, &m.Reason}} {
		if err := json.Unmarshal(col.raw, col.into); err != nil {
			return m, fmt.Errorf("message %s: %w", m.ID, err)
		}
	}
	m.To, m.Cc, m.Bcc = orEmpty(r.To), orEmpty(r.Cc), r.Bcc
	m.Template, m.Signature = d.Template, d.Signature
	m.Automatic, m.Bounces, m.Protection, m.Problems, m.Masked = d.Automatic, d.Bounces, d.Protection, d.Problems, d.Masked
	m.EditedAt, m.DeletedAt, m.Reactions, m.Unset, m.ExternalID = d.EditedAt, d.DeletedAt, d.Reactions, d.Unset, d.ExternalID
	m.Mentions, m.Teams, m.Comment = d.Mentions, d.Teams, d.Comment
	return m, nil
}

// orEmpty keeps null out of the JSON that clients see.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// addAttachments fills in the attachments of messages, in order.
func addAttachments(ctx context.Context, q querier, messages []inbox.Message) error {
	if len(messages) == 0 {
		return nil
	}
	at := make(map[inbox.MessageID]int, len(messages))
	ids := make([]string, len(messages))
	for i, m := range messages {
		at[m.ID], ids[i] = i, string(m.ID)
	}
	rows, err := q.Query(ctx, `
		SELECT message_id, id, name, type, size, sha256, inline, content_id
		FROM attachments WHERE message_id = ANY($1) ORDER BY message_id, position`, ids)
	if err != nil {
		return fmt.Errorf("read attachments: %w", err)
	}
	var of inbox.MessageID
	var a inbox.Attachment
	if _, err := pgx.ForEachRow(rows, []any{&of, &a.ID, &a.Name, &a.Type, &a.Size, &a.SHA256, &a.Inline, &a.ContentID}, func() error {
		m := &messages[at[of]]
		m.Attachments = append(m.Attachments, a)
		return nil
	}); err != nil {
		return fmt.Errorf("read attachments: %w", err)
	}
	return nil
}

// A querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}
