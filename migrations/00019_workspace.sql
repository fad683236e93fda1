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
