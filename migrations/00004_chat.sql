-- +goose Up

-- Sessions of chats that have said something: which thread each is, and where
-- its visitor wants to be answered when away.
CREATE TABLE visitors (
    account_id  text NOT NULL REFERENCES accounts,
    session     text NOT NULL,
    thread_id   uuid NOT NULL UNIQUE REFERENCES threads,
    identity_id uuid NOT NULL REFERENCES identities,
    answer_to   text NOT NULL DEFAULT '', -- a mail address that they left in this very session
    mail_thread uuid REFERENCES threads,  -- of the mails that went there
    words       bigint NOT NULL DEFAULT 0, -- the number of the newest
    PRIMARY KEY (account_id, session)
);

-- What a session was told, in order and without a gap: a number is given out
-- under the lock of its visitor. What is not here nobody shows to a visitor.
CREATE TABLE visitor_words (
    thread_id  uuid   NOT NULL REFERENCES visitors (thread_id),
    seq        bigint NOT NULL,
    kind       text   NOT NULL, -- message, again, edited, deleted, closed, reopened
    message_id uuid   REFERENCES messages,
    PRIMARY KEY (thread_id, seq)
);
CREATE UNIQUE INDEX visitor_words_message ON visitor_words (message_id) WHERE kind = 'message';

-- Answers that went by mail too, because nobody read them in the chat.
CREATE TABLE visitor_mails (
    message_id uuid PRIMARY KEY REFERENCES messages,
    mail_id    uuid NOT NULL REFERENCES messages
);

-- Where a chat goes on.
CREATE INDEX messages_chat ON messages (thread_id, created_at DESC, id DESC) WHERE channel = 'chat';
-- Who waits in the chat, the longest first.
CREATE INDEX conversations_chat_queue ON conversations (inbox_id, waiting_since)
    WHERE channel = 'chat' AND status = 'open' AND assignee_id IS NULL AND merged_into IS NULL AND waiting_since IS NOT NULL;
