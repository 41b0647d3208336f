-- Refusals written into the phone column, wrong numbers, and what the daemon was doing when.

ALTER TABLE phone_spellings ADD COLUMN refusal INTEGER NOT NULL DEFAULT 0 CHECK (refusal IN (0, 1));
-- What could not be read before may be a refusal, and what is valid need not be a person's: all is read again.
DELETE FROM phone_spellings;
-- A number found by who may not be texted: those that said so in any spelling.
CREATE INDEX phone_spellings_of_refusals ON phone_spellings (e164) WHERE refusal = 1;

-- A patient who does not have this number. Ends by itself when the practice corrects the phone.
CREATE TABLE wrong_numbers (
    phone      TEXT    NOT NULL, -- E.164
    patient_id TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    who        TEXT,
    PRIMARY KEY (phone, patient_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER wrong_numbers_after_insert AFTER INSERT ON wrong_numbers
BEGIN
    INSERT INTO dirty_numbers (phone, appointment_id) VALUES (NEW.phone, '') ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER wrong_numbers_after_delete AFTER DELETE ON wrong_numbers
BEGIN
    INSERT INTO dirty_numbers (phone, appointment_id) VALUES (OLD.phone, '') ON CONFLICT DO NOTHING;
END;

-- A conversation somebody else began with a number spends its budget.
CREATE TRIGGER conversations_after_insert AFTER INSERT ON conversations WHEN NEW.attempt_id IS NULL
BEGIN
    INSERT INTO dirty_numbers (phone, appointment_id) VALUES (NEW.phone, '') ON CONFLICT DO NOTHING;
END;

-- Each life of the daemon, from its start to its last sign of life: `explain` tells when Leadtime was off.
CREATE TABLE runs (
    id         INTEGER NOT NULL PRIMARY KEY,
    started_at INTEGER NOT NULL,
    beat_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_time ON runs (beat_at);

-- Plans were made by other rules: everything is planned again.
DELETE FROM plan_basis;
