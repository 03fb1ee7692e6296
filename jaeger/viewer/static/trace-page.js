// Owns getting one trace onto the page: loading it, waiting for one that has not arrived yet, and failures. What a
// loaded trace looks like is trace-view.js.
import * as api from "./api.js";
import { h } from "./dom.js";
import { LatestRequest } from "./latest-request.js";
import { advice, failure, loading } from "./state-view.js";
import { buildTrace } from "./trace-model.js";
import { TraceView } from "./trace-view.js";

const RETRY_AFTER_MS = 3000;
const RETRIES = 10;

export class TracePage {
  #route;
  #view = null;
  #timer = 0;
  #request = new LatestRequest();

  constructor(route) {
    this.#route = route;
    this.element = h("div", { class: "trace-page" }, loading(`trace ${route.traceId}`));
    document.title = `Trace ${route.traceId.slice(0, 8)} · Farol`;
    this.#load(0);
  }

  /** Takes over a new address if it is of the same trace: only what is found or selected differs. */
  update(route) {
    if (route.page !== "trace" || route.traceId !== this.#route.traceId) return false;
    this.#route = route;
    this.#view?.show(route);
    return true;
  }

  dispose() {
    this.#request.cancel();
    this.#discardView();
    clearTimeout(this.#timer);
  }

  #load(attempt) {
    clearTimeout(this.#timer);
    return this.#request.run(async (signal) => {
      const trace = buildTrace(await api.trace(this.#route.traceId, signal));
      this.#discardView();
      this.#view = new TraceView(trace, this.#route, () => this.#load(0));
      this.element.replaceChildren(this.#view.element);
      this.#view.attached();
    }, (error) => this.#fail(error, attempt));
  }

  #fail(error, attempt) {
    this.#discardView();
    const missing = error instanceof api.ApiError && error.kind === "not-found";
    this.element.replaceChildren(missing ? this.#notHereYet(attempt) : failure(error, () => this.#load(0)));
  }

  // A person often follows a link sooner than the spans do, so a missing trace is looked for again by itself.
  #notHereYet(attempt) {
    const waiting = attempt < RETRIES;
    if (waiting) this.#timer = setTimeout(() => this.#load(attempt + 1), RETRY_AFTER_MS);
    const prospect = waiting
      ? `Looking again every ${RETRY_AFTER_MS / 1000} seconds (${attempt + 1} of ${RETRIES}).`
      : "It did not arrive while this page waited.";
    return advice({
      kind: "empty",
      title: "This trace is not here (yet)",
      text: `Jaeger knows no trace ${this.#route.traceId}. ${prospect}`,
      steps: [
        "Traces arrive a few seconds after their request: services send spans in batches.",
        "Compare the id with its source. Jaeger’s memory is limited, and a restart may have emptied it.",
        "A request that was not sampled leaves no trace.",
      ],
      actions: [
        h("button", { type: "button", on: { click: () => this.#load(0) } }, "Look again now"),
        h("a", { href: "search", "data-route": true }, "Search traces"),
      ],
    });
  }

  #discardView() {
    this.#view?.dispose();
    this.#view = null;
  }
}
