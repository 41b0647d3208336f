-- What a long life teaches: listings count their pages, and what a visit was not told is put on record.

ALTER TABLE listings ADD COLUMN pages INTEGER NOT NULL DEFAULT 0; -- read so far, however short

-- Visits that began before `until` and were told nothing have their row in the audit.
CREATE TABLE untold (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    until    INTEGER NOT NULL
) STRICT;
CREATE INDEX reminders_untold ON reminders (starts_at) WHERE state IN ('skipped', 'cancelled');

---------------------------------------------------------------------------------------------------
-- The brakes
---------------------------------------------------------------------------------------------------

-- Where sending is paused; nothing leaves before `until`.
CREATE TABLE pauses (
    location TEXT    NOT NULL PRIMARY KEY, -- '' = everywhere
    since    INTEGER NOT NULL,
    until    INTEGER,                      -- NULL: until somebody lifts it
    who      TEXT,
    why      TEXT
) STRICT, WITHOUT ROWID;

-- Visits that a person took texts from.
CREATE TABLE skips (
    appointment_id TEXT    NOT NULL, -- no foreign key: an import may replace the visit
    rule           TEXT    NOT NULL, -- '' = every rule
    at             INTEGER NOT NULL,
    who            TEXT,
    why            TEXT,
    PRIMARY KEY (appointment_id, rule)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER skips_after_insert AFTER INSERT ON skips
BEGIN
    INSERT INTO dirty_numbers (phone, appointment_id)
    SELECT coalesce(phone, ''), id FROM appointments WHERE id = NEW.appointment_id ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER skips_after_delete AFTER DELETE ON skips
BEGIN
    INSERT INTO dirty_numbers (phone, appointment_id)
    SELECT coalesce(phone, ''), id FROM appointments WHERE id = OLD.appointment_id ON CONFLICT DO NOTHING;
END;

-- A change of the configuration that would send more than usual at once: held until somebody confirms it, or the next day.
CREATE TABLE held_change (
    only_row    INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    fingerprint TEXT    NOT NULL, -- of the configuration
    since       INTEGER NOT NULL,
    at_once     INTEGER NOT NULL, -- texts it would send within a day
    usual       INTEGER NOT NULL, -- the most texts of a day lately
    confirmed   INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1))
) STRICT;

-- Work of a local day (the copy of the database): the date it was last done for, and the failure since.
CREATE TABLE daily_work (
    work      TEXT    NOT NULL PRIMARY KEY,
    done_for  TEXT,    -- a local date
    done_at   INTEGER,
    failed_at INTEGER, -- NULL: the last try went well
    fault     TEXT,
    CONSTRAINT failure_has_reason CHECK ((failed_at IS NULL) = (fault IS NULL))
) STRICT, WITHOUT ROWID;

-- Texts whose words are still kept, for retention.
CREATE INDEX messages_with_words ON messages (made_at) WHERE body IS NOT NULL;

-- The last import that brought something.
CREATE INDEX imports_good ON imports (finished_at) WHERE rows_good > 0;
-- Alarms: which trouble lasts, and what was told of it, so that a restart neither repeats nor forgets.
CREATE TABLE alarms (
    kind       TEXT    NOT NULL PRIMARY KEY,
    since      INTEGER NOT NULL, -- when the trouble began, as far as is known
    seen_at    INTEGER NOT NULL, -- when it was first seen
    gone_at    INTEGER,          -- when it was first seen no more; NULL: it lasts
    told_at    INTEGER,          -- when somebody was last told; NULL: nobody was yet
    told_count INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX reminders_missed ON reminders (starts_at) WHERE state = 'missed';
