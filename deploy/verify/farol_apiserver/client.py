"""Speaks with one kube-apiserver: requests, its verdicts and warnings, and which address a kind has. Knows no manifest of ours."""

from __future__ import annotations

import copy
import http.client
import json
import re
import ssl
from collections import deque
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
# RFC 9110's form of a warning: code, agent, quoted text.
WARNING = re.compile(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"')
MANAGER = "argocd-controller"


class Unreachable(Exception):
    """Nobody answers."""


@dataclass(frozen=True)
class Answer:
    """What the server says to one request."""

    status: int
    body: Body
    warnings: list[str] = field(default_factory=list)

    @property
    def refusal(self) -> str | None:
        """Its own words, or None where it agreed."""
        return None if self.status < 300 else str(self.body.get("message") or self.body)


@dataclass(frozen=True)
class Place:
    """Where the objects of a kind are."""

    prefix: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None, name: str = "") -> str:
        between = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{self.prefix}{between}/{self.plural}" + (f"/{name}" if name else "")


class Client:
    """One user of the server. Safe to use from several threads: a connection is one request's at a time."""

    def __init__(self, port: int, token: str, trust: ssl.SSLContext) -> None:
        self._port, self._token, self._trust = port, token, trust
        self._user: str | None = None
        self._idle: deque[http.client.HTTPSConnection] = deque()
        self._places: dict[str, dict[str, Place]] = {}

    def acting_as(self, user: str) -> Client:
        """The same server for a user who may do only what roles allow."""
        other = copy.copy(self)
        other._user = user
        return other

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def call(self, method: str, path: str, body: Body | None = None, kind: str = "application/json") -> Answer:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", "Content-Type": kind}
        if self._user is not None:
            headers["Impersonate-User"] = self._user
        connection = self._connection()
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
            self._idle.append(connection)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Unreachable(f"{method} {path}: {error}") from error
        warnings = [text_of(match) for value in response.headers.get_all("Warning") or [] for match in WARNING.finditer(value)]
        return Answer(response.status, body_of(text), warnings)

    def _connection(self) -> http.client.HTTPSConnection:
        try:
            return self._idle.pop()
        except IndexError:
            return http.client.HTTPSConnection("127.0.0.1", self._port, timeout=60, context=self._trust)

    def apply(self, manifest: Body, *, dry: bool) -> Answer:
        """Server-side apply as Argo CD does it, with strict fields."""
        place = self.place(manifest["apiVersion"], manifest["kind"])
        if place is None:
            return Answer(404, {"message": f"the server knows no {manifest['kind']} of {manifest['apiVersion']}"})
        metadata = manifest["metadata"]
        if place.namespaced and not metadata.get("namespace"):
            return Answer(400, {"message": "names no namespace, and its kind belongs to one"})
        path = place.path(metadata.get("namespace"), metadata["name"])
        return self.call("PATCH", path + question(dry, force="true"), manifest, "application/apply-patch+yaml")

    def create(self, manifest: Body, *, dry: bool) -> Answer:
        """What a controller does with a pod."""
        place = self.place(manifest["apiVersion"], manifest["kind"])
        assert place is not None, manifest["kind"]
        return self.call("POST", place.path(manifest["metadata"].get("namespace")) + question(dry), manifest)

    def delete(self, manifest: Body) -> Answer:
        place = self.place(manifest["apiVersion"], manifest["kind"])
        assert place is not None, manifest["kind"]
        return self.call("DELETE", place.path(manifest["metadata"].get("namespace"), manifest["metadata"]["name"]))

    def place(self, version: str, kind: str) -> Place | None:
        """None for what the server does not serve, which is asked again each time: a CRD may be on its way."""
        if kind not in self._places.get(version, {}):
            self._places[version] = self.served(version)
        return self._places[version].get(kind)

    def served(self, version: str) -> dict[str, Place]:
        prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
        listed = self.call("GET", prefix).body.get("resources") or []
        return {found["kind"]: Place(prefix, found["name"], found["namespaced"]) for found in listed if "/" not in found["name"]}


def question(dry: bool, **more: str) -> str:
    parts = {"fieldManager": MANAGER, "fieldValidation": "Strict", **more} | ({"dryRun": "All"} if dry else {})
    return "?" + "&".join(f"{name}={value}" for name, value in parts.items())


def text_of(match: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", match[1])


def body_of(text: bytes) -> Body:
    """JSON; a health check answers in plain text."""
    try:
        found = json.loads(text)
    except ValueError:
        return {"message": text.decode(errors="replace")}
    return found if isinstance(found, dict) else {"message": str(found)}
