// Owns the head of a trace: what it was, when, how long, how much of it went where.
import { traceJsonPath } from "./api.js";
import { copyButton } from "./clipboard.js";
import { h } from "./dom.js";
import * as format from "./format.js";
import { traceLinks } from "./link-patterns.js";
import { absolute } from "./navigation.js";
import { tracePath } from "./routes.js";

const STILL_ARRIVING_MS = 30_000;

export function traceSummary(trace, colours, reload) {
  const root = trace.roots[0];
  const missing = trace.spans.filter((span) => span.parentMissing).length;
  return h("header", { class: "trace-summary" },
    h("div", { class: "trace-title" },
      h("h1", {}, h("span", { class: "muted" }, root.service), " ", root.name),
      h("span", { class: "mono muted trace-id" }, trace.id),
      h("span", { class: "trace-actions" },
        copyButton("Copy id", () => trace.id, "Copy the trace id"),
        copyButton("Copy link", () => absolute(tracePath(trace.id)), "Copy the address of this trace"),
        h("a", { href: `${traceJsonPath(trace.id)}?prettyPrint=true`, target: "_blank", rel: "noopener" }, "JSON"),
        traceLinks(trace).map(({ url, text }) => h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text)),
        h("button", { type: "button", class: "quiet", on: { click: reload } }, "Reload"))),
    h("dl", { class: "trace-facts" },
      fact("Started", `${format.day(trace.start)} ${format.clock(trace.start)}`),
      fact("Duration", format.duration(trace.duration)),
      fact("Spans", String(trace.spans.length)),
      fact("Depth", String(trace.depth)),
      fact("Errors", String(trace.errorCount), trace.errorCount > 0 && "error-mark")),
    h("ul", { class: "trace-services", "aria-label": "Services" }, trace.services.map((service) => serviceLine(service, trace, colours))),
    hints(trace, missing).map((text) => h("p", { class: "trace-hint" }, text)));
}

function fact(name, value, className = null) {
  return h("div", {}, h("dt", {}, name), h("dd", { class: className }, value));
}

function serviceLine(service, trace, colours) {
  const whole = trace.services.reduce((sum, { selfTime }) => sum + selfTime, 0);
  const title = `${service.name}: ${format.count(service.spans, "span")}, busy for ${format.duration(service.selfTime)} itself, ${format.percent(service.selfTime, whole)} of the trace’s busy time`;
  return h("li", { class: "chip", title, style: { "--service": colours(service.name) } },
    `${service.name} `, h("span", { class: "muted" }, `${format.count(service.spans, "span")} · ${format.duration(service.selfTime)}`));
}

function hints(trace, missing) {
  const young = Date.now() - (trace.start + trace.duration) / 1000 < STILL_ARRIVING_MS;
  return [
    ...trace.warnings,
    missing > 0 && `${format.count(missing, "span names a parent", "spans name a parent")} that Jaeger does not have: it was sent elsewhere, was not sampled or has not arrived. Such spans stand at the top level.`,
    young && "This trace is only seconds old: spans may still be arriving. Reload shows them.",
  ].filter(Boolean);
}
