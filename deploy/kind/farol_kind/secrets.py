"""The Secrets of the kind overlay, made at random on this machine and never in git."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

Secret = Callable[[str], str]
"""A secret by its name: the same one each time."""


def write(place: Path, overlay: Path, secret: Secret) -> Path:
    """Writes a kustomization that is the overlay and its Secrets; what `make kind-up` applies and the check renders."""
    for name, text in files(secret).items():
        path = place / name
        path.touch(mode=0o600)
        path.write_text(text)
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(overlay, os.path.realpath(place))],
        "generatorOptions": {"annotations": {"argocd.argoproj.io/sync-wave": "-3"}},
        "secretGenerator": [{"name": name, "namespace": "farol", "files": keys} for name, keys in SECRETS.items()],
    }
    (place / "kustomization.yaml").write_text(json.dumps(kustomization, indent=2) + "\n")
    return place


SECRETS = {
    "farol-database": ["url=database-url"],
    "farol-redis": ["url=redis-url"],
    "farol-receipts": ["key=receipt-key"],
    "farol-keys": ["keys.json"],
    "farol-passwords": ["postgres-superuser", "postgres-owner", "postgres-exporter", "redis"],
}


def files(secret: Secret) -> dict[str, str]:
    owner = secret("postgres-owner")
    return {
        "postgres-superuser": secret("postgres-superuser"),
        "postgres-owner": owner,
        "postgres-exporter": secret("postgres-exporter"),
        "redis": secret("redis"),
        # Inside the cluster, between pods that only each other reach: without TLS, as in compose.
        "database-url": f"postgres://farol:{owner}@postgres:5432/farol?sslmode=disable",
        "redis-url": f"redis://default:{secret('redis')}@redis:6379/0",
        "receipt-key": secret("receipt-key"),
        "keys.json": keys_file(secret("key")),
    }


def keys_file(key: str) -> str:
    """One producer with every role, as in the other local stacks; the file holds the key's digest, not the key."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    entry = {"producer": "local", "sha256": digest, "sources": ["*"], "roles": ["read", "write", "admin"]}
    return json.dumps({"keys": [entry]})
