"""A stack's context in a temporary folder, and a web server on loopback; for the tests of this folder."""

from __future__ import annotations

import functools
import http.server
import io
import os
import shutil
import sys
import tarfile
import tempfile
import threading
import unittest
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "deploy" / "native"))

from farol_native import components  # noqa: E402
from farol_native.cache import Cache, cache_path  # noqa: E402
from farol_native.console import Console  # noqa: E402
from farol_native.context import Context  # noqa: E402
from farol_native.home import Home  # noqa: E402
from farol_native.ports import Ports  # noqa: E402


class ContextTest(unittest.TestCase):
    """Each test gets a folder of its own, open to the service account, that is gone afterwards."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="farol-unit-"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder)
        self.said = io.StringIO()

    def context(self, env: Mapping[str, str] | None = None, *, cache: Path | None = None) -> Context:
        """A context with every component's default ports, an empty cache and nothing but PATH and `env` set."""
        settings = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **(env or {})}
        defaults = {variable: port for part in components.load() for variable, port in part.ports.items()}
        home = Home(self.folder / "home")
        ports = Ports(defaults, settings, home.path / "ports.json")
        ctx = Context(ROOT, home, Cache(cache or self.folder / "cache"), ports, settings, Console(self.said))
        ctx.logs.mkdir(parents=True, exist_ok=True)
        return ctx

    def program_on_path(self, name: str, script: str) -> dict[str, str]:
        """A setting of PATH in which `name` is this shell script."""
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return {"PATH": f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"}

    def tool(self, name: str, package: str) -> Path:
        """A program these tests judge with; a machine without it fails them and says what to install."""
        found = self.context().which(name)
        if found is None:
            self.fail(f"{name} is not on PATH; Debian has it in the package {package}")
        return found


def users_cache() -> Path:
    """Where `make up` has put what it built."""
    return cache_path(os.environ)


def archive(path: Path, files: Mapping[str, str], executable: frozenset[str] = frozenset()) -> Path:
    """A .tar.gz of these files."""
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            member.mode = 0o755 if name in executable else 0o644
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
        del format, args


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a web server for `folder`."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
