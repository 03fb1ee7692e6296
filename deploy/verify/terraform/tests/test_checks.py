"""The checks' own parts: what is remembered, what is refused, what is read from the package's classes."""

from __future__ import annotations

import io
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "native")]

from farol_native.console import Console  # noqa: E402

from farol_terraform import documents, jobs, npm_schema  # noqa: E402
from farol_terraform.terraform import Failed  # noqa: E402

RESOURCE = """
function exampleDiskToHclTerraform(struct) {
    const attrs = {
        size: {
            value: cdktn.numberToHclTerraform(struct.size),
            isBlock: false,
            type: "simple",
            storageClassType: "number",
        },
    };
}
class ExampleDiskOutputReference extends cdktn.ComplexObject {
    // size - computed: false, optional: false, required: true
    _size;
    get size() {
        return this.getNumberAttribute('size');
    }
}
exports.ExampleDiskOutputReference = ExampleDiskOutputReference;
class Example extends cdktn.TerraformResource {
    // arn - computed: true, optional: false, required: false
    get arn() {
        return this.getStringAttribute('arn');
    }
    // zones - computed: false, optional: true, required: false
    _zones;
    get zones() {
        return cdktn.Fn.tolist(this.getListAttribute('zones'));
    }
    // disk - computed: false, optional: false, required: true
    _disk = new ExampleDiskOutputReference(this, "disk");
    get disk() {
        return this._disk;
    }
    synthesizeHclAttributes() {
        const attrs = {
            zones: {
                value: cdktn.listMapperHcl(cdktn.stringToHclTerraform, false)(this._zones),
                isBlock: false,
                type: "set",
                storageClassType: "stringList",
            },
            disk: {
                value: exampleDiskToHclTerraform(this._disk.internalValue),
                isBlock: true,
                type: "list",
                storageClassType: "ExampleDiskList",
            },
        };
    }
}
exports.Example = Example;
"""


class Schema(unittest.TestCase):
    def test_types_flags_and_blocks_are_read_from_a_class(self) -> None:
        block = npm_schema.Reader(RESOURCE).top()
        self.assertEqual(block["attributes"]["arn"], {"type": "string", "computed": True, "optional": False, "required": False})
        self.assertEqual(block["attributes"]["zones"]["type"], ["set", "string"])
        disk = block["blocks"]["disk"]
        self.assertEqual((disk["nesting"], disk["min"], disk["max"]), ("list", 1, 1))
        self.assertEqual(disk["attributes"]["size"]["type"], "number")

    def test_a_getter_that_is_not_known_is_an_error_and_not_a_guess(self) -> None:
        with self.assertRaises(npm_schema.SchemaError):
            npm_schema.Reader(RESOURCE.replace("getNumberAttribute", "getTensorAttribute")).top()


class Remembered(unittest.TestCase):
    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)
        self.source = self.folder / "tree/main.tf"
        self.source.parent.mkdir()
        self.source.write_text("a")
        self.runs = 0

    def once(self, *, fails: bool = False, versions: str = "1") -> list[str]:
        def work() -> str:
            self.runs += 1
            if fails:
                raise Failed("no")
            return "yes"

        passed = jobs.Passed(self.folder / "passed", versions)
        return jobs.run([jobs.Job("one", work, inputs=(self.source.parent,))], passed, Console(io.StringIO()))

    def test_what_passed_is_not_run_again_until_its_content_or_a_tool_changes(self) -> None:
        self.once()
        self.once()
        self.assertEqual(self.runs, 1)
        self.source.write_text("b")
        self.once()
        self.assertEqual(self.runs, 2)
        self.once(versions="2")
        self.assertEqual(self.runs, 3)

    def test_a_failure_is_named_and_never_remembered(self) -> None:
        self.assertEqual(self.once(fails=True), ["one"])
        self.assertEqual(self.once(), [])
        self.assertEqual(self.runs, 2)


class Documents(unittest.TestCase):
    def test_a_validation_does_not_hide_what_comes_before_it(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "variables.tf"
            path.write_text('variable "a" {\n  description = "An a."\n  type        = string\n\n  validation {\n    condition = true\n  }\n}\n')
            self.assertEqual(documents.named(path, "variable"), [("a", {"description": '"An a."', "type": "string"})])


if __name__ == "__main__":
    unittest.main()
