-- +goose Up

-- No release precedes this file: its columns without a default break nobody.

-- Who: what identities say of themselves, and why they are one customer.

-- The customer that was made with an identity, and that it returns to when a
-- merge is undone. A customer's id is that of its oldest identity, so a link to
-- any other leads to it: see born_id.
ALTER TABLE identities ADD COLUMN born_id uuid;
UPDATE identities SET born_id = customer_id;
ALTER TABLE identities ALTER COLUMN born_id SET NOT NULL, ADD FOREIGN KEY (born_id) REFERENCES customers;
CREATE UNIQUE INDEX identities_born ON identities (born_id);

-- One current value a field and source; what it replaced is in the log.
CREATE TABLE claims (
    identity_id uuid        NOT NULL REFERENCES identities,
    field       text        NOT NULL, -- name, email, phone, address, birthday, locale, company
    source      text        NOT NULL CHECK (source IN ('shop', 'agent', 'channel')),
    value       text        NOT NULL, -- as received
    key         text        NOT NULL DEFAULT '', -- what is matched; '' for what never is
    proof       smallint    NOT NULL,
    at          timestamptz NOT NULL, -- by its source's clock: an older word changes nothing
    PRIMARY KEY (identity_id, field, source)
);
CREATE INDEX claims_key ON claims (field, key) WHERE key <> '';
INSERT INTO claims (identity_id, field, source, value, proof, at)
    SELECT id, 'name', 'channel', name, proof, created_at FROM identities WHERE name <> '';
UPDATE customers k SET name = i.name FROM identities i WHERE i.customer_id = k.id AND k.name = '' AND i.name <> '';

-- Keys by which possible matches are found: filled by a follower, so that
-- taking mail in never maintains the index.
CREATE TABLE identity_hints (
    hint        text NOT NULL,
    identity_id uuid NOT NULL REFERENCES identities,
    PRIMARY KEY (hint, identity_id)
);
CREATE INDEX identity_hints_identity ON identity_hints (identity_id);

CREATE TABLE hints_pending (
    identity_id uuid PRIMARY KEY REFERENCES identities
);
INSERT INTO hints_pending (identity_id) SELECT id FROM identities;

-- An automatic edge names the key that both sides hold; an agent's names nobody.
ALTER TABLE identity_edges
    ADD COLUMN automatic boolean NOT NULL DEFAULT false,
    ADD COLUMN key_kind text NOT NULL DEFAULT '',
    ADD COLUMN key text NOT NULL DEFAULT '',
    ADD COLUMN revoked_kind text NOT NULL DEFAULT '', -- who revoked it
    ADD COLUMN revoked_id uuid;
CREATE INDEX identity_edges_a ON identity_edges (a) WHERE revoked_at IS NULL;
CREATE INDEX identity_edges_b ON identity_edges (b) WHERE revoked_at IS NULL;
CREATE INDEX identity_edges_key ON identity_edges (key_kind, key) WHERE revoked_at IS NULL AND automatic;

-- "Not a match" holds for ever, "later" until a time. Append-only.
CREATE TABLE identity_refusals (
    id         uuid PRIMARY KEY,
    a          uuid        NOT NULL REFERENCES identities,
    b          uuid        NOT NULL REFERENCES identities,
    until      timestamptz,
    reason     text        NOT NULL DEFAULT '',
    actor_kind text        NOT NULL,
    actor_id   uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    CHECK (a < b)
);
CREATE INDEX identity_refusals_a ON identity_refusals (a) WHERE revoked_at IS NULL;
CREATE INDEX identity_refusals_b ON identity_refusals (b) WHERE revoked_at IS NULL;

-- What an operator says of a value that many hold.
CREATE TABLE key_policies (
    kind       text        NOT NULL, -- email, phone
    key        text        NOT NULL,
    policy     text        NOT NULL CHECK (policy IN ('blocked', 'shared', 'personal')),
    note       text        NOT NULL DEFAULT '',
    actor_id   uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, key)
);

-- Which kinds of identities an account's connector may vouch for (empty: those of
-- its channel), and how a telephone number without a country code is read.
ALTER TABLE accounts
    ADD COLUMN kinds text[] NOT NULL DEFAULT '{}',
    ADD COLUMN region text NOT NULL DEFAULT '';

CREATE TABLE consents (
    identity_id uuid        NOT NULL REFERENCES identities,
    purpose     text        NOT NULL, -- email_marketing, sms_marketing, tracking, …
    source      text        NOT NULL,
    granted     boolean     NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (identity_id, purpose, source)
);

