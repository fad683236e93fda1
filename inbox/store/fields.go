package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxFields bounds the fields that are not archived.
const maxFields = 100

const fieldColumns = `f.id, f.version, f.name, f.kind, f.options, f.inboxes::text[], f.required, f.place, f.archived_at IS NOT NULL`

// ofConversations is the condition of fields f that conversations have.
const ofConversations = `f.entity = 'conversations'`

var errField = &inbox.Error{Code: inbox.NotFound, Message: "the field is not there"}

func scanField(row pgx.CollectableRow) (inbox.Field, error) {
	var f inbox.Field
	var options []byte
	if err := row.Scan(&f.ID, &f.Version, &f.Name, &f.Kind, &options, &f.Inboxes, &f.Required, &f.Place, &f.Archived); err != nil {
		return f, err
	}
	f.Inboxes = orEmpty(f.Inboxes)
	if len(options) > 0 && options[0] == '[' {
		if err := json.Unmarshal(options, &f.Options); err != nil {
			return f, fmt.Errorf("options of field %s: %w", f.ID, err)
		}
	}
	return f, nil
}

func collectFields(ctx context.Context, q querier, where string, args ...any) ([]inbox.Field, error) {
	rows, err := q.Query(ctx, `SELECT `+fieldColumns+` FROM custom_fields f WHERE `+ofConversations+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read fields: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanField)
	if err != nil {
		return nil, fmt.Errorf("read fields: %w", err)
	}
	return orEmpty(list), nil
}

// Fields returns what is noted of conversations that rights admit, archived fields
// too, in the order of their places.
func (s *Store) Fields(ctx context.Context, rights *inbox.Rights) ([]inbox.Field, error) {
	return collectFields(ctx, s.pool, ` AND ($1 OR f.inboxes = '{}' OR f.inboxes && $2::uuid[]) ORDER BY f.place, lower(f.name), f.id`,
		rights.All, ids(rights.Inboxes))
}

// fieldsOf are those that the conversations of an inbox have.
func fieldsOf(ctx context.Context, q querier, in inbox.InboxID) ([]inbox.Field, error) {
	return collectFields(ctx, q, ` AND f.archived_at IS NULL AND (f.inboxes = '{}' OR $1 = ANY(f.inboxes)) ORDER BY f.place, lower(f.name), f.id`, in)
}

// noted is what the column keeps of a conversation's fields.
func noted(c *inbox.Conversation) inbox.FieldValues {
	if c.Fields == nil {
		return inbox.FieldValues{}
	}
	return c.Fields
}

// note sets fields of a locked conversation, and of fill those that it has none of.
// The caller writes them.
func note(ctx context.Context, tx pgx.Tx, c *inbox.Conversation, set, fill inbox.FieldValues) error {
	if len(set)+len(fill) == 0 {
		return nil
	}
	fields, err := fieldsOf(ctx, tx, c.InboxID)
	if err != nil {
		return err
	}
	values, err := c.Fields.With(fields, set, false)
	if err != nil {
		return err
	}
	if values, err = values.With(fields, fill, true); err != nil {
		return err
	}
	// What is closed keeps what it was closed with.
	if c.Status == inbox.Closed {
		var lost []inbox.Field
		for _, f := range values.Missing(fields) {
			if c.Fields[f.ID] != "" {
				lost = append(lost, f)
			}
		}
		if len(lost) > 0 {
			return &inbox.Lacking{Fields: lost}
		}
	}
	c.Fields = values
	return nil
}

// mayClose refuses to close a conversation that lacks what its inbox wants to know
// of it; one that was closed before stays so.
func mayClose(ctx context.Context, tx pgx.Tx, before, after *inbox.Conversation) error {
	if after.Status != inbox.Closed || before.Status == inbox.Closed {
		return nil
	}
	fields, err := fieldsOf(ctx, tx, after.InboxID)
	if err != nil {
		return err
	}
	if missing := after.Fields.Missing(fields); len(missing) > 0 {
		return &inbox.Lacking{Fields: missing}
	}
	return nil
}

