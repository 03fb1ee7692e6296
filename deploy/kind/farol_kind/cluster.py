"""`make kind-up` and `make kind-down`: the cluster, its images, its platform, then Farol wave by wave."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from farol_native.component import StackError
from farol_native.context import Context

from . import secrets

NAME = "farol"
NEEDED = {
    "docker": "a Docker engine: https://docs.docker.com/engine/install/",
    "kind": "kind v0.31 or newer: `go install sigs.k8s.io/kind@v0.31.0`",
    "kubectl": "kubectl 1.34 or newer: https://kubernetes.io/docs/tasks/tools/",
    "helm": "Helm 3 or 4: https://helm.sh/docs/intro/install/",
}
IMAGES = {
    "gateway": "farol/gateway:0.1.0",
    "worker": "farol/worker:0.1.0",
    "otel-collector-kubernetes": "farol/otel-collector-kubernetes:0.1.0",
    "kafka": "farol/kafka:4.1.1",
}
CHART = ("kube-prometheus-stack", "https://prometheus-community.github.io/helm-charts", "88.5.0")
KUBECTL = ["kubectl", "--context", f"kind-{NAME}"]
Run = Callable[..., None]
Manifest = dict[str, Any]


def up(ctx: Context, tools: Any) -> int:
    """Again: only what changed."""
    able(ctx)
    run = runner(ctx)
    if NAME not in (ctx.output(["kind", "get", "clusters"]) or "").split():
        run(["kind", "create", "cluster", "--config", ctx.root / "deploy/kind/cluster.yaml", "--wait", "180s"])
    images(ctx, run)
    platform(ctx, run)
    from farol_verify import render

    apply(run, manifests(ctx, tools) + render.rules(tools, ctx.root))
    tell(ctx)
    return 0


def down(ctx: Context) -> int:
    """The cluster and all that was in it."""
    able(ctx)
    runner(ctx)(["kind", "delete", "cluster", "--name", NAME])
    return 0


def able(ctx: Context) -> None:
    """Says everything that is missing at once."""
    missing = [f"  {advice}" for name, advice in NEEDED.items() if ctx.which(name) is None]
    if not missing and ctx.output(["docker", "info"]) is None:
        missing = ["  a Docker engine that answers: `docker info` fails"]
    if missing:
        raise StackError("a kind cluster needs\n" + "\n".join(missing) + "\nwithout an engine, `make up` runs the same parts as processes")


def runner(ctx: Context) -> Run:
    def run(command: Iterable[str | Path], text: str | None = None) -> None:
        words = [str(word) for word in command]
        result = subprocess.run(words, input=text, text=True, cwd=ctx.root, check=False)
        if result.returncode != 0:
            raise StackError(f"`{' '.join(words[:6])} …` failed with {result.returncode}; what it says stands above")

    return run


def images(ctx: Context, run: Run) -> None:
    """Built from this checkout and put into the node: no registry has them."""
    for target, image in IMAGES.items():
        run(["docker", "build", "--file", "deploy/docker/Dockerfile", "--target", target, "--tag", image, "."])
        run(["kind", "load", "docker-image", "--name", NAME, image])


def platform(ctx: Context, run: Run) -> None:
    run([*KUBECTL, "apply", "--server-side", "-k", ctx.root / "deploy/kind/platform"])
    run([*KUBECTL, "apply", "--server-side", "-f", ctx.root / "deploy/kubernetes/platform/cluster/namespaces.yaml"])
    login = {"admin-user": "admin", "admin-password": ctx.secret("grafana-admin")}
    run([*KUBECTL, "apply", "--server-side", "-f", "-"], secret("grafana-admin", "monitoring", login))
    name, repository, version = CHART
    values = [ctx.root / "deploy/kubernetes/platform/values/kube-prometheus-stack.yaml", ctx.root / "deploy/kind/monitoring-values.yaml"]
    options = [word for path in values for word in ("--values", path)]
    place = ["--kube-context", f"kind-{NAME}", "--namespace", "monitoring"]
    run(["helm", "upgrade", "--install", name, name, "--repo", repository, "--version", version, *place, *options, "--wait", "--timeout", "10m"])


def secret(name: str, namespace: str, values: dict[str, str]) -> str:
    import json

    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "data": data})


def manifests(ctx: Context, tools: Any) -> list[Manifest]:
    from farol_verify import render

    with tempfile.TemporaryDirectory(prefix="farol-kind-") as place:
        secrets.write(Path(place), ctx.root / "deploy/kubernetes/overlays/kind", lambda name: ctx.secret(name, "farol_" if name == "key" else ""))
        return render.kustomize(tools, Path(place))


def apply(run: Run, objects: list[Manifest]) -> None:
    """Wave by wave, as Argo CD does it: a hook is made anew and awaited, what serves is awaited before the next wave."""
    from farol_verify.pods import wave
    from farol_verify.render import dumped

    for number in sorted({wave(manifest) for manifest in objects}):
        part = [manifest for manifest in objects if wave(manifest) == number]
        jobs = [manifest for manifest in part if manifest["kind"] == "Job"]
        for job in jobs:
            run([*KUBECTL, *place(job), "delete", "job", job["metadata"]["name"], "--ignore-not-found", "--wait"])
        run([*KUBECTL, "apply", "--server-side", "--force-conflicts", "-f", "-"], dumped(namespaces_first(part)))
        for job in jobs:
            run([*KUBECTL, *place(job), "wait", "--for=condition=complete", f"job/{job['metadata']['name']}", "--timeout=600s"])
        for manifest in part:
            if manifest["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
                word = f"{manifest['kind'].lower()}/{manifest['metadata']['name']}"
                run([*KUBECTL, *place(manifest), "rollout", "status", word, "--timeout=600s"])


def namespaces_first(part: list[Manifest]) -> list[Manifest]:
    return sorted(part, key=lambda manifest: manifest["kind"] != "Namespace")


def place(manifest: Manifest) -> list[str]:
    return ["--namespace", manifest["metadata"]["namespace"]]


def tell(ctx: Context) -> None:
    ctx.console.show("\nFarol in kind: http://127.0.0.1:8080/")
    ctx.console.show(f"key: {ctx.secret('key', 'farol_')}")
    for title, namespace, service, ports in (
        ("Grafana", "monitoring", "kube-prometheus-stack-grafana", "3000:80"),
        ("Prometheus", "monitoring", "prometheus-operated", "9090"),
        ("Jaeger", "tracing", "jaeger", "16686"),
    ):
        ctx.console.show(f"{title}: kubectl --context kind-{NAME} -n {namespace} port-forward svc/{service} {ports}")
    ctx.console.show("Grafana's login: admin, `kubectl -n monitoring get secret grafana-admin -o jsonpath='{.data.admin-password}' | base64 -d`")
