"""The worker: built by cargo; its schema is brought up to date before it starts."""

from __future__ import annotations

from .. import flag_file, rust
from ..component import Component, Prerequisite, Program
from ..context import Context
from ..http_probe import not_ready
from ..service_settings import service_environment


class Worker(Component):
    name = "worker"
    title = "Farol worker (rows out)"
    ports = {"FAROL_WORKER_PORT": 8081}
    after = ("kafka", "postgres")

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        return rust.prerequisites(ctx)

    def install(self, ctx: Context) -> None:
        rust.build(ctx)

    def prepare(self, ctx: Context) -> None:
        flag_file.make(ctx)

    def before_start(self, ctx: Context) -> None:
        ctx.run([rust.program(ctx, "farol-worker"), "migrate"], env=self._environment(ctx), log="migrate")

    def program(self, ctx: Context) -> Program:
        return Program(command=[rust.program(ctx, "farol-worker")], env=self._environment(ctx), stop_seconds=30)

    def ready(self, ctx: Context) -> str | None:
        return not_ready(f"{self.url(ctx)}/ready")

    def urls(self, ctx: Context) -> dict[str, str]:
        return {"Worker (management)": self.url(ctx)}

    def exports(self, ctx: Context) -> dict[str, str]:
        return {"FAROL_WORKER_URL": self.url(ctx)}

    def url(self, ctx: Context) -> str:
        return f"http://{ctx.address('FAROL_WORKER_PORT')}"

    def _environment(self, ctx: Context) -> dict[str, str]:
        return {
            # A worker that was killed comes back as the member it was: its partitions need not rest first.
            "FAROL_KAFKA_INSTANCE_ID": "worker-0",
            **service_environment(ctx),
            "FAROL_MANAGEMENT_ADDR": ctx.address("FAROL_WORKER_PORT"),
        }


COMPONENT = Worker()
