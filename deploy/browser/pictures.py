#!/usr/bin/env python3
"""Makes the README's pictures from the stack that is up: a minute of load, then the golden signals as farolctl draws them,
and one event's trace as the browser shows it. Prints what it wrote; the exit code is 0 only if both pictures are new."""

import contextlib
import json
import os
import random
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from datetime import date, timedelta
from pathlib import Path

sys.dont_write_bytecode = True  # a run leaves nothing behind in the checkout but the pictures
ROOT = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT / "deploy/browser"), str(ROOT / "deploy/native")]

from farol_browser import environment  # noqa: E402
from farol_native import rust  # noqa: E402
from farol_native.component import StackError  # noqa: E402
from farol_native.stack import open_stack  # noqa: E402
from farol_native.stack_commands import running_env  # noqa: E402

PICTURES = ROOT / "docs/pictures"
# (days of recorded flights, events per second): about 850 events a day, a minute in all, with something to see in it
LOAD = ((1, 40), (2, 100), (1, 50))
RANGE = "2m"
# the rows of the board that such a load fills, and that fit on a screen or two
ROWS = ("Now", "Latency", "Traffic")
TRACE_SIZE = (1200, 400)
LARGEST = 300_000


class Failed(Exception):
    """Something that the pictures need did not happen."""


def main():
    try:
        environment.enter_virtual_environment()
        chromium = environment.require_chromium()
        tool = Farolctl(open_stack(ROOT, os.environ))
        PICTURES.mkdir(exist_ok=True)
        # before the load: the page says of a trace that is seconds old that spans may still be arriving
        trace = send_one(tool)
        make_load(tool)
        board = PICTURES / "golden-signals.svg"
        print(tool.run("picture", "--board", "golden-signals", "--range", RANGE, "--out", str(board), *(word for row in ROWS for word in ("--row", row))))
        photograph(tool.env["FAROL_JAEGER_URL"], trace, chromium, PICTURES / "trace.png")
    except (environment.Missing, StackError, Failed, AssertionError) as missing:
        sys.exit(f"the pictures cannot be made: {missing}")


class Farolctl:
    """The operator's tool with the addresses of the stack."""

    def __init__(self, stack):
        self.env = {**os.environ, **running_env(stack.ctx)}
        for name in ("FAROL_PROMETHEUS_URL", "FAROL_JAEGER_URL"):
            if name not in self.env:
                raise Failed(f"the stack has no {name}: it runs without a part that the pictures show")
        rust.build(stack.ctx)
        self.program = rust.program(stack.ctx, "farolctl")

    def run(self, *words):
        """Standard output of a command that must succeed."""
        result = subprocess.run([str(self.program), *words], env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if result.returncode != 0:
            raise Failed(f"farolctl {' '.join(words)} ended with {result.returncode}:\n{result.stderr}")
        return result.stdout.strip()


def make_load(tool):
    """Sends recorded flights, from another day of the year each time: those of the last run would be repeats."""
    day = date(2013, 1, 1) + timedelta(days=random.randrange(350))
    for days, rate in LOAD:
        last = day + timedelta(days=days - 1)
        print(tool.run("replay", "flights", "--from", str(day), "--to", str(last), "--rate", str(rate)).splitlines()[0], flush=True)
        day = last + timedelta(days=1)


def send_one(tool):
    """One event from a client that does not trace, so that the trace begins at the gateway; its id."""
    event = {"specversion": "1.0", "source": "/readme/pictures", "type": "order.placed", "id": str(uuid.uuid4()), "data": {"total": 12.5}}
    headers = {"Authorization": f"Bearer {tool.env['FAROL_KEY']}", "Content-Type": "application/cloudevents+json"}
    request = urllib.request.Request(f"{tool.env['FAROL_GATEWAY_URL']}/v1/events", json.dumps(event).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            trace = json.load(response)["traceId"]
    except urllib.error.URLError as error:
        raise Failed(f"the gateway did not take the event: {error}") from error
    tool.run("trace", "--wait", "30s", trace)
    return trace


def photograph(jaeger, trace, chromium, file):
    """The trace's page, once it shows the event's way from the gateway to the worker."""
    from farol_browser.browser import Browser  # not before: it imports selenium, which is there once the environment has been entered

    with Browser(*chromium, jaeger) as browser:
        browser.size(TRACE_SIZE)
        browser.go(f"trace/{trace}")
        for span in ("POST /v1/events", "send farol.events", "process farol.events"):
            browser.see("body", span)
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
        if not browser.driver.save_screenshot(str(file)):
            raise Failed(f"{file} could not be written")
    if file.stat().st_size > LARGEST:
        raise Failed(f"{file} has {file.stat().st_size} bytes, more than {LARGEST}")
    print(f"{file}: trace {trace}, {file.stat().st_size} bytes")


if __name__ == "__main__":
    sys.exit(main())
