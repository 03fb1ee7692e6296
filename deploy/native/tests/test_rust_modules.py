"""A Rust file is reached by `mod` from one that cargo starts from, or `make check` names it."""

from __future__ import annotations

from context_fixture import ContextTest

from farol_native import rust_modules

ROOTS = ("src/lib.rs", "tests/suite.rs")
FILES = {
    "src/lib.rs": "mod beside;\npub(crate) mod folder;\n// mod commented;\n",
    "src/beside.rs": '#[cfg(test)]\n#[path = "beside_tests.rs"]\nmod tests;\nmod below;\n',
    "src/beside_tests.rs": "",
    "src/beside/below.rs": "",
    "src/folder/mod.rs": "mod leaf;\n",
    "src/folder/leaf.rs": "",
    "tests/suite.rs": '#[path = "../src/folder/leaf.rs"]\nmod leaf;\nmod support;\n',
    "tests/support/mod.rs": "",
}


class RustModulesTest(ContextTest):
    def declared(self, files: dict[str, str]) -> set[str]:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        found = rust_modules.declared(self.folder / root for root in ROOTS)
        return {str(path.relative_to(self.folder)) for path in found}

    def test_each_way_to_declare_a_module_reaches_its_file(self) -> None:
        self.assertEqual(self.declared(FILES), set(FILES))

    def test_a_file_that_no_module_declares_is_not_reached(self) -> None:
        stray = ("src/beside/record.rs", "src/below.rs", "src/commented.rs", "tests/leaf.rs")
        self.assertEqual(self.declared(FILES | dict.fromkeys(stray, "")), set(FILES))
