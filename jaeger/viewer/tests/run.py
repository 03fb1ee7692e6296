#!/usr/bin/env python3
"""Tests of the trace viewer in a real browser against a real Jaeger.

Without options a Jaeger is started on free ports, given traces of every kind, and looked at; with --jaeger a running
one is looked at, by a trace that it already has. Prints `N passed, N failed`; the exit code is 0 only without failures."""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # a test run leaves nothing behind in the checkout
sys.path.insert(1, str(Path(__file__).resolve().parents[3] / "deploy/browser"))

from farol_browser import environment  # noqa: E402
from jaeger_process import require_jaeger  # noqa: E402


def main():
    arguments = parse_arguments()
    try:
        environment.enter_virtual_environment()
        chromium, chromedriver = environment.require_chromium()
        binary = None if arguments.jaeger else require_jaeger(arguments.jaeger_binary)
    except environment.Missing as missing:
        sys.exit(f"viewer tests cannot run: {missing}")
    import suite  # not before: it imports selenium, which is there once the virtual environment has been entered

    if arguments.jaeger:
        passed, failed = suite.run_on_given(arguments.jaeger, arguments.trace, chromium, chromedriver)
    else:
        passed, failed = suite.run_on_own(binary, chromium, chromedriver)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jaeger", metavar="URL", help="a running Jaeger that serves the viewer, such as http://127.0.0.1:16686")
    parser.add_argument("--trace", metavar="ID", help="with --jaeger: the trace to look at (default: the newest it has)")
    parser.add_argument("--jaeger-binary", metavar="FILE", help="the Jaeger to start (default: the newest build in the cache)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
