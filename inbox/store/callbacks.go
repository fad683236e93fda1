package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxPastCalls is how far back a customer's calls are looked at.
const maxPastCalls = 2000

// callBack brings the callback tasks in line with the calls of which the delivery
// brought a word.
func (d *delivery) callBack(ctx context.Context) error {
	changes, err := callBack(ctx, d.tx, d.calls)
	if err != nil {
		return err
	}
	for _, ch := range changes {
		d.add(ch, inbox.Actor{Kind: inbox.BySystem})
	}
	return nil
}

// callBack makes the callback tasks anew of whose calls messages are, and returns
// what is to be announced of them. It is called when the messages are written. It
// locks the customers against others that do the same, so that of two words on
// calls that are stored at once the later sees both.
func callBack(ctx context.Context, tx pgx.Tx, messages []inbox.MessageID) ([]change, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	customers, err := column[string](ctx, tx, `
		SELECT DISTINCT i.customer_id::text FROM messages m JOIN identities i ON i.id = m.identity_id
		WHERE m.id = ANY($1) AND NOT i.key LIKE $2 ORDER BY 1`, ids(messages), inbox.Unreadable+"%")
	if err != nil || len(customers) == 0 {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('callbacks ' || c, 0)) FROM unnest($1::text[]) c`, customers); err != nil {
		return nil, fmt.Errorf("lock callbacks: %w", err)
	}
	var changes []change
	for _, customer := range customers {
		list, err := callBackOne(ctx, tx, customer)
		if err != nil {
			return nil, fmt.Errorf("callbacks of %s: %w", customer, err)
		}
		changes = append(changes, list...)
	}
	return changes, nil
}

func callBackOne(ctx context.Context, tx pgx.Tx, customer string) ([]change, error) {
	missed, answered, err := pastCalls(ctx, tx, customer)
	if err != nil {
		return nil, err
	}
	known, err := collectTasks(ctx, tx, `WHERE t.kind = 'callback' AND i.customer_id = $1 ORDER BY t.id FOR UPDATE OF t`, customer)
	if err != nil {
		return nil, err
	}
	before, of := map[inbox.TaskID]*inbox.Task{}, map[inbox.IdentityID][]inbox.Task{}
	for i := range known {
		t := &known[i]
		before[t.ID] = t
		of[t.Customer.IdentityID] = append(of[t.Customer.IdentityID], *t)
	}
	callers := map[inbox.IdentityID]bool{}
	for id := range missed {
		callers[id] = true
	}
	for id := range of {
		callers[id] = true
	}
	now := stored(time.Now())
	var written []inbox.TaskID
	for _, caller := range slices.Sorted(maps.Keys(callers)) {
		for _, t := range inbox.Callbacks(append(slices.Clone(missed[caller]), answered...), of[caller]) {
			if t.ID == "" {
				t.ID, t.CreatedAt, t.Customer.IdentityID = inbox.NewID[inbox.TaskID](now), now, caller
			}
			if err := writeTask(ctx, tx, &t); err != nil {
				return nil, err
			}
			written = append(written, t.ID)
		}
	}
	after, err := collectTasks(ctx, tx, `WHERE t.id = ANY($1)`, ids(written))
	if err != nil {
		return nil, err
	}
	var changes []change
	for _, id := range written { // what closes before what opens
		i := slices.IndexFunc(after, func(t inbox.Task) bool { return t.ID == id })
		t := &after[i]
		ch := change{event: inbox.Event{Kind: inbox.TaskChanged, Entity: string(id), Version: t.Version, Task: t, Audience: inbox.Audience{After: t.Place()}}}
		if was := before[id]; was != nil {
			ch.before, ch.event.Audience.Before = was, was.Place()
		}
		changes = append(changes, ch)
	}
	return changes, nil
}

// pastCalls are the calls that each number of a customer's missed, imports left
// out, and those in which somebody spoke with the customer.
func pastCalls(ctx context.Context, tx pgx.Tx, customer string) (missed map[inbox.IdentityID][]inbox.PastCall, answered []inbox.PastCall, err error) {
	rows, err := tx.Query(ctx, `
		SELECT m.identity_id, i.kind, m.id, m.conversation_id, c.inbox_id, (m.call->>'startedAt')::timestamptz,
			m.call->>'direction', coalesce(m.call->>'disposition', ''), m.history
		FROM identities i JOIN messages m ON m.identity_id = i.id AND m.call IS NOT NULL JOIN conversations c ON c.id = m.conversation_id
		WHERE i.customer_id = $1 AND NOT m.detail ? 'deletedAt' ORDER BY 6 DESC, m.id LIMIT $2`, customer, maxPastCalls)
	if err != nil {
		return nil, nil, fmt.Errorf("read calls: %w", err)
	}
	missed = map[inbox.IdentityID][]inbox.PastCall{}
	var who inbox.IdentityID
	var kind inbox.IdentityKind
	var call inbox.Call
	var p inbox.PastCall
	var history bool
	n := 0
	if _, err := pgx.ForEachRow(rows, []any{&who, &kind, &p.Message, &p.Conversation, &p.Inbox, &p.At, &call.Direction, &call.Disposition, &history}, func() error {
		n++
		p.At = p.At.UTC()
		switch {
		case call.Answered():
			p.Missed = false
			answered = append(answered, p)
		case call.Missed() && !history && kind == inbox.PhoneNumber:
			p.Missed = true
			missed[who] = append(missed[who], p)
		}
		return nil
	}); err != nil {
		return nil, nil, fmt.Errorf("read calls: %w", err)
	}
	if n == maxPastCalls && len(answered) > 0 {
		// Where the past is cut off only what follows a talk is whole.
		first := answered[len(answered)-1].At
		for who, list := range missed {
			missed[who] = slices.DeleteFunc(list, func(p inbox.PastCall) bool { return p.At.Before(first) })
		}
	}
	return missed, answered, nil
}
