"""Grafana is found, fetched, or explained in one line; it never runs with a password that everybody knows."""

from __future__ import annotations

import hashlib
import re
import unittest
from pathlib import Path

from context_fixture import ContextTest, archive, serving

from farol_native.component import StackError
from farol_native.components.grafana import COMPONENT, VERSION, installation

FILES = {f"grafana-v{VERSION}/bin/grafana": "#!/bin/sh\n", f"grafana-v{VERSION}/conf/defaults.ini": "[server]\n"}
PROGRAM = frozenset({f"grafana-v{VERSION}/bin/grafana"})


class Installation(ContextTest):
    def setUp(self) -> None:
        super().setUp()
        self.served = self.folder / "served"
        self.served.mkdir()

    def settings(self, address: str, sha256: str) -> dict[str, str]:
        url = f"{address}/grafana.tar.gz"
        return {"PATH": "/usr/bin:/bin", "FAROL_GRAFANA_ARCHIVE_URL": url, "FAROL_GRAFANA_ARCHIVE_SHA256": sha256}

    def test_from_its_archive(self) -> None:
        path = archive(self.served / "grafana.tar.gz", FILES, PROGRAM)
        with serving(self.served) as address:
            command, home = installation(self.context(self.settings(address, digest(path))))
        self.assertEqual(command, [home / "bin" / "grafana", "server"])
        self.assertTrue((home / "conf" / "defaults.ini").is_file())

    def test_a_wrong_checksum(self) -> None:
        archive(self.served / "grafana.tar.gz", FILES, PROGRAM)
        with serving(self.served) as address:
            self.assert_one_line(self.settings(address, "0" * 64), "not the expected")

    def test_an_unreachable_archive(self) -> None:
        self.assert_one_line(self.settings("http://127.0.0.1:9", ""), "cannot be reached")

    def test_an_archive_of_something_else(self) -> None:
        path = archive(self.served / "grafana.tar.gz", {"readme": "x"})
        with serving(self.served) as address:
            self.assert_one_line(self.settings(address, digest(path)), "holds no Grafana")

    def test_on_path_beside_its_pages(self) -> None:
        for name, words in (("grafana-server", []), ("grafana", ["server"])):
            with self.subTest(name):
                path = self.program_on_path(name, "")
                (self.folder / "conf").mkdir(exist_ok=True)
                (self.folder / "conf" / "defaults.ini").write_text("")
                command, home = installation(self.context(path))
                self.assertEqual((command, home), ([self.folder / "bin" / name, *words], self.folder))

    def assert_one_line(self, settings: dict[str, str], text: str) -> None:
        with self.assertRaisesRegex(StackError, f"Grafana is not here.*{text}.*put `grafana` on PATH") as caught:
            installation(self.context(settings))
        self.assertNotIn("\n", str(caught.exception))


class Settings(ContextTest):
    def test_its_password_is_random_and_nobody_is_let_in_without_it(self) -> None:
        ctx = self.context()
        settings = COMPONENT.settings(ctx)
        password = settings["GF_SECURITY_ADMIN_PASSWORD"]
        self.assertGreaterEqual(len(password), 32)
        self.assertEqual(password, COMPONENT.exports(ctx)["FAROL_GRAFANA_PASSWORD"])
        self.assertEqual(settings["GF_AUTH_ANONYMOUS_ENABLED"], "false")
        self.assertEqual(settings["GF_SERVER_HTTP_ADDR"], "127.0.0.1")

    def test_every_variable_of_the_provisioning_is_set(self) -> None:
        path = self.program_on_path("grafana", "")
        (self.folder / "conf").mkdir()
        (self.folder / "conf" / "defaults.ini").write_text("")
        ctx = self.context(path)
        COMPONENT.prepare(ctx)
        env = COMPONENT.program(ctx).env
        for variable in variables(ctx.run_folder("grafana") / "provisioning"):
            self.assertIn(variable, env)

    def test_a_board_that_was_removed_is_not_shown_any_more(self) -> None:
        ctx = self.context()
        gone = ctx.render("grafana", "dashboards/gone.json", "{}")
        COMPONENT.prepare(ctx)
        self.assertFalse(gone.exists())
        self.assertTrue((gone.parent / "golden-signals.json").is_file())


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def variables(folder: Path) -> set[str]:
    """Environment variables that files below a folder name as ${NAME}."""
    return {name for path in folder.rglob("*.yml") for name in re.findall(r"(?<!\$)\$\{(\w+)\}", path.read_text())}


if __name__ == "__main__":
    unittest.main()
