"""Installs Debian packages for their programs alone: no service of theirs is started, enabled or given a cluster."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .component import StackError
from .context import Context

POLICY = Path("/usr/sbin/policy-rc.d")
CREATE_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")
CREATE_CLUSTER_SHIPPED = Path("/usr/share/postgresql-common/createcluster.conf")


def install(ctx: Context, packages: Sequence[str]) -> None:
    """Installs packages as root; what the machine already had, running services included, stays as it was."""
    before = installed(ctx)
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    keep = ["-o", "Dpkg::Options::=--force-confold", "-o", "DPkg::Lock::Timeout=300"]
    command = ["apt-get", "install", "-y", "--no-install-recommends", *keep, *packages]
    with ExitStack() as stack, ctx.step(f"apt-get install {' '.join(packages)}"):
        stack.enter_context(replaced(POLICY, "#!/bin/sh\n# 101: no service may be started.\nexit 101\n", 0o755))
        if "postgresql-common" not in before:
            stack.callback(restore_shipped_cluster_settings)
            CREATE_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
            CREATE_CLUSTER.write_text("create_main_cluster = false\n")
        if not all(known(ctx, package) for package in packages):
            ctx.run(["apt-get", "update"], log="apt", env=env)
        try:
            ctx.run(command, log="apt", env=env)
        except StackError:
            # A stale index names versions that the mirror no longer has.
            ctx.run(["apt-get", "update"], log="apt", env=env)
            ctx.run(command, log="apt", env=env)
        disable_services(ctx, installed(ctx) - before)


def known(ctx: Context, package: str) -> bool:
    """Whether apt's index has a version of the package to offer."""
    policy = ctx.output(["apt-cache", "policy", package])
    return policy is not None and "Candidate:" in policy and "Candidate: (none)" not in policy


def installed(ctx: Context) -> set[str]:
    """Names of the installed packages."""
    listing = ctx.output(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"])
    if listing is None:
        raise StackError("dpkg-query does not answer; is this a Debian system?")
    return {line.split()[1] for line in listing.splitlines() if line.startswith("installed ")}


def disable_services(ctx: Context, packages: set[str]) -> None:
    """Keeps the services of newly installed packages from starting at the next boot."""
    systemctl = shutil.which("systemctl")
    if systemctl is None or not packages:
        return
    listing = ctx.output(["dpkg-query", "-L", *sorted(packages)]) or ""
    units = {
        Path(line).name
        for line in listing.splitlines()
        if "/systemd/system/" in line and line.endswith((".service", ".timer", ".socket")) and "@" not in line
    }
    wanted = Path("/etc/systemd/system")
    enabled = sorted(unit for unit in units if any(wanted.glob(f"*.wants/{unit}")))
    if enabled:
        ctx.run([systemctl, "disable", "--no-reload", *enabled], log="apt")


def restore_shipped_cluster_settings() -> None:
    """Puts back what the package ships, so that somebody who wants the distribution's cluster later gets it."""
    if CREATE_CLUSTER_SHIPPED.is_file():
        shutil.copyfile(CREATE_CLUSTER_SHIPPED, CREATE_CLUSTER)
    else:
        CREATE_CLUSTER.unlink(missing_ok=True)


@contextmanager
def replaced(path: Path, text: str, mode: int) -> Iterator[None]:
    """Puts a file in the place of another for a while; what was there comes back, whatever happens."""
    aside = path.with_name(f".{path.name}.before-farol")
    if path.exists() and not aside.exists():
        os.rename(path, aside)
    try:
        path.write_text(text)
        path.chmod(mode)
        yield
    finally:
        path.unlink(missing_ok=True)
        if aside.exists():
            os.rename(aside, path)
