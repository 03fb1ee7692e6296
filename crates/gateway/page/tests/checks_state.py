"""The state of the parts, kept current while somebody looks."""

from checks_page import WITH_JAVASCRIPT
from farol_browser.checks import check


@check(WITH_JAVASCRIPT)
def a_part_that_goes_away_is_shown_without_a_reload_and_so_is_its_return(browser, scene):
    browser.go("")
    browser.see("tr.well[data-part=redis]")
    browser.run("window.sameDocument = true")
    scene.relay.cut()
    try:
        browser.see("tr.ill[data-part=redis]", "cannot be reached")
        browser.see("tr.ill[data-part=redis]", "Events are accepted")
        browser.see("#state-summary.ill", "Redis cannot be reached")
        browser.see("tr.well[data-part=kafka]")
    finally:
        scene.relay.mend()
    browser.see("tr.well[data-part=redis]", "answers")
    browser.see("#state-summary.well", "All parts answer")
    assert browser.run("return window.sameDocument"), "the page was loaded anew"


@check(WITH_JAVASCRIPT)
def a_page_that_is_opened_during_an_outage_shows_it(browser, scene):
    scene.relay.cut()
    try:
        browser.wait("a page that shows the outage", lambda: browser.go("") or browser.all("tr.ill[data-part=redis]"))
    finally:
        scene.relay.mend()


@check(WITH_JAVASCRIPT)
def the_summary_is_announced_only_when_it_changes(browser, scene):
    browser.go("")
    assert browser.see("#state-summary").get_attribute("role") == "status"
    browser.see("#state-summary.well", "All parts answer")
    browser.run("""window.changes = 0; window.looks = 0;
        new MutationObserver(() => { window.changes += 1; }).observe(document.getElementById('state-summary'), { childList: true, characterData: true, subtree: true });
        new MutationObserver(() => { window.looks += 1; }).observe(document.getElementById('state'), { childList: true });""")
    browser.wait("another look at the state", lambda: browser.run("return window.looks"))
    assert browser.run("return window.changes") == 0


@check(WITH_JAVASCRIPT)
def where_management_is_apart_the_page_keeps_the_inside_to_itself(browser, scene):
    home, browser.base = browser.base, scene.apart.url
    try:
        browser.go("")
        browser.see("#state-summary", "Events are taken.")
        browser.see("#trial")
        assert browser.all("table") == [] and "PostgreSQL" not in browser.text("main")
    finally:
        browser.base = home
