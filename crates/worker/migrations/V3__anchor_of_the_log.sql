-- A decided record that the log must go on to hold: a topic that was made anew holds another one at its offset.
-- The worker looks for it every few seconds and moves it on when it was found; after a divergence it stays, so that every
-- worker that starts finds the divergence too.
ALTER TABLE farol.ledger
    ADD COLUMN anchor_offset    bigint,
    ADD COLUMN anchor_digest    bytea,
    ADD COLUMN anchor_timestamp bigint,
    ADD CONSTRAINT ledger_anchor_is_sha256 CHECK (octet_length(anchor_digest) = 32),
    ADD CONSTRAINT ledger_anchor_is_whole CHECK ((anchor_offset IS NULL) = (anchor_digest IS NULL)),
    ADD CONSTRAINT ledger_anchor_is_decided CHECK (anchor_offset < next_offset);
