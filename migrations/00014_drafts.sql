-- +goose Up

-- What agents have begun to write. Of one that was sent or emptied its version
-- stays, so that another device's older words don't come back.
CREATE TABLE drafts (
    agent_id        uuid        NOT NULL REFERENCES agents,
    conversation_id uuid        NOT NULL REFERENCES conversations,
    version         bigint      NOT NULL,
    content         jsonb       NOT NULL,
    begun           boolean     NOT NULL,          -- there are words of a reply in it
    updated_at      timestamptz NOT NULL,
    taken_by        uuid        REFERENCES agents, -- who took this version over
    taken_at        timestamptz,
    PRIMARY KEY (agent_id, conversation_id),
    CHECK ((taken_by IS NULL) = (taken_at IS NULL))
);
CREATE INDEX drafts_begun ON drafts (conversation_id) WHERE begun;
