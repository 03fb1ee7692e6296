"""`make docs-check`: the pages' commands held against the real farolctl, then typed, page by page, in one clone and one stack."""

from __future__ import annotations

import functools
import subprocess
import tempfile
import time
from pathlib import Path

from .. import rust
from ..component import StackError
from ..smoke_session import CheckFailed
from . import bed, check, commands, comparison, runnable
from .markdown import Page

# The README brings the stack up that the others find.
FIRST = "README.md"
PAGE_SECONDS = 120


def run(root: Path) -> int:
    """The exit code is 1 if a page is wrong; all pages are followed even then, unless there is no stack for them."""
    with bed.made(root, "docs") as made:
        pages = check.pages_of(made.checkout, bed.files(made.stack))
        wrong = check.problems(root, bed.files(made.stack)) + farolctl_problems(made, pages)
        try:
            wrong += follow_all(made, pages)
        except (StackError, CheckFailed, runnable.Mistake) as error:
            wrong.append(str(error))
        for problem in wrong:
            made.session.console.show(problem)
        made.session.console.show(f"\n{len(pages)} pages, {len(wrong)} problems")
    return 1 if wrong else 0


def farolctl_problems(made: bed.Bed, pages: dict[str, Page]) -> list[str]:
    """Commands and options that the program does not have."""
    program = rust.program(made.stack.ctx, "farolctl")

    @functools.cache
    def ask(words: tuple[str, ...]) -> str:
        return made.session.run([str(program), *words, "--help"], env={})

    return [f"{name}:{problem}" for name, page in pages.items() for problem in commands.unknown(page, ask)]


def follow_all(made: bed.Bed, pages: dict[str, Page]) -> list[str]:
    """Follows each page that has something marked; FIRST before all others."""
    marked = {name: found for name, page in pages.items() if (found := runnable.steps(page))}
    if FIRST not in marked:
        raise runnable.Mistake(f"{FIRST} has no marked command, so nothing brings a stack up")
    wrong: list[str] = []
    for name in sorted(marked, key=lambda name: (name != FIRST, name)):
        began = time.monotonic()
        found = follow(made, name, marked[name])
        verdict = "FAILED" if found else "passed"
        made.session.console.say(f"{verdict}  {name}: {len(marked[name])} commands ({time.monotonic() - began:.1f} s)")
        wrong += found
    return wrong


def follow(made: bed.Bed, name: str, steps: list[runnable.Step]) -> list[str]:
    """Types the commands of a page into one shell, and compares what they print; one line for each that is not as shown."""
    up = (made.session.home / "env").is_file()
    typed = [runnable.localized(step.command, made.addresses) if up else step.command for step in steps]
    with tempfile.TemporaryDirectory(prefix="farol-page-") as folder:
        script = Path(folder) / "page.sh"
        script.write_text(runnable.script(typed, folder))
        try:
            subprocess.run(
                ["bash", str(script)], cwd=made.checkout, env=dict(made.env), stdin=subprocess.DEVNULL, check=False, timeout=PAGE_SECONDS
            )
        except subprocess.TimeoutExpired:
            return [f"{name}: not done within {PAGE_SECONDS} s; {last_words(Path(folder), steps)}"]
        if not (Path(folder) / "done").is_file():
            return [f"{name}:{last_words(Path(folder), steps)}"]
        return list(differences(name, Path(folder), steps))


def differences(name: str, folder: Path, steps: list[runnable.Step]):
    for number, step in enumerate(steps):
        if step.expected is None:
            continue
        wrong = comparison.difference(step.expected.info, step.expected.text, (folder / f"{number}.out").read_text())
        if wrong:
            yield f"{name}:{step.expected.line}: {wrong}"


def last_words(folder: Path, steps: list[runnable.Step]) -> str:
    """The command that a page ended at, and what it said."""
    number = max(int(path.stem) for path in folder.glob("*.out"))
    said = (folder / f"{number}.out").read_text()[-700:] + (folder / f"{number}.err").read_text()[-700:]
    return f"{steps[number].line}: `{steps[number].command.strip().splitlines()[-1]}` is where it ended:\n{said}"