-- Which conversation: threads know the conversation that was made for them, and
-- facts join conversations, so that a fact that is revoked leaves every thread
-- where it was, later messages included.
ALTER TABLE threads ADD COLUMN home_id uuid REFERENCES conversations;
UPDATE threads SET home_id = conversation_id;
ALTER TABLE threads ALTER COLUMN home_id SET NOT NULL;
CREATE INDEX threads_home ON threads (home_id);
-- Whether a message of it was ever moved by an agent: only then is it asked where
-- each of them is.
ALTER TABLE threads ADD COLUMN moved boolean NOT NULL DEFAULT false;

-- In the order in which a customer's conversations are listed, to the last
-- column: else the newest of everybody's are read until enough are theirs.
DROP INDEX conversations_identity;
CREATE INDEX conversations_identity ON conversations (identity_id, last_at DESC, id DESC);

ALTER TABLE conversation_facts
    ADD COLUMN from_id uuid REFERENCES conversations, -- merge: went into; split: left
    ADD COLUMN into_id uuid REFERENCES conversations,
    ADD COLUMN revoked_kind text NOT NULL DEFAULT '',
    ADD COLUMN revoked_by uuid;
CREATE INDEX conversation_facts_from ON conversation_facts (from_id);
CREATE INDEX conversation_facts_into ON conversation_facts (into_id);
-- A hand-over that waits for its message has no from_id yet.
CREATE INDEX conversation_facts_waiting ON conversation_facts ((inputs->>'identityId'))
    WHERE kind = 'hand-over' AND from_id IS NULL AND revoked_at IS NULL;

-- A message that an agent moved is where the last of its splits says, and so is
-- what answers it. An undone split is taken out, wherever it stands among them.
ALTER TABLE messages ADD COLUMN splits uuid[] NOT NULL DEFAULT '{}';
CREATE INDEX messages_splits ON messages USING gin (splits) WHERE splits <> '{}';
-- Who quotes a conversation without being let into it.
CREATE INDEX messages_linked ON messages ((reason->>'linked')) WHERE reason ? 'linked';

-- A bounce stays with the delivery that it is about, a call with its record.
ALTER TABLE messages ADD COLUMN about_id uuid REFERENCES messages;
CREATE INDEX messages_about ON messages (about_id) WHERE about_id IS NOT NULL;
ALTER TABLE messages ADD COLUMN call jsonb;

-- What was bought, in full.
ALTER TABLE orders
    ADD COLUMN number_key text NOT NULL DEFAULT '', -- the number as it is looked up
    ADD COLUMN financial_status text NOT NULL DEFAULT '',
    ADD COLUMN subtotal bigint NOT NULL DEFAULT 0,
    ADD COLUMN shipping bigint NOT NULL DEFAULT 0,
    ADD COLUMN tax bigint NOT NULL DEFAULT 0,
    ADD COLUMN discount bigint NOT NULL DEFAULT 0,
    ADD COLUMN url text NOT NULL DEFAULT '',
    ADD COLUMN note text NOT NULL DEFAULT '',
    -- The buyer as the shop knows them; order_parties has the matching keys.
    ADD COLUMN customer_external_id text NOT NULL DEFAULT '',
    ADD COLUMN email text NOT NULL DEFAULT '',
    ADD COLUMN phone text NOT NULL DEFAULT '',
    ADD COLUMN refunded bigint NOT NULL DEFAULT 0,
    ADD COLUMN problems text[] NOT NULL DEFAULT '{}', -- what of it can't be right
    ADD COLUMN said jsonb; -- which word each field is of: see inbox.OrderState
-- A partial word may come before anybody names the currency.
ALTER TABLE orders DROP CONSTRAINT orders_currency_check,
    ADD CONSTRAINT orders_currency_check CHECK (currency = '' OR currency ~ '^[A-Z]{3}$');
DROP INDEX orders_identity;
CREATE INDEX orders_identity ON orders (identity_id, placed_at DESC, id DESC);
CREATE INDEX orders_number_key ON orders (number_key) WHERE number_key <> '';

ALTER TABLE order_items
    ADD COLUMN external_id text NOT NULL DEFAULT '',
    ADD COLUMN product_id text NOT NULL DEFAULT '',
    ADD COLUMN image text NOT NULL DEFAULT '',
    ADD COLUMN url text NOT NULL DEFAULT '';

-- Whose order it is besides its buyer's: addresses that may hear of it.
CREATE TABLE order_parties (
    order_id uuid  NOT NULL REFERENCES orders ON DELETE CASCADE,
    role     text  NOT NULL CHECK (role IN ('buyer', 'recipient', 'billing')),
    name     text  NOT NULL DEFAULT '',
    email    text  NOT NULL DEFAULT '', -- matching key
    phone    text  NOT NULL DEFAULT '', -- matching key
    address  jsonb NOT NULL DEFAULT '{}', -- {lines, city, region, postcode, country}
    PRIMARY KEY (order_id, role)
);
CREATE INDEX order_parties_email ON order_parties (email) WHERE email <> '';
CREATE INDEX order_parties_phone ON order_parties (phone) WHERE phone <> '';

