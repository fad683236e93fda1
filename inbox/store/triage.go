package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// SnoozeKind is the kind of the timers whose key is a conversation that opens
// again.
const SnoozeKind = "snooze"

// maxTagged bounds the tags of one conversation.
const maxTagged = 50

// withTags are tags with some added and some taken away, in the order in which
// they came.
func withTags(tags, add, remove []string) []string {
	var list []string
	for _, t := range slices.Concat(tags, add) {
		if !slices.Contains(list, t) && !slices.Contains(remove, t) {
			list = append(list, t)
		}
	}
	return list
}

// rewait brings the wait of a locked conversation in line with its new status. Of one
// that is no spam any more everything counts that was said in it, as if it had never
// been: what a blocked sender wrote, which had waited for no answer, has waited since
// it came.
func rewait(ctx context.Context, tx pgx.Tx, before, c *inbox.Conversation) error {
	switch {
	case before.Status == inbox.Spam && c.Status != inbox.Spam:
		if _, err := tx.Exec(ctx, `UPDATE messages SET history = false WHERE conversation_id = $1 AND spam AND history`, c.ID); err != nil {
			return fmt.Errorf("let spam count: %w", err)
		}
		return recount(ctx, tx, c)
	case c.Status != inbox.Open:
		c.WaitingSince = nil
	case before.Status != inbox.Open:
		return waits(ctx, tx, c)
	}
	return nil
}

// tagged is [withTags] of one conversation, which has no more than maxTagged.
func tagged(tags, add, remove []string) ([]string, error) {
	list := withTags(tags, add, remove)
	if len(list) > maxTagged && len(list) > len(tags) {
		return nil, &inbox.Error{Code: inbox.Conflict, Message: fmt.Sprintf("a conversation has at most %d tags: take some away", maxTagged)}
	}
	return list, nil
}

