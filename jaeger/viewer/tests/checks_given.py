"""What a person sees of a trace that a running system sent to the given Jaeger."""

import json
from urllib.parse import urlencode

from farol_browser.checks import check


@check("given")
def the_viewer_and_its_notice_are_served(browser, scene):
    browser.go("search")
    browser.see("#stand-in-notice", "not the official Jaeger UI")
    browser.see(".search-form")


@check("given")
def the_address_of_the_trace_shows_all_its_spans_nested(browser, scene):
    browser.go(f"trace/{scene.trace_id}")
    browser.see(".span-row")
    browser.see(".trace-facts", str(len(scene.spans)))
    present = {span["spanID"] for span in scene.spans}
    parents = {span["spanID"]: parent_of(span, present) for span in scene.spans}

    def depth(span_id):
        return 1 if parents[span_id] is None else 1 + depth(parents[span_id])

    shown = browser.run("return [...document.querySelectorAll('.span-row')].map((row) => [row.dataset.spanId, Number(row.getAttribute('aria-level'))])")
    wrong = [(span_id, level, depth(span_id)) for span_id, level in shown if level != depth(span_id)]
    assert shown and not wrong, f"levels that differ from the data (span, shown, expected): {wrong}"


def parent_of(span, present):
    in_trace = [reference for reference in span["references"] if reference["traceID"] == span["traceID"] and reference["spanID"] in present]
    child_of = [reference for reference in in_trace if reference["refType"] == "CHILD_OF"]
    return next((reference["spanID"] for reference in child_of or in_trace), None)


@check("given")
def each_service_of_the_trace_is_named(browser, scene):
    browser.go(f"trace/{scene.trace_id}")
    for service in scene.services:
        browser.see(".trace-services", service)


@check("given")
def a_span_opens_with_its_attributes(browser, scene):
    browser.go(f"trace/{scene.trace_id}")
    browser.click(".span-row")
    browser.see(".span-detail [data-section=attributes]")


@check("given")
def a_search_by_service_and_tag_leads_to_the_trace(browser, scene):
    first = min(scene.spans, key=lambda span: span["startTime"])
    service = scene.processes[first["processID"]]["serviceName"]
    tag = next(tag for tag in first["tags"] if tag["type"] == "string" and tag["value"])
    second = 1_000_000
    # A busy system has more traces than a list can show, so the search is for the seconds around this one.
    parameters = {"service": service, "tags": json.dumps({tag["key"]: tag["value"]}), "lookback": "custom", "limit": 1500,
                  "start": first["startTime"] - second, "end": first["startTime"] + second}
    browser.go(f"search?{urlencode(parameters)}")
    browser.click(f".result[data-trace-id='{scene.trace_id}']")
    browser.address(f"/trace/{scene.trace_id}")
    browser.see(".span-row")
