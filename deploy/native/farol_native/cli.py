"""The command line: which words there are, and which module does what they say."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from . import (
    alert_files,
    alerts_test,
    bench,
    bench_compare,
    bench_page,
    compose,
    debian,
    operator_tool,
    pgo,
    prerequisites,
    release_check,
    stack_commands,
    supervisor_tool,
    testing,
    throwaway,
    verify,
)
from .component import StackError
from .stack import Stack, open_stack
from .supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[3]
Action = Callable[[argparse.Namespace], int]


def main() -> int:
    """Parses, does, and turns what the user can act on into one message and an exit code."""
    signal.signal(signal.SIGTERM, stop)
    arguments = parser().parse_args()
    try:
        return arguments.action(arguments)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except xmlrpc.client.Fault as fault:
        print(f"error: supervisord refused: {fault.faultString}", file=sys.stderr)
        return 1
    except throwaway.Interrupted as interrupted:
        return 128 + interrupted.number
    except KeyboardInterrupt:
        print("interrupted; the same command again goes on from here, `make down` stops what runs", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Who read the output has gone; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def stop(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a command as Ctrl-C does: what must be undone is undone. The same signal comes twice where make got it
    as well and passes it on; the second must not break off the undoing."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    raise KeyboardInterrupt


def parser() -> argparse.ArgumentParser:
    """All words."""
    top = argparse.ArgumentParser(prog="farol", description="Farol's local stack; `make` lists what people type.")
    words = top.add_subparsers(required=True, metavar="command")
    for name, work, about in STACK_WORDS:
        word = words.add_parser(name, help=about)
        word.set_defaults(action=on_stack(work))
        if name == "up":
            word.add_argument("--only", type=names, help="components, comma-separated, with what they need")
    add(words, "logs", logs, "follow the logs, or one service's").add_argument("service", nargs="?")
    demo = add(words, "demo", run_demo, "one day of real flights through the stack")
    demo.add_argument("--day", help="another schedule date, YYYY-MM-DD")
    demo.add_argument("words", nargs="*", help="more words for farolctl demo, after --")
    for name, action, about in (
        ("test", run_tests, "all tests on throw-away servers; words after -- go to cargo test"),
        ("farolctl", run_farolctl, "farolctl with the addresses of the stack that is up; words after -- go to it"),
        ("bench", run_bench, "the release build's headline figures; words after -- go to farolctl bench"),
        ("bench-rivals", run_bench_rivals, "the same beside the rivals"),
        ("bench-all", run_bench_all, "every row there is, soak and rivals included"),
        ("bench-storage", run_bench_storage, "farolctl bench-storage of the release build; words after -- go to it"),
        ("load-check", run_load_check, "farolctl load-check of the release build; words after -- go to it"),
        ("telemetry-isolation", run_isolation, "farolctl telemetry-isolation of the release build; words after -- go to it"),
        ("prove", run_prove, "real load while parts are broken, then the count of what was acknowledged; words after -- choose"),
        ("alerts-drill", run_alerts_drill, "break a stack of its own and see alerts fire and resolve; words after -- choose"),
        ("scaling-plot", run_scaling, "the autoscalers' arithmetic over a load curve; words after -- choose"),
        ("fuzz", run_fuzz, "random input for the reader of events and for a running gateway; words after -- choose"),
        ("examples-check", check_examples, "the examples in five languages against a stack of its own; words after -- name languages"),
        ("compose", run_compose, "docker compose with this stack's settings, e.g. config"),
        ("supervisorctl", control, "supervisorctl of this stack, e.g. signal KILL worker"),
    ):
        add(words, name, action, about).add_argument("words", nargs="*")
    compare = add(words, "bench-compare", run_bench_compare, "CPU per event of gateway and worker beside another commit's")
    compare.add_argument("base", help="a commit, a tag or a branch")
    compare.add_argument("words", nargs="*", help="more words for farolctl bench-compare, after --")
    add(words, "pgo", make_profile_data, "profile data made anew: what release builds are optimised with")
    add(words, "bench-page", write_bench_page, "write the figures of docs/bench into the pages that tell them")
    servers = add(words, "test-servers", test_servers, "a command with throw-away PostgreSQL, Redis and Kafka")
    servers.add_argument("command", nargs="+")
    packages = add(words, "packages", install_packages, "apt-get install as root, without starting services")
    packages.add_argument("packages", nargs="+")
    add(words, "docs-check", check_docs, "the pages: links, names, and their marked commands on a stack of its own")
    add(words, "collector-check", check_collector, "the collector as Kubernetes runs it: its configurations, and both tiers on loopback")
    add(words, "smoke", run_smoke, "the whole stack from nothing on free ports, with faults")
    return top


def add(words: argparse._SubParsersAction, name: str, action: Action, about: str) -> argparse.ArgumentParser:
    word = words.add_parser(name, help=about)
    word.set_defaults(action=action)
    return word


def names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def on_stack(work: Callable[[Stack], int]) -> Action:
    """An action on this checkout's stack."""
    return lambda arguments: work(open_stack(ROOT, os.environ, only=getattr(arguments, "only", None)))


