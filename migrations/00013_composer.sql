-- +goose Up

-- Texts that agents use again, and what is done with the conversation with them.
CREATE TABLE saved_replies (
    id         uuid PRIMARY KEY,
    version    bigint      NOT NULL DEFAULT 1,
    owner_id   uuid        REFERENCES agents, -- null: everybody's
    team_id    uuid        REFERENCES teams,  -- of everybody's: who uses it most
    folder     text        NOT NULL DEFAULT '',
    name       text        NOT NULL,
    texts      jsonb       NOT NULL DEFAULT '[]', -- [{locale, text}], the first where no language fits
    actions    jsonb       NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by uuid        NOT NULL REFERENCES agents,
    deleted    boolean     NOT NULL DEFAULT false -- kept, so that its version goes on and the log has what to point at
);
CREATE INDEX saved_replies_owner ON saved_replies (owner_id) WHERE NOT deleted;

-- It waits for its own time, and for nobody to have written meanwhile: until it
-- leaves it is no answer.
ALTER TABLE messages ADD COLUMN scheduled boolean NOT NULL DEFAULT false;
