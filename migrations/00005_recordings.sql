-- +goose Up

-- Calls of which a recording is still to be fetched: few at any time, and asked
-- for by connectors every few minutes.
CREATE INDEX messages_audio_wanted ON messages (account_id, id)
    WHERE call @> '{"audio": [{"state": "wanted"}]}';
