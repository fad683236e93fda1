package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// Limits of a page.
const (
	defaultPage = 50
	maxPage     = 100
)

func pageSize(n int) int {
	if n <= 0 {
		return defaultPage
	}
	return min(n, maxPage)
}

// maxMerges bounds how many merges are followed from one conversation.
const maxMerges = 32

// errConversation is the same for one that is not there and one that the reader
// may not see.
var errConversation = &inbox.Error{Code: inbox.NotFound, Message: "the conversation is not there, or not in one of your inboxes"}

// Conversation returns the one that ref, an id or a number, names, or the one
// that it was merged into. One that the reader may not see is NotFound.
func (s *Store) Conversation(ctx context.Context, rights *inbox.Rights, ref string) (inbox.Conversation, error) {
	c, err := findConversation(ctx, s.pool, rights, ref, "")
	if err != nil {
		return c, fmt.Errorf("conversation: %w", err)
	}
	return c, nil
}

// findConversation follows merges to the conversation that survived. lock is a
// locking clause or "": only the survivor is locked, so that nobody waits for
// it who holds one that was merged into it.
func findConversation(ctx context.Context, q querier, rights *inbox.Rights, ref, lock string) (inbox.Conversation, error) {
	column := "c.id"
	var arg any = ref
	if !inbox.ValidID(ref) {
		n, err := strconv.ParseInt(ref, 10, 64)
		if err != nil || n < 1 {
			return inbox.Conversation{}, errConversation
		}
		column, arg = "c.number", n
	}
	for range maxMerges {
		rows, err := q.Query(ctx, `SELECT `+conversationColumns+` FROM `+conversationFrom+`
			WHERE `+column+` = $1 AND c.merged_into IS NULL `+lock, arg)
		if err != nil {
			return inbox.Conversation{}, err
		}
		c, err := pgx.CollectExactlyOneRow(rows, scanConversation)
		switch {
		case err == nil && !rights.Sees(c.Place()):
			return inbox.Conversation{}, errConversation
		case err == nil || !errors.Is(err, pgx.ErrNoRows):
			return c, err
		}
		var into *string
		err = q.QueryRow(ctx, `SELECT c.merged_into FROM conversations c WHERE `+column+` = $1`, arg).Scan(&into)
		if errors.Is(err, pgx.ErrNoRows) {
			return inbox.Conversation{}, errConversation
		}
		if err != nil {
			return inbox.Conversation{}, err
		}
		if into != nil { // else it has come back meanwhile
			column, arg = "c.id", *into
		}
	}
	return inbox.Conversation{}, fmt.Errorf("%s is merged more than %d times over", ref, maxMerges)
}

// beyond is where a list begins: before everything in its order.
var beyond = map[bool]inbox.Cursor{
	false: {At: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), ID: "ffffffff-ffff-ffff-ffff-ffffffffffff"},
	true:  {At: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), ID: zero},
}

// checkCursor refuses a cursor whose id no row can have.
func checkCursor(c inbox.Cursor) error {
	if !c.IsZero() && !inbox.ValidID(c.ID) {
		return errCursor
	}
	return nil
}

var errCursor = &inbox.Error{Code: inbox.Invalid, Message: "the cursor is of another list: start again without it"}

// Conversations returns one page of what rights and filter admit, in the order
// of their newest messages, and where the next begins: zero when there is no
// more. While conversations change, one that moves to the front may be missed
// by the pages behind; its change is announced.
func (s *Store) Conversations(ctx context.Context, rights *inbox.Rights, f inbox.ConversationFilter) ([]inbox.Conversation, inbox.Cursor, error) {
	if _, id := f.Sort.Split(f.After); !f.After.IsZero() && !inbox.ValidID(id) {
		return nil, inbox.Cursor{}, errCursor
	}
	size := pageSize(f.Limit)
	list, err := s.list(ctx, rights, f, size+1)
	if err != nil {
		return nil, inbox.Cursor{}, fmt.Errorf("list conversations: %w", err)
	}
	list, next := cut(list, size, f.Sort.Cursor)
	return list, next, nil
}

func (s *Store) list(ctx context.Context, rights *inbox.Rights, f inbox.ConversationFilter, limit int) ([]inbox.Conversation, error) {
	if f.Text != "" {
		l, err := s.lookFor(ctx, rights, f.Text)
		if err != nil {
			return nil, err
		}
		if l.query.empty() && l.ofMessages() && l.after.IsZero() && l.before.IsZero() {
			return nil, nil // words of which none can be looked for
		}
		return s.listing(ctx, rights, &l, f, limit)
	}
	sql, args := listQuery(rights, f, limit, func(pgx.NamedArgs) string { return "" })
	rows, err := s.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanConversation)
}

// cut drops the row past the page, which says that there are more.
func cut[T any](list []T, size int, at func(*T) inbox.Cursor) ([]T, inbox.Cursor) {
	if len(list) <= size {
		return orEmpty(list), inbox.Cursor{}
	}
	return list[:size], at(&list[size-1])
}