// waits finds since when an open conversation has waited, from what was said.
func waits(ctx context.Context, tx pgx.Tx, c *inbox.Conversation) error {
	rows, err := tx.Query(ctx, `
		SELECT id, seq, kind, direction, automatic, history, created_at, channel, account_id, call
		FROM messages WHERE conversation_id = $1`, c.ID)
	if err != nil {
		return fmt.Errorf("read what was said: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[inbox.Said])
	if err != nil {
		return fmt.Errorf("read what was said: %w", err)
	}
	now := *c
	now.Recount(list)
	c.WaitingSince = now.WaitingSince
	return nil
}

// FireSnooze opens one snoozed conversation whose time has come, and announces it.
// One that is not snoozed any more, or for longer by now, stays as it is. It
// reports whether there was a timer.
func (s *Store) FireSnooze(ctx context.Context, now time.Time) (fired bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Who snoozes holds the conversation and then the timer: so does this.
		var key string
		err := tx.QueryRow(ctx, `
			SELECT t.key FROM timers t JOIN conversations c ON c.id = t.key::uuid
			WHERE t.kind = $1 AND t.due_at <= $2 ORDER BY t.due_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED`, SnoozeKind, now).Scan(&key)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		fired = true
		tag, err := tx.Exec(ctx, `DELETE FROM timers WHERE kind = $1 AND key = $2 AND due_at <= $3`, SnoozeKind, key, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		all := inbox.Rights{All: true}
		c, err := findConversation(ctx, tx, &all, key, "FOR UPDATE OF c")
		if inbox.CodeOf(err) == inbox.NotFound {
			return nil
		}
		if err != nil || string(c.ID) != key || c.Status != inbox.Snoozed || c.SnoozedUntil == nil || c.SnoozedUntil.After(now) {
			return err
		}
		before := c
		c.Status, c.SnoozedUntil = inbox.Open, nil
		c.Version++
		if err := waits(ctx, tx, &c); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE conversations SET version = $2, status = 'open', waiting_since = $3, snoozed_until = NULL WHERE id = $1`,
			c.ID, c.Version, c.WaitingSince); err != nil {
			return err
		}
		woken := conversationChange(&inbox.Caller{}, &before, &c, now)
		woken.event.Actor = inbox.Actor{Kind: inbox.BySystem}
		return announce(ctx, tx, []change{woken})
	})
	if err != nil {
		return fired, fmt.Errorf("fire snooze: %w", err)
	}
	return fired, nil
}

// waitingQuery is the list of what waits for an answer, the longest wait first.
// Each inbox is walked on its own, for no more than a page.
func waitingQuery(rights *inbox.Rights, f inbox.ConversationFilter, limit int, also func(pgx.NamedArgs) string) (string, pgx.NamedArgs) {
	after := f.After
	if after.IsZero() {
		after = beyond[true]
	}
	args := pgx.NamedArgs{"at": after.At, "id": after.ID}
	where := "c.merged_into IS NULL AND c.waiting_since IS NOT NULL AND (c.waiting_since, c.id) > (@at, @id::uuid)" + whose(f, args) + also(args)
	if f.Status != "" {
		args["status"] = string(f.Status)
		where += " AND c.status = @status"
	}
	end := " ORDER BY c.waiting_since, c.id LIMIT " + strconv.Itoa(limit)
	return `SELECT ` + conversationColumns + ` FROM (
			SELECT c.* FROM ` + placesOf(rights, f, args) + ` AS place(id) CROSS JOIN LATERAL (
				SELECT c.* FROM conversations c WHERE c.inbox_id = place.id AND ` + where + end + `) c` + end + `) c
		JOIN identities i ON i.id = c.identity_id JOIN customers k ON k.id = i.customer_id
		ORDER BY c.waiting_since, c.id`, args
}

// whose narrows a list to one assignee, or none, and to one team.
func whose(f inbox.ConversationFilter, args pgx.NamedArgs) string {
	where := ""
	switch {
	case f.Unassigned:
		where = " AND c.assignee_id IS NULL"
	case f.Assignee != "":
		args["assignee"], where = string(f.Assignee), " AND c.assignee_id = @assignee"
	}
	if f.Team != "" {
		args["team"] = string(f.Team)
		where += " AND c.team_id = @team"
	}
	return where
}

// priorityQuery is the list by priority, the newest of each first. Each priority
// is walked on its own, and so is each inbox and status.
func priorityQuery(rights *inbox.Rights, f inbox.ConversationFilter, limit int, also func(pgx.NamedArgs) string) (string, pgx.NamedArgs) {
	first, id := f.Sort.Split(f.After)
	args := pgx.NamedArgs{}
	if f.After.IsZero() {
		first = inbox.Urgent
	} else {
		args["at"], args["id"] = f.After.At, id
	}
	end := " LIMIT " + strconv.Itoa(limit)
	where := "c.merged_into IS NULL" + whose(f, args) + also(args)
	places, statuses := placesOf(rights, f, args), statusesOf(f, args)
	var levels []string
	for p := first; p >= inbox.Low; p-- {
		// The priority is in the text: those that are not normal have an index.
		level := " AND c.priority = " + strconv.Itoa(int(p))
		if p == first && !f.After.IsZero() {
			level += " AND (c.last_at, c.id) < (@at, @id::uuid)"
		}
		levels = append(levels, `(SELECT c.* FROM `+places+` AS place(id) CROSS JOIN `+statuses+` AS st(status) CROSS JOIN LATERAL (
			SELECT c.* FROM conversations c WHERE c.inbox_id = place.id AND c.status = st.status AND `+where+level+`
			ORDER BY c.last_at DESC, c.id DESC`+end+`) c ORDER BY c.last_at DESC, c.id DESC`+end+`)`)
	}
	return `SELECT ` + conversationColumns + ` FROM (SELECT * FROM (` + strings.Join(levels, " UNION ALL ") + `) u
			ORDER BY priority DESC, last_at DESC, id DESC LIMIT ` + strconv.Itoa(limit) + `) c
		JOIN identities i ON i.id = c.identity_id JOIN customers k ON k.id = i.customer_id
		ORDER BY c.priority DESC, c.last_at DESC, c.id DESC`, args
}
