"""What stands in a cluster before a source comes: its namespaces with their pod security, and the accounts that pods run as."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from farol_native.component import StackError
from farol_verify.render import Manifest, Source, name_of

from .client import Client

# Sources whose namespaces every cluster has first, and namespaces that no manifest of ours makes, with who does.
FIRST = ("platform cluster", "argocd install")
MADE_ELSEWHERE = {
    "envoy-gateway-system": "the release of Envoy Gateway that deploy/kind/platform names",
    "istio-system": "Argo CD, by CreateNamespace of the charts' applications",
}
# Stored for real while their source is looked at: admission asks for them.
STORED = ("ServiceAccount", "LimitRange", "PriorityClass")


class Ground:
    """One server's namespaces; every source finds the same."""

    def __init__(self, client: Client, sources: list[Source]) -> None:
        self._client = client
        standing = [manifest for source in sources if source.name in FIRST for manifest in source.of("Namespace")]
        standing += [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in MADE_ELSEWHERE]
        self._standing = {name_of(manifest): manifest for manifest in standing}

    @contextmanager
    def prepared(self, source: Source) -> Iterator[list[str]]:
        """Yields what is missing; accounts and limits are gone afterwards, so that no other source lives off them."""
        namespaces = self._standing | {name_of(manifest): manifest for manifest in source.of("Namespace")}
        for name, manifest in namespaces.items():
            # What is wrong with a source's own is said when it is looked at; here it has to be there.
            self._must(manifest if name in self._standing else usable(manifest))
            # A cluster's controllers put this one into every namespace.
            self._must({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}})
        stored = [manifest for manifest in source.of(*STORED) if self._client.apply(manifest, dry=False).refusal is None]
        try:
            yield [f"namespace {name} is made by nobody" for name in sorted(used(source) - namespaces.keys())]
        finally:
            for manifest in stored:
                self._client.delete(manifest)

    def _must(self, manifest: Manifest) -> None:
        refusal = self._client.apply(manifest, dry=False).refusal
        if refusal:
            raise StackError(f"the server refuses {manifest['kind']} {name_of(manifest)}: {refusal}")


def usable(namespace: Manifest) -> Manifest:
    """Its name and labels, which pod security reads."""
    kept = {key: namespace["metadata"][key] for key in ("name", "labels") if key in namespace["metadata"]}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": kept}


def used(source: Source) -> set[str]:
    return {manifest["metadata"]["namespace"] for manifest in source.manifests if manifest["metadata"].get("namespace")}