// listQuery walks one index in the order of the list. Where several inboxes or
// statuses come together each is walked on its own, for no more than a page,
// and the ends are merged: what is read doesn't grow with what is there. also
// is a further condition on conversations c.
func listQuery(rights *inbox.Rights, f inbox.ConversationFilter, limit int, also func(pgx.NamedArgs) string) (string, pgx.NamedArgs) {
	switch f.Sort {
	case inbox.SortWaiting:
		return waitingQuery(rights, f, limit, also)
	case inbox.SortPriority:
		return priorityQuery(rights, f, limit, also)
	}
	return timeQuery(rights, f, limit, also)
}

// timeQuery is the list by the newest message, from either end.
func timeQuery(rights *inbox.Rights, f inbox.ConversationFilter, limit int, also func(pgx.NamedArgs) string) (string, pgx.NamedArgs) {
	compare, order, oldest := "<", "DESC", f.Sort == inbox.SortOldest
	if oldest {
		compare, order = ">", "ASC"
	}
	after := f.After
	if after.IsZero() {
		after = beyond[oldest]
	}
	args := pgx.NamedArgs{"at": after.At, "id": after.ID}
	ordered := "c.last_at " + order + ", c.id " + order
	// The limit is in the text and not an argument, and so is the number of
	// inboxes, for the server to plan once and not at every call.
	end := " ORDER BY " + ordered + " LIMIT " + strconv.Itoa(limit)
	within := "c.status <> 'side' AND c.merged_into IS NULL AND (c.last_at, c.id) " + compare + " (@at, @id::uuid)"
	if f.Team != "" {
		args["team"] = string(f.Team)
		within += " AND c.team_id = @team"
	}
	within += also(args)

	var page string
	switch {
	case rights.All && f.Inbox == "" && f.Assignee == "" && !f.Unassigned && f.Status == "":
		page = `SELECT c.* FROM conversations c WHERE ` + within + end
	case rights.All && f.Inbox == "" && f.Assignee == "" && !f.Unassigned:
		args["status"] = string(f.Status)
		page = `SELECT c.* FROM conversations c WHERE c.status = @status AND ` + within + end
	default:
		whose, walk := "", ordered
		switch {
		case f.Unassigned && oldest:
			// The index has the column: named in the order, IS NULL can use it.
			whose, walk = "c.assignee_id IS NULL AND ", "c.assignee_id DESC, "+ordered
		case f.Unassigned:
			whose, walk = "c.assignee_id IS NULL AND ", "c.assignee_id, "+ordered
		case f.Assignee != "":
			whose = "c.assignee_id = @assignee AND "
			args["assignee"] = string(f.Assignee)
		}
		page = `SELECT r.* FROM (
			SELECT c.id, c.last_at FROM ` + placesOf(rights, f, args) + ` AS place(id) CROSS JOIN ` + statusesOf(f, args) + ` AS st(status)
			CROSS JOIN LATERAL (
				SELECT c.id, c.last_at FROM conversations c
				WHERE c.inbox_id = place.id AND c.status = st.status AND ` + whose + within + `
				ORDER BY ` + walk + ` LIMIT ` + strconv.Itoa(limit) + `) c` + end + `) c
			JOIN conversations r ON r.id = c.id`
	}
	return `SELECT ` + conversationColumns + ` FROM (` + page + `) c
		JOIN identities i ON i.id = c.identity_id
		JOIN customers k ON k.id = i.customer_id
		ORDER BY ` + ordered, args
}

// maxListed is how many inboxes are named one by one in a query.
const maxListed = 40

// placesOf is a source of the inboxes that a list covers.
func placesOf(rights *inbox.Rights, f inbox.ConversationFilter, args pgx.NamedArgs) string {
	list := rights.Inboxes
	switch {
	case f.Inbox != "" && !rights.Sees(&inbox.Place{InboxID: f.Inbox}):
		list = nil
	case f.Inbox != "":
		list = []inbox.InboxID{f.Inbox}
	case rights.All:
		return `(SELECT id FROM inboxes)`
	}
	if len(list) == 0 || len(list) > maxListed {
		args["inboxes"] = ids(list)
		return `unnest(@inboxes::uuid[])`
	}
	values := make([]string, len(list))
	for i, id := range list {
		name := "inbox" + strconv.Itoa(i)
		args[name], values[i] = string(id), "(@"+name+"::uuid)"
	}
	return `(VALUES ` + strings.Join(values, ", ") + `)`
}

func statusesOf(f inbox.ConversationFilter, args pgx.NamedArgs) string {
	if f.Status != "" {
		args["status"] = string(f.Status)
		return `(VALUES (@status::text))`
	}
	return `(VALUES ('open'), ('pending'), ('snoozed'), ('closed'), ('spam'))`
}

