"""The home holds everything, keeps its secrets to itself, and is removed without touching what is not its own."""

import os
import stat
import threading
import unittest

from context_fixture import ContextTest

from farol_native.component import StackError
from farol_native.home import Home


class Homes(ContextTest):
    def test_a_secret_is_made_once_and_readable_by_its_owner_alone(self):
        ctx = self.context()
        first = ctx.secret("key", prefix="farol_")
        self.assertEqual(ctx.secret("key", prefix="farol_"), first)
        self.assertEqual(Home(ctx.home).secret("key"), first)
        self.assertRegex(first, r"\Afarol_[0-9a-f]{48}\Z")
        self.assertEqual(stat.S_IMODE((ctx.home / "secrets.json").stat().st_mode), 0o600)

    def test_rendering_the_same_again_does_not_touch_the_file(self):
        ctx = self.context()
        path = ctx.render("part", "sub/part.conf", "text\n")
        before = path.stat()
        ctx.render("part", "sub/part.conf", "text\n")
        self.assertEqual(path.stat().st_mtime_ns, before.st_mtime_ns)
        self.assertEqual(stat.S_IMODE(before.st_mode), 0o600)

    def test_removal_spares_what_is_not_ours(self):
        ctx = self.context()
        ctx.data("part")
        ctx.secret("key")
        (ctx.home / "mine.txt").write_text("somebody's\n")
        Home(ctx.home).remove()
        self.assertEqual([path.name for path in ctx.home.iterdir()], ["mine.txt"])

    def test_removal_takes_the_home_when_nothing_else_is_in_it(self):
        ctx = self.context()
        ctx.render("part", "part.conf", "x")
        Home(ctx.home).remove()
        self.assertFalse(ctx.home.exists())

    def test_two_commands_cannot_change_one_stack_at_a_time(self):
        ctx = self.context()
        with Home(ctx.home).lock(), self.assertRaisesRegex(StackError, "another command"):
            with Home(ctx.home).lock():
                self.fail("two commands hold the lock")


class CachedTools(ContextTest):
    def test_a_tool_is_built_once(self):
        built = []
        ctx = self.context()
        for _ in range(2):
            folder = ctx.cached("tool", "1.0", lambda place: built.append((place / "x").write_text("x")))
        self.assertEqual(len(built), 1)
        self.assertEqual((folder.name, (folder / "x").read_text()), ("tool-1.0", "x"))

    def test_a_failed_build_leaves_nothing(self):
        def fail(place):
            (place / "half").write_text("made")
            raise StackError("no")

        ctx = self.context()
        with self.assertRaises(StackError):
            ctx.cached("tool", "1.0", fail)
        self.assertEqual([path for path in ctx.cache.iterdir() if path.is_dir()], [])

    def test_two_that_want_the_same_tool_wait_for_one_build(self):
        began = threading.Event()
        release = threading.Event()
        built = []

        def slow(place):
            built.append(place)
            began.set()
            release.wait(10)

        ctx = self.context()
        threads = [threading.Thread(target=ctx.cached, args=("tool", "1.0", slow)) for _ in range(2)]
        threads[0].start()
        began.wait(10)
        threads[1].start()
        release.set()
        for thread in threads:
            thread.join(10)
        self.assertEqual(len(built), 1)

    def test_clearing_removes_read_only_folders_too(self):
        ctx = self.context()
        folder = ctx.cached("tool", "1.0", lambda place: (place / "module").mkdir())
        os.chmod(folder / "module", 0o500)
        ctx._cache.clear()
        self.assertFalse(ctx.cache.exists())


if __name__ == "__main__":
    unittest.main()
