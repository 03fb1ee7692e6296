"""Reads `.env` and lays the process environment over it; reports every mistake in the file at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from .component import StackError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def load(path: Path, environ: Mapping[str, str], ports: Iterable[str]) -> dict[str, str]:
    """`.env` (where it is there) with the environment over it; an unknown FAROL_*_PORT is a mistake."""
    values = parse(path.read_text(), str(path)) if path.is_file() else {}
    known = set(ports)
    settings = {**values, **environ}
    unknown = sorted(name for name in settings if re.fullmatch(r"FAROL_\w+_PORT", name) and name not in known)
    if unknown:
        raise StackError(f"unknown setting {', '.join(unknown)}; the ports that can be set are in .env.example")
    return settings


def parse(text: str, name: str) -> dict[str, str]:
    """KEY=VALUE lines as a shell would read them: comments, `export`, single and double quotes; no expansion."""
    values: dict[str, str] = {}
    mistakes: list[str] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip().removeprefix("export ").strip()
        if not line or line.startswith("#"):
            continue
        key, equals, rest = line.partition("=")
        value = unquote(rest.strip())
        if not equals or not NAME.match(key):
            mistakes.append(f"{name}:{number}: expected NAME=value, found {raw.strip()!r}")
        elif value is None:
            mistakes.append(f"{name}:{number}: the quote that {key} opens is not closed, or text follows it")
        else:
            values[key] = value
    if mistakes:
        raise StackError("\n".join(mistakes))
    return values


def unquote(text: str) -> str | None:
    """The value without its quotes or its trailing comment; None if the quotes are wrong."""
    if text[:1] in ("'", '"'):
        quoted = re.fullmatch(r"""(?P<q>['"])(?P<value>.*?)(?P=q)\s*(#.*)?""", text)
        return quoted["value"] if quoted else None
    return re.split(r"\s#", text, maxsplit=1)[0].strip() if not text.startswith("#") else ""
