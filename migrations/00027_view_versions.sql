-- +goose Up

-- How often a saved view was changed: by it pages know what is newer.
ALTER TABLE saved_views ADD COLUMN version bigint NOT NULL DEFAULT 1;
