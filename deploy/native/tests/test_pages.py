"""The check of the pages finds what it is for: seeded dead links, broken forms, and names that nothing has."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from collections.abc import Callable, Mapping
from pathlib import Path

from context_fixture import ROOT

from farol_native.pages import check, commands, form, links, names
from farol_native.pages.markdown import Page, anchor


def page(body: str, path: str = "docs/PAGE.md") -> Page:
    """A page of the title A with this below it."""
    return Page(ROOT / path, f"# A\n{body}\n")


def dead(text: str, **others: str) -> list[str]:
    """What is wrong with the links of docs/PAGE.md, in a repository of these files."""
    pages = {"docs/PAGE.md": page(text), **{f"docs/{name}.md": page(other, f"docs/{name}.md") for name, other in others.items()}}
    return [problem.rpartition(": ")[2] for problem in links.dead(pages["docs/PAGE.md"], ROOT, {*pages, "Makefile", "docs/pictures/a.png"}, pages)]


def wrong(text: str) -> list[str]:
    tree = names.Tree(ROOT, FILES)
    return [problem.partition(": ")[2] for problem in names.unknown(page(text), tree)]


def malformed(shown: Page) -> list[str]:
    return [problem.removesuffix("/farol") for problem in form.problems(shown)]


FILES = {"Makefile", "crates/worker/src/store/ledger.rs", "crates/gateway/src/config.rs", "deploy/prometheus/metrics.json"}


class Case(unittest.TestCase):
    def each(self, expected: Mapping[str, object], found: Callable[[str], object]) -> None:
        """Every text has its outcome."""
        for text, outcome in expected.items():
            with self.subTest(text=text):
                self.assertEqual(found(text), outcome)


class Anchors(Case):
    def test_they_are_named_as_github_names_them(self) -> None:
        cases = {
            "Where is my event": "where-is-my-event",
            "`make prove`, and what it shows": "make-prove-and-what-it-shows",
            "What the check proves — and does not": "what-the-check-proves--and-does-not",
            "[A link](x.md) & more_of_it": "a-link--more_of_it",
            "**Água** 1.0?": "água-10",
        }
        self.each(cases, anchor)

    def test_the_second_heading_of_a_name_has_a_number(self) -> None:
        self.assertEqual(page("## B\n## B").anchors, {"a", "b", "b-1"})

    def test_a_comment_of_a_shell_is_no_heading(self) -> None:
        self.assertEqual(page("```sh\n# B\n```").anchors, {"a"})


class Links(Case):
    def test_a_file_a_folder_and_a_heading_are_found(self) -> None:
        text = "[a](../Makefile) [b](pictures) ![c](pictures/a.png) [d](#a) [e](OTHER.md#one-two) <https://example.org/x> [f]: OTHER.md"
        self.assertEqual(dead(text, OTHER="## One two"), [])

    def test_what_leads_nowhere_is_found(self) -> None:
        cases = {
            "[a](NOWHERE.md)": "there is no such file or folder",
            "[a\nb](NOWHERE.md)": "there is no such file or folder",
            "[a](OTHER.md#two)": "docs/OTHER.md has no such heading",
            "[a](#two)": "docs/PAGE.md has no such heading",
            "[a](../../outside)": "it leads out of the repository",
            "[a](/docs/OTHER.md)": "it begins with a slash, which is the host's root",
            "[a](../Makefile#L1)": "only pages have anchors",
            "[![p](pictures/b.png)](OTHER.md)": "there is no such file or folder",
            "[a]()": "it is empty",
        }
        self.each(cases, lambda link: "; ".join(dead(link, OTHER="## One")))

    def test_an_address_is_judged_by_its_form(self) -> None:
        addresses = ("https://", "https://nohost/x", "htp://example.org", "http://example.org:port/")
        self.each(dict.fromkeys(addresses, 1), lambda address: len(dead(f"[a]({address})")))

    def test_what_is_shown_as_code_is_no_link(self) -> None:
        self.assertEqual(dead("`[a](nowhere.md)`\n```\n[b](nowhere.md)\n```"), [])


class Form(Case):
    def test_a_good_page_is_good(self) -> None:
        self.assertEqual(malformed(page("\n## B\n\n| a | b |\n| --- | ---: |\n| 1 \\| 2 | 3 |")), [])

    def test_a_page_that_does_not_begin_with_its_title_is_found(self) -> None:
        pages = {"no title\n": "1: there is no title (# …)", "x\n\n# A\n": "1: something stands before the title"}
        self.each(pages, lambda text: "; ".join(malformed(Page(ROOT / "docs/PAGE.md", text))))

    def test_what_is_broken_is_found(self) -> None:
        cases = {
            "# B": "2: a second title",
            "### B": "2: a heading of level 3 below one of level 1",
            "```\nx": "2: the block of code is never closed",
            "| a | b |\n| 1 | 2 |": "2: a table without the line of hyphens below its head",
            "| a | b |\n| - | - |\n| 1 |": "4: 1 cells, its head has 2",
            "| a | b |\n| - | - |\n| 1 | 2": "4: a row that no bar ends",
            "see /home/me/farol": "2: /home/me is a path of one machine",
        }
        self.each(cases, lambda text: "; ".join(malformed(page(text))))


class Names(Case):
    def test_what_is_there_is_found(self) -> None:
        self.assertEqual(wrong("`make up`, `make S=worker logs`, `store/ledger.rs`, `store/{ledger}.rs`, `.farol/env`, `FAROL_KEYS_FILE`"), [])

    def test_what_is_not_there_is_found(self) -> None:
        cases = {
            "`make no-such`": "make has no target no-such",
            "`make\nno-such`": "make has no target no-such",
            "`eval \"$(make -s envv)\"`": "make has no target envv",
            "`make up COLOUR=1`": "make reads no variable COLOUR",
            "`FAROL_NO_SUCH`": "nothing reads FAROL_NO_SUCH",
            "`FAROL_NONE_*`": "nothing reads a variable that begins with FAROL_NONE",
            "`store/nothing.rs`": "there is no store/nothing.rs",
            "`store/{ledger,nothing}.rs`": "there is no store/{ledger,nothing}.rs",
            "`farol_no_such_total`": "no program has the metric farol_no_such_total",
        }
        self.each(cases, lambda text: "; ".join(wrong(text)))

    def test_a_command_in_a_block_counts_and_prose_about_making_does_not(self) -> None:
        self.assertEqual(wrong("```sh\ncd x && make nothing    # make haste\n```"), ["make has no target nothing"])

    def test_a_path_in_a_block_counts_where_it_begins_in_the_root(self) -> None:
        self.assertEqual(wrong("```sh\ndeploy/nothing/x up\ncd docs && cat other/y\nls deploy/native/{a,b}\n```"), ["there is no deploy/nothing/x"])

    def test_each_exception_is_still_needed(self) -> None:
        texts = [text for found in check.pages_of(ROOT, tracked()).values() for _, text in found.spans if names.PATH.fullmatch(text)]
        self.each(dict.fromkeys(names.ELSEWHERE, True), lambda pattern: any(names.re.fullmatch(pattern, text) for text in texts))


class Commands(Case):
    HELP = {
        (): "Usage\n\nCommands:\n  dlq    Dead letters\n  help   Help\n\nOptions:\n      --output <OUTPUT>\n          as --pretty as can be\n  -h, --help\n",
        ("dlq",): "Usage\n\nCommands:\n  list  All\n\nOptions:\n  -h, --help\n",
        ("dlq", "list"): "Usage\n\nOptions:\n      --cause <CAUSE>\n",
    }

    def judged(self, text: str) -> list[str]:
        return [problem.partition(": ")[2] for problem in commands.unknown(page(f"```sh\n{text}\n```"), self.HELP.__getitem__)]

    def test_commands_and_options_that_are_there_pass(self) -> None:
        self.assertEqual(self.judged("x=$(farolctl --output json dlq list --cause=conflict | jq -r .x)"), [])

    def test_those_that_are_not_there_are_found(self) -> None:
        self.assertEqual(self.judged("farolctl dlx list"), ["farolctl dlx: there is no such command"])
        self.assertEqual(self.judged("farolctl dlq lost --cause x"), ["farolctl dlq lost: there is no such command"])
        self.assertEqual(self.judged("farolctl dlq list --pretty"), ["farolctl dlq list --pretty: there is no such option"])


class Included(unittest.TestCase):
    def test_a_block_that_is_not_its_file_is_found(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "a.py").write_text("print(1)\n")
            for shown, expected in (("print(1)\n", 0), ("print(2)\n", 1)):
                shows = Page(Path(folder) / "p.md", f"# A\n<!-- file: a.py -->\n```python\n{shown}```\n")
                self.assertEqual(len(check.stale(shows, Path(folder))), expected)
            missing = Page(Path(folder) / "p.md", "# A\n<!-- file: b.py -->\n```python\n```\n")
            self.assertEqual(check.stale(missing, Path(folder)), ["3: there is no b.py to show"])


class ThesePages(unittest.TestCase):
    def test_nothing_is_wrong_with_them(self) -> None:
        self.assertEqual(check.problems(ROOT, tracked()), [])

    def test_each_is_reached_from_the_readme(self) -> None:
        pages = {name: found for name, found in check.pages_of(ROOT, tracked()).items() if name.startswith("docs/") or "/" not in name}
        reached, waiting = {"README.md"}, ["README.md"]
        while waiting:
            name = waiting.pop()
            for _, target in pages[name].links:
                path = target.partition("#")[0]
                there = links.resolved(Path(name).parent, path) if path and "://" not in path else None
                for found in (there, f"{there}/README.md"):
                    if found in pages and found not in reached:
                        reached.add(found)
                        waiting.append(found)
        self.assertEqual(sorted(pages.keys() - reached), [])


def tracked() -> set[str]:
    """What git knows of this checkout, new files too."""
    listing = subprocess.check_output(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True)
    return {name for name in listing.split("\0") if name and (ROOT / name).is_file()}


if __name__ == "__main__":
    unittest.main()
