"""`make check`: everything that can be said about the sources without running them; all checks run, each has a verdict."""

from __future__ import annotations

import ast
import subprocess
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import alert_files, bench_page, go, prerequisites, python_tools, rust, rust_modules, workflows
from .component import Prerequisite, StackError, command_prerequisite
from .context import Context
from .pages import check as pages_check
from .stack import Stack

CARGO_DENY = "0.20.2"
# Two versions of one of these are two worlds whose spans do not meet, and nothing says so at run time.
SINGLE = ("opentelemetry", "opentelemetry_sdk", "opentelemetry-otlp", "tracing-opentelemetry")
YAML_RULES = "{extends: relaxed, rules: {line-length: disable, document-start: disable, new-lines: {type: unix}}}"
# Mistakes, not taste: unused and undefined names, mutable defaults, swallowed errors.
PYTHON_RULES = ["--select", "E9,F,W,B,PLE,S110"]
# An optional step of an interface is an empty method; zip of a list and its tail is meant;
# a function that is called within its turn of the loop binds what it should.
PYTHON_EXCEPTIONS = ["--ignore", "B023,B027,B905"]


@dataclass(frozen=True)
class Check:
    """A name and what it runs; it fails by raising StackError."""

    name: str
    run: Callable[[Context], None]


def run(stack: Stack) -> int:
    """Runs all checks; the exit code is 1 if one failed."""
    ctx = stack.ctx
    prerequisites.satisfy(ctx, [], needed)
    failed: list[str] = []
    for check in CHECKS:
        began = time.monotonic()
        ctx.console.show(f"--- {check.name}")
        try:
            check.run(ctx)
        except StackError as error:
            failed.append(check.name)
            ctx.console.show(str(error))
        verdict = "FAILED" if check.name in failed else "passed"
        ctx.console.show(f"--- {check.name}: {verdict} ({time.monotonic() - began:.1f} s)")
    ctx.console.show(f"\n{len(CHECKS) - len(failed)} passed, {len(failed)} failed" + "".join(f"\n  {name}" for name in failed))
    return 1 if failed else 0


def needed(ctx: Context) -> list[Prerequisite]:
    promtool = command_prerequisite(ctx, "promtool", "prometheus")
    return [*rust.prerequisites(ctx), python_tools.prerequisite(), go.go_prerequisite(ctx), promtool]


def formatting(ctx: Context) -> None:
    say_or_fail(ctx, ["cargo", "fmt", "--all", "--check"])


