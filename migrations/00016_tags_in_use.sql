-- +goose Up

-- The tags of what is open, and where an agent was named.
CREATE INDEX conversations_tagged ON conversations (inbox_id, last_at DESC, id DESC)
    WHERE merged_into IS NULL AND status = 'open' AND tags <> '{}';
CREATE INDEX notifications_mentions ON notifications (agent_id) WHERE kind = 'mention';
