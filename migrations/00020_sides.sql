-- +goose Up

-- A side conversation is said with others than the customer, such as a warehouse
-- or a carrier, about a conversation: it is in no list and no count of its own.
ALTER TABLE conversations ADD COLUMN side_of uuid REFERENCES conversations;
ALTER TABLE conversations DROP CONSTRAINT conversations_status_check;
ALTER TABLE conversations ADD CONSTRAINT conversations_status_check
    CHECK (status IN ('open', 'pending', 'snoozed', 'closed', 'spam', 'side') AND (status = 'side') = (side_of IS NOT NULL));
CREATE INDEX conversations_sides ON conversations (side_of) WHERE side_of IS NOT NULL;

-- Whom the team writes to again and again about customers' matters.
CREATE TABLE contacts (
    id         uuid PRIMARY KEY,
    name       text        NOT NULL,
    address    text        NOT NULL,
    key        text        NOT NULL UNIQUE, -- what the address is matched by
    agent_id   uuid        NOT NULL REFERENCES agents,
    created_at timestamptz NOT NULL
);
