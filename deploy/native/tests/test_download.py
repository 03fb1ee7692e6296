"""An archive is used whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import io
import tarfile
import unittest

from context_fixture import ContextTest, archive, serving

from farol_native.component import StackError
from farol_native.download import fetch_archive

NOWHERE = "http://127.0.0.1:9"


class FetchArchive(ContextTest):
    def setUp(self) -> None:
        super().setUp()
        self.served = self.folder / "served"
        self.place = self.folder / "place"
        self.served.mkdir()
        self.place.mkdir()

    def fetch(self, sha256: str = "") -> None:
        with serving(self.served) as address:
            fetch_archive(f"{address}/a.tar.gz", sha256, self.place)

    def refused(self, text: str, sha256: str = "") -> None:
        """The fetch is refused in one line that says this, and leaves no file."""
        with self.assertRaisesRegex(StackError, text) as caught:
            self.fetch(sha256)
        self.assertNotIn("\n", str(caught.exception))

    def test_unpacks_what_it_fetched_and_keeps_programs_executable(self) -> None:
        path = archive(self.served / "a.tar.gz", {"a/bin/tool": "x", "a/page.html": "y"}, frozenset({"a/bin/tool"}))
        self.fetch(hashlib.sha256(path.read_bytes()).hexdigest())
        self.assertEqual((self.place / "a/page.html").read_text(), "y")
        self.assertEqual((self.place / "a/page.html").stat().st_mode & 0o777, 0o644)
        self.assertEqual((self.place / "a/bin/tool").stat().st_mode & 0o777, 0o755)

    def test_a_wrong_checksum_is_told_and_nothing_is_unpacked(self) -> None:
        archive(self.served / "a.tar.gz", {"a": "x"})
        self.refused("not the expected", "0" * 64)
        self.assertEqual(list(self.place.iterdir()), [])

    def test_an_address_that_does_not_answer(self) -> None:
        with self.assertRaisesRegex(StackError, "cannot be reached"):
            fetch_archive(f"{NOWHERE}/a.tar.gz", "", self.place)

    def test_an_address_without_the_file(self) -> None:
        self.refused("cannot be reached.*404")

    def test_an_archive_cut_short(self) -> None:
        path = archive(self.served / "a.tar.gz", {"a": "x" * 100_000})
        path.write_bytes(path.read_bytes()[:-20])
        self.refused("not a .tar.gz that can be unpacked")

    def test_something_else_than_an_archive(self) -> None:
        (self.served / "a.tar.gz").write_text("<html>sign in</html>")
        self.refused("not a .tar.gz that can be unpacked")

    def test_names_that_point_outside(self) -> None:
        for name in ("../outside", "/tmp/farol-outside", "a/../../outside"):
            with self.subTest(name):
                archive(self.served / "a.tar.gz", {name: "x"})
                self.refused("not a plain file inside")
                self.assertFalse((self.folder / "outside").exists())

    def test_links(self) -> None:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            with self.subTest(kind), tarfile.open(self.served / "a.tar.gz", "w:gz") as tar:
                member = tarfile.TarInfo("a")
                member.type, member.linkname = kind, "/etc/passwd"
                tar.addfile(member, io.BytesIO())
            self.refused("not a plain file inside")

    def test_plain_http_is_for_this_machine_only(self) -> None:
        for url in ("http://example.org/a.tar.gz", "ftp://127.0.0.1/a.tar.gz", "file:///etc/passwd"):
            with self.subTest(url), self.assertRaisesRegex(StackError, "is not an https address"):
                fetch_archive(url, "", self.place)


if __name__ == "__main__":
    unittest.main()
