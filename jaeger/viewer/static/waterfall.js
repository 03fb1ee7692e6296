// Owns the waterfall: which rows are open, which of them are drawn (only those in sight, so that thousands of spans
// stay light) and the stretch of time in view. How one row looks is waterfall-row.js, the keyboard waterfall-keys.js.
import { h } from "./dom.js";
import { timeAxis } from "./time-axis.js";
import { handleTreeKey } from "./waterfall-keys.js";
import { waterfallRow } from "./waterfall-row.js";

const ROWS_BEYOND_SIGHT = 10;

export class Waterfall {
  #trace;
  #looks;
  #onChoose;
  #axis = timeAxis();
  #canvas = h("div", { class: "waterfall-rows", role: "presentation" });
  #tree;
  #observer = new ResizeObserver(() => this.#measure());
  #collapsed = new Set();
  #rows = [];
  #position = new Map();
  #drawn = new Map();
  #selected = null;
  #found = null;
  #view;
  #rowHeight = 28;

  /** `critical` is the critical path; `onChoose` is told which span to open, null for none. */
  constructor(trace, { colours, critical, onChoose }) {
    this.#trace = trace;
    this.#looks = { colours, critical };
    this.#onChoose = onChoose;
    this.#view = { from: 0, to: Math.max(1, trace.duration) };
    this.active = trace.spans[0];
    this.#tree = h("div", {
      class: "waterfall-scroll", role: "tree", tabindex: "0", "aria-label": "Spans",
      on: { keydown: (event) => handleTreeKey(event, this), scroll: () => requestAnimationFrame(() => this.#draw()) },
    }, this.#axis.element, this.#canvas);
    this.#canvas.addEventListener("click", (event) => this.#click(event));
    this.element = h("section", { class: "waterfall", "aria-label": "Waterfall" }, this.#tree);
    this.#arrange();
  }

  /** Begins to follow its size; before, it has none. */
  attached() {
    this.#observer.observe(this.#tree);
    this.#measure();
  }

  dispose() {
    this.#observer.disconnect();
  }

  get rows() { return this.#rows; }

  get pageSize() { return Math.max(1, Math.floor(this.#tree.clientHeight / this.#rowHeight) - 2); }

  position(span) { return this.#position.get(span); }

  isCollapsed(span) { return this.#collapsed.has(span); }

  takeFocus() { this.#tree.focus({ preventScroll: true }); }

  toggle(span) {
    if (span.children.length === 0) return;
    if (!this.#collapsed.delete(span)) this.#collapsed.add(span);
    this.#arrange();
  }

  expandAll() {
    this.#collapsed.clear();
    this.#arrange();
  }

  collapseAll() {
    this.#collapsed = new Set(this.#trace.spans.filter((span) => span.children.length > 0));
    this.#arrange();
  }

  /** Asks for a span to be opened, or closed if it is the open one. */
  choose(span) {
    this.#onChoose(span === this.#selected ? null : span);
  }

  select(span) {
    this.#selected = span;
    if (span) this.reveal(span);
    else this.#redraw();
  }

  markFound(spans) {
    this.#found = spans && new Set(spans);
    this.#redraw();
  }

  /** Makes a span the active one and brings its row into sight, unfolding what hides it. */
  reveal(span) {
    this.active = span;
    let folded = false;
    for (let above = span.parent; above; above = above.parent) folded = this.#collapsed.delete(above) || folded;
    if (folded) this.#arrange();
    this.#scrollTo(span);
    this.#redraw();
  }

  /** Shows the stretch of time between two moments of the trace. */
  lookAt(from, to) {
    this.#view = { from, to: Math.max(to, from + 1) };
    this.#redraw();
  }

  zoomTo(span) {
    const margin = Math.max(1, span.duration * 0.1);
    this.lookAt(span.start - margin, span.end + margin);
  }

  #click(event) {
    const row = event.target.closest(".span-row");
    if (!row) return;
    this.active = this.#trace.spans[Number(row.dataset.index)];
    if (event.target.closest(".span-toggle")) this.toggle(this.active);
    else this.choose(this.active);
  }

  #measure() {
    this.#rowHeight = parseFloat(getComputedStyle(this.#tree).getPropertyValue("--row-height"));
    this.#redraw();
  }

  #scrollTo(span) {
    const top = this.#position.get(span) * this.#rowHeight;
    const height = this.#tree.clientHeight - this.#axis.element.offsetHeight;
    const inSight = top >= this.#tree.scrollTop && top + this.#rowHeight <= this.#tree.scrollTop + height;
    if (!inSight) this.#tree.scrollTop = Math.max(0, top - height / 3);
  }

  #arrange() {
    this.#rows = openSpans(this.#trace, this.#collapsed);
    this.#position = new Map(this.#rows.map((span, index) => [span, index]));
    while (!this.#position.has(this.active)) this.active = this.active.parent; // its row was folded away
    this.#redraw();
  }

  #redraw() {
    for (const row of this.#drawn.values()) row.remove();
    this.#drawn.clear();
    this.#canvas.style.height = `${this.#rows.length * this.#rowHeight}px`;
    this.#axis.show(this.#view);
    this.#draw();
  }

  // Draws the rows in sight that are not there yet and drops the others. The active row is always there, since it is
  // what a screen reader is told of.
  #draw() {
    const first = Math.max(0, Math.floor(this.#tree.scrollTop / this.#rowHeight) - ROWS_BEYOND_SIGHT);
    const last = Math.ceil((this.#tree.scrollTop + this.#tree.clientHeight) / this.#rowHeight) + ROWS_BEYOND_SIGHT;
    const wanted = new Set(this.#rows.slice(first, last)).add(this.active);
    for (const [span, row] of this.#drawn) {
      if (wanted.has(span)) continue;
      row.remove();
      this.#drawn.delete(span);
    }
    for (const span of wanted) if (!this.#drawn.has(span)) this.#canvas.append(this.#row(span));
    this.#tree.setAttribute("aria-activedescendant", `span-${this.active.index}`);
  }

  #row(span) {
    const row = waterfallRow(span, {
      ...this.#looks,
      view: this.#view,
      collapsed: this.#collapsed.has(span),
      active: span === this.active,
      selected: span === this.#selected,
      found: this.#found && this.#found.has(span),
    });
    row.style.transform = `translateY(${this.#position.get(span) * this.#rowHeight}px)`;
    this.#drawn.set(span, row);
    return row;
  }
}

// The spans not folded away, in display order.
function openSpans(trace, collapsed) {
  const open = new Set();
  for (const span of trace.spans) {
    if (!span.parent || (open.has(span.parent) && !collapsed.has(span.parent))) open.add(span);
  }
  return [...open];
}
