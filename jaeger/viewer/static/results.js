// Owns the list of found traces: its order, and what one line says about a trace.
import { h } from "./dom.js";
import * as format from "./format.js";
import { resultsPlot } from "./results-plot.js";
import { tracePath } from "./routes.js";
import { serviceColours } from "./service-colours.js";

const ORDERS = {
  recent: { text: "Most recent", compare: (a, b) => b.start - a.start },
  longest: { text: "Longest first", compare: (a, b) => b.duration - a.duration },
  shortest: { text: "Shortest first", compare: (a, b) => a.duration - b.duration },
  spans: { text: "Most spans", compare: (a, b) => b.spans.length - a.spans.length },
  errors: { text: "Most errors", compare: (a, b) => b.errorCount - a.errorCount || b.start - a.start },
};

/** The results as an element; `again` repeats the search. */
export function resultsView(traces, query, again) {
  const colours = serviceColours(traces.flatMap((trace) => trace.services.map((service) => service.name)));
  const longest = Math.max(...traces.map((trace) => trace.duration));
  const list = h("ol", { class: "results" });
  const order = h("select", { "aria-label": "Order" }, Object.entries(ORDERS).map(([value, { text }]) => h("option", { value }, text)));
  const draw = () => list.replaceChildren(...[...traces].sort(ORDERS[order.value].compare).map((trace) => resultLine(trace, longest, colours)));
  order.addEventListener("change", draw);
  draw();
  const full = traces.length >= Number(query.limit);
  return h("div", {},
    h("div", { class: "results-head" },
      h("h1", {}, format.count(traces.length, "trace")),
      full && h("p", { class: "muted" }, "the limit; there may be more"),
      h("span", { class: "spacer" }),
      order,
      h("button", { type: "button", on: { click: again } }, "Refresh")),
    resultsPlot(traces),
    list);
}

function resultLine(trace, longest, colours) {
  const root = trace.roots[0];
  const share = longest > 0 ? (trace.duration / longest) * 100 : 0;
  return h("li", {},
    h("a", { class: "result", href: tracePath(trace.id), "data-route": true, "data-trace-id": trace.id },
      h("span", { class: "result-name" },
        h("span", { class: "result-service" }, root.service), " ", h("strong", {}, root.name)),
      h("span", { class: "result-duration mono" }, format.duration(trace.duration)),
      h("span", { class: "result-share", "aria-hidden": "true" }, h("span", { style: { width: `${share}%` } })),
      h("span", { class: "result-facts" },
        h("span", {}, format.count(trace.spans.length, "span")),
        trace.errorCount > 0 && h("span", { class: "error-mark" }, format.count(trace.errorCount, "error")),
        trace.services.map((service) => serviceChip(service, colours))),
      h("span", { class: "result-when muted" },
        h("time", { datetime: new Date(trace.start / 1000).toISOString(), title: format.day(trace.start) }, format.clock(trace.start)),
        ` · ${format.ago(trace.start)}`,
        h("span", { class: "mono result-id" }, trace.id.slice(0, 8)))));
}

function serviceChip(service, colours) {
  return h("span", { class: "chip", style: { "--service": colours(service.name) } }, `${service.name} (${service.spans})`);
}
