package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"skein/inbox"
)

// maxDevices is how many browsers of one agent take pushes: the oldest give way.
const maxDevices = 20

// PushKey returns the key that is kept, or else keeps the one given: of several
// nodes one comes first, and all have its.
func (s *Store) PushKey(ctx context.Context, public, private []byte, now time.Time) (keptPublic, keptPrivate []byte, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT public, private FROM push_keys`).Scan(&keptPublic, &keptPrivate)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO push_keys (public, private, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			public, private, now); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT public, private FROM push_keys`).Scan(&keptPublic, &keptPrivate)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read push key: %w", err)
	}
	return keptPublic, keptPrivate, nil
}

// ReplacePushKey puts another key in the place of was. What subscribed with that is
// of no use any more.
func (s *Store) ReplacePushKey(ctx context.Context, was, public, private []byte, now time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE push_keys SET public = $2, private = $3, created_at = $4 WHERE public = $1`, was, public, private, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM push_subscriptions WHERE server_key = $1`, was)
		return err
	})
	if err != nil {
		return fmt.Errorf("replace push key: %w", err)
	}
	return nil
}

// Subscribe has a browser take the caller's pushes from now on, whoever's it took
// before, for as long as the caller's session lasts.
func (s *Store) Subscribe(ctx context.Context, by *inbox.Caller, sub inbox.PushSubscription, now time.Time) (inbox.PushSubscription, error) {
	now = stored(now)
	sub.ID, sub.AgentID, sub.SessionID, sub.Here = inbox.NewID[inbox.PushSubscriptionID](now), by.Agent.ID, by.Session, true
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// Another agent's pushes must not come to a browser that is somebody else's now.
		if _, err := tx.Exec(ctx, `DELETE FROM push_subscriptions WHERE endpoint = $1 AND agent_id <> $2`, sub.Endpoint, by.Agent.ID); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			INSERT INTO push_subscriptions (id, agent_id, session_id, endpoint, p256dh, auth, server_key, name, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (endpoint) DO UPDATE SET session_id = excluded.session_id, p256dh = excluded.p256dh, auth = excluded.auth,
				server_key = excluded.server_key, name = excluded.name
			WHERE push_subscriptions.agent_id = excluded.agent_id
			RETURNING id, created_at, pushed_at`,
			sub.ID, by.Agent.ID, by.Session, sub.Endpoint, sub.P256dh, sub.Auth, sub.ServerKey, sub.Name, now).Scan(&sub.ID, &sub.CreatedAt, &sub.PushedAt)
		if errors.Is(err, pgx.ErrNoRows) {
			return &inbox.Error{Code: inbox.Conflict, Message: "another agent has just signed in with this browser: try again"}
		}
		if err != nil {
			return conflict(err, "the session has ended: sign in again")
		}
		_, err = tx.Exec(ctx, `
			DELETE FROM push_subscriptions WHERE agent_id = $1 AND id NOT IN (
				SELECT id FROM push_subscriptions WHERE agent_id = $1 ORDER BY id = $2 DESC, created_at DESC, id DESC LIMIT $3)`, by.Agent.ID, sub.ID, maxDevices)
		return err
	})
	if err != nil {
		return sub, fmt.Errorf("subscribe: %w", err)
	}
	sub.CreatedAt = sub.CreatedAt.UTC()
	return sub, nil
}

// living is true of subscriptions p whose agents are still signed in there.
const living = `EXISTS (SELECT FROM sessions s WHERE s.id = p.session_id AND s.revoked_at IS NULL AND s.expires_at > now())`

// Subscriptions returns the browsers that take the caller's pushes, newest first.
func (s *Store) Subscriptions(ctx context.Context, by *inbox.Caller) ([]inbox.PushSubscription, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT p.id, p.name, p.created_at, p.pushed_at, p.session_id = $2 FROM push_subscriptions p
		WHERE p.agent_id = $1 AND `+living+` ORDER BY p.created_at DESC, p.id DESC`, by.Agent.ID, by.Session)
	if err == nil {
		var list []inbox.PushSubscription
		if list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p inbox.PushSubscription, err error) {
			err = row.Scan(&p.ID, &p.Name, &p.CreatedAt, &p.PushedAt, &p.Here)
			p.CreatedAt = p.CreatedAt.UTC()
			return p, err
		}); err == nil {
			return orEmpty(list), nil
		}
	}
	return nil, fmt.Errorf("read subscriptions: %w", err)
}

