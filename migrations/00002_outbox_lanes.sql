-- +goose Up

-- What goes to the connectors leaves in an order of its own, so that a slow
-- attachment never holds up the browsers: it is found without passing over
-- everything else that is pending.
CREATE INDEX outbox_sends ON outbox (id) WHERE published_at IS NULL AND subject LIKE 'skein.out.%';
