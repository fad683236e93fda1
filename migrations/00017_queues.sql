-- +goose Up

-- When the customer of a chat left unanswered, last.
ALTER TABLE conversations ADD COLUMN left_at timestamptz;

-- From where on a figure of the queues is marked, as supervisors set it: three
-- values, each no less than the one before.
CREATE TABLE queue_thresholds (
    figure     text PRIMARY KEY,
    levels     double precision[] NOT NULL CHECK (cardinality(levels) = 3),
    actor_id   uuid,
    updated_at timestamptz NOT NULL
);

-- What somebody who runs the place tells one agent: of no conversation.
ALTER TABLE notifications
    ALTER COLUMN conversation_id DROP NOT NULL,
    ADD COLUMN text text NOT NULL DEFAULT '',
    DROP CONSTRAINT notifications_kind_check,
    ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('assignment', 'mention', 'message', 'direct')),
    ADD CONSTRAINT notifications_about CHECK ((kind = 'direct') = (conversation_id IS NULL));
