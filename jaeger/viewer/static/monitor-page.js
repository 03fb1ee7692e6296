// Owns the page behind /monitor and /dependencies: each operation's rate, errors and latency as Jaeger has them from
// Prometheus, and who calls whom in the stored traces. Draws tables; curves are the boards' business.
import * as api from "./api.js";
import { h } from "./dom.js";
import * as format from "./format.js";
import { LatestRequest } from "./latest-request.js";
import { searchPath, SEARCH_DEFAULTS } from "./routes.js";
import { advice, failure, loading } from "./state-view.js";

const LOOK_AGAIN_MS = 5_000; // as often as the Collector gives new numbers

export class MonitorPage {
  #request = new LatestRequest();
  #timer = 0;

  constructor() {
    document.title = "Services · Farol";
    this.element = h("div", { class: "monitor" }, loading("services"));
    this.#load();
  }

  update(route) {
    return route.page === "monitor";
  }

  dispose() {
    clearTimeout(this.#timer);
    this.#request.cancel();
  }

  #load() {
    return this.#request.run(async (signal) => {
      const names = await api.services(signal);
      const [operations, edges] = await Promise.all([measured(names, signal), api.dependencies(signal)]);
      this.element.replaceChildren(
        h("section", { "aria-label": "Operations" }, h("h1", {}, "Operations, the last hour"), operations),
        h("section", { "aria-label": "Calls between services" }, h("h1", {}, "Who calls whom, the last hour"), edgeTable(edges)));
      this.#timer = setTimeout(() => this.#load(), LOOK_AGAIN_MS);
    }, (error) => this.element.replaceChildren(failure(error, () => this.#load())));
  }
}

async function measured(names, signal) {
  try {
    return operationTable((await Promise.all(names.map((name) => operationsOf(name, signal)))).flat());
  } catch (error) {
    if (error.kind !== "failed" && error.kind !== "refused") throw error;
    return advice({ kind: "empty", title: "No numbers", text: `Jaeger has no monitor here: ${error.message}` });
  }
}

/** One entry per operation: {service, operation, calls, errors, latency}, each the mean over the hour, null where there is none. */
async function operationsOf(service, signal) {
  const [calls, errors, latencies] = await Promise.all(["calls", "errors", "latencies"].map((what) => api.measure(what, service, signal)));
  return [...calls.keys()].sort().map((operation) => ({
    service, operation, calls: calls.get(operation), errors: errors.get(operation) ?? 0, latency: latencies.get(operation) ?? null,
  }));
}

function operationTable(operations) {
  if (operations.length === 0) return advice({ kind: "empty", title: "Nothing measured yet", text: "Numbers come some seconds after the first spans." });
  return table(["Service", "Operation", "Calls a minute", "Failed", "95 % are below"], operations.map((row) => [
    row.service,
    h("a", { href: searchPath({ ...SEARCH_DEFAULTS, service: row.service, operation: row.operation }), "data-route": true }, row.operation),
    (row.calls * 60).toFixed(1),
    h("span", { class: row.errors > 0 ? "error-mark" : null }, `${(row.errors * 100).toFixed(1)} %`),
    row.latency === null ? "–" : format.duration(row.latency * 1_000_000),
  ]));
}

function edgeTable(edges) {
  if (edges.length === 0) return advice({ kind: "empty", title: "No calls yet", text: "No stored trace leads from one service to another." });
  const sorted = [...edges].sort((a, b) => b.callCount - a.callCount);
  return table(["From", "To", "Calls"], sorted.map((edge) => [edge.parent, edge.child, edge.callCount.toLocaleString()]));
}

function table(head, rows) {
  return h("table", { class: "figures" },
    h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell))))));
}
