"""The words of deploy/verify/manifests: check, apiserver-check, kind-up, kind-down, promote."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from farol_native.component import StackError
from farol_native.context import Context
from farol_native.stack import open_stack

from . import cache, judge, policy, render, tools

ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    parser = argparse.ArgumentParser(prog="manifests", description=__doc__)
    words = parser.add_subparsers(required=True, metavar="command", dest="word")
    words.add_parser("check", help="render and judge everything that a cluster would be given")
    words.add_parser("apiserver-check", help="give the same to a real API server, as dry runs")
    words.add_parser("kind-up", help="one kind cluster with everything in it")
    words.add_parser("kind-down", help="remove it")
    promote = words.add_parser("promote", help="write an image's digest, or those of another environment, into an overlay")
    promote.add_argument("environment", choices=render.ENVIRONMENTS)
    promote.add_argument("images", nargs="+", help="from=<environment>, or gateway=sha256:… and so on for each image")
    arguments = parser.parse_args()
    try:
        return WORDS[arguments.word](arguments)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def context() -> Context:
    return open_stack(ROOT, os.environ).ctx


def check(_arguments: argparse.Namespace) -> int:
    ctx = context()
    digest = cache.key(ctx)
    if cache.passed(ctx, digest):
        print("manifests: the very same files passed before; nothing to do")
        return 0
    began = time.monotonic()
    found = tools.install(ctx)
    sources = render.everything(found, ROOT)
    print(f"rendered {len(sources)} sources, {sum(len(source.manifests) for source in sources)} objects ({time.monotonic() - began:.1f} s)")
    findings = judge.everything(found, sources, ROOT) + policy.findings(ctx, sources, ROOT)
    for finding in findings:
        print(f"  {finding}")
    if findings:
        print(f"manifests: {len(findings)} findings")
        return 1
    code = seeded_mistakes()
    print(f"manifests: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - began:.1f} s")
    if code == 0:
        cache.remember(ctx, digest)
    return code


def seeded_mistakes() -> int:
    """That each kind of mistake is found, proven by making it."""
    command = [sys.executable, "-m", "unittest", "discover", "-s", str(ROOT / "deploy/verify/tests")]
    return subprocess.run(command, check=False).returncode


def apiserver_check(_arguments: argparse.Namespace) -> int:
    from farol_apiserver import cli

    return cli.check(context())


def kind_up(_arguments: argparse.Namespace) -> int:
    from farol_kind import cluster

    ctx = context()
    return cluster.up(ctx, tools.install(ctx))


def kind_down(_arguments: argparse.Namespace) -> int:
    from farol_kind import cluster

    return cluster.down(context())


def promote(arguments: argparse.Namespace) -> int:
    from farol_promote import promotion

    tools.libraries(context())
    return promotion.run(ROOT, arguments.environment, arguments.images)


WORDS = {"check": check, "apiserver-check": apiserver_check, "kind-up": kind_up, "kind-down": kind_down, "promote": promote}
