"""The bench's figures reach the page as they were written, and only a whole run reaches docs/bench."""

import json
import unittest

import context_fixture

from farol_native import bench, bench_compare, bench_page
from farol_native.component import StackError
from farol_native.stack import open_stack

PAGE = "before\n<!-- figures: all/intake.json -->\nold\n<!-- end of figures -->\nafter\n"
ROW = {
    "id": "cpu",
    "what": "gateway CPU",
    "unit": "CPU s/M events",
    "measures": {"farol": {"median": 13.0, "min": 12.0, "max": 1234.5, "rounds": [12.0, 13.0, 1234.5]}},
    "target": "≤ 3 × bare handler",
    "measured": "2.4 ×",
    "passed": True,
}


class Page(context_fixture.ContextTest):
    def setUp(self):
        super().setUp()
        self.file = self.folder / bench_page.FOLDER / "all/intake.json"
        self.file.parent.mkdir(parents=True)

    def written(self, document):
        self.file.write_text(json.dumps(document))
        return bench_page.rendered(self.folder, PAGE)

    def test_a_row_is_told_with_its_spread_its_target_and_its_verdict(self):
        text = self.written({"conditions": {"machine: cores": 2}, "rows": [ROW]})
        row = "| gateway CPU, CPU s/M events | farol: 13.0 (12.0 to 1,234) | ≤ 3 × bare handler | 2.4 × | kept |"
        self.assertIn(row, text.splitlines())
        self.assertIn("Conditions: machine: cores 2.", text)
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))
        self.assertNotIn("old", text)

    def test_a_missed_target_stands_out_and_a_row_without_one_has_no_verdict(self):
        missed, told = {**ROW, "passed": False}, {**ROW, "target": None, "measured": None, "passed": None}
        lines = self.written({"conditions": {}, "rows": [missed, told]}).splitlines()
        self.assertTrue(any(line.endswith("| **missed** |") for line in lines))
        self.assertTrue(any(line.endswith("|  |  |  |") for line in lines))

    def test_writing_twice_changes_nothing(self):
        once = self.written({"conditions": {}, "rows": [ROW]})
        self.assertEqual(bench_page.rendered(self.folder, once), once)

    def test_a_file_that_is_not_there_is_said_to_be_missing(self):
        self.assertIn("Not measured yet: `make bench-all`", bench_page.rendered(self.folder, PAGE))

    def test_a_page_that_drifted_and_a_file_that_is_no_document_are_refused(self):
        context = self.context()
        context.root = self.folder
        for page in bench_page.PAGES:
            (self.folder / page).write_text(PAGE)
        with self.assertRaisesRegex(StackError, "make bench-page"):
            bench_page.refuse_stale(context)
        bench_page.write(self.folder)
        bench_page.refuse_stale(context)
        with self.assertRaisesRegex(StackError, "no bench's document|not a bench's document"):
            self.written({"rows": [{}]})

    def chosen(self, sides, rows):
        self.file.write_text(json.dumps({"conditions": {}, "rows": [ROW]}))
        page = f"before\n<!-- medians: all/intake.json | {sides} | {rows} -->\nold\n<!-- end of figures -->\nafter\n"
        return bench_page.rendered(self.folder, page)

    def test_chosen_rows_are_told_by_their_medians_a_column_for_each_side(self):
        text = self.chosen("farol", ROW["id"])
        self.assertIn("|  | farol |\n| --- | --- |\n| gateway CPU, CPU s/M events | 13.0 |\n", text)
        self.assertTrue(text.startswith("before\n") and text.endswith("after\n"))
        self.assertNotIn("old", text)
        self.assertEqual(bench_page.rendered(self.folder, text), text)

    def test_a_row_or_a_side_that_was_not_measured_cannot_be_chosen(self):
        for sides, rows in (("farol", "none"), ("farol; nobody", ROW["id"])):
            with self.subTest(sides=sides, rows=rows), self.assertRaisesRegex(StackError, "has not what is asked for"):
                self.chosen(sides, rows)

    def test_a_page_without_a_place_is_a_mistake(self):
        with self.assertRaisesRegex(StackError, "no place"):
            bench_page.rendered(self.folder, "nothing here")


class Recorded(unittest.TestCase):
    def test_the_pages_of_this_checkout_have_a_place_for_every_part_of_the_whole_bench(self):
        text = "".join((context_fixture.ROOT / page).read_text() for page in bench_page.PAGES)
        places = {place["name"] for place in bench_page.MARKED.finditer(text)}
        self.assertLessEqual({f"all/{part.name}.json" for part in bench.PARTS}, places)

    def test_only_the_bench_as_it_stands_is_recorded(self):
        self.assertTrue(bench.is_recorded([]) and bench.is_recorded(["--strict"]))
        self.assertFalse(bench.is_recorded(["--quick"]) or bench.is_recorded(["--rounds", "2"]))

    def test_what_the_caller_says_takes_the_place_of_what_the_variant_does(self):
        intake = bench.PARTS[0]
        self.assertEqual(bench.chosen(intake, "rivals", ["--rounds", "9"]), list(intake.words["rivals"]))
        for words in (["--only", "single"], ["--only=single"], ["--all"]):
            self.assertEqual(bench.chosen(intake, "headline", words), [], words)
        self.assertEqual(bench.chosen(intake, "all", ["--rounds=9"]), ["--all"])
        self.assertEqual(bench.chosen(intake, "all", ["--only", "soak"]), ["--rounds=3"])

    def test_every_part_is_in_every_variant_or_left_out_by_name(self):
        for part in bench.PARTS:
            self.assertLessEqual(set(part.words), {"headline", "rivals", "storage", "all"})


class Measured(context_fixture.ContextTest):
    def test_servers_that_are_measured_know_it_and_those_of_tests_do_not(self):
        for environ, measured in ({**bench.AS_SHIPPED, "FAROL_HOME": "elsewhere"}, True), ({}, False):
            stack = open_stack(context_fixture.ROOT, environ, only=[], throwaway_home=self.folder)
            self.assertEqual((stack.ctx.measured, "FAROL_HOME" in stack.ctx.env), (measured, False))


class Base(context_fixture.ContextTest):
    def test_a_commit_is_known_by_any_of_its_names_and_nothing_else_is(self):
        context = self.context()
        context.root = context_fixture.ROOT
        found = bench_compare.commit(context, "HEAD")
        self.assertRegex(found, "^[0-9a-f]{40}$")
        self.assertEqual(bench_compare.commit(context, found[:12]), found)
        with self.assertRaisesRegex(StackError, "is no commit"):
            bench_compare.commit(context, "no-such-branch")


if __name__ == "__main__":
    unittest.main()
