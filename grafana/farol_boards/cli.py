"""The words of `grafana/boards`."""

from __future__ import annotations

import argparse
import os

from . import files
from .check import live, offline


def main() -> int:
    """Does what is asked; 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="grafana/boards", description="Farol's boards.")
    words = parser.add_subparsers(required=True, metavar="command")
    words.add_parser("build", help="write grafana/dashboards").set_defaults(action=build)
    words.add_parser("check", help="judge the boards without a stack").set_defaults(action=lambda _: report(offline.findings()))
    word = words.add_parser("live", help="ask a running Prometheus for every panel's data")
    word.add_argument("--prometheus", default=os.environ.get("FAROL_PROMETHEUS_URL", "http://127.0.0.1:9090"), help="its address")
    word.add_argument("--wait", type=float, default=0, help="seconds to wait for what is not there yet")
    word.add_argument("--stopped", default=os.environ.get("FAROL_STOPPED", ""), metavar="JOB", help="the job that is stopped: its own panels are not asked")
    word.set_defaults(action=lambda arguments: ask(arguments.prometheus, arguments.wait, arguments.stopped))
    arguments = parser.parse_args()
    return arguments.action(arguments)


def build(_arguments: argparse.Namespace) -> int:
    changed = files.build()
    print("wrote " + ", ".join(changed) if changed else "nothing has changed")
    return 0


def report(found: list[str]) -> int:
    """Prints what is wrong, or what was looked at."""
    boards = files.committed()
    count = sum(len(files.panels(board)) for board in boards.values())
    print("\n".join(found) if found else f"{len(boards)} boards with {count} panels are as they should be")
    return 1 if found else 0


def ask(address: str, patience: float, stopped: str) -> int:
    """Prints the panels without data and those that cannot have any here."""
    answer = live.ask(address, patience, stopped=stopped)
    for reason, names in answer.external.items():
        print(f"{len(names)} panels not asked: {reason}")
    print("\n".join(answer.failures) if answer.failures else f"{answer.asked} queries of {answer.panels} panels have data")
    return 1 if answer.failures else 0
