"""Owns which checks run in which browser."""

import checks_page  # importing registers the checks, in this order
import checks_docs  # noqa: F401
import checks_journey  # noqa: F401
import checks_state  # noqa: F401
import stack
from farol_browser.browser import Browser
from farol_browser.checks import run_all


def run(programs, addresses, chromium):
    """Starts everything and looks at the page; returns (passed, failed)."""
    with stack.started(programs, addresses) as scene:
        with Browser(*chromium, scene.gateway.url, javascript=False) as browser:
            plain = run_all(checks_page.WITHOUT_JAVASCRIPT, browser, scene)
        with Browser(*chromium, scene.gateway.url) as browser:
            scripted = run_all(checks_page.WITH_JAVASCRIPT, browser, scene)
    return plain[0] + scripted[0], plain[1] + scripted[1]