def logs(arguments: argparse.Namespace) -> int:
    return stack_commands.show_logs(open_stack(ROOT, os.environ), arguments.service)


def run_demo(arguments: argparse.Namespace) -> int:
    return operator_tool.demo(open_stack(ROOT, os.environ), arguments.day, arguments.words)


def run_tests(arguments: argparse.Namespace) -> int:
    return testing.run(open_stack(ROOT, os.environ), arguments.words)


def run_farolctl(arguments: argparse.Namespace) -> int:
    return operator_tool.with_addresses(open_stack(ROOT, os.environ), arguments.words)


def run_bench(arguments: argparse.Namespace) -> int:
    return bench.run(release_stack(), "headline", arguments.words)


def run_bench_rivals(arguments: argparse.Namespace) -> int:
    return bench.run(release_stack(), "rivals", arguments.words)


def run_bench_all(arguments: argparse.Namespace) -> int:
    return bench.run(release_stack(), "all", arguments.words)


def run_bench_compare(arguments: argparse.Namespace) -> int:
    return bench_compare.run(release_stack(), arguments.base, arguments.words)


def make_profile_data(_arguments: argparse.Namespace) -> int:
    return pgo.run(release_stack())


def write_bench_page(_arguments: argparse.Namespace) -> int:
    bench_page.write(ROOT)
    return 0


def run_bench_storage(arguments: argparse.Namespace) -> int:
    return bench.run(release_stack(), "storage", arguments.words)


def run_load_check(arguments: argparse.Namespace) -> int:
    return operator_tool.load_check(release_stack(), arguments.words)


def run_isolation(arguments: argparse.Namespace) -> int:
    return operator_tool.telemetry_isolation(release_stack(), arguments.words)


def run_fuzz(arguments: argparse.Namespace) -> int:
    from . import fuzz

    return fuzz.run(ROOT, arguments.words)


def run_scaling(arguments: argparse.Namespace) -> int:
    from .scaling import run

    return run.run(ROOT, arguments.words)


def run_alerts_drill(arguments: argparse.Namespace) -> int:
    from .drill import run

    return run.run(ROOT, arguments.words)


def check_docs(_arguments: argparse.Namespace) -> int:
    from .pages import run

    return run.run(ROOT)


def check_examples(arguments: argparse.Namespace) -> int:
    from .pages import examples

    return examples.run(ROOT, arguments.words)


def run_prove(arguments: argparse.Namespace) -> int:
    from .prove import run

    return run.run(ROOT, arguments.words)


def release_stack() -> Stack:
    """This checkout's stack with programs as they are shipped: only those are worth measuring."""
    return open_stack(ROOT, {**os.environ, "FAROL_PROFILE": "release"})


def run_smoke(_arguments: argparse.Namespace) -> int:
    from . import smoke

    return smoke.run(ROOT)


def check_collector(_arguments: argparse.Namespace) -> int:
    from .collector_check import run

    return run.run(ROOT)


def test_servers(arguments: argparse.Namespace) -> int:
    with throwaway.servers(ROOT, os.environ) as env:
        return throwaway.run(arguments.command, env)


def install_packages(arguments: argparse.Namespace) -> int:
    if not prerequisites.may_install():
        raise StackError("packages can be installed by root on a Debian system only; put sudo before this command")
    debian.install(open_stack(ROOT, os.environ).ctx, arguments.packages)
    return 0


def run_compose(arguments: argparse.Namespace) -> int:
    stack = open_stack(ROOT, os.environ)
    compose.write_settings(stack)
    compose.compose(stack.ctx, *arguments.words)
    return 0


def control(arguments: argparse.Namespace) -> int:
    ctx = open_stack(ROOT, os.environ).ctx
    supervisor = Supervisor(ctx)
    if not supervisor.is_up():
        raise StackError("the stack is not running natively; `make up` starts it")
    tool = supervisor_tool.install(ctx)
    command = [*tool.control, "-c", str(supervisor.config), *arguments.words]
    return subprocess.run(command, env={**os.environ, **tool.env}, check=False).returncode


STACK_WORDS = (
    ("up", stack_commands.up, "start everything, or what has changed"),
    ("down", stack_commands.down, "stop everything; data stays"),
    ("clean", stack_commands.clean, "stop, and remove data, logs, passwords and the key"),
    ("clean-cache", stack_commands.clean_cache, "remove the built and downloaded tools"),
    ("status", stack_commands.show_status, "processes, memory, ports"),
    ("key", stack_commands.show_key, "print the local key"),
    ("urls", stack_commands.show_urls, "print the addresses"),
    ("env", stack_commands.show_env, "print the variables to source"),
    ("alerts-test", alerts_test.run, "rules, their tests, series and pages, and Alertmanager's routes"),
    ("alerts-write", alert_files.write, "write the alerting files that follow from others"),
    ("release-check", release_check.run, "what keeps this commit from being a release"),
    ("check", verify.run, "sources: formatting, lints, documentation, dependencies, scripts"),
)
