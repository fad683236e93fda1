-- +goose Up

-- Words on a message that came before it, or before it was known what its
-- service calls it: a receipt, a reaction, a deletion, a quotation. They are said
-- again once a message has the key; what never gets one goes after a while.
CREATE TABLE early_words (
    key        bytea       NOT NULL, -- see inbox.ExternalKey
    account_id text        NOT NULL REFERENCES accounts,
    event_hash bytea       NOT NULL,
    word       jsonb       NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (key, event_hash)
);
CREATE INDEX early_words_at ON early_words (at);

-- Who wrote in a direct message last, and what waits to leave to them.
CREATE INDEX messages_social ON messages (account_id, author_address, sent_at DESC) WHERE channel = 'social' AND direction = 'in';
CREATE INDEX messages_social_out ON messages (account_id, sent_at DESC) WHERE channel = 'social' AND direction = 'out';
