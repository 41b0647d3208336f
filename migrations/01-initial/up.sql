-- Leadtime's store. Instants are Unix seconds in UTC (attempts: milliseconds), except in the public table
-- `appointments`, which any program may write and which therefore checks its own rows. Released migrations are never
-- edited; a change is a new folder. This one is edited until the first release. Lists of three or more values are
-- written `a = 'x' OR a = 'y'`: SQLite builds a separate table for `a IN (...)` each time a check or a trigger runs,
-- which was a third of the cost of a text.

-- 'Lead': distinguishes this file from another program's database.
PRAGMA application_id = 1281712484;

---------------------------------------------------------------------------------------------------
-- The practice's appointments
---------------------------------------------------------------------------------------------------

CREATE TABLE appointments (
    id            TEXT NOT NULL PRIMARY KEY,
    patient_id    TEXT NOT NULL,
    first_name    TEXT,
    last_name     TEXT,
    date_of_birth TEXT,
    phone         TEXT,
    language      TEXT,
    type_id       TEXT,
    description   TEXT,
    provider      TEXT,
    starts_at     TEXT NOT NULL,
    ends_at       TEXT,
    status        TEXT NOT NULL,
    location      TEXT,
    feed          TEXT,
    booked_at     TEXT,
    consent       TEXT,
    -- the start as an instant, for indexes and comparisons; never sort by the text
    starts_unix   INTEGER GENERATED ALWAYS AS (CASE WHEN starts_at GLOB '[0-9]*' THEN unixepoch(starts_at) END) VIRTUAL,
    CONSTRAINT id_not_blank            CHECK (trim(id) <> ''),
    CONSTRAINT patient_id_not_blank    CHECK (trim(patient_id) <> ''),
    CONSTRAINT starts_at_is_an_instant CHECK (( (starts_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR starts_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9][+-][0-9][0-9]:[0-9][0-9]')
        AND length(CAST(starts_at AS BLOB)) = length(starts_at)
        AND date(substr(starts_at, 1, 10), '+0 days') IS substr(starts_at, 1, 10)
        AND substr(starts_at, 12, 2) < '24'
        AND substr(starts_at, 15, 2) < '60'
        AND substr(starts_at, 18, 2) < '60'
        AND (length(starts_at) = 20 OR (substr(starts_at, 21, 2) < '15'
        AND substr(starts_at, 24, 2) < '60'))
        AND unixepoch(starts_at) IS NOT NULL )),
    CONSTRAINT ends_at_is_an_instant   CHECK (ends_at IS NULL OR ( (ends_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR ends_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9][+-][0-9][0-9]:[0-9][0-9]')
        AND length(CAST(ends_at AS BLOB)) = length(ends_at)
        AND date(substr(ends_at, 1, 10), '+0 days') IS substr(ends_at, 1, 10)
        AND substr(ends_at, 12, 2) < '24'
        AND substr(ends_at, 15, 2) < '60'
        AND substr(ends_at, 18, 2) < '60'
        AND (length(ends_at) = 20 OR (substr(ends_at, 21, 2) < '15'
        AND substr(ends_at, 24, 2) < '60'))
        AND unixepoch(ends_at) IS NOT NULL )),
    CONSTRAINT booked_at_is_an_instant CHECK (booked_at IS NULL OR ( (booked_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z' OR booked_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9][+-][0-9][0-9]:[0-9][0-9]')
        AND length(CAST(booked_at AS BLOB)) = length(booked_at)
        AND date(substr(booked_at, 1, 10), '+0 days') IS substr(booked_at, 1, 10)
        AND substr(booked_at, 12, 2) < '24'
        AND substr(booked_at, 15, 2) < '60'
        AND substr(booked_at, 18, 2) < '60'
        AND (length(booked_at) = 20 OR (substr(booked_at, 21, 2) < '15'
        AND substr(booked_at, 24, 2) < '60'))
        AND unixepoch(booked_at) IS NOT NULL )),
    CONSTRAINT ends_after_it_starts    CHECK (ends_at IS NULL OR unixepoch(ends_at) >= unixepoch(starts_at)),
    CONSTRAINT date_of_birth_is_a_date CHECK (date_of_birth IS NULL
        OR (length(CAST(date_of_birth AS BLOB)) = 10 AND date(date_of_birth, '+0 days') IS date_of_birth)),
    CONSTRAINT status_known            CHECK (status = 'booked' OR status = 'confirmed' OR status = 'cancelled'
            OR status = 'completed' OR status = 'no-show'),
    CONSTRAINT consent_known           CHECK (consent IS NULL OR consent IN ('yes', 'no'))
) STRICT;
-- With the names, so that a search by name reads the index alone.
CREATE INDEX appointments_by_start   ON appointments (starts_unix, first_name, last_name);
CREATE INDEX appointments_by_phone   ON appointments (phone);
CREATE INDEX appointments_by_patient ON appointments (patient_id, starts_unix);

-- The time that triggers write. Normally empty, so that they use SQLite's clock; a writer of ours with its own time
-- inserts one row for the duration of its transaction.
CREATE TABLE write_time (
    only_row INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    CONSTRAINT one_row CHECK (only_row = 1)
) STRICT;

-- When the store first saw an appointment, and when the appointment got its current start. A row of its own outlives
-- REPLACE and a delete followed by an insert, so a sync program that reloads everything does not make appointments
-- "booked late".
CREATE TABLE first_seen (
    appointment_id TEXT    NOT NULL PRIMARY KEY,
    first_start    INTEGER NOT NULL, -- the first start ever seen
    seen_at        INTEGER NOT NULL, -- when the appointment was first seen
    start          INTEGER NOT NULL, -- the current start
    taken_at       INTEGER NOT NULL, -- when it got that start
    changed_at     INTEGER           -- when its row last came back after a delete, or changed its patient
) STRICT, WITHOUT ROWID;

