"""Python packages in the cache: what a requirements file pins, installed by pip into one plain folder."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from .component import Prerequisite
from .context import Context
from .fingerprint import fingerprint


def prerequisite() -> Prerequisite:
    """pip; farolctl fetches the demo's events with it too."""
    found = importlib.util.find_spec("pip") is not None
    return Prerequisite("pip for this Python", found, ("python3-pip",))


def installed(ctx: Context, name: str, requirements: Path) -> Path:
    """The folder for PYTHONPATH, with programs in its bin/; a change of the file or of Python installs anew."""
    python = f"py{sys.version_info.major}.{sys.version_info.minor}"
    version = f"{python}-{fingerprint(requirements.read_text(), sys.executable)}"

    def fetch(place: Path) -> None:
        # A plain folder: a virtual environment would carry the path it was built under.
        with ctx.step(f"{name}: fetching it with pip"):
            options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--no-compile", "--disable-pip-version-check"]
            target = ["--target", str(place), "-r", str(requirements)]
            ctx.run([sys.executable, "-m", "pip", "install", *options, *target], log=f"{name}-install")

    return ctx.cached(name, version, fetch)
