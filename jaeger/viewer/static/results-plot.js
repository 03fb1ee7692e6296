// Owns the small picture above the results: when each trace began and how long it took. The list below says the same
// in words, so the picture is hidden from screen readers and the keyboard.
import { h } from "./dom.js";
import * as format from "./format.js";
import { tracePath } from "./routes.js";

export function resultsPlot(traces) {
  if (traces.length < 2) return null;
  const first = Math.min(...traces.map((trace) => trace.start));
  const last = Math.max(...traces.map((trace) => trace.start));
  const longest = Math.max(1, ...traces.map((trace) => trace.duration));
  const largest = Math.max(...traces.map((trace) => trace.spans.length));
  const dots = [...traces].sort((a, b) => b.spans.length - a.spans.length).map((trace) => h("a", {
    class: trace.errorCount > 0 ? "dot dot-error" : "dot",
    href: tracePath(trace.id),
    "data-route": true,
    tabindex: "-1",
    title: `${trace.roots[0].service}: ${trace.roots[0].name}, ${format.duration(trace.duration)}`,
    style: {
      left: `${last > first ? ((trace.start - first) / (last - first)) * 100 : 50}%`,
      bottom: `${(trace.duration / longest) * 100}%`,
      "--size": `${8 + 10 * Math.sqrt(trace.spans.length / largest)}px`,
    },
  }));
  return h("div", { class: "plot", "aria-hidden": "true" },
    h("span", { class: "plot-top mono" }, format.duration(longest)),
    h("span", { class: "plot-zero mono" }, "0"),
    h("div", { class: "plot-area" }, dots),
    h("div", { class: "plot-times mono" }, h("span", {}, format.shortClock(first)), h("span", {}, format.shortClock(last))));
}
