"""checkov over the stacks with an environment's values, so that what is judged is what would be made."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from .live import environments, stacks
from .terraform import Failed, run
from .tools import Tools


def held(tools: Tools, tree: Path, only: str | None = None) -> str:
    """Every failed check of every environment is named; exceptions stand in the code with their reason."""
    passed = skipped = excepted = 0
    wrong: list[str] = []
    for environment in [only] if only else environments(tree / "live"):
        report = judged(tools, tree, environment)
        passed += report["summary"]["passed"]
        skipped += report["summary"]["skipped"]
        allowed = exceptions(tree / "live" / environment)
        found = report["results"]["failed_checks"]
        excepted += sum(check["check_id"] in allowed for check in found)
        wrong += [f"{environment}: {name} no longer fails: take it out of exceptions.txt" for name in allowed - {c["check_id"] for c in found}]
        for check in (check for check in found if check["check_id"] not in allowed):
            lines = "-".join(map(str, check["file_line_range"]))
            wrong.append(f"{environment}: {check['check_id']} {check['check_name']}\n    {check['resource']} {check['file_path']}:{lines}")
        if report["results"]["parsing_errors"]:
            wrong.append(f"{environment}: cannot be parsed: {report['results']['parsing_errors']}")
    if wrong:
        raise Failed("\n".join(sorted(set(wrong))))
    if passed < 100:
        raise Failed(f"checkov looked at next to nothing: {passed} checks")
    return f"{passed} passed, {skipped} excepted in the code and {excepted} in dev, with reasons"


def exceptions(folder: Path) -> set[str]:
    """What an environment does not keep: `CKV_… reason`, one a line."""
    path = folder / "exceptions.txt"
    lines = [line.split(None, 1) for line in path.read_text().splitlines() if line and not line.startswith("#")] if path.is_file() else []
    if bare := [line[0] for line in lines if len(line) < 2]:
        raise Failed(f"{path.name}: no reason for {bare}")
    return {line[0] for line in lines}


def judged(tools: Tools, tree: Path, environment: str) -> dict:
    folder = tree / "live" / environment
    values = [folder / "common.tfvars", *(folder / f"{stack.name}.tfvars" for stack in stacks(tree / "live"))]
    words = ["-d", str(tree), "--framework", "terraform", "--skip-download", "--compact", "-o", "json", "--soft-fail"]
    # Tests are no configuration, and checkov cannot read all of them.
    words += ["--skip-path", r"/tests/"]
    words += [word for path in values for word in ("--var-file", str(path))]
    env = {**os.environ, "PYTHONPATH": str(tools.checkov), "LOG_LEVEL": "ERROR"}
    said = run([sys.executable, str(tools.checkov / "bin/checkov"), *words], tree, env)
    report = json.loads(said[said.index("{") :])
    if "results" not in report:
        raise Failed(f"checkov says nothing about {environment}:\n{said[:2000]}")
    return report
