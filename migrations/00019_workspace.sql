-- +goose Up

-- What admins set up: who changes it names the version that they saw.
ALTER TABLE inboxes
    ADD COLUMN version        bigint NOT NULL DEFAULT 1,
    ADD COLUMN signature_text text   NOT NULL DEFAULT '', -- what replies from here end with
    ADD COLUMN signature_html text   NOT NULL DEFAULT '', -- the same with its looks, sanitised; '' = none
    ADD COLUMN archived_at    timestamptz;                -- nothing comes in any more; what was said stays
ALTER TABLE brands
    ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE calendars
    ADD COLUMN version bigint NOT NULL DEFAULT 1;

-- What of the first run was passed over, and when it was done with; how far it has
-- come besides is read off the data itself.
CREATE TABLE setup (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    skipped     text[] NOT NULL DEFAULT '{}',
    finished_at timestamptz
);

-- Where a chat was last shown.
CREATE TABLE chat_pages (
    account_id text PRIMARY KEY REFERENCES accounts,
    origin     text        NOT NULL,
    seen_at    timestamptz NOT NULL
);
