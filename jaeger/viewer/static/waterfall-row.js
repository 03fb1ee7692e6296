// Owns how one span looks in the waterfall: its name in the tree and its bar in time, and how a screen reader says it.
import { h } from "./dom.js";
import * as format from "./format.js";

const MAX_EVENT_MARKS = 50; // more would only blacken the bar; the span's detail lists them all
const MAX_INDENT = 24; // deeper spans stay readable; aria-level still tells the true depth

/** One row. `found` is null when nothing is sought, else whether this span matches. */
export function waterfallRow(span, { colours, critical, view, collapsed, active, selected, found }) {
  const siblings = span.parent?.children;
  const classes = ["span-row", active && "is-active", selected && "is-selected", span.error && "is-error",
    found === true && "is-found", found === false && "is-dimmed"];
  return h("div", {
    class: classes.filter(Boolean).join(" "),
    id: `span-${span.index}`,
    role: "treeitem",
    "data-index": span.index,
    "data-span-id": span.id,
    "aria-level": span.depth + 1,
    "aria-setsize": siblings?.length,
    "aria-posinset": siblings && siblings.indexOf(span) + 1,
    "aria-expanded": span.children.length > 0 ? String(!collapsed) : null,
    "aria-selected": String(selected),
    "aria-label": spoken(span),
    style: { "--service": colours(span.service), "--indent": Math.min(span.depth, MAX_INDENT) },
  }, nameCell(span, collapsed), barCell(span, view, critical.get(span)));
}

function spoken(span) {
  return [span.service, span.name, span.kind, span.error && "error", format.duration(span.duration), `starts at ${format.offset(span.start)}`].filter(Boolean).join(", ");
}

function nameCell(span, collapsed) {
  const newService = !span.parent || span.parent.service !== span.service;
  const toggle = span.children.length > 0
    ? h("span", { class: `span-toggle${collapsed ? " is-collapsed" : ""}`, title: collapsed ? "Expand" : "Collapse" })
    : h("span", { class: "span-leaf" });
  return h("div", { class: "span-name", title: `${span.service}: ${span.name}` },
    toggle,
    h("span", { class: "service-mark" }),
    h("span", { class: "span-text" },
      newService && h("span", { class: "span-service" }, span.service),
      h("span", { class: "span-operation" }, span.name)),
    collapsed && h("span", { class: "span-hidden" }, `+${descendants(span)}`),
    span.links.length > 0 && h("span", { class: "span-links", title: format.count(span.links.length, "link") }, `↗${span.links.length}`),
    span.warnings.length > 0 && h("span", { class: "span-warning", title: span.warnings.join("\n") }, "!"),
    span.error && h("span", { class: "error-mark span-error" }, "error"),
    span.kind && span.kind !== "internal" && h("span", { class: "span-kind" }, span.kind));
}

function descendants(span) {
  let total = 0;
  const waiting = [...span.children];
  while (waiting.length > 0) {
    total += 1;
    waiting.push(...waiting.pop().children);
  }
  return total;
}

function barCell(span, view, stretches = []) {
  const share = (time) => ((time - view.from) / (view.to - view.from)) * 100;
  const from = Math.max(0, share(span.start));
  const to = Math.min(100, share(span.end));
  if (to < 0 || from > 100) {
    return h("div", { class: "span-time" }, h("span", { class: `span-outside ${to < 0 ? "is-before" : "is-after"} mono` }, to < 0 ? "◂" : "▸"));
  }
  const within = (time) => `${Math.min(100, Math.max(0, share(time)))}%`;
  return h("div", { class: "span-time" },
    h("span", { class: "span-bar", style: { left: `${from}%`, width: `${to - from}%` } }),
    stretches.filter((stretch) => stretch.to > view.from && stretch.from < view.to)
      .map((stretch) => h("span", { class: "span-critical", style: { left: within(stretch.from), right: `calc(100% - ${within(stretch.to)})` } })),
    span.events.filter(({ time }) => time >= view.from && time <= view.to).slice(0, MAX_EVENT_MARKS)
      .map(({ time }) => h("span", { class: "span-event", style: { left: within(time) } })),
    h("span", { class: "span-duration mono", style: { left: `${to}%` } }, format.duration(span.duration)));
}
