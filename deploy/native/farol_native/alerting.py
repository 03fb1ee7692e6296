"""Where alerts, their pages and their judges are: what the generator of the SLO rules and the tests of all rules share."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from . import python_tools
from .context import Context

RUNBOOKS = "https://github.com/farol/farol/blob/main/docs/runbooks/"
"""The one base address of the pages; a test holds every rule to it."""


def runbook_url(alert: str) -> str:
    """The page of an alert, as docs/runbooks has it."""
    return f"{RUNBOOKS}{alert}.md"


def rules_folder(ctx: Context) -> Path:
    return ctx.root / "deploy/prometheus/rules"


def load_yaml(ctx: Context, path: Path) -> Any:
    """A file by PyYAML, which is not part of Python: the tools of `make check` bring it."""
    tools = python_tools.installed(ctx, "check-tools", ctx.root / "deploy/native/check-requirements.txt")
    sys.path.insert(0, str(tools))
    try:
        return importlib.import_module("yaml").safe_load(path.read_text())
    finally:
        sys.path.remove(str(tools))
