"""Which files hold what: the boards as Python, as JSON, and the lists that they are judged by."""

from __future__ import annotations

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

from . import boards
from .board import Board

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "grafana" / "dashboards"
INVENTORY = ROOT / "deploy" / "prometheus" / "metrics.json"
RULES = ROOT / "deploy" / "prometheus" / "rules"
EXTERNAL = ROOT / "grafana" / "external-metrics.json"
EXCEPTIONS = ROOT / "grafana" / "exceptions.json"


def known() -> list[Board]:
    """Every module of `boards`."""
    names = sorted(module.name for module in pkgutil.iter_modules(boards.__path__))
    return [importlib.import_module(f"{boards.__name__}.{name}").BOARD for name in names]


def file_name(board: Json) -> str:
    return board["uid"].removeprefix("farol-") + ".json"


def generated() -> dict[str, str]:
    """File name -> text of every board."""
    documents = [board.json() for board in known()]
    return {file_name(document): json.dumps(document, indent=2, ensure_ascii=False) + "\n" for document in documents}


def build() -> list[str]:
    """Writes the boards; returns the names of what changed. A board that has no module any more is removed."""
    wanted = generated()
    changed = [name for name, text in wanted.items() if text_of(DASHBOARDS / name) != text]
    for name in changed:
        (DASHBOARDS / name).write_text(wanted[name])
    gone = [path for path in DASHBOARDS.glob("*.json") if path.name not in wanted]
    for path in gone:
        path.unlink()
    return changed + [path.name for path in gone]


def text_of(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def committed(folder: Path = DASHBOARDS) -> dict[str, Json]:
    """File name -> board, as Grafana will read them."""
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def panels(board: Json) -> list[Json]:
    """The panels that show something; a row is only a heading."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]
