"""Fetches a released .tar.gz and unpacks it: plain files only, never outside its folder, never unchecked when a checksum is known."""

from __future__ import annotations

import hashlib
import http.client
import queue
import shutil
import tarfile
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import urlsplit

from .component import StackError

CONNECT_SECONDS = 5.0
LARGEST_BYTES = 1 << 30
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def fetch_archive(url: str, sha256: str, place: Path) -> None:
    """Downloads `url` and unpacks it into `place`. An empty `sha256` means none is known. StackError: one line why not."""
    refuse_plain_http(url)
    with tempfile.TemporaryFile() as archive:
        found = download(url, archive)
        if sha256 and found != sha256.lower():
            raise StackError(f"{url} has sha256 {found}, not the expected {sha256}; nothing of it was used")
        archive.seek(0)
        unpack(archive, place, url)


def refuse_plain_http(url: str) -> None:
    """What comes over the network comes over TLS; this machine's own servers may do without."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise StackError(f"{url} is not an https address")


def download(url: str, archive: IO[bytes]) -> str:
    """Writes the body to `archive` and returns its sha256."""
    digest = hashlib.sha256()
    size = 0
    try:
        with open_within(url, 2 * CONNECT_SECONDS) as answer:
            refuse_plain_http(answer.geturl())  # after redirections
            while block := answer.read(1 << 20):
                size += len(block)
                if size > LARGEST_BYTES:
                    raise StackError(f"{url} is larger than {LARGEST_BYTES >> 20} MiB")
                digest.update(block)
                archive.write(block)
    except (OSError, http.client.HTTPException) as error:
        refused = isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError)
        reason = error.reason if refused else error
        raise StackError(f"{url} cannot be reached ({reason})") from error
    return digest.hexdigest()


def open_within(url: str, seconds: float) -> http.client.HTTPResponse:
    """The answer, its headers read. A timeout of urllib's does not cover name resolution, which can hang without a network."""
    answers: queue.Queue[http.client.HTTPResponse | Exception] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(url, timeout=CONNECT_SECONDS))  # noqa: S310 (the scheme was checked)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            answers.put(error)

    # A daemon: one that hangs in the resolver does not keep this process from ending.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def unpack(archive: IO[bytes], place: Path, url: str) -> None:
    """Writes the regular files of a .tar.gz below `place`; links, devices and names that point outside are refused."""
    try:
        with tarfile.open(fileobj=archive, mode="r:gz") as tar:
            for member in tar:
                name = PurePosixPath(member.name)
                if name.is_absolute() or ".." in name.parts or not (member.isfile() or member.isdir()):
                    raise StackError(f"{url} holds {member.name!r}, which is not a plain file inside the archive")
                target = place / name
                if member.isdir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                assert source is not None  # a regular file always has a body
                with source, target.open("wb") as out:
                    shutil.copyfileobj(source, out)
                target.chmod(0o755 if member.mode & 0o100 else 0o644)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise StackError(f"{url} is not a .tar.gz that can be unpacked ({error})") from error
