-- +goose Up

-- Who may have things done with orders in their shops, besides supervisors and
-- admins.
ALTER TABLE agents ADD COLUMN order_actions boolean NOT NULL DEFAULT false;

-- What agents have had done with orders in their shops. One at a time an order:
-- the next may depend on what the shop makes of it.
CREATE TABLE order_actions (
    id          uuid PRIMARY KEY,
    version     bigint      NOT NULL DEFAULT 1,
    order_id    uuid        NOT NULL REFERENCES orders ON DELETE CASCADE,
    identity_id uuid        NOT NULL REFERENCES identities, -- the buyer's, as of then
    account_id  text        NOT NULL REFERENCES accounts,   -- the shop's
    agent_id    uuid        NOT NULL REFERENCES agents,
    kind        text        NOT NULL CHECK (kind IN ('refund', 'cancel', 'address', 'resend')),
    terms       jsonb       NOT NULL,
    state       text        NOT NULL CHECK (state IN ('sending', 'sent', 'failed', 'uncertain')),
    detail      text        NOT NULL DEFAULT '',
    attempt     integer     NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX order_actions_one ON order_actions (order_id) WHERE state = 'sending';
CREATE INDEX order_actions_order ON order_actions (order_id, created_at DESC, id DESC);
CREATE INDEX order_actions_identity ON order_actions (identity_id, created_at DESC, id DESC);
