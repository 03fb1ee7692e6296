"""The server's warnings that are no mistakes, each listed with its reason in deploy/verify/warnings.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

LIST = "deploy/verify/warnings.yaml"


class Tolerated:
    """The list, and which of its entries were met."""

    def __init__(self, root: Path) -> None:
        import yaml

        self._entries = yaml.safe_load((root / LIST).read_text()) or []
        self._met: set[int] = set()

    def covers(self, source: str, what: str, warning: str) -> bool:
        for number, entry in enumerate(self._entries):
            if re.fullmatch(entry["source"], source) and re.fullmatch(entry["object"], what) and re.fullmatch(entry["warning"], warning):
                self._met.add(number)
                return True
        return False

    def unmet(self) -> Iterator[str]:
        """An entry that nothing needs any more hides the next mistake."""
        for number, entry in enumerate(self._entries):
            if number not in self._met:
                yield f"{LIST}: nothing warns as `{entry['warning']}` about {entry['object']} of {entry['source']} any more"
