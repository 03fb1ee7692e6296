"""`make fuzz`: random input for the reader of events (cargo-fuzz), then for a running gateway, by its own OpenAPI document (schemathesis)."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from . import prerequisites, python_tools, rust, smoke
from .component import StackError
from .console import Console
from .context import Context
from .smoke_session import Session
from .stack import open_stack

CARGO_FUZZ = "0.13.2"
# libFuzzer's own bound on what one input may hold in memory.
MEMORY_MIB = 2048
# What schemathesis judges: no 5xx, and nothing that the document does not say.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
    "missing_required_header",
)


def run(root: Path, words: Sequence[str]) -> int:
    """Runs both parts, or the one that is asked for; the exit code is 1 if something was found."""
    asked = options(words)
    parts: dict[str, Callable[[Path, argparse.Namespace], list[str]]] = {"reader": reader, "gateway": gateway}
    found = [name for part, work in parts.items() if asked.only in (None, part) for name in work(root, asked)]
    print("\nnothing was found" if not found else "\nFAILED: " + ", ".join(found))
    return 1 if found else 0


def options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=", description=__doc__, add_help=True)
    parser.add_argument("--only", choices=("reader", "gateway"), help="one part")
    parser.add_argument("--seconds", type=int, default=60, help="how long each target of fuzz/ runs (60)")
    parser.add_argument("--examples", type=int, default=100, help="requests that are generated for each operation (100)")
    parser.add_argument("--seed", type=int, help="repeats the requests of another run")
    return parser.parse_args(list(words))


def reader(root: Path, asked: argparse.Namespace) -> list[str]:
    """Every target of fuzz/ in turn. The ones that found something, with the input beside them in fuzz/artifacts."""
    ctx = open_stack(root, os.environ).ctx
    prerequisites.satisfy(ctx, [], rust.prerequisites)
    targets = sorted(path.stem for path in (root / "fuzz/fuzz_targets").glob("*.rs"))
    if not targets:
        raise StackError("fuzz/fuzz_targets holds no target")
    program = cargo_fuzz(ctx)
    target_folder = Path(os.environ.get("CARGO_TARGET_DIR", root / "target")) / "fuzz"
    return [target for target in targets if not fuzz(ctx, program, target, asked.seconds, target_folder)]


def fuzz(ctx: Context, program: Path, target: str, seconds: int, target_folder: Path) -> bool:
    """One target from its committed corpus. What it learns is kept in a folder of its own, so that the checkout stays clean."""
    ctx.console.show(f"--- {target}: {seconds} s")
    with tempfile.TemporaryDirectory(prefix=f"farol-fuzz-{target}-") as learnt:
        corpus = [learnt, str(ctx.root / "fuzz/corpus" / target)]
        limits = [f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY_MIB}", "-timeout=10", "-print_final_stats=1", "-verbosity=0"]
        # Coverage needs a flag of the compiler that the stable one has too, but calls unstable.
        env = {**os.environ, "RUSTC_BOOTSTRAP": "1", "CARGO_TARGET_DIR": str(target_folder)}
        command = [program, "run", "--sanitizer", "none", "--fuzz-dir", ctx.root / "fuzz", target, *corpus, "--", *limits]
        code = subprocess.run([str(word) for word in command], cwd=ctx.root, env=env, stdin=subprocess.DEVNULL, check=False).returncode
    ctx.console.show(f"--- {target}: {'nothing was found' if code == 0 else 'FAILED'}")
    return code == 0


def cargo_fuzz(ctx: Context) -> Path:
    def build(place: Path) -> None:
        with ctx.step(f"cargo-fuzz {CARGO_FUZZ}: building it (once)"):
            words = ["cargo", "install", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ, "--root", str(place)]
            ctx.run(words, log="cargo-fuzz-install", env={"CARGO_TARGET_DIR": str(place / "target")})
            ctx.run(["rm", "-rf", place / "target"], log="cargo-fuzz-install")

    return ctx.cached("cargo-fuzz", CARGO_FUZZ, build) / "bin/cargo-fuzz"


def gateway(root: Path, asked: argparse.Namespace) -> list[str]:
    """Requests by the document that the gateway itself serves, to a stack of its own."""
    home = Path(tempfile.mkdtemp(prefix=f"farol-fuzz-{os.getpid()}-"))
    home.chmod(0o755)
    session = Session(root, home, smoke.environment(os.environ, home), Console())
    try:
        if session.farol("up", "--only", "gateway,worker") != 0:
            return ["the stack did not start"]
        return [] if schemathesis(session, asked) == 0 else ["gateway"]
    finally:
        session.farol("clean")
        shutil.rmtree(home, ignore_errors=True)


def schemathesis(session: Session, asked: argparse.Namespace) -> int:
    ctx = session.stack.ctx
    folder = python_tools.installed(ctx, "fuzz-tools", ctx.root / "deploy/native/fuzz-requirements.txt")
    addresses = session.addresses
    # Its settings name the key by variable: arguments can be read by anybody on the machine.
    env = {**session.env, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "FAROL_KEY": addresses["FAROL_KEY"]}
    settings = ctx.root / "deploy/native/schemathesis.toml"
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings), "run"]
    command += [addresses["FAROL_GATEWAY_URL"] + "/openapi.json", "--checks", ",".join(CHECKS)]
    command += ["--max-examples", str(asked.examples), *(["--seed", str(asked.seed)] if asked.seed is not None else [])]
    # It keeps its database of examples where it stands.
    return subprocess.run(command, env=env, cwd=session.home, stdin=subprocess.DEVNULL, check=False).returncode
