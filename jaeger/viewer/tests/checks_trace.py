"""What a person sees of one trace, on a Jaeger with the fixture traces."""

import time
from urllib.parse import quote

from selenium.webdriver.common.keys import Keys

from farol_browser.checks import check
from fixture_traces import HOSTILE, HOSTILE_SCRIPT

LARGE_TRACE_LIMIT_S = 8  # generous: the machine may be busy; drawing 2,000 rows at once would take longer than this


def row(span_id):
    return f".span-row[data-span-id='{span_id}']"


def rows(browser):
    """What the waterfall's rows say, top down, as (level, label)."""
    return browser.run("""return [...document.querySelectorAll('.span-row')].sort((a, b) => a.dataset.index - b.dataset.index)
        .map((row) => [Number(row.getAttribute('aria-level')), row.getAttribute('aria-label')])""")


@check("own")
def parents_and_children_nest_in_the_order_of_time(browser, scene):
    browser.go(f"trace/{scene.order.id}")
    browser.see(".span-row")
    seen = [(level, label.split(", ")[:3]) for level, label in rows(browser)]
    assert seen == [
        (1, ["shop-gateway", "POST /orders", "server"]), (2, ["shop-gateway", "SELECT stock", "client"]),
        (2, ["shop-gateway", "send orders", "producer"]), (3, ["shop-worker", "process orders", "consumer"])], seen
    summary = browser.text(".trace-summary")
    for text in (scene.order.id, "100 ms", "shop-worker\n1 span", "Errors\n1"):
        assert text in summary, f"{text!r} is not in {summary!r}"


@check("own")
def bars_stand_where_the_time_says(browser, scene):
    browser.go(f"trace/{scene.order.id}")
    browser.see(row(scene.spans["consumed"]))
    shares = browser.run("""return Object.fromEntries([...document.querySelectorAll('.span-row')].map((row) => {
        const track = row.querySelector('.span-time').getBoundingClientRect();
        const bar = row.querySelector('.span-bar').getBoundingClientRect();
        return [row.dataset.spanId, [Math.round((bar.left - track.left) / track.width * 100), Math.round(bar.width / track.width * 100)]];
    }))""")
    assert shares[scene.spans["root"]] == [0, 40], shares
    assert shares[scene.spans["consumed"]] == [80, 20], shares
    axis = browser.text(".axis-scale").split("\n")
    assert axis == ["0 µs", "25 ms", "50 ms", "75 ms", "100 ms"], axis


@check("own")
def the_tree_folds_by_mouse_and_by_keyboard(browser, scene):
    browser.go(f"trace/{scene.order.id}")
    browser.click(f"{row(scene.spans['root'])} .span-toggle")
    browser.see(row(scene.spans["root"]), "+3")
    assert len(rows(browser)) == 1
    tree = browser.see("[role=tree]")
    tree.send_keys(Keys.ARROW_RIGHT, Keys.END)
    active = lambda: browser.run("return document.getElementById(document.querySelector('[role=tree]').getAttribute('aria-activedescendant')).dataset.spanId")
    assert active() == scene.spans["consumed"]
    tree.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert active() == scene.spans["sent"] and len(rows(browser)) == 3, rows(browser)
    tree.send_keys("*", Keys.HOME, Keys.ENTER)
    browser.see(".span-detail", "POST /orders")
    tree.send_keys(Keys.ESCAPE)
    browser.wait("the span to be closed", lambda: not browser.see(".trace-body").find_elements("css selector", ".span-detail"))


@check("own")
def a_span_shows_attributes_resource_and_its_place(browser, scene):
    browser.go(f"trace/{scene.order.id}")
    browser.click(row(scene.spans["root"]))
    browser.address(f"#{scene.spans['root']}")
    attributes = browser.see("[data-section=attributes]").text
    for text in ("http.response.status_code", "202", "tenant", "blue whale", "1152921504606846976", "false", '"write"'):
        assert text in attributes, f"{text!r} is not in {attributes!r}"
    browser.click("[data-section=resource] summary")
    browser.see("[data-section=resource]", "eu-west-1")
    facts = browser.text(".span-facts")
    assert "12 ms (30 %)" in facts and "this span began the trace" in facts, facts


@check("own")
def errors_and_events_are_marked_and_timed(browser, scene):
    browser.go(f"trace/{scene.order.id}")
    browser.click(".span-row.is-error", "SELECT stock")
    browser.see(".span-failure", "stock table is locked")
    event = browser.see("[data-section=events]").text
    assert "+6 ms" in event and "exception" in event and "LockTimeout" in event, event


