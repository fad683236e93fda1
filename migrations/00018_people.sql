-- +goose Up

-- Whom an admin asked to work here. A link lets them in once; of it a hash is kept.
CREATE TABLE invitations (
    id          uuid PRIMARY KEY,
    email       text        NOT NULL,
    role        text        NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
    inboxes     uuid[]      NOT NULL DEFAULT '{}',
    teams       uuid[]      NOT NULL DEFAULT '{}',
    hash        bytea       NOT NULL,
    invited_by  uuid        NOT NULL REFERENCES agents,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    mailed      boolean     NOT NULL DEFAULT false, -- the link that is good now
    accepted_at timestamptz,
    revoked_at  timestamptz
);
CREATE UNIQUE INDEX invitations_hash ON invitations (hash);
CREATE UNIQUE INDEX invitations_open ON invitations (lower(email)) WHERE accepted_at IS NULL AND revoked_at IS NULL;

-- Links by which agents set a new password. An agent has one at a time.
CREATE TABLE password_resets (
    agent_id   uuid PRIMARY KEY REFERENCES agents ON DELETE CASCADE,
    hash       bytea       NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX password_resets_hash ON password_resets (hash);

-- Mails of ours to agents: what comes back about them belongs to no conversation.
CREATE TABLE letters (
    id      uuid PRIMARY KEY,
    sent_at timestamptz NOT NULL
);

-- A team that is gone stays for what is told of it.
ALTER TABLE teams ADD COLUMN deleted_at timestamptz;

-- The audit log: what agents did, and what was done to the settings by whomever.
-- What customers and connectors cause is by far the most, and not in here.
CREATE INDEX events_audit ON events (at, id)
    WHERE actor_kind = 'agent' OR kind IN ('account.changed', 'agent.changed');
CREATE INDEX events_audit_actor ON events (actor_id, at, id) WHERE actor_kind = 'agent';
CREATE INDEX events_audit_kind ON events (kind, at, id)
    WHERE actor_kind = 'agent' OR kind IN ('account.changed', 'agent.changed');
