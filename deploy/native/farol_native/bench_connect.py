"""The rival of `bench-storage`: the jars of Kafka Connect and Debezium's JDBC sink, from pinned Maven artifacts."""

from __future__ import annotations

import re
from pathlib import Path

from .component import Prerequisite, StackError, command_prerequisite
from .context import Context
from .fingerprint import fingerprint

NAME = "bench-connect"


def prerequisites(ctx: Context) -> list[Prerequisite]:
    """Java, and Maven until the jars are there."""
    java = command_prerequisite(ctx, "java", "openjdk-17-jre-headless")
    return [java] if libs(ctx).is_dir() else [java, command_prerequisite(ctx, "mvn", "maven")]


def classpath(ctx: Context) -> str:
    """The jars, resolved once."""

    def resolve(folder: Path) -> None:
        with ctx.step("Kafka Connect: resolving its jars with Maven"):
            command = ["mvn", "--batch-mode", "--no-transfer-progress", "-f", pom(ctx)]
            ctx.run([*command, "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"], log="connect-install")

    return f"{ctx.cached(NAME, version(ctx), resolve)}/*"


def pom(ctx: Context) -> Path:
    return ctx.root / "deploy/bench/connect/pom.xml"


def version(ctx: Context) -> str:
    """The sink's version and a digest of the pom, so that any change of it resolves anew."""
    text = pom(ctx).read_text()
    found = re.search(r"<debezium\.version>(.+?)<", text)
    if found is None:
        raise StackError(f"{pom(ctx)} names no debezium.version")
    return f"{found[1]}-{fingerprint(text)}"


def libs(ctx: Context) -> Path:
    return ctx.cache / f"{NAME}-{version(ctx)}"