-- Who has an appointment, and since when: a different patient under a known id is a late booking of that patient.
-- Written by the planning pass; deleted once the start has passed.
CREATE TABLE appointment_holders (
    appointment_id TEXT    NOT NULL PRIMARY KEY,
    starts_at      INTEGER NOT NULL,
    patient_id     TEXT    NOT NULL,
    first_name     TEXT,
    last_name      TEXT,
    date_of_birth  TEXT,
    since          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX appointment_holders_by_start ON appointment_holders (starts_at);

-- What has to be planned again: the number as written and the appointment ('' if only the number matters). The
-- appointment is named too because one without a usable number is a planning unit of its own.
CREATE TABLE replan_queue (
    phone          TEXT NOT NULL,
    appointment_id TEXT NOT NULL,
    PRIMARY KEY (phone, appointment_id)
) STRICT, WITHOUT ROWID;

-- What could not be planned because its data is bad: tried again at intervals, and never blocks the rest.
CREATE TABLE unplannable (
    phone          TEXT    NOT NULL,
    appointment_id TEXT    NOT NULL,
    since          INTEGER NOT NULL,
    tried_at       INTEGER NOT NULL,
    PRIMARY KEY (phone, appointment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX unplannable_by_try ON unplannable (tried_at);

-- Spelling -> E.164, read by libphonenumber; `e164` NULL = no number could be read from it.
CREATE TABLE phone_spellings (
    country  TEXT    NOT NULL,
    spelling TEXT    NOT NULL,
    e164     TEXT,
    valid    INTEGER NOT NULL,
    refusal  INTEGER NOT NULL DEFAULT 0, -- the cell says that the patient wants no texts
    PRIMARY KEY (country, spelling),
    CONSTRAINT valid_is_a_flag   CHECK (valid IN (0, 1)),
    CONSTRAINT refusal_is_a_flag CHECK (refusal IN (0, 1)),
    CONSTRAINT valid_has_number CHECK (valid = 0 OR e164 IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX phone_spellings_by_number ON phone_spellings (e164);
-- The front desk searches by the last four digits.
CREATE INDEX phone_spellings_by_end ON phone_spellings (substr(e164, -4));
-- Numbers whose phone cell, in any spelling, says "do not text".
CREATE INDEX phone_spellings_of_refusals ON phone_spellings (e164) WHERE refusal = 1;

-- An appointment whose last row in a feed could not be read: its reminders wait until the row is fixed.
CREATE TABLE bad_rows (
    appointment_id TEXT    NOT NULL PRIMARY KEY,
    import_id      INTEGER NOT NULL REFERENCES imports (id),
    line           INTEGER NOT NULL,
    column_name    TEXT    NOT NULL,
    reason         TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- An appointment cancelled because a complete export no longer listed it.
CREATE TABLE not_listed (
    appointment_id TEXT    NOT NULL PRIMARY KEY,
    import_id      INTEGER NOT NULL REFERENCES imports (id),
    moved_to       TEXT -- the only new appointment of the same person in that export
) STRICT, WITHOUT ROWID;
CREATE INDEX not_listed_by_moved_to ON not_listed (moved_to) WHERE moved_to IS NOT NULL;

-- An appointment cancelled because its row in the export is off the book: unscheduled, planned or a note.
CREATE TABLE off_the_book (
    appointment_id TEXT    NOT NULL PRIMARY KEY,
    import_id      INTEGER NOT NULL REFERENCES imports (id)
) STRICT, WITHOUT ROWID;

-- Rows of exports that could not be read and belong to no known appointment: kept until that id is readable again, or
-- until the next complete export.
CREATE TABLE refused_rows (
    id             INTEGER NOT NULL PRIMARY KEY,
    feed           TEXT    NOT NULL,
    import_id      INTEGER NOT NULL REFERENCES imports (id),
    line           INTEGER NOT NULL,
    appointment_id TEXT,    -- NULL: it could not be read
    starts_at      INTEGER, -- NULL: it could not be read
    column_name    TEXT    NOT NULL,
    reason         TEXT    NOT NULL
) STRICT;
CREATE INDEX refused_rows_by_appointment ON refused_rows (appointment_id);

-- A feed that is being imported, or whose import died before it finished: claims for its appointments wait.
CREATE TABLE importing (
    feed      TEXT    NOT NULL PRIMARY KEY,
    import_id INTEGER NOT NULL REFERENCES imports (id),
    since     INTEGER NOT NULL,
    beat_at   INTEGER NOT NULL -- the importer's last heartbeat
) STRICT, WITHOUT ROWID;

-- The state of a feed in addition to its imports.
CREATE TABLE feed_state (
    feed         TEXT    NOT NULL PRIMARY KEY,
    mapping      TEXT,    -- used for its last applied import
    refused_at   INTEGER, -- when its last export was refused as a whole; NULL: it was not
    refused_why  TEXT,
    failing_since INTEGER, -- since when its database has given no answer; NULL: the last one was complete
    failing_why  TEXT,
    failing_alert_at INTEGER, -- when that becomes a problem to report
    held_at      INTEGER, -- since when an import waits for a person; NULL: none does
    held_kind    TEXT,    -- missing, changed, mapping
    held_why     TEXT,
    held_mapping TEXT,    -- used to read its rows
    held_from    INTEGER, -- the file is the complete list from here
    held_until   INTEGER, -- to here
    held_columns TEXT,
    CONSTRAINT refusal_has_reason CHECK ((refused_at IS NULL) = (refused_why IS NULL)),
    CONSTRAINT failure_has_reason CHECK ((failing_since IS NULL) = (failing_why IS NULL)),
    CONSTRAINT hold_has_reason    CHECK ((held_at IS NULL) = (held_why IS NULL))
) STRICT, WITHOUT ROWID;

-- The rows of an import that waits for a person: deleted when they are accepted, or with the feed's next import.
CREATE TABLE held_rows (
    id             INTEGER NOT NULL PRIMARY KEY,
    feed           TEXT    NOT NULL,
    kind           TEXT    NOT NULL, -- row, cancelled, off-the-book, bad, missing
    line           INTEGER NOT NULL,
    appointment_id TEXT,
    starts_at      INTEGER,
    cells          TEXT,             -- the columns of `appointments`, as a JSON array
    column_name    TEXT,
    reason         TEXT
) STRICT;
CREATE INDEX held_rows_by_feed ON held_rows (feed);

-- What HL7 messages have said about each appointment, put together: a message says only what it changes.
CREATE TABLE hl7_appointments (
    id             INTEGER NOT NULL PRIMARY KEY,
    feed           TEXT    NOT NULL,
    appointment_id TEXT    NOT NULL, -- in `appointments`, without the feed's prefix
    state          TEXT    NOT NULL, -- each field with the time of the message that set it, as JSON
    starts_at      INTEGER,          -- the last known start, for retention; NULL: none is known
    same_as        INTEGER REFERENCES hl7_appointments (id) ON DELETE CASCADE, -- found out later to be this one
    waits          INTEGER NOT NULL, -- 1: not imported yet
    changed_at     INTEGER NOT NULL,
    CONSTRAINT waits_is_a_flag CHECK (waits IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX hl7_appointments_by_id ON hl7_appointments (feed, appointment_id);
CREATE INDEX hl7_appointments_waiting ON hl7_appointments (feed) WHERE waits = 1;
CREATE INDEX hl7_appointments_same ON hl7_appointments (same_as) WHERE same_as IS NOT NULL;

-- The ids by which messages name an appointment: those of the system that asked for it (the placer) and of the one that
-- holds the schedule (the filler).
CREATE TABLE hl7_aliases (
    feed   TEXT    NOT NULL,
    alias  TEXT    NOT NULL,
    hl7_id INTEGER NOT NULL REFERENCES hl7_appointments (id) ON DELETE CASCADE,
    PRIMARY KEY (feed, alias)
) STRICT, WITHOUT ROWID;
CREATE INDEX hl7_aliases_by_appointment ON hl7_aliases (hl7_id);

-- Messages that were processed: one that is sent again changes nothing.
CREATE TABLE hl7_messages (
    feed       TEXT    NOT NULL,
    sender     TEXT    NOT NULL,
    control_id TEXT    NOT NULL,
    content    TEXT    NOT NULL, -- a hash, because senders begin to count anew
    at         INTEGER NOT NULL,
    PRIMARY KEY (feed, sender, control_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX hl7_messages_by_time ON hl7_messages (at);

CREATE TABLE imports (
    id          INTEGER NOT NULL PRIMARY KEY,
    feed        TEXT    NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER, -- NULL: it did not finish
    complete    INTEGER NOT NULL,
    rows_good   INTEGER NOT NULL DEFAULT 0,
    rows_bad    INTEGER NOT NULL DEFAULT 0,
    added       INTEGER NOT NULL DEFAULT 0,
    changed     INTEGER NOT NULL DEFAULT 0,
    cancelled   INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT complete_is_a_flag CHECK (complete IN (0, 1))
) STRICT;
CREATE INDEX imports_by_feed ON imports (feed, started_at);
-- Imports with at least one readable row.
CREATE INDEX imports_good ON imports (finished_at) WHERE rows_good > 0;

-- Numbers that opted out.
CREATE TABLE opt_outs (
    phone  TEXT    NOT NULL PRIMARY KEY, -- E.164
    at     INTEGER NOT NULL,
    source TEXT    NOT NULL,
    who    TEXT,
    CONSTRAINT source_known CHECK (source = 'desk' OR source = 'reply' OR source = 'feed')
) STRICT, WITHOUT ROWID;

-- When the front desk last lifted an opt-out: what the patient wrote before is settled.
CREATE TABLE opt_outs_lifted (
    phone TEXT    NOT NULL PRIMARY KEY, -- E.164
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A patient listed with a number that is not theirs. Ends automatically when the practice corrects the phone.
CREATE TABLE wrong_numbers (
    phone      TEXT    NOT NULL, -- E.164
    patient_id TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    who        TEXT,
    PRIMARY KEY (phone, patient_id)
) STRICT, WITHOUT ROWID;

-- Triggers of the public table. They use built-in functions only (another program has no others), compare values and
-- instants, and never use INSERT OR IGNORE: the outer statement's OR REPLACE would override it.
CREATE TRIGGER appointments_before_insert BEFORE INSERT ON appointments
BEGIN -- REPLACE deletes the old row without a delete trigger: record its number while it can still be read
    INSERT INTO replan_queue (phone, appointment_id)
    SELECT coalesce(old_row.phone, ''), old_row.id FROM appointments AS old_row
    WHERE old_row.id = NEW.id AND (unixepoch(old_row.starts_at) IS NOT unixepoch(NEW.starts_at)
        OR unixepoch(old_row.ends_at) IS NOT unixepoch(NEW.ends_at)
        OR old_row.patient_id IS NOT NEW.patient_id
        OR old_row.first_name IS NOT NEW.first_name
        OR old_row.last_name IS NOT NEW.last_name
        OR old_row.date_of_birth IS NOT NEW.date_of_birth
        OR old_row.phone IS NOT NEW.phone
        OR old_row.language IS NOT NEW.language
        OR old_row.type_id IS NOT NEW.type_id
        OR old_row.description IS NOT NEW.description
        OR old_row.provider IS NOT NEW.provider
        OR old_row.status IS NOT NEW.status
        OR old_row.location IS NOT NEW.location
        OR old_row.feed IS NOT NEW.feed
        OR old_row.booked_at IS NOT NEW.booked_at
        OR old_row.consent IS NOT NEW.consent)
    ON CONFLICT DO NOTHING;
    -- A row that comes back after a delete may belong to another patient: appointment_holders shows who had it.
    UPDATE first_seen SET changed_at = coalesce((SELECT at FROM write_time), unixepoch('now'))
    WHERE appointment_id = NEW.id AND NOT EXISTS (
        SELECT 1 FROM appointments AS old_row WHERE old_row.id = NEW.id AND old_row.patient_id IS NEW.patient_id
            AND old_row.first_name IS NEW.first_name AND old_row.date_of_birth IS NEW.date_of_birth);
END;

CREATE TRIGGER appointments_after_insert AFTER INSERT ON appointments
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (coalesce(NEW.phone, ''), NEW.id)
    ON CONFLICT DO NOTHING;
    INSERT INTO first_seen (appointment_id, first_start, seen_at, start, taken_at)
    VALUES (NEW.id, unixepoch(NEW.starts_at), coalesce((SELECT at FROM write_time), unixepoch('now')), unixepoch(NEW.starts_at), coalesce((SELECT at FROM write_time), unixepoch('now')))
    ON CONFLICT (appointment_id) DO UPDATE SET start = excluded.start, taken_at = excluded.taken_at
    WHERE start IS NOT excluded.start;
    DELETE FROM bad_rows WHERE appointment_id = NEW.id;
    DELETE FROM not_listed WHERE appointment_id = NEW.id AND NEW.status <> 'cancelled';
    DELETE FROM off_the_book WHERE appointment_id = NEW.id AND NEW.status <> 'cancelled';
    UPDATE outcomes SET ended_at = coalesce((SELECT at FROM write_time), unixepoch('now'))
    WHERE appointment_id = NEW.id AND ended_at IS NULL AND (starts_at IS NOT unixepoch(NEW.starts_at)
        OR status IS NOT NEW.status);
END;

CREATE TRIGGER appointments_before_update BEFORE UPDATE OF id ON appointments WHEN NEW.id IS NOT OLD.id
BEGIN -- UPDATE OR REPLACE to an id in use deletes that row without a delete trigger
    INSERT INTO replan_queue (phone, appointment_id)
    SELECT coalesce(phone, ''), id FROM appointments WHERE id = NEW.id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER appointments_after_update AFTER UPDATE ON appointments
WHEN NEW.id IS NOT OLD.id
        OR unixepoch(NEW.starts_at) IS NOT unixepoch(OLD.starts_at)
        OR unixepoch(NEW.ends_at) IS NOT unixepoch(OLD.ends_at)
        OR NEW.patient_id IS NOT OLD.patient_id
        OR NEW.first_name IS NOT OLD.first_name
        OR NEW.last_name IS NOT OLD.last_name
        OR NEW.date_of_birth IS NOT OLD.date_of_birth
        OR NEW.phone IS NOT OLD.phone
        OR NEW.language IS NOT OLD.language
        OR NEW.type_id IS NOT OLD.type_id
        OR NEW.description IS NOT OLD.description
        OR NEW.provider IS NOT OLD.provider
        OR NEW.status IS NOT OLD.status
        OR NEW.location IS NOT OLD.location
        OR NEW.feed IS NOT OLD.feed
        OR NEW.booked_at IS NOT OLD.booked_at
        OR NEW.consent IS NOT OLD.consent
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (coalesce(OLD.phone, ''), OLD.id)
    ON CONFLICT DO NOTHING;
    INSERT INTO replan_queue (phone, appointment_id) VALUES (coalesce(NEW.phone, ''), NEW.id)
    ON CONFLICT DO NOTHING;
    INSERT INTO first_seen (appointment_id, first_start, seen_at, start, taken_at)
    VALUES (NEW.id, unixepoch(NEW.starts_at), coalesce((SELECT at FROM write_time), unixepoch('now')), unixepoch(NEW.starts_at), coalesce((SELECT at FROM write_time), unixepoch('now')))
    ON CONFLICT (appointment_id) DO UPDATE SET start = excluded.start, taken_at = excluded.taken_at
    WHERE start IS NOT excluded.start;
    UPDATE first_seen SET changed_at = coalesce((SELECT at FROM write_time), unixepoch('now'))
    WHERE appointment_id = NEW.id AND (NEW.id IS NOT OLD.id OR NEW.patient_id IS NOT OLD.patient_id
        OR NEW.first_name IS NOT OLD.first_name OR NEW.date_of_birth IS NOT OLD.date_of_birth);
    DELETE FROM bad_rows WHERE appointment_id = NEW.id;
    DELETE FROM not_listed WHERE appointment_id = NEW.id AND NEW.status <> 'cancelled';
    DELETE FROM off_the_book WHERE appointment_id = NEW.id AND NEW.status <> 'cancelled';
    UPDATE outcomes SET ended_at = coalesce((SELECT at FROM write_time), unixepoch('now'))
    WHERE appointment_id = NEW.id AND ended_at IS NULL AND (starts_at IS NOT unixepoch(NEW.starts_at)
        OR status IS NOT NEW.status)
        -- an export that no longer lists an appointment may list it again, or under another id
        AND NOT (NEW.status = 'cancelled' AND EXISTS (SELECT 1 FROM not_listed AS n WHERE n.appointment_id = NEW.id));
END;

CREATE TRIGGER appointments_after_delete AFTER DELETE ON appointments
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (coalesce(OLD.phone, ''), OLD.id)
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER bad_rows_after_insert AFTER INSERT ON bad_rows
BEGIN
    INSERT INTO replan_queue (phone, appointment_id)
    SELECT coalesce(phone, ''), id FROM appointments WHERE id = NEW.appointment_id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER bad_rows_after_delete AFTER DELETE ON bad_rows
BEGIN
    INSERT INTO replan_queue (phone, appointment_id)
    SELECT coalesce(phone, ''), id FROM appointments WHERE id = OLD.appointment_id
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER opt_outs_after_insert AFTER INSERT ON opt_outs
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (NEW.phone, '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER opt_outs_after_delete AFTER DELETE ON opt_outs
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (OLD.phone, '') ON CONFLICT DO NOTHING;
END;

-- A number whose texts wait because of a reply from it: settled by a person, or when the number opts out.
CREATE TABLE number_holds (
    phone        TEXT    NOT NULL, -- E.164
    conversation TEXT    NOT NULL, -- the conversation with the reply
    message_at   INTEGER NOT NULL, -- when the reply was sent
    cause        TEXT    NOT NULL,
    settled_at   INTEGER,          -- NULL: it waits
    who          TEXT,             -- who settled it
    PRIMARY KEY (phone, conversation, message_at, cause),
    CONSTRAINT cause_known CHECK (cause = 'reply-unclear' OR cause = 'wrong-person')
) STRICT, WITHOUT ROWID;
CREATE TRIGGER number_holds_after_insert AFTER INSERT ON number_holds
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (NEW.phone, '') ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER number_holds_after_update AFTER UPDATE ON number_holds
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (NEW.phone, '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER wrong_numbers_after_insert AFTER INSERT ON wrong_numbers
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (NEW.phone, '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER wrong_numbers_after_delete AFTER DELETE ON wrong_numbers
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (OLD.phone, '') ON CONFLICT DO NOTHING;
END;

---------------------------------------------------------------------------------------------------
-- The ledger: what was planned, tried and sent
---------------------------------------------------------------------------------------------------

-- One SMS to one number, created at the claim and never changed (retention may empty its body).
CREATE TABLE messages (
    id           INTEGER NOT NULL PRIMARY KEY,
    phone        TEXT    NOT NULL, -- E.164
    body         TEXT,             -- the JSON body of the POST
    made_at      INTEGER NOT NULL,
    made_local   TEXT    NOT NULL, -- the same in the practice's local time, for people
    first_line   TEXT,             -- for the first text to a number: whether it carries the line that explains how to opt out
    CONSTRAINT first_line_known CHECK (first_line = 'carried' OR first_line = 'left-out')
) STRICT;

-- messages_by_first_line: numbers that still have to get the line. messages_with_words: texts whose words are still
-- kept, for retention.
CREATE INDEX messages_by_first_line ON messages (phone, id) WHERE first_line IS NOT NULL;
CREATE INDEX messages_with_words ON messages (made_at) WHERE body IS NOT NULL;

-- The only POST of a message, written before its first byte is sent.
CREATE TABLE attempts (
    id              INTEGER NOT NULL PRIMARY KEY,
    message_id      INTEGER NOT NULL UNIQUE REFERENCES messages (id),
    api_key         TEXT    NOT NULL, -- the key's name, never the key
    phone           TEXT    NOT NULL, -- E.164
    started_ms      INTEGER NOT NULL,
    ended_ms        INTEGER,
    outcome         TEXT,             -- NULL: under way, or cut off by a crash
    kind            TEXT,             -- for a not-sent one: why it did not reach Annie
    http_status     INTEGER,
    detail          TEXT,             -- the kind of answer or failure in words; never a body
    conversation_id TEXT UNIQUE,
    unresolved      INTEGER NOT NULL DEFAULT 0, -- given up: counts toward the limits, but no longer blocks
    absent_at       INTEGER,          -- when the first complete listing that did not show it began
    retry_of        INTEGER REFERENCES attempts (id), -- the attempt that was not found and whose reminders this one sends once more
    retry_by_hand   INTEGER NOT NULL DEFAULT 0, -- a person decided that it may be tried again, however late
    alone           INTEGER NOT NULL DEFAULT 0, -- its number has no other text that could still go out: once it is sent, the plan stays the same
    CONSTRAINT outcome_known         CHECK (outcome = 'sent' OR outcome = 'not-sent' OR outcome = 'rejected'
            OR outcome = 'unknown' OR outcome = 'not-found'),
    CONSTRAINT outcome_has_end       CHECK ((outcome IS NULL) = (ended_ms IS NULL)),
    CONSTRAINT not_sent_has_kind     CHECK ((outcome IS 'not-sent') = (kind IS NOT NULL)
        AND (kind IS NULL OR (kind = 'unreachable' OR kind = 'rate-limited' OR kind = 'refused' OR kind = 'too-old'
                OR kind = 'bug'))),
    CONSTRAINT sent_has_conversation CHECK ((outcome IS 'sent') = (conversation_id IS NOT NULL)),
    CONSTRAINT unresolved_is_a_flag    CHECK (unresolved IN (0, 1)),
    CONSTRAINT retry_by_hand_is_a_flag CHECK (retry_by_hand IN (0, 1)),
    CONSTRAINT alone_is_a_flag         CHECK (alone IN (0, 1)),
    CONSTRAINT unresolved_is_unknown CHECK (unresolved = 0 OR (outcome = 'unknown' OR outcome = 'sent' OR outcome = 'not-found' OR outcome = 'rejected'))
) STRICT;
CREATE UNIQUE INDEX one_doubtful_attempt_per_number ON attempts (phone)
    WHERE (outcome IS NULL OR outcome = 'unknown') AND unresolved = 0;
-- Only a text that was not found is sent again, once.
CREATE UNIQUE INDEX one_retry_at_a_time ON attempts (retry_of)
    WHERE retry_of IS NOT NULL AND (outcome IS NULL OR outcome <> 'not-sent');
CREATE INDEX attempts_that_retry ON attempts (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX attempts_by_phone   ON attempts (phone, started_ms);
CREATE INDEX attempts_by_key     ON attempts (api_key, id);
CREATE INDEX attempts_by_outcome ON attempts (outcome, id);
CREATE INDEX attempts_by_kind    ON attempts (kind, id) WHERE kind IS NOT NULL;

CREATE TABLE conversations (
    conversation_id TEXT    NOT NULL PRIMARY KEY,
    attempt_id      INTEGER UNIQUE REFERENCES attempts (id), -- NULL: begun by someone else
    phone           TEXT    NOT NULL,
    started_at      INTEGER NOT NULL,
    status          TEXT,
    tags            TEXT,             -- Annie's tags, a JSON list
    actions         TEXT,             -- the actions that Annie asks staff to take, a JSON list
    api_key         TEXT,             -- the name of the key it was begun or seen with
    read_with       TEXT,             -- the key that reads its messages: the same, or another if that one is gone
    unobserved      INTEGER NOT NULL DEFAULT 0, -- begun from our number in an unobserved period: it counts as ours
    read_at         INTEGER,          -- when its messages were last read
    read_tried_at   INTEGER,          -- when that was last tried
    last_word_at    INTEGER,          -- when the patient last wrote
    follows         INTEGER,          -- the start of its number's next texted appointment; NULL: it is not followed
    look_at         INTEGER,          -- when it is to be read next; NULL: it is not followed
    CONSTRAINT conversation_id_not_blank CHECK (trim(conversation_id) <> ''),
    CONSTRAINT unobserved_is_a_flag      CHECK (unobserved IN (0, 1)),
    CONSTRAINT followed_has_both         CHECK ((follows IS NULL) = (look_at IS NULL))
) STRICT;
CREATE INDEX conversations_by_phone      ON conversations (phone, started_at);
CREATE INDEX conversations_by_look       ON conversations (read_with, look_at) WHERE look_at IS NOT NULL;
CREATE INDEX conversations_by_nearness   ON conversations (read_with, follows) WHERE follows IS NOT NULL;
CREATE INDEX conversations_unobserved ON conversations (started_at) WHERE unobserved = 1;

-- One appointment x one rule x one start x one round, in exactly one state.
CREATE TABLE reminders (
    id             INTEGER NOT NULL PRIMARY KEY,
    appointment_id TEXT    NOT NULL, -- no foreign key: the ledger outlives the appointment
    rule           TEXT    NOT NULL,
    starts_at      INTEGER NOT NULL,
    round          INTEGER NOT NULL DEFAULT 0,
    patient_id     TEXT    NOT NULL,
    person         TEXT    NOT NULL DEFAULT '', -- a keyed hash of the first name: one account may have several people
    phone          TEXT,             -- E.164; NULL if there is none
    earlier_phone  TEXT,             -- the number before a correction: a conversation begun with it unobserved counts for this reminder too
    api_key        TEXT    NOT NULL, -- the name of the API key its text is sent with
    state          TEXT    NOT NULL,
    reason         TEXT,
    nominal_at     INTEGER,
    adjusted_at    INTEGER,
    due_at         INTEGER,
    expires_at     INTEGER,
    message_id     INTEGER REFERENCES messages (id),
    starts_local   TEXT    NOT NULL,
    due_local      TEXT,
    CONSTRAINT one_per_appointment_rule_start_and_round UNIQUE (appointment_id, rule, starts_at, round),
    CONSTRAINT round_counts_up CHECK (round >= 0),
    CONSTRAINT state_known CHECK (state = 'planned' OR state = 'skipped' OR state = 'cancelled' OR state = 'missed'
            OR state = 'sending' OR state = 'sent' OR state = 'rejected' OR state = 'unknown' OR state = 'held'),
    CONSTRAINT reason_fits_state CHECK (CASE state
        WHEN 'cancelled' THEN (reason = 'cancelled' OR reason = 'rescheduled' OR reason = 'not-listed' OR reason = 'off-the-book'
                OR reason = 'appointment-over' OR reason = 'rule-removed')
        WHEN 'skipped'   THEN (reason = 'no-phone' OR reason = 'invalid-phone' OR reason = 'shared-number'
                OR reason = 'opted-out' OR reason = 'no-consent' OR reason = 'unknown-location' OR reason = 'too-long'
                OR reason = 'template-error' OR reason = 'confirmed' OR reason = 'contact-limit'
                OR reason = 'outside-hours' OR reason = 'closed-day' OR reason = 'duplicate' OR reason = 'superseded'
                OR reason = 'by-hand' OR reason = 'paused' OR reason = 'bad-row' OR reason = 'wrong-number'
                OR reason = 'reply-unclear' OR reason = 'wrong-person' OR reason = 'asked-to-change'
                OR reason = 'other-type' OR reason = 'booked-late' OR reason = 'new-rule' OR reason = 'observe-mode'
                OR reason = 'not-in-only-to')
        WHEN 'missed'    THEN reason IN ('expired', 'unconfirmed')
        ELSE reason IS NULL END IS 1),
    CONSTRAINT planned_has_times CHECK (state <> 'planned'
        OR (phone IS NOT NULL AND adjusted_at IS NOT NULL AND due_at IS NOT NULL AND expires_at IS NOT NULL)),
    CONSTRAINT spent_has_message CHECK (NOT (state = 'sending' OR state = 'sent' OR state = 'rejected'
            OR state = 'unknown' OR state = 'held')
        OR (message_id IS NOT NULL AND phone IS NOT NULL)),
    CONSTRAINT planned_has_no_message CHECK (state <> 'planned' OR message_id IS NULL)
) STRICT;
CREATE UNIQUE INDEX one_spent_per_person_and_start ON reminders (patient_id, person, rule, starts_at, round)
    WHERE (state = 'sending' OR state = 'sent' OR state = 'rejected' OR state = 'unknown' OR state = 'held');
CREATE INDEX reminders_due        ON reminders (due_at) WHERE state = 'planned';
CREATE INDEX reminders_due_by_key ON reminders (api_key, due_at) WHERE state = 'planned';
CREATE INDEX reminders_expiring   ON reminders (expires_at) WHERE state = 'planned';
CREATE INDEX reminders_in_doubt   ON reminders (starts_at) WHERE state IN ('unknown', 'held');
CREATE INDEX reminders_by_phone   ON reminders (phone);
CREATE INDEX reminders_by_patient ON reminders (patient_id, starts_at);
CREATE INDEX reminders_by_message ON reminders (message_id);
CREATE INDEX reminders_not_told     ON reminders (starts_at) WHERE state IN ('skipped', 'cancelled');
CREATE INDEX reminders_missed     ON reminders (starts_at) WHERE state = 'missed';

-- Every message a reminder was ever part of, including those that were certainly not sent.
CREATE TABLE message_reminders (
    message_id  INTEGER NOT NULL REFERENCES messages (id),
    reminder_id INTEGER NOT NULL REFERENCES reminders (id),
    PRIMARY KEY (message_id, reminder_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_reminders_by_reminder ON message_reminders (reminder_id);

-- Whom a text was for, by the names of that time: so that another person under the same ids is texted too, and the same
-- person under new ids is not texted twice. Deleted once the start has passed.
CREATE TABLE told_people (
    message_id    INTEGER NOT NULL REFERENCES messages (id),
    reminder_id   INTEGER NOT NULL REFERENCES reminders (id),
    starts_at     INTEGER NOT NULL,
    patient_id    TEXT    NOT NULL,
    first_name    TEXT,
    last_name     TEXT,
    date_of_birth TEXT,
    PRIMARY KEY (message_id, reminder_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_people_by_start ON told_people (starts_at);

-- REPLACE bypasses unique indexes, so triggers that abort enforce them again.
CREATE TRIGGER reminders_insert_guard BEFORE INSERT ON reminders
BEGIN
    SELECT RAISE(ABORT, 'a reminder for this appointment, rule, start and round already exists')
    WHERE EXISTS (SELECT 1 FROM reminders WHERE appointment_id = NEW.appointment_id AND rule = NEW.rule
                  AND starts_at = NEW.starts_at AND round = NEW.round);
    SELECT RAISE(ABORT, 'this reminder id is already in use')
    WHERE EXISTS (SELECT 1 FROM reminders WHERE id = NEW.id);
    SELECT RAISE(ABORT, 'this person already has a spent reminder for this rule and start')
    WHERE (NEW.state = 'sending' OR NEW.state = 'sent' OR NEW.state = 'rejected' OR NEW.state = 'unknown'
            OR NEW.state = 'held') AND EXISTS (
        SELECT 1 FROM reminders WHERE patient_id = NEW.patient_id AND person = NEW.person AND rule = NEW.rule
        AND starts_at = NEW.starts_at AND round = NEW.round AND (state = 'sending' OR state = 'sent'
                OR state = 'rejected' OR state = 'unknown' OR state = 'held'));
END;

CREATE TRIGGER reminders_identity_guard BEFORE UPDATE OF id, appointment_id, rule, starts_at, round, patient_id, person ON reminders
WHEN NEW.id IS NOT OLD.id OR NEW.appointment_id IS NOT OLD.appointment_id OR NEW.rule IS NOT OLD.rule
    OR NEW.starts_at IS NOT OLD.starts_at OR NEW.round IS NOT OLD.round
    OR ((NEW.patient_id IS NOT OLD.patient_id OR NEW.person IS NOT OLD.person) AND NOT (OLD.state = 'planned' OR OLD.state = 'skipped'
            OR OLD.state = 'cancelled' OR OLD.state = 'missed'))
BEGIN
    SELECT RAISE(ABORT, 'what a reminder is about cannot change');
END;

CREATE TRIGGER reminders_spent_guard BEFORE UPDATE OF state ON reminders
WHEN (NEW.state = 'sending' OR NEW.state = 'sent' OR NEW.state = 'rejected' OR NEW.state = 'unknown'
        OR NEW.state = 'held') AND NOT (OLD.state = 'sending' OR OLD.state = 'sent' OR OLD.state = 'rejected'
        OR OLD.state = 'unknown' OR OLD.state = 'held')
BEGIN
    SELECT RAISE(ABORT, 'this person already has a spent reminder for this rule and start')
    WHERE EXISTS (
        SELECT 1 FROM reminders WHERE patient_id = NEW.patient_id AND person = NEW.person AND rule = NEW.rule
        AND starts_at = NEW.starts_at AND round = NEW.round AND id <> NEW.id AND (state = 'sending' OR state = 'sent' OR state = 'rejected'
                OR state = 'unknown' OR state = 'held'));
END;

CREATE TRIGGER reminders_legal_moves BEFORE UPDATE OF state ON reminders
WHEN NEW.state IS NOT OLD.state AND NOT CASE OLD.state
    WHEN 'planned'   THEN (NEW.state = 'skipped' OR NEW.state = 'cancelled' OR NEW.state = 'missed'
            OR NEW.state = 'sending' OR NEW.state = 'rejected' OR NEW.state = 'held')
    WHEN 'skipped'   THEN (NEW.state = 'planned' OR NEW.state = 'cancelled' OR NEW.state = 'missed')
    WHEN 'cancelled' THEN (NEW.state = 'planned' OR NEW.state = 'skipped' OR NEW.state = 'missed')
    WHEN 'sending'   THEN (NEW.state = 'sent' OR NEW.state = 'rejected' OR NEW.state = 'planned'
            OR NEW.state = 'unknown')
    WHEN 'unknown'   THEN (NEW.state = 'sent' OR NEW.state = 'planned' OR NEW.state = 'held' OR NEW.state = 'missed')
    WHEN 'held'      THEN (NEW.state = 'sent' OR NEW.state = 'planned' OR NEW.state = 'skipped' OR NEW.state = 'missed')
    WHEN 'missed'    THEN (OLD.reason = 'unconfirmed' AND NEW.state = 'planned')
    ELSE 0 END
BEGIN
    SELECT RAISE(ABORT, 'illegal state change of a reminder');
END;

CREATE TRIGGER reminders_delete_guard BEFORE DELETE ON reminders
WHEN (OLD.state = 'sending' OR OLD.state = 'sent' OR OLD.state = 'rejected' OR OLD.state = 'unknown'
        OR OLD.state = 'held') OR OLD.message_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a reminder that was texted cannot be deleted');
END;

CREATE TRIGGER reminders_spent_identity_guard BEFORE UPDATE OF phone, message_id ON reminders
WHEN (OLD.state = 'sending' OR OLD.state = 'sent' OR OLD.state = 'rejected' OR OLD.state = 'unknown'
        OR OLD.state = 'held') AND (NEW.state = 'sending' OR NEW.state = 'sent' OR NEW.state = 'rejected'
        OR NEW.state = 'unknown' OR NEW.state = 'held')
    AND (NEW.phone IS NOT OLD.phone OR NEW.message_id IS NOT OLD.message_id)
BEGIN
    SELECT RAISE(ABORT, 'the number and message of a spent reminder cannot change');
END;

CREATE TRIGGER messages_insert_guard BEFORE INSERT ON messages WHEN EXISTS (SELECT 1 FROM messages WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'this message id is already in use');
END;

CREATE TRIGGER messages_update_guard BEFORE UPDATE ON messages
WHEN NEW.id IS NOT OLD.id OR NEW.phone IS NOT OLD.phone OR NEW.made_at IS NOT OLD.made_at
    OR NEW.made_local IS NOT OLD.made_local OR (NEW.body IS NOT OLD.body AND NEW.body IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'a message cannot be changed; only its body can be emptied');
END;

CREATE TRIGGER messages_delete_guard BEFORE DELETE ON messages
BEGIN
    SELECT RAISE(ABORT, 'a message cannot be deleted');
END;

CREATE TRIGGER attempts_insert_guard BEFORE INSERT ON attempts
BEGIN
    SELECT RAISE(ABORT, 'this message already has an attempt, or the attempt id or conversation id is already in use')
    WHERE EXISTS (SELECT 1 FROM attempts WHERE message_id = NEW.message_id)
        OR EXISTS (SELECT 1 FROM attempts WHERE id = NEW.id)
        OR (NEW.conversation_id IS NOT NULL
            AND EXISTS (SELECT 1 FROM attempts WHERE conversation_id = NEW.conversation_id));
    SELECT RAISE(ABORT, 'this number already has an attempt in doubt')
    WHERE (NEW.outcome IS NULL OR NEW.outcome = 'unknown') AND NEW.unresolved = 0 AND EXISTS (
        SELECT 1 FROM attempts WHERE phone = NEW.phone
        AND (outcome IS NULL OR outcome = 'unknown') AND unresolved = 0);
END;

CREATE TRIGGER attempts_update_guard BEFORE UPDATE ON attempts
WHEN NEW.id IS NOT OLD.id OR NEW.message_id IS NOT OLD.message_id OR NEW.api_key IS NOT OLD.api_key
    OR NEW.phone IS NOT OLD.phone OR NEW.started_ms IS NOT OLD.started_ms OR NEW.retry_of IS NOT OLD.retry_of
    OR (OLD.outcome NOT IN ('unknown', 'not-found') AND NEW.outcome IS NOT OLD.outcome)
    OR OLD.outcome = 'sent' OR OLD.outcome = 'not-sent' OR OLD.outcome = 'rejected'
    -- a text that was not found may still be found; that it was not found is otherwise never taken back
    OR (OLD.outcome = 'not-found' AND NEW.outcome NOT IN ('not-found', 'sent'))
    OR (OLD.outcome IS NOT NULL AND NEW.outcome IS NULL)
    OR NEW.unresolved < OLD.unresolved
    OR (NEW.conversation_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM attempts WHERE conversation_id = NEW.conversation_id AND id <> NEW.id))
BEGIN
    SELECT RAISE(ABORT, 'only the outcome of an attempt can change, from unknown to known');
END;

CREATE TRIGGER attempts_delete_guard BEFORE DELETE ON attempts
BEGIN
    SELECT RAISE(ABORT, 'an attempt cannot be deleted');
END;

CREATE TRIGGER attempts_after_outcome AFTER UPDATE OF outcome, unresolved ON attempts
WHEN NEW.alone = 0 OR NEW.outcome <> 'sent' OR OLD.outcome IS NOT NULL
BEGIN -- the outcome of an attempt changes the plan for its number
    INSERT INTO replan_queue (phone, appointment_id) VALUES (NEW.phone, '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER conversations_insert_guard BEFORE INSERT ON conversations
BEGIN
    SELECT RAISE(ABORT, 'this conversation is already recorded, or its attempt already has one')
    WHERE EXISTS (SELECT 1 FROM conversations WHERE conversation_id = NEW.conversation_id)
        OR (NEW.attempt_id IS NOT NULL AND EXISTS (SELECT 1 FROM conversations WHERE attempt_id = NEW.attempt_id));
END;

CREATE TRIGGER conversations_identity_guard BEFORE UPDATE OF conversation_id, attempt_id, phone ON conversations
WHEN NEW.conversation_id IS NOT OLD.conversation_id OR NEW.phone IS NOT OLD.phone
    OR (OLD.attempt_id IS NOT NULL AND NEW.attempt_id IS NOT OLD.attempt_id)
    OR (OLD.attempt_id IS NULL AND NEW.attempt_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM conversations WHERE attempt_id = NEW.attempt_id))
BEGIN
    SELECT RAISE(ABORT, 'the id, number and attempt of a conversation cannot change');
END;

-- A conversation that someone else began with a number counts toward its limits.
CREATE TRIGGER conversations_after_insert AFTER INSERT ON conversations WHEN NEW.attempt_id IS NULL
BEGIN
    INSERT INTO replan_queue (phone, appointment_id) VALUES (NEW.phone, '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER conversations_delete_guard BEFORE DELETE ON conversations
BEGIN
    SELECT RAISE(ABORT, 'a conversation cannot be deleted');
END;

---------------------------------------------------------------------------------------------------
-- The daemon's own state
---------------------------------------------------------------------------------------------------

-- Since when a rule with this lead and time of day has been live.
CREATE TABLE rules (
    name        TEXT    NOT NULL PRIMARY KEY,
    fingerprint TEXT    NOT NULL,
    live_since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is stored about an API key's health in addition to the attempts themselves.
CREATE TABLE circuits (
    api_key          TEXT    NOT NULL PRIMARY KEY,
    open_since       INTEGER,            -- NULL: closed
    open_reason      TEXT,
    next_probe_at    INTEGER,
    probes           INTEGER NOT NULL DEFAULT 0,
    forgiven_attempt INTEGER NOT NULL DEFAULT 0, -- refusals up to this attempt no longer count against the key
    limited_until    INTEGER,            -- after a 429
    CONSTRAINT open_has_reason CHECK ((open_since IS NULL) = (open_reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE heartbeat (
    only_row INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    CONSTRAINT one_row CHECK (only_row = 1)
) STRICT;

-- What the stored plan was made from: if the daemon's current basis differs, everything is planned again.
CREATE TABLE plan_basis (
    only_row    INTEGER NOT NULL PRIMARY KEY,
    fingerprint TEXT    NOT NULL,
    country     TEXT    NOT NULL, -- for which spellings of numbers are read
    CONSTRAINT one_row CHECK (only_row = 1)
) STRICT;

-- Each run of the daemon, from its start to its last heartbeat: `explain` shows when Leadtime was off.
CREATE TABLE runs (
    id         INTEGER NOT NULL PRIMARY KEY,
    started_at INTEGER NOT NULL,
    beat_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_time ON runs (beat_at);

-- A doubt about this machine's clock; empty: none.
CREATE TABLE clock_doubt (
    only_row INTEGER NOT NULL PRIMARY KEY,
    since    INTEGER NOT NULL,
    why      TEXT    NOT NULL,
    CONSTRAINT one_row CHECK (only_row = 1)
) STRICT;

-- Appointments that began before `until` without a text have their row in the audit.
CREATE TABLE not_told (
    only_row INTEGER NOT NULL PRIMARY KEY,
    until    INTEGER NOT NULL,
    CONSTRAINT one_row CHECK (only_row = 1)
) STRICT;

-- Alerts: ongoing problems and the alerts sent about them, so that a restart neither repeats nor forgets any.
CREATE TABLE alerts (
    kind       TEXT    NOT NULL PRIMARY KEY,
    since      INTEGER NOT NULL, -- when the problem began, as far as known
    seen_at    INTEGER NOT NULL, -- when it was first seen
    gone_at    INTEGER,          -- when it was first found to be over; NULL: it is ongoing
    told_at    INTEGER,          -- when an alert was last sent; NULL: none yet
    told_count INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

---------------------------------------------------------------------------------------------------
-- Annie's list of conversations
---------------------------------------------------------------------------------------------------

-- A key's listing of all conversations: what still has to be listed, and how far the listing in progress has come.
CREATE TABLE listings (
    api_key          TEXT    NOT NULL PRIMARY KEY,
    unobserved_from  INTEGER,                    -- start of the unobserved period; NULL: everything is known
    unobserved_until INTEGER,
    seen_at          INTEGER,                    -- when the last listing that reached back far enough began
    marks_at         INTEGER,                    -- when the last listing that showed the tags of every followed conversation began
    -- the listing in progress
    began_at         INTEGER,                    -- NULL: none
    whole            INTEGER NOT NULL DEFAULT 0, -- every conversation is needed
    reach_back       INTEGER,                    -- conversations begun since then matter
    next_offset      INTEGER NOT NULL DEFAULT 0,
    total            INTEGER,                    -- according to its first page
    tries            INTEGER NOT NULL DEFAULT 0,
    pages            INTEGER NOT NULL DEFAULT 0, -- read so far, however short
    in_order         INTEGER NOT NULL DEFAULT 1, -- newest first so far
    last_start       INTEGER,                    -- of the last row seen
    verdict          TEXT,                       -- what the listing proves; set when all pages have been read
    CONSTRAINT unobserved_window CHECK ((unobserved_from IS NULL) = (unobserved_until IS NULL)),
    CONSTRAINT whole_is_a_flag CHECK (whole IN (0, 1)),
    CONSTRAINT in_order_is_a_flag CHECK (in_order IN (0, 1)),
    CONSTRAINT verdict_known CHECK (verdict = 'through' OR verdict = 'unproven' OR verdict = 'incomplete')
) STRICT, WITHOUT ROWID;

-- The conversations that the listing in progress has shown.
CREATE TABLE listing_rows (
    api_key         TEXT    NOT NULL,
    conversation_id TEXT    NOT NULL,
    started_at      INTEGER,
    medium          TEXT,
    to_phone        TEXT,
    from_phone      TEXT,
    status          TEXT,
    tags            TEXT,
    actions         TEXT,
    PRIMARY KEY (api_key, conversation_id)
) STRICT, WITHOUT ROWID;

-- Rows of Annie's list without a readable id. Each may be our own text, or hold a reply: texts to its number wait.
CREATE TABLE odd_rows (
    api_key    TEXT    NOT NULL,
    row        TEXT    NOT NULL, -- a hash of the row
    phone      TEXT,             -- E.164; NULL: that cannot be read either
    started_at INTEGER,
    listing    INTEGER NOT NULL, -- when the last listing that showed it began
    settled_at INTEGER,          -- a person decided that the number may be texted
    who        TEXT,
    PRIMARY KEY (api_key, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX odd_rows_by_phone ON odd_rows (phone) WHERE phone IS NOT NULL;

-- Whether the first message of a conversation is the text of an attempt; NULL: it cannot be read.
CREATE TABLE comparisons (
    attempt_id      INTEGER NOT NULL REFERENCES attempts (id),
    conversation_id TEXT    NOT NULL,
    same            INTEGER,
    PRIMARY KEY (attempt_id, conversation_id),
    CONSTRAINT same_is_a_flag CHECK (same IN (0, 1))
) STRICT, WITHOUT ROWID;

---------------------------------------------------------------------------------------------------
-- What patients answered, and what people have to do about it
---------------------------------------------------------------------------------------------------

-- The outcome of an appointment: what its patient answered, or what a person noted. It belongs to the appointment, its
-- start and its person, and ends when one of these or the status changes. A merged chart or a corrected name is the
-- same person. Never written into `appointments`.
CREATE TABLE outcomes (
    appointment_id  TEXT    NOT NULL, -- no foreign key: an import may replace the appointment
    starts_at       INTEGER NOT NULL,
    patient_id      TEXT    NOT NULL,
    first_name      TEXT,             -- of that time, to recognize the person; deleted once the start has passed
    date_of_birth   TEXT,             -- the same
    outcome         TEXT    NOT NULL,
    source          TEXT    NOT NULL,
    since           INTEGER NOT NULL, -- when the patient wrote, or a person noted it
    status          TEXT    NOT NULL, -- the appointment's status at that time
    phone           TEXT,             -- E.164; NULL: noted by a person
    conversation_id TEXT,
    who             TEXT,             -- who noted it
    recorded_at     INTEGER NOT NULL DEFAULT 0, -- when it was read or noted
    ended_at        INTEGER,          -- when the appointment's start or status changed; whether it is still the same person is seen when it is read
    PRIMARY KEY (appointment_id, starts_at),
    CONSTRAINT outcome_known CHECK (outcome = 'none' OR outcome = 'confirmed' OR outcome = 'wants_change'
            OR outcome = 'wants_cancel' OR outcome = 'question' OR outcome = 'wrong_person' OR outcome = 'opted_out'
            OR outcome = 'unclear_opt_out' OR outcome = 'needs_a_look'),
    CONSTRAINT source_known CHECK (source = 'reply' OR source = 'tag' OR source = 'action' OR source = 'desk')
) STRICT, WITHOUT ROWID;
CREATE INDEX outcomes_by_start ON outcomes (starts_at);
CREATE INDEX outcomes_by_time  ON outcomes (recorded_at);
CREATE INDEX outcomes_with_names ON outcomes (starts_at) WHERE first_name IS NOT NULL OR date_of_birth IS NOT NULL;

CREATE TRIGGER outcomes_after_insert AFTER INSERT ON outcomes
BEGIN
    INSERT INTO replan_queue (phone, appointment_id)
    SELECT coalesce(phone, ''), id FROM appointments WHERE id = NEW.appointment_id ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER outcomes_after_update AFTER UPDATE OF outcome, ended_at ON outcomes
BEGIN
    INSERT INTO replan_queue (phone, appointment_id)
    SELECT coalesce(phone, ''), id FROM appointments WHERE id = NEW.appointment_id ON CONFLICT DO NOTHING;
END;

-- Confirmations that are written to the FHIR server of the appointment.
CREATE TABLE write_backs (
    appointment_id TEXT    NOT NULL,
    starts_at      INTEGER NOT NULL,
    since          INTEGER NOT NULL, -- when the patient confirmed
    state          TEXT    NOT NULL,
    tries          INTEGER NOT NULL,
    why            TEXT,             -- why it is not written yet, or not at all
    began_at       INTEGER NOT NULL, -- the first try
    changed_at     INTEGER NOT NULL,
    PRIMARY KEY (appointment_id, starts_at),
    CONSTRAINT state_known CHECK (state = 'waiting' OR state = 'sent' OR state = 'written' OR state = 'left'
            OR state = 'given-up')
) STRICT, WITHOUT ROWID;
CREATE INDEX write_backs_by_start ON write_backs (starts_at);

-- Replies whose meaning was already applied, and tags and actions that were already seen. Never contains words of a
-- patient.
CREATE TABLE answers (
    conversation_id TEXT    NOT NULL,
    kind            TEXT    NOT NULL, -- reply, tag, action
    value           TEXT    NOT NULL, -- Annie's id of the message, or the tag or action itself
    at              INTEGER NOT NULL, -- when it was written, or first seen
    meaning         TEXT,             -- NULL: none
    PRIMARY KEY (conversation_id, kind, value),
    CONSTRAINT kind_known CHECK (kind = 'reply' OR kind = 'tag' OR kind = 'action')
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (at);

-- Every tag and action ever seen, with the number of conversations that had it.
CREATE TABLE annie_marks (
    kind          TEXT    NOT NULL, -- tag, action
    value         TEXT    NOT NULL,
    conversations INTEGER NOT NULL,
    first_at      INTEGER NOT NULL,
    last_at       INTEGER NOT NULL,
    PRIMARY KEY (kind, value),
    CONSTRAINT kind_known CHECK (kind = 'tag' OR kind = 'action')
) STRICT, WITHOUT ROWID;

-- What a person has to do. At most one open task for each cause.
CREATE TABLE tasks (
    id              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    cause           TEXT    NOT NULL, -- identifies what it is about
    kind            TEXT    NOT NULL,
    code            TEXT    NOT NULL, -- the outcome or the reason
    urgent          INTEGER NOT NULL DEFAULT 0,
    phone           TEXT,             -- E.164
    conversation_id TEXT,
    since           INTEGER NOT NULL, -- since when its cause exists
    opened_at       INTEGER NOT NULL,
    due_at          INTEGER,          -- the start of its first appointment
    size            INTEGER NOT NULL DEFAULT 1, -- how many replies, rows or texts it is about
    said            TEXT,             -- the patient's words; deleted seven days after the task was closed
    detail          TEXT,             -- the feed and the reason, for tasks about imports
    closed_at       INTEGER,
    closed_how      TEXT,
    who             TEXT,
    note            TEXT,
    CONSTRAINT kind_known   CHECK (kind = 'reply' OR kind = 'call' OR kind = 'held-text' OR kind = 'refused-rows'
            OR kind = 'feed-held' OR kind = 'undelivered'),
    CONSTRAINT urgent_is_a_flag CHECK (urgent IN (0, 1)),
    CONSTRAINT end_known    CHECK (closed_how IS NULL OR closed_how = 'done' OR closed_how = 'gone'
            OR closed_how = 'lapsed' OR closed_how = 'answered'),
    CONSTRAINT closed_has_end CHECK ((closed_at IS NULL) = (closed_how IS NULL))
) STRICT;
CREATE UNIQUE INDEX one_open_task_for_a_cause ON tasks (cause) WHERE closed_at IS NULL;
CREATE INDEX tasks_by_cause ON tasks (cause);
CREATE INDEX tasks_closed   ON tasks (closed_at) WHERE closed_at IS NOT NULL;

-- The appointments that a task is about.
CREATE TABLE task_appointments (
    task_id        INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    appointment_id TEXT    NOT NULL,
    starts_at      INTEGER NOT NULL,
    PRIMARY KEY (task_id, appointment_id, starts_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX task_appointments_by_appointment ON task_appointments (appointment_id);

CREATE TRIGGER tasks_update_guard BEFORE UPDATE ON tasks
WHEN NEW.id IS NOT OLD.id OR NEW.cause IS NOT OLD.cause OR NEW.kind IS NOT OLD.kind OR NEW.opened_at IS NOT OLD.opened_at
    OR (OLD.closed_at IS NOT NULL AND (NEW.closed_at IS NOT OLD.closed_at OR NEW.closed_how IS NOT OLD.closed_how
        OR NEW.who IS NOT OLD.who OR (NEW.said IS NOT OLD.said AND NEW.said IS NOT NULL)))
BEGIN
    SELECT RAISE(ABORT, 'a task cannot become another task, and a closed task stays closed');
END;

CREATE TRIGGER tasks_delete_guard BEFORE DELETE ON tasks WHEN OLD.closed_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'an open task cannot be deleted');
END;

-- Outcomes for the practice's own program: each is passed on at least once, those of an appointment in order.
CREATE TABLE outbox (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    appointment_id TEXT    NOT NULL,
    starts_at      INTEGER NOT NULL,
    body           TEXT    NOT NULL, -- JSON, without the patient's words
    said           TEXT,             -- the patient's words, if the program gets them
    made_at        INTEGER NOT NULL,
    tries          INTEGER NOT NULL DEFAULT 0,
    next_try_at    INTEGER NOT NULL,
    ended_at       INTEGER,
    ended_how      TEXT,
    fault          TEXT,             -- why the last try failed
    CONSTRAINT end_known     CHECK (ended_how IS NULL OR ended_how = 'delivered' OR ended_how = 'given-up'),
    CONSTRAINT ended_has_end CHECK ((ended_at IS NULL) = (ended_how IS NULL))
) STRICT;
CREATE INDEX outbox_open           ON outbox (id) WHERE ended_at IS NULL;
CREATE INDEX outbox_by_appointment ON outbox (appointment_id, id) WHERE ended_at IS NULL;
CREATE INDEX outbox_ended          ON outbox (ended_at) WHERE ended_at IS NOT NULL;

---------------------------------------------------------------------------------------------------
-- The audit: what was done, by whom; never contains a name, a text or a phone number
---------------------------------------------------------------------------------------------------

-- The key for hashing numbers: created here, never leaves this file.
CREATE TABLE audit_key (
    only_row INTEGER NOT NULL PRIMARY KEY,
    key      BLOB    NOT NULL,
    CONSTRAINT one_row CHECK (only_row = 1),
    CONSTRAINT key_is_right CHECK (length(key) = 32)
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
    number_hash     TEXT,             -- HMAC-SHA256 of the number with audit_key
    who             TEXT,             -- the person, for acts by hand
    why             TEXT,
    account         TEXT,             -- the account that actually acted, for acts by hand
    hash            TEXT    NOT NULL  -- SHA-256 of the previous hash and this row
) STRICT;
-- No index by number: queries by number are rare and read all rows; an index of hashes would cost a page per text.
CREATE INDEX audit_by_appointment ON audit (appointment_id);

CREATE TRIGGER audit_insert_guard BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id >= NEW.id AND NEW.id > 0)
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_update_guard BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows cannot be changed or deleted');
END;
CREATE TRIGGER audit_delete_guard BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit rows cannot be changed or deleted');
END;

---------------------------------------------------------------------------------------------------
-- What people hold back
---------------------------------------------------------------------------------------------------

-- Where sending is paused; nothing is sent there before `until`.
CREATE TABLE pauses (
    location TEXT    NOT NULL PRIMARY KEY, -- '' = everywhere
    since    INTEGER NOT NULL,
    until    INTEGER,                      -- NULL: until someone lifts it
    who      TEXT,
    why      TEXT
) STRICT, WITHOUT ROWID;

-- Appointments whose texts a person turned off.
CREATE TABLE skips (
    appointment_id TEXT    NOT NULL, -- no foreign key: an import may replace the appointment
    rule           TEXT    NOT NULL, -- '' = every rule
    at             INTEGER NOT NULL,
    who            TEXT,
    why            TEXT,
    PRIMARY KEY (appointment_id, rule)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER skips_after_insert AFTER INSERT ON skips
BEGIN
    INSERT INTO replan_queue (phone, appointment_id)
    SELECT coalesce(phone, ''), id FROM appointments WHERE id = NEW.appointment_id ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER skips_after_delete AFTER DELETE ON skips
BEGIN
    INSERT INTO replan_queue (phone, appointment_id)
    SELECT coalesce(phone, ''), id FROM appointments WHERE id = OLD.appointment_id ON CONFLICT DO NOTHING;
END;

-- A configuration change that would send more than usual at once: held until someone confirms it, or until the next
-- day.
CREATE TABLE config_hold (
    only_row    INTEGER NOT NULL PRIMARY KEY,
    fingerprint TEXT    NOT NULL, -- of the configuration
    since       INTEGER NOT NULL,
    at_once     INTEGER NOT NULL, -- texts it would send within a day
    usual       INTEGER NOT NULL, -- the most texts on any recent day
    effects     TEXT    NOT NULL DEFAULT '[]', -- what it does to texts, by day and rule, as a JSON array
    confirmed   INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT one_row CHECK (only_row = 1),
    CONSTRAINT confirmed_is_a_flag CHECK (confirmed IN (0, 1))
) STRICT;

-- Work done once per local day (the database backup, the list of patients to call): the date it was last done for, and
-- any failure since.
CREATE TABLE daily_work (
    work      TEXT    NOT NULL PRIMARY KEY,
    done_for  TEXT,    -- a local date
    done_at   INTEGER,
    failed_at INTEGER, -- NULL: the last try succeeded
    fault     TEXT,
    CONSTRAINT failure_has_reason CHECK ((failed_at IS NULL) = (fault IS NULL))
) STRICT, WITHOUT ROWID;

---------------------------------------------------------------------------------------------------
-- The front desk's page
---------------------------------------------------------------------------------------------------

-- Who may use the page.
CREATE TABLE desk_users (
    name       TEXT    NOT NULL PRIMARY KEY,
    role       TEXT    NOT NULL,
    locations  TEXT,             -- a JSON array of location ids, '' for the practice itself; NULL: all
    password   TEXT    NOT NULL, -- its argon2id hash (PHC string)
    changed_at INTEGER NOT NULL, -- the password
    CONSTRAINT name_is_short CHECK (length(name) BETWEEN 1 AND 40),
    CONSTRAINT role_known CHECK (role = 'look' OR role = 'desk' OR role = 'manager')
) STRICT, WITHOUT ROWID;

-- What a browser proves itself with; only hashes are stored.
CREATE TABLE desk_tokens (
    hash     TEXT    NOT NULL PRIMARY KEY, -- SHA-256 of the token, in hexadecimal digits
    kind     TEXT    NOT NULL,             -- a session, a login that works once, or a browser that logged in before
    user     TEXT    NOT NULL REFERENCES desk_users (name) ON DELETE CASCADE,
    began_at INTEGER NOT NULL,
    seen_at  INTEGER NOT NULL,
    CONSTRAINT kind_known CHECK (kind = 'session' OR kind = 'once' OR kind = 'device')
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_tokens_by_user ON desk_tokens (user, kind, seen_at);

-- Calls to patients.
CREATE TABLE calls (
    id             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    appointment_id TEXT,             -- NULL if the task is about a number only
    starts_at      INTEGER,
    task_id        INTEGER REFERENCES tasks (id) ON DELETE SET NULL,
    result         TEXT    NOT NULL,
    who            TEXT    NOT NULL,
    at             INTEGER NOT NULL,
    undone_at      INTEGER,
    CONSTRAINT result_known CHECK (result = 'reached' OR result = 'no-answer' OR result = 'left-word'),
    CONSTRAINT start_of_appointment CHECK ((appointment_id IS NULL) = (starts_at IS NULL))
) STRICT;
CREATE INDEX calls_by_appointment ON calls (appointment_id, starts_at) WHERE appointment_id IS NOT NULL;
CREATE INDEX calls_by_task ON calls (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX calls_by_time ON calls (at);

-- Open tasks that somebody put off.
CREATE TABLE snoozes (
    task_id INTEGER NOT NULL PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
    until   INTEGER NOT NULL,
    who     TEXT    NOT NULL,
    at      INTEGER NOT NULL
) STRICT;

---------------------------------------------------------------------------------------------------
-- For a person with the sqlite3 shell
---------------------------------------------------------------------------------------------------

CREATE VIEW upcoming AS
    SELECT due_local AS goes_out, starts_local AS appointment_start, r.appointment_id, rule, a.first_name, a.last_name, a.phone,
           o.outcome
    FROM reminders AS r LEFT JOIN appointments AS a ON a.id = r.appointment_id
    LEFT JOIN outcomes AS o ON o.appointment_id = r.appointment_id AND o.starts_at = r.starts_at AND o.ended_at IS NULL
    WHERE r.state = 'planned' ORDER BY r.due_at, r.appointment_id;

CREATE VIEW sent AS
    SELECT m.made_local AS sent, starts_local AS appointment_start, r.appointment_id, rule, a.first_name, a.last_name, m.phone,
           m.body ->> '$.message' AS text, t.conversation_id
    FROM reminders AS r JOIN messages AS m ON m.id = r.message_id JOIN attempts AS t ON t.message_id = m.id
    LEFT JOIN appointments AS a ON a.id = r.appointment_id
    WHERE r.state = 'sent' ORDER BY m.made_at DESC, r.appointment_id;

CREATE VIEW not_sent AS
    SELECT starts_local AS appointment_start, r.appointment_id, rule, r.state, reason, a.first_name, a.last_name, a.phone
    FROM reminders AS r LEFT JOIN appointments AS a ON a.id = r.appointment_id
    WHERE r.state NOT IN ('planned', 'sent') ORDER BY r.starts_at DESC, r.appointment_id;
