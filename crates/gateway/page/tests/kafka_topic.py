"""A topic of the test's own, made and removed by Kafka's wire protocol: no client library is needed for two requests."""

import socket
import struct
import uuid

CREATE_TOPICS, CREATE_VERSION = 19, 4
DELETE_TOPICS, DELETE_VERSION = 20, 3
TIMEOUT_MS = 15000


class Topic:
    """Exists while its `with` lasts."""

    def __init__(self, brokers, partitions):
        host, port = brokers.split(",")[0].rsplit(":", 1)
        self.address = (host, int(port))
        self.name = f"page.{uuid.uuid4().hex}"
        self.partitions = partitions

    def __enter__(self):
        topic = string(self.name) + struct.pack(">ihii", self.partitions, 1, 0, 0)
        self.ask(CREATE_TOPICS, CREATE_VERSION, struct.pack(">i", 1) + topic + struct.pack(">i?", TIMEOUT_MS, False))
        return self

    def __exit__(self, *_):
        self.ask(DELETE_TOPICS, DELETE_VERSION, struct.pack(">i", 1) + string(self.name) + struct.pack(">i", TIMEOUT_MS))

    def ask(self, kind, version, body):
        request = struct.pack(">hhi", kind, version, 1) + string("page-tests") + body
        with socket.create_connection(self.address, timeout=20) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            answer = exactly(connection, struct.unpack(">i", exactly(connection, 4))[0])
        # correlation id, throttle time, one topic: its name, then the error
        name_length = struct.unpack_from(">h", answer, 12)[0]
        error = struct.unpack_from(">h", answer, 14 + name_length)[0]
        if error:
            raise RuntimeError(f"Kafka answered request {kind} for the topic {self.name} with error {error}")


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def exactly(connection, size):
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            raise RuntimeError("Kafka closed the connection")
        data += chunk
    return data
