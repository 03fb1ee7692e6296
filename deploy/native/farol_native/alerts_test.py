"""`make alerts-test`: rules, their tests, their series, their pages and Alertmanager's routes, without a stack."""

from __future__ import annotations

import subprocess
import sys

from . import amtool, go, prerequisites, testing
from .stack import Stack

MODULES = ("test_alert_rules", "test_alertmanager", "test_slo", "test_metric_names")


def run(stack: Stack) -> int:
    """Runs the tests of deploy/native that judge alerting; `make test` runs them with all others."""
    ctx = stack.ctx
    prerequisites.satisfy(ctx, [], testing.judges)
    amtool.program(ctx)
    go.clean(ctx)
    command = [sys.executable, "-m", "unittest", *MODULES]
    return subprocess.run(command, cwd=ctx.root / "deploy/native/tests", check=False).returncode
