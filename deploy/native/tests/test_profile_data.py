"""Release builds are optimised with a checkout's own profile data where it has any, dev builds never; and what `make pgo` refuses."""

from __future__ import annotations

import hashlib
import json
import subprocess
import textwrap
import unittest
from pathlib import Path
from unittest import mock

from compose_fixture import DOCKERFILE
from context_fixture import ContextTest

from farol_native import bench_compare, pgo, profile_data, rust
from farol_native.component import StackError
from farol_native.context import Context

RELEASE = Path(__file__).resolve().parents[3] / ".github/workflows/release.yml"
HOST = "some-host"
RUSTC = 'case "$2" in host-tuple) echo some-host ;; sysroot) echo "$SYSROOT" ;; *) exit 1 ;; esac'
# Stands in for cargo: writes down what it was asked for, and "builds" the programs.
CARGO = """
case "$1" in metadata) echo '{"target_directory": "/target"}'; exit ;; esac
python3 -c 'import json, os, sys
asked = {name: os.environ.get(name) for name in ("CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "FAROL_PROFILE_DATA")}
json.dump({"words": sys.argv[1:], **asked}, open(os.environ["ASKED"], "w"))' "$@"
case " $* " in *" --target "*) folder=some-host/release ;; *) folder=release ;; esac
[ -z "$CARGO_TARGET_DIR" ] || { mkdir -p "$CARGO_TARGET_DIR/$folder"; cd "$CARGO_TARGET_DIR/$folder"; echo built | tee farol-gateway > farol-worker; }"""
# Stands in for git: the worktree of a commit whose name is its profile data's content, "none" where it has none.
GIT = """
case "$2" in
  add) mkdir -p "$5/crates"; [ "$6" = none ] || printf %s "$6" > "$5/crates/farol.profdata" ;;
  remove) rm -r "$4" ;;
esac"""


