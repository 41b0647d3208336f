-- What a long life teaches: listings count their pages, and what a visit was not told is put on record.

ALTER TABLE listings ADD COLUMN pages INTEGER NOT NULL DEFAULT 0; -- read so far, however short

-- Visits that began before `until` and were told nothing have their row in the audit.
CREATE TABLE untold (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    until    INTEGER NOT NULL
) STRICT;
CREATE INDEX reminders_untold ON reminders (starts_at) WHERE state IN ('skipped', 'cancelled');
