"""What one part of the stack is: the questions the orchestrator asks every component, and nothing about how they are run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .context import Context


class StackError(Exception):
    """A failure the user can act on: its text says what happened and what to do, and is printed without a traceback."""


@dataclass(frozen=True)
class Prerequisite:
    """Something the machine must have before a component can be installed."""

    what: str
    found: bool
    packages: tuple[str, ...] = ()
    """Debian packages that bring it; installed by apt-get when `up` runs as root, named otherwise."""
    instead: str = ""
    """What to do where no Debian package brings it (a version apt does not have, a tool from elsewhere)."""


@dataclass(frozen=True)
class Program:
    """One long-running process. Its output goes to the log of its component; it must stay in the foreground."""

    command: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    """The whole environment beside PATH, HOME, LANG and TZ: nothing is inherited from the shell that typed `make up`."""
    user: str | None = None
    """Account to run under when the stack is root's; None: the service account if it can reach the command and `reads`."""
    reads: Sequence[Path] = ()
    """Files and folders beside the command that the process must be able to read (jars, static pages)."""
    watch: Sequence[Path] = ()
    """Files whose change restarts the process at the next `up`; the command's own file and the rendered configs always count."""
    cwd: Path | None = None
    stop_signal: str = "TERM"
    stop_seconds: int = 10


class Component(ABC):
    """One module of `components/` exports `COMPONENT`, an instance of a subclass.

    The order of one `up`: `prerequisites` of all (everything missing is named at once), `install` of all side by side,
    `prepare` of all, then for each as soon as everything in `after` is ready: `before_start`, the program, `ready`
    polled until None, `after_ready`. Every one of them runs again at a second `up` and must be quick and idempotent.
    """

    name: str
    """Short name: the log, the folders data/<name> and run/<name>, and the process carry it."""
    title: str
    """What is printed: name and purpose in a few words."""
    optional: bool = False
    """True: if it cannot be had it costs one clear line (raise StackError with it), not the stack."""
    ports: Mapping[str, int] = {}
    """Variable -> default port; asked for with `ctx.port(variable)`."""
    after: Sequence[str] = ()
    """Components that must be ready before this one starts; those not part of this start are ignored."""
    ready_seconds: int = 60

    def prerequisites(self, ctx: Context) -> list[Prerequisite]:
        """What the machine must have; cheap, asks and installs nothing."""
        return []

    def install(self, ctx: Context) -> None:
        """Makes the program available: PATH first, else `ctx.cached(...)`. Raises StackError if that is impossible."""

    def prepare(self, ctx: Context) -> None:
        """Renders configs (`ctx.render`) and makes data folders (`ctx.data`); no other component is up yet."""

    def before_start(self, ctx: Context) -> None:
        """Work that needs the components of `after`, just before the program starts (a schema migration)."""

    @abstractmethod
    def program(self, ctx: Context) -> Program:
        """The process to supervise; called after `prepare`."""

    @abstractmethod
    def ready(self, ctx: Context) -> str | None:
        """None when it serves, else the reason why not yet. One quick try; the orchestrator repeats it."""

    def after_ready(self, ctx: Context) -> None:
        """Work on the running component that others wait for (create a topic, a role)."""

    def urls(self, ctx: Context) -> dict[str, str]:
        """Title -> address for a human; printed at the end of `up` and by `urls`."""
        return {}

    def exports(self, ctx: Context) -> dict[str, str]:
        """Variable -> value that this component adds to the stack's `env` file."""
        return {}


def command_prerequisite(ctx: Context, command: str, *packages: str, instead: str = "") -> Prerequisite:
    """A command that must be on PATH (or in the system folders a normal user's PATH leaves out)."""
    return Prerequisite(command, ctx.which(command) is not None, tuple(packages), instead)
