package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const (
	// inAudit is the condition of the indexes of the audit log.
	inAudit = `(e.actor_kind = 'agent' OR e.kind IN ('account.changed', 'agent.changed'))`
	// maxAudit is the most that one read returns.
	maxAudit = 1000
	// maxAuditValue bounds what is shown of one field, in bytes.
	maxAuditValue = 2000
)

// Audit returns one page of what agents did and of what was done to agents and
// accounts by whomever, the newest first, and where the next begins. For admins.
func (s *Store) Audit(ctx context.Context, by *inbox.Caller, f inbox.AuditFilter) ([]inbox.AuditEntry, inbox.Cursor, error) {
	if err := mayAdminister(by); err != nil {
		return nil, inbox.Cursor{}, err
	}
	if err := checkCursor(f.After); err != nil {
		return nil, inbox.Cursor{}, err
	}
	size := min(f.Limit, maxAudit)
	if size <= 0 {
		size = defaultPage
	}
	after := f.After
	if after.IsZero() {
		after = beyond[false]
	}
	where := inAudit + ` AND (e.at, e.id) < (@at, @id::uuid)`
	args := pgx.NamedArgs{"at": after.At, "id": after.ID}
	if f.Actor != "" {
		where += ` AND e.actor_kind = 'agent' AND e.actor_id = @actor`
		args["actor"] = string(f.Actor)
	}
	if len(f.Kinds) > 0 {
		where += ` AND e.kind = ANY(@kinds)`
		args["kinds"] = ids(f.Kinds)
	}
	if !f.From.IsZero() {
		where += ` AND e.at >= @from`
		args["from"] = f.From
	}
	if !f.Before.IsZero() {
		where += ` AND e.at < @before`
		args["before"] = f.Before
	}
	rows, err := s.pool.Query(ctx, `
		SELECT e.id, e.at, e.kind, e.actor_kind, e.actor_id, e.session_id, e.cause, e.entity, e.before, e.after, coalesce(c.number, 0), coalesce(c.subject, '')
		FROM (SELECT e.* FROM events e WHERE `+where+` ORDER BY e.at DESC, e.id DESC LIMIT `+strconv.Itoa(size+1)+`) e
		LEFT JOIN conversations c ON c.id = CASE WHEN e.kind = 'conversation.changed' THEN e.entity ELSE (e.after->>'conversationId')::uuid END
		ORDER BY e.at DESC, e.id DESC`, args)
	if err != nil {
		return nil, inbox.Cursor{}, fmt.Errorf("read audit log: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (inbox.AuditEntry, error) {
		var e inbox.AuditEntry
		var before, after []byte
		if err := row.Scan(&e.ID, &e.At, &e.Kind, &e.Actor.Kind, &e.Actor.ID, &e.SessionID, &e.RequestID, &e.Entity, &before, &after, &e.Number, &e.Subject); err != nil {
			return e, err
		}
		e.At, e.New = e.At.UTC(), before == nil
		return e, tell(&e, before, after)
	})
	if err != nil {
		return nil, inbox.Cursor{}, fmt.Errorf("read audit log: %w", err)
	}
	list, next := cut(list, size, func(e *inbox.AuditEntry) inbox.Cursor { return inbox.Cursor{At: e.At, ID: string(e.ID)} })
	if err := s.nameFields(ctx, by, list); err != nil {
		return nil, inbox.Cursor{}, err
	}
	return list, next, nameActors(ctx, s.pool, list)
}

// nameFields has the changes of what is noted of conversations say what the fields
// and their options are called by now, instead of their ids.
func (s *Store) nameFields(ctx context.Context, by *inbox.Caller, list []inbox.AuditEntry) error {
	var all []inbox.Field
	named := func(raw json.RawMessage) (json.RawMessage, error) {
		var values inbox.FieldValues
		if len(raw) == 0 || json.Unmarshal(raw, &values) != nil {
			return raw, nil
		}
		called := map[string]string{}
		for id, v := range values {
			name := string(id)
			if i := slices.IndexFunc(all, func(f inbox.Field) bool { return f.ID == id }); i >= 0 {
				name, v = all[i].Name, all[i].Called(v)
			}
			called[name] = v
		}
		return json.Marshal(called)
	}
	for i := range list {
		if list[i].Kind != inbox.ConversationChanged {
			continue
		}
		for j := range list[i].Changes {
			c := &list[i].Changes[j]
			if c.Field != "fields" {
				continue
			}
			var err error
			if all == nil {
				if all, err = s.Fields(ctx, &by.Rights); err != nil {
					return err
				}
			}
			if c.Before, err = named(c.Before); err != nil {
				return err
			}
			if c.After, err = named(c.After); err != nil {
				return err
			}
		}
	}
	return nil
}

