"""Finds everything that is missing before anything is begun, installs what apt has, and names all of the rest at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import debian
from .component import Component, Prerequisite, StackError
from .context import Context

Also = Callable[[Context], list[Prerequisite]]
"""What is needed beside the components; asked again after an installation."""


@dataclass(frozen=True)
class Lack:
    """Something missing, and what needs it."""

    owner: str
    optional: bool
    need: Prerequisite


def missing(ctx: Context, components: Sequence[Component], also: Also) -> list[Lack]:
    """What the machine does not have."""
    wanted = [Lack(part.title, part.optional, need) for part in components for need in part.prerequisites(ctx)]
    wanted += [Lack("the stack itself", False, need) for need in also(ctx)]
    return [lack for lack in wanted if not lack.need.found]


def satisfy(ctx: Context, components: Sequence[Component], also: Also = lambda ctx: []) -> list[Component]:
    """Installs what is missing where that is allowed; returns the components that can go on, or says all that must be done."""
    lacking = missing(ctx, components, also)
    packages = sorted({package for lack in lacking for package in lack.need.packages})
    if packages and may_install():
        refuse_unobtainable(lacking)
        debian.install(ctx, packages)
        lacking = missing(ctx, components, also)
        refuse([lack for lack in lacking if not lack.optional], lacking)
    refuse_unobtainable(lacking)
    for lack in lacking:
        ctx.say(f"{lack.owner} is left out: {lack.need.what} is missing; {remedy([lack.need])}")
    left_out = {lack.owner for lack in lacking}
    return [part for part in components if part.title not in left_out]


def refuse_unobtainable(lacking: Sequence[Lack]) -> None:
    """Raises with the whole list if something is missing that the stack cannot do without and this run may not fetch."""
    refuse([lack for lack in lacking if not lack.optional and not obtainable(lack.need)], lacking)


def refuse(blocking: Sequence[Lack], lacking: Sequence[Lack]) -> None:
    """Raises StackError about everything that is lacking, if any of it is blocking."""
    if not blocking:
        return
    owners: dict[str, list[str]] = {}
    for lack in lacking:
        owners.setdefault(lack.need.what, []).append(lack.owner + (", optional" if lack.optional else ""))
    lines = [f"  {what}  (for {'; '.join(dict.fromkeys(names))})" for what, names in owners.items()]
    raise StackError("\n".join(["missing on this machine:", *lines, remedy([lack.need for lack in lacking])]))


def obtainable(need: Prerequisite) -> bool:
    """Whether this run may fetch it itself."""
    return bool(need.packages) and may_install()


def may_install() -> bool:
    """Root on a machine with apt."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def remedy(needs: Sequence[Prerequisite]) -> str:
    """The one command that installs what Debian packages bring, and a sentence for each of the others."""
    packages = sorted({package for need in needs for package in need.packages})
    lines = [f"{need.what}: {need.instead}" for need in needs if not need.packages and need.instead]
    if packages:
        command = f"sudo make packages P='{' '.join(packages)}'"
        lines.insert(0, f"install with: {command}  (apt-get install, without starting their services)")
    return "\n".join(dict.fromkeys(lines))
