"""What the pages name in code and the tree must have: make targets and their variables, FAROL_ variables, paths, metrics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from .markdown import Page

# `make` where a command begins: at the start, after another command, or inside $( ).
SET = r"[A-Z_]+=(?:'[^']*'|\"[^\"]*\"|\S*)"
MAKE = re.compile(rf"(?:^|[;&|(`]|\$\(|\beval \")\s*(?:[A-Z_]+=\S+ )*(?:sudo )?make((?: +(?:-s|{SET}|[a-z][a-z-]*))+)", re.MULTILINE)
VARIABLE = re.compile(r"\bFAROL_[A-Z0-9_]+(?![A-Z0-9_…*])")
FAMILY = re.compile(r"\b(FAROL_[A-Z0-9_]*?)_?[…*]")
METRIC = re.compile(r"(?<![\w./=-])farol_[a-z0-9_]*[a-z0-9](?![\w*…/])")
# Words with slashes between them, or a name that ends as files of this repository do.
PATH = re.compile(r"\.?[\w{*][\w.{},*-]*(?:/[\w.{},*-]+)+/?|\.?[\w-]+\.(?:rs|py|md|toml|ya?ml|json|jsonnet|sh|sql|lua|tf|tfvars|mjs|xml|in|txt|example)")
# In a block only what begins in the root of the repository is surely one of its paths.
ROOTED = re.compile(r"(?<![\w/.$:@<-])(?:deploy|docs|crates|grafana|jaeger|otel-collector|fuzz|\.github|\.ci)/[\w./-]*\w(?![\w*{<$…])")
# Such words that are no paths of the repository, each with the reason.
ELSEWHERE = {
    r"\.farol(/.*)?|(ports|secrets)\.json": "in the home of a stack",
    r"(application|text)/[\w.+*-]+": "a media type",
    r"(svc|secret|deployment|job|application|logging|farol)/[\w/-]+": "an object of a cluster, an image, or a secret of the account",
    r"(span_metrics|otlp_grpc)/\w+": "a part of the collector",
    r"[\d.,]+/\w+": "a network or a rate",
    r"github\.com/.*|net/http": "a package of Go",
    r"keys\.json|alertmanager\.yaml": "what whoever runs Farol writes",
    r"owner/name|live/stacks/NN-name": "stands for a name",
    r"deploy-observability\.sh": "a seed's",
}


class Tree:
    """The repository as the pages see it."""

    def __init__(self, root: Path, files: Set[str]) -> None:
        self.root = root
        self.files = files

    @cached_property
    def makefile(self) -> str:
        return (self.root / "Makefile").read_text()

    @cached_property
    def targets(self) -> set[str]:
        return set(re.findall(r"^([a-z][a-z-]*):", self.makefile, re.MULTILINE))

    @cached_property
    def options(self) -> set[str]:
        """Variables that some target reads."""
        return set(re.findall(r"\$\((?:or \$\(|if \$\()?([A-Z_]+)", self.makefile))

    @cached_property
    def variables(self) -> set[str]:
        """FAROL_ variables in programs and settings. A page, a test or a runbook that names one does not make it."""
        return self.named(VARIABLE, lambda file: not file.endswith(".md") and "/tests/" not in file)

    @cached_property
    def metrics(self) -> set[str]:
        """Metrics of programs, rules and the Collector."""
        sources = ("crates/", "deploy/prometheus/", "otel-collector/")
        return self.named(re.compile(r"\bfarol_[a-z0-9_]+"), lambda file: file.startswith(sources) and "/tests/" not in file)

    @cached_property
    def tails(self) -> set[str]:
        """Every end of a path of a file or a folder: `store/ledger.rs` for the one below crates/worker/src."""
        found = set()
        for file in self.files:
            parts = file.split("/")
            for end in range(1, len(parts) + 1):
                found.update("/".join(parts[start:end]) for start in range(end))
        return found

    def named(self, pattern: re.Pattern[str], wanted) -> set[str]:
        found: set[str] = set()
        for file in self.files:
            path = self.root / file
            if wanted(file) and path.is_file():
                found.update(pattern.findall(path.read_text(errors="ignore")))
        return found


def unknown(page: Page, tree: Tree) -> list[str]:
    """One sentence for each name in code that the tree does not have."""
    found = []
    for line, text in [*page.spans, *((fence.line, fence.text) for fence in page.fences)]:
        found += [f"{line}: {wrong}" for wrong in (*targets(text, tree), *variables(text, tree), *metrics(text, tree))]
    for fence in page.fences:
        missing = (path for path in ROOTED.findall(fence.text) if not (tree.root / path).exists())
        found += [f"{fence.line}: there is no {path}" for path in missing]
    for line, text in page.spans:
        found += [f"{line}: {wrong}" for wrong in paths(text, page, tree)]
    return found


def targets(text: str, tree: Tree) -> Iterator[str]:
    for match in MAKE.finditer(text):
        words = re.findall(rf"{SET}|-s|[a-z][a-z-]*", match[1])
        for word in words:
            name = word.partition("=")[0]
            if "=" in word and not name.startswith(("FAROL_", "COMPOSE_")) and name not in tree.options:
                yield f"make reads no variable {name}"
            elif "=" not in word and word != "-s" and word not in tree.targets:
                yield f"make has no target {word}"


def variables(text: str, tree: Tree) -> Iterator[str]:
    for name in VARIABLE.findall(text):
        if not name.endswith("_") and name not in tree.variables:
            yield f"nothing reads {name}"
    for start in FAMILY.findall(text):
        if not any(name.startswith(start) for name in tree.variables):
            yield f"nothing reads a variable that begins with {start}"


def metrics(text: str, tree: Tree) -> Iterator[str]:
    for name in METRIC.findall(text):
        base = re.sub(r"_(?:bucket|count|sum)$", "", name)
        if not {name, base} & tree.metrics:
            yield f"no program has the metric {name}"


def paths(text: str, page: Page, tree: Tree) -> Iterator[str]:
    """Paths may be said from the root, from the page's folder, or by their end."""
    if not PATH.fullmatch(text) or any(re.fullmatch(pattern, text) for pattern in ELSEWHERE):
        return
    wanted = text.rstrip("/")
    beside = (page.path.parent / wanted).exists() or (tree.root / wanted).exists()
    if not beside and not all(known(alternative, tree.tails) for alternative in expanded(wanted)):
        yield f"there is no {text}"


def known(path: str, tails: Iterable[str]) -> bool:
    return any(fnmatchcase(tail, path) for tail in tails) if "*" in path else path in tails


def expanded(path: str) -> list[str]:
    """`a/{b,c}.py` as a/b.py and a/c.py."""
    choice = re.search(r"\{([^{}]*)\}", path)
    if not choice:
        return [path]
    return [whole for option in choice[1].split(",") for whole in expanded(path[: choice.start()] + option + path[choice.end() :])]
