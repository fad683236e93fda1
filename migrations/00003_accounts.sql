-- +goose Up

-- An account that was removed is served no more, and keeps its row: what was said
-- on it stays, and what it has taken is known if it is added again. The release
-- before this one would serve it, as it was when it was removed.
ALTER TABLE accounts
    ADD COLUMN removed_at timestamptz;
