#!/usr/bin/env python3
"""Tests of the landing page in a real browser, on a real gateway and worker with Kafka, PostgreSQL and Redis.

The servers are those that FAROL_TEST_* name, else throw-away ones; the programs are built by cargo, or taken from
FAROL_BIN_DIR. Prints `N passed, N failed`; the exit code is 0 only without failures."""

import contextlib
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # a test run leaves nothing behind in the checkout
ROOT = Path(__file__).resolve().parents[4]
sys.path[1:1] = [str(ROOT / "deploy/browser"), str(ROOT / "deploy/native")]

from farol_browser import environment  # noqa: E402
from farol_native import prerequisites, rust, throwaway  # noqa: E402
from farol_native.component import StackError  # noqa: E402
from farol_native.stack import open_stack  # noqa: E402

SERVERS = ("FAROL_TEST_KAFKA_BROKERS", "FAROL_TEST_DATABASE_URL", "FAROL_TEST_REDIS_URL")


def main():
    try:
        environment.enter_virtual_environment()
        chromium = environment.require_chromium()
        programs = build()
        import suite  # not before: it imports selenium, which is there once the virtual environment has been entered

        with servers() as addresses:
            passed, failed = suite.run(programs, addresses, chromium)
    except (environment.Missing, StackError) as missing:
        sys.exit(f"page tests cannot run: {missing}")
    except throwaway.Interrupted as interrupted:
        return 128 + interrupted.number
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def build():
    """Where the programs are."""
    ctx = open_stack(ROOT, os.environ).ctx
    prerequisites.satisfy(ctx, [], rust.prerequisites)
    rust.build(ctx)
    return {name: rust.program(ctx, name) for name in ("farol-gateway", "farol-worker", "farolctl")}


def servers():
    if all(name in os.environ for name in SERVERS):
        return contextlib.nullcontext(os.environ)
    return throwaway.servers(ROOT, os.environ)


if __name__ == "__main__":
    sys.exit(main())
