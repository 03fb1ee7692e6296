"""What a person does on the page: send an event, follow it to its row, find it again, and make mistakes."""

import json
import signal
import uuid

from checks_page import WITH_JAVASCRIPT
from farol_browser.checks import check
from selenium.webdriver.common.keys import Keys
from stack import TRACES


def open_page(browser, key=None):
    browser.go("")
    browser.see("#trial")
    if key:
        browser.type("#key", key)


def send(browser, **fields):
    for name, value in fields.items():
        browser.type(f"#send-{name}", value)
    browser.click("#send-form button")


@check(WITH_JAVASCRIPT)
def an_event_is_followed_from_its_receipt_to_its_row_and_its_trace(browser, scene):
    open_page(browser, scene.keys.full)
    send(browser)
    browser.see(".steps .done", "Accepted")
    browser.see(".steps .done", "Stored")
    browser.see("#result .facts", "Stored at")
    trace = browser.see("#result .facts a")
    assert len(trace.text) == 32 and trace.get_attribute("href") == f"{TRACES}/trace/{trace.text}", trace.get_attribute("href")
    assert "/hello" in browser.text("#result"), browser.text("#result")


@check(WITH_JAVASCRIPT)
def the_enter_key_in_any_field_sends(browser, scene):
    open_page(browser)
    browser.type("#key", scene.keys.full + Keys.ENTER)
    browser.see(".steps .done", "Stored")


@check(WITH_JAVASCRIPT)
def a_row_that_takes_its_time_is_waited_for(browser, scene):
    open_page(browser, scene.keys.full)
    scene.worker.signal(signal.SIGSTOP)
    try:
        send(browser)
        browser.see(".steps .done", "Accepted")
        browser.see(".steps .waiting", "Stored")
    finally:
        scene.worker.signal(signal.SIGCONT)
    browser.see(".steps .done", "Stored")


@check(WITH_JAVASCRIPT)
def the_same_event_again_is_told_as_a_repeat(browser, scene):
    open_page(browser, scene.keys.full)
    identity = uuid.uuid4().hex
    # The time of the event is part of it, so the second one conflicts unless the clock stands still.
    browser.run("Date.prototype.toISOString = () => '2024-01-01T00:00:00Z'")
    send(browser, id=identity)
    browser.see(".steps .done", "Stored")
    send(browser)
    browser.see(".steps .done", "first receipt")
    browser.see(".steps .done", "Stored")


@check(WITH_JAVASCRIPT)
def an_event_that_was_sent_is_found_by_the_form(browser, scene):
    open_page(browser, scene.keys.full)
    identity, data = uuid.uuid4().hex, {"gate": "B<22>"}
    send(browser, id=identity, data=json.dumps(data))
    browser.see(".steps .done", "Stored")
    browser.click("#find-form button")
    browser.see("#result h3", "What was found")
    found = json.loads(browser.see("#result pre").text)
    assert (found["id"], found["source"], found["data"]) == (identity, "/hello", data), found


@check(WITH_JAVASCRIPT)
def an_event_that_nobody_sent_is_told_as_not_stored(browser, scene):
    open_page(browser, scene.keys.full)
    browser.type("#find-source", "/hello")
    browser.type("#find-id", f"never-{uuid.uuid4().hex}")
    browser.click("#find-form button")
    browser.see("#result .trouble", "not stored yet")


@check(WITH_JAVASCRIPT)
def a_wrong_key_gets_a_clear_word_and_so_does_none(browser, scene):
    for key in ("farol_wrong", None):
        open_page(browser, key)
        send(browser)
        browser.see("#result .trouble", "A valid key is needed")
        browser.see("#result .trouble", "Type a key that this gateway knows")
        browser.see(".steps .failed", "not accepted")
    assert browser.see("#result").get_attribute("aria-live") == "polite"


@check(WITH_JAVASCRIPT)
def a_key_that_cannot_be_one_is_not_sent(browser, scene):
    open_page(browser, "ключ")
    send(browser)
    browser.see("#result .trouble", "not a key")


@check(WITH_JAVASCRIPT)
def a_key_for_other_sources_is_told_what_it_lacks(browser, scene):
    open_page(browser, scene.keys.narrow)
    send(browser)
    browser.see("#result .trouble", "may not use this source")
    send(browser, source="/elsewhere/gate")
    browser.see(".steps .done", "Stored")


@check(WITH_JAVASCRIPT)
def a_key_that_may_not_read_sends_and_is_told_why_it_cannot_follow(browser, scene):
    open_page(browser, scene.keys.write_only)
    send(browser)
    browser.see(".steps .done", "Accepted")
    browser.see("#result .trouble", "needs a key with the role read")


@check(WITH_JAVASCRIPT)
def data_that_is_not_json_is_pointed_at(browser, scene):
    open_page(browser, scene.keys.full)
    send(browser, data="{hello")
    browser.see("#result .trouble", "not JSON")
    field = browser.see("#send-data[aria-invalid=true]")
    assert field == browser.driver.switch_to.active_element
    send(browser, data="12345678901234567890123")
    browser.see(".steps .done", "Stored")
    assert not browser.all("#send-data[aria-invalid]")


@check(WITH_JAVASCRIPT)
def an_event_that_the_gateway_refuses_is_told_where_it_is_wrong(browser, scene):
    open_page(browser, scene.keys.full)
    send(browser, source="not a uri")
    browser.see("#result .trouble", "(at /source)")


@check(WITH_JAVASCRIPT)
def the_key_is_kept_nowhere(browser, scene):
    open_page(browser, scene.keys.full)
    send(browser)
    browser.see(".steps .done", "Stored")
    browser.click("#find-form button")
    browser.see("#result pre")
    kept = browser.run("return JSON.stringify([location.href, document.cookie, {...localStorage}, {...sessionStorage}, history.state,"
                       " performance.getEntriesByType('resource').map((each) => each.name), document.documentElement.outerHTML])")
    assert scene.keys.full not in kept
    databases = browser.driver.execute_async_script("indexedDB.databases().then(arguments[0])")
    assert databases == []
    browser.go("")
    assert browser.see("#key").get_attribute("value") == ""
