-- +goose Up

-- By what the exchange calls an agent, and whether calls that ring for nobody by
-- name are shown.
ALTER TABLE agents
    ADD COLUMN phone text NOT NULL DEFAULT '',
    ADD COLUMN call_pop boolean NOT NULL DEFAULT true;

-- What somebody is to do. Callbacks follow from the calls of an identity: made
-- anew of them whenever one comes, see package inbox.
CREATE TABLE tasks (
    id              uuid PRIMARY KEY,
    version         bigint      NOT NULL DEFAULT 1,
    kind            text        NOT NULL CHECK (kind IN ('callback', 'follow-up')),
    inbox_id        uuid        NOT NULL REFERENCES inboxes,
    conversation_id uuid        NOT NULL REFERENCES conversations, -- as of then: it may be part of another now
    identity_id     uuid        NOT NULL REFERENCES identities,    -- whom it is about
    message_id      uuid        REFERENCES messages,               -- callback: the first call that was missed
    text            text        NOT NULL DEFAULT '',
    due_at          timestamptz NOT NULL,
    assignee_id     uuid        REFERENCES agents,
    state           text        NOT NULL CHECK (state IN ('open', 'done')),
    calls           integer     NOT NULL DEFAULT 0,                -- that were missed
    last_call_at    timestamptz,
    created_at      timestamptz NOT NULL,
    created_by      uuid        REFERENCES agents,
    closed_at       timestamptz,
    closed_by       uuid        REFERENCES agents,
    closed_why      text        NOT NULL DEFAULT '',               -- call, agent, same-caller
    reopened_at     timestamptz,                                   -- by an agent: what came before closes it no more
    CHECK ((state = 'done') = (closed_at IS NOT NULL))
);
CREATE UNIQUE INDEX tasks_callback ON tasks (identity_id) WHERE kind = 'callback' AND state = 'open';
CREATE INDEX tasks_open ON tasks (inbox_id, due_at, id) WHERE state = 'open';
CREATE INDEX tasks_done ON tasks (inbox_id, closed_at DESC, id DESC) WHERE state = 'done';
CREATE INDEX tasks_identity ON tasks (identity_id);

CREATE INDEX messages_calls ON messages (identity_id) WHERE call IS NOT NULL;
