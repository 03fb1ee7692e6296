"""checkov over everything that is rendered and over the Dockerfiles. What it finds is mended, or excepted with a reason in policy.yaml."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farol_native import python_tools
from farol_native.component import StackError
from farol_native.context import Context

from .render import Source, dumped

EXCEPTIONS = "deploy/verify/policy.yaml"
# One folder for all that checkov judges in this repository: Terraform's own check made it.
REQUIREMENTS = "deploy/verify/terraform/checkov-requirements.txt"
# Below that it has not read what it was given.
FEWEST = {"kubernetes": 3000, "dockerfile": 200}


@dataclass(frozen=True)
class Fault:
    """One check that one object, or one line of a Dockerfile, does not keep."""

    check: str
    name: str
    where: str


def findings(ctx: Context, sources: list[Source], root: Path) -> list[str]:
    import yaml

    excepted = yaml.safe_load((root / EXCEPTIONS).read_text())
    met: set[int] = set()
    found = []
    for fault in faults(ctx, sources, root):
        reasons = [number for number, entry in enumerate(excepted) if covers(entry, fault)]
        met.update(reasons)
        if not reasons:
            found.append(f"{fault.where}: {fault.check} {fault.name}")
    unused = [f"{EXCEPTIONS}: nothing fails {entry['check']} at {entry['at']} any more" for number, entry in enumerate(excepted) if number not in met]
    return found + unused + [f"{EXCEPTIONS}: {entry['check']} has no reason" for entry in excepted if not entry.get("because")]


def covers(entry: dict[str, str], fault: Fault) -> bool:
    return entry["check"] == fault.check and re.fullmatch(entry["at"], fault.where) is not None


def faults(ctx: Context, sources: list[Source], root: Path) -> Iterator[Fault]:
    checkov = python_tools.installed(ctx, "terraform-checkov", root / REQUIREMENTS)
    with tempfile.TemporaryDirectory(prefix="farol-policy-") as place:
        for source in sources:
            (Path(place) / f"{source.name}.yaml").write_text(dumped(source.manifests))
        for fault in judged(checkov, "kubernetes", Path(place)):
            file = Path(fault["file_path"]).stem
            yield Fault(fault["check_id"], fault["check_name"], f"{file}: {fault['resource']}")
    for fault in judged(checkov, "dockerfile", root / "deploy/docker"):
        (first, last), instruction = fault["file_line_range"], fault["resource"].rpartition(".")[2]
        yield Fault(fault["check_id"], fault["check_name"], f"deploy/docker{fault['file_path']}: {instruction} of lines {first}-{last}")


def judged(checkov: Path, framework: str, folder: Path) -> list[dict[str, Any]]:
    words = ["--framework", framework, "--directory", str(folder), "--skip-download", "--compact", "--output", "json", "--soft-fail"]
    environment = {**os.environ, "PYTHONPATH": str(checkov), "LOG_LEVEL": "ERROR"}
    result = subprocess.run(
        [sys.executable, str(checkov / "bin/checkov"), *words], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    start = result.stdout.find("{")
    report = json.loads(result.stdout[start:]) if start >= 0 else {}
    if "results" not in report or report["summary"]["passed"] < FEWEST[framework] or report["results"]["parsing_errors"]:
        raise StackError(f"checkov did not judge {framework} in {folder}:\n{result.stdout[:1000]}\n{result.stderr[-1000:]}")
    return report["results"]["failed_checks"]
