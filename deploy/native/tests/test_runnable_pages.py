"""Commands of pages: which are run, what is compared, and that a page which says something else is found."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from pathlib import Path

from context_fixture import ROOT

from farol_native.component import StackError
from farol_native.pages import comparison, examples, runnable
from farol_native.pages.markdown import Page
from farol_native.pages.refusing import Refusing, Seen
from farol_native.smoke_session import CheckFailed

ANSWER = 'HTTP/1.1 202 Accepted\nx-request-id: {}\ncontent-type: application/json\n\n{{"id":"1","partition":{},"repeat":{}}}\n'


def steps(text: str) -> list[runnable.Step]:
    return runnable.steps(Page(Path("p.md"), text))


class Marks(unittest.TestCase):
    def test_marked_blocks_and_hidden_commands_are_run_in_order_and_others_are_not(self) -> None:
        text = "# A\n<!-- run: x=1 -->\n```sh\nnot run\n```\n\n<!-- run -->\n```sh\necho $x\n```\n\n"
        text += "<!-- prints -->\n```\n1\n```\n<!-- prints: echo 2 -->\n```\n2\n```\n"
        found = steps(text)
        self.assertEqual([step.command for step in found], ["x=1", "echo $x\n", "echo 2"])
        self.assertEqual([step.expected.text if step.expected else None for step in found], [None, "1\n", "2\n"])

    def test_a_console_is_run_command_by_command_and_each_must_print_what_is_below_it(self) -> None:
        found = steps("# A\n<!-- run -->\n```console\n$ echo 1\n1\n$ false\n```\n")
        self.assertEqual([step.expected.text for step in found if step.expected], ["1\n", ""])
        self.assertEqual([step.line for step in found], [3, 5])
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["bash", "-c", runnable.script([step.command for step in found], folder)], check=True)
            self.assertEqual((Path(folder) / "0.out").read_text(), "1\n")

    def test_a_mark_that_says_nothing_is_a_mistake(self) -> None:
        for text in ("<!-- run -->\nprose\n", "<!-- prints -->\n```\n1\n```\n", "<!-- run -->\n```python\n1\n```\n", "<!-- run -->\n```console\n1\n```\n"):
            with self.subTest(text=text), self.assertRaises(runnable.Mistake):
                steps(text)

    def test_one_shell_types_all_and_ends_at_the_first_that_fails(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            script = runnable.script(["x=1", "echo $x", "false", "echo never"], folder)
            subprocess.run(["bash", "-c", script], check=False)
            self.assertEqual((Path(folder) / "1.out").read_text(), "1\n")
            self.assertFalse((Path(folder) / "3.out").exists() or (Path(folder) / "done").exists())


class Comparison(unittest.TestCase):
    def test_what_differs_from_run_to_run_does_not_matter(self) -> None:
        printed = ANSWER.format("b" * 32, 5, "false").replace("\n", "\r\n", 4).replace("x-request", "date: now\r\nX-Request")
        self.assertIsNone(comparison.difference("http", ANSWER.format("a" * 32, 1, "false"), printed))

    def test_what_a_reader_relies_on_does(self) -> None:
        shown = ANSWER.format("a" * 32, 1, "false")
        for printed in (
            ANSWER.format("a" * 32, 1, "true"),
            ANSWER.format("a" * 32, '"one"', "false"),
            ANSWER.format("short", 1, "false"),
            shown.replace("202 Accepted", "200 OK"),
            shown.replace("content-type: application/json\n", ""),
            shown.replace('"id":"1",', ""),
            shown.replace('"id":"1",', '"id":"1","more":1,'),
        ):
            with self.subTest(printed=printed):
                self.assertIsNotNone(comparison.difference("http", shown, printed))

    def test_lines_are_compared_but_for_what_the_page_leaves_out(self) -> None:
        shown = "842 flights\n…\ntrace: 4 spans, 28.7 ms |███   |\n…\n"
        self.assertIsNone(comparison.difference("", shown, "842 flights\nx\ny\ntrace: 4 spans, 9 ms |█|\nz\n"))
        for printed in ("841 flights\ntrace: 4 spans, 9 ms |█|\n", "842 flights\nx\n", "842 flights\ntrace: 3 spans, 9 ms |█|\n"):
            with self.subTest(printed=printed):
                self.assertIsNotNone(comparison.difference("", shown, printed))
        self.assertIsNotNone(comparison.difference("", "a\n", "a\nb\n"))


class Examples(unittest.TestCase):
    def front(self, **changes: str) -> Refusing:
        headers = {"authorization": "Bearer k", "traceparent": "00-a", "content-type": "application/json", "ce-id": "1"}
        last = {**headers, **{name.replace("_", "-"): value for name, value in changes.items()}}
        return Refusing("", [Seen(0.0, headers, b"x"), Seen(1.1, headers, b"x"), Seen(2.2, last, b"x")])

    def test_the_same_event_that_waits_as_told_passes(self) -> None:
        examples.repeated_as_told(self.front(), "go")

    def test_one_that_comes_too_early_changed_or_not_at_all_fails(self) -> None:
        early, fewer = self.front(), self.front()
        early.seen[2].at = 1.5
        fewer.seen.pop()
        for front in (early, fewer, self.front(ce_id="2"), self.front(traceparent="00-b"), self.front(authorization="Bearer other")):
            with self.subTest(front=front), self.assertRaises(CheckFailed):
                examples.repeated_as_told(front, "go")

    def test_a_missing_toolchain_is_an_error_that_names_it(self) -> None:
        examples.TOOLS["none"] = {"no-such-compiler": "the compiler of none"}
        self.addCleanup(examples.TOOLS.pop, "none")
        with self.assertRaisesRegex(StackError, "no-such-compiler: install the compiler of none"):
            examples.refuse_missing({"none": ""})

    def test_the_page_has_commands_for_each_folder_of_examples(self) -> None:
        folders = {path.name for path in (ROOT / "docs/examples").iterdir() if path.is_dir()}
        self.assertEqual(examples.languages(ROOT, []).keys(), folders)
        with self.assertRaises(StackError):
            examples.languages(ROOT, ["cobol"])


if __name__ == "__main__":
    unittest.main()
