-- +goose Up

-- One-time codes that were sent to the address of the order that a claim names.
-- A row is written whether or not there is an order: what an agent sees of it,
-- and how often it may be done again, is the same.
CREATE TABLE claim_codes (
    id              uuid PRIMARY KEY,             -- of the mail
    conversation_id uuid        NOT NULL REFERENCES conversations,
    kind            text        NOT NULL,         -- what is claimed, as it is looked up
    key             text        NOT NULL,
    order_id        uuid        REFERENCES orders ON DELETE CASCADE, -- null: none, and nobody was written to
    place           smallint    NOT NULL,         -- among the orders that one request is about
    sum             bytea       NOT NULL,         -- keyed, of the code
    mailed          boolean     NOT NULL,
    actor_id        uuid        NOT NULL,         -- who had it sent
    tries           smallint    NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    ended_at        timestamptz                   -- used, or a newer one was sent
);
CREATE INDEX claim_codes_standing ON claim_codes (conversation_id) WHERE ended_at IS NULL;
CREATE INDEX claim_codes_key ON claim_codes (key, created_at);
CREATE INDEX claim_codes_order ON claim_codes (order_id, created_at) WHERE order_id IS NOT NULL;
CREATE INDEX claim_codes_actor ON claim_codes (actor_id, created_at);

-- Agents' words that what is claimed in a conversation is no order of anybody's.
-- Append-only, and audited by the log.
CREATE TABLE claim_verdicts (
    id              uuid PRIMARY KEY,
    conversation_id uuid        NOT NULL REFERENCES conversations,
    kind            text        NOT NULL, -- what is claimed, as it is looked up
    key             text        NOT NULL,
    actor_id        uuid        NOT NULL,
    created_at      timestamptz NOT NULL,
    revoked_at      timestamptz
);
CREATE INDEX claim_verdicts_conversation ON claim_verdicts (conversation_id) WHERE revoked_at IS NULL;

-- A claim may be rejected, as an order may.
ALTER TABLE conversation_orders
    DROP CONSTRAINT conversation_orders_check,
    DROP CONSTRAINT conversation_orders_check1,
    ADD CHECK ((order_id IS NULL) <> (claim_id IS NULL)),
    ADD CHECK (order_id IS NOT NULL OR state IN ('claimed', 'rejected')),
    ADD CHECK (state <> 'claimed' OR order_id IS NULL);

-- What was said before it was known how a store numbers its orders is searched
-- again, by a follower, from the newest message back.
CREATE TABLE mention_search (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    asked_at timestamptz,     -- what is read of numbers has changed since the pass at hand began
    before   uuid             -- of the pass at hand: messages older than that are still to be searched
);
INSERT INTO mention_search (one) VALUES (true);

-- The accounts of shops that told of somebody: while nobody has spoken with them,
-- who works in those accounts' inboxes sees them. Nobody noted until now which.
ALTER TABLE identities ADD COLUMN told_by text[] NOT NULL DEFAULT '{}';
UPDATE identities i SET told_by = s.all_of_them
FROM (SELECT array_agg(id) AS all_of_them FROM accounts WHERE channel = 'shop') s
WHERE s.all_of_them IS NOT NULL AND NOT EXISTS (SELECT FROM conversations c WHERE c.identity_id = i.id);

-- Calls of Segment's specification name an order by an id that may be the number
-- that its buyer knows. While nobody else told of an order, it has that, as numbers
-- are looked up: then it becomes part of the one order of its store whose number it
-- is, and is known there by both.
ALTER TABLE orders ADD COLUMN loose_key text NOT NULL DEFAULT '';
CREATE INDEX orders_loose ON orders (store, number_key) WHERE loose_key <> '';
CREATE TABLE order_aliases (
    store       text NOT NULL,
    external_id text NOT NULL,
    order_id    uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    PRIMARY KEY (store, external_id)
);
CREATE INDEX order_aliases_order ON order_aliases (order_id);
