"""Which pages Jaeger shows: the released ones where they can be had, Farol's viewer otherwise."""

from __future__ import annotations

import hashlib
import unittest
from pathlib import Path

from context_fixture import ROOT, ContextTest, archive, serving

from farol_native.components.jaeger import official
from farol_native.jaeger_pages import pages

FILES = {
    "packages/jaeger-ui/build/index.html": "<html>released</html>",
    "packages/jaeger-ui/build/static/index.js": "x",
    "packages/jaeger-ui/build/static/deeper/index.html": "not this one",
}
VIEWER = ROOT / "jaeger" / "viewer"


class Pages(ContextTest):
    def setUp(self) -> None:
        super().setUp()
        self.served = self.folder / "served"
        self.served.mkdir()

    def pages(self, address: str, sha256: str = "") -> Path:
        settings = {"FAROL_JAEGER_UI_URL": f"{address}/assets.tar.gz", "FAROL_JAEGER_UI_SHA256": sha256}
        return pages(self.context(settings))

    def test_released_pages_are_fetched_once_and_kept(self) -> None:
        path = archive(self.served / "assets.tar.gz", FILES)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        with serving(self.served) as address:
            folder = self.pages(address, sha256)
            path.unlink()
            self.assertEqual(self.pages(address, sha256), folder)
        self.assertEqual((folder / "index.html").read_text(), "<html>released</html>")
        self.assertTrue((folder / "static/index.js").is_file())
        self.assertEqual(self.said.getvalue(), "")

    def test_a_wrong_checksum_costs_one_line_and_shows_the_viewer(self) -> None:
        archive(self.served / "assets.tar.gz", FILES)
        with serving(self.served) as address:
            self.assertEqual(self.pages(address, "0" * 64), VIEWER)
        self.assert_one_line("not the expected")

    def test_an_unreachable_release_costs_one_line_and_shows_the_viewer(self) -> None:
        self.assertEqual(self.pages("http://127.0.0.1:9"), VIEWER)
        self.assert_one_line("cannot be reached")

    def test_an_archive_without_a_page_is_not_kept(self) -> None:
        archive(self.served / "assets.tar.gz", {"readme": "x"})
        with serving(self.served) as address:
            self.assertEqual(self.pages(address), VIEWER)
        self.assert_one_line("holds no index.html")
        self.assertEqual([path for path in (self.folder / "cache").iterdir() if path.is_dir()], [])

    def test_one_up_asks_once(self) -> None:
        ctx = self.context({"FAROL_JAEGER_UI_URL": "http://127.0.0.1:9/assets.tar.gz"})
        self.assertEqual([pages(ctx), pages(ctx)], [VIEWER, VIEWER])
        self.assert_one_line("cannot be reached")

    def test_the_viewer_is_there(self) -> None:
        self.assertTrue((VIEWER / "index.html").is_file())

    def assert_one_line(self, text: str) -> None:
        self.assertIn(text, self.said.getvalue())
        self.assertEqual(self.said.getvalue().count("\n"), 1, self.said.getvalue())


class Official(ContextTest):
    def test_a_release_says_its_version(self) -> None:
        path = self.program_on_path("jaeger", """echo '{"gitCommit":"1","gitVersion":"v2.13.0","buildDate":""}'""")
        self.assertEqual(official(self.context(path)), self.folder / "bin" / "jaeger")

    def test_a_build_without_version_has_no_pages_inside(self) -> None:
        path = self.program_on_path("jaeger", """echo '{"gitCommit":"","gitVersion":"","buildDate":""}'""")
        self.assertIsNone(official(self.context(path)))

    def test_jaeger_1_reads_no_such_config(self) -> None:
        path = self.program_on_path("jaeger", """echo '{"gitCommit":"1","gitVersion":"v1.76.0","buildDate":""}'""")
        self.assertIsNone(official(self.context(path)))


if __name__ == "__main__":
    unittest.main()
