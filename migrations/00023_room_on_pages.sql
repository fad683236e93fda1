-- +goose Up

-- Rows that one message changes get room beside them, so that the new version
-- stays on its page and no index is written. A table of millions is changed all
-- over, not at its end: without room each change writes two pages and one of
-- each index, whole, into the log after each checkpoint. Pages that are full
-- already make room as their rows change.
ALTER TABLE identities SET (fillfactor = 85);
ALTER TABLE customers SET (fillfactor = 85);