@check("own")
def a_link_leads_to_the_span_in_the_other_trace_and_back_returns(browser, scene):
    browser.go(f"trace/{scene.batch.id}#{scene.batch_span}")
    browser.see("[data-section=links]", "31")
    assert len(browser.all(".span-link-list li")) == 20
    browser.click("[data-section=links] button", "Show all 31 links")
    assert len(browser.all(".span-link-list li")) == 31
    browser.click(".span-link-list a", f"trace {scene.order.id[:8]}")
    browser.address(f"/trace/{scene.order.id}?uiFind={scene.spans['consumed']}")
    browser.see(".span-detail", "process orders")
    browser.driver.back()
    browser.see(".span-detail", "INSERT orders")


@check("own")
def deep_links_open_the_span_or_the_matches_directly(browser, scene):
    browser.go(f"trace/{scene.order.id}?uiFind={scene.spans['sent']}")
    browser.see(".span-detail", "send orders")
    browser.click(".span-close")
    browser.wait("the span to be closed", lambda: not browser.all(".span-detail"))
    assert "uiFind" not in browser.driver.current_url, "the address would open the span again"
    browser.go(f"trace/{scene.order.id}#{scene.spans['sent']}")
    browser.see(".span-detail", "send orders")
    browser.go(f"trace/{scene.order.id}?uiFind=messaging orders")
    browser.see(".find-tally", "3 matches")
    assert len(browser.all(".span-row.is-found")) == 3 and len(browser.all(".span-row.is-dimmed")) == 1


@check("own")
def finding_and_choosing_are_kept_in_the_address(browser, scene):
    browser.go(f"trace/{scene.order.id}")
    browser.type("#find-span", "tenant=blue")
    browser.see(".find-tally", "1 match")
    browser.address("uiFind=tenant%3Dblue")
    browser.click(row(scene.spans["consumed"]))
    browser.see(".span-detail", "process orders")
    browser.click(row(scene.spans["sent"]))
    browser.see(".span-detail", "send orders")
    browser.driver.back()
    browser.see(".span-detail", "process orders")
    browser.driver.refresh()
    browser.see(".span-detail", "process orders")
    assert browser.run("return document.getElementById('find-span').value") == "tenant=blue"


@check("own")
def a_value_leads_to_the_traces_that_share_it(browser, scene):
    browser.go(f"trace/{scene.order.id}#{scene.spans['root']}")
    browser.click("a[title='Find traces of shop-gateway with this tenant']")
    browser.see(f".result[data-trace-id='{scene.order.id}']")
    browser.see(".results-head", "1 trace")


@check("own")
def zooming_fills_the_axis_with_the_span(browser, scene):
    browser.go(f"trace/{scene.order.id}#{scene.spans['consumed']}")
    browser.click(".span-actions button", "Zoom in")
    browser.see(".axis-scale", "78 ms")
    browser.see(f"{row(scene.spans['root'])} .span-outside")
    browser.click(".trace-toolbar button", "Whole trace")
    browser.see(".axis-scale", "0 µs")


@check("own")
def hostile_strings_are_shown_and_do_nothing(browser, scene):
    browser.go(f"search?service={quote('shop-' + HOSTILE)}&lookback=1h")
    browser.see(".result", HOSTILE)
    browser.click(".result", HOSTILE)
    browser.see(".span-row", HOSTILE).click()
    browser.see(".span-detail h2", HOSTILE)
    browser.click("[data-section=resource] summary")
    for section in ("attributes", "resource", "events"):
        assert HOSTILE_SCRIPT in browser.see(f"[data-section={section}]").text
    browser.see(".span-failure", HOSTILE_SCRIPT)
    made = browser.run("""return [window.breached ?? null, document.querySelectorAll('main img, main script, [onerror]').length,
        [...document.querySelectorAll('a')].filter((link) => !/^https?:$/.test(link.protocol)).length]""")
    assert made == [None, 0, 0], f"markup from a span came alive: {made}"


@check("own")
def a_trace_of_2000_spans_opens_quickly_and_draws_only_what_is_in_sight(browser, scene):
    began = time.monotonic()
    browser.go(f"trace/{scene.large.id}")
    browser.see(".trace-facts", "2000")
    browser.see(".span-row", "import")
    took = time.monotonic() - began
    assert took < LARGE_TRACE_LIMIT_S, f"took {took:.1f} s"
    assert len(browser.all(".span-row")) < 120, "rows out of sight are drawn too"
    browser.see("[role=tree]").send_keys(Keys.END)
    browser.see(row(scene.large_last), "commit")
    browser.type("#find-span", "commit")
    browser.see(".find-tally", "1 match")
    browser.click(".trace-toolbar button", "Collapse all")
    browser.see(".span-row", "+1999")


@check("own")
def a_span_without_its_parent_is_shown_and_explained(browser, scene):
    browser.go(f"trace/{scene.orphan.id}")
    browser.see(".span-row", "resumed work")
    browser.see(".trace-hint", "does not have")
