-- Where the record of a redriven letter is, so that it can be told from the ledger whether the worker has come to it;
-- and why somebody gave a letter up.
ALTER TABLE farol.dead_letters
    ADD COLUMN redriven_partition integer,
    ADD COLUMN redriven_offset    bigint,
    ADD COLUMN redriven_at        timestamptz,
    ADD COLUMN quarantine_reason  text,
    ADD CONSTRAINT dead_letters_redriven_position CHECK ((redriven_partition IS NULL) = (redriven_offset IS NULL));
COMMENT ON COLUMN farol.dead_letters.redrives IS 'redriven records of it that the worker has decided';
COMMENT ON COLUMN farol.dead_letters.redriven_offset IS 'where the last redriven record of it is, once Kafka acknowledged it';

-- The newest letters of a state and cause are one step into this index, by position in it. By two columns they are not: in
-- PostgreSQL a comparison of rows ends a scan by its first column only.
CREATE INDEX dead_letters_by_kind ON farol.dead_letters ((state || ' ' || cause), letter_id) INCLUDE (state, cause);
DROP INDEX farol.dead_letters_by_state;