// LogDiscard logs that an admin throws a dead letter away.
func (s *Store) LogDiscard(ctx context.Context, by *inbox.Caller, l inbox.DeadLetter, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		return logOnly(ctx, tx, []change{unversioned(by, inbox.LetterDiscarded, inbox.NewID[string](now), map[string]any{
			"text": l.Reason, "channel": l.Channel, "account": l.Account, "eventId": l.EventID, "at": l.At, "letter": l.ID}, now)})
	})
	if err != nil {
		return fmt.Errorf("log what is discarded: %w", err)
	}
	return nil
}

// nameActors fills in what the agents are called by now.
func nameActors(ctx context.Context, q querier, list []inbox.AuditEntry) error {
	var who []string
	for i := range list {
		if list[i].Actor.Kind == inbox.ByAgent {
			who = append(who, list[i].Actor.ID)
		}
	}
	rows, err := q.Query(ctx, `SELECT id::text, name FROM agents WHERE id::text = ANY($1)`, who)
	if err != nil {
		return fmt.Errorf("read who did it: %w", err)
	}
	names := map[string]string{}
	var id, name string
	if _, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		names[id] = name
		return nil
	}); err != nil {
		return fmt.Errorf("read who did it: %w", err)
	}
	for i := range list {
		if list[i].Actor.Kind == inbox.ByAgent {
			list[i].Actor.Name = names[list[i].Actor.ID]
		}
	}
	return nil
}

// subjectFields are what an entity is known by, in the order of preference.
var subjectFields = []string{"name", "email", "number", "orderNumber", "key", "text", "address"}

// noise are fields that change with every change, or follow from others.
var noise = map[string]bool{"version": true, "updatedAt": true, "updatedBy": true, "lastAt": true, "messageSeq": true, "publicSeq": true,
	"preview": true, "customer": true, "id": true, "createdAt": true, "createdBy": true}

// setUp are the kinds of which what is new is told whole.
var setUp = []inbox.EventKind{inbox.AgentChanged, inbox.AccountChanged, inbox.InvitationChanged, inbox.TeamChanged, inbox.KeyChanged, inbox.SenderChanged, inbox.FieldChanged,
	inbox.LetterDiscarded}

// tell says what of an entity changed, from the log's states of it.
func tell(e *inbox.AuditEntry, before, after []byte) error {
	var was, is map[string]json.RawMessage
	if err := object(before, &was); err != nil {
		return fmt.Errorf("read before of %s: %w", e.ID, err)
	}
	if err := object(after, &is); err != nil {
		return fmt.Errorf("read after of %s: %w", e.ID, err)
	}
	if e.Kind != inbox.ConversationChanged && e.Kind != inbox.MessageChanged {
		e.Subject = knownAs(is)
		if e.Subject == "" {
			e.Subject = knownAs(was)
		}
	}
	e.Changes = []inbox.AuditChange{}
	if e.New && !slices.Contains(setUp, e.Kind) {
		return nil
	}
	fields := maps.Clone(is)
	if fields == nil {
		fields = map[string]json.RawMessage{}
	}
	for f, v := range was {
		if _, has := fields[f]; !has {
			fields[f] = v
		}
	}
	for _, f := range slices.Sorted(maps.Keys(fields)) {
		if !noise[f] && !bytes.Equal(was[f], is[f]) {
			e.Changes = append(e.Changes, inbox.AuditChange{Field: f, Before: bounded(was[f]), After: bounded(is[f])})
		}
	}
	return nil
}

// object reads a JSON object; what is none has no fields.
func object(raw []byte, into *map[string]json.RawMessage) error {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return json.Unmarshal(raw, into)
}

func knownAs(fields map[string]json.RawMessage) string {
	for _, f := range subjectFields {
		var text string
		if json.Unmarshal(fields[f], &text) == nil && text != "" {
			return text
		}
	}
	return ""
}

func bounded(v json.RawMessage) json.RawMessage {
	if len(v) > maxAuditValue {
		return json.RawMessage(`"…"`)
	}
	return v
}
