"""jaeger/ui.json with the addresses of this stack: a link to a part that is not there is left out, not broken."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .context import Context

PLACE = re.compile(r"\$\{(FAROL_\w+_URL)\}")


def rendered(ctx: Context) -> str:
    """The settings of the UI for this stack."""
    return filled((ctx.root / "jaeger" / "ui.json").read_text(), addresses(ctx))


def addresses(ctx: Context) -> dict[str, str]:
    """What links can lead to. A Grafana and a search for logs elsewhere are named by settings of the same names."""
    found = {"FAROL_JAEGER_URL": f"http://{ctx.address('FAROL_JAEGER_PORT')}"}
    if "grafana" in ctx.components:
        found["FAROL_GRAFANA_URL"] = f"http://{ctx.address('FAROL_GRAFANA_PORT')}"
    given = {name: ctx.env.get(name, "").rstrip("/") for name in ("FAROL_GRAFANA_URL", "FAROL_LOGS_URL")}
    return found | {name: url for name, url in given.items() if url}


def filled(text: str, known: Mapping[str, str]) -> str:
    """The settings with the places of ${FAROL_…_URL} filled in; a pattern with an unknown one is left out."""
    settings: dict[str, Any] = json.loads(text)
    patterns = [pattern for pattern in settings["linkPatterns"] if set(PLACE.findall(pattern["url"])) <= known.keys()]
    settings["linkPatterns"] = [{**pattern, "url": PLACE.sub(lambda match: known[match[1]], pattern["url"])} for pattern in patterns]
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
