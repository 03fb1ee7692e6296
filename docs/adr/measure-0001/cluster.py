"""Owns a throw-away PostgreSQL: creates it in a temporary folder, reachable by its Unix socket only, and removes it with all data.
Knows nothing of tables."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from pgwire import Connection

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")


class Cluster:
    """A context manager around initdb, start, stop and removal."""

    def __init__(self, parent, shared_buffers):
        if not (BINARIES / "initdb").exists():
            raise SystemExit(f"PostgreSQL 15 is needed in {BINARIES}: apt-get install postgresql-15")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="farol-measure-", dir=parent))
        self.data, self.shared_buffers = self.folder / "data", shared_buffers
        # PostgreSQL refuses to run as root.
        self.prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.prefix:
            shutil.chown(self.folder, "postgres")

    def _run(self, tool, *arguments):
        done = subprocess.run([*self.prefix, str(BINARIES / tool), *arguments], cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{tool} failed: {done.stdout}{done.stderr}")
        return done.stdout

    def __enter__(self):
        try:
            self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync")
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *_):
        if (self.data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder)

    def start(self, **settings):
        """Starts with the fixed settings below and `settings` over them."""
        fixed = {"listen_addresses": "", "unix_socket_directories": self.folder, "shared_buffers": self.shared_buffers,
                 "max_wal_size": "3GB", "checkpoint_timeout": "1h", "autovacuum": "off", "jit": "off", "work_mem": "16MB",
                 "max_connections": "20", "full_page_writes": "on", "logging_collector": "off"}
        options = " ".join(f"-c {name}='{value}'" for name, value in {**fixed, **settings}.items())
        self._run("pg_ctl", "-D", str(self.data), "-w", "-t", "120", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self):
        self._run("pg_ctl", "-D", str(self.data), "-w", "-t", "300", "-m", "fast", "stop")

    def connect(self, application="measure"):
        return Connection(self.folder, application=application)

    def wal_split(self, start, end):
        """(bytes of records, bytes of full-page images) between two WAL positions, by pg_waldump."""
        out = self._run("pg_waldump", "-p", str(self.data / "pg_wal"), "-s", start, "-e", end, "--stats")
        total = [line for line in out.splitlines() if line.startswith("Total")][-1]
        numbers = [int(word) for word in total.split()[1:] if word.isdigit()]
        return numbers[1], numbers[2]


def cpu_seconds(pid):
    """CPU time of a process so far, from the scheduler's nanosecond counter."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
