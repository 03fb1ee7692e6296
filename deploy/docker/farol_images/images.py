"""Builds each image and judges what is in it: account, labels, health check, bill of materials, what must not be there."""

from __future__ import annotations

import json
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from farol_native.component import StackError

from .engine import HERE, Engine

ACCOUNT = "10001:10001"
PROGRAMS = {"gateway": "farol-gateway", "worker": "farol-worker", "farolctl": "farolctl"}
SERVICES = ("gateway", "worker")
# Their base has no shell, and nothing puts one in.
BARE = ("gateway", "worker", "otel-collector", "otel-collector-kubernetes")
TARGETS = (*PROGRAMS, "otel-collector", "otel-collector-kubernetes")
# Its base is Apache's image, for which there is no stand-in.
PULLED_ONLY = ("kafka",)
LABELS = ("title", "description", "version", "licenses", "source", "vendor", "revision", "created")
SHELLS = ("sh", "bash", "dash", "busybox", "apt", "apt-get", "dpkg", "curl", "wget")
FEWEST_COMPONENTS = 50
PROFILES = ("release", "dev")


@dataclass
class Image:
    """One built image: its name, its size, and what is wrong with it."""

    target: str
    tag: str
    size: int = 0
    components: int = 0
    wrong: list[str] = field(default_factory=list)


def workspace_version() -> str:
    """The version of all crates."""
    return tomllib.loads((HERE.parents[1] / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def build(engine: Engine, target: str, arguments: list[str]) -> Image:
    """Builds one target under the name that compose.yaml gives it."""
    ctx, tag = engine.ctx, f"farol/{target}:{workspace_version()}"
    with ctx.step(f"building {tag}"):
        words = ["--network=host", "--file", HERE / "Dockerfile", "--target", target, "--tag", tag, *arguments]
        engine.run("build", *words, ctx.root, log=f"image-{target}")
    return Image(target, tag)


def judge(engine: Engine, image: Image) -> None:
    """Fills in the size and all that is wrong."""
    facts = json.loads(engine.output("image", "inspect", image.tag) or "[{}]")[0]
    image.size = facts["Size"]
    image.wrong += configured_wrongly(image.target, facts["Config"])
    if image.target in BARE:
        image.wrong += [f"/{path} is in it" for path in shells(engine, image)]
    if image.target in PROGRAMS:
        judge_bill(engine, image)
    if image.target in SERVICES:
        judge_health(engine, image)


def configured_wrongly(target: str, config: dict[str, Any]) -> list[str]:
    """What is wrong with an image's configuration."""
    wrong = []
    if config.get("User") != ACCOUNT:
        wrong.append(f"it runs as {config.get('User') or 'root'!r}, not as {ACCOUNT}")
    labels = config.get("Labels") or {}
    wrong += [f"label {name} is empty" for name in LABELS if not labels.get(f"org.opencontainers.image.{name}")]
    check = (config.get("Healthcheck") or {}).get("Test")
    expected = ["CMD", f"/usr/local/bin/{PROGRAMS[target]}", "healthcheck"] if target in SERVICES else ["NONE"]
    if check != expected:
        wrong.append(f"its health check is {check}, not {expected}")
    return wrong


def bill_wrong(bill: dict[str, Any], lock: str) -> list[str]:
    """What is wrong with a bill of materials, held against Cargo.lock."""
    pinned = {(package["name"], package["version"]) for package in tomllib.loads(lock)["package"]}
    found = {(part["name"], part["version"]) for part in bill.get("components", [])}
    wrong = [f"its bill of materials names {name} {version}, Cargo.lock does not" for name, version in sorted(found - pinned)]
    if bill.get("bomFormat") != "CycloneDX" or len(found) < FEWEST_COMPONENTS:
        wrong.append(f"its bill of materials names {len(found)} components")
    if "tokio" not in {name for name, _ in found}:
        wrong.append("its bill of materials lacks tokio")
    return wrong


def shells(engine: Engine, image: Image) -> list[str]:
    """Paths of programs that a bare image must not have."""
    with scratch(engine, image) as container:
        archive = container.place / "files.tar"
        engine.run("export", "--output", archive, container.id, log="images")
        engine.ctx.run(["sh", "-c", f"tar -tf '{archive}' > '{archive}.txt'"], log="images")
        files = Path(f"{archive}.txt").read_text().splitlines()
    return [path for path in files if path.rpartition("/")[2] in SHELLS and "bin/" in path]


def judge_bill(engine: Engine, image: Image) -> None:
    """The bill of materials names crates as Cargo.lock pins them, and only those."""
    with scratch(engine, image) as container:
        copy = container.place / "bill.json"
        code, said = engine.said("cp", f"{container.id}:/usr/share/sbom/{PROGRAMS[image.target]}.cdx.json", copy)
        if code != 0:
            image.wrong.append(f"it has no bill of materials: {said.strip()}")
            return
        bill = json.loads(copy.read_text())
    image.components = len(bill.get("components", []))
    image.wrong += bill_wrong(bill, (engine.ctx.root / "Cargo.lock").read_text())


def judge_health(engine: Engine, image: Image) -> None:
    """Where nothing runs, the health check fails and says so."""
    code, said = engine.said("run", "--rm", "--network=none", "--read-only", "--cap-drop=ALL", image.tag, "healthcheck")
    if code != 1 or "/ready does not answer" not in said:
        image.wrong.append(f"its health check without a service ends with {code} and says {said.strip()!r}")


class scratch:
    """A container that is never started, and a folder; both are removed."""

    def __init__(self, engine: Engine, image: Image) -> None:
        self.engine, self.image = engine, image

    def __enter__(self) -> scratch:
        self.folder = tempfile.TemporaryDirectory(prefix="farol-image-")
        self.place = Path(self.folder.name)
        created = self.engine.output("create", self.image.tag)
        if created is None:
            raise StackError(f"no container can be made of {self.image.tag}")
        self.id = created.strip()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.engine.output("rm", "--force", self.id)
        self.folder.cleanup()
