"""Shows who waits for whom: partition maintenance beside inserts, and a duplicate that a concurrent transaction is writing. Owns no layout."""

import threading
import time

from pgwire import DatabaseError

HELD = 2.0
ROW = ("INSERT INTO b.events (key, tx, \"offset\", received_at, n, partition, digest, source, id, type, topic, producer, stored_at) "
       "VALUES (gen_random_uuid(), 0, 0, now(), 0, 0, '', 's', 'i', 't', 't', 'p', {})")


def timed(cluster, statements, after, results, label):
    """Runs `statements` on a connection of its own, `after` seconds from now, and notes how long they took."""
    def run():
        connection = cluster.connect(label)
        time.sleep(after)
        clock = time.monotonic()
        for statement in statements:
            connection.sql(statement)
        results[label] = time.monotonic() - clock
        connection.close()
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def beside_inserts(cluster, label, statements):
    """A batch stays open for two seconds; then maintenance starts; then another batch begins. How long do the last two take?"""
    results, holder = {}, cluster.connect("open batch")
    holder.sql("BEGIN")
    holder.sql(ROW.format("now()"))
    threads = [timed(cluster, statements, 0.2, results, "maintenance"), timed(cluster, [ROW.format("now()")], 0.5, results, "insert")]
    time.sleep(HELD)
    holder.sql("COMMIT")
    for thread in threads:
        thread.join()
    holder.close()
    print(f"| {label} | {results['maintenance']:.2f} | {results['insert']:.2f} |", flush=True)


def waits(cluster):
    print(f"\n## Maintenance beside an insert transaction held open for {HELD:.0f} s\n| maintenance | it took s | an insert started behind it took s |\n| --- | --- | --- |")
    day = "date_trunc('day', now()) + interval '{} days'"
    bounds = "FROM (%L) TO (%L)', " + day.format("{0}") + ", " + day.format("{1}")
    create = "DO $$ BEGIN EXECUTE format('CREATE TABLE b.events_next PARTITION OF b.events FOR VALUES " + bounds.format(3, 4) + "); END $$"
    like = ["CREATE TABLE b.events_later (LIKE b.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)",
            "DO $$ BEGIN EXECUTE format('ALTER TABLE b.events ATTACH PARTITION b.events_later FOR VALUES " + bounds.format(4, 5) + "); END $$"]
    beside_inserts(cluster, "nothing", [])
    beside_inserts(cluster, "DROP TABLE of the oldest partition", ["DROP TABLE b.events_d1"])
    beside_inserts(cluster, "DETACH PARTITION CONCURRENTLY, then DROP", ["ALTER TABLE b.events DETACH PARTITION b.events_d2 CONCURRENTLY", "DROP TABLE b.events_d2"])
    beside_inserts(cluster, "CREATE TABLE … PARTITION OF", [create])
    beside_inserts(cluster, "CREATE TABLE (LIKE …), then ATTACH PARTITION", like)
    beside_inserts(cluster, "bounded DELETE of 10,000 keys", ["DELETE FROM b.event_keys WHERE ctid = ANY (ARRAY(SELECT ctid FROM b.event_keys LIMIT 10000))"])


def facts(cluster):
    """Behaviour that the statements' shape depends on; each is asked of the server, none is assumed."""
    print("\n## Facts the statements depend on")
    one, two = cluster.connect("first writer"), cluster.connect("second writer")
    key = "'00000000-0000-4000-8000-000000000001'"
    insert = f"INSERT INTO b.event_keys (key, tx, n, digest) VALUES ({key}, 0, {{}}, sha256('x')) ON CONFLICT (key) DO NOTHING RETURNING n"
    one.sql("BEGIN")
    one.sql(insert.format(0))
    seen = {}
    def second():
        two.sql("BEGIN")
        seen["same"] = two.sql(f"WITH fresh AS ({insert.format(1)}) SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM b.event_keys WHERE key = {key})")[0]
        seen["next"] = two.value(f"SELECT count(*) FROM b.event_keys WHERE key = {key}")
        two.sql("COMMIT")
    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.5)
    one.sql("COMMIT")
    thread.join()
    print(f"A duplicate whose first writer commits meanwhile: fresh {seen['same'][0]}, rows the same statement sees {seen['same'][1]}, rows the next statement sees {seen['next']}")
    twice = one.sql("WITH k AS (SELECT gen_random_uuid() AS key) INSERT INTO b.event_keys (key, tx, n, digest) SELECT key, 0, n, '' FROM k, generate_series(1, 2) n "
                    "ON CONFLICT (key) DO NOTHING RETURNING n")
    print(f"One key twice in one batch: {len(twice)} row stored, RETURNING names n = {twice[0][0]}")
    try:
        one.sql(ROW.format("now() + interval '1 year'"))
        print("A row without a partition was stored")
    except DatabaseError as error:
        print(f"A row for which no partition exists: SQLSTATE {error.sqlstate}, constraint name {error.constraint}")
    old = one.value("SELECT key FROM b.event_keys WHERE tx < 0 AND stored_at > now() - interval '3 days' LIMIT 1")
    pruned = one.sql("EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) SELECT e.* FROM b.event_keys k JOIN b.events e "
                     f"ON e.stored_at = k.stored_at AND e.tx = k.tx AND e.n = k.n WHERE k.key = '{old}'")
    scans = [line[0] for line in pruned if "Scan" in line[0] and " events_d" in line[0] or "events_later" in line[0] or "events_next" in line[0]]
    print(f"Partitions of events in the plan of a joined look-up: {len(scans)}, executed: {sum('never executed' not in s for s in scans)}")
    one.close()
    two.close()
