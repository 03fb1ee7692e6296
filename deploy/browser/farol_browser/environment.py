"""Owns what the tests need on this machine: selenium in a cached virtual environment, and a Chromium with its driver.
Standard library only, since it runs before anything is installed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
APT_PACKAGES = ["chromium", "chromium-driver"]


class Missing(Exception):
    """Something is not installed; the message says how to get it."""


def cache_home():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "farol"


def enter_virtual_environment():
    """Continues this program in the environment that has selenium, building it on the first run."""
    version = re.search(r"^selenium==(\S+)$", REQUIREMENTS.read_text(), re.M).group(1)
    home = cache_home() / f"browser-tests-{version}"
    if home.exists() and os.path.samefile(sys.prefix, home):
        return
    python = home / "bin" / "python"
    if not (home / "complete").is_file() or not python.exists():
        build_virtual_environment(home)
    sys.stdout.flush()
    os.execv(python, [str(python), *sys.argv])


def build_virtual_environment(home):
    # Environments hold absolute paths, so it is built in place; the file `complete` says that it was finished.
    print(f"installing selenium into {home} (once) …", flush=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], capture_output=True, text=True)
    if made.returncode != 0:
        raise Missing(f"Python cannot make a virtual environment: apt-get install python3-venv\n{made.stdout}{made.stderr}")
    pip = [str(home / "bin" / "pip"), "--quiet", "--disable-pip-version-check", "install", "-r", str(REQUIREMENTS)]
    installed = subprocess.run(pip, capture_output=True, text=True)
    if installed.returncode != 0:
        raise Missing(f"selenium could not be installed from {REQUIREMENTS}:\n{installed.stderr}")
    (home / "complete").touch()


def require_chromium():
    """Returns the paths of Chromium and its driver; root gets them installed where apt is."""
    if not find_chromium() and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {' and '.join(APT_PACKAGES)} …", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *APT_PACKAGES]):
            subprocess.run(["apt-get", "-qq", *command], env=environment, stdout=subprocess.DEVNULL, check=False)
    found = find_chromium()
    if not found:
        raise Missing(f"no Chromium with its driver on the PATH: apt-get install {' '.join(APT_PACKAGES)}")
    return found


def find_chromium():
    paths = shutil.which("chromium"), shutil.which("chromedriver")
    return paths if all(paths) else None