// Patch changes a conversation and announces it. A version that is not the
// present one is a Conflict, and so are an assignee who may not see the inbox
// and a team that is not there. A patch that changes nothing raises no version.
func (s *Store) Patch(ctx context.Context, by *inbox.Caller, ref string, p inbox.Patch, now time.Time) (inbox.Conversation, error) {
	var c inbox.Conversation
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var err error
		if c, err = findConversation(ctx, tx, &by.Rights, ref, "FOR UPDATE OF c"); err != nil {
			return err
		}
		if c.Status == inbox.Side {
			return errSide
		}
		if p.Version != nil && *p.Version != c.Version {
			return &inbox.Error{Code: inbox.Conflict, Message: "the conversation has changed meanwhile: look again"}
		}
		before := c
		if p.Status != nil {
			c.Status = *p.Status
		}
		if p.SnoozedUntil != nil {
			until := p.SnoozedUntil.Truncate(time.Microsecond).UTC()
			if !until.After(now) {
				return &inbox.Error{Code: inbox.Invalid, Message: "the time until which it is snoozed has passed"}
			}
			c.Status, c.SnoozedUntil = inbox.Snoozed, &until
			if err := startTimer(ctx, tx, SnoozeKind, string(c.ID), until, struct{}{}); err != nil {
				return err
			}
		}
		if c.Status != inbox.Snoozed {
			c.SnoozedUntil = nil
		}
		if p.Priority != nil {
			c.Priority = *p.Priority
		}
		if c.Tags, err = tagged(c.Tags, p.AddTags, p.RemoveTags); err != nil {
			return err
		}
		if err := note(ctx, tx, &c, p.Fields, p.Fill); err != nil {
			return err
		}
		if err := mayClose(ctx, tx, &before, &c); err != nil {
			return err
		}
		if p.Assignee != nil && *p.Assignee != c.Assignee {
			if c.Assignee = *p.Assignee; c.Assignee != "" {
				if err := checkAssignee(ctx, tx, c.Assignee, c.InboxID); err != nil {
					return err
				}
			}
		}
		if p.Team != nil && *p.Team != c.TeamID {
			if c.TeamID = *p.Team; c.TeamID != "" {
				if err := checkTeams(ctx, tx, []inbox.TeamID{c.TeamID}); err != nil {
					return err
				}
			}
		}
		if err := rewait(ctx, tx, &before, &c); err != nil {
			return err
		}
		if c.Status == before.Status && c.Assignee == before.Assignee && c.TeamID == before.TeamID && c.Priority == before.Priority &&
			slices.Equal(c.Tags, before.Tags) && maps.Equal(c.Fields, before.Fields) && (c.SnoozedUntil == before.SnoozedUntil || c.SnoozedUntil != nil && before.SnoozedUntil != nil && c.SnoozedUntil.Equal(*before.SnoozedUntil)) {
			c = before
			return nil
		}
		c.Version++
		_, err = tx.Exec(ctx, `
			UPDATE conversations SET version = @version, status = @status, assignee_id = @assignee, team_id = @team,
				waiting_since = @waiting, snoozed_until = @until, priority = @priority, tags = @tags, custom = @fields
			WHERE id = @id`,
			pgx.NamedArgs{"until": c.SnoozedUntil, "priority": int(c.Priority), "tags": orEmpty(c.Tags), "fields": noted(&c), "id": c.ID, "version": c.Version, "status": string(c.Status), "assignee": null(c.Assignee),
				"team": null(c.TeamID), "waiting": c.WaitingSince})
		if err != nil {
			return err
		}
		return announce(ctx, tx, []change{conversationChange(by, &before, &c, now)})
	})
	if err != nil {
		return inbox.Conversation{}, fmt.Errorf("patch conversation: %w", err)
	}
	return c, nil
}

// conversationChange is an agent's change of a conversation; both states are
// copied.
func conversationChange(by *inbox.Caller, before, after *inbox.Conversation, now time.Time) change {
	was, is := *before, *after
	return change{
		event: inbox.Event{
			ID: inbox.NewID[inbox.EventID](now), Kind: inbox.ConversationChanged, At: now, Actor: by.Actor(),
			Entity: string(is.ID), Version: is.Version, Conversation: &is,
			Audience: inbox.Audience{Before: was.Place(), After: is.Place()},
		},
		before: &was, session: string(by.Session), cause: by.Request,
	}
}

// checkAssignee refuses somebody who may not have what is in an inbox. Until the
// transaction ends nobody ends their work: what it gives them would be left with them.
func checkAssignee(ctx context.Context, tx pgx.Tx, id inbox.AgentID, in inbox.InboxID) error {
	r, err := scanRights(tx.QueryRow(ctx, rightsQuery+` FOR SHARE OF a`, id))
	if inbox.CodeOf(err) == inbox.Unauthorized {
		return &inbox.Error{Code: inbox.Conflict, Message: "the assignee is not there or no longer works here"}
	}
	if err != nil {
		return err
	}
	if !r.Sees(&inbox.Place{InboxID: in}) {
		return &inbox.Error{Code: inbox.Conflict, Message: "the assignee may not see this inbox"}
	}
	return nil
}
