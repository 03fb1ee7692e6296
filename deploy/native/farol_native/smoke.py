"""`make smoke`: brings a whole stack up from nothing on free ports, asks it everything that was promised, and takes it down."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from . import commands, rust
from .component import StackError
from .console import Console
from .smoke_checks import CHECKS, Check
from .smoke_session import CheckFailed, Session

SHOWN_ON_FAILURE = ("gateway", "worker", "migrate", "otel-collector", "kafka", "supervisord")


def run(root: Path) -> int:
    """Runs every check in order; the exit code is 1 if one failed."""
    home = Path(tempfile.mkdtemp(prefix=f"farol-smoke-{os.getpid()}-"))
    home.chmod(0o755)
    console = Console()
    session = Session(root, home, environment(os.environ, home), console)
    passed: list[str] = []
    failed: list[str] = []
    try:
        for check in CHECKS:
            (passed if attempt(session, check) else failed).append(check.name)
        if failed:
            show_logs(home, console)
    finally:
        session.farol("clean")
        shutil.rmtree(home, ignore_errors=True)
    console.show(f"\n{len(passed)} passed, {len(failed)} failed" + "".join(f"\n  failed: {name}" for name in failed))
    return 1 if failed else 0


def environment(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """The shell's environment without any setting of Farol's, and without this checkout's .env."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("FAROL_", "OTEL_"))}
    for name in ("FAROL_PROFILE", rust.NOT_BUILT_HERE):
        if name in environ:
            kept[name] = environ[name]
    own = {"FAROL_HOME": str(home), "FAROL_PORTS": "free", "FAROL_STACK": "native", "FAROL_ENV_FILE": os.devnull}
    return {**kept, **own}


def attempt(session: Session, check: Check) -> bool:
    """Runs one check and says its verdict; a check that cannot be run has failed."""
    began = time.monotonic()
    try:
        if check.needs_stack and not (session.home / "env").is_file():
            raise CheckFailed("not run, because no stack is up")
        detail = check.run(session)
    except (CheckFailed, StackError, OSError, LookupError, ValueError, subprocess.SubprocessError) as error:
        session.console.say(f"FAILED  {check.name}: {type(error).__name__}: {error}")
        return False
    session.console.say(f"passed  {check.name} ({time.monotonic() - began:.1f} s): {detail}")
    return True


def show_logs(home: Path, console: Console) -> None:
    """The end of the logs that usually know why."""
    for name in SHOWN_ON_FAILURE:
        console.show(f"\n--- the end of {name}.log\n{commands.tail(home / 'logs' / f'{name}.log')}")
