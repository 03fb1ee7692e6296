"""A PostgreSQL connection over a Unix socket: prepared statements with binary parameters, as the worker's driver sends them.
Knows the wire protocol and nothing else; it trusts its socket folder and speaks no TLS and no password."""

import socket
import struct

OID = {"bytea[]": 1001, "int4[]": 1007, "text[]": 1009, "int8[]": 1016, "timestamptz[]": 1185, "uuid[]": 2951, "jsonb[]": 3807,
       "uuid": 2950, "int8": 20, "int4": 23, "text": 25, "timestamptz": 1184}
ELEMENT = {"bytea[]": 17, "int4[]": 23, "text[]": 25, "int8[]": 20, "timestamptz[]": 1184, "uuid[]": 2950, "jsonb[]": 3802}


class DatabaseError(Exception):
    """What the server refused: its SQLSTATE, message and the constraint it named (None when it named none)."""

    def __init__(self, fields):
        self.sqlstate, self.constraint = fields.get("C"), fields.get("n")
        super().__init__(f"{self.sqlstate}: {fields.get('M')}")


def encode_array(kind, values):
    """One-dimensional binary array; `values` are encoded elements, None is NULL."""
    nulls = int(any(v is None for v in values))
    parts = [struct.pack(">iiiii", 1, nulls, ELEMENT[kind], len(values), 1)]
    for value in values:
        parts.append(b"\xff\xff\xff\xff" if value is None else struct.pack(">i", len(value)) + value)
    return b"".join(parts)


class Connection:
    """One session. `pid` is the backend's process id."""

    def __init__(self, folder, database="postgres", user="postgres", application="measure"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f"{folder}/.s.PGSQL.5432")
        self.stream = self.socket.makefile("rb", 1 << 20)
        self.prepared = {}
        words = ["user", user, "database", database, "application_name", application]
        body = struct.pack(">i", 196608) + b"".join(w.encode() + b"\0" for w in words) + b"\0"
        self.socket.sendall(struct.pack(">i", len(body) + 4) + body)
        self.pid = None
        self._until_ready()

    def close(self):
        self.socket.sendall(b"X\0\0\0\4")
        self.socket.close()

    def sql(self, text):
        """Runs statements by the simple protocol; rows of text values come back."""
        self._send(b"Q", text.encode() + b"\0")
        return self._until_ready()

    def value(self, text):
        """The only value of the only row."""
        return self.sql(text)[0][0]

    def run(self, text, kinds, parameters):
        """Runs one prepared statement (prepared on first use) with binary parameters; rows of raw binary values come back."""
        if text not in self.prepared:
            name = f"s{len(self.prepared)}".encode()
            oids = b"".join(struct.pack(">i", OID[k]) for k in kinds)
            self._send(b"P", name + b"\0" + text.encode() + b"\0" + struct.pack(">h", len(kinds)) + oids)
            self._send(b"S", b"")
            self._until_ready()
            self.prepared[text] = name
        values = b"".join(struct.pack(">i", len(p)) + p for p in parameters)
        bind = b"\0" + self.prepared[text] + b"\0" + struct.pack(">hhh", 1, 1, len(parameters)) + values + struct.pack(">hh", 1, 1)
        self._send(b"B", bind, b"E", b"\0" + struct.pack(">i", 0), b"S", b"")
        return self._until_ready()

    def _send(self, *messages):
        frames = []
        for tag, body in zip(messages[::2], messages[1::2]):
            frames.append(tag + struct.pack(">i", len(body) + 4) + body)
        self.socket.sendall(b"".join(frames))

    def _until_ready(self):
        rows, error = [], None
        while True:
            head = self.stream.read(5)
            if len(head) < 5:
                raise ConnectionError("PostgreSQL closed the connection; its log is in the work folder")
            tag, size = head[:1], struct.unpack(">i", head[1:])[0] - 4
            body = self.stream.read(size)
            if tag == b"D":
                rows.append(decode_row(body))
            elif tag == b"E":
                error = DatabaseError({f[:1].decode(): f[1:].decode() for f in body.split(b"\0") if f})
                if self.pid is None:
                    raise error
            elif tag == b"K":
                self.pid = struct.unpack(">i", body[:4])[0]
            elif tag == b"Z":
                if error:
                    raise error
                return rows


def decode_row(body):
    """DataRow: text for the simple protocol, bytes that are not UTF-8 stay bytes."""
    count, at, row = struct.unpack(">h", body[:2])[0], 2, []
    for _ in range(count):
        size = struct.unpack(">i", body[at:at + 4])[0]
        at += 4
        if size < 0:
            row.append(None)
            continue
        raw = body[at:at + size]
        at += size
        try:
            row.append(raw.decode())
        except UnicodeDecodeError:
            row.append(raw)
    return row
