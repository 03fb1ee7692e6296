"""Colours, settings, the page below a base path, and the pure modules, on Jaegers of our own."""

from farol_browser.checks import check

CONTRAST = """
const style = getComputedStyle(document.documentElement);
const probe = document.body.appendChild(document.createElement('i'));
const channels = (name) => { probe.style.color = style.getPropertyValue(name); return getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map((c) => c / 255); };
const luminance = (name) => { const [r, g, b] = channels(name).map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const contrast = (a, b) => { const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x); return (light + 0.05) / (dark + 0.05); };
const pairs = ['--ink', '--muted', '--accent', '--error', '--warning'].flatMap((ink) => ['--surface', '--ground'].map((ground) => [ink, ground, 4.5]));
for (let slot = 0; slot < 12; slot += 1) pairs.push([`--service-${slot}`, '--surface', 3]);
const poor = pairs.map(([a, b, least]) => [a, b, contrast(a, b), least]).filter(([, , has, least]) => has < least);
probe.remove();
return poor;
"""

MODEL = """
const done = arguments[arguments.length - 1];
(async () => {
  const { buildTrace } = await import(new URL('static/trace-model.js', document.baseURI));
  const { criticalPath } = await import(new URL('static/critical-path.js', document.baseURI));
  const { parseTags, formatTags } = await import(new URL('static/tags.js', document.baseURI));
  const span = (spanID, startTime, duration, parent) => ({ traceID: 't', spanID, operationName: spanID, startTime, duration, processID: 'p', tags: [], logs: [],
    references: parent ? [{ refType: 'CHILD_OF', traceID: 't', spanID: parent }] : [] });
  const build = (...spans) => buildTrace({ traceID: 't', spans, processes: { p: { serviceName: 's', tags: [] } } });
  const trace = build(span('root', 1000, 100), span('a', 1010, 30, 'root'), span('b', 1020, 40, 'root'), span('late', 1150, 50, 'b'));
  const path = [...criticalPath(trace)].map(([each, stretches]) => [each.id, stretches.map(({ from, to }) => [from, to])]);
  const circle = build(span('x', 1, 1, 'z'), span('y', 2, 1, 'x'), span('z', 3, 1, 'y'), span('self', 4, 1, 'self'));
  return {
    self: Object.fromEntries(trace.spans.map((each) => [each.id, each.selfTime])),
    duration: trace.duration,
    path,
    circle: circle.spans.length,
    tags: parseTags('a=1 error b="two words" c="say \\\\"hi\\\\""'),
    again: parseTags(formatTags({ a: 'x y', b: '', c: 'q"q' })),
  };
})().then(done, (error) => done({ error: String(error) }));
"""


@check("own")
def both_colour_schemes_are_used_and_legible(browser, scene):
    grounds = []
    for scheme in ("dark", "light"):
        browser.scheme(scheme)
        browser.go("search?service=shop-gateway&lookback=1h")
        browser.see(".result")
        poor = browser.run(CONTRAST)
        assert poor == [], f"too little contrast in the {scheme} scheme: {poor}"
        grounds.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1], grounds


@check("own")
def the_model_computes_self_time_critical_path_and_survives_circles(browser, scene):
    browser.go("search")
    browser.see(".search-form")
    result = browser.driver.execute_async_script(MODEL)
    assert result.get("self") == {"root": 50, "a": 30, "b": 40, "late": 50}, result
    assert result["duration"] == 200
    assert sorted(result["path"]) == [["b", [[20, 60]]], ["late", [[150, 200]]], ["root", [[0, 20]]]], result["path"]
    assert result["circle"] == 4, result
    assert result["tags"] == {"a": "1", "error": "true", "b": "two words", "c": 'say "hi"'}, result
    assert result["again"] == {"a": "x y", "b": "", "c": 'q"q'}, result


@check("own")
def links_from_the_ui_settings_appear_and_unsafe_ones_do_not(browser, scene):
    browser.go(f"trace/{scene.order.id}#{scene.spans['root']}")
    link = browser.see(".trace-actions a", "Logs of this trace")
    assert link.get_attribute("href") == f"https://logs.example/?q={scene.order.id}"
    tenant = browser.see("[data-section=attributes] a", "Tenant blue whale")
    assert tenant.get_attribute("href") == "https://tenants.example/blue%20whale"
    assert "Unsafe" not in browser.text("main")


@check("own")
def it_works_below_a_base_path(browser, scene):
    home = browser.base
    browser.base = scene.below_path.url
    try:
        browser.go("search?service=shop-orphan&lookback=1h")
        browser.click(".result", "resumed work")
        browser.see(".span-row", "resumed work")
        assert "/tracing/trace/" in browser.driver.current_url
    finally:
        browser.base = home


@check("own")
def a_jaeger_that_is_away_is_reported_with_what_to_do(browser, scene):
    browser.go("search?service=shop-gateway&lookback=1h")
    browser.see(".result")
    scene.jaeger.stop()
    browser.click(".results-head button", "Refresh")
    browser.see(".state-error", "Jaeger is out of reach")
    browser.see(".state-error", "make up")
