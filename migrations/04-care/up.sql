-- What a long life teaches: listings count their pages, and what a visit was not told is put on record.

ALTER TABLE listings ADD COLUMN pages INTEGER NOT NULL DEFAULT 0; -- read so far, however short

-- Visits that began before `until` and were told nothing have their row in the audit.
CREATE TABLE untold (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    until    INTEGER NOT NULL
) STRICT;
CREATE INDEX reminders_untold ON reminders (starts_at) WHERE state IN ('skipped', 'cancelled');

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
