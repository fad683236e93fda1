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
