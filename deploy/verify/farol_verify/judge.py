"""All checks over all sources, as one list of findings; each says which source and which object it is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from . import check_design, check_logging, check_mesh, check_network, check_pods, check_program, check_repository, crds, schemas
from .render import Source
from .tools import Tools


def findings(sources: list[Source], root: Path) -> list[str]:
    """Everything but the shape of single objects, which schemas.py judges."""
    found = [f"{source.name}: {text}" for source in sources for text in of_source(source, root)]
    return list(dict.fromkeys([*found, *of_all(sources, root)]))


def of_source(source: Source, root: Path) -> Iterator[str]:
    for check in check_design.ALL_SOURCES:
        yield from check(source)
    if source.is_farol:
        for check in (*check_pods.CHECKS, *check_pods.FAROL_CHECKS, *check_network.CHECKS, *check_design.CHECKS):
            yield from check(source)
        for check in check_program.CHECKS:
            yield from check(source, root)
    elif source.name.startswith("logging "):
        for check in check_logging.CHECKS:
            yield from check(source)
    elif source.name in ("mesh kind", "mesh prod"):
        for check in check_mesh.CHECKS:
            yield from check(source)
    elif source.name == "component tempo":
        yield from check_logging.tempo(source)
    elif source.name == "component adminer":
        for check in (check_pods.resources, check_pods.hardening):
            yield from check(source)


def of_all(sources: list[Source], root: Path) -> Iterator[str]:
    yield from check_program.variables_are_set(sources, root)
    yield from check_repository.comments(root)
    yield from check_repository.one_source(root)
    yield from check_repository.rules_are_whole(next(source for source in sources if source.name == "rules"), root)
    yield from check_repository.jobs(sources, root)
    yield from check_repository.tracked(root)
    yield from check_repository.compose_images(sources, root)
    yield from check_repository.applications(sources, root)
    yield from check_repository.projects(sources)
    yield from check_logging.identity(sources, root)
    yield from check_repository.notifications(sources)
    yield from check_design.platform_figures(root)
    yield from crds.installed(root)


def everything(tools: Tools, sources: list[Source], root: Path) -> list[str]:
    return schemas.judged(tools, sources) + findings(sources, root)