ALTER TABLE shipments
    ADD COLUMN external_id text NOT NULL DEFAULT '',
    ADD COLUMN url text NOT NULL DEFAULT '',
    ADD COLUMN tracking_key text NOT NULL DEFAULT '',
    ADD COLUMN events jsonb NOT NULL DEFAULT '[]'; -- [{externalId, at, status, text, place}], oldest first
CREATE INDEX shipments_tracking_key ON shipments (tracking_key) WHERE tracking_key <> '';

CREATE TABLE refunds (
    order_id    uuid        NOT NULL REFERENCES orders ON DELETE CASCADE,
    external_id text        NOT NULL,
    amount      bigint      NOT NULL, -- minor units of the order's currency
    reason      text        NOT NULL DEFAULT '',
    at          timestamptz NOT NULL,
    PRIMARY KEY (order_id, external_id)
);

CREATE TABLE returns (
    order_id    uuid        NOT NULL REFERENCES orders ON DELETE CASCADE,
    external_id text        NOT NULL,
    status      text        NOT NULL CHECK (status IN ('requested', 'approved', 'in_transit', 'received', 'closed', 'rejected')),
    reason      text        NOT NULL DEFAULT '',
    items       jsonb       NOT NULL DEFAULT '[]', -- [{sku, title, quantity}]
    at          timestamptz NOT NULL,
    PRIMARY KEY (order_id, external_id)
);

-- What the timeline shows of an order besides itself: each event of a parcel,
-- refunds and returns, made of the rows above whenever they change, so that a
-- page of a timeline is one walk of an index.
CREATE TABLE order_entries (
    order_id    uuid        NOT NULL REFERENCES orders ON DELETE CASCADE,
    id          uuid        NOT NULL, -- made of what it is about: stays when the row is written anew
    kind        text        NOT NULL CHECK (kind IN ('shipment', 'refund', 'return')),
    identity_id uuid        NOT NULL REFERENCES identities,
    at          timestamptz NOT NULL,
    detail      text        NOT NULL DEFAULT '',
    data        jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (order_id, id)
);
CREATE INDEX order_entries_identity ON order_entries (identity_id, at DESC, id DESC);

CREATE TABLE carts (
    id          uuid PRIMARY KEY,
    store       text        NOT NULL,
    external_id text        NOT NULL,
    identity_id uuid        NOT NULL REFERENCES identities,
    status      text        NOT NULL CHECK (status IN ('open', 'abandoned', 'completed')),
    currency    text        NOT NULL CHECK (currency = '' OR currency ~ '^[A-Z]{3}$'),
    total       bigint      NOT NULL,
    items       jsonb       NOT NULL DEFAULT '[]',
    words       jsonb,      -- what it is computed of: see inbox.CartState
    url         text        NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     bigint      NOT NULL DEFAULT 1,
    UNIQUE (store, external_id)
);
CREATE INDEX carts_identity ON carts (identity_id, updated_at DESC, id DESC);

CREATE TABLE saved_items (
    identity_id uuid        NOT NULL REFERENCES identities,
    store       text        NOT NULL,
    sku         text        NOT NULL,
    title       text        NOT NULL DEFAULT '',
    url         text        NOT NULL DEFAULT '',
    saved       boolean     NOT NULL, -- false: taken off the list again
    at          timestamptz NOT NULL,
    PRIMARY KEY (identity_id, store, sku)
);

CREATE TABLE products (
    store       text        NOT NULL,
    sku         text        NOT NULL,
    external_id text        NOT NULL DEFAULT '',
    title       text        NOT NULL,
    variant     text        NOT NULL DEFAULT '',
    currency    text        NOT NULL DEFAULT '',
    price       bigint      NOT NULL DEFAULT 0,
    stock       integer,     -- null: not counted
    stock_at    timestamptz, -- the time that stock is true of
    url         text        NOT NULL DEFAULT '',
    image       text        NOT NULL DEFAULT '',
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (store, sku)
);

-- A ledger: the balance is its sum.
CREATE TABLE loyalty_entries (
    id          uuid        NOT NULL DEFAULT gen_random_uuid(),
    store       text        NOT NULL,
    external_id text        NOT NULL,
    identity_id uuid        NOT NULL REFERENCES identities,
    points      bigint      NOT NULL,
    reason      text        NOT NULL DEFAULT '',
    at          timestamptz NOT NULL,
    PRIMARY KEY (store, external_id)
);
CREATE INDEX loyalty_entries_identity ON loyalty_entries (identity_id, at DESC, id DESC);

