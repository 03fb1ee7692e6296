// Owns the bar above the waterfall: finding spans and folding the tree. Decides nothing itself; each act is a callback.
import { h } from "./dom.js";
import * as format from "./format.js";

export function traceToolbar({ onFind, onStep, onExpandAll, onCollapseAll, onWholeTrace }) {
  const field = h("input", { type: "search", id: "find-span", placeholder: "Find spans: text, key=value or span id", "aria-label": "Find spans", spellcheck: "false", autocapitalize: "off" });
  const tally = h("output", { class: "muted find-tally", for: "find-span" });
  const previous = button("↑", () => onStep(-1), "Previous match");
  const next = button("↓", () => onStep(1), "Next match (Enter)");
  const wholeTrace = button("Whole trace", onWholeTrace, "Show the whole time of the trace again");
  wholeTrace.hidden = true;
  field.addEventListener("input", () => onFind(field.value));
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || next.disabled) return;
    event.preventDefault();
    onStep(event.shiftKey ? -1 : 1);
    field.focus();
  });
  const element = h("div", { class: "trace-toolbar", role: "toolbar", "aria-label": "Waterfall" },
    h("span", { class: "find" }, field, previous, next, tally),
    h("span", { class: "spacer" }),
    h("span", { class: "legend" },
      h("span", { class: "legend-critical", title: "The work that decided when the trace ended" }, "critical path"),
      h("span", { class: "legend-event" }, "event")),
    wholeTrace,
    button("Expand all", onExpandAll),
    button("Collapse all", onCollapseAll));

  /** Shows what is sought and how many spans that found (null: nothing is sought). */
  function show(text, found) {
    if (field.value.trim() !== text.trim()) field.value = text;
    tally.value = found === null ? "" : found.length > 0 ? format.count(found.length, "match", "matches") : "no match";
    previous.disabled = next.disabled = !found || found.length === 0;
  }

  /** Offers the way back from a stretch of time to the whole. */
  function showZoom(zoomed) {
    wholeTrace.hidden = !zoomed;
  }

  return { element, show, showZoom };
}

function button(text, act, title = text) {
  return h("button", { type: "button", class: "quiet", title, "aria-label": title, on: { click: act } }, text);
}
