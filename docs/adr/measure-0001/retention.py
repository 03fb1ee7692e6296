"""Measures reading one event, paging the listing, and how rows and keys leave. Owns no layout."""

import random
import struct

from batches import event_key, old_identity

OLDEST = "(date_trunc('day', now()) - interval '{} days')"


def sizes(meter, candidates, rows):
    """Bytes per row of every table and index, and how much of the unique index is filled."""
    print("\n## Size\n| relation | bytes/row |\n| --- | --- |")
    for name in candidates:
        found = meter.watch.sql(f"""SELECT regexp_replace(c.relname, '_d?[0-9]+(_|$)', '\\1'), c.relkind, sum(pg_relation_size(c.oid)) FROM pg_class c
          WHERE c.relnamespace = '{name}'::regnamespace AND c.relkind IN ('r', 'i') GROUP BY 1, 2 HAVING sum(pg_relation_size(c.oid)) > 1000000 ORDER BY 2 DESC, 1""")
        for relation, _, size in found:
            print(f"| {name}.{relation} | {int(size) / rows:.1f} |")


def reading(meter, label, statement, kinds, make, times=400):
    """Cost of one prepared read, averaged over `times` with different parameters; pages come cold and warm as they may."""
    worker, rng, found = meter.cluster.connect("reader"), random.Random(7), 0
    parameters = [make(rng) for _ in range(times)]
    for p in parameters[:10]:
        worker.run(statement, kinds, p)

    def work():
        nonlocal found
        for p in parameters:
            found += len(worker.run(statement, kinds, p))
    r = meter.measure(worker, work)
    print(f"| {label} | {found / times:.1f} | {r['cpu'] / times * 1e6:,.0f} | {(r['hit'] + r['read']) / times:.1f} |", flush=True)
    worker.close()


