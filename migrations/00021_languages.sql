-- +goose Up

-- The language of an agent's pages; '' while nobody has chosen: the browser's. Until
-- now 'en' was written without being asked for, and meant nothing to the pages.
ALTER TABLE agents ALTER COLUMN locale SET DEFAULT '';
UPDATE agents SET locale = '' WHERE locale = 'en';
