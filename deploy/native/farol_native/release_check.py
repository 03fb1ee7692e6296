"""`make release-check`: whether this commit can be tagged: one version everywhere, a dated changelog entry, licences, a clean tree."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from .changelog import problems as changelog_problems
from .stack import Stack

NUMBER = r"(?:0|[1-9]\d*)"
VERSION = re.compile(rf"{NUMBER}\.{NUMBER}\.{NUMBER}")
TAG = re.compile(rf"v{VERSION.pattern}")
# File -> where the version of our own programs stands in it. The broker's image has the broker's version.
PLACES = {
    "deploy/docker/Dockerfile": r"^ARG FAROL_VERSION=(\S+)$",
    "deploy/compose/compose.yaml": r"^ +image: farol/(?!kafka)[\w-]+:(\S+)$",
    "deploy/kind/farol_kind/cluster.py": r"\"farol/(?!kafka)[\w-]+:([^\"]+)\"",
    "deploy/kubernetes/overlays/kind/kustomization.yaml": r"name: farol/(?!kafka)[\w-]+\n +newTag: (\S+)$",
    "deploy/README.md": r"farol/\$part:(\d[\w.-]*)",
}
LABEL = "org.opencontainers.image.{}="
Ask = Callable[..., str | None]


def run(stack: Stack) -> int:
    """The exit code is 1 if there is anything that a release must not have."""
    ctx = stack.ctx

    def git(*words: str) -> str | None:
        return ctx.output(["git", *words], cwd=ctx.root)

    version = workspace(ctx.root)["version"]
    today = datetime.datetime.now(datetime.UTC).date()
    found = [*versions(ctx.root), *changelog_problems(ctx.root, version, today), *licences(ctx.root), *repository(git, version)]
    for problem in found:
        ctx.console.show(problem)
    verdict = f"{len(found)} to mend" if found else f"ready: git tag -s v{version} -m v{version}"
    ctx.console.show(f"\n{version}: {verdict}")
    return 1 if found else 0


def workspace(root: Path) -> dict[str, str]:
    """[workspace.package] of Cargo.toml."""
    return tomllib.loads((root / "Cargo.toml").read_text())["workspace"]["package"]


def versions(root: Path) -> Iterator[str]:
    """Places that say another version than Cargo.toml, or none."""
    version = workspace(root)["version"]
    if not VERSION.fullmatch(version):
        yield f"Cargo.toml: {version} is no X.Y.Z"
    for name, pattern in PLACES.items():
        said = re.findall(pattern, (root / name).read_text(), re.MULTILINE)
        if not said:
            yield f"{name}: no version stands where one stood; {Path(__file__).name} knows the place"
        yield from (f"{name}: says {other}, Cargo.toml says {version}" for other in sorted(set(said) - {version}))
    crates = {path.parent: tomllib.loads(path.read_text())["package"] for path in sorted(root.glob("crates/*/Cargo.toml"))}
    for folder, package in crates.items():
        if package.get("version") != {"workspace": True}:
            yield f"{folder.relative_to(root)}/Cargo.toml: needs `version.workspace = true`"
    locked = {found["name"]: found["version"] for found in tomllib.loads((root / "Cargo.lock").read_text())["package"] if "source" not in found}
    for package in crates.values():
        if locked.get(package["name"]) != version:
            yield f"Cargo.lock: {package['name']} is {locked.get(package['name'])}; `cargo check --workspace` mends that"
    yield from api_document(root)


def api_document(root: Path) -> Iterator[str]:
    """The OpenAPI document takes its version from the crate; one that is written down would stay behind."""
    for path in [root / "crates/gateway/src/openapi.rs", *sorted((root / "crates/gateway/src/openapi").rglob("*.rs"))]:
        if re.search(r"\binfo\((?:[^()]|\([^()]*\))*\bversion\s*=", path.read_text()):
            yield f"{path.relative_to(root)}: info(version = …) hides the crate's version"


def licences(root: Path) -> Iterator[str]:
    """The licence's text, and whoever names it: all crates, all images, the API document."""
    name = workspace(root).get("license")
    text = root / "LICENSE"
    if not text.is_file() or "Apache License" not in text.read_text() or name != "Apache-2.0":
        yield f"LICENSE: must hold what Cargo.toml's license = {name!r} names"
    for path in sorted(root.glob("crates/*/Cargo.toml")):
        if tomllib.loads(path.read_text())["package"].get("license") != {"workspace": True}:
            yield f"{path.relative_to(root)}: needs `license.workspace = true`"
    dockerfile = (root / "deploy/docker/Dockerfile").read_text()
    labels = re.findall(re.escape(LABEL.format("licenses")) + r"(\S+)", dockerfile)
    if set(labels) != {name}:
        yield f"deploy/docker/Dockerfile: licenses are labelled {sorted(set(labels))}, Cargo.toml says {name}"


def repository(git: Ask, version: str) -> Iterator[str]:
    """A tree that is committed, and a tag that is free, in form and in order."""
    status = git("status", "--porcelain")
    if status is None:
        yield "git: this is no checkout"
        return
    if status.strip():
        yield f"git: {len(status.splitlines())} files are not committed, such as {status.splitlines()[0][3:]}"
    tags = (git("tag", "--list") or "").split()
    yield from (f"git: the tag {tag} is no vX.Y.Z" for tag in tags if not TAG.fullmatch(tag))
    released = [tag for tag in tags if TAG.fullmatch(tag)]
    head = (git("rev-parse", "HEAD") or "").strip()
    if f"v{version}" in released:
        tagged = (git("rev-list", "-n", "1", f"v{version}") or "").strip()
        if tagged != head:
            yield f"git: v{version} is another commit ({tagged[:12]}); a release is not replaced, the next version mends it"
    elif any(order(tag[1:]) > order(version) for tag in released):
        yield f"git: {max(released, key=lambda tag: order(tag[1:]))} is released already, which is later than {version}"


def order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
