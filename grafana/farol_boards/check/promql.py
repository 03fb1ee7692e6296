"""Queries as text: Grafana's variables replaced, the selectors found, and Prometheus' own parser asked."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
WORDS = {"and", "or", "unless", "offset", "bool", "by", "without", "on", "ignoring", "group_left", "group_right"}
SELECTOR = re.compile(r"(?<![\w.$:])(?P<name>[a-zA-Z_:][\w:]*)\b\s*(?P<matchers>\{[^}]*\})?(?!\s*\()")
MATCHER = re.compile(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"')


@dataclass(frozen=True)
class Selector:
    """A metric and its matchers: label -> (operator, value). `before` is the text in front of it."""

    name: str
    matchers: dict[str, tuple[str, str]]
    before: str

    def jobs(self) -> list[str]:
        """The jobs it names; none if it names none."""
        operator, value = self.matchers.get("job", ("", ""))
        return value.split("|") if operator == "=~" else [value] if operator == "=" else []


def selectors(expr: str) -> Iterator[Selector]:
    """Every metric that an expression asks for, in reading order."""
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", lambda match: " " * len(match[0]), expr)
    # Ranges may hold variables and units, which look like names.
    text = re.sub(r"\[[^\]]*\]", lambda match: "[" + " " * (len(match[0]) - 2) + "]", text)
    for match in SELECTOR.finditer(text):
        if match["name"] not in WORDS:
            found = {label: (operator, value) for label, operator, value in MATCHER.findall(match["matchers"] or "")}
            yield Selector(match["name"], found, text[: match.start()].rstrip())


def filled(text: str, board: Json, *, interval: str = "20s", span: str = "15m") -> str:
    """A query as Grafana would send it with everything chosen."""
    text = text.replace("$__rate_interval", interval).replace("$__interval", interval).replace("$__range", span)
    for variable in board["templating"]["list"]:
        name = re.escape(variable["name"])
        text = re.sub(rf"\$\{{{name}\}}|\${name}\b", lambda _, chosen=variable: chosen.get("allValue") or "", text)
    return text


def refused(expressions: Iterable[str]) -> dict[str, str]:
    """Expression -> what Prometheus has against it, for those that it cannot read."""
    given = list(expressions)
    if not judged(given):
        return {}
    # promtool says where in the file, not which expression: asked one by one it is known.
    return {expr: " ".join(wrong.split()) for expr in given if (wrong := judged([expr]))}


def judged(given: list[str]) -> str:
    """What promtool has against a file with these expressions as rules; nothing if it has nothing."""
    promtool = shutil.which("promtool")
    if promtool is None:
        return "promtool is not on PATH; Debian has it in the package prometheus"
    rules = [{"record": f"board:expression:{number}", "expr": expr} for number, expr in enumerate(given)]
    with tempfile.TemporaryDirectory(prefix="farol-boards-") as folder:
        path = Path(folder) / "rules.yml"
        path.write_text(json.dumps({"groups": [{"name": "boards", "rules": rules}]}))
        result = subprocess.run([promtool, "check", "rules", str(path)], capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else (result.stdout + result.stderr).split("FAILED:")[-1].strip()
