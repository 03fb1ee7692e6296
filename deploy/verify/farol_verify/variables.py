"""Which environment variables gateway and worker read, from their sources and those of every crate they stand on."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("gateway", "worker")
LITERAL = re.compile(r'(?<!env!\()"(FAROL_[A-Z0-9_]+)"')
CONSTANT = re.compile(r'const ([A-Z_]+): &str = "(FAROL_[A-Z0-9_]+)"')
SECRET = re.compile(r'\.(?:optional_)?secret\(\s*(?:"(FAROL_[A-Z0-9_]+)"|(?:\w+::)*([A-Z_]+))')
DURATION = re.compile(r'\.duration\("(FAROL_[A-Z0-9_]+)", "([^"]+)"\)')
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "days": 86400}


@dataclass(frozen=True)
class Variables:
    """What one program reads."""

    names: frozenset[str]
    secrets: frozenset[str]
    otel: tuple[str, ...]

    def reads(self, name: str) -> bool:
        """Also `<NAME>_FILE` of a secret, and what OpenTelemetry's SDK looks at by itself."""
        if name.startswith("OTEL_"):
            return any(re.fullmatch(pattern.replace("*", ".*"), name) for pattern in self.otel)
        return name in self.names or name.removesuffix("_FILE") in self.secrets


def of_program(root: Path, program: str) -> Variables:
    return of_sources(root, sources(root, program))


def of_migration(root: Path) -> Variables:
    """`farol-worker migrate` reads what leads to the database, and nothing of Kafka."""
    main = (root / "crates/worker/src/main.rs").read_text()
    function = re.search(r"async fn run_migrations.*?\n}\n", main, re.DOTALL)
    if function is None:
        raise ValueError("crates/worker/src/main.rs has no `run_migrations` any more; tell variables.py where it went")
    postgres = rust_files(root / "crates/postgres/src")
    found = of_texts(root, [function[0], *(code(path) for path in postgres)])
    return found


def sources(root: Path, program: str) -> list[Path]:
    """The program's own sources and those of the workspace's crates that it depends on, directly or not."""
    seen: list[str] = []
    waiting = [program]
    while waiting:
        crate = waiting.pop()
        if crate not in seen and (root / "crates" / crate).is_dir():
            seen.append(crate)
            waiting += tomllib.loads((root / "crates" / crate / "Cargo.toml").read_text()).get("dependencies", {})
    return [path for crate in seen for path in rust_files(root / "crates" / crate / "src")]


def rust_files(folder: Path) -> list[Path]:
    """What ships: no file of tests."""
    return sorted(path for path in folder.rglob("*.rs") if "tests" not in path.with_suffix("").parts)


def of_sources(root: Path, paths: list[Path]) -> Variables:
    return of_texts(root, [code(path) for path in paths])


def of_texts(root: Path, texts: list[str]) -> Variables:
    literals = {name for text in texts for name in LITERAL.findall(text)}
    secrets = {name for text in texts for name in secrets_of(text, texts)}
    documented = (root / "crates/telemetry/src/lib.rs").read_text()
    otel = tuple(sorted(set(re.findall(r"`(OTEL_[A-Z_]+\*?)(?:=\w+)?`", documented))))
    return Variables(frozenset(literals | secrets), frozenset(secrets), otel)


def secrets_of(text: str, texts: list[str]) -> set[str]:
    """Names that are read as secrets: written out, or by a constant of the same file, else of another one."""
    found = set()
    for literal, constant in SECRET.findall(text):
        own = [value for name, value in CONSTANT.findall(text) if name == constant]
        foreign = [value for other in texts for name, value in CONSTANT.findall(other) if name == constant]
        found |= {literal} if literal else set(own or foreign)
    return found


def code(path: Path) -> str:
    """The file up to its tests, without comments: what is only spoken of is not read."""
    text = path.read_text().split("#[cfg(test)]")[0]
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))


def default_duration(root: Path, program: str, name: str) -> float:
    """The seconds that a program takes where nobody sets the variable."""
    for path in sources(root, program):
        for variable, text in DURATION.findall(code(path)):
            if variable == name:
                return seconds(text)
    raise ValueError(f"{program} reads no duration {name}")


def seconds(text: str) -> float:
    """`15s` -> 15.0"""
    match = re.fullmatch(r"(\d+)\s*(ms|s|m|h|days)", text)
    if match is None:
        raise ValueError(f"{text!r} is no duration")
    return int(match[1]) * UNITS[match[2]]


def routes(root: Path, program: str) -> set[str]:
    """Paths of the program's management listener."""
    file = {"gateway": "routes.rs", "worker": "management.rs"}[program]
    text = code(root / "crates" / program / "src" / file)
    return set(re.findall(r'(?:read|route)\("(/[a-z]*)"', text))
