"""`make release-check` lets a release pass that is whole, and finds each seeded mistake."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from context_fixture import ROOT

from farol_native import changelog, release_check

TODAY = datetime.date(2027, 3, 1)
VERSION = release_check.workspace(ROOT)["version"]
NEEDED = ["Cargo.toml", "Cargo.lock", "LICENSE", *release_check.PLACES, "crates/gateway/src/openapi.rs"]
WHOLE = f"""# Changelog

## [Unreleased]

## [{VERSION}] - 2027-02-28

### Added

- A first version.

[Unreleased]: https://example.org/compare/v{VERSION}...HEAD
[{VERSION}]: https://example.org/v{VERSION}
"""


class Checkout(unittest.TestCase):
    def setUp(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="farol-release-"))
        self.addCleanup(shutil.rmtree, self.root)
        for name in [*NEEDED, *(str(path.relative_to(ROOT)) for path in ROOT.glob("crates/*/Cargo.toml"))]:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        shutil.copytree(ROOT / "crates/gateway/src/openapi", self.root / "crates/gateway/src/openapi")
        (self.root / "CHANGELOG.md").write_text(WHOLE)

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        self.assertIn(old, text)
        (self.root / name).write_text(text.replace(old, new, 1))

    def found(self) -> list[str]:
        return [*release_check.versions(self.root), *changelog.problems(self.root, VERSION, TODAY), *release_check.licences(self.root)]

    def finds(self, pattern: str) -> None:
        found = self.found()
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], pattern)


class Sources(Checkout):
    def test_a_whole_release_passes(self) -> None:
        self.assertEqual(self.found(), [])

    def test_a_place_with_another_version_is_found(self) -> None:
        for name in release_check.PLACES:
            with self.subTest(place=name):
                self.setUp()
                before = (self.root / name).read_text()
                place = release_check.re.search(release_check.PLACES[name], before, release_check.re.MULTILINE)
                changed = before[: place.start(1)] + "9.9.9" + before[place.end(1) :]
                (self.root / name).write_text(changed)
                self.finds(rf"{name}: says 9\.9\.9, Cargo\.toml says")

    def test_a_place_that_has_moved_away_is_found(self) -> None:
        (self.root / "deploy/README.md").write_text("nothing\n")
        self.finds("deploy/README.md: no version stands where one stood")

    def test_a_lock_file_of_the_version_before_is_found(self) -> None:
        self.change("Cargo.lock", f'name = "gateway"\nversion = "{VERSION}"', 'name = "gateway"\nversion = "0.0.9"')
        self.finds("Cargo.lock: gateway is 0.0.9")

    def test_a_version_that_is_none_is_found(self) -> None:
        self.change("Cargo.toml", f'version = "{VERSION}"', 'version = "1.0"')
        self.assertIn("Cargo.toml: 1.0 is no X.Y.Z", self.found())

    def test_a_crate_with_a_version_or_licence_of_its_own_is_found(self) -> None:
        self.change("crates/event/Cargo.toml", "version.workspace = true\n", f'version = "{VERSION}"\n')
        self.finds("crates/event/Cargo.toml: needs `version.workspace = true`")
        self.setUp()
        self.change("crates/event/Cargo.toml", "license.workspace = true\n", 'license = "MIT"\n')
        self.finds("crates/event/Cargo.toml: needs `license.workspace = true`")

    def test_an_api_document_with_a_version_of_its_own_is_found(self) -> None:
        (self.root / "crates/gateway/src/openapi/other.rs").write_text('#[openapi(info(title = "x", license(name = "y"), version = "1"))]\n')
        self.finds("openapi/other.rs: info")

    def test_a_missing_licence_and_another_label_are_found(self) -> None:
        (self.root / "LICENSE").unlink()
        self.finds("LICENSE: must hold")
        self.setUp()
        self.change("deploy/docker/Dockerfile", "licenses=Apache-2.0", "licenses=MIT")
        self.finds("labelled")


class Changelog(Checkout):
    def test_each_mistake_is_found(self) -> None:
        section = f"## [{VERSION}] - 2027-02-28"
        cases = {
            (section, f"## {VERSION}"): "is no `## \\[X.Y.Z\\]",
            (section, f"## [{VERSION}] - 2027-02-30"): "is no day",
            (section, f"## [{VERSION}] - 2027-03-02"): "still to come",
            (section, f"## [9.9.9] - 2027-02-28\n\n{section}"): "9.9.9\\] has no link",
            (section, f"## [0.0.1] - 2027-02-28\n\n{section}"): "newest first",
            ("## [Unreleased]\n", "## Unreleased\n"): "first section must be",
            ("### Added", "### News"): "### News` is none of",
            ("- A first version.\n", ""): f"says nothing of {VERSION}",
            (f"[{VERSION}]: https", f"[{VERSION}]: no https"): "has no link at the end",
            ("# Changelog", "# Changes"): "must begin with",
        }
        for (old, new), expected in cases.items():
            with self.subTest(expected=expected):
                (self.root / "CHANGELOG.md").write_text(WHOLE)
                self.change("CHANGELOG.md", old, new)
                self.assertTrue(any(release_check.re.search(expected, problem) for problem in self.found()), self.found())

    def test_a_version_without_an_entry_and_a_missing_file_are_found(self) -> None:
        found = list(changelog.problems(self.root, "7.0.0", TODAY))
        self.assertEqual(found, ["CHANGELOG.md: has no `## [7.0.0] - 2027-03-01`; [Unreleased] becomes that, and a new one begins above it"])
        (self.root / "CHANGELOG.md").unlink()
        self.finds("CHANGELOG.md: is missing")


class Repository(Checkout):
    def setUp(self) -> None:
        super().setUp()
        self.git("init", "--quiet")
        self.git("add", ".")
        self.commit()

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"]
        return subprocess.run(["git", *who, *words], cwd=self.root, check=True, capture_output=True, text=True).stdout

    def commit(self) -> None:
        self.git("commit", "--quiet", "--allow-empty", "-m", "x")

    def judged(self) -> list[str]:
        return list(release_check.repository(self.git, VERSION))

    def test_a_committed_tree_without_the_tag_or_with_it_here_passes(self) -> None:
        self.assertEqual(self.judged(), [])
        self.git("tag", f"v{VERSION}")
        self.assertEqual(self.judged(), [])

    def test_a_dirty_tree_is_refused(self) -> None:
        (self.root / "new").write_text("x")
        self.assertEqual(self.judged(), ["git: 1 files are not committed, such as new"])

    def test_a_tag_that_is_taken_later_or_of_another_form_is_refused(self) -> None:
        self.git("tag", f"v{VERSION}")
        self.commit()
        self.assertRegex(self.judged()[0], f"v{VERSION} is another commit")
        self.git("tag", "--delete", f"v{VERSION}")
        self.git("tag", "v99.0.0")
        self.assertRegex(self.judged()[0], "v99.0.0 is released already")
        self.git("tag", "--delete", "v99.0.0")
        self.git("tag", "0.0.1")
        self.assertEqual(self.judged(), ["git: the tag 0.0.1 is no vX.Y.Z"])

    def test_what_is_no_checkout_is_refused(self) -> None:
        self.assertEqual(list(release_check.repository(lambda *_: None, VERSION)), ["git: this is no checkout"])


class ThisTree(unittest.TestCase):
    def test_its_versions_and_licences_agree_at_any_time(self) -> None:
        self.assertEqual([*release_check.versions(ROOT), *release_check.licences(ROOT)], [])

    def test_its_changelog_has_the_form_of_keep_a_changelog(self) -> None:
        self.assertEqual(list(changelog.malformed((ROOT / "CHANGELOG.md").read_text(), datetime.datetime.now(datetime.UTC).date())), [])


if __name__ == "__main__":
    unittest.main()
