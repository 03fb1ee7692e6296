"""Makes batches of flight-like events and encodes them as binary array parameters. Knows no table.
The key is the first 16 bytes of SHA-256 over the source's length (u32, big endian), the source and the id."""

import datetime
import hashlib
import json
import random
import struct
import uuid

from pgwire import encode_array

CARRIERS = ["UA", "AA", "B6", "DL", "EV", "MQ", "US", "WN", "VX", "FL", "AS", "9E", "F9", "HA", "YV", "OO"]
ORIGINS = ["EWR", "JFK", "LGA"]
COLUMNS = [("key", "uuid[]"), ("digest", "bytea[]"), ("n", "int4[]"), ("source", "text[]"), ("id", "text[]"), ("type", "text[]"),
           ("subject", "text[]"), ("time_text", "text[]"), ("time", "timestamptz[]"), ("datacontenttype", "text[]"),
           ("dataschema", "text[]"), ("extensions", "jsonb[]"), ("data", "jsonb[]"), ("data_bytes", "bytea[]"), ("topic", "text[]"),
           ("partition", "int4[]"), ('"offset"', "int8[]"), ("producer", "text[]"), ("received_at", "timestamptz[]"), ("trace_id", "bytea[]")]
KINDS = dict(COLUMNS)
EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)


def event_key(source, event_id):
    """The 16 bytes that stand for (source, id)."""
    raw = source.encode()
    return hashlib.sha256(struct.pack(">I", len(raw)) + raw + event_id.encode()).digest()[:16]


def old_identity(g):
    """(source, id) of prefilled row g in the tables with UUID ids; `candidates.PREFILL` makes the same in SQL."""
    source = f"/airports/{ORIGINS[g % 3]}/airlines/{CARRIERS[g % 16]}"
    return source, str(uuid.UUID(hashlib.md5(str(g).encode()).hexdigest()))


def flight(g, rng):
    """A flight's schedule and outcome, about 300 bytes of JSON."""
    return {"carrier": CARRIERS[g % 16], "flight": g % 8500, "tailnum": f"N{rng.randrange(10000, 99999)}", "origin": ORIGINS[g % 3],
            "dest": rng.choice(["IAH", "MIA", "BQN", "ATL", "ORD", "FLL"]), "year": 2013, "month": 1 + g % 12, "day": 1 + g % 28,
            "dep_time": rng.randrange(2400), "sched_dep_time": rng.randrange(2400), "dep_delay": rng.randrange(-20, 200),
            "arr_time": rng.randrange(2400), "sched_arr_time": rng.randrange(2400), "arr_delay": rng.randrange(-20, 200),
            "air_time": rng.randrange(40, 400), "distance": rng.randrange(100, 2500), "hour": g % 24, "minute": g % 60,
            "time_hour": "2013-01-01T05:00:00-05:00"}


def identity(style, g, rng):
    source = f"/airports/{ORIGINS[g % 3]}/airlines/{CARRIERS[g % 16]}"
    if style == "uuid":
        return source, str(uuid.UUID(int=rng.getrandbits(128), version=4))
    moment = datetime.datetime(2013, 1, 1) + datetime.timedelta(seconds=g)
    return source, f"{moment:%Y-%m-%dT%H:%M:%S}-{CARRIERS[g % 16]}{g % 8500}"


class Batch:
    """Encoded parameters by column, in key order (`by_key`) and in arrival order (`by_arrival`)."""

    def __init__(self, style, first, size, seed, prefilled=0):
        rng = random.Random(seed)
        rows = [self._row(style, first + i, i, rng, prefilled) for i in range(size)]
        self.size = size
        self.keys = [row[0] for row in rows]
        self.by_arrival = self._encode(rows)
        self.by_key = self._encode(sorted(rows))

    @staticmethod
    def _row(style, g, n, rng, prefilled):
        source, event_id = old_identity(rng.randrange(prefilled)) if style == "old" else identity(style, g, rng)
        micros = struct.pack(">q", int((datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc) - EPOCH).total_seconds()) * 1_000_000 + g)
        data = b"\x01" + json.dumps(flight(g, rng)).encode()
        key = event_key(source, event_id)
        return (key, hashlib.sha256(key).digest(), struct.pack(">i", n), source.encode(), event_id.encode(), b"aero.flight.departed.v1",
                f"{CARRIERS[g % 16]}{g % 8500}".encode(), b"2013-01-01T10:15:00.000Z", micros, b"application/json", None, None, data, None,
                b"farol.events", struct.pack(">i", g % 12), struct.pack(">q", g), b"local", micros, rng.randbytes(16))

    @staticmethod
    def _encode(rows):
        return {name: encode_array(kind, [row[i] for row in rows]) for i, (name, kind) in enumerate(COLUMNS)}
