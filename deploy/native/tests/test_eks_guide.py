"""docs/EKS.md fits the tree: what it names of files, stacks, outputs, variables, secrets and Kubernetes objects is there; its links: test_pages."""

from __future__ import annotations

import re
import unittest

from context_fixture import ROOT

TEXT = (ROOT / "docs/EKS.md").read_text()
DEPLOY = ROOT / "deploy"
STACKS = DEPLOY / "terraform/live/stacks"
KINDS = {"svc": "Service", "deployment": "Deployment", "job": "Job", "gateway": "Gateway", "application": "Application", "secret": "Secret"}
# Made by Kubernetes or by Helm's charts, not by a file of ours.
FOREIGN_NAMESPACES = {"default", "kube-system"}


def output_of(stack: str, output: str) -> str | None:
    """The module behind an output of a stack, by its folder's name."""
    main = (STACKS / stack / "main.tf").read_text()
    value = re.search(rf'^output "{output}" \{{.*?value\s+= module\.(\w+)$', main, re.MULTILINE | re.DOTALL)
    source = value and re.search(rf'^module "{value[1]}" \{{\s+source = "[./]+/modules/([\w-]+)"', main, re.MULTILINE)
    return source[1] if source else None


def objects() -> set[tuple[str, str]]:
    """(kind, name) of all that the manifests hold, and of what the guide itself makes."""
    found = set()
    for path in (path for folder in ("kubernetes", "argocd") for path in (DEPLOY / folder).rglob("*.yaml")):
        for document in re.split(r"^---$", path.read_text(), flags=re.MULTILINE):
            kind = re.search(r"^kind: (\w+)$", document, re.MULTILINE)
            names = re.findall(r"^(?:metadata:\n(?:  .*\n)*?  |    metadata:\n      )name: \"?([\w.{}-]+)", document, re.MULTILINE)
            for name in names if kind else []:
                found.add(("Application" if "{{" in name else kind[1], name.replace("{{.environment}}", "dev")))
    found.update(("Secret", name) for name in re.findall(r'"kind":"Secret".*?"metadata":\{"name":"([\w-]+)"', TEXT))
    return found


class Guide(unittest.TestCase):
    def each(self, pattern: str, at_least: int) -> list[tuple[str, ...]]:
        """All that the guide says in this form; a form that it no longer uses is a test that sees nothing."""
        found = sorted({match.groups() for match in re.finditer(pattern, TEXT, re.MULTILINE)})
        self.assertGreaterEqual(len(found), at_least, pattern)
        return found

    def test_each_path_is_there(self) -> None:
        for (path,) in self.each(r"(?<![\w/.])((?:deploy|live|\.github)/[\w./-]*\w)", 15):
            with self.subTest(path=path):
                self.assertTrue((ROOT / path).exists() or (DEPLOY / "terraform" / path).exists())

    def test_each_stack_is_there(self) -> None:
        for environment, stack in self.each(r"live/tf (\w+) ([\w-]+)", 9):
            with self.subTest(stack=stack):
                self.assertIn(environment, ("dev", "prod"))
                self.assertTrue(stack == "all" or (STACKS / stack).is_dir())

    def test_each_output_is_one_of_its_stack(self) -> None:
        read = r"live/tf dev ([\w-]+) output -json\)? \| jq "
        found = {(stack, output, name) for stack, output, name in self.each(read + r"-r '?\.(\w+)\.value\.(\w+)", 5)}
        for stack, output, fields in self.each(read + r"--arg[^']*'\.(\w+)\.value \|([^']*)'", 2):
            found.update((stack, output, name) for name in re.findall(r"[:(]\.(\w+)", fields))
        self.assertEqual(len(found), len(re.findall(r"output -json", TEXT)) + 3, "a command that no pattern sees")
        for stack, output, name in sorted(found):
            with self.subTest(stack=stack, output=f"{output}.{name}"):
                module = output_of(stack, output)
                self.assertIsNotNone(module)
                self.assertIn(f'output "{name}" {{', (DEPLOY / f"terraform/modules/{module}/outputs.tf").read_text())

    def test_each_setting_is_a_variable_of_its_stack(self) -> None:
        common = (STACKS / "context.tf").read_text()
        settings = 0
        for line in TEXT.splitlines():
            stack = None
            for named, name in re.findall(r"live/dev/([\w-]+)\.tfvars|`(\w+) = ", line):
                stack = named or stack
                if name and stack:
                    settings += 1
                    with self.subTest(stack=stack, setting=name):
                        self.assertIn(f'variable "{name}" {{', (STACKS / stack / "variables.tf").read_text() + common)
        self.assertGreater(settings, 8)
        variables = "".join(path.read_text() for path in STACKS.glob("*/variables.tf"))
        for (name,) in self.each(r"TF_VAR_(\w+)=", 2):
            self.assertIn(f'variable "{name}" {{', variables)

    def test_each_secret_is_made(self) -> None:
        made = (STACKS / "03-iam/variables.tf").read_text() + (DEPLOY / "terraform/live/prod/03-iam.tfvars").read_text()
        for (name,) in self.each(r"^put (\w+) [\"']", 7):
            self.assertRegex(made, rf"\b{name}\s+= \"JSON")

    def test_each_object_and_namespace_is_in_the_manifests(self) -> None:
        known = objects()
        names = {name for kind, name in known if kind == "Namespace"} | FOREIGN_NAMESPACES
        for (namespace,) in self.each(r"kubectl (?:-n|--namespace) ([\w-]+)", 3):
            self.assertIn(namespace, names)
        for kind, name in self.each(rf"kubectl .*?\b({'|'.join(KINDS)})/([\w.-]+)", 6):
            with self.subTest(object=f"{kind}/{name}"):
                self.assertIn((KINDS[kind], name), known)

    def test_its_costs_are_those_of_the_table(self) -> None:
        table = (DEPLOY / "terraform/README.md").read_text()
        dev, prod = re.search(r"\*\*sum\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\*", table).groups()
        self.assertIn(f"dev {dev} USD a month, {int(dev) / 730:.2f} an hour", TEXT)
        self.assertIn(f"prod {prod}.", TEXT)


if __name__ == "__main__":
    unittest.main()
