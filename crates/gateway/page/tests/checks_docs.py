"""The page of the API: read without JavaScript, and each call sent from it."""

import json

from checks_page import UNNAMED, WITH_JAVASCRIPT, WITHOUT_JAVASCRIPT
from farol_browser.browser import PHONE, WIDE
from farol_browser.checks import check


def open_page(browser, key=None):
    browser.go("docs")
    browser.see("#sendEvents form")
    if key:
        browser.type("#key", key)


@check(WITHOUT_JAVASCRIPT)
def the_api_is_read_without_javascript(browser, scene):
    browser.go("docs")
    browser.see("h1", "API")
    for operation in ("sendEvents", "findEvent", "listEvents", "health", "checkAll"):
        browser.see(f"#{operation} h3")
    browser.see("#listEvents table", "100 if not given")
    browser.see("#sendEvents .answer summary", "202")
    assert not any(form.is_displayed() for form in browser.all("form, input, button")), "what needs JavaScript is shown"


@check(WITH_JAVASCRIPT)
def the_landing_page_leads_to_the_api(browser, scene):
    browser.go("")
    browser.click("nav a[href='/docs']")
    browser.see("h1", "API")


@check(WITH_JAVASCRIPT)
def the_sample_event_is_accepted(browser, scene):
    open_page(browser, scene.keys.full)
    browser.click("#sendEvents form button")
    browser.see("#sendEvents .outcome .summary.well", "202")
    receipt = json.loads(browser.see("#sendEvents .outcome pre[aria-label='Body of the answer']").text)
    assert receipt["id"] == "2013-01-01-UA-1545" and receipt["offset"] >= 0, receipt


@check(WITH_JAVASCRIPT)
def each_sample_is_accepted_in_its_mode(browser, scene):
    open_page(browser, scene.keys.full)
    options = browser.run("return document.querySelectorAll('#sendEvents option').length")
    assert options >= 4, options
    for index in range(options):
        browser.run(f"const choice = document.querySelector('#sendEvents select'); choice.selectedIndex = {index}; choice.dispatchEvent(new Event('change'))")
        browser.click("#sendEvents form button")
        browser.see("#sendEvents .outcome .summary.well", "202")


@check(WITH_JAVASCRIPT)
def parameters_are_sent_and_problems_shown(browser, scene):
    open_page(browser, scene.keys.full)
    browser.type("#listEvents-query-limit", "0")
    browser.click("#listEvents form button")
    browser.see("#listEvents .outcome .summary.ill", "400")
    browser.see("#listEvents .outcome pre[aria-label='Body of the answer']", "malformed-request")


@check(WITH_JAVASCRIPT)
def without_a_key_a_call_is_refused_and_the_page_says_so(browser, scene):
    open_page(browser)
    browser.click("#sendEvents form button")
    browser.see("#sendEvents .outcome .summary.ill", "401")
    browser.see("#sendEvents .outcome pre[aria-label='Headers of the answer']", "www-authenticate")
    browser.click("#health form button")
    browser.see("#health .outcome .summary.well", "200")


@check(WITH_JAVASCRIPT)
def its_controls_have_names_and_its_headings_an_order(browser, scene):
    open_page(browser)
    assert browser.run(UNNAMED) == []
    levels = browser.run("return [...document.querySelectorAll('h1, h2, h3, h4')].map((each) => Number(each.localName[1]))")
    assert all(next_ <= level + 1 for level, next_ in zip(levels, levels[1:])), f"a level of headings is left out: {levels}"


@check(WITH_JAVASCRIPT)
def the_api_needs_no_scrolling_sideways_on_a_phone(browser, scene):
    browser.size(PHONE)
    try:
        open_page(browser)
        assert browser.run("return document.documentElement.scrollWidth") <= PHONE[0]
    finally:
        browser.size(WIDE)
