-- +goose Up

-- What agents are told of: what was given to them, where they were mentioned, and
-- what is new in conversations that are theirs or that they watch. Written with
-- what causes it. Who may see the conversation no more sees none of it.
CREATE TABLE notifications (
    id              uuid PRIMARY KEY,
    version         bigint      NOT NULL DEFAULT 1,
    agent_id        uuid        NOT NULL REFERENCES agents ON DELETE CASCADE,
    kind            text        NOT NULL CHECK (kind IN ('assignment', 'mention', 'message')),
    conversation_id uuid        NOT NULL REFERENCES conversations, -- as of then: it may be part of another now
    message_id      uuid        REFERENCES messages,
    actor_kind      text        NOT NULL,
    actor_id        text        NOT NULL DEFAULT '',
    actor_name      text        NOT NULL DEFAULT '',
    app             boolean     NOT NULL, -- how it was to be told, as the agent had chosen then
    push            boolean     NOT NULL,
    email           boolean     NOT NULL,
    at              timestamptz NOT NULL,
    read_at         timestamptz,
    digest_id       uuid                  -- the mail that told of it
);
CREATE UNIQUE INDEX notifications_once ON notifications (message_id, agent_id) WHERE message_id IS NOT NULL;
CREATE INDEX notifications_list ON notifications (agent_id, at DESC, id DESC) WHERE app;
CREATE INDEX notifications_unread ON notifications (agent_id, at DESC, id DESC) WHERE read_at IS NULL;
CREATE INDEX notifications_old ON notifications (at);

-- How an agent wants to be told of a kind; without a row as package inbox says.
CREATE TABLE notification_choices (
    agent_id uuid    NOT NULL REFERENCES agents ON DELETE CASCADE,
    kind     text    NOT NULL,
    app      boolean NOT NULL,
    push     boolean NOT NULL,
    email    boolean NOT NULL,
    PRIMARY KEY (agent_id, kind)
);

ALTER TABLE agents
    ADD COLUMN push_text boolean NOT NULL DEFAULT false,           -- pushes carry the first words of messages
    ADD COLUMN digest_after interval NOT NULL DEFAULT '30 minutes'; -- away for so long: what is unread goes by mail

CREATE TABLE conversation_watchers (
    conversation_id uuid        NOT NULL REFERENCES conversations,
    agent_id        uuid        NOT NULL REFERENCES agents ON DELETE CASCADE,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, agent_id)
);

-- The key by which push services know us (RFC 8292), one for all nodes.
CREATE TABLE push_keys (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    public     bytea       NOT NULL, -- uncompressed point on P-256
    private    jsonb       NOT NULL, -- sealed
    created_at timestamptz NOT NULL
);

-- Browsers that take pushes, each for whoever is signed in there.
CREATE TABLE push_subscriptions (
    id         uuid PRIMARY KEY,
    agent_id   uuid        NOT NULL REFERENCES agents ON DELETE CASCADE,
    session_id uuid        NOT NULL REFERENCES sessions ON DELETE CASCADE,
    endpoint   text        NOT NULL UNIQUE,
    p256dh     bytea       NOT NULL,
    auth       bytea       NOT NULL,
    server_key bytea       NOT NULL, -- our public key that it was made with
    name       text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    pushed_at  timestamptz
);
CREATE INDEX push_subscriptions_agent ON push_subscriptions (agent_id);
CREATE INDEX push_subscriptions_session ON push_subscriptions (session_id);

-- Pushes that are still to be made. Whoever takes a row makes its push, or puts it
-- back for later.
CREATE TABLE pushes (
    notification_id uuid        NOT NULL REFERENCES notifications ON DELETE CASCADE,
    subscription_id uuid        NOT NULL REFERENCES push_subscriptions ON DELETE CASCADE,
    due_at          timestamptz NOT NULL,
    tries           smallint    NOT NULL DEFAULT 0,
    PRIMARY KEY (notification_id, subscription_id)
);
CREATE INDEX pushes_due ON pushes (due_at);
CREATE INDEX pushes_subscription ON pushes (subscription_id);

-- Mails that told of what was unread, so that what machines answer to them is
-- known for what it is.
CREATE TABLE digests (
    id       uuid PRIMARY KEY, -- of the mail
    agent_id uuid        NOT NULL REFERENCES agents ON DELETE CASCADE,
    sent_at  timestamptz NOT NULL
);
CREATE INDEX digests_agent ON digests (agent_id, sent_at DESC);
