"""The command line: all checks, or the documents that are generated."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from farol_native.component import StackError
from farol_native.fingerprint import fingerprint

from . import conventions, costs, documents, jobs, kubernetes, live, mistakes, policy, script, tools
from .jobs import Job
from .terraform import Failed, Terraform, attached, run

TREE = tools.ROOT / "deploy/terraform"


def main() -> int:
    """Parses, does, and turns what somebody can act on into one message and an exit code."""
    parser = argparse.ArgumentParser(prog="check", description="Terraform, as far as it can be checked without AWS.")
    parser.add_argument("what", nargs="?", choices=("all", "docs"), default="all", help="all checks, or write the generated documents")
    parser.add_argument("--manifests", type=Path, default=tools.ROOT / "deploy/kubernetes", help="manifests to compare names with")
    parser.add_argument("--again", action="store_true", help="also what passed before and has not changed")
    parser.add_argument("--only", help="only checks whose names hold this")
    arguments = parser.parse_args()
    try:
        ready = tools.prepare(TREE)
        with attached(ready) as terraform:
            return write(terraform) if arguments.what == "docs" else check(terraform, arguments)
    except (StackError, Failed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def check(terraform: Terraform, arguments: argparse.Namespace) -> int:
    """All checks; first what stands alone, then what compares the outcome with other parts."""
    began = time.monotonic()
    console = terraform.tools.ctx.console
    passed = jobs.Passed(terraform.tools.ctx.cache / "terraform-passed", versions(terraform), arguments.again)
    facts = {env: facts_of(passed, env) for env in live.environments(TREE / "live")}
    first = [*standing_alone(terraform), *(chain(terraform, passed, env, place) for env, place in facts.items()), *mistakes.planned(terraform, TREE)]
    chosen = [job for job in first if not arguments.only or arguments.only in job.name]
    failed = jobs.run(chosen, passed, console)
    second: list[Job] = []
    if not arguments.only and not [name for name in failed if name.startswith("live ")]:
        second = [*kubernetes.planned(terraform.tools, arguments.manifests, facts), *costs.planned(TREE, facts)]
        failed += jobs.run(second, passed, console)
    total = len(chosen) + len(second)
    console.show(f"\n{total - len(failed)} passed, {len(failed)} failed, {time.monotonic() - began:.0f} s" + "".join(f"\n  {n}" for n in failed))
    return 1 if failed or not total else 0


def versions(terraform: Terraform) -> str:
    """What every outcome depends on: Terraform, the schema, the tools, and these programs."""
    ours = sorted([*(tools.HERE / "farol_terraform").glob("*.py"), *tools.HERE.glob("*requirements.txt")])
    parts = [terraform.tools.terraform_version, terraform.tools.schema.parent.name, terraform.tools.protocol.name]
    return fingerprint(*parts, *(path.read_text() for path in ours))


def facts_of(passed: jobs.Passed, environment: str) -> Path:
    """Where an environment's states are kept; named by what they were made of."""
    marker = passed.marker(Job(f"facts {environment}", str, inputs=(TREE / "live", TREE / "modules")))
    assert marker is not None  # it has inputs
    return marker.with_suffix(".json")


def standing_alone(terraform: Terraform) -> list[Job]:
    modules = sorted(path.parent for path in (TREE / "modules").glob("*/versions.tf"))
    shared = tuple(TREE / "modules" / name for name in mistakes.SHARED)
    found = [Job("format", lambda: formatted(terraform), inputs=(TREE,))]
    found += [Job(f"module {m.name}", lambda m=m: terraform.test_module(m), inputs=(m, *shared)) for m in modules]
    found += [Job("conventions", lambda: conventions.held(TREE, modules))]
    found += [Job("documents", lambda: documents.fresh(TREE, modules))]
    found += [Job("policy (checkov)", lambda: policy.held(terraform.tools, TREE), inputs=(TREE,))]
    found += [Job("tests of these checks", tests)]
    found += [Job("live/tf", lambda: script.worked(terraform, TREE), inputs=(TREE,))]
    return found


def chain(terraform: Terraform, passed: jobs.Passed, environment: str, facts: Path) -> Job:
    def work() -> str:
        return live.apply_all(terraform, TREE / "live", environment, facts)

    job = Job(f"live {environment}", work, inputs=(TREE / "live", TREE / "modules"))
    marker = passed.marker(job)
    # Later checks need what it finds: having passed is worth nothing without it.
    if marker is not None and not facts.is_file():
        marker.unlink(missing_ok=True)
    return job


def formatted(terraform: Terraform) -> str:
    said = run([terraform.tools.terraform, "fmt", "-check", "-recursive", "-no-color"], TREE, terraform.env, expect=(0, 3)).strip()
    if said:
        raise Failed(f"`terraform fmt -recursive` would change:\n{said}")
    return "formatted"


def tests() -> str:
    said = run([sys.executable, "-m", "unittest", "discover", "-s", str(tools.HERE / "tests")], tools.HERE, os.environ)
    counted = [line for line in said.splitlines() if line.startswith("Ran ")]
    if not counted or counted[0].startswith("Ran 0 "):
        raise Failed(f"no test was found:\n{said}")
    return counted[0].lower()


def write(terraform: Terraform) -> int:
    """Writes what is generated: modules' READMEs, the stacks' shared file, the table of costs."""
    modules = sorted(path.parent for path in (TREE / "modules").glob("*/versions.tf"))
    changed = documents.written(TREE, modules)
    passed = jobs.Passed(terraform.tools.ctx.cache / "terraform-passed", versions(terraform))
    facts = {env: facts_of(passed, env) for env in live.environments(TREE / "live")}
    for environment, place in facts.items():
        if not place.is_file():
            live.apply_all(terraform, TREE / "live", environment, place)
    changed += costs.written(TREE, facts)
    print("\n".join(f"written: {path.relative_to(tools.ROOT)}" for path in changed) or "nothing changed")
    return 0
