-- +goose Up

-- The business: brands, when it is open, where conversations are worked on, and by whom.

CREATE TABLE brands (
    id         uuid PRIMARY KEY,
    name       text        NOT NULL,
    locale     text        NOT NULL DEFAULT 'en',
    custom     jsonb       NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE calendars (
    id       uuid PRIMARY KEY,
    name     text  NOT NULL,
    zone     text  NOT NULL,              -- IANA name
    hours    jsonb NOT NULL DEFAULT '[]', -- [{day, from, to}], local times
    holidays jsonb NOT NULL DEFAULT '[]'
);

CREATE TABLE inboxes (
    id          uuid PRIMARY KEY,
    brand_id    uuid        NOT NULL REFERENCES brands,
    calendar_id uuid        NOT NULL REFERENCES calendars,
    name        text        NOT NULL,
    custom      jsonb       NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE teams (
    id         uuid PRIMARY KEY,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE agents (
    id             uuid PRIMARY KEY,
    email          text        NOT NULL,
    name           text        NOT NULL,
    role           text        NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
    locale         text        NOT NULL DEFAULT 'en',
    active         boolean     NOT NULL DEFAULT true,
    password_hash  text        NOT NULL DEFAULT '', -- argon2id in its PHC form; '' = none, no login by password
    rights_version bigint      NOT NULL DEFAULT 1,  -- rises with role, inboxes, teams, active
    custom         jsonb       NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX agents_email ON agents (lower(email));

CREATE TABLE team_members (
    team_id  uuid NOT NULL REFERENCES teams ON DELETE CASCADE,
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    PRIMARY KEY (team_id, agent_id)
);

CREATE TABLE inbox_members (
    inbox_id uuid NOT NULL REFERENCES inboxes ON DELETE CASCADE,
    agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
    PRIMARY KEY (inbox_id, agent_id)
);

CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    agent_id   uuid        NOT NULL REFERENCES agents ON DELETE CASCADE,
    hash       bytea       NOT NULL, -- of the refresh token that is good now
    previous   bytea,                -- of the one before: presented again, it ends the session
    rotated_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_agent ON sessions (agent_id);

CREATE TABLE accounts (
    id           text PRIMARY KEY CHECK (id ~ '^[a-z0-9_-]{1,40}$'),
    channel      text        NOT NULL,
    inbox_id     uuid        NOT NULL REFERENCES inboxes,
    name         text        NOT NULL,
    address      text        NOT NULL DEFAULT '',
    own          text[]      NOT NULL DEFAULT '{}', -- matching keys of every address that is ours here
    max_proof    smallint    NOT NULL DEFAULT 2,
    plus_address boolean     NOT NULL DEFAULT false,
    paused       boolean     NOT NULL DEFAULT false,
    settings     jsonb       NOT NULL DEFAULT '{}', -- secrets in it are sealed before they come here
    custom       jsonb       NOT NULL DEFAULT '{}',
    version      bigint      NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE custom_fields (
    id      uuid PRIMARY KEY,
    entity  text  NOT NULL, -- the table whose custom column it describes
    name    text  NOT NULL,
    kind    text  NOT NULL,
    options jsonb NOT NULL DEFAULT '{}',
    UNIQUE (entity, name)
);

-- Who: identities are what everything points at; customers are resolved from them.

CREATE TABLE customers (
    id         uuid PRIMARY KEY,
    name       text        NOT NULL DEFAULT '',
    custom     jsonb       NOT NULL DEFAULT '{}',
    version    bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE identities (
    id          uuid PRIMARY KEY,
    customer_id uuid        NOT NULL REFERENCES customers,
    kind        text        NOT NULL,
    key         text        NOT NULL, -- what is matched
    value       text        NOT NULL, -- as it was received
    name        text        NOT NULL DEFAULT '',
    proof       smallint    NOT NULL DEFAULT 0, -- the best seen
    locale      text        NOT NULL DEFAULT '',
    custom      jsonb       NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (kind, key)
);
CREATE INDEX identities_customer ON identities (customer_id);

-- Append-only: an edge is revoked, never deleted.
CREATE TABLE identity_edges (
    id         uuid PRIMARY KEY,
    a          uuid        NOT NULL REFERENCES identities,
    b          uuid        NOT NULL REFERENCES identities,
    evidence   jsonb       NOT NULL,
    before     jsonb       NOT NULL, -- customer ids on both sides before it
    actor_kind text        NOT NULL,
    actor_id   uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

-- What was bought.

CREATE TABLE orders (
    id          uuid PRIMARY KEY,
    store       text        NOT NULL,
    external_id text        NOT NULL,
    number      text        NOT NULL,
    identity_id uuid        NOT NULL REFERENCES identities, -- of the buyer
    status      text        NOT NULL,
    currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    total       bigint      NOT NULL, -- minor units
    placed_at   timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL, -- by the shop's clock: an older update changes nothing
    version     bigint      NOT NULL DEFAULT 1,
    custom      jsonb       NOT NULL DEFAULT '{}',
    UNIQUE (store, external_id)
);
CREATE INDEX orders_identity ON orders (identity_id, placed_at DESC);
CREATE INDEX orders_number ON orders (number);

CREATE TABLE order_items (
    order_id uuid    NOT NULL REFERENCES orders ON DELETE CASCADE,
    position integer NOT NULL,
    sku      text    NOT NULL,
    title    text    NOT NULL,
    variant  text    NOT NULL DEFAULT '',
    quantity integer NOT NULL,
    price    bigint  NOT NULL, -- of one, minor units
    PRIMARY KEY (order_id, position)
);

CREATE TABLE shipments (
    order_id   uuid        NOT NULL REFERENCES orders ON DELETE CASCADE,
    position   integer     NOT NULL,
    carrier    text        NOT NULL,
    tracking   text        NOT NULL,
    status     text        NOT NULL,
    shipped_at timestamptz,
    at         timestamptz NOT NULL,
    PRIMARY KEY (order_id, position)
);
CREATE INDEX shipments_tracking ON shipments (tracking);

-- What was said.

CREATE SEQUENCE conversation_number;

CREATE TABLE conversations (
    id            uuid PRIMARY KEY,
    number        bigint      NOT NULL DEFAULT nextval('conversation_number') UNIQUE,
    version       bigint      NOT NULL DEFAULT 1,
    inbox_id      uuid        NOT NULL REFERENCES inboxes,
    team_id       uuid        REFERENCES teams,
    assignee_id   uuid        REFERENCES agents,
    status        text        NOT NULL CHECK (status IN ('open', 'pending', 'snoozed', 'closed', 'spam')),
    channel       text        NOT NULL,
    account_id    text        NOT NULL REFERENCES accounts,
    identity_id   uuid        NOT NULL REFERENCES identities,
    subject       text        NOT NULL DEFAULT '',
    preview       text        NOT NULL DEFAULT '',
    message_seq   bigint      NOT NULL DEFAULT 0,
    public_seq    bigint      NOT NULL DEFAULT 0,
    last_at       timestamptz NOT NULL,
    waiting_since timestamptz,
    first_reply_at timestamptz, -- first public human reply
    snoozed_until timestamptz,
    priority      smallint    NOT NULL DEFAULT 0,
    tags          text[]      NOT NULL DEFAULT '{}',
    custom        jsonb       NOT NULL DEFAULT '{}',
    merged_into   uuid        REFERENCES conversations,
    created_at    timestamptz NOT NULL
);
CREATE INDEX conversations_list ON conversations (status, last_at DESC, id DESC) WHERE merged_into IS NULL;
CREATE INDEX conversations_inbox ON conversations (inbox_id, status, last_at DESC, id DESC) WHERE merged_into IS NULL;
-- What somebody, or nobody, is assigned to within an inbox: with the inbox in
-- front, whose queue is short is not read through everybody else's.
CREATE INDEX conversations_queue ON conversations (inbox_id, assignee_id, status, last_at DESC, id DESC) WHERE merged_into IS NULL;
CREATE INDEX conversations_recent ON conversations (last_at DESC, id DESC) WHERE merged_into IS NULL;
CREATE INDEX conversations_identity ON conversations (identity_id, last_at DESC);
CREATE INDEX conversations_merged ON conversations (merged_into) WHERE merged_into IS NOT NULL;

-- Append-only: why threads are one conversation, or messages apart from theirs.
CREATE TABLE conversation_facts (
    id         uuid PRIMARY KEY,
    kind       text        NOT NULL, -- merge, split, hand-over, same-order
    inputs     jsonb       NOT NULL,
    actor_kind text        NOT NULL,
    actor_id   uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

-- A header component, a chat session, a DM thread, a call. When a late mail
-- joins two components both threads stay and one's root becomes the other's.
CREATE TABLE threads (
    id              uuid PRIMARY KEY,
    root_id         uuid NOT NULL,
    conversation_id uuid NOT NULL REFERENCES conversations
);
CREATE INDEX threads_root ON threads (root_id);
CREATE INDEX threads_conversation ON threads (conversation_id);

-- Who takes part in a thread, by matching key: what admits a sender to it.
CREATE TABLE thread_people (
    thread_id uuid NOT NULL REFERENCES threads,
    person    text NOT NULL,
    PRIMARY KEY (thread_id, person)
);

CREATE TABLE messages (
    id              uuid PRIMARY KEY,
    conversation_id uuid        NOT NULL REFERENCES conversations,
    thread_id       uuid        NOT NULL REFERENCES threads,
    seq             bigint      NOT NULL,
    version         bigint      NOT NULL DEFAULT 1,
    kind            text        NOT NULL CHECK (kind IN ('message', 'note')),
    direction       text        NOT NULL CHECK (direction IN ('in', 'out')),
    channel         text        NOT NULL,
    account_id      text        NOT NULL REFERENCES accounts,
    identity_id     uuid        NOT NULL REFERENCES identities, -- the customer's side, whoever wrote
    author_kind     text        NOT NULL,
    agent_id        uuid        REFERENCES agents,
    author_name     text        NOT NULL DEFAULT '',
    author_address  text        NOT NULL DEFAULT '',
    recipients      jsonb       NOT NULL, -- {to, cc, bcc}: fixed when sent
    subject         text        NOT NULL DEFAULT '',
    text            text        NOT NULL DEFAULT '',
    visible_text    text        NOT NULL DEFAULT '',
    html            text        NOT NULL DEFAULT '',
    remote_images   boolean     NOT NULL DEFAULT false,
    state           text        NOT NULL,
    state_detail    text        NOT NULL DEFAULT '',
    attempt         integer     NOT NULL DEFAULT 0,
    send_at         timestamptz,
    automatic       boolean     NOT NULL DEFAULT false,
    spam            boolean     NOT NULL DEFAULT false,
    history         boolean     NOT NULL DEFAULT false,
    proof           smallint    NOT NULL DEFAULT 0,
    detail          jsonb       NOT NULL DEFAULT '{}', -- automatic, bounces, protection, problems
    reason          jsonb       NOT NULL,              -- why it is here
    header_id       text        NOT NULL DEFAULT '',
    refs            text[]      NOT NULL DEFAULT '{}', -- header ids, oldest first
    people          text[]      NOT NULL DEFAULT '{}', -- matching keys of its parties, ours excluded
    raw_sha256      text        NOT NULL DEFAULT '',
    sent_at         timestamptz NOT NULL,
    created_at      timestamptz NOT NULL,
    UNIQUE (conversation_id, seq)
);
CREATE INDEX messages_identity ON messages (identity_id, sent_at DESC, id DESC);
CREATE INDEX messages_thread ON messages (thread_id);

-- Deduplicates for good.
CREATE TABLE message_keys (
    account_id text  NOT NULL,
    event_hash bytea NOT NULL, -- first 16 bytes of SHA-256 of the event id
    PRIMARY KEY (account_id, event_hash)
);

-- What Deliver locks, in sorted order, before it looks: seen and unseen
-- Message-IDs and channel threads alike.
CREATE TABLE key_locks (
    key bytea PRIMARY KEY
);

-- The graph of mail headers: own rows are what a message is called, the others
-- what it points at, seen or not.
CREATE TABLE thread_keys (
    key        bytea   NOT NULL,
    message_id uuid    NOT NULL REFERENCES messages,
    thread_id  uuid    NOT NULL REFERENCES threads,
    own        boolean NOT NULL,
    sender     text    NOT NULL,
    PRIMARY KEY (key, own, sender, message_id)
);
CREATE INDEX thread_keys_thread ON thread_keys (thread_id);

CREATE TABLE attempts (
    message_id uuid        NOT NULL REFERENCES messages,
    attempt    integer     NOT NULL,
    state      text        NOT NULL,
    detail     text        NOT NULL DEFAULT '',
    at         timestamptz NOT NULL,
    PRIMARY KEY (message_id, attempt)
);

CREATE TABLE blobs (
    sha256     text PRIMARY KEY,
    size       bigint      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE attachments (
    id         uuid PRIMARY KEY,
    message_id uuid REFERENCES messages, -- null: uploaded, not sent yet
    agent_id   uuid REFERENCES agents,   -- who uploaded it
    position   integer     NOT NULL DEFAULT 0,
    name       text        NOT NULL,
    type       text        NOT NULL,
    size       bigint      NOT NULL,
    sha256     text        NOT NULL,
    inline     boolean     NOT NULL DEFAULT false,
    content_id text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX attachments_message ON attachments (message_id, position);

-- Filled by a follower, so that taking mail in never maintains its index.
CREATE TABLE message_search (
    message_id      uuid PRIMARY KEY REFERENCES messages,
    at              timestamptz NOT NULL,
    words           tsvector    NOT NULL
);
CREATE INDEX message_search_words ON message_search USING gin (words);

CREATE TABLE search_pending (
    message_id uuid PRIMARY KEY REFERENCES messages
);

-- Conversations counted by place and status; the zero UUID stands for none.
CREATE TABLE counts (
    inbox_id    uuid   NOT NULL,
    team_id     uuid   NOT NULL,
    assignee_id uuid   NOT NULL,
    status      text   NOT NULL,
    n           bigint NOT NULL,
    PRIMARY KEY (inbox_id, team_id, assignee_id, status)
);

CREATE TABLE count_deltas (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    inbox_id    uuid   NOT NULL,
    team_id     uuid   NOT NULL,
    assignee_id uuid   NOT NULL,
    status      text   NOT NULL,
    n           bigint NOT NULL
);

-- The permanent log. The server makes a partition a month ahead; what falls
-- outside goes to the default one, never lost.
CREATE TABLE events (
    id          uuid        NOT NULL,
    at          timestamptz NOT NULL,
    kind        text        NOT NULL,
    actor_kind  text        NOT NULL,
    actor_id    text        NOT NULL DEFAULT '',
    session_id  text        NOT NULL DEFAULT '',
    cause       text        NOT NULL DEFAULT '', -- event id of what came in, or the request
    entity      uuid        NOT NULL,
    version     bigint      NOT NULL,
    before      jsonb,
    after       jsonb,
    inbox_id    uuid,
    team_id     uuid,
    assignee_id uuid,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE INDEX events_entity ON events (entity, at);

-- What is committed and not yet announced, in the order of its ids.
CREATE TABLE outbox (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject      text        NOT NULL,
    payload      bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
);
CREATE INDEX outbox_pending ON outbox (id) WHERE published_at IS NULL;
-- What goes to the connectors leaves in an order of its own, so that a slow
-- attachment never holds up the browsers: it is found without passing over
-- everything else that is pending.
CREATE INDEX outbox_sends ON outbox (id) WHERE published_at IS NULL AND subject LIKE 'skein.out.%';
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- Where a stream stood when it was last written: a stream that is behind was
-- made anew or lost its tail, and its positions mean nothing any more.
CREATE TABLE streams (
    name     text PRIMARY KEY,
    epoch    text   NOT NULL,
    last_seq bigint NOT NULL
);

CREATE TABLE timers (
    kind    text        NOT NULL, -- send, snooze, sla, digest, retention
    key     text        NOT NULL,
    due_at  timestamptz NOT NULL,
    payload jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (kind, key)
);
CREATE INDEX timers_due ON timers (due_at);

CREATE TABLE idempotency_keys (
    actor        text        NOT NULL,
    key          text        NOT NULL,
    request_hash bytea       NOT NULL,
    response     jsonb       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, key)
);

-- Hashed keys of who asked to be forgotten: replays and imports check it.
CREATE TABLE erasures (
    key_hash   bytea PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);
