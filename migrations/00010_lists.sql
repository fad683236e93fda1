-- +goose Up

-- What is found by its name: customers' identities, orders by their numbers,
-- attachments by their files' names. A follower fills it from names_pending. words
-- holds the terms of a name, and each of them again with one character left out
-- behind a "~": two terms of which one is a slip of the other share one of these.
-- No extension is needed for it, whoever runs the database.
CREATE TABLE search_names (
    kind  text     NOT NULL CHECK (kind IN ('customer', 'order', 'file')),
    ref   uuid     NOT NULL, -- the identity, order or attachment
    words tsvector NOT NULL,
    PRIMARY KEY (kind, ref)
);
CREATE INDEX search_names_words ON search_names USING gin (words);

CREATE TABLE names_pending (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    ref  uuid NOT NULL
);

-- Names are written in many places, by the release before too: the tables
-- themselves tell of them, so that none is forgotten.
-- +goose StatementBegin
CREATE FUNCTION tell_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'customers' THEN
        INSERT INTO names_pending (kind, ref)
        SELECT 'customer', i.id FROM fresh f JOIN was w ON w.id = f.id JOIN identities i ON i.customer_id = f.id
        WHERE f.name <> w.name;
    ELSIF TG_TABLE_NAME = 'identities' THEN
        INSERT INTO names_pending (kind, ref)
        SELECT 'customer', f.id FROM fresh f JOIN was w ON w.id = f.id
        WHERE (f.name, f.value, f.customer_id) IS DISTINCT FROM (w.name, w.value, w.customer_id);
    ELSIF TG_TABLE_NAME = 'orders' THEN
        INSERT INTO names_pending (kind, ref)
        SELECT 'order', f.id FROM fresh f JOIN was w ON w.id = f.id WHERE f.number <> w.number;
    ELSE
        INSERT INTO names_pending (kind, ref)
        SELECT 'file', f.id FROM fresh f JOIN was w ON w.id = f.id
        WHERE f.message_id IS NOT NULL AND w.message_id IS NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION tell_new_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'attachments' THEN
        INSERT INTO names_pending (kind, ref) SELECT 'file', f.id FROM fresh f WHERE f.message_id IS NOT NULL;
    ELSE
        INSERT INTO names_pending (kind, ref)
        SELECT CASE TG_TABLE_NAME WHEN 'orders' THEN 'order' ELSE 'customer' END, f.id FROM fresh f;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER tell_names AFTER UPDATE ON customers
    REFERENCING OLD TABLE AS was NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tell_names();
CREATE TRIGGER tell_names AFTER UPDATE ON identities
    REFERENCING OLD TABLE AS was NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tell_names();
CREATE TRIGGER tell_names AFTER UPDATE ON orders
    REFERENCING OLD TABLE AS was NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tell_names();
CREATE TRIGGER tell_names AFTER UPDATE ON attachments
    REFERENCING OLD TABLE AS was NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tell_names();
CREATE TRIGGER tell_new_names AFTER INSERT ON identities
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tell_new_names();
CREATE TRIGGER tell_new_names AFTER INSERT ON orders
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tell_new_names();
CREATE TRIGGER tell_new_names AFTER INSERT ON attachments
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION tell_new_names();

INSERT INTO names_pending (kind, ref) SELECT 'customer', id FROM identities;
INSERT INTO names_pending (kind, ref) SELECT 'order', id FROM orders;
INSERT INTO names_pending (kind, ref) SELECT 'file', id FROM attachments WHERE message_id IS NOT NULL;

-- What was indexed so far lacks who it is from and to, and whether files came with
-- it: it is indexed again.
INSERT INTO search_pending (message_id) SELECT message_id FROM message_search ON CONFLICT DO NOTHING;

-- Lists by tag, by team, by what waits longest and by priority.
CREATE INDEX conversations_tags ON conversations USING gin (tags) WHERE tags <> '{}';
CREATE INDEX conversations_team ON conversations (team_id, status, last_at DESC, id DESC)
    WHERE merged_into IS NULL AND team_id IS NOT NULL;
CREATE INDEX conversations_waiting ON conversations (inbox_id, waiting_since, id)
    WHERE merged_into IS NULL AND waiting_since IS NOT NULL;
CREATE INDEX conversations_priority ON conversations (inbox_id, status, priority DESC, last_at DESC, id DESC)
    WHERE merged_into IS NULL AND priority <> 0;

-- A list that somebody has put together.
CREATE TABLE saved_views (
    id         uuid PRIMARY KEY,
    agent_id   uuid        NOT NULL REFERENCES agents, -- who made it
    shared     boolean     NOT NULL DEFAULT false,     -- everybody sees it, each with their own rights
    name       text        NOT NULL,
    query      text        NOT NULL DEFAULT '',        -- filters, as they are typed
    sort       text        NOT NULL DEFAULT 'newest',
    created_at timestamptz NOT NULL
);
CREATE INDEX saved_views_agent ON saved_views (agent_id);
