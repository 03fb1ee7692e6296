"""Where Jaeger's UI comes from when the program has none inside: the released pages of jaeger-ui, else our own viewer."""

from __future__ import annotations

from pathlib import Path

from .component import StackError
from .context import Context
from .download import fetch_archive
from .fingerprint import fingerprint

# jaeger-ui is released beside Jaeger, and numbered like Jaeger 1; this is the one that 2.13.0 carries.
UI_VERSION = "1.76.0"
UI_URL = f"https://github.com/jaegertracing/jaeger-ui/releases/download/v{UI_VERSION}/assets.tar.gz"


def pages(ctx: Context) -> Path:
    """The folder with index.html; asked for several times in one `up`, looked for once."""
    found = ctx.once("jaeger-pages", lambda: released(ctx) or ctx.root / "jaeger" / "viewer")
    assert isinstance(found, Path)
    return found


def released(ctx: Context) -> Path | None:
    """The pages of jaeger-ui from the cache or its release; None, after one line, where that cannot be reached."""
    url = ctx.env.get("FAROL_JAEGER_UI_URL") or UI_URL
    sha256 = ctx.env.get("FAROL_JAEGER_UI_SHA256", "")

    def fetch(place: Path) -> None:
        fetch_archive(url, sha256, place)
        page_folder(place, url)

    try:
        return page_folder(ctx.cached("jaeger-ui", f"{UI_VERSION}-{fingerprint(url, sha256)}", fetch), url)
    except StackError as error:
        ctx.say(f"jaeger: its own UI is not to be had, showing Farol's viewer instead: {error}")
        return None


def page_folder(place: Path, url: str) -> Path:
    """The folder that index.html lies in, wherever the archive has it."""
    found = sorted(place.rglob("index.html"), key=lambda path: len(path.parts))
    if not found:
        raise StackError(f"{url} holds no index.html")
    return found[0].parent