def reads(meter, rows):
    """Look-up by (source, id) and a listing page of 100, per candidate."""
    print("\n## Reads\n| read | rows returned | backend CPU µs | buffers |\n| --- | --- | --- | --- |")
    def pair(rng):
        return [v.encode() for v in old_identity(rng.randrange(rows))]
    def key(rng):
        return [event_key(*old_identity(rng.randrange(rows)))]
    joined = """SELECT e.* FROM {0}.event_keys k JOIN {0}.events e ON e.stored_at = k.stored_at AND e.tx = k.tx AND e.n = k.n WHERE k.key = $1"""
    reading(meter, "A look-up by (source, id)", "SELECT * FROM a_uuid.events WHERE source = $1 AND id = $2", ["text", "text"], pair)
    reading(meter, "A2 look-up by key", "SELECT * FROM a2.events WHERE key = $1", ["uuid"], key)
    reading(meter, "C look-up by key", "SELECT * FROM c.events WHERE key = $1", ["uuid"], key)
    reading(meter, "B look-up by key, one joined statement", joined.format("b"), ["uuid"], key)
    reading(meter, "B key alone (duplicate? conflict?)", "SELECT stored_at, tx, n, digest_version, digest FROM b.event_keys WHERE key = $1", ["uuid"], key)
    horizon = "tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    def cursor(rng):
        return [struct.pack(">q", rng.randrange(rows // 5000) - 10000000), struct.pack(">i", rng.randrange(5000))]
    for name in ("a2", "b", "c"):
        reading(meter, f"{name.upper()} page of 100 after (tx, n)", f"SELECT * FROM {name}.events WHERE (tx, n) > ($1, $2) AND {horizon} ORDER BY tx, n LIMIT 100",
                ["int8", "int4"], cursor)
    reading(meter, "B page of 100 of one source (1 in 48)", f"""SELECT * FROM b.events WHERE (tx, n) > ($1, $2) AND {horizon}
        AND source = '/airports/EWR/airlines/UA' ORDER BY tx, n LIMIT 100""", ["int8", "int4"], cursor, 50)


def used(label, r, rows):
    print(f"| {label} | {r['cpu']:.2f} | {(r['records'] + r['images']) / 1e6:,.1f} | {r['hit'] + r['read']:,} | {r['seconds']:.1f} | {rows:,} |", flush=True)


def expire(worker, table, where, order, limit):
    """Deletes in bounded batches, oldest first, one transaction each; returns rows deleted. `order` is what an index gives."""
    found = f"SELECT tableoid, ctid FROM {table} WHERE {where} ORDER BY {order} LIMIT {limit}"
    statement = f"WITH old AS ({found}), gone AS (DELETE FROM {table} t USING old WHERE (t.tableoid, t.ctid) = (old.tableoid, old.ctid) RETURNING 1) SELECT count(*) FROM gone"
    if worker.value(f"SELECT relkind FROM pg_class WHERE oid = '{table}'::regclass") == "r":
        # A plain table is deleted from by a TID scan, without a join.
        found = found.replace("tableoid, ctid", "ctid")
        statement = f"WITH gone AS (DELETE FROM {table} WHERE ctid = ANY (ARRAY({found})) RETURNING 1) SELECT count(*) FROM gone"
    total = 0
    while (count := int(worker.value(statement))):
        total += count
    return total


def leaving(meter, rows):
    """One day of ten: rows by DELETE + VACUUM or by partition, keys by bounded DELETE + VACUUM."""
    print("\n## One day of ten leaves\n| work | backend CPU s | WAL MB | buffers | seconds | rows |\n| --- | --- | --- | --- | --- | --- |")
    worker, day = meter.cluster.connect("janitor"), OLDEST.format(9)
    def delete(table, where, order, limit=10000):
        counted = []
        r = meter.measure(worker, lambda: counted.append(expire(worker, table, where, order, limit)))
        used(f"DELETE FROM {table} in batches of {limit:,}", r, counted[0])
        size = f"SELECT pg_total_relation_size('{table}')"
        before = int(worker.value(size))
        used(f"VACUUM {table}", meter.measure(worker, lambda: worker.sql(f"VACUUM {table}")), counted[0])
        print(f"| size of {table} after / before VACUUM: {int(worker.value(size)) / before:.3f} | | | | | |")
    # The rows' own index gives the oldest first; BRIN would read the whole day again for every batch.
    boundary = worker.value(f"SELECT max(tx) FROM a2.events WHERE stored_at < {day}")
    delete("a2.events", f"tx <= {boundary}", "tx, n")
    delete("b.event_keys", f"stored_at < {day}", "stored_at")
    def drop():
        worker.sql("ALTER TABLE b.events DETACH PARTITION b.events_d0 CONCURRENTLY")
        worker.sql("DROP TABLE b.events_d0")
    count = int(worker.value("SELECT count(*) FROM b.events_d0"))
    used("DETACH CONCURRENTLY + DROP b.events_d0", meter.measure(worker, drop), count)
    brin(meter, worker, rows)
    worker.close()


def brin(meter, worker, rows):
    """What a BRIN index on the keys' stored_at is worth when new, and after freed pages were filled again."""
    worker.sql("CREATE INDEX event_keys_brin ON b.event_keys USING brin (stored_at) WITH (pages_per_range = 32)")
    btree, summarised = "SELECT pg_relation_size('b.event_keys_stored')", "SELECT pg_relation_size('b.event_keys_brin')"
    print(f"\n## Index on event_keys.stored_at\nbtree {int(worker.value(btree)) / rows:.1f} B/row, BRIN {int(worker.value(summarised)) / rows:.3f} B/row")
    worker.sql("DROP INDEX b.event_keys_stored")
    plan = f"EXPLAIN (ANALYZE, BUFFERS, COSTS off, TIMING off) SELECT ctid FROM b.event_keys WHERE stored_at < {OLDEST.format(8)}"
    def blocks():
        worker.sql("SET enable_seqscan = off")
        text = "\n".join(row[0] for row in worker.sql(plan))
        return next((line.strip() for line in text.splitlines() if "Heap Blocks" in line), text)
    print(f"BRIN, second day's keys: {blocks()} of {worker.value('SELECT relpages FROM pg_class WHERE oid = $$b.event_keys$$::regclass')} pages")
    worker.sql(f"INSERT INTO b.event_keys SELECT gen_random_uuid(), now(), 0, 0, 1, sha256(int8send(g)) FROM generate_series(1, {rows // 10}) g")
    print(f"BRIN after one day of keys was deleted, vacuumed and replaced: {blocks()}")
    worker.sql(f"DELETE FROM b.event_keys WHERE stored_at < {OLDEST.format(8)}")
    worker.sql("VACUUM b.event_keys")
    worker.sql("SET enable_seqscan = off")
    print("BRIN, the same predicate when no such key is left: " + blocks().replace("\n", " / "))
