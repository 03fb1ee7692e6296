"""What a signal does to a command."""

from __future__ import annotations

import os
import signal
import unittest

from farol_native import cli


class Interruption(unittest.TestCase):
    def setUp(self) -> None:
        self.addCleanup(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        signal.signal(signal.SIGTERM, cli.stop)

    def test_a_signal_ends_a_command_and_the_same_one_again_leaves_the_undoing_alone(self) -> None:
        with self.assertRaises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    unittest.main()
