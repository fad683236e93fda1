package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

const (
	// maxSavedViews bounds the views that one agent keeps, and those that are shared.
	maxSavedViews = 50
	// maxCounted is how far the conversations of a view, a tag or another list are
	// counted.
	maxCounted = 100
	// maxTags is how many tags are named, and maxTaggedSeen how many tagged
	// conversations of each inbox, the newest, are looked at for them.
	maxTags, maxTaggedSeen = 100, 2000
)

// viewColumns are those of an [inbox.View].
const viewColumns = `id, version, agent_id, name, query, sort, shared`

var errView = &inbox.Error{Code: inbox.NotFound, Message: "the view is not there, or is somebody else's"}

// Views returns an agent's own views and those that are shared, by name.
func (s *Store) Views(ctx context.Context, by *inbox.Caller) ([]inbox.View, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+viewColumns+` FROM saved_views
		WHERE agent_id = $1 OR shared ORDER BY shared, lower(name), id LIMIT $2`, by.Agent.ID, 2*maxSavedViews)
	if err != nil {
		return nil, fmt.Errorf("read views: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.View])
	if err != nil {
		return nil, fmt.Errorf("read views: %w", err)
	}
	return orEmpty(list), nil
}

// ViewCounts counts what is in each of [Store.Views] for the reader, up to a
// hundred. A view whose query holds no more, since an inbox that it names is gone,
// or which takes too long to look through, is left out.
func (s *Store) ViewCounts(ctx context.Context, by *inbox.Caller) ([]inbox.ViewCount, error) {
	views, err := s.Views(ctx, by)
	if err != nil {
		return nil, err
	}
	list := []inbox.ViewCount{}
	for _, v := range views {
		found, err := s.list(ctx, &by.Rights, inbox.ConversationFilter{Text: v.Query, Sort: v.Sort}, maxCounted)
		if code := inbox.CodeOf(err); code == inbox.Invalid || code == inbox.Unavailable {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("count views: %w", err)
		}
		list = append(list, inbox.ViewCount{ID: v.ID, Count: len(found)})
	}
	return list, nil
}

// CountConversations counts what a list holds, up to a hundred.
func (s *Store) CountConversations(ctx context.Context, rights *inbox.Rights, f inbox.ConversationFilter) (int, error) {
	list, err := s.list(ctx, rights, f, maxCounted)
	if err != nil {
		return 0, fmt.Errorf("count conversations: %w", err)
	}
	return len(list), nil
}

// TagCounts returns the tags of the open conversations that rights admit, the most
// used first, each counted up to a hundred. What it reads is bounded: of an inbox
// with thousands of tagged conversations, the newest tell.
func (s *Store) TagCounts(ctx context.Context, rights *inbox.Rights) ([]inbox.TagCount, error) {
	args := pgx.NamedArgs{}
	rows, err := s.pool.Query(ctx, `
		SELECT tag, least(count(*), `+strconv.Itoa(maxCounted)+`)::int FROM (
			SELECT unnest(c.tags) AS tag FROM `+placesOf(rights, inbox.ConversationFilter{}, args)+` AS place(id) CROSS JOIN LATERAL (
				SELECT c.tags FROM conversations c
				WHERE c.inbox_id = place.id AND c.status = 'open' AND c.merged_into IS NULL AND c.tags <> '{}'
				ORDER BY c.last_at DESC, c.id DESC LIMIT `+strconv.Itoa(maxTaggedSeen)+`) c) t
		GROUP BY tag ORDER BY count(*) DESC, tag LIMIT `+strconv.Itoa(maxTags), args)
	if err != nil {
		return nil, fmt.Errorf("read tags: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.TagCount])
	if err != nil {
		return nil, fmt.Errorf("read tags: %w", err)
	}
	return orEmpty(list), nil
}

// SaveView makes a view, where v has no id, or changes it. A query that can't be
// read is refused. Of the shared, its maker, supervisors and admins change it.
func (s *Store) SaveView(ctx context.Context, by *inbox.Caller, v inbox.View, now time.Time) (inbox.View, error) {
	if _, err := s.lookFor(ctx, &by.Rights, v.Query); err != nil {
		return inbox.View{}, err
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if v.ID != "" {
			was, err := lockView(ctx, tx, v.ID)
			if err != nil {
				return err
			}
			v.Version = nextVersion(was, &v)
			if err := tx.QueryRow(ctx, `
				UPDATE saved_views SET version = $8, name = $2, query = $3, sort = $4, shared = $5
				WHERE id = $1 AND (agent_id = $6 OR shared AND $7) RETURNING agent_id`,
				v.ID, v.Name, v.Query, string(v.Sort), v.Shared, by.Agent.ID, by.Agent.Role != inbox.AgentRole, v.Version).Scan(&v.AgentID); err != nil {
				return err
			}
			return announceView(ctx, tx, by, was, &v, now)
		}
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM saved_views WHERE agent_id = $1`, by.Agent.ID).Scan(&n); err != nil {
			return err
		}
		if n >= maxSavedViews {
			return &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("you have %d views: delete one before you save another", n)}
		}
		v.ID, v.Version, v.AgentID = inbox.NewID[string](now), 1, by.Agent.ID
		_, err := tx.Exec(ctx, `INSERT INTO saved_views (id, agent_id, name, query, sort, shared, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			v.ID, v.AgentID, v.Name, v.Query, string(v.Sort), v.Shared, now)
		if err != nil {
			return err
		}
		return announceView(ctx, tx, by, nil, &v, now)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = errView
	}
	if err != nil {
		return inbox.View{}, fmt.Errorf("save view: %w", err)
	}
	return v, nil
}

// DeleteView deletes a view that the caller may change.
func (s *Store) DeleteView(ctx context.Context, by *inbox.Caller, id string, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		was, err := lockView(ctx, tx, id)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `DELETE FROM saved_views WHERE id = $1 AND (agent_id = $2 OR shared AND $3)`,
			id, by.Agent.ID, by.Agent.Role != inbox.AgentRole)
		if err == nil && tag.RowsAffected() == 0 {
			err = errView
		}
		if err != nil {
			return err
		}
		return announceView(ctx, tx, by, was, nil, now)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = errView
	}
	if err != nil {
		return fmt.Errorf("delete view: %w", err)
	}
	return nil
}

func lockView(ctx context.Context, tx pgx.Tx, id string) (*inbox.View, error) {
	rows, err := tx.Query(ctx, `SELECT `+viewColumns+` FROM saved_views WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return nil, err
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[inbox.View])
	return &v, err
}

// nextVersion is what a view has next. One that isn't shared any more takes two: by
// the first it is gone for the others.
func nextVersion(was, is *inbox.View) int64 {
	if was.Shared && !is.Shared {
		return was.Version + 2
	}
	return was.Version + 1
}

// announceView tells those who see a view, or saw it, what was done to it; nil is one
// that is not there. What is one agent's own is told to that agent alone, and isn't
// logged.
func announceView(ctx context.Context, tx pgx.Tx, by *inbox.Caller, was, is *inbox.View, now time.Time) error {
	told := func(v inbox.View, to inbox.AgentID) change {
		ch := settingChange(by, inbox.ViewChanged, v.ID, v.Version, now)
		ch.event.View, ch.event.Audience.Agent, ch.quiet = &v, to, true
		return ch
	}
	var list []change
	switch {
	case is == nil:
		gone := told(inbox.View{ID: was.ID, Version: was.Version + 1, AgentID: was.AgentID, Deleted: true}, was.AgentID)
		gone.after = map[string]any{"deleted": true}
		if was.Shared {
			gone.event.Audience.Agent = ""
		}
		list = []change{gone}
	case is.Shared:
		list = []change{told(*is, "")}
	case was != nil && was.Shared:
		list = []change{told(inbox.View{ID: was.ID, Version: was.Version + 1, AgentID: was.AgentID, Deleted: true}, ""), told(*is, is.AgentID)}
	default:
		list = []change{told(*is, is.AgentID)}
	}
	last := &list[len(list)-1]
	last.quiet = (was == nil || !was.Shared) && (is == nil || !is.Shared)
	if was != nil {
		last.before = was
	}
	return announce(ctx, tx, list)
}

// renameInViews has everybody's saved views ask for what a filter's values, in
// lower case, are called from now on.
func renameInViews(ctx context.Context, tx pgx.Tx, by *inbox.Caller, filter string, to map[string]string, now time.Time) error {
	if len(to) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT `+viewColumns+` FROM saved_views WHERE query ILIKE $1 ORDER BY id FOR UPDATE`, "%"+filter+":%")
	if err != nil {
		return fmt.Errorf("read views: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.View])
	if err != nil {
		return fmt.Errorf("read views: %w", err)
	}
	for i := range list {
		was, is := &list[i], list[i]
		if is.Query = inbox.RenameFilter(was.Query, filter, to); is.Query == was.Query {
			continue
		}
		if utf8.RuneCountInString(is.Query) > inbox.MaxQuery {
			return &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("the saved view %q would be too long with the new name: shorten one of the two", was.Name)}
		}
		is.Version = nextVersion(was, &is)
		if _, err := tx.Exec(ctx, `UPDATE saved_views SET query = $2, version = $3 WHERE id = $1`, is.ID, is.Query, is.Version); err != nil {
			return fmt.Errorf("rename in view: %w", err)
		}
		if err := announceView(ctx, tx, by, was, &is, now); err != nil {
			return err
		}
	}
	return nil
}
