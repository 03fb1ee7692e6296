"""The registry: every module of this folder that exports COMPONENT is a part of the stack."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from ..component import Component, StackError


def load(only: Iterable[str] | None = None) -> list[Component]:
    """All components, or those named with what they cannot do without; each comes after those it starts after."""
    available = [module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__)]
    wanted = list(only if only is not None else available)
    loaded: dict[str, Component] = {}
    while wanted:
        name = wanted.pop()
        if name not in available:
            raise StackError(f"there is no component {name}; there are: {', '.join(available)}")
        # A module carries its component's name, with the hyphens that Python does not allow.
        module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
        if name not in loaded and hasattr(module, "COMPONENT"):
            loaded[name] = module.COMPONENT
            wanted += [other for other in module.COMPONENT.after if not is_optional(other)]
    return ordered(list(loaded.values()))


def is_optional(name: str) -> bool:
    """Whether a stack can do without a component."""
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}").COMPONENT.optional


def ordered(components: list[Component]) -> list[Component]:
    """Dependencies first, names breaking the tie."""
    by_name = {component.name: component for component in components}
    done: dict[str, Component] = {}

    def place(component: Component, path: tuple[str, ...]) -> None:
        if component.name in path:
            raise StackError(f"components wait for each other: {' -> '.join([*path, component.name])}")
        for name in sorted(component.after):
            if name in by_name:
                place(by_name[name], (*path, component.name))
        done.setdefault(component.name, component)

    for name in sorted(by_name):
        place(by_name[name], ())
    return list(done.values())
