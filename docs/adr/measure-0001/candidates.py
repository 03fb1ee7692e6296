"""The table layouts that are compared: their DDL, their prefill and how each writes a batch. Measures nothing."""

from batches import COLUMNS, KINDS

ROW = """key uuid NOT NULL, stored_at timestamptz NOT NULL DEFAULT now(), tx bigint NOT NULL, "offset" bigint NOT NULL,
  received_at timestamptz NOT NULL, time timestamptz, n int NOT NULL, partition int NOT NULL, digest_version smallint NOT NULL DEFAULT 1,
  digest bytea NOT NULL, trace_id bytea, source text NOT NULL, id text NOT NULL, type text NOT NULL, subject text, time_text text,
  datacontenttype text, dataschema text, topic text NOT NULL, producer text NOT NULL, extensions jsonb, data jsonb, data_bytes bytea"""
KEY_ROW = """key uuid NOT NULL, stored_at timestamptz NOT NULL DEFAULT now(), tx bigint NOT NULL, n int NOT NULL,
  digest_version smallint NOT NULL DEFAULT 1, digest bytea NOT NULL"""
NAMES = [name for name, _ in COLUMNS]
TX = "(SELECT pg_current_xact_id()::text::bigint)"

# Row g of the prefill; one batch of 5,000 shares tx and stored_at, as the worker's batches do, over the ten days before today.
# `batches.old_identity` knows the same (source, id).
PREFILL = """INSERT INTO prefill SELECT encode(k, 'hex')::uuid, stored_at, tx, g, stored_at, stored_at, n, g % 12, 1, sha256(k), k, source, id,
    'aero.flight.departed.v1', 'UA1545', '2013-01-01T10:15:00.000Z', 'application/json', NULL, 'farol.events', 'local', NULL, t.data, NULL
  FROM (SELECT substring(sha256(int4send(length(source)) || convert_to(source, 'UTF8') || convert_to(id, 'UTF8')) for 16) AS k, r.*
    FROM (SELECT g, '/airports/' || (ARRAY['EWR','JFK','LGA'])[g % 3 + 1] || '/airlines/' || (ARRAY['UA','AA','B6','DL','EV','MQ','US','WN',
      'VX','FL','AS','9E','F9','HA','YV','OO'])[g % 16 + 1] AS source, md5(g::text)::uuid::text AS id, g / 5000 - 10000000 AS tx, (g % 5000)::int AS n,
      date_trunc('day', now()) - interval '10 days' + (g / 5000) * (interval '10 days' / ({rows} / 5000 + 1)) AS stored_at
      FROM generate_series(0, {rows}::bigint - 1) g OFFSET 0) r OFFSET 0) r JOIN templates t ON t.i = r.g % 1000"""
# Ids that grow with time, as a flight's do.
FLIGHT_ID = """to_char(timestamp '2013-01-01' + "offset" * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS') || '-' || right(source, 2) || ("offset" % 8500)"""


def select(names, source="unnest"):
    """`SELECT` list and `unnest` of the given columns, with the parameter numbers of their place in `names`."""
    arrays = ", ".join(f"${i + 1}::{KINDS[name]}" for i, name in enumerate(names))
    return f"{source}({arrays}) AS r({', '.join(names)})"


def prefixed(names):
    return ", ".join(f"r.{name}" for name in names)


class OneTable:
    """Candidates A, A2 and C: uniqueness is an index of the table itself."""

    def __init__(self, name, unique, hash_partitions=0, fillfactor=70, id_sql='id'):
        self.name, self.unique, self.hash, self.fillfactor, self.id_sql = name, unique, hash_partitions, fillfactor, id_sql
        self.insert = (f"INSERT INTO {name}.events (tx, {', '.join(NAMES)}) SELECT {TX}, {prefixed(NAMES)} FROM {select(NAMES)} "
                       f"ON CONFLICT ({unique}) DO NOTHING RETURNING n")

    def tables(self):
        ddl = [f"CREATE SCHEMA {self.name}", f"CREATE TABLE {self.name}.events ({ROW})" + (" PARTITION BY HASH (key)" if self.hash else "")]
        for i in range(self.hash):
            ddl.append(f"CREATE TABLE {self.name}.events_{i} PARTITION OF {self.name}.events FOR VALUES WITH (MODULUS {self.hash}, REMAINDER {i})")
        return ddl

    def indexes(self, fillfactor):
        return [f"CREATE UNIQUE INDEX events_unique ON {self.name}.events ({self.unique}) WITH (fillfactor = {fillfactor})",
                f"CREATE INDEX events_position ON {self.name}.events (tx, n)",
                f"CREATE INDEX events_stored ON {self.name}.events USING brin (stored_at)"]

    def prefill(self):
        return [f"""INSERT INTO {self.name}.events SELECT key, stored_at, tx, "offset", received_at, time, n, partition, digest_version, digest, trace_id,
          source, {self.id_sql}, type, subject, time_text, datacontenttype, dataschema, topic, producer, extensions, data, data_bytes FROM prefill"""]

    def write(self, connection, batch):
        return connection.run(self.insert, [KINDS[n] for n in NAMES], [batch.by_key[n] for n in NAMES])