def digits(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


class Checkout(ContextTest):
    def setUp(self) -> None:
        super().setUp()
        self.root = self.folder / "a checkout"
        self.file = self.root / profile_data.FILE
        self.file.parent.mkdir(parents=True)
        self.asked = self.folder / "asked.json"

    def ctx(self, **env: str) -> Context:
        for name, script in (("rustc", RUSTC), ("cargo", CARGO), ("git", GIT)):
            path = self.program_on_path(name, script)
        ctx = self.context({**path, "ASKED": str(self.asked), "SYSROOT": str(self.folder / "sysroot"), **env})
        ctx.root = self.root
        return ctx

    def cargo_was_asked(self) -> dict:
        return json.loads(self.asked.read_text())


class Used(Checkout):
    def flags(self, **env: str) -> list[str]:
        return profile_data.release(self.ctx(**env), self.root).env[profile_data.RUSTFLAGS].split(profile_data.SEPARATOR)

    def test_a_checkout_without_profile_data_is_built_as_it_would_be_by_hand(self) -> None:
        found = profile_data.release(self.ctx(RUSTFLAGS="-Copt-level=1"), self.root)
        self.assertEqual((found.words, found.env, found.folder), (("--release",), {}, "release"))

    def test_a_checkout_with_profile_data_is_built_with_them_and_says_with_which(self) -> None:
        self.file.write_bytes(b"counted")
        found = profile_data.release(self.ctx(), self.root)
        self.assertEqual((found.words, found.folder), (("--release", "--target", HOST), f"{HOST}/release"))
        self.assertEqual(found.env["FAROL_PROFILE_DATA"], digits(b"counted"))
        self.assertEqual(self.flags(), [f"-Cprofile-use={self.file}", f"--cfg=profile_data_{digits(b'counted')}"])

    def test_the_callers_flags_come_first_however_they_were_given(self) -> None:
        self.file.write_bytes(b"counted")
        self.assertEqual(self.flags(RUSTFLAGS=" -Ctarget-cpu=native  -g ")[:-2], ["-Ctarget-cpu=native", "-g"])
        self.assertEqual(self.flags(CARGO_ENCODED_RUSTFLAGS="--cfg\x1fa b", RUSTFLAGS="-g")[:-2], ["--cfg", "a b"])

    def test_other_content_is_another_build_by_a_flag_that_renames_no_function(self) -> None:
        self.file.write_bytes(b"counted")
        first = self.flags()
        self.file.write_bytes(b"counted again")
        changed = set(first) ^ set(self.flags())
        self.assertEqual(changed, {f"--cfg=profile_data_{digits(content)}" for content in (b"counted", b"counted again")})

    def test_release_builds_use_them_and_dev_builds_never_do(self) -> None:
        self.file.write_bytes(b"counted")
        for profile, used, folder in (("release", digits(b"counted"), f"/target/{HOST}/release"), ("dev", None, "/target/debug")):
            with self.subTest(profile):
                ctx = self.ctx(FAROL_PROFILE=profile, RUSTFLAGS="-g")
                rust.build(ctx)
                asked = self.cargo_was_asked()
                self.assertEqual((asked["FAROL_PROFILE_DATA"], "--target" in asked["words"]), (used, used is not None))
                self.assertEqual("profile-use" in (asked["CARGO_ENCODED_RUSTFLAGS"] or ""), used is not None)
                self.assertEqual((asked["RUSTFLAGS"], str(rust.folder(ctx))), ("-g", folder))

    def test_another_commit_is_built_with_its_own_and_never_with_this_checkouts(self) -> None:
        self.file.write_bytes(b"this checkout's")
        ctx = self.ctx()
        for commit, used in (("theirs", digits(b"theirs")), ("none", None)):
            with self.subTest(commit):
                folder = bench_compare.built(ctx, commit)
                self.assertEqual([(folder / name).read_text() for name in bench_compare.PROGRAMS], ["built\n"] * 2)
                self.assertEqual(self.cargo_was_asked()["FAROL_PROFILE_DATA"], used)
                self.assertNotIn(str(self.file), self.cargo_was_asked()["CARGO_ENCODED_RUSTFLAGS"] or "")

    def test_the_image_is_built_with_the_same_flags(self) -> None:
        # Where images are built there are no spaces.
        root = self.folder / "src"
        (root / "crates").mkdir(parents=True)
        file = root / profile_data.FILE
        run = DOCKERFILE.read_text().partition("    set -- --workspace")[2].partition("\n# ")[0]
        script = f"set -- --workspace{run}".replace("/src/", f"{root}/").replace("install -D --strip -t /programs", "echo")
        for profile, content, folder in (("release", b"counted", f"{HOST}/release"), ("release", None, "release"), ("dev", b"counted", "debug")):
            with self.subTest(profile=profile, content=content):
                file.unlink(missing_ok=True)
                if content:
                    file.write_bytes(content)
                ctx = self.ctx()
                done = subprocess.run(["sh", "-c", script], env={**ctx.env, "PROFILE": profile}, capture_output=True, text=True, check=True)
                expected = profile_data.release(ctx, root) if profile == "release" else profile_data.Release(())
                asked, flags = self.cargo_was_asked(), expected.env.get(profile_data.RUSTFLAGS)
                self.assertEqual(asked["FAROL_PROFILE_DATA"], expected.env.get("FAROL_PROFILE_DATA"))
                self.assertEqual(asked["RUSTFLAGS"], flags and flags.replace(profile_data.SEPARATOR, " "))
                self.assertEqual("--target" in asked["words"], "--target" in expected.words)
                self.assertIn(f"target/{folder}/farol-gateway", done.stdout)

    def test_a_release_is_built_with_the_same_flags(self) -> None:
        # Where releases are built there are no spaces.
        self.root = self.folder / "src"
        file = self.root / profile_data.FILE
        file.parent.mkdir(parents=True)
        run = RELEASE.read_text().partition("          host=")[2].partition("          mkdir out")[0]
        script = textwrap.dedent(f"          host={run}")
        for content in (None, b"counted"):
            with self.subTest(content=content):
                if content:
                    file.write_bytes(content)
                ctx = self.ctx()
                subprocess.run(["bash", "-e", "-c", script], cwd=self.root, env=ctx.env, capture_output=True, check=True)
                expected, asked = profile_data.release(ctx, self.root), self.cargo_was_asked()
                flags = expected.env.get(profile_data.RUSTFLAGS)
                self.assertEqual(asked["FAROL_PROFILE_DATA"], expected.env.get("FAROL_PROFILE_DATA"))
                self.assertEqual(asked["RUSTFLAGS"], flags and flags.replace(profile_data.SEPARATOR, " "))
                self.assertIn(f"--target {HOST}", " ".join(asked["words"]))


class Made(Checkout):
    def profdata(self) -> Path:
        return self.folder / "sysroot/lib/rustlib" / HOST / "bin/llvm-profdata"

    def llvm_profdata(self, script: str) -> Path:
        program = self.profdata()
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    def train(self, script: str) -> Path:
        ctx, raw = self.ctx(), self.folder / "raw"
        raw.mkdir()
        self.program_on_path("farolctl", script)
        env = {**ctx.env, "RAW": str(raw), "LLVM_PROFILE_FILE": "elsewhere"}
        pgo.train(str(self.folder / "bin/farolctl"), self.folder / "programs", raw, env)
        return raw

    def test_without_llvms_tool_and_rustup_it_says_what_is_missing(self) -> None:
        ctx = self.ctx()
        # A rustup in a system folder would be found whatever PATH says.
        with mock.patch.object(Context, "which", return_value=None), self.assertRaisesRegex(StackError, "no rustup.*llvm-tools"):
            pgo.llvm_profdata(ctx)

    def test_rustup_adds_llvms_tool_and_is_not_believed_unseen(self) -> None:
        ctx, program = self.ctx(), self.profdata()
        self.program_on_path("rustup", f'[ "$*" = "component add llvm-tools" ] && mkdir -p "{program.parent}"')
        with self.assertRaisesRegex(StackError, "is not there"):
            pgo.llvm_profdata(ctx)
        self.program_on_path("rustup", f'touch "{program}"')
        self.assertEqual(pgo.llvm_profdata(ctx), program)

    def test_programs_that_count_are_built_for_the_same_target_as_those_that_are_optimised(self) -> None:
        self.file.write_bytes(b"counted")
        ctx, raw = self.ctx(RUSTFLAGS="-g"), self.folder / "raw"
        folder = pgo.counting(ctx, self.folder / "target", raw)
        asked, shipped = self.cargo_was_asked(), profile_data.release(ctx, self.root)
        self.assertTrue((folder / "farol-gateway").is_file())
        self.assertEqual(tuple(asked["words"][1:4]), shipped.words)
        self.assertEqual(asked["CARGO_ENCODED_RUSTFLAGS"], f"-g\x1f-Cprofile-generate={raw}")

    def test_training_loads_the_programs_that_count(self) -> None:
        raw = self.train('echo "$FAROL_BIN_DIR $LLVM_PROFILE_FILE $1" >> "$RAW/told"; touch "$RAW/a.profraw" "$RAW/b.profraw"')
        told = [f"{self.folder}/programs  {words[0]}" for words in pgo.TRAINING]
        self.assertEqual((raw / "told").read_text().splitlines(), told)

    def test_a_bench_that_fails_ends_it(self) -> None:
        with self.assertRaisesRegex(StackError, "farolctl bench .*ended with 3"):
            self.train("exit 3")

    def test_a_program_that_wrote_nothing_ends_it(self) -> None:
        with self.assertRaisesRegex(StackError, "1 of 2 programs"):
            self.train('touch "$RAW/a.profraw"')

    def test_what_was_counted_takes_the_old_datas_place_only_when_it_is_whole(self) -> None:
        ctx = self.ctx()
        self.file.write_bytes(b"old")
        program = self.llvm_profdata(":")
        with self.assertRaisesRegex(StackError, "wrote nothing"):
            pgo.merged(ctx, program, self.folder, self.folder)
        self.assertEqual(self.file.read_bytes(), b"old")
        program.write_text('#!/bin/sh\necho "$1 $2" > "$4"\n')
        self.assertEqual(pgo.merged(ctx, program, self.folder, self.folder), self.file)
        self.assertEqual(self.file.read_text(), "merge --sparse\n")

    def test_its_folder_is_empty_before_and_gone_after_whatever_happened(self) -> None:
        ctx = self.ctx()
        left = ctx.cache / "pgo/raw/left.profraw"
        left.parent.mkdir(parents=True)
        left.touch()
        with self.assertRaises(StackError), pgo.scratch(ctx) as place:
            self.assertEqual(list(place.iterdir()), [])
            raise StackError("ended")
        self.assertFalse(place.exists())


if __name__ == "__main__":
    unittest.main()
