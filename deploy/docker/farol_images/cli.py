"""The command line: builds, judges, starts, and says what each image weighs and how long each service takes to be ready."""

from __future__ import annotations

import argparse
import datetime
import os
import signal
import subprocess
import sys
from pathlib import Path

from farol_native import throwaway
from farol_native.component import StackError
from farol_native.stack import Stack, open_stack

from . import bases, images, services
from .engine import Engine, engine

ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    """Parses, does, and turns what somebody can act on into one message and an exit code."""
    parser = argparse.ArgumentParser(prog="check", description="Farol's images: built, judged and started.")
    parser.add_argument("--profile", choices=images.PROFILES, default="release", help="release as shipped, or dev: quicker to compile")
    parser.add_argument("--programs", type=Path, help="a folder of programs to put in instead of compiling, where nothing can be pulled")
    arguments = parser.parse_args()
    try:
        stack = open_stack(ROOT, os.environ)
        with engine(stack.ctx) as found:
            return check(stack, found, arguments.profile, arguments.programs)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, throwaway.Interrupted):
        print("interrupted; what was built stays, what was started is stopped", file=sys.stderr)
        return 128 + signal.SIGINT


def check(stack: Stack, found: Engine, profile: str, programs: Path | None) -> int:
    """Everything; the exit code is 1 if something is wrong."""
    console = stack.ctx.console
    chosen = bases.bases(found)
    given = bases.programs(found, programs, chosen) if programs else ["--build-arg", f"PROFILE={profile}"]
    origin = f"taken from {programs}, not compiled in the image build" if programs else f"compiled in the image build, profile {profile}"
    targets = (*images.TARGETS, *images.PULLED_ONLY) if chosen.pulled else images.TARGETS
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    given += ["--build-arg", f"FAROL_COMMIT={revision()}", "--build-arg", f"FAROL_BUILT_AT={now}"]
    built = [images.build(found, target, [*chosen.arguments, *given]) for target in targets]
    with stack.ctx.step("judging what is in them"):
        for image in built:
            if image.target not in images.PULLED_ONLY:
                images.judge(found, image)
    started = services.start(found)
    console.show(f"\nbases: {chosen.said}; programs {origin}")
    for image in built:
        bill = f", {image.components} components in its bill of materials" if image.components else ""
        console.show(f"  {image.tag:28} {image.size / 1e6:7.1f} MB{bill}")
    if not chosen.pulled:
        console.show(f"  not built: {', '.join(images.PULLED_ONLY)} (its base is Apache's image)")
    for service in started.services:
        console.show(f"  {service.name:28} ready {service.ready_seconds:.2f} s after its start, {service.memory} of memory")
    console.show(f"  an event was sent by the farolctl image and found as {started.event}")
    wrong = [f"{image.tag}: {text}" for image in built for text in image.wrong] + started.wrong
    console.show(f"\n{len(built)} images built, {len(started.services)} services started, {len(wrong)} mistakes" + "".join(f"\n  {text}" for text in wrong))
    return 1 if wrong else 0


def revision() -> str:
    """The commit that is built, marked where the tree differs from it."""
    said = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True, text=True, check=False)
    if said.returncode != 0:
        raise StackError(f"git does not say which commit this is: {said.stderr.strip()}")
    return said.stdout.strip()
