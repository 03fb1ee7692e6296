"""Measures what writing a batch costs: backend CPU, checkpointer and WAL writer CPU, WAL bytes, buffers, time. Owns no layout."""

import statistics
import time

from batches import Batch
from cluster import cpu_seconds

AUXILIARY = "SELECT pid FROM pg_stat_activity WHERE backend_type IN ('checkpointer', 'background writer', 'walwriter')"
BUFFERS = "SELECT blks_hit, blks_read FROM pg_stat_database WHERE datname = current_database()"


class Meter:
    """Takes readings around a piece of work done by `worker`, asked over another connection so that the asking is not counted."""

    def __init__(self, cluster):
        self.cluster, self.watch = cluster, cluster.connect("watch")
        self.auxiliary = [int(row[0]) for row in self.watch.sql(AUXILIARY)]

    def buffers(self, worker):
        worker.sql("SELECT pg_stat_force_next_flush()")
        worker.sql("SELECT 1")
        return [int(v) for v in self.watch.sql(BUFFERS)[0]]

    def measure(self, worker, work):
        """Runs `work` between two checkpoints and returns what it used, in seconds, bytes and pages."""
        self.watch.sql("CHECKPOINT")
        hit, read = self.buffers(worker)
        others = sum(cpu_seconds(p) for p in self.auxiliary)
        start, cpu, clock = self.watch.value("SELECT pg_current_wal_insert_lsn()"), cpu_seconds(worker.pid), time.monotonic()
        work()
        clock, cpu = time.monotonic() - clock, cpu_seconds(worker.pid) - cpu
        hit_after, read_after = self.buffers(worker)
        # A marker makes sure that there is a record; the switch makes sure that it is on disk.
        self.watch.sql("SELECT pg_logical_emit_message(false, 'measured', '')")
        end = self.watch.value("SELECT pg_current_wal_insert_lsn()")
        self.watch.sql("SELECT pg_switch_wal()")
        records, images = self.cluster.wal_split(start, end)
        self.watch.sql("CHECKPOINT")
        return {"seconds": clock, "cpu": cpu, "aux_cpu": sum(cpu_seconds(p) for p in self.auxiliary) - others, "records": records,
                "images": images, "hit": hit_after - hit, "read": read_after - read}


def write_all(worker, write, batches, expected):
    """One transaction per batch; a count other than `expected` fresh rows per batch stops the measurement."""
    for batch in batches:
        worker.sql("BEGIN")
        fresh = len(write(worker, batch))
        if fresh != expected:
            raise AssertionError(f"{fresh} fresh rows in a batch, expected {expected}")
        worker.sql("COMMIT")


def rounds(meter, variants, options, prefilled, first):
    """Interleaves the variants: in each round every variant gets its own fresh batches. Returns readings by variant."""
    worker, readings = meter.cluster.connect("worker"), {label: [] for label, _, _, _ in variants}
    seed = first
    for number in range(options.rounds + 1):
        for label, style, write, expected_fresh in variants:
            seed += 1000
            batches = [Batch(style, first + i * options.batch, options.batch, seed + i, prefilled) for i in range(options.batches)]
            expected = options.batch if expected_fresh else 0
            reading = meter.measure(worker, lambda: write_all(worker, write, batches, expected))
            if number:  # round 0 warms the statement and the first pages
                readings[label].append(reading)
        first += options.batches * options.batch
        print(f"  round {number} of {options.rounds} done", flush=True)
    worker.close()
    return readings, first


def summary(readings, rows):
    """Medians per row."""
    def median(name, factor):
        return statistics.median(r[name] for r in readings) / rows * factor
    return {"rows_per_s": 1 / median("seconds", 1), "cpu_s_per_M": median("cpu", 1e6), "aux_cpu_s_per_M": median("aux_cpu", 1e6),
            "wal_records_B": median("records", 1), "wal_images_B": median("images", 1), "hit": median("hit", 1), "read": median("read", 1),
            "spread": (max(r["cpu"] for r in readings) - min(r["cpu"] for r in readings)) / statistics.median(r["cpu"] for r in readings)}


def show(title, table):
    print(f"\n## {title}\n| variant | rows/s | backend CPU s/M rows (spread) | other CPU s/M | WAL records B/row | WAL page images B/row | buffer hits/row | reads/row |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    for label, s in table.items():
        print(f"| {label} | {s['rows_per_s']:,.0f} | {s['cpu_s_per_M']:.1f} ({s['spread']:.0%}) | {s['aux_cpu_s_per_M']:.1f} | {s['wal_records_B']:,.0f} "
              f"| {s['wal_images_B']:,.0f} | {s['hit']:.2f} | {s['read']:.2f} |", flush=True)
