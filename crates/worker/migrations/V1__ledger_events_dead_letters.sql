-- The worker's tables. Why they are cut like this, with measurements: docs/adr/0001-uniqueness-retention-partitioning.md

-- The books: one row a partition of a topic of a cluster. Offsets consumed and outcomes add up, or the row cannot be written.
CREATE TABLE farol.ledger (
    cluster_id            text     NOT NULL,
    topic                 text     NOT NULL,
    partition             integer  NOT NULL,
    start_offset          bigint   NOT NULL,
    next_offset           bigint   NOT NULL,
    stored                bigint   NOT NULL DEFAULT 0,
    duplicate             bigint   NOT NULL DEFAULT 0,
    dead_lettered         bigint   NOT NULL DEFAULT 0,
    gaps                  bigint   NOT NULL DEFAULT 0,
    last_record_digest    bytea,
    last_record_timestamp bigint,
    updated_at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (cluster_id, topic, partition),
    CONSTRAINT ledger_balances CHECK (stored + duplicate + dead_lettered + gaps = next_offset - start_offset),
    CONSTRAINT ledger_counts_are_counts CHECK (stored >= 0 AND duplicate >= 0 AND dead_lettered >= 0 AND gaps >= 0),
    CONSTRAINT ledger_digest_is_sha256 CHECK (octet_length(last_record_digest) = 32)
) WITH (fillfactor = 50); -- updated with every batch: room for HOT updates
COMMENT ON COLUMN farol.ledger.next_offset IS 'every offset below is decided';
COMMENT ON COLUMN farol.ledger.last_record_timestamp IS 'Kafka''s timestamp of the last decided record, in milliseconds since 1970';

-- Identity: what keeps (source, id) unique, also after the row has left. Narrow, so that random ids stay in cache.
CREATE TABLE farol.event_keys (
    key            uuid        PRIMARY KEY,
    stored_at      timestamptz NOT NULL DEFAULT now(),
    tx             bigint      NOT NULL,
    n              integer     NOT NULL,
    digest_version smallint    NOT NULL,
    digest         bytea       NOT NULL,
    CONSTRAINT event_keys_digest_is_sha256 CHECK (octet_length(digest) = 32)
);
CREATE INDEX event_keys_stored_at ON farol.event_keys (stored_at);
COMMENT ON COLUMN farol.event_keys.key IS 'first 16 bytes of SHA-256(length of source as 32-bit big-endian, source, id)';

-- The rows. (tx, n) is where a row is: the transaction that stored it and its place in the batch.
CREATE TABLE farol.events (
    key             uuid        NOT NULL,
    stored_at       timestamptz NOT NULL DEFAULT now(),
    tx              bigint      NOT NULL,
    "offset"        bigint      NOT NULL,
    received_at     timestamptz,
    time            timestamptz,
    n               integer     NOT NULL,
    partition       integer     NOT NULL,
    digest_version  smallint    NOT NULL,
    digest          bytea       NOT NULL,
    trace_id        bytea       CHECK (octet_length(trace_id) = 16),
    source          text        NOT NULL,
    id              text        NOT NULL,
    type            text        NOT NULL,
    subject         text,
    time_text       text,
    datacontenttype text,
    dataschema      text,
    topic           text        NOT NULL,
    producer        text,
    extensions      jsonb,
    data            jsonb,
    data_bytes      bytea,
    CONSTRAINT events_data_is_one_of_two CHECK (data IS NULL OR data_bytes IS NULL)
) PARTITION BY RANGE (stored_at);
CREATE INDEX events_position ON farol.events (tx, n);
COMMENT ON COLUMN farol.events.time_text IS 'the time attribute as the producer wrote it; column time is the instant it names';
COMMENT ON COLUMN farol.events.received_at IS 'when the gateway received it; null for records of other producers';

-- There is no default partition: it would forbid DETACH CONCURRENTLY. A missing day is refused (23514 without a constraint's
-- name), which the worker takes for structural; so days are made well ahead.
CREATE FUNCTION farol.create_partitions(days_ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    created integer := 0;
    today   date := (now() AT TIME ZONE 'UTC')::date;
    day     date;
    name    text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('farol.create_partitions'));
    FOR i IN 0 .. days_ahead LOOP
        day := today + i;
        name := 'events_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass('farol.' || name) IS NOT NULL;
        -- Made apart and then attached: PARTITION OF would wait for open batches and hold up those behind it.
        EXECUTE format('CREATE TABLE farol.%I (LIKE farol.events INCLUDING ALL)', name);
        EXECUTE format('ALTER TABLE farol.events ATTACH PARTITION farol.%I FOR VALUES FROM (%L) TO (%L)',
                       name, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
        created := created + 1;
    END LOOP;
    RETURN created;
END $$;
COMMENT ON FUNCTION farol.create_partitions(integer) IS 'makes the daily partitions (UTC) of farol.events from today on; answers how many were missing';
SELECT farol.create_partitions(7);

-- What could not become a row, whole, with its cause.
CREATE TABLE farol.dead_letters (
    letter_id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster_id     text        NOT NULL,
    topic          text        NOT NULL,
    partition      integer     NOT NULL,
    "offset"       bigint      NOT NULL,
    record_key     bytea,
    record_value   bytea,
    header_names   bytea[]     NOT NULL,
    header_values  bytea[]     NOT NULL,
    event_key      uuid,
    source         text,
    id             text,
    digest_version smallint,
    digest         bytea,
    trace_id       bytea,
    cause          text        NOT NULL,
    sqlstate       text,
    message        text        NOT NULL,
    state          text        NOT NULL DEFAULT 'open',
    redrives       integer     NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dead_letters_one_per_record UNIQUE (cluster_id, topic, partition, "offset"),
    CONSTRAINT dead_letters_cause CHECK (cause IN ('undecodable', 'unstorable', 'conflict')),
    CONSTRAINT dead_letters_state CHECK (state IN ('open', 'redriven', 'resolved', 'quarantined')),
    CONSTRAINT dead_letters_headers CHECK (cardinality(header_names) = cardinality(header_values))
);
CREATE INDEX dead_letters_by_event ON farol.dead_letters (event_key) WHERE event_key IS NOT NULL;
CREATE INDEX dead_letters_by_state ON farol.dead_letters (state, cause, letter_id);