// RemoveSubscription ends pushes to one of the caller's browsers.
func (s *Store) RemoveSubscription(ctx context.Context, by *inbox.Caller, id inbox.PushSubscriptionID) error {
	missing := &inbox.Error{Code: inbox.NotFound, Message: "the subscription is not there, or is another agent's"}
	if !inbox.ValidID(string(id)) {
		return missing
	}
	tag, err := s.pool.Exec(ctx, `DELETE FROM push_subscriptions WHERE id = $1 AND agent_id = $2`, id, by.Agent.ID)
	if err != nil {
		return fmt.Errorf("remove subscription: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return missing
	}
	return nil
}

// Unsubscribe forgets a browser that is gone.
func (s *Store) Unsubscribe(ctx context.Context, id inbox.PushSubscriptionID) error {
	if _, err := s.pool.Exec(ctx, `DELETE FROM push_subscriptions WHERE id = $1`, id); err != nil {
		return fmt.Errorf("unsubscribe: %w", err)
	}
	return nil
}

// Pushed notes that a browser's service took a push.
func (s *Store) Pushed(ctx context.Context, id inbox.PushSubscriptionID, now time.Time) error {
	if _, err := s.pool.Exec(ctx, `UPDATE push_subscriptions SET pushed_at = $2 WHERE id = $1`, id, now); err != nil {
		return fmt.Errorf("note push: %w", err)
	}
	return nil
}

// NextPush returns when the earliest push is due; zero when there is none.
func (s *Store) NextPush(ctx context.Context) (time.Time, error) {
	var at *time.Time
	if err := s.pool.QueryRow(ctx, `SELECT min(due_at) FROM pushes`).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("read next push: %w", err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return *at, nil
}

// TakePushes takes up to limit pushes that are due, so that nobody else makes
// them, and returns those that are still to be made: of what is unread, to agents
// who may see it and are signed in on a browser that subscribed with our key
// server.
func (s *Store) TakePushes(ctx context.Context, server []byte, now time.Time, limit int) (taken int, list []inbox.Push, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			WITH due AS (
				SELECT notification_id, subscription_id FROM pushes WHERE due_at <= $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
			DELETE FROM pushes p USING due WHERE p.notification_id = due.notification_id AND p.subscription_id = due.subscription_id
			RETURNING p.notification_id, p.subscription_id, p.tries`, now, limit)
		if err != nil {
			return err
		}
		type row struct {
			Notification inbox.NotificationID
			Subscription inbox.PushSubscriptionID
			Tries        int
		}
		due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil || len(due) == 0 {
			return err
		}
		taken = len(due)
		var notifications []inbox.NotificationID
		var subscriptions []inbox.PushSubscriptionID
		for _, r := range due {
			notifications, subscriptions = append(notifications, r.Notification), append(subscriptions, r.Subscription)
		}
		told, err := readNotifications(ctx, tx, `
			JOIN agents a ON a.id = n.agent_id
			WHERE n.id = ANY(@ids::uuid[]) AND n.read_at IS NULL AND n.push AND a.active AND (a.role IN ('supervisor', 'admin')
				OR EXISTS (SELECT FROM inbox_members x WHERE x.agent_id = a.id AND x.inbox_id = o.inbox_id))`, pgx.NamedArgs{"ids": ids(notifications)})
		if err != nil {
			return err
		}
		of := map[inbox.NotificationID]*made{}
		for i := range told {
			of[told[i].ID] = &told[i]
		}
		rows, err = tx.Query(ctx, `
			SELECT `+agentColumns+`, a.push_text, p.id, p.agent_id, p.session_id, p.endpoint, p.p256dh, p.auth
			FROM push_subscriptions p JOIN agents a ON a.id = p.agent_id
			WHERE p.id = ANY($1::uuid[]) AND p.server_key = $2 AND `+living, ids(subscriptions), server)
		if err != nil {
			return err
		}
		browsers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p inbox.Push, err error) {
			a, b := &p.Agent, &p.Subscription
			err = row.Scan(&a.ID, &a.Email, &a.Name, &a.Role, &a.Locale, &a.Active, &a.Phone, &a.CallPop, &a.OrderActions, &a.Onward, &p.Text,
				&b.ID, &b.AgentID, &b.SessionID, &b.Endpoint, &b.P256dh, &b.Auth)
			return p, err
		})
		if err != nil {
			return err
		}
		at := map[inbox.PushSubscriptionID]*inbox.Push{}
		for i := range browsers {
			at[browsers[i].Subscription.ID] = &browsers[i]
		}
		for _, r := range due {
			n, b := of[r.Notification], at[r.Subscription]
			if n == nil || b == nil || n.agent != b.Agent.ID {
				continue
			}
			p := *b
			p.Notification, p.Tries = n.Notification, r.Tries
			list = append(list, p)
		}
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("take pushes: %w", err)
	}
	return taken, list, nil
}

// PutBackPush has a push that was taken made later.
func (s *Store) PutBackPush(ctx context.Context, p *inbox.Push, due time.Time) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO pushes (notification_id, subscription_id, due_at, tries)
		SELECT n.id, s.id, $3, $4 FROM notifications n, push_subscriptions s WHERE n.id = $1 AND s.id = $2
		ON CONFLICT DO NOTHING`, p.Notification.ID, p.Subscription.ID, due, p.Tries)
	if err != nil {
		return fmt.Errorf("put push back: %w", err)
	}
	return nil
}
