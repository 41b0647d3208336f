-- What Annie tells later: listings, replies, texts found or given up; and the audit.

-- The beginning of the first complete listing that did not show it.
ALTER TABLE attempts ADD COLUMN absent_at INTEGER;
-- The attempt that was not found, whose reminders this one tells once more.
ALTER TABLE attempts ADD COLUMN retry_of INTEGER REFERENCES attempts (id);
-- Somebody decided that it may be tried again, however late.
ALTER TABLE attempts ADD COLUMN retry_by_hand INTEGER NOT NULL DEFAULT 0 CHECK (retry_by_hand IN (0, 1));

DROP TRIGGER attempts_update_guard;
CREATE TRIGGER attempts_update_guard BEFORE UPDATE ON attempts
WHEN NEW.id IS NOT OLD.id OR NEW.message_id IS NOT OLD.message_id OR NEW.api_key IS NOT OLD.api_key
    OR NEW.phone IS NOT OLD.phone OR NEW.started_ms IS NOT OLD.started_ms OR NEW.retry_of IS NOT OLD.retry_of
    OR (OLD.outcome NOT IN ('unknown', 'not-found') AND NEW.outcome IS NOT OLD.outcome)
    OR OLD.outcome = 'sent' OR OLD.outcome = 'not-sent' OR OLD.outcome = 'rejected'
    -- a text that was not found may be found after all; that it was not is never taken back
    OR (OLD.outcome = 'not-found' AND NEW.outcome NOT IN ('not-found', 'sent'))
    OR (OLD.outcome IS NOT NULL AND NEW.outcome IS NULL)
    OR NEW.unresolved < OLD.unresolved
    OR (NEW.conversation_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM attempts WHERE conversation_id = NEW.conversation_id AND id <> NEW.id))
BEGIN
    SELECT RAISE(ABORT, 'an attempt changes only its outcome, from unknown to known');
END;

-- Only a text that was not found is told again, once.
CREATE UNIQUE INDEX one_retry_at_a_time ON attempts (retry_of)
    WHERE retry_of IS NOT NULL AND (outcome IS NULL OR outcome <> 'not-sent');

-- The number before a correction: what was begun with it while nobody looked told this reminder too.
ALTER TABLE reminders ADD COLUMN earlier_phone TEXT;

ALTER TABLE conversations ADD COLUMN api_key    TEXT;    -- which key it was begun or seen with, by its name
ALTER TABLE conversations ADD COLUMN tags       TEXT;    -- Annie's tags, a JSON list
-- Begun from our number while Leadtime was not looking: it counts as ours, whatever it said.
ALTER TABLE conversations ADD COLUMN blind      INTEGER NOT NULL DEFAULT 0 CHECK (blind IN (0, 1));
ALTER TABLE conversations ADD COLUMN read_at    INTEGER; -- when its messages were last read
ALTER TABLE conversations ADD COLUMN read_tried INTEGER; -- when that was last tried
UPDATE conversations SET api_key = (SELECT api_key FROM attempts WHERE id = attempt_id);
CREATE INDEX conversations_blind ON conversations (started_at) WHERE blind = 1;
CREATE INDEX conversations_by_reading ON conversations (api_key, started_at);

-- A key's listing of all conversations: what is due, and how far the one under way has come.
CREATE TABLE listings (
    api_key     TEXT    NOT NULL PRIMARY KEY,
    blind_from  INTEGER,            -- nobody looked from then on; NULL: all is known
    blind_until INTEGER,
    seen_at     INTEGER,            -- when the last listing began that reached back far enough
    -- the one under way
    began_at    INTEGER,            -- NULL: none
    whole       INTEGER NOT NULL DEFAULT 0 CHECK (whole IN (0, 1)), -- every conversation is wanted
    reach_back  INTEGER,            -- conversations begun since then are of interest
    next_offset INTEGER NOT NULL DEFAULT 0,
    total       INTEGER,            -- as its first page said
    tries       INTEGER NOT NULL DEFAULT 0,
    in_order    INTEGER NOT NULL DEFAULT 1 CHECK (in_order IN (0, 1)), -- newest first so far
    last_start  INTEGER,            -- of the last row seen
    read_through INTEGER NOT NULL DEFAULT 0 CHECK (read_through IN (0, 1)), -- all pages are there
    CONSTRAINT blind_period CHECK ((blind_from IS NULL) = (blind_until IS NULL))
) STRICT, WITHOUT ROWID;

-- The conversations that the listing under way has shown.
CREATE TABLE listed (
    api_key         TEXT    NOT NULL,
    conversation_id TEXT    NOT NULL,
    started_at      INTEGER,
    medium          TEXT,
    to_phone        TEXT,
    from_phone      TEXT,
    status          TEXT,
    tags            TEXT,
    PRIMARY KEY (api_key, conversation_id)
) STRICT, WITHOUT ROWID;

-- When the desk last lifted an opt-out: what a patient said before is settled.
CREATE TABLE opt_outs_lifted (
    phone TEXT    NOT NULL PRIMARY KEY, -- E.164
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Doubts about this machine's clock; empty: none.
CREATE TABLE clock_doubt (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    since    INTEGER NOT NULL,
    why      TEXT    NOT NULL
) STRICT;

-- Whether the first message of a conversation is the text of an attempt; NULL: it cannot be read.
CREATE TABLE comparisons (
    attempt_id      INTEGER NOT NULL REFERENCES attempts (id),
    conversation_id TEXT    NOT NULL,
    same            INTEGER CHECK (same IN (0, 1)),
    PRIMARY KEY (attempt_id, conversation_id)
) STRICT, WITHOUT ROWID;

---------------------------------------------------------------------------------------------------
-- The audit: what was done, by whom, never with a name, a text or a number
---------------------------------------------------------------------------------------------------

-- The key of the hashes of numbers: made here, never leaves this file.
CREATE TABLE audit_key (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    key      BLOB    NOT NULL CHECK (length(key) = 32)
) STRICT;
INSERT INTO audit_key (only_row, key) VALUES (1, randomblob(32));

CREATE TABLE audit (
    id              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at_ms           INTEGER NOT NULL,
    act             TEXT    NOT NULL, -- claimed, sent, rejected, opted-out, ...
    appointment_id  TEXT,
    rule            TEXT,
    starts_at       INTEGER,
    round           INTEGER,
    attempt_id      INTEGER,
    conversation_id TEXT,
    code            TEXT,             -- status, reason or kind
    number_hash     TEXT,             -- HMAC-SHA256 of the number under audit_key
    who             TEXT,             -- the person, for acts by hand
    why             TEXT,
    hash            TEXT    NOT NULL  -- SHA-256 of the hash before and of this row
) STRICT;
-- By number they are seldom asked for, and read through then: an index of hashes costs each text a page.
CREATE INDEX audit_by_appointment ON audit (appointment_id);

CREATE TRIGGER audit_insert_guard BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id >= NEW.id AND NEW.id > 0)
BEGIN
    SELECT RAISE(ABORT, 'the audit is only added to');
END;
CREATE TRIGGER audit_update_guard BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is never changed');
END;
CREATE TRIGGER audit_delete_guard BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is never changed');
END;
