// Owns how the parts of one loaded trace act together: summary, tool bar, waterfall and span detail. The address is
// the truth about what is found and selected; a click changes the address, and `show` follows it.
import { criticalPath } from "./critical-path.js";
import { h } from "./dom.js";
import { go } from "./navigation.js";
import { tracePath } from "./routes.js";
import { serviceColours } from "./service-colours.js";
import { spanDetail } from "./span-detail.js";
import { findSpans } from "./span-find.js";
import { traceSummary } from "./trace-summary.js";
import { traceToolbar } from "./trace-toolbar.js";
import { Waterfall } from "./waterfall.js";

export class TraceView {
  #trace;
  #route;
  #colours;
  #chart;
  #toolbar;
  #panel = h("aside", { class: "span-panel", "aria-label": "Span", hidden: true });
  #found = null;
  #selected = null;

  /** `reload` fetches the trace again, for spans that arrived late. */
  constructor(trace, route, reload) {
    this.#trace = trace;
    this.#route = route;
    this.#colours = serviceColours(trace.services.map((service) => service.name));
    this.#chart = new Waterfall(trace, { colours: this.#colours, critical: criticalPath(trace), onChoose: (span) => this.#choose(span) });
    this.#toolbar = traceToolbar({
      onFind: (find) => go(tracePath(trace.id, { find, spanId: this.#route.spanId }), { replace: true }),
      onStep: (direction) => this.#chart.reveal(this.#nextFound(direction)),
      onExpandAll: () => this.#chart.expandAll(),
      onCollapseAll: () => this.#chart.collapseAll(),
      onWholeTrace: () => this.#zoom(null),
    });
    this.element = h("article", { class: "trace", on: { keydown: (event) => this.#closeOnEscape(event) } },
      traceSummary(trace, this.#colours, reload),
      this.#toolbar.element,
      h("div", { class: "trace-body" }, this.#chart.element, this.#panel));
  }

  /** To be called once the element is in the document: only then has the waterfall a size. */
  attached() {
    this.#chart.attached();
    this.show(this.#route);
  }

  /** Shows what an address of this trace asks for. */
  show(route) {
    this.#route = route;
    const named = this.#trace.byId.get(route.find.trim().toLowerCase()) ?? null; // `uiFind=<span id>`: a link to one span
    this.#found = named ? [named] : findSpans(this.#trace, route.find);
    this.#toolbar.show(route.find, this.#found);
    this.#chart.markFound(named ? null : this.#found);
    const span = this.#trace.byId.get(route.spanId) ?? named;
    if (span !== this.#selected) this.#select(span);
    else if (!span && this.#found?.length > 0) this.#chart.reveal(this.#found[0]);
  }

  dispose() {
    this.#chart.dispose();
  }

  // Closing a span that the address names by `uiFind` must drop that too, or the address would open it again.
  #choose(span) {
    const find = this.#trace.byId.has(this.#route.find.trim().toLowerCase()) ? "" : this.#route.find;
    go(tracePath(this.#trace.id, { find, spanId: span?.id ?? "" }));
  }

  #select(span) {
    const hadFocus = this.#panel.contains(document.activeElement);
    this.#selected = span;
    this.#panel.hidden = !span;
    this.#panel.replaceChildren(...(span ? [this.#detail(span)] : []));
    this.#panel.scrollTop = 0;
    if (span) this.#chart.element.scrollIntoView({ block: "start" }); // on a phone: above the sheet about the span
    this.#chart.select(span);
    if (hadFocus) this.#chart.takeFocus();
  }

  #detail(span) {
    return spanDetail(span, this.#trace, {
      colours: this.#colours,
      onClose: () => this.#choose(null),
      onZoom: () => this.#zoom(span),
    });
  }

  #zoom(span) {
    if (span) this.#chart.zoomTo(span);
    else this.#chart.lookAt(0, this.#trace.duration);
    this.#toolbar.showZoom(span !== null);
  }

  #nextFound(direction) {
    const at = this.#chart.active.index;
    const ahead = direction > 0 ? this.#found.find((span) => span.index > at) : this.#found.findLast((span) => span.index < at);
    return ahead ?? this.#found.at(direction > 0 ? 0 : -1);
  }

  #closeOnEscape(event) {
    if (event.key === "Escape" && this.#selected && event.target.type !== "search") this.#choose(null);
  }
}
