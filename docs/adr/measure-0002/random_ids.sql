-- Fills Farol's tables as the worker does, with random ids, and asks the look-ups' questions about random ones of them.

-- Batches $1 to $2 of 5,000 events, each one transaction: keys in their order, then the rows whose key was fresh. Rows spread over five days.
CREATE PROCEDURE fill(first bigint, last bigint, of_all bigint) LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz;
BEGIN
    FOR batch IN first .. last LOOP
        at := date_trunc('day', now()) + (batch * 5 / of_all) * interval '1 day' + interval '1 hour' + batch * interval '1 ms';
        WITH sent AS MATERIALIZED (
            SELECT n, '/sensors/' || n % 50 AS source, gen_random_uuid()::text AS id FROM generate_series(0, 4999) AS n
        ), identified AS MATERIALIZED (
            SELECT n, source, id, encode(substr(sha256(int4send(octet_length(source)) || (source || id)::bytea), 1, 16), 'hex')::uuid AS key,
                   sha256((id || n)::bytea) AS digest
            FROM sent
        ), fresh AS (
            INSERT INTO farol.event_keys (tx, key, stored_at, digest, n, digest_version)
            SELECT (SELECT pg_current_xact_id()::text::bigint), key, at, digest, n, 1 FROM identified ORDER BY key
            ON CONFLICT (key) DO NOTHING RETURNING n
        )
        INSERT INTO farol.events (tx, stored_at, topic, digest_version, key, n, partition, "offset", received_at, time, digest, trace_id,
                                  source, id, type, time_text, datacontenttype, producer, data)
        SELECT (SELECT pg_current_xact_id()::text::bigint), at, 'farol.events', 1, key, n, n % 12, batch * 5000 + n, at, at, digest,
               substr(digest, 1, 16), source, id, CASE n % 1000 WHEN 0 THEN 'rare' ELSE 'sensor.read' END, at::text, 'application/json', 'sensors',
               jsonb_build_object('sensor', n, 'batch', batch, 'value', batch * 0.1, 'unit', 'celsius', 'site', source,
                                  'serial', encode(digest, 'hex'), 'quality', 'measured', 'firmware', '4.11.2', 'previous', id)
        FROM identified JOIN fresh USING (n);
        COMMIT;
    END LOOP;
END $$;

-- As many letters as rows, all of ten events, as in the other measurement: the worst there can be.
CREATE PROCEDURE fill_letters(letters bigint) LANGUAGE sql AS $$
INSERT INTO farol.dead_letters (cluster_id, topic, partition, "offset", header_names, header_values, event_key, cause, state, message)
SELECT 'c', 't', 0, i, '{}', '{}', md5((i % 10)::text)::uuid, 'conflict', CASE i % 2 WHEN 0 THEN 'resolved' ELSE 'open' END, 'x'
FROM generate_series(0, letters - 1) AS i
$$;

-- Keys at random places of the primary key's index: one lot for each time of asking, since asking warms what it reads.
CREATE TABLE asked (lot integer, key uuid);
CREATE PROCEDURE choose(lots integer, size integer) LANGUAGE sql AS $$
INSERT INTO asked SELECT lot, (SELECT key FROM farol.event_keys WHERE key >= place ORDER BY key LIMIT 1)
FROM (SELECT lot, gen_random_uuid() AS place FROM generate_series(1, lots) AS lot, generate_series(1, size)) AS places
$$;

-- One question for each key of a lot, `$key` in its text: pages, those of them that PostgreSQL had not in its memory, and milliseconds.
CREATE FUNCTION ask(question text, of_lot integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    each    record;
    answer  json;
    pages   bigint := 0;
    fetched bigint := 0;
    asked   bigint := 0;
    took    double precision[] := '{}';
BEGIN
    -- What planning reads of the catalogue is no part of the question; connections that live have read it.
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || replace(question, '$key', quote_literal(gen_random_uuid())) INTO answer;
    FOR each IN SELECT key FROM asked WHERE lot = of_lot LOOP
        EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' || replace(question, '$key', quote_literal(each.key)) INTO answer;
        pages := pages + (answer -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (answer -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint;
        fetched := fetched + (answer -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint;
        took := took || (answer -> 0 ->> 'Execution Time')::double precision;
        asked := asked + 1;
    END LOOP;
    RETURN (SELECT format('%s | %s | %s | %s', round(pages::numeric / asked, 1), round(fetched::numeric / asked, 1),
                          round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 2),
                          round(percentile_cont(0.99) WITHIN GROUP (ORDER BY ms)::numeric, 2))
            FROM unnest(took) AS ms);
END $$;
