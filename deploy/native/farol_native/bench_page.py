"""The figures on the pages on performance: tables between markers, written from docs/bench and never by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from .component import StackError
from .context import Context

FOLDER = Path("docs/bench")
PAGES = (Path("docs/PERFORMANCE.md"), Path("docs/PERFORMANCE-STORAGE.md"))
MARKED = re.compile(r"(<!-- figures: (?P<name>[a-z/-]+\.json) -->\n).*?(<!-- end of figures -->)", re.DOTALL)
VERDICTS = {True: "kept", False: "**missed**", None: ""}


def write(root: Path) -> None:
    """Puts the figures into the pages."""
    for page in PAGES:
        path = root / page
        path.write_text(rendered(root, path.read_text()))


def refuse_stale(ctx: Context) -> None:
    """Fails where a page is not what docs/bench says."""
    for page in PAGES:
        text = (ctx.root / page).read_text()
        if text != rendered(ctx.root, text):
            raise StackError(f"{page} is not what {FOLDER} says; `make bench-page` writes it")


def rendered(root: Path, text: str) -> str:
    """The page with the tables of today's files; a page without a marker is a mistake."""
    if not MARKED.search(text):
        raise StackError("the page has no place for figures: <!-- figures: all/intake.json -->")
    return MARKED.sub(lambda place: place[1] + figures(root, place["name"]) + place[3], text)


def figures(root: Path, name: str) -> str:
    """Conditions, rows and picture of one file."""
    path = root / FOLDER / name
    if not path.is_file():
        return f"Not measured yet: `make {command(name)}` writes the figures.\n"
    try:
        document = json.loads(path.read_text())
        rows = "".join(line(row) for row in document["rows"])
        conditions = "; ".join(f"{name} {value}" for name, value in document["conditions"].items())
    except (ValueError, KeyError, TypeError) as error:
        raise StackError(f"{FOLDER / name} is not a bench's document: {error!r}") from error
    picture = path.with_suffix(".svg")
    drawn = f"\n![{name}](bench/{Path(name).with_suffix('.svg')})\n" if picture.is_file() else ""
    head = "| what | median (lowest to highest) | target | measured | |\n| --- | --- | --- | --- | --- |\n"
    return f"\n{head}{rows}{drawn}\nConditions: {conditions}.\n\n"


def command(name: str) -> str:
    """The target of the Makefile that writes a file."""
    variant = name.partition("/")[0]
    return "bench" if variant == "headline" else f"bench-{variant}"


def line(row: Mapping) -> str:
    """One row of the table."""
    measures = "<br>".join(measure(side, of) for side, of in row["measures"].items())
    cells = [f"{row['what']}, {row['unit']}", measures, row["target"] or "", row["measured"] or "", VERDICTS[row["passed"]]]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def measure(side: str, of: Mapping) -> str:
    """One side's numbers."""
    return f"{side.strip()}: {number(of['median'])} ({number(of['min'])} to {number(of['max'])})"


def number(value: float) -> str:
    """Three digits that matter, more where they stand before the point."""
    size = abs(value)
    digits = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"
