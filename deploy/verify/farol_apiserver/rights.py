"""Lets each source be applied by a user with no more rights than its Argo CD project has, as roles of the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from farol_native.component import StackError
from farol_verify.check_repository import generated
from farol_verify.render import Manifest, Source, name_of

from .client import Client

# What Argo CD does with what it applies.
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete"]
# Where the sources of deploy/verify/farol_verify/render.py are in the tree, by the folder that an Application names.
FOLDERS = {
    "deploy/kubernetes/overlays/": "{}",
    "deploy/kubernetes/logging/": "logging {}",
    "deploy/kubernetes/platform/": "platform {}",
    "deploy/argocd/": "argocd {}",
    "deploy/kubernetes/mesh": "mesh monitors",
    "deploy/prometheus": "rules",
}
# Put in the place of what an Application names: an overlay for one release or with an optional component, another place of
# logs, another list of applications.
IN_PLACE_OF = {
    "prod-blue-green": "prod",
    "mesh prod": "prod",
    "logging loki": "logging opensearch",
    "logging elk": "logging opensearch",
    "argocd optional logging": "argocd applicationsets",
    "argocd optional mesh": "argocd applicationsets",
}
EFFECTIVE_SECONDS = 60


class Rights:
    """Which user applies which source; a source that no project has is applied by a person who may do everything."""

    def __init__(self, client: Client, sources: list[Source]) -> None:
        self._administrator = client
        self._project_of = dict(projects_of(sources))
        self._users: dict[str, Client] = {}
        for project in (found for source in sources for found in source.of("AppProject")):
            self._users[name_of(project)] = user(client, project)

    def applier(self, source: Source) -> Client:
        project = self.project(source)
        return self._users[project] if project else self._administrator

    def project(self, source: Source) -> str | None:
        return self._project_of.get(IN_PLACE_OF.get(source.name, source.name))


def projects_of(sources: list[Source]) -> Iterator[tuple[str, str]]:
    names = {source.name for source in sources}
    for found in (found for source in sources for found in source.of("Application", "ApplicationSet")):
        for _, spec in generated(found):
            for path in (part["path"] for part in spec.get("sources") or [spec["source"]] if "path" in part):
                name = source_of(path)
                if name in names:
                    yield name, spec["project"]


def source_of(path: str) -> str | None:
    for folder, name in FOLDERS.items():
        if path.startswith(folder):
            return name.format(path.removeprefix(folder))
    return None


def user(client: Client, project: Manifest) -> Client:
    """A user of the project's rights: its kinds of the cluster, and in its namespaces all kinds that it does not refuse."""
    name, spec = f"project-{name_of(project)}", project["spec"]
    resources = list(discovered(client))
    wide = [found for found in resources if not found["namespaced"] and allowed(found, spec["clusterResourceWhitelist"])]
    narrow = [found for found in resources if found["namespaced"] and not allowed(found, spec.get("namespaceResourceBlacklist", []))]
    bind(client, "ClusterRole", name, None, wide)
    namespaces = sorted({place["namespace"] for place in spec["destinations"]})
    for namespace in namespaces:
        needed(client, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        bind(client, "Role", name, namespace, narrow)
    limited = client.acting_as(name)
    wait_effective(limited, namespaces[-1], narrow[-1])
    return limited


def wait_effective(limited: Client, namespace: str, resource: dict[str, Any]) -> None:
    """The server's authorizer hears of a role a moment after it was stored; this one was stored last."""
    asked = {"namespace": namespace, "verb": VERBS[-1], "group": resource["group"], "resource": resource["name"]}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": asked}}
    deadline = time.monotonic() + EFFECTIVE_SECONDS
    while time.monotonic() < deadline:
        if limited.create(review | {"metadata": {}}, dry=False).body.get("status", {}).get("allowed"):
            return
        time.sleep(0.1)
    raise StackError(f"roles in {namespace} have no effect after {EFFECTIVE_SECONDS} s")


def discovered(client: Client) -> Iterator[dict[str, Any]]:
    """Every resource that the server serves, with its group."""
    groups = client.call("GET", "/apis").body["groups"]
    for version in ["v1", *(entry["groupVersion"] for group in groups for entry in group["versions"])]:
        prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
        for found in client.call("GET", prefix).body["resources"]:
            if "/" not in found["name"]:
                yield {"group": version.rpartition("/")[0], "kind": found["kind"], "name": found["name"], "namespaced": found["namespaced"]}


def allowed(resource: dict[str, Any], entries: list[dict[str, str]]) -> bool:
    return any(entry["group"] in ("*", resource["group"]) and entry["kind"] in ("*", resource["kind"]) for entry in entries)


def bind(client: Client, kind: str, name: str, namespace: str | None, resources: list[dict[str, Any]]) -> None:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    rules = [{"apiGroups": [found["group"]], "resources": [found["name"]], "verbs": verbs(found)} for found in resources]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": rules}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
    needed(client, role)
    needed(client, role | {"kind": f"{kind}Binding", "roleRef": reference, "subjects": [subject]}, without="rules")


def verbs(resource: dict[str, Any]) -> list[str]:
    """Who may write roles writes such as hold more than its own: the server demands these two verbs for that."""
    return [*VERBS, "escalate", "bind"] if resource["group"] == "rbac.authorization.k8s.io" else VERBS


def needed(client: Client, manifest: Manifest, without: str = "") -> None:
    refusal = client.apply({key: value for key, value in manifest.items() if key != without}, dry=False).refusal
    if refusal:
        raise StackError(f"the server refuses {manifest['kind']} {name_of(manifest)}: {refusal}")
