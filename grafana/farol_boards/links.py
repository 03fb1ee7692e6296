"""Where a panel leads: traces of a service in Jaeger, its log lines, another board. All inside Grafana, by fixed uids."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]


@dataclass(frozen=True)
class Link:
    """A title and an address below Grafana's own."""

    title: str
    url: str

    def json(self) -> Json:
        return {"title": self.title, "url": self.url, "targetBlank": True}


def explore(datasource: str, kind: str, query: Json) -> str:
    """The address of Explore with one query over the time the board shows."""
    pane = {
        "datasource": datasource,
        "queries": [{"refId": "A", "datasource": {"type": kind, "uid": datasource}, **query}],
        "range": {"from": "FROM", "to": "TO"},
    }
    text = quote(json.dumps({"farol": pane}, separators=(",", ":")))
    # Grafana fills its own variables in only where they are not percent-encoded.
    return f"/explore?schemaVersion=1&panes={text}".replace("FROM", "${__from}").replace("TO", "${__to}")


def traces(service: str, operation: str = "", tags: str = "") -> Link:
    """The service's traces of that time, in Jaeger."""
    query: Json = {"queryType": "search", "service": service}
    query |= {"operation": operation} if operation else {}
    query |= {"tags": tags} if tags else {}
    return Link(f"Traces of {service}" + (" that failed" if "error" in tags else ""), explore("jaeger", "jaeger", query))


def logs(service: str) -> Link:
    """The service's log lines of that time, where a cluster keeps logs in OpenSearch (uid `logs`)."""
    container = service.removeprefix("farol-")
    lucene = {"query": f'kubernetes.container_name:"{container}"', "queryType": "lucene", "metrics": [{"id": "1", "type": "logs"}]}
    return Link(f"Logs of {service}", explore("logs", "grafana-opensearch-datasource", lucene))


def of(service: str) -> tuple[Link, Link]:
    """Both, which is what a panel about a service offers."""
    return traces(service), logs(service)


GATEWAY = of("farol-gateway")
WORKER = of("farol-worker")
