#!/usr/bin/env python3
"""Reproduces the measurements of ADR 0001: starts a throw-away PostgreSQL 15, fills the candidate layouts, measures, removes everything.
Needs the Python standard library and PostgreSQL 15's binaries; as root it runs them as the user postgres. Tables go to stdout."""

import argparse
import json
import random
import signal
import sys
import threading
import time

import inserting
import locking
import retention
from batches import flight
from candidates import PREFILL, ROW, all_candidates
from cluster import Cluster

PARTS = ("empty", "insert", "read", "leave", "lock")


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000, help="rows per candidate before measuring (six tables of about 800 bytes each at the peak)")
    parser.add_argument("--batch", type=int, default=5000, help="rows per transaction")
    parser.add_argument("--batches", type=int, default=8, help="transactions per round and variant")
    parser.add_argument("--rounds", type=int, default=4, help="rounds that count; one more warms up")
    parser.add_argument("--shared-buffers", default="128MB")
    parser.add_argument("--folder", default="/tmp", help="where the temporary cluster goes; it is removed at the end")
    parser.add_argument("--minutes", type=float, default=30, help="give up after this long")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"what to measure, of {', '.join(PARTS)}")
    chosen = parser.parse_args()
    chosen.parts = chosen.parts.split(",")
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return chosen


def prefill(connection, rows):
    """The rows every candidate starts with, made once from a thousand payloads."""
    rng = random.Random(1)
    payloads = ", ".join(f"({i}, '{json.dumps(flight(i, rng))}'::jsonb)" for i in range(1000))
    connection.sql(f"CREATE TABLE templates (i int PRIMARY KEY, data jsonb); INSERT INTO templates VALUES {payloads}; ANALYZE templates")
    connection.sql(f"CREATE UNLOGGED TABLE prefill ({ROW})")
    connection.sql(PREFILL.format(rows=rows))


def create(cluster, candidates):
    connection = cluster.connect()
    for candidate in candidates:
        for statement in candidate.tables() + candidate.indexes(90):
            connection.sql(statement)
    connection.close()


def fill(cluster, candidate):
    """Rows first, indexes after: the random ones at the fill a B-tree settles to under random inserts (70 %)."""
    connection, clock = cluster.connect("fill"), time.monotonic()
    connection.sql("SET maintenance_work_mem = '512MB'; SET synchronous_commit = off")
    for statement in candidate.tables() + candidate.prefill() + candidate.indexes(candidate.fillfactor):
        connection.sql(statement)
    for (table,) in connection.sql(f"SELECT oid::regclass FROM pg_class WHERE relnamespace = '{candidate.name}'::regnamespace AND relkind = 'r'"):
        connection.sql(f"VACUUM ANALYZE {table}")
    connection.close()
    print(f"  {candidate.name}: filled in {time.monotonic() - clock:.0f} s", flush=True)


def fill_all(cluster, candidates):
    """Two candidates at a time."""
    queue, failures = list(candidates), []
    def take():
        while queue and not failures:
            try:
                fill(cluster, queue.pop(0))
            except Exception as error:  # handed to the main thread below
                failures.append(error)
    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def variants(c, full):
    """(label, id style, write, expects fresh rows)."""
    base = [("A text pair, UUID ids", "uuid", c["a_uuid"].write, True), ("A text pair, flight ids", "flight", c["a_flight"].write, True),
            ("A2 hashed key", "uuid", c["a2"].write, True), ("B two statements", "uuid", c["b"].write, True),
            ("B one CTE statement", "uuid", c["b"].write_in_one, True), ("B2 keys in 16 parts", "uuid", c["b2"].write, True),
            ("C rows in 16 parts", "uuid", c["c"].write, True)]
    if full:
        base += [("B two statements, flight ids", "flight", c["b"].write, True), ("B keys not sorted", "uuid", c["b"].write_unsorted, True),
                 ("B two statements, wal_compression=lz4", "uuid", c["b"].write_compressed, True),
                 ("A only duplicates", "old", c["a_uuid"].write, False), ("A2 only duplicates", "old", c["a2"].write, False),
                 ("B only duplicates", "old", c["b"].write, False), ("B only duplicates, CTE", "old", c["b"].write_in_one, False)]
    return base


def insert_round(cluster, title, c, full, o, prefilled, first):
    meter = inserting.Meter(cluster)
    meter.watch.sql("SELECT pg_stat_reset()")
    readings, first = inserting.rounds(meter, variants(c, full), o, prefilled, first)
    inserting.show(title, {label: inserting.summary(r, o.batch * o.batches) for label, r in readings.items()})
    return meter, first


def empty_tables(cluster, o):
    candidates = all_candidates()
    create(cluster, candidates.values())
    _, first = insert_round(cluster, "Insert, tables empty at the start", candidates, False, o, 0, o.rows)
    connection = cluster.connect()
    connection.sql("; ".join(f"DROP SCHEMA {name} CASCADE" for name in candidates))
    connection.close()
    return first


def full_tables(cluster, o, first):
    """Fills only what the chosen parts read."""
    needed = {"a2", "b"} if not {"insert", "read"} & set(o.parts) else set(all_candidates())
    candidates = {name: c for name, c in all_candidates().items() if name in needed}
    cluster.stop()
    # Filling is not measured: without WAL and without fsync it takes minutes less.
    cluster.start(fsync="off", wal_level="minimal", max_wal_senders="0", full_page_writes="off")
    print(f"filling {o.rows:,} rows per candidate", flush=True)
    connection = cluster.connect()
    prefill(connection, o.rows)
    fill_all(cluster, candidates.values())
    connection.sql("DROP TABLE prefill")
    connection.close()
    cluster.stop()
    cluster.start()
    meter = inserting.Meter(cluster)
    retention.sizes(meter, candidates, o.rows)
    if "insert" in o.parts:
        insert_round(cluster, f"Insert into {o.rows:,} rows", candidates, True, o, o.rows, first)
    if "read" in o.parts:
        retention.reads(meter, o.rows)
    if "leave" in o.parts:
        retention.leaving(meter, o.rows)
    if "lock" in o.parts:
        locking.waits(cluster)
        locking.facts(cluster)


def main():
    o = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"gave up after {o.minutes} minutes"))
    signal.alarm(int(o.minutes * 60))
    clock = time.monotonic()
    with Cluster(o.folder, o.shared_buffers) as cluster:
        cluster.start()
        first = empty_tables(cluster, o) if "empty" in o.parts else o.rows
        if o.parts != ["empty"]:
            full_tables(cluster, o, first)
    print(f"\ntook {time.monotonic() - clock:.0f} s; the cluster and its data are removed")


if __name__ == "__main__":
    main()
