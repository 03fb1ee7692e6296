"""Which Go builds, and that a newcomer's home stays as it was."""

from __future__ import annotations

import time
import unittest
from pathlib import Path
from unittest import mock

from context_fixture import ContextTest

from farol_native import go
from farol_native.component import StackError
from farol_native.context import Context

# Stands in for the `go` command: says its version, and "downloads" a module as a folder of files without modes.
FAKE = """
case "$1 $2" in
  "version "*) echo "go version {version} linux/amd64" ;;
  "env GOMODCACHE") echo "{modules}" ;;
  "mod download") for d in bin pkg/tool/linux_amd64; do mkdir -p "$GOMODCACHE/$3/$d"; done
    printf '#!/bin/sh\\necho "go version go1.26.8 linux/amd64"\\n' > "$GOMODCACHE/$3/bin/go"
    echo tool > "$GOMODCACHE/$3/pkg/tool/linux_amd64/compile" ;;
  *) exit 1 ;;
esac"""


class Toolchain(ContextTest):
    def go(self, version: str, modules: str = "/nowhere") -> dict[str, str]:
        return self.program_on_path("go", FAKE.format(version=version, modules=modules))

    def test_a_new_enough_go_is_used_as_it_is(self) -> None:
        for version in ("go1.25.0", "go1.26.8", "go2.0"):
            with self.subTest(version):
                found = go.toolchain(self.context(self.go(version)), self.folder / "scratch")
                self.assertEqual(found, self.folder / "bin" / "go")

    def test_an_older_go_brings_a_newer_one_that_can_be_run(self) -> None:
        ctx = self.context(self.go("go1.19.8"))
        found = go.toolchain(ctx, self.folder / "scratch")
        self.assertEqual(found, ctx.cache / f"go-{go.TOOLCHAIN.removeprefix('go')}" / "bin" / "go")
        self.assertIn(go.TOOLCHAIN, ctx.output([found, "version"]) or "")
        compiler = found.parents[1] / "pkg/tool/linux_amd64/compile"
        self.assertEqual(compiler.stat().st_mode & 0o111, 0o111)

    def test_without_any_go_it_says_what_to_install(self) -> None:
        ctx = self.context({"PATH": str(self.folder)})
        # A go in a system folder would be found whatever PATH says.
        found = mock.patch.object(Context, "which", return_value=None)
        found.start()
        self.addCleanup(found.stop)
        with self.assertRaisesRegex(StackError, "install golang-go"):
            go.toolchain(ctx, self.folder / "scratch")
        self.assertEqual(go.go_prerequisite(ctx).packages, ("golang-go",))
        self.assertFalse(go.go_prerequisite(ctx).found)

    def test_caches_that_are_there_are_used_and_others_are_not_begun(self) -> None:
        used = go.environment(self.context(self.go("go1.26.8", str(self.folder))), self.folder / "scratch")
        self.assertNotIn("GOMODCACHE", used)
        begun = go.environment(self.context(self.go("go1.26.8", "/nowhere")), self.folder / "scratch")
        for variable in ("GOPATH", "GOMODCACHE", "GOCACHE"):
            self.assertTrue(Path(begun[variable]).is_relative_to(self.folder / "scratch"))

    def test_builds_share_what_they_download_until_all_are_done(self) -> None:
        ctx = self.context(self.go("go1.19.8"))
        place = self.folder / "place"
        place.mkdir()
        go.build(ctx, [["go", "version"], ["touch", str(place / "program")]], cwd=place, log="build")
        self.assertEqual([path.name for path in place.iterdir()], ["program"])
        self.assertTrue(go.scratch_folder(ctx).is_dir())
        go.clean(ctx)
        self.assert_no_scratch(ctx)
        go.clean(ctx)

    def test_what_another_process_builds_with_is_left_alone(self) -> None:
        ctx = self.context(self.go("go1.26.8"))
        go.scratch_folder(ctx).mkdir(parents=True)
        with go.locked(ctx, wait=True):
            go.clean(ctx)
        self.assertTrue(go.scratch_folder(ctx).is_dir())

    def assert_no_scratch(self, ctx: Context) -> None:
        """It is removed by a process of its own; a few files take no time."""
        deadline = time.monotonic() + 10
        while left := list(ctx.cache.glob(f"{go.SCRATCH}*")):
            self.assertLess(time.monotonic(), deadline, left)
            time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
