"""Starts components side by side, each as soon as what it waits for is ready; knows no supervisor and no subprocess."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from .component import Component, StackError
from .context import Context

POLL_SECONDS = 0.1


class Starter(Protocol):
    """Whatever runs programs."""

    def start(self, component: Component) -> bool:
        """Makes the component's program run; False if exactly this program was running already."""

    def failure(self, component: Component) -> str | None:
        """Why the program does not run any more, or None while it does."""


def side_by_side(components: Sequence[Component], work: Callable[[Component], None], threads: int) -> dict[str, Exception]:
    """Does the same work for every component, several at a time, and returns those for which it failed."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = {component.name: pool.submit(work, component) for component in components}
    return failures(futures)


def start_all(ctx: Context, components: Sequence[Component], starter: Starter) -> dict[str, Exception]:
    """Starts every component and returns those that failed with the reason, in the order of `components`."""
    if not components:
        return {}
    futures: dict[str, Future[None]] = {}
    # One thread each and submitted in dependency order: a component only ever waits for a thread that already runs.
    with ThreadPoolExecutor(max_workers=len(components)) as pool:
        for component in components:
            waits_for = {name: futures[name] for name in component.after if name in futures}
            futures[component.name] = pool.submit(start_one, ctx, component, starter, waits_for)
    return failures(futures)


def failures(futures: dict[str, Future[None]]) -> dict[str, Exception]:
    """Name -> reason; a mistake of our own (anything but StackError) is raised where it happened."""
    failed: dict[str, Exception] = {}
    for name, future in futures.items():
        error = future.exception()
        if isinstance(error, (StackError, OSError)):
            failed[name] = error
        elif error is not None:
            raise error
    return failed


def start_one(ctx: Context, component: Component, starter: Starter, waits_for: dict[str, Future[None]]) -> None:
    """Waits, starts, and returns when the component is ready and its own work on it is done."""
    for name, future in waits_for.items():
        if future.exception() is not None:
            raise StackError(f"not started, because {name} is not ready")
    began = time.monotonic()
    component.before_start(ctx)
    started = starter.start(component)
    wait_ready(ctx, component, starter)
    component.after_ready(ctx)
    if started:
        ctx.say(f"{component.name}: ready after {time.monotonic() - began:.1f} s")


def wait_ready(ctx: Context, component: Component, starter: Starter) -> None:
    """Polls `ready` until it is, the program ends, or the time is up."""
    deadline = time.monotonic() + component.ready_seconds
    while (reason := component.ready(ctx)) is not None:
        ended = starter.failure(component)
        if ended is not None:
            raise StackError(ended)
        if time.monotonic() > deadline:
            raise StackError(f"not ready within {component.ready_seconds} s: {reason}")
        time.sleep(POLL_SECONDS)


def refuse(failed: dict[str, Exception]) -> None:
    """Raises StackError with every failure, if there is one."""
    if failed:
        raise StackError("\n".join(f"{name}: {error}" for name, error in failed.items()))
