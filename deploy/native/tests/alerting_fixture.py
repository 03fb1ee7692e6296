"""Alert rules and their tests as data, and the PromQL in them as far as names and labels go; for the tests of this folder."""

from __future__ import annotations

import functools
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from context_fixture import ROOT

from farol_native import alerting
from farol_native.context import Context
from farol_native.stack import open_stack

FOLDER = ROOT / "deploy" / "prometheus"
RULES = sorted((FOLDER / "rules").glob("*.yml"))
TESTS = sorted((FOLDER / "rule-tests").glob("*.yml"))
RUNBOOKS = ROOT / "docs" / "runbooks"
COMMANDS = ("curl ", "kafka-configs.sh ")
SET_OPERATORS = {"and", "or", "unless", "offset", "bool"}


def checkout(home: str) -> Context:
    """This checkout with the user's own cache, whatever stack the environment names."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("FAROL_")}
    return open_stack(ROOT, {**outside, "FAROL_HOME": home, "FAROL_ENV_FILE": os.devnull}).ctx


@functools.cache
def parsed(path: Path) -> Any:
    with tempfile.TemporaryDirectory(prefix="farol-unit-") as home:
        return alerting.load_yaml(checkout(home), path)


@dataclass(frozen=True)
class Rule:
    """A rule, and the file it is from."""

    path: Path
    body: dict[str, Any]

    @property
    def expression(self) -> str:
        return self.body["expr"]

    @property
    def labels(self) -> dict[str, str]:
        return self.body.get("labels", {})


def rules() -> list[Rule]:
    return [Rule(path, rule) for path in RULES for group in parsed(path)["groups"] for rule in group["rules"]]


def alerts() -> list[Rule]:
    return [rule for rule in rules() if "alert" in rule.body]


def recorded() -> dict[str, set[str]]:
    """Name of each recorded series -> the labels that its rules give it."""
    found: dict[str, set[str]] = {}
    for rule in rules():
        if "record" in rule.body:
            found.setdefault(rule.body["record"], set()).update(rule.labels)
    return found


def selectors(promql: str) -> Iterator[tuple[str, set[str]]]:
    """(metric, labels in its braces) of each selector; functions, labels and words of the language are none."""
    text = re.sub(r'"[^"]*"', '""', promql)
    text = re.sub(r"\[[^\]]*\]", " ", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", text)
    for name, braces in re.findall(r"(?<![\w.{,])([a-zA-Z_:][\w:]*)\b(?!\s*\()\s*(\{[^}]*\})?", re.sub(r"(?<=[{,]) +", "", text)):
        if name not in SET_OPERATORS:
            yield name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", braces))


def grouped(promql: str) -> set[str]:
    """The labels that an expression sums by or joins on."""
    lists = re.findall(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)", promql)
    return {label.strip() for text in lists for label in text.split(",") if label.strip()}


def pages() -> list[Path]:
    """The runbooks, without their table of contents."""
    return sorted(path for path in RUNBOOKS.glob("*.md") if path.stem != "README")


def queries(page: Path) -> list[str]:
    """The indented lines of a runbook that are no commands, with an example for what the reader fills in."""
    lines = re.findall(r"^    (\S.*)$", page.read_text(), flags=re.MULTILINE)
    return [line.replace("<job>", "gateway") for line in lines if not line.startswith(COMMANDS)]
