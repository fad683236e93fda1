package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const savedReplyColumns = `r.id, r.version, coalesce(r.owner_id::text, ''), coalesce(r.team_id::text, ''), r.folder, r.name, r.texts,
	r.actions, r.created_at, r.updated_at, r.updated_by, r.deleted`

func scanSavedReply(row pgx.CollectableRow) (inbox.SavedReply, error) {
	var r inbox.SavedReply
	err := row.Scan(&r.ID, &r.Version, &r.Owner, &r.TeamID, &r.Folder, &r.Name, &r.Texts, &r.Actions, &r.CreatedAt, &r.UpdatedAt, &r.UpdatedBy, &r.Deleted)
	r.Texts, r.CreatedAt, r.UpdatedAt = orEmpty(r.Texts), r.CreatedAt.UTC(), r.UpdatedAt.UTC()
	return r, err
}

func collectSavedReplies(ctx context.Context, q querier, tail string, args ...any) ([]inbox.SavedReply, error) {
	rows, err := q.Query(ctx, `SELECT `+savedReplyColumns+` FROM saved_replies r `+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("read saved replies: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanSavedReply)
	if err != nil {
		return nil, fmt.Errorf("read saved replies: %w", err)
	}
	return orEmpty(list), nil
}

// maxSavedReplies bounds how many one agent has, and how many everybody: a page
// holds them all.
const maxSavedReplies = 2000

// SavedReplies returns everybody's and the agent's own, by folder and name.
func (s *Store) SavedReplies(ctx context.Context, agent inbox.AgentID) ([]inbox.SavedReply, error) {
	return collectSavedReplies(ctx, s.pool, `
		WHERE NOT r.deleted AND (r.owner_id IS NULL OR r.owner_id = $1) ORDER BY lower(r.folder), lower(r.name), r.id`, agent)
}

// TextVariables are the names of what a text may have filled in.
func (s *Store) TextVariables() []string { return s.rules.Orders.Variables() }

var (
	errSavedReply = &inbox.Error{Code: inbox.NotFound, Message: "the saved reply is not there"}
	errMaySave    = &inbox.Error{Code: inbox.Forbidden, Message: "what everybody uses is changed by supervisors and admins: make one of your own"}
)

// SaveReply makes a saved reply, or replaces the one with r's id, which must be
// at r's version: any other is a Conflict. Whose it is never changes.
func (s *Store) SaveReply(ctx context.Context, by *inbox.Caller, r inbox.SavedReply, now time.Time) (inbox.SavedReply, error) {
	now = stored(now)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var was *inbox.SavedReply
		if r.ID == "" {
			r.ID, r.Version, r.CreatedAt = inbox.NewID[inbox.SavedReplyID](now), 0, now
			var n int
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM saved_replies WHERE NOT deleted AND owner_id IS NOT DISTINCT FROM $1::uuid`,
				null(r.Owner)).Scan(&n); err != nil {
				return err
			}
			if n >= maxSavedReplies {
				return &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("there are %d saved replies already: take some away first", n)}
			}
		} else {
			old, err := lockSavedReply(ctx, tx, by, r.ID, r.Version)
			if err != nil {
				return err
			}
			was, r.Owner, r.CreatedAt = &old, old.Owner, old.CreatedAt
		}
		if !r.MayChange(by) {
			return errMaySave
		}
		if err := r.Check(); err != nil {
			return err
		}
		for _, t := range r.Texts {
			if err := s.rules.Orders.CheckText(t.Text); err != nil {
				return err
			}
		}
		r.Version++
		r.UpdatedAt, r.UpdatedBy, r.Texts = now, by.Agent.ID, orEmpty(r.Texts)
		return writeSavedReply(ctx, tx, by, was, &r)
	})
	if err != nil {
		return inbox.SavedReply{}, fmt.Errorf("save reply: %w", err)
	}
	return r, nil
}

// DeleteSavedReply takes a saved reply away; what was sent of it stays.
func (s *Store) DeleteSavedReply(ctx context.Context, by *inbox.Caller, id inbox.SavedReplyID, now time.Time) error {
	now = stored(now)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		old, err := lockSavedReply(ctx, tx, by, id, 0)
		if err != nil {
			return err
		}
		if !old.MayChange(by) {
			return errMaySave
		}
		r := old
		r.Version++
		r.UpdatedAt, r.UpdatedBy, r.Deleted = now, by.Agent.ID, true
		return writeSavedReply(ctx, tx, by, &old, &r)
	})
	if err != nil {
		return fmt.Errorf("delete saved reply: %w", err)
	}
	return nil
}

// lockSavedReply returns one that the caller sees; version 0 is any.
func lockSavedReply(ctx context.Context, tx pgx.Tx, by *inbox.Caller, id inbox.SavedReplyID, version int64) (inbox.SavedReply, error) {
	if !inbox.ValidID(string(id)) {
		return inbox.SavedReply{}, errSavedReply
	}
	list, err := collectSavedReplies(ctx, tx, `
		WHERE r.id = $1 AND NOT r.deleted AND (r.owner_id IS NULL OR r.owner_id = $2) FOR UPDATE OF r`, id, by.Agent.ID)
	switch {
	case err != nil:
		return inbox.SavedReply{}, err
	case len(list) == 0:
		return inbox.SavedReply{}, errSavedReply
	case version != 0 && list[0].Version != version:
		return inbox.SavedReply{}, &inbox.Error{Code: inbox.Conflict, Message: "somebody has changed it meanwhile: look again"}
	}
	return list[0], nil
}

func writeSavedReply(ctx context.Context, tx pgx.Tx, by *inbox.Caller, was, r *inbox.SavedReply) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO saved_replies (id, version, owner_id, team_id, folder, name, texts, actions, created_at, updated_at, updated_by, deleted)
		VALUES (@id, @version, @owner, @team, @folder, @name, @texts, @actions, @created, @updated, @by, @deleted)
		ON CONFLICT (id) DO UPDATE SET version = excluded.version, team_id = excluded.team_id, folder = excluded.folder, name = excluded.name,
			texts = excluded.texts, actions = excluded.actions, updated_at = excluded.updated_at, updated_by = excluded.updated_by,
			deleted = excluded.deleted`,
		pgx.NamedArgs{"id": r.ID, "version": r.Version, "owner": null(r.Owner), "team": null(r.TeamID), "folder": r.Folder, "name": r.Name,
			"texts": r.Texts, "actions": r.Actions, "created": r.CreatedAt, "updated": r.UpdatedAt, "by": r.UpdatedBy, "deleted": r.Deleted})
	if err != nil {
		return conflict(err, "the team is not there")
	}
	after := *r
	ch := change{session: string(by.Session), cause: by.Request, event: inbox.Event{
		ID: inbox.NewID[inbox.EventID](r.UpdatedAt), Kind: inbox.SavedReplyChanged, At: r.UpdatedAt, Actor: by.Actor(),
		Entity: string(r.ID), Version: r.Version, SavedReply: &after, Audience: r.Audience(),
	}}
	if was != nil {
		ch.before = was
	}
	return announce(ctx, tx, []change{ch})
}

// RenderSaved is [Store.Render] of a saved reply, in the language of whoever the
// conversation is with, or else of its inbox's brand, where there is one in it;
// locale, when it isn't "", goes before both. A reply that only does something
// is "".
func (s *Store) RenderSaved(ctx context.Context, by *inbox.Caller, ref string, id inbox.SavedReplyID, locale string, to, cc []inbox.Party, matchKey func(string) string) (inbox.SavedText, error) {
	if !inbox.ValidID(string(id)) {
		return inbox.SavedText{}, errSavedReply
	}
	c, err := findConversation(ctx, s.pool, &by.Rights, ref, "")
	if err != nil {
		return inbox.SavedText{}, fmt.Errorf("render saved reply: %w", err)
	}
	list, err := collectSavedReplies(ctx, s.pool, `WHERE r.id = $1 AND NOT r.deleted AND (r.owner_id IS NULL OR r.owner_id = $2)`, id, by.Agent.ID)
	if err != nil {
		return inbox.SavedText{}, err
	}
	if len(list) == 0 {
		return inbox.SavedText{}, errSavedReply
	}
	theirs, ours, err := languagesOf(ctx, s.pool, c.Customer.IdentityID, c.InboxID)
	if err != nil {
		return inbox.SavedText{}, fmt.Errorf("render saved reply: %w", err)
	}
	t, ok := list[0].In(locale, theirs, ours)
	if !ok {
		return t, nil
	}
	t.Text, err = s.Render(ctx, &by.Rights, string(c.ID), t.Text, to, cc, matchKey)
	return t, err
}

// languagesOf are those of somebody, "" where it isn't known, and of an inbox's
// brand. What the address itself tells of goes before what the customer's others
// do, of which the shop's account is the one that often does.
func languagesOf(ctx context.Context, q querier, who inbox.IdentityID, of inbox.InboxID) (theirs, ours string, err error) {
	err = q.QueryRow(ctx, `
		SELECT coalesce((
				SELECT l.locale FROM identities i JOIN identities l ON l.customer_id = i.customer_id
				WHERE i.id = $1 AND l.locale <> ''
				ORDER BY l.id = i.id DESC, l.proof DESC, l.created_at, l.id LIMIT 1), ''), b.locale
		FROM inboxes n JOIN brands b ON b.id = n.brand_id WHERE n.id = $2`,
		null(who), of).Scan(&theirs, &ours)
	if err != nil {
		err = fmt.Errorf("read languages: %w", err)
	}
	return theirs, ours, err
}
