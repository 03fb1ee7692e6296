"""The figures on the pages that tell them: tables between markers, written from docs/bench and never by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .component import StackError
from .context import Context

FOLDER = Path("docs/bench")
PAGES = (Path("docs/PERFORMANCE.md"), Path("docs/PERFORMANCE-STORAGE.md"), Path("README.md"))
# All rows of a file; or of some rows the medians of some sides, beside each other.
MARKED = re.compile(r"(<!-- figures: (?P<name>[a-z/-]+\.json) -->\n).*?(<!-- end of figures -->)", re.DOTALL)
CHOSEN = re.compile(
    r"(<!-- medians: (?P<name>[a-z/-]+\.json) \| (?P<sides>[^|\n]+) \| (?P<rows>[^|\n]+) -->\n).*?(<!-- end of figures -->)", re.DOTALL
)
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
    if not MARKED.search(text) and not CHOSEN.search(text):
        raise StackError("the page has no place for figures: <!-- figures: all/intake.json -->")
    text = MARKED.sub(lambda place: place[1] + figures(root, place["name"]) + place[3], text)
    return CHOSEN.sub(lambda place: place[1] + medians(root, place["name"], words(place["sides"]), words(place["rows"])) + place[5], text)


def words(listed: str) -> list[str]:
    return [word.strip() for word in listed.split(";")]


def figures(root: Path, name: str) -> str:
    """Conditions, rows and picture of one file."""

    def all_of(document: Mapping) -> str:
        rows = "".join(line(row) for row in document["rows"])
        conditions = "; ".join(f"{name} {value}" for name, value in document["conditions"].items())
        picture = (root / FOLDER / name).with_suffix(".svg")
        drawn = f"\n![{name}](bench/{Path(name).with_suffix('.svg')})\n" if picture.is_file() else ""
        head = "| what | median (lowest to highest) | target | measured | |\n| --- | --- | --- | --- | --- |\n"
        return f"\n{head}{rows}{drawn}\nConditions: {conditions}.\n\n"

    return told(root, name, all_of)


def medians(root: Path, name: str, sides: Sequence[str], rows: Sequence[str]) -> str:
    """A line for each of these rows of one file, a column for each of these sides."""

    def some_of(document: Mapping) -> str:
        by_id = {row["id"]: row for row in document["rows"]}
        head = "".join(f"| {cell} " for cell in ["", *sides]) + "|\n" + "| --- " * (len(sides) + 1) + "|\n"
        return f"\n{head}{''.join(beside(by_id[row], sides) for row in rows)}\n"

    return told(root, name, some_of)


def told(root: Path, name: str, tell: Callable[[Mapping], str]) -> str:
    """What is told of one file, if it is there."""
    path = root / FOLDER / name
    if not path.is_file():
        return f"Not measured yet: `make {command(name)}` writes the figures.\n"
    try:
        return tell(json.loads(path.read_text()))
    except (ValueError, KeyError, TypeError) as error:
        raise StackError(f"{FOLDER / name} is not a bench's document, or has not what is asked for: {error!r}") from error


def command(name: str) -> str:
    """The target of the Makefile that writes a file."""
    variant = name.partition("/")[0]
    return "bench" if variant == "headline" else f"bench-{variant}"


def line(row: Mapping) -> str:
    """One row of the table."""
    measures = "<br>".join(measure(side, of) for side, of in row["measures"].items())
    cells = [f"{row['what']}, {row['unit']}", measures, row["target"] or "", row["measured"] or "", VERDICTS[row["passed"]]]
    return of_cells(cells)


def beside(row: Mapping, sides: Sequence[str]) -> str:
    """The medians of one row."""
    return of_cells([f"{row['what']}, {row['unit']}", *(number(row["measures"][side]["median"]) for side in sides)])


def of_cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def measure(side: str, of: Mapping) -> str:
    """One side's numbers."""
    return f"{side.strip()}: {number(of['median'])} ({number(of['min'])} to {number(of['max'])})"


def number(value: float) -> str:
    """Three digits that matter, more where they stand before the point."""
    size = abs(value)
    digits = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"
