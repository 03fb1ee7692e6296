"""`make pgo`: profile data made anew. Programs that count what they run are trained by the benches, and what they counted is kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from . import operator_tool, prerequisites, profile_data, python_tools, rust, throwaway
from .bench import AS_SHIPPED
from .component import StackError
from .context import Context
from .stack import Stack

PROGRAMS = ("farol-gateway", "farol-worker")
# Single events and batches in, and out to rows: into a new database, one that holds many, and when little goes on.
TRAINING = (
    ("bench", "--only=single,batches,whole-path", "--rounds=1", "--seconds=15"),
    ("bench-storage", "--quick", "--only=freshness,prefilled"),
)
LOG = "pgo"


def run(stack: Stack) -> int:
    """Leaves nothing but the file."""
    ctx = stack.ctx
    operator_tool.allow_open_files()
    prerequisites.satisfy(ctx, [], lambda ctx: [*rust.prerequisites(ctx), python_tools.prerequisite()])
    merger = llvm_profdata(ctx)
    with scratch(ctx) as place:
        raw = place / "raw"
        programs = counting(ctx, place / "target", raw)
        rust.build(ctx)
        with throwaway.servers(ctx.root, {**os.environ, **AS_SHIPPED}) as env:
            train(str(rust.program(ctx, "farolctl")), programs, raw, env)
        written = merged(ctx, merger, raw, place)
    size = written.stat().st_size / 1e6
    ctx.console.show(f"{written}: {size:.1f} MB. Release builds use it from now on; before it is committed:\n  make bench-compare BASE=HEAD")
    return 0


@contextmanager
def scratch(ctx: Context) -> Iterator[Path]:
    """An empty folder in the cache; what a killed run left in it is gone, and afterwards all of it."""
    place = ctx.cache / "pgo"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def llvm_profdata(ctx: Context) -> Path:
    """LLVM's tool, as old as the compiler; rustup brings it."""
    program = Path(profile_data.asked(ctx, "sysroot")) / "lib/rustlib" / profile_data.host(ctx) / "bin/llvm-profdata"
    if program.is_file():
        return program
    if ctx.which("rustup") is None:
        raise StackError(f"{program} is not there, and no rustup that could add it (its component llvm-tools); {rust.INSTALL_RUST}")
    with ctx.step("rustup: adding llvm-tools"):
        ctx.run(["rustup", "component", "add", "llvm-tools"], cwd=ctx.root, log=LOG)
    if not program.is_file():
        raise StackError(f"rustup added llvm-tools, but {program} is not there; is rustc another toolchain's than rustup's?")
    return program


def counting(ctx: Context, target: Path, raw: Path) -> Path:
    """The folder of gateway and worker that count, and write what they counted into `raw` when they end."""
    build = profile_data.for_host(ctx, profile_data.with_flags(ctx, f"-Cprofile-generate={raw}"))
    bins = [word for name in PROGRAMS for word in ("--bin", name)]
    with ctx.step("cargo: building gateway and worker that count what they run (6 to 15 minutes)"):
        words = ["cargo", "build", *build.words, "--locked", *bins]
        ctx.run(words, cwd=ctx.root, log=LOG, env={**build.env, "CARGO_TARGET_DIR": str(target)})
    return target / build.folder


def train(farolctl: str, programs: Path, raw: Path, env: Mapping[str, str]) -> None:
    """Loads them with the benches; whatever a bench measures of them is nobody's figure."""
    # It would send elsewhere what they count.
    settings = {name: value for name, value in env.items() if name != "LLVM_PROFILE_FILE"}
    for words in TRAINING:
        code = throwaway.run([farolctl, *words], {**settings, "FAROL_BIN_DIR": str(programs)})
        if code != 0:
            raise StackError(f"`farolctl {' '.join(words)}` ended with {code}: no profile data were written")
    # One file for each program, however often it ran.
    files = list(raw.glob("*.profraw"))
    if len(files) < len(PROGRAMS):
        raise StackError(f"{len(files)} of {len(PROGRAMS)} programs wrote what they counted to {raw}; they do so when they end in good order")


def merged(ctx: Context, merger: Path, raw: Path, place: Path) -> Path:
    """What was counted, in one file that takes the old one's place when it is whole."""
    whole, kept = place / "farol.profdata", ctx.root / profile_data.FILE
    ctx.run([merger, "merge", "--sparse", "-o", whole, raw], log=LOG)
    if not whole.is_file() or whole.stat().st_size == 0:
        raise StackError(f"{merger.name} wrote nothing to {whole}")
    shutil.copyfile(whole, kept)
    return kept
