// Owns the panel about one span: its facts, then attributes, events, links, resource and warnings, each only if there.
import { attributeTable } from "./attribute-table.js";
import { copyButton } from "./clipboard.js";
import { h } from "./dom.js";
import * as format from "./format.js";
import { absolute } from "./navigation.js";
import { tracePath } from "./routes.js";
import { spanEvents } from "./span-events.js";
import { spanLinks } from "./span-links.js";

export function spanDetail(span, trace, { colours, onClose, onZoom }) {
  const table = (type, fields) => attributeTable(fields, { type, trace, service: span.service });
  return h("div", { class: "span-detail", "data-span-id": span.id, style: { "--service": colours(span.service) } },
    heading(span, onClose),
    h("p", { class: "span-actions" },
      copyButton("Copy link", () => absolute(tracePath(trace.id, { find: span.id })), "Copy the address of this span"),
      copyButton("Copy id", () => span.id, "Copy the span id"),
      h("button", { type: "button", class: "quiet", title: "Fill the time axis with this span", on: { click: onZoom } }, "Zoom in")),
    span.error && h("p", { class: "span-failure" }, h("strong", {}, "Error"), span.statusMessage && `: ${span.statusMessage}`),
    facts(span, trace),
    section("Warnings", span.warnings, (warnings) => h("ul", { class: "plain" }, warnings.map((text) => h("li", {}, text)))),
    section("Attributes", span.tags, (fields) => table("tags", fields)),
    section("Events", span.events, (events) => spanEvents(events, span, (fields) => table("logs", fields))),
    section("Links", span.links, (links) => spanLinks(links, trace)),
    section("Resource", span.resource, (fields) => table("process", fields), { open: false }));
}

function heading(span, onClose) {
  return h("header", { class: "span-heading" },
    h("div", {},
      h("p", { class: "chip" }, span.service),
      h("h2", {}, span.name, " ", span.kind && h("span", { class: "span-kind" }, span.kind))),
    h("button", { type: "button", class: "quiet span-close", "aria-label": "Close span", title: "Close (Esc)", on: { click: onClose } }, "✕"));
}

function facts(span, trace) {
  const parent = span.parent
    ? h("a", { href: tracePath(trace.id, { spanId: span.parent.id }), "data-route": true }, span.parent.name)
    : span.parentMissing ? `${span.parentReference.spanID} (not in this trace’s data)` : "none: this span began the trace";
  const rows = [
    ["Start", `${format.offset(span.start)} (${format.clock(trace.start + span.start)})`],
    ["Duration", format.duration(span.duration)],
    ["Self time", `${format.duration(span.selfTime)} (${format.percent(span.selfTime, span.duration)})`],
    ["Parent", parent],
    ["Span id", h("span", { class: "mono" }, span.id)],
  ];
  return h("dl", { class: "span-facts" }, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function section(title, items, body, { open = true } = {}) {
  if (items.length === 0) return null;
  return h("details", { class: "span-section", open, "data-section": title.toLowerCase() },
    h("summary", {}, title, " ", h("span", { class: "muted" }, String(items.length))), body(items));
}
