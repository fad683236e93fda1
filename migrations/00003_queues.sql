-- +goose Up

-- What somebody, or nobody, is assigned to within an inbox: with the inbox in
-- front, whose queue is short is not read through everybody else's.
CREATE INDEX conversations_queue ON conversations (inbox_id, assignee_id, status, last_at DESC, id DESC) WHERE merged_into IS NULL;
DROP INDEX conversations_assignee;
