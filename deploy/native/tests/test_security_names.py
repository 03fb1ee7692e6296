"""Each test that docs/SECURITY.md names is there, in the crate that it is said to be in."""

from __future__ import annotations

import re
import unittest

from context_fixture import ROOT


class NamedTests(unittest.TestCase):
    def test_each_is_a_test_of_its_crate(self) -> None:
        rows = [line.rstrip(" |").rpartition("| ")[2] for line in (ROOT / "docs/SECURITY.md").read_text().splitlines() if line.startswith("|")]
        named = [(crate, names) for row in rows for crate, names in re.findall(r"(\w+): ((?:`\w+`(?:, )?)+)", row)]
        self.assertGreater(len(named), 20)
        for crate, names in named:
            sources = "\n".join(path.read_text() for path in (ROOT / "crates" / crate).rglob("*.rs"))
            for name in re.findall(r"`(\w+)`", names):
                with self.subTest(crate=crate, name=name):
                    self.assertRegex(sources, rf"fn {name}\(")


if __name__ == "__main__":
    unittest.main()