// SaveField makes a field, or has the one with f.ID, which must be at f.Version, be
// as f says: any other version is a Conflict. Its kind stays what it was made with.
// Saved views that name a contact reason follow when it is called otherwise. For
// admins.
func (s *Store) SaveField(ctx context.Context, by *inbox.Caller, f inbox.Field, now time.Time) (inbox.Field, error) {
	if err := mayAdminister(by); err != nil {
		return inbox.Field{}, err
	}
	if err := f.Check(); err != nil {
		return inbox.Field{}, err
	}
	f.Inboxes = slices.Compact(slices.Sorted(slices.Values(orEmpty(f.Inboxes))))
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Fields are few and seldom changed: one after the other.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('fields', 0))`); err != nil {
			return err
		}
		var was *inbox.Field
		if f.ID == "" {
			f.ID, f.Version, f.Archived = inbox.NewID[inbox.FieldID](now), 0, false
		} else {
			old, err := lockField(ctx, tx, f.ID, f.Version)
			if err != nil {
				return err
			}
			if was = &old; f.Kind != was.Kind {
				return &inbox.Error{Code: inbox.Conflict, Message: "the kind of a field stays what it was: archive it and make another"}
			}
		}
		if err := f.Keep(was, func() inbox.OptionID { return inbox.NewID[inbox.OptionID](now) }); err != nil {
			return err
		}
		var known, used int
		if err := tx.QueryRow(ctx, `
			SELECT (SELECT count(*) FROM inboxes WHERE id = ANY($1::uuid[])),
				(SELECT count(*) FROM custom_fields f WHERE `+ofConversations+` AND f.archived_at IS NULL AND f.id <> $2)`,
			ids(f.Inboxes), f.ID).Scan(&known, &used); err != nil {
			return err
		}
		switch {
		case known != len(f.Inboxes):
			return &inbox.Error{Code: inbox.Conflict, Message: "one of the inboxes is not there"}
		case used >= maxFields && !f.Archived:
			return &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("there are %d fields: archive one before you add another", used)}
		}
		f.Version++
		options, err := json.Marshal(orEmpty(f.Options))
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO custom_fields (id, entity, version, name, kind, options, inboxes, required, place, archived_at, created_at)
			VALUES (@id, 'conversations', @version, @name, @kind, @options, @inboxes, @required, @place, CASE WHEN @archived THEN @now::timestamptz END, @now)
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, name = excluded.name, options = excluded.options,
				inboxes = excluded.inboxes, required = excluded.required, place = excluded.place,
				archived_at = CASE WHEN @archived THEN coalesce(custom_fields.archived_at, @now) END`,
			pgx.NamedArgs{"id": f.ID, "version": f.Version, "name": f.Name, "kind": string(f.Kind), "options": options,
				"inboxes": ids(f.Inboxes), "required": f.Required, "place": f.Place, "archived": f.Archived, "now": now}); err != nil {
			return conflict(err, "there is a field of this name already")
		}
		if was != nil && f.Kind == inbox.ReasonField {
			if err := renameReasons(ctx, tx, by, was, &f, now); err != nil {
				return err
			}
		}
		c := settingChange(by, inbox.FieldChanged, string(f.ID), f.Version, now)
		is := f
		c.event.Field, c.event.Audience = &is, f.Audience()
		if was != nil {
			c.before = was
			if c.event.Audience.Were, err = wereIn(ctx, tx, was, &f); err != nil {
				return err
			}
		}
		return announce(ctx, tx, []change{c})
	})
	if err != nil {
		return inbox.Field{}, fmt.Errorf("save field: %w", err)
	}
	return f, nil
}

// wereIn are the inboxes whose conversations had a field, where not all have it now.
func wereIn(ctx context.Context, tx pgx.Tx, was, is *inbox.Field) ([]inbox.InboxID, error) {
	switch {
	case len(is.Inboxes) == 0:
		return nil, nil
	case len(was.Inboxes) > 0:
		return was.Inboxes, nil
	}
	return column[inbox.InboxID](ctx, tx, `SELECT id FROM inboxes ORDER BY id`)
}

func lockField(ctx context.Context, tx pgx.Tx, id inbox.FieldID, version int64) (inbox.Field, error) {
	if !inbox.ValidID(string(id)) {
		return inbox.Field{}, errField
	}
	list, err := collectFields(ctx, tx, ` AND f.id = $1 FOR UPDATE`, id)
	switch {
	case err != nil:
		return inbox.Field{}, err
	case len(list) == 0:
		return inbox.Field{}, errField
	case list[0].Version != version:
		return inbox.Field{}, errStale
	}
	return list[0], nil
}

// reasonNames are what the contact reasons of a field can be called in a filter, by
// option: their own names, and of the second level with the first before it.
func reasonNames(f *inbox.Field) map[inbox.OptionID][]string {
	names := map[inbox.OptionID][]string{}
	for _, o := range f.Options {
		names[o.ID] = []string{o.Name}
		for _, b := range o.Below {
			names[b.ID] = []string{b.Name, o.Name + "/" + b.Name}
		}
	}
	return names
}

// reasonsNamed are the contact reasons of a name, in lower case, as documents that
// what a conversation has of them contains: with one of the first level come those
// below it.
func (s *Store) reasonsNamed(ctx context.Context, name string) ([]string, error) {
	fields, err := collectFields(ctx, s.pool, ` AND f.kind = 'reason'`)
	if err != nil {
		return nil, err
	}
	var list []string
	for i := range fields {
		f := &fields[i]
		add := func(id inbox.OptionID) error {
			doc, err := json.Marshal(inbox.FieldValues{f.ID: string(id)})
			list = append(list, string(doc))
			return err
		}
		names := reasonNames(f)
		is := func(id inbox.OptionID) bool {
			return slices.ContainsFunc(names[id], func(n string) bool { return strings.ToLower(n) == name })
		}
		for _, o := range f.Options {
			whole := is(o.ID)
			if whole {
				if err := add(o.ID); err != nil {
					return nil, err
				}
			}
			for _, b := range o.Below {
				if whole || is(b.ID) {
					if err := add(b.ID); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	if len(list) == 0 {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("reason:%s filters nothing: there is no contact reason of that name", name)}
	}
	return list, nil
}

// renameReasons has saved views go on showing what they showed, where a name that
// they filter by is no other reason's too.
func renameReasons(ctx context.Context, tx pgx.Tx, by *inbox.Caller, was, is *inbox.Field, now time.Time) error {
	before, after := reasonNames(was), reasonNames(is)
	fields, err := collectFields(ctx, tx, ` AND f.kind = 'reason'`)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for i := range fields {
		for _, names := range reasonNames(&fields[i]) {
			for _, n := range names {
				taken[strings.ToLower(n)] = true
			}
		}
	}
	to := map[string]string{}
	for id, names := range before {
		for n, name := range names {
			next := after[id]
			if n < len(next) && !strings.EqualFold(name, next[n]) && !taken[strings.ToLower(name)] {
				to[strings.ToLower(name)] = next[n]
			}
		}
	}
	return renameInViews(ctx, tx, by, "reason", to, now)
}
