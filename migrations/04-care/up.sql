-- What a long life teaches: listings count their pages, and what a visit was not told is put on record.

ALTER TABLE listings ADD COLUMN pages INTEGER NOT NULL DEFAULT 0; -- read so far, however short

-- Visits that began before `until` and were told nothing have their row in the audit.
CREATE TABLE untold (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    until    INTEGER NOT NULL
) STRICT;
CREATE INDEX reminders_untold ON reminders (starts_at) WHERE state IN ('skipped', 'cancelled');

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
