-- +goose Up

-- What somebody consented to for an account at its provider, sealed as its
-- settings are. Apart from these, since the provider replaces it by itself.
CREATE TABLE grants (
    account_id text        PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    sealed     bytea       NOT NULL,
    updated_at timestamptz NOT NULL
);
