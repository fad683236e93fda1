-- +goose Up

-- Fields that an admin has noted of conversations, contact reasons among them:
-- conversations.custom holds the values, by the field's id. An archived field
-- keeps its values, and its name is free again.
ALTER TABLE custom_fields
    ADD COLUMN version     bigint      NOT NULL DEFAULT 1,
    ADD COLUMN inboxes     uuid[]      NOT NULL DEFAULT '{}', -- whose conversations have it; empty: all
    ADD COLUMN required    boolean     NOT NULL DEFAULT false, -- to close
    ADD COLUMN place       integer     NOT NULL DEFAULT 0,     -- in the list
    ADD COLUMN archived_at timestamptz,
    ADD COLUMN created_at  timestamptz NOT NULL DEFAULT now();
ALTER TABLE custom_fields DROP CONSTRAINT custom_fields_entity_name_key;
CREATE UNIQUE INDEX custom_fields_name ON custom_fields (entity, lower(name)) WHERE archived_at IS NULL;
CREATE INDEX conversations_custom ON conversations USING gin (custom jsonb_path_ops) WHERE custom <> '{}';

-- Senders whose messages come in as spam and wake nobody.
ALTER TABLE identities
    ADD COLUMN blocked_at   timestamptz,
    ADD COLUMN blocked_by   uuid REFERENCES agents,
    ADD COLUMN blocked_note text NOT NULL DEFAULT '';
CREATE INDEX identities_blocked ON identities (blocked_at DESC, id DESC) WHERE blocked_at IS NOT NULL;

-- Where the page goes once a conversation is dealt with.
ALTER TABLE agents ADD COLUMN onward text NOT NULL DEFAULT 'next' CHECK (onward IN ('next', 'list', 'stay'));
