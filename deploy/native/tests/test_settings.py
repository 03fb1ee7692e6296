"""`.env` is read as a shell would read it, and every mistake in it is told at once."""

import unittest
from pathlib import Path

from context_fixture import ContextTest

from farol_native import settings
from farol_native.component import StackError


class Parsing(unittest.TestCase):
    def test_values_are_what_a_shell_would_make_of_them(self):
        text = "# comment\n\nA=1\nexport B='two words'\nC=\"x # y\" # why\nD=plain # why\nE=a#b\nF=\nG= # nothing\n"
        expected = {"A": "1", "B": "two words", "C": "x # y", "D": "plain", "E": "a#b", "F": "", "G": ""}
        self.assertEqual(settings.parse(text, ".env"), expected)

    def test_all_mistakes_are_named_with_their_lines(self):
        with self.assertRaises(StackError) as caught:
            settings.parse("A=1\nno equals sign\n1B=2\nC='open\n", ".env")
        message = str(caught.exception)
        for place in (".env:2", ".env:3", ".env:4"):
            self.assertIn(place, message)
        self.assertNotIn(".env:1:", message)


class Loading(ContextTest):
    def load(self, text, environ):
        path = self.folder / ".env"
        path.write_text(text)
        return settings.load(path, environ, ["FAROL_REDIS_PORT"])

    def test_the_environment_wins_over_the_file(self):
        loaded = self.load("FAROL_REDIS_PORT=1\nFAROL_LOG=debug\n", {"FAROL_REDIS_PORT": "2"})
        self.assertEqual(loaded, {"FAROL_REDIS_PORT": "2", "FAROL_LOG": "debug"})

    def test_a_mistyped_port_is_a_mistake_and_not_ignored(self):
        with self.assertRaisesRegex(StackError, "FAROL_REDS_PORT"):
            self.load("FAROL_REDS_PORT=1\n", {})

    def test_a_missing_file_is_no_settings(self):
        self.assertEqual(settings.load(Path("/nonexistent/.env"), {"A": "b"}, []), {"A": "b"})


if __name__ == "__main__":
    unittest.main()
