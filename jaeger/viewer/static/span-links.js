// Owns the list of a span's links to other spans, in this trace or another. A batch may link to hundreds, so only the
// first are drawn until asked for.
import { h } from "./dom.js";
import * as format from "./format.js";
import { tracePath } from "./routes.js";

const AT_FIRST = 20;

export function spanLinks(links, trace) {
  const list = h("ul", { class: "span-link-list" }, links.slice(0, AT_FIRST).map((link) => linkLine(link, trace)));
  if (links.length <= AT_FIRST) return list;
  const more = h("button", { type: "button", class: "quiet" }, `Show all ${format.count(links.length, "link")}`);
  more.addEventListener("click", () => {
    list.append(...links.slice(AT_FIRST).map((link) => linkLine(link, trace)));
    more.remove();
  });
  return h("div", {}, list, more);
}

function linkLine(link, trace) {
  const relation = link.refType === "CHILD_OF" ? "child of" : "follows from";
  if (link.traceID === trace.id) {
    const target = trace.byId.get(link.spanID);
    return h("li", {}, `${relation} `, target
      ? h("a", { href: tracePath(trace.id, { spanId: target.id }), "data-route": true }, target.name)
      : h("span", { class: "mono" }, link.spanID), h("span", { class: "muted" }, " in this trace"));
  }
  return h("li", {}, `${relation} `,
    h("a", { href: tracePath(link.traceID, { find: link.spanID }), "data-route": true, class: "mono", title: `Trace ${link.traceID}, span ${link.spanID}` },
      `trace ${link.traceID.slice(0, 8)}… span ${link.spanID.slice(0, 8)}…`));
}
