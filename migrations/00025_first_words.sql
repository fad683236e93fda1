-- +goose Up

-- Of a conversation that we began: that, and when its customer first answered.
-- What leaves before is no answer to anybody.
ALTER TABLE conversations
    ADD COLUMN outbound boolean NOT NULL DEFAULT false,
    ADD COLUMN heard_at timestamptz;

-- What agents pinned of what a customer gave, and what they took off of what was
-- found in it: shown above the conversation.
CREATE TABLE pins (
    conversation_id uuid        NOT NULL REFERENCES conversations,
    kind            text        NOT NULL CHECK (kind IN ('order', 'tracking', 'address', 'phone', 'email', 'date', 'words')),
    key             text        NOT NULL CHECK (length(key) <= 500), -- tells it apart from others of its kind there
    text            text        NOT NULL, -- as it was written; '' of what was taken off
    message_id      uuid        REFERENCES messages ON DELETE SET NULL,
    agent_id        uuid        NOT NULL REFERENCES agents,
    pinned          boolean     NOT NULL, -- false: taken off
    at              timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, kind, key)
);