-- Page views and what else people do in a shop. Partitioned by time, as the log is.
CREATE TABLE tracks (
    id          uuid        NOT NULL,
    at          timestamptz NOT NULL,
    identity_id uuid        NOT NULL REFERENCES identities,
    store       text        NOT NULL,
    kind        text        NOT NULL DEFAULT '', -- page, rating, event; '' for what a record shows
    name        text        NOT NULL, -- Segment's own event name, "" for a page view
    title       text        NOT NULL DEFAULT '',
    url         text        NOT NULL DEFAULT '',
    properties  jsonb       NOT NULL DEFAULT '{}',
    problems    text[]      NOT NULL DEFAULT '{}', -- what of it could not be read
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE TABLE tracks_default PARTITION OF tracks DEFAULT;
CREATE INDEX tracks_identity ON tracks (identity_id, at DESC, id DESC) WHERE kind <> '';

-- The timeline's changes of status and merges, whose customer they are found by.
ALTER TABLE events ADD COLUMN identity_id uuid; -- of a conversation whose status changed
CREATE INDEX events_identity ON events (identity_id, at DESC, id DESC) WHERE identity_id IS NOT NULL;
-- Who is asked about may have ten thousand rows where most have a few: planned
-- for the few, their rows would be sorted and not walked. A partition that is
-- made gets the same: see package store.
ALTER TABLE events_default ALTER COLUMN identity_id SET (n_distinct = 20);
ALTER TABLE tracks_default ALTER COLUMN identity_id SET (n_distinct = 20);
CREATE INDEX identity_edges_every_a ON identity_edges (a, created_at DESC, id DESC);
CREATE INDEX identity_edges_every_b ON identity_edges (b, created_at DESC, id DESC);

-- How a store numbers its orders, learned from them: see inbox/orderlink.
CREATE TABLE grammars (
    store      text PRIMARY KEY,
    grammar    jsonb       NOT NULL,
    orders     bigint      NOT NULL, -- how many it was learned from
    updated_at timestamptz NOT NULL
);

-- Numbers of new orders, until a follower has learned from them: what brings
-- orders in never waits for another at a store's grammar.
CREATE TABLE grammar_pending (
    order_id uuid PRIMARY KEY REFERENCES orders ON DELETE CASCADE,
    store    text NOT NULL,
    number   text NOT NULL
);
CREATE INDEX orders_store ON orders (store, placed_at DESC);

-- Which order: what a message names, known or not yet.
CREATE TABLE order_mentions (
    id         uuid PRIMARY KEY,
    message_id uuid     NOT NULL REFERENCES messages,
    kind       text     NOT NULL CHECK (kind IN ('order', 'tracking', 'context')),
    key        text     NOT NULL, -- as it is looked up; of a context: see inbox.ContextKey
    text       text     NOT NULL, -- as it was written
    part       text     NOT NULL, -- subject, text
    start_at   integer  NOT NULL, -- bytes into that part
    end_at     integer  NOT NULL,
    score      real     NOT NULL,
    UNIQUE (message_id, kind, key)
);
CREATE INDEX order_mentions_key ON order_mentions (key, id);

-- What follows from mentions, owners and agents' verdicts, for every
-- conversation: made anew whenever one of them changes. A claim names what was
-- said and no order, whether there is one or not.
CREATE TABLE conversation_orders (
    conversation_id uuid     NOT NULL REFERENCES conversations,
    rank            smallint NOT NULL, -- 0: the one that is meant
    order_id        uuid     REFERENCES orders,
    claim_id        uuid     REFERENCES order_mentions,
    state           text     NOT NULL CHECK (state IN ('linked', 'unproven', 'recipient', 'suggested', 'claimed', 'rejected')),
    score           real     NOT NULL,
    reason          jsonb    NOT NULL, -- {text, messageId, mention}
    PRIMARY KEY (conversation_id, rank),
    UNIQUE (conversation_id, order_id),
    CHECK ((state = 'claimed') = (order_id IS NULL)),
    CHECK ((state = 'claimed') = (claim_id IS NOT NULL))
);
CREATE INDEX conversation_orders_order ON conversation_orders (order_id) WHERE order_id IS NOT NULL;

-- The order that is meant, where it may be seen: what lists show of it.
ALTER TABLE conversations
    ADD COLUMN order_id uuid REFERENCES orders,
    ADD COLUMN order_number text NOT NULL DEFAULT '';

-- Agents' words on a conversation's orders: the newest that stands holds.
-- Append-only, and audited by the log.
CREATE TABLE order_verdicts (
    id              uuid PRIMARY KEY,
    conversation_id uuid        NOT NULL REFERENCES conversations,
    order_id        uuid        NOT NULL REFERENCES orders,
    verdict         text        NOT NULL CHECK (verdict IN ('linked', 'rejected', 'verified')),
    reason          text        NOT NULL DEFAULT '', -- of a verification: how, and the agent's words
    actor_id        uuid        NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    revoked_at      timestamptz
);
CREATE INDEX order_verdicts_conversation ON order_verdicts (conversation_id) WHERE revoked_at IS NULL;
