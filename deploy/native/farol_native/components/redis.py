"""Redis: receipts and rate limits only, so nothing of it is kept on disk and it may evict what expires first."""

from __future__ import annotations

import socket
from pathlib import Path

from ..component import Component, Prerequisite, Program, StackError, command_prerequisite
from ..context import Context


class Redis(Component):
    name = "redis"
    title = "Redis"
    ports = {"FAROL_REDIS_PORT": 16379}

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return [command_prerequisite(ctx, "redis-server", "redis-server")]

    def install(self, ctx: Context) -> None:
        self._binary(ctx)

    def prepare(self, ctx: Context) -> None:
        ctx.render(self.name, "redis.conf", self._config(ctx))

    def program(self, ctx: Context) -> Program:
        return Program(command=[self._binary(ctx), ctx.run_folder(self.name) / "redis.conf"], user=ctx.account)

    def ready(self, ctx: Context) -> str | None:
        request = f"AUTH {ctx.secret('redis')}\r\nPING\r\n".encode()
        try:
            with socket.create_connection(("127.0.0.1", ctx.port("FAROL_REDIS_PORT")), timeout=2) as connection:
                connection.sendall(request)
                answer = connection.recv(64)
                while b"PONG" not in answer and answer.count(b"\r\n") < 2:
                    more = connection.recv(64)
                    if not more:
                        break
                    answer += more
        except OSError as error:
            return f"it does not answer yet ({error})"
        return None if b"+PONG" in answer else f"PING was answered with {answer!r}"

    def exports(self, ctx: Context) -> dict[str, str]:
        return {"FAROL_REDIS_URL": f"redis://default:{ctx.secret('redis')}@{ctx.address('FAROL_REDIS_PORT')}/0"}

    def _binary(self, ctx: Context) -> Path:
        found = ctx.which("redis-server")
        if found is None:
            raise StackError("redis-server is not here; install Redis 7 (Debian: apt-get install redis-server)")
        return found

    def _config(self, ctx: Context) -> str:
        return f"""\
bind 127.0.0.1
port {ctx.port("FAROL_REDIS_PORT")}
requirepass {ctx.secret("redis")}
daemonize no
# Leaves the process's environment alone, by which a stack finds what it left behind.
set-proc-title no
logfile ""
dir {ctx.data(self.name)}
save ""
appendonly no
maxmemory 128mb
maxmemory-policy volatile-ttl
"""


COMPONENT = Redis()
