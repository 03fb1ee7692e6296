"""A real supervisord: starting twice changes nothing, a change restarts that one program, and nothing stays behind."""

import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from context_fixture import ContextTest, users_cache
from parts import Part

from farol_native import native, processes, supervisor_config, supervisor_tool
from farol_native.component import StackError
from farol_native.starting import start_all
from farol_native.supervisor import Supervisor, socket_path


class Supervision(ContextTest):
    def setUp(self):
        super().setUp()
        self.ctx = self.context(cache=users_cache())
        self.supervisor = Supervisor(self.ctx)
        self.addCleanup(self.stop)

    def stop(self):
        if self.supervisor.is_up():
            self.supervisor.shutdown(20)
        processes.end_marked(self.ctx.home)

    def up(self, *parts):
        tool = supervisor_tool.install(self.ctx)
        self.supervisor.apply(tool, supervisor_config.config(self.ctx, parts, self.supervisor.socket))
        failed = start_all(self.ctx, parts, self.supervisor)
        self.assertEqual({name: str(error) for name, error in failed.items()}, {})
        pids = {process.name: process.pid for process in self.supervisor.processes()}
        for pid in pids.values():
            # Between fork and exec a process still has supervisord's handlers, and a signal would be lost.
            self.wait_until(lambda pid=pid: Path(f"/proc/{pid}/comm").read_text().strip() == "sleep")
        return pids

    def wait_until(self, holds):
        deadline = time.monotonic() + 10
        while not holds():
            self.assertLess(time.monotonic(), deadline, "it did not come true within 10 s")
            time.sleep(0.02)

    def test_starting_again_changes_nothing_and_a_change_restarts_one(self):
        one, two = Part("one"), Part("two")
        first = self.up(one, two)
        self.assertEqual(self.up(one, two), first)
        self.ctx.render("one", "one.conf", "changed\n")
        third = self.up(one, two)
        self.assertNotEqual(third["one"], first["one"])
        self.assertEqual(third["two"], first["two"])
        self.assertFalse(processes.alive(first["one"]))

    def test_a_part_that_is_no_longer_wanted_is_stopped(self):
        first = self.up(Part("one"), Part("two"))
        self.assertEqual(set(self.up(Part("two"))), {"two"})
        self.assertFalse(processes.alive(first["one"]))

    def test_a_killed_program_comes_back(self):
        before = self.up(Part("one"))["one"]
        self.supervisor.signal("one", "KILL")

        def is_back():
            state = self.supervisor.processes()[0]
            return state.state == "RUNNING" and state.pid != before

        self.wait_until(is_back)

    def test_a_program_that_ends_at_once_is_told_with_the_end_of_its_log(self):
        broken = Part("broken", command=("sh", "-c", "echo the reason; exit 3"), ready=lambda: "not yet")
        tool = supervisor_tool.install(self.ctx)
        self.supervisor.apply(tool, supervisor_config.config(self.ctx, [broken], self.supervisor.socket))
        failed = start_all(self.ctx, [broken], self.supervisor)
        self.assertIn("the reason", str(failed["broken"]))

    def test_what_a_killed_supervisor_leaves_is_found_and_ended(self):
        pid = self.up(Part("one"))["one"]
        os.kill(self.supervisor.pid(), signal.SIGKILL)
        self.wait_until(lambda: not self.supervisor.is_up())
        self.assertTrue(processes.alive(pid))
        native.end_orphans(self.ctx, self.supervisor)
        self.assertFalse(processes.alive(pid))
        self.assertEqual(processes.marked(self.ctx.home), set())

    def test_shutdown_leaves_nothing(self):
        pids = set(self.up(Part("one"), Part("two")).values())
        self.supervisor.shutdown(20)
        self.assertFalse(any(processes.alive(pid) for pid in pids))
        self.assertFalse(self.supervisor.is_up())


class Relocated(Supervision):
    """The same with a home that the service account cannot reach (for root; for a normal user nothing differs)."""

    def setUp(self):
        super().setUp()
        self.ctx.home.chmod(0o700)

    def stop(self):
        super().stop()
        self.ctx._home.remove()


class Configuration(ContextTest):
    def test_values_survive_supervisors_quoting(self):
        ctx = self.context()
        part = Part("one")
        secret = "a%b'c, d=e"
        program = part.program(ctx)
        program.env["SECRET"] = secret
        part.program = lambda ctx: program
        text = supervisor_config.program_section(ctx, part, 1)
        self.assertIn('SECRET="a%%b\'c, d=e"', text)

    def test_a_value_that_cannot_be_passed_is_refused_by_name(self):
        with self.assertRaisesRegex(StackError, "TOKEN"):
            supervisor_config.enclosed("TOKEN", "both ' and \"")

    def test_a_deep_home_gets_a_short_socket(self):
        ctx = self.context()
        deep = ctx.home / ("x" * 120)
        self.assertLess(len(os.fsencode(socket_path(deep))), 100)
        self.assertNotEqual(socket_path(deep), socket_path(deep / "y"))


class Orphans(ContextTest):
    def test_a_process_is_found_by_its_mark_and_no_other(self):
        ctx = self.context()
        ours, other = self.running(str(ctx.home)), self.running(f"{ctx.home}-other")
        try:
            self.assertEqual(processes.end_marked(ctx.home), {ours.pid})
            self.assertIsNone(other.poll())
            self.assertEqual(ours.wait(5), -signal.SIGTERM)
        finally:
            for process in (ours, other):
                process.kill()
                process.communicate()

    @staticmethod
    def running(mark: str) -> subprocess.Popen[bytes]:
        """A process with this mark. It has none yet while the system only makes it, so it says when it runs."""
        words = [sys.executable, "-c", "import time; print('runs', flush=True); time.sleep(60)"]
        process = subprocess.Popen(words, env={**os.environ, processes.MARK: mark}, stdout=subprocess.PIPE)
        process.stdout.readline()
        return process


if __name__ == "__main__":
    unittest.main()
