"""Builds kube-apiserver and etcd from one small Go module, whose go.sum pins all that goes in, and keeps them in the user's cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from farol_native import go, prerequisites
from farol_native.component import command_prerequisite
from farol_native.context import Context
from farol_verify import tools

KUBERNETES = "k8s.io/kubernetes/cmd/kube-apiserver"
ETCD = "go.etcd.io/etcd/server/v3"


@dataclass(frozen=True)
class Programs:
    """Where each is."""

    apiserver: Path
    etcd: Path


def install(ctx: Context) -> Programs:
    """Built once: one module, since they share most of what they are made of."""
    needs = [go.go_prerequisite(ctx), command_prerequisite(ctx, "openssl", "openssl")]
    prerequisites.satisfy(ctx, [], lambda ctx: needs)
    module = ctx.root / "deploy/verify/tools/kube-apiserver"
    version = tools.version_of(module, KUBERNETES)
    folder = ctx.cached("kube-apiserver", version, lambda place: build(ctx, module, version.partition("-")[0], place))
    go.clean(ctx)
    return Programs(folder / "kube-apiserver", folder / "etcd")


def build(ctx: Context, module: Path, version: str, place: Path) -> None:
    """The version is written in as Kubernetes' own build does; without it the server calls itself 0.0.0."""
    major, minor, _ = version.split(".")
    stamp = " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in stamped(version, major, minor).items())
    with ctx.step(f"building kube-apiserver {version} and etcd (once; minutes)"):
        commands = [
            ["go", "build", "-ldflags", f"-s -w {stamp}", "-o", str(place / "kube-apiserver"), KUBERNETES],
            ["go", "build", "-ldflags", "-s -w", "-o", str(place / "etcd"), ETCD],
        ]
        go.build(ctx, commands, cwd=module, log="build-kube-apiserver")


def stamped(version: str, major: str, minor: str) -> dict[str, str]:
    return {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
