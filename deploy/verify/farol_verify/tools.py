"""What renders and judges: kustomize, kubeconform and jsonnet as Go modules, kubernetes-validate from pip, schemas of CRDs."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from farol_native import go, prerequisites, python_tools
from farol_native.component import StackError
from farol_native.context import Context
from farol_native.fingerprint import fingerprint

from . import crds

PACKAGES = {
    "kustomize": "sigs.k8s.io/kustomize/kustomize/v5",
    "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform",
    "jsonnet": "github.com/google/go-jsonnet/cmd/jsonnet",
}


@dataclass(frozen=True)
class Tools:
    """Where each program is; `schemas` fetches on first use what `make kind-up` never needs."""

    kustomize: Path
    kubeconform: Path
    jsonnet: Path
    schemas: Callable[[], tuple[str, ...]]


def install(ctx: Context) -> Tools:
    """All of them, built once and kept in the user's cache; YAML and schemas can be imported afterwards."""
    prerequisites.satisfy(ctx, [], lambda ctx: [go.go_prerequisite(ctx), python_tools.prerequisite()])
    libraries(ctx)
    found = Tools(**{name: program(ctx, name) for name in PACKAGES}, schemas=lambda: schema_locations(ctx))
    go.clean(ctx)
    return found


def schema_locations(ctx: Context) -> tuple[str, ...]:
    """kubeconform's templates: one's own (a folder of copies, a public catalogue), else what the pinned CRDs say."""
    named = ctx.env.get("CRD_SCHEMA_LOCATION")
    return (named,) if named else crds.locations(ctx)


def libraries(ctx: Context) -> None:
    """Puts the Python packages on the path of this process."""
    folder = python_tools.installed(ctx, "manifest-tools", ctx.root / "deploy/verify/requirements.txt")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def program(ctx: Context, name: str) -> Path:
    """One Go program from its own small module, whose go.sum pins all that goes in."""
    module = ctx.root / "deploy/verify/tools" / name

    def build(place: Path) -> None:
        with ctx.step(f"building {name} (once)"):
            command = ["go", "build", "-ldflags", "-s -w", "-o", str(place / name), PACKAGES[name]]
            go.build(ctx, [command], cwd=module, log=f"build-{name}")

    return ctx.cached(name, version_of(module, PACKAGES[name]), build) / name


def version_of(module: Path, package: str) -> str:
    """The version in go.mod, and a digest of all that goes in."""
    text = (module / "go.mod").read_text()
    versions = {path: version for path, version in re.findall(r"^\s*(?:require )?(\S+) v(\S+)", text, re.MULTILINE)}
    found = [version for path, version in versions.items() if package == path or package.startswith(path + "/")]
    if not found:
        raise StackError(f"{module / 'go.mod'} names no version of {package}")
    return f"{found[0]}-{fingerprint((module / 'go.sum').read_text())}"
