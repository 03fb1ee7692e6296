"""Puts a stack together from a checkout and an environment: settings, home, ports, cache and the components asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import components, settings
from .cache import Cache, cache_path
from .component import Component
from .console import Console
from .context import MEASURED, Context
from .home import Home
from .ports import Ports


@dataclass(frozen=True)
class Stack:
    """One stack and its parts."""

    ctx: Context
    home: Home
    ports: Ports
    components: list[Component]


def open_stack(
    root: Path,
    environ: Mapping[str, str],
    *,
    only: Iterable[str] | None = None,
    throwaway_home: Path | None = None,
    console: Console | None = None,
) -> Stack:
    """The stack of a checkout, or throw-away servers with a home of their own and free ports."""
    chosen = components.load(only)
    # of all, not only of the chosen: a component may name the port of one that does not run
    defaults = {variable: port for component in components.load() for variable, port in component.ports.items()}
    if throwaway_home is not None:
        # The settings of a stack are not those of its tests; whether they are measured is.
        env = {name: value for name, value in environ.items() if not name.startswith("FAROL_") or name == MEASURED}
        home = Home(throwaway_home)
        ports = Ports(defaults, {"FAROL_PORTS": "free"}, throwaway_home / "ports.json")
    else:
        env = settings.load(Path(environ.get("FAROL_ENV_FILE") or root / ".env"), environ, defaults)
        home = Home(home_path(root, env))
        ports = Ports(defaults, env, home.path / "ports.json")
    ctx = Context(root, home, Cache(cache_path(env)), ports, env, console or Console(), throwaway_home is not None)
    return Stack(ctx, home, ports, chosen)


def home_path(root: Path, env: Mapping[str, str]) -> Path:
    """FAROL_HOME, else `.farol` in the checkout; always absolute."""
    given = env.get("FAROL_HOME")
    return (Path(given).expanduser() if given else root / ".farol").absolute()