def lints(ctx: Context) -> None:
    say_or_fail(ctx, ["cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])


def documentation(ctx: Context) -> None:
    words = ["cargo", "doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]
    say_or_fail(ctx, words, {"RUSTDOCFLAGS": "-D warnings"})


def dependencies(ctx: Context) -> None:
    """Licences, sources and bans; advisories need a database that is fetched from elsewhere, and are CI's."""

    def build(place: Path) -> None:
        with ctx.step(f"cargo-deny {CARGO_DENY}: building it (once)"):
            quick = {"CARGO_PROFILE_RELEASE_LTO": "false", "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1"}
            quick |= {"CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16", "CARGO_TARGET_DIR": str(place / "target")}
            words = ["cargo", "install", "--locked", "cargo-deny", "--version", CARGO_DENY, "--root", str(place)]
            ctx.run(words, log="cargo-deny-install", env=quick)
            ctx.run(["rm", "-rf", place / "target"], log="cargo-deny-install")

    program = ctx.cached("cargo-deny", CARGO_DENY, build) / "bin/cargo-deny"
    say_or_fail(ctx, [program, "--workspace", "--locked", "check", "bans", "licenses", "sources"])


def one_telemetry_version(ctx: Context) -> None:
    lock = tomllib.loads((ctx.root / "Cargo.lock").read_text())
    wrong = [
        f"{name}: {', '.join(found) or 'not in Cargo.lock'}"
        for name in SINGLE
        if len(found := [package["version"] for package in lock["package"] if package["name"] == name]) != 1
    ]
    if wrong:
        raise StackError("there must be exactly one version of each:\n  " + "\n  ".join(wrong))


def modules(ctx: Context) -> None:
    files = sources(ctx, lambda path: path.suffix == ".rs")
    if not files:
        raise StackError("no Rust file was found")
    if strays := rust_modules.undeclared(ctx, files):
        raise StackError("no module declares these files, so nothing compiles them:\n  " + "\n  ".join(strays))


def python(ctx: Context) -> None:
    files = sources(ctx, lambda path: path.suffix == ".py" or "python" in shebang(path))
    for path in files:
        try:
            ast.parse(path.read_text(), str(path))
        except SyntaxError as error:
            raise StackError(f"{path}:{error.lineno}: {error.msg}") from error
    words = ["check", "--no-cache", "--isolated", "--output-format", "concise", "--target-version", "py311"]
    say_or_fail(ctx, [tools(ctx) / "bin/ruff", *words, *PYTHON_RULES, *PYTHON_EXCEPTIONS, *files])


def shell(ctx: Context) -> None:
    files = sources(ctx, lambda path: path.suffix == ".sh" or shebang(path).endswith(("sh", "bash")))
    if not files:
        raise StackError("no shell script was found, not even .ci/run")
    say_or_fail(ctx, [tools(ctx) / "bin/shellcheck", *files])


def yaml(ctx: Context) -> None:
    files = sources(ctx, lambda path: path.suffix in (".yaml", ".yml"))
    environment = {"PYTHONPATH": str(tools(ctx))}
    say_or_fail(ctx, ["python3", "-m", "yamllint", "--strict", "-d", YAML_RULES, *files], environment)


def github_workflows(ctx: Context) -> None:
    for command in workflows.commands(ctx, tools(ctx)):
        say_or_fail(ctx, command)


def boards(ctx: Context) -> None:
    say_or_fail(ctx, ["python3", ctx.root / "grafana/boards", "check"])


def pages(ctx: Context) -> None:
    names = {str(path.relative_to(ctx.root)) for path in sources(ctx, lambda _: True)}
    found = pages_check.problems(ctx.root, names)
    if found:
        raise StackError("\n".join(found))


def tools(ctx: Context) -> Path:
    return python_tools.installed(ctx, "check-tools", ctx.root / "deploy/native/check-requirements.txt")


def sources(ctx: Context, wanted: Callable[[Path], bool]) -> list[Path]:
    """Files of the repository, new ones too, that are not ignored."""
    listing = ctx.output(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ctx.root)
    if listing is None:
        raise StackError("`git ls-files` fails; make check looks at the files of a git checkout")
    paths = [ctx.root / name for name in listing.split("\0") if name]
    return [path for path in paths if path.is_file() and not path.is_symlink() and wanted(path)]


def shebang(path: Path) -> str:
    """The interpreter a file names, else nothing."""
    with path.open("rb") as file:
        first = file.readline(200)
    return first[2:].decode(errors="replace").strip() if first.startswith(b"#!") else ""


def say_or_fail(ctx: Context, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
    """Runs a tool with its output on the terminal."""
    words = [str(word) for word in command]
    result = subprocess.run(words, cwd=ctx.root, env={**ctx.env, **(env or {})}, stdin=subprocess.DEVNULL, check=False)
    if result.returncode != 0:
        raise StackError(f"{Path(words[0]).name} ended with {result.returncode}")


CHECKS = (
    Check("formatting (cargo fmt)", formatting),
    Check("modules (every Rust file is declared)", modules),
    Check("python (syntax, ruff)", python),
    Check("shell (shellcheck)", shell),
    Check("yaml (yamllint)", yaml),
    Check("workflows (actionlint, zizmor)", github_workflows),
    Check("alerting files (as their sources say)", alert_files.refuse_stale),
    Check("figures (README.md and docs/PERFORMANCE*.md as docs/bench says)", bench_page.refuse_stale),
    Check("boards (rules, queries, metrics)", boards),
    Check("pages (links, form, names)", pages),
    Check("one version of each OpenTelemetry crate", one_telemetry_version),
    Check("dependencies (cargo deny)", dependencies),
    Check("lints (cargo clippy)", lints),
    Check("documentation (cargo doc)", documentation),
)
