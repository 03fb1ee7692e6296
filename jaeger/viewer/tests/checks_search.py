"""What a person sees when searching, on a Jaeger with the fixture traces."""

from farol_browser.browser import PHONE, WIDE
from farol_browser.checks import check

STRANGER = "deadbeefdeadbeefdeadbeefdeadbeef"


@check("own")
def a_first_visit_lists_traces_without_a_question(browser, scene):
    browser.go("")
    browser.see(".results .result")
    browser.address("/search?service=")
    services = browser.run("return [...document.getElementById('search-service').options].map((option) => option.value)")
    assert {"shop-gateway", "shop-worker", "shop-bulk"} <= set(services), services


@check("own")
def the_notice_says_that_this_stands_in_for_the_official_ui(browser, scene):
    browser.go("search")
    notice = browser.see("#stand-in-notice", "not the official Jaeger UI")
    assert "FAROL_JAEGER_UI_URL" not in notice.text, "the explanation should be folded away at first"
    browser.click("#stand-in-notice summary")
    browser.see("#stand-in-notice", "FAROL_JAEGER_UI_URL")
    browser.see("#stand-in-notice", "official jaeger binary on the PATH")


@check("own")
def a_search_by_service_and_tag_lists_the_trace_and_what_it_was(browser, scene):
    browser.go("search?service=shop-gateway&lookback=1h")
    browser.see(".result", "POST /orders")
    browser.type("#search-tags", 'tenant="blue whale" http.response.status_code=202')
    browser.click(".search-form button[type=submit]")
    browser.address("tags=")
    browser.see(".results-head", "1 trace")
    result = browser.see(f".result[data-trace-id='{scene.order.id}']")
    for text in ("shop-gateway", "POST /orders", "100 ms", "4 spans", "1 error", "shop-worker (1)", "s ago"):
        assert text in result.text, f"{text!r} is not in {result.text!r}"


@check("own")
def a_click_on_a_result_opens_the_trace_and_back_returns_to_the_search(browser, scene):
    browser.go('search?service=shop-gateway&tags={"tenant":"blue whale"}&lookback=1h')
    browser.click(f".result[data-trace-id='{scene.order.id}']")
    browser.address(f"/trace/{scene.order.id}")
    browser.see(".span-row", "POST /orders")
    browser.driver.back()
    browser.see(".result", "POST /orders")
    assert browser.run("return document.getElementById('search-tags').value") == 'tenant="blue whale"'
    browser.driver.forward()
    browser.see(".span-row", "POST /orders")


@check("own")
def errors_and_kinds_can_be_searched_though_the_store_cannot_find_them(browser, scene):
    for tags, found in (("error=true", True), ('error=true exception.type=LockTimeout', True), ("span.kind=producer", True),
                        ('error=true tenant="blue whale"', False), ("span.kind=consumer", False)):
        browser.go("search?service=shop-gateway&lookback=1h")
        browser.see(".results .result")
        browser.type("#search-tags", tags)
        browser.click(".search-form button[type=submit]")
        browser.address("tags=")
        browser.see(*((".results-head", "1 trace") if found else (".state", "No trace matches")))


@check("own")
def operation_and_duration_narrow_the_search(browser, scene):
    browser.go("search?service=shop-worker&lookback=1h")
    browser.see(".results-head", "2 traces")
    browser.wait("the operations of the service", lambda: "INSERT orders" in browser.text("#search-operation"))
    browser.run("document.getElementById('search-operation').value = 'INSERT orders'")
    browser.click(".search-form button[type=submit]")
    browser.see(".results-head", "1 trace")
    browser.see(f".result[data-trace-id='{scene.batch.id}']")
    browser.type("#search-minDuration", "3s")
    browser.click(".search-form button[type=submit]")
    browser.see(".state", "No trace matches")
    browser.see(".state", "longer lookback")


@check("own")
def results_can_be_ordered_and_errors_are_counted(browser, scene):
    browser.go("search?service=shop-worker&lookback=1h")
    browser.see(".results .result")
    first = lambda: browser.run("return document.querySelector('.result').dataset.traceId")
    assert first() == scene.batch.id, "the newest trace should be first"
    browser.run("""const order = document.querySelector('.results-head select');
        order.value = 'longest'; order.dispatchEvent(new Event('change'))""")
    assert first() == scene.order.id, "the longest trace should be first"


@check("own")
def a_mistake_in_the_form_is_explained_before_anything_is_sent(browser, scene):
    browser.go("search?service=shop-gateway&lookback=1h")
    browser.see(".results .result")
    browser.type("#search-tags", 'tenant="blue')
    browser.click(".search-form button[type=submit]")
    message = browser.run("return document.getElementById('search-tags').validationMessage")
    assert "Write key=value" in message, message
    assert "tenant" not in browser.driver.current_url


@check("own")
def what_jaeger_refuses_is_shown_with_its_reason(browser, scene):
    browser.go("search?service=shop-gateway&lookback=1h&minDuration=5s&maxDuration=1s")
    browser.see(".state-error", "Jaeger refused this request")
    browser.see(".state-error", "maxDuration")


@check("own")
def the_look_up_opens_ids_and_traceparents_and_refuses_the_rest(browser, scene):
    browser.go("search")
    browser.type("#lookup-id", "not an id")
    browser.click("#lookup button")
    assert "neither a trace id" in browser.run("return document.getElementById('lookup-id').validationMessage")
    browser.type("#lookup-id", f"00-{scene.order.id}-{scene.spans['sent']}-01")
    browser.click("#lookup button")
    browser.see(".span-detail", "send orders")
    browser.type("#lookup-id", f" {scene.batch.id.upper()} ")
    browser.click("#lookup button")
    browser.see(".span-row", "INSERT orders")


@check("own")
def an_unknown_trace_says_so_and_appears_by_itself_once_it_arrives(browser, scene):
    browser.go(f"trace/{STRANGER}")
    browser.see(".state", "This trace is not here (yet)")
    browser.see(".state", "a few seconds after their request")
    browser.see(".state button", "Look again now")
    late = scene.late
    browser.go(f"trace/{late.id}")
    browser.see(".state", "not here (yet)")
    scene.jaeger.post(late.body())
    browser.see(".span-row", "late work")


@check("own")
def an_id_that_is_none_and_a_page_that_is_none_are_explained(browser, scene):
    browser.go("trace/not-an-id")
    browser.see(".state-error", "Jaeger refused this request")
    browser.go("compare")
    browser.see(".state", "This viewer has no such page")
    browser.click(".state a", "Search traces")
    browser.see(".search-form")


@check("own")
def everything_fits_a_phone(browser, scene):
    browser.size(PHONE)
    try:
        pages = ["search?service=shop-gateway&lookback=1h", f"trace/{scene.order.id}", f"trace/{scene.order.id}#{scene.spans['root']}", f"trace/{scene.large.id}"]
        for path, sign in zip(pages, [".result", ".span-row", ".span-detail", ".span-row"]):
            browser.go(path)
            browser.see(sign)
            width = browser.run("return document.documentElement.scrollWidth")
            assert width <= PHONE[0], f"{path} is {width} px wide on a {PHONE[0]} px screen"
    finally:
        browser.size(WIDE)
