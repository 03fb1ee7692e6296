"""Owns the running of checks: a check is a function whose name is a sentence; it passes unless it raises. After each
one the browser's console must be free of errors."""

import time
import traceback

DEFINED = {"own": [], "given": []}


def check(where):
    """Marks a check for Jaegers of our `own` (with the fixture traces) or for a `given` one."""
    def register(function):
        DEFINED[where].append(function)
        return function
    return register


def run_all(where, browser, scene):
    """Runs the checks in the order of their definition; returns (passed, failed)."""
    failed = 0
    for function in DEFINED[where]:
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
    return len(DEFINED[where]) - failed, failed


def describe(error):
    if isinstance(error, AssertionError) and str(error):
        return str(error).replace("\n", "\n      ")
    return "".join(traceback.format_exception(error)).strip().replace("\n", "\n      ")
