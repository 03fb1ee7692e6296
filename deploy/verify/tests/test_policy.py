"""What checkov finds counts unless it is excepted with a reason; an exception that nothing needs counts, and so does a checkov that read nothing."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from mistakes import ROOT
from farol_native import python_tools
from farol_native.component import StackError
from farol_native.stack import open_stack
from farol_verify import policy, tools

FAULT = policy.Fault("CKV_K8S_16", "Container should not be privileged", "prod: Deployment.farol.farol-worker")


class Policy(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.ctx = open_stack(ROOT, os.environ).ctx
        tools.libraries(cls.ctx)

    def found(self, exceptions: str) -> list[str]:
        with tempfile.TemporaryDirectory() as place, mock.patch.object(policy, "faults", return_value=iter([FAULT])):
            path = Path(place) / policy.EXCEPTIONS
            path.parent.mkdir(parents=True)
            path.write_text(exceptions)
            return policy.findings(self.ctx, [], Path(place))

    def test_a_fault_counts_unless_it_is_excepted_for_this_object(self) -> None:
        entry = "[{{ check: CKV_K8S_16, at: '{}: .*', because: of a reason }}]"
        self.assertEqual(self.found(entry.format("prod")), [])
        self.assertEqual(len(self.found("[]")), 1)
        self.assertEqual(len(self.found(entry.format("dev"))), 2)

    def test_an_exception_without_a_reason_counts(self) -> None:
        self.assertEqual(len(self.found("[{ check: CKV_K8S_16, at: '.*' }]")), 1)

    def test_a_checkov_that_read_nothing_is_no_pass(self) -> None:
        checkov = python_tools.installed(self.ctx, "terraform-checkov", ROOT / policy.REQUIREMENTS)
        with tempfile.TemporaryDirectory() as place, self.assertRaisesRegex(StackError, "did not judge"):
            policy.judged(checkov, "kubernetes", Path(place))


if __name__ == "__main__":
    unittest.main()
