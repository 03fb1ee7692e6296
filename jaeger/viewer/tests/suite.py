"""Owns what the checks are run on: a Jaeger of our own with the fixture traces, or a given one with a trace it has."""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from types import SimpleNamespace

import checks_given  # noqa: F401 (importing registers the checks, in this order)
import checks_search  # noqa: F401
import checks_monitor  # noqa: F401
import checks_trace  # noqa: F401
import checks_looks  # noqa: F401
import fixture_traces
from farol_browser.browser import Browser
from farol_browser.checks import run_all
from jaeger_process import Jaeger

UI_SETTINGS = {"linkPatterns": [
    {"type": "traces", "url": "https://logs.example/?q=#{traceID}", "text": "Logs of this trace"},
    {"type": "tags", "key": "tenant", "url": "https://tenants.example/#{tenant}", "text": "Tenant #{tenant}"},
    {"type": "tags", "key": "tenant", "url": "javascript:window.breached=1//#{tenant}", "text": "Unsafe #{tenant}"},
]}


def run_on_own(binary, chromium, chromedriver):
    """Starts a Jaeger, and one below a base path; returns (passed, failed)."""
    with Jaeger(binary, UI_SETTINGS) as jaeger, Jaeger(binary, UI_SETTINGS, base_path="/tracing") as below_path:
        scene = post_fixtures(jaeger, below_path)
        with Browser(chromium, chromedriver, jaeger.url) as browser:
            return run_all("own", browser, scene)


def post_fixtures(jaeger, below_path):
    order, spans = fixture_traces.order()
    batch, batch_span = fixture_traces.batch(order, spans)
    large, large_last = fixture_traces.large()
    hostile, orphan, late = fixture_traces.hostile(), fixture_traces.orphan(), fixture_traces.late()
    for trace in (order, batch, large, hostile, orphan):
        jaeger.post(trace.body())
    below_path.post(orphan.body())
    return SimpleNamespace(jaeger=jaeger, below_path=below_path, order=order, spans=spans, batch=batch, batch_span=batch_span,
                           large=large, large_last=large_last, hostile=hostile, orphan=orphan, late=late)


def run_on_given(url, trace_id, chromium, chromedriver):
    """Looks at a trace of a running Jaeger (the newest if none is named); returns (passed, failed)."""
    url = url.rstrip("/")
    try:
        scene = given_scene(url, trace_id or newest_trace(url))
    except urllib.error.URLError as error:
        sys.exit(f"viewer tests cannot run: {url} does not give the trace {trace_id or '(newest)'}: {error}")
    with Browser(chromium, chromedriver, url) as browser:
        return run_all("given", browser, scene)


def given_scene(url, trace_id):
    with urllib.request.urlopen(f"{url}/search", timeout=10) as response:
        if 'id="stand-in-notice"' not in response.read().decode():
            sys.exit(f"viewer tests cannot run: {url} serves another UI, not this viewer")
    [trace] = ask(f"{url}/api/traces/{trace_id}")
    services = sorted({process["serviceName"] for process in trace["processes"].values()})
    return SimpleNamespace(trace_id=trace["traceID"], spans=trace["spans"], processes=trace["processes"], services=services)


def newest_trace(url):
    services = [urllib.parse.quote(service, safe="") for service in ask(f"{url}/api/services")]
    traces = [trace for service in services for trace in ask(f"{url}/api/traces?service={service}&limit=20")]
    if not traces:
        sys.exit(f"viewer tests cannot run: {url} has no traces yet; send something first, as `make demo` does")
    return max(traces, key=lambda trace: trace["spans"][0]["startTime"])["traceID"]


def ask(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        return json.load(response)["data"] or []
