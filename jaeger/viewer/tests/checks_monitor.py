"""What a person sees of services: their operations' numbers, and who calls whom."""

from farol_browser.checks import check


@check("own")
def the_calls_between_services_are_listed(browser, scene):
    browser.go("dependencies")
    table = browser.see("[aria-label='Calls between services'] table")
    assert "shop-gateway shop-worker" in table.text, table.text


@check("own")
def where_jaeger_measures_nothing_the_page_says_so(browser, scene):
    browser.go("monitor")
    browser.see("[aria-label=Operations]", "No numbers")


@check("given")
def each_service_of_the_trace_has_its_operations_measured(browser, scene):
    browser.go("monitor")
    for service in scene.services:
        browser.see("[aria-label=Operations] table", service)
