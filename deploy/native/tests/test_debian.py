"""What is put aside while packages are installed comes back, whatever happens in between."""

import unittest

from context_fixture import ContextTest

from farol_native.debian import replaced


class Replaced(ContextTest):
    def setUp(self):
        super().setUp()
        self.policy = self.folder / "policy-rc.d"

    def test_a_file_that_was_there_comes_back_with_its_mode(self):
        self.policy.write_text("theirs\n")
        self.policy.chmod(0o744)
        with replaced(self.policy, "ours\n", 0o755):
            self.assertEqual(self.policy.read_text(), "ours\n")
        self.assertEqual((self.policy.read_text(), self.policy.stat().st_mode & 0o777), ("theirs\n", 0o744))

    def test_it_comes_back_after_a_failure_too(self):
        self.policy.write_text("theirs\n")
        with self.assertRaises(RuntimeError), replaced(self.policy, "ours\n", 0o755):
            raise RuntimeError("the installation failed")
        self.assertEqual(self.policy.read_text(), "theirs\n")

    def test_where_there_was_none_none_stays(self):
        with replaced(self.policy, "ours\n", 0o755):
            self.assertTrue(self.policy.is_file())
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_a_killed_installation_put_aside_is_not_lost(self):
        aside = self.folder / ".policy-rc.d.before-farol"
        aside.write_text("theirs\n")
        self.policy.write_text("ours, from the run that was killed\n")
        with replaced(self.policy, "ours\n", 0o755):
            self.assertEqual(aside.read_text(), "theirs\n")
        self.assertEqual(self.policy.read_text(), "theirs\n")


if __name__ == "__main__":
    unittest.main()
