"""The page as it is read: without JavaScript, by keyboard, by assistive technology, on a phone and in the dark."""

from urllib.parse import urlsplit

from farol_browser.browser import PHONE, WIDE
from farol_browser.checks import check
from selenium.webdriver.common.keys import Keys

WITHOUT_JAVASCRIPT = "without JavaScript"
WITH_JAVASCRIPT = "with JavaScript"

CONTRAST = """
const style = getComputedStyle(document.documentElement);
const probe = document.body.appendChild(document.createElement('i'));
const channels = (name) => { probe.style.color = style.getPropertyValue(name); return getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map((c) => c / 255); };
const luminance = (name) => { const [r, g, b] = channels(name).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const contrast = (a, b) => { const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x); return (light + 0.05) / (dark + 0.05); };
const pairs = [['--ink', '--surface'], ['--ink', '--raised'], ['--muted', '--surface'], ['--muted', '--ground'], ['--accent', '--surface'], ['--on-accent', '--accent'],
  ['--well', '--surface'], ['--well', '--well-soft'], ['--ill', '--surface'], ['--ill', '--ill-soft'], ['--on-banner', '--banner'], ['--banner-muted', '--banner']]
  .map((pair) => [...pair, 4.5]).concat([['--edge', '--surface', 3], ['--accent', '--ground', 3], ['--beam', '--banner', 3]]);
const poor = pairs.map(([a, b, least]) => [a, b, contrast(a, b), least]).filter(([, , has, least]) => has < least);
probe.remove();
return poor;
"""

UNNAMED = """
const named = (field) => [...(field.labels ?? [])].some((label) => label.textContent.trim()) || field.getAttribute('aria-label');
const fields = [...document.querySelectorAll('input, textarea, select')].filter((field) => !named(field));
const buttons = [...document.querySelectorAll('button, a')].filter((each) => !each.textContent.trim() && !each.getAttribute('aria-label'));
const pictures = [...document.querySelectorAll('img')].filter((each) => !each.hasAttribute('alt'));
const dangling = [...document.querySelectorAll('[aria-labelledby], [aria-describedby]')].filter((each) =>
  ['aria-labelledby', 'aria-describedby'].some((name) => each.getAttribute(name)?.split(' ').some((id) => !document.getElementById(id))));
const ids = [...document.querySelectorAll('[id]')].map((each) => each.id);
return [...fields, ...buttons, ...pictures, ...dangling].map((each) => each.outerHTML).concat(ids.filter((id, index) => ids.indexOf(id) !== index));
"""


@check(WITHOUT_JAVASCRIPT)
def the_page_is_read_without_javascript(browser, scene):
    browser.go("")
    browser.see("h1", "Farol")
    browser.see("#state-summary", "All parts answer")
    for part in ("gateway", "kafka", "postgres", "redis"):
        browser.see(f"tr.well[data-part={part}]")
    browser.see(".facts", "the <b>page</b> tests")
    browser.see("#curl", f"curl -i '{scene.gateway.url}/v1/events'")
    browser.see("noscript p", "where JavaScript runs")
    assert not any(form.is_displayed() for form in browser.all("form, input, button")), "what needs JavaScript is shown"


@check(WITHOUT_JAVASCRIPT)
def the_table_of_checks_is_a_page_too(browser, scene):
    browser.go("testes")
    browser.see("h1", "checks")
    for name in ("Kafka", "PostgreSQL", "Redis"):
        browser.see("tr.well th", name)


@check(WITH_JAVASCRIPT)
def it_has_one_heading_its_landmarks_and_a_name_for_every_control(browser, scene):
    browser.go("")
    browser.see("#trial")
    assert browser.run("return document.documentElement.lang") == "en"
    assert browser.run("return document.title").strip()
    assert [len(browser.all(each)) for each in ("h1", "main", "body > header", "nav[aria-label]", "footer")] == [1, 1, 1, 1, 1]
    levels = browser.run("return [...document.querySelectorAll('h1, h2, h3')].map((each) => Number(each.localName[1]))")
    assert all(next_ <= level + 1 for level, next_ in zip(levels, levels[1:])), f"a level of headings is left out: {levels}"
    assert browser.run(UNNAMED) == []
    assert browser.run("return [...document.querySelectorAll('table th')].every((each) => each.scope)"), "a table head without its scope"


@check(WITH_JAVASCRIPT)
def both_colour_schemes_are_legible(browser, scene):
    grounds = []
    for scheme in ("dark", "light"):
        browser.scheme(scheme)
        browser.go("")
        poor = browser.run(CONTRAST)
        assert poor == [], f"too little contrast in the {scheme} scheme: {poor}"
        grounds.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1], grounds


@check(WITH_JAVASCRIPT)
def the_keyboard_alone_gets_past_the_banner_and_shows_where_it_is(browser, scene):
    browser.go("")
    browser.see("#trial")
    body = browser.driver.switch_to.active_element
    body.send_keys(Keys.TAB)
    first = browser.driver.switch_to.active_element
    assert first.get_attribute("textContent") == "Skip to the content", first.get_attribute("outerHTML")
    browser.wait("the skip link in sight", lambda: first.rect["y"] >= 0)
    first.send_keys(Keys.ENTER)
    browser.address("#main")
    browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    focused = browser.driver.switch_to.active_element
    assert focused.get_attribute("id") == "refresh", focused.get_attribute("outerHTML")
    outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "solid3px", outline


@check(WITH_JAVASCRIPT)
def a_phone_needs_no_scrolling_sideways(browser, scene):
    browser.size(PHONE)
    try:
        browser.go("")
        browser.see("#trial")
        assert browser.run("return document.documentElement.scrollWidth") <= PHONE[0]
    finally:
        browser.size(WIDE)


@check(WITH_JAVASCRIPT)
def nothing_moves_where_that_is_not_wanted(browser, scene):
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        browser.go("")
        browser.see("#trial")
        moving = "return [...document.querySelectorAll('*')].filter((each) => getComputedStyle(each).transitionDuration !== '0s').length"
        assert browser.run(moving) == 0
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@check(WITH_JAVASCRIPT)
def nothing_comes_from_elsewhere(browser, scene):
    browser.go("")
    browser.see("#trial")
    loaded = browser.run("return performance.getEntriesByType('resource').map((each) => each.name)")
    here = urlsplit(scene.gateway.url).netloc
    assert loaded and all(urlsplit(each).netloc == here for each in loaded), loaded
