"""Everything that is missing is named at once, with what installs it; what a stack can do without does not stop it."""

import unittest
from unittest import mock

from context_fixture import ContextTest
from parts import Part

from farol_native import prerequisites
from farol_native.component import Prerequisite, StackError

HERE = Prerequisite("here", True)
APT_A = Prerequisite("tool-a", False, ("package-a",))
APT_B = Prerequisite("tool-b", False, ("package-b",))
ELSEWHERE = Prerequisite("tool-c 2.0", False, instead="get it from its site")


class Missing(ContextTest):
    def satisfy(self, parts, *, root=False):
        with mock.patch.object(prerequisites, "may_install", lambda: root):
            kept = prerequisites.satisfy(self.context(), parts)
        return [part.name for part in kept], self.said.getvalue()

    def test_nothing_missing_keeps_everything(self):
        self.assertEqual(self.satisfy([Part("one", needs=[HERE])])[0], ["one"])

    def test_all_that_is_missing_is_named_at_once_with_the_commands(self):
        parts = [Part("one", needs=[APT_A]), Part("two", needs=[HERE, APT_B]), Part("three", needs=[ELSEWHERE])]
        with self.assertRaises(StackError) as caught:
            self.satisfy(parts)
        message = str(caught.exception)
        for expected in ("tool-a", "tool-b", "tool-c 2.0", "package-a package-b", "get it from its site", "the part two"):
            self.assertIn(expected, message)

    def test_an_optional_part_costs_one_line(self):
        kept, said = self.satisfy([Part("one", needs=[HERE]), Part("two", needs=[APT_B], optional=True)])
        self.assertEqual(kept, ["one"])
        self.assertIn("the part two is left out", said)
        self.assertIn("package-b", said)

    def test_root_does_not_install_half_when_the_rest_cannot_be_had(self):
        with mock.patch.object(prerequisites.debian, "install") as install, self.assertRaises(StackError):
            self.satisfy([Part("one", needs=[APT_A]), Part("two", needs=[ELSEWHERE])], root=True)
        install.assert_not_called()

    def test_root_installs_all_packages_in_one_go(self):
        need = {"found": False}
        part = Part("one")
        part.prerequisites = lambda ctx: [Prerequisite("tool-a", need["found"], ("package-a", "package-b"))]
        with mock.patch.object(prerequisites.debian, "install", lambda ctx, packages: need.update(found=packages)):
            kept, _ = self.satisfy([part], root=True)
        self.assertEqual(kept, ["one"])
        self.assertEqual(need["found"], ["package-a", "package-b"])

    def test_a_package_that_did_not_bring_the_tool_is_no_success(self):
        with mock.patch.object(prerequisites.debian, "install"), self.assertRaisesRegex(StackError, "tool-a"):
            self.satisfy([Part("one", needs=[APT_A])], root=True)


if __name__ == "__main__":
    unittest.main()
