"""Fetches CRDs as parts of Go modules (deploy/verify/crds.yaml); keeps them, strict JSON Schemas made from them, and manifests that are named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from farol_native import go
from farol_native.component import StackError
from farol_native.context import Context
from farol_native.fingerprint import fingerprint

from . import json_schema

PINS = "deploy/verify/crds.yaml"
# Kinds whose CRDs no Go module brings: schemas of what Farol sets, written by hand.
OWN = "deploy/verify/schemas"
TEMPLATE = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
# Beside the schemas: the CRDs as they are, and installations that a module brings.
WHOLE, MANIFESTS = "crds", "manifests"


def locations(ctx: Context) -> tuple[str, ...]:
    """kubeconform's templates."""
    return f"{kept(ctx)}/{TEMPLATE}", f"{ctx.root / OWN}/{TEMPLATE}"


def kept(ctx: Context) -> Path:
    """The folder with everything; fetched once for each content of the list and of the code that reads it."""
    code = [Path(name).read_text() for name in (__file__, json_schema.__file__)]
    version = fingerprint((ctx.root / PINS).read_text(), *code)
    return ctx.cached("crd-schemas", version, lambda place: make(ctx, place))


def whole(ctx: Context) -> list[dict[str, Any]]:
    """The CRDs as a cluster takes them."""
    return [json.loads(path.read_text()) for path in sorted((kept(ctx) / WHOLE).iterdir())]


def manifests(ctx: Context, module: str) -> Path:
    """The installation that a module brings, as one file."""
    return installation(kept(ctx), module)


def installation(place: Path, module: str) -> Path:
    return place / MANIFESTS / f"{module.replace('/', '-')}.yaml"


def make(ctx: Context, place: Path) -> None:
    """Fetches into a folder that is removed again: one module alone is 230 MB of other things."""
    listed = pins(ctx.root)
    fetched = place / "fetched"
    with ctx.step("fetching the CRDs of custom resources (once)"):
        modules = download(ctx, fetched, listed)
        for pin in listed:
            module = modules / f"{pin['module']}@{pin['version']}"
            for crd in crds_in(module, pin["crds"]):
                write(crd, place)
            if "manifests" in pin:
                (place / MANIFESTS).mkdir(exist_ok=True)
                shutil.copyfile(module / pin["manifests"], installation(place, pin["module"]))
    shutil.rmtree(fetched)


def pins(root: Path) -> list[dict[str, Any]]:
    import yaml

    return yaml.safe_load((root / PINS).read_text())


def download(ctx: Context, fetched: Path, listed: list[dict[str, Any]]) -> Path:
    """The modules' folder. Go asks the checksum database; the sums in the list hold where that is switched off, too."""
    fetched.mkdir()
    # Some of the modules ask for a newer Go than the one here, which `go` then fetches as it would for a build.
    env = go.own_caches(fetched) | {"GOTOOLCHAIN": "auto", "GOWORK": "off"}
    names = [f"{pin['module']}@{pin['version']}" for pin in listed]
    program = go.toolchain(ctx, go.scratch_folder(ctx))
    ctx.run([program, "mod", "download", *names], log="crds", cwd=fetched, env=env)
    modules = Path(env["GOMODCACHE"])
    for pin in listed:
        found = (modules / "cache/download" / pin["module"] / "@v" / f"{pin['version']}.ziphash").read_text().strip()
        if found != pin["sum"]:
            raise StackError(f"{pin['module']} {pin['version']} has the sum {found}, {PINS} has {pin['sum']}")
    return modules


def crds_in(module: Path, pattern: str) -> Iterator[dict[str, Any]]:
    documents = [document for path in sorted(module.glob(pattern)) for document in loaded(path.read_text())]
    found = [document for document in documents if document.get("kind") == "CustomResourceDefinition"]
    if not found:
        raise StackError(f"{module.name} has no CRD in {pattern}; the list is {PINS}")
    yield from found


def loaded(text: str) -> list[dict[str, Any]]:
    """As `render.loaded`, but a bare `=` is a text, as Go reads it; CRDs have it among the values of an enum."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        pass

    Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)
    return [document for document in yaml.load_all(text, Loader) if document]


def write(crd: dict[str, Any], place: Path) -> None:
    """It as it is, and one schema for each version that is served; another one does not exist in a cluster."""
    spec = crd["spec"]
    (place / WHOLE).mkdir(exist_ok=True)
    (place / WHOLE / f"{spec['group']}_{spec['names']['kind'].lower()}.json").write_text(json.dumps(crd))
    folder = place / spec["group"]
    folder.mkdir(exist_ok=True)
    for version in spec["versions"]:
        if version["served"]:
            path = folder / f"{spec['names']['kind'].lower()}_{version['name']}.json"
            path.write_text(json.dumps(json_schema.of_resource(version["schema"]["openAPIV3Schema"])))


def installed(root: Path) -> Iterator[str]:
    """The list goes with what the tree installs."""
    for pin in pins(root):
        file, text = pin["installed"]["file"], pin["installed"]["text"]
        if text not in (root / file).read_text():
            yield f"{file} no longer has `{text}`: {PINS} must name the CRDs of what is installed now ({pin['module']} {pin['version']})"
