"""Owns the running of checks: a check is a function whose name is a sentence; it passes unless it raises. After each
one the browser's console must be free of errors."""

import time
import traceback

DEFINED = {}


def check(suite):
    """Marks a check as one of a suite."""
    def register(function):
        DEFINED.setdefault(suite, []).append(function)
        return function
    return register


def run_all(suite, browser, scene):
    """Runs the checks in the order of their definition; returns (passed, failed)."""
    failed = 0
    for function in DEFINED[suite]:
        sentence = function.__name__.replace("_", " ")
        began = time.monotonic()
        try:
            function(browser, scene)
            complaints = browser.complaints()
            assert not complaints, f"the browser's console has errors: {complaints}"
            print(f"ok    {sentence} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception as error:  # one broken check must not hide the others; it is counted and decides the exit code
            failed += 1
            print(f"FAIL  {sentence}\n      {describe(error)}", flush=True)
            browser.complaints()  # empties the console, so that the next check is not blamed for this one's
    return len(DEFINED[suite]) - failed, failed


def describe(error):
    if isinstance(error, AssertionError) and str(error):
        return str(error).replace("\n", "\n      ")
    return "".join(traceback.format_exception(error)).strip().replace("\n", "\n      ")