class KeysApart:
    """Candidates B and B2: uniqueness is a table of keys, rows live in partitions by day."""

    def __init__(self, name, hash_partitions=0):
        self.name, self.hash, self.fillfactor = name, hash_partitions, 70
        keys = ["key", "digest", "n"]
        insert_keys = f"INSERT INTO {name}.event_keys (tx, key, digest, n) SELECT {TX}, {prefixed(keys)} FROM {select(keys)} ON CONFLICT (key) DO NOTHING RETURNING n"
        insert_rows = f"INSERT INTO {name}.events (tx, {', '.join(NAMES)}) SELECT {TX}, {prefixed(NAMES)} FROM {select(NAMES)}"
        self.keys, self.insert_keys, self.insert_rows = keys, insert_keys, insert_rows
        self.insert_both = f"WITH fresh AS ({insert_keys}) {insert_rows} JOIN fresh USING (n) RETURNING n".replace("r.n", "n")

    def tables(self):
        s = self.name
        ddl = [f"CREATE SCHEMA {s}", f"CREATE TABLE {s}.event_keys ({KEY_ROW})" + (" PARTITION BY HASH (key)" if self.hash else "")]
        for i in range(self.hash):
            ddl.append(f"CREATE TABLE {s}.event_keys_{i} PARTITION OF {s}.event_keys FOR VALUES WITH (MODULUS {self.hash}, REMAINDER {i})")
        ddl.append(f"CREATE TABLE {s}.events ({ROW}) PARTITION BY RANGE (stored_at)")
        for day in range(-10, 3):
            ddl.append(f"DO $$ BEGIN EXECUTE format('CREATE TABLE {s}.events_d{day + 10} PARTITION OF {s}.events FOR VALUES FROM (%L) TO (%L)', "
                       f"date_trunc('day', now()) + interval '{day} days', date_trunc('day', now()) + interval '{day + 1} days'); END $$")
        return ddl

    def indexes(self, fillfactor):
        s = self.name
        return [f"CREATE UNIQUE INDEX event_keys_unique ON {s}.event_keys (key) WITH (fillfactor = {fillfactor})",
               f"CREATE INDEX event_keys_stored ON {s}.event_keys (stored_at)", f"CREATE INDEX events_position ON {s}.events (tx, n)"]

    def prefill(self):
        keys = f"INSERT INTO {self.name}.event_keys SELECT key, stored_at, tx, n, digest_version, digest FROM prefill"
        # Rows are only appended, so B2 measures the same without old ones.
        return [keys] if self.hash else [keys, f"INSERT INTO {self.name}.events SELECT * FROM prefill"]

    def write(self, connection, batch):
        """Two statements: the keys, then only the rows whose key was fresh."""
        fresh = connection.run(self.insert_keys, [KINDS[n] for n in self.keys], [batch.by_key[n] for n in self.keys])
        if len(fresh) not in (0, batch.size):
            raise AssertionError("a measured batch is all fresh or all duplicate")
        if fresh:
            connection.run(self.insert_rows, [KINDS[n] for n in NAMES], [batch.by_arrival[n] for n in NAMES])
        return fresh

    def write_in_one(self, connection, batch):
        return connection.run(self.insert_both, [KINDS[n] for n in NAMES], [batch.by_key[n] for n in NAMES])

    def write_compressed(self, connection, batch):
        """As `write`, with compressed page images in the WAL."""
        connection.sql("SET LOCAL wal_compression = lz4")
        return self.write(connection, batch)

    def write_unsorted(self, connection, batch):
        """As `write`, with the keys in arrival order."""
        fresh = connection.run(self.insert_keys, [KINDS[n] for n in self.keys], [batch.by_arrival[n] for n in self.keys])
        connection.run(self.insert_rows, [KINDS[n] for n in NAMES], [batch.by_arrival[n] for n in NAMES])
        return fresh


def all_candidates():
    return {"a_uuid": OneTable("a_uuid", "source, id"), "a_flight": OneTable("a_flight", "source, id", fillfactor=90, id_sql=FLIGHT_ID),
            "a2": OneTable("a2", "key"), "b": KeysApart("b"), "b2": KeysApart("b2", 16),
            "c": OneTable("c", "key", 16)}
