"""A load check may open thousands of connections, on a system whose soft limit is lower and whose hard limit is kept."""

import resource
import unittest
from unittest import mock

import context_fixture  # noqa: F401  puts the package on the path

from farol_native import operator_tool


class OpenFiles(unittest.TestCase):
    def raised(self, soft, hard):
        with (
            mock.patch.object(resource, "getrlimit", lambda _: (soft, hard)),
            mock.patch.object(resource, "setrlimit") as setrlimit,
        ):
            operator_tool.allow_open_files(16_384)
        return setrlimit.call_args.args[1] if setrlimit.called else None

    def test_a_low_soft_limit_is_raised_as_far_as_needed(self):
        self.assertEqual(self.raised(1_024, 524_288), (16_384, 524_288))
        self.assertEqual(self.raised(1_024, resource.RLIM_INFINITY), (16_384, resource.RLIM_INFINITY))

    def test_the_hard_limit_is_kept(self):
        self.assertEqual(self.raised(1_024, 4_096), (4_096, 4_096))

    def test_what_is_enough_stays(self):
        self.assertIsNone(self.raised(20_000, 20_000))
        self.assertIsNone(self.raised(resource.RLIM_INFINITY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    unittest.main()
