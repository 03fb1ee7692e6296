// Owns the search page: the services on offer, the form, one search at a time and its outcome.
import * as api from "./api.js";
import { hasDerived, LOOKED_THROUGH, splitTags } from "./derived-tags.js";
import { h } from "./dom.js";
import { LatestRequest } from "./latest-request.js";
import { go } from "./navigation.js";
import { resultsView } from "./results.js";
import { searchPath } from "./routes.js";
import { searchForm } from "./search-form.js";
import { advice, failure, loading } from "./state-view.js";
import { buildTrace } from "./trace-model.js";

export class SearchPage {
  #outcome = h("section", { class: "search-outcome", "aria-label": "Results" }, loading("services"));
  #request = new LatestRequest();

  constructor(route) {
    this.element = h("div", { class: "search-page" }, this.#outcome);
    document.title = "Search traces · Farol";
    this.#open(route);
  }

  /** Takes over a new address if it is a search too. */
  update(route) {
    if (route.page !== "search") return false;
    this.#open(route);
    return true;
  }

  dispose() {
    this.#request.cancel();
  }

  #open(route) {
    return this.#attempt(() => this.#open(route), async (signal) => {
      const names = await api.services(signal);
      if (names.length === 0) {
        this.#outcome.replaceChildren(nothingYet(() => this.#open(route)));
        return;
      }
      const query = { ...route.query, service: route.query.service || names[0] };
      this.element.replaceChildren(searchForm(names, query, (submitted) => go(searchPath(submitted))), this.#outcome);
      // A first visit shows the newest traces at once, under an address that says what is shown.
      if (route.submitted) await this.#search(query);
      else go(searchPath(query), { replace: true });
    });
  }

  #search(query) {
    const again = () => this.#search(query);
    this.#outcome.replaceChildren(loading("traces"));
    return this.#attempt(again, async (signal) => {
      const fetched = (await api.search(query, signal)).map(buildTrace);
      const traces = splitTags(query.tags).derived ? fetched.filter((trace) => hasDerived(trace, query)).slice(0, query.limit) : fetched;
      this.#outcome.replaceChildren(traces.length > 0 ? resultsView(traces, query, again) : noMatch(query, again));
    });
  }

  #attempt(retry, work) {
    return this.#request.run(work, (error) => this.#outcome.replaceChildren(failure(error, retry)));
  }
}

function nothingYet(retry) {
  return advice({
    kind: "empty",
    title: "No traces yet",
    text: "Jaeger has not received a single span.",
    steps: [
      h("span", {}, "Send something: ", h("code", {}, "make demo"), " posts 842 flights, each request with a trace."),
      "Then give it a few seconds: services send their spans in batches.",
    ],
    actions: [h("button", { type: "button", on: { click: retry } }, "Look again")],
  });
}

function noMatch(query, retry) {
  return advice({
    kind: "empty",
    title: "No trace matches",
    text: `Nothing from ${query.service} fits this search.`,
    steps: [
      "Choose a longer lookback, or drop tags and durations: a trace must fit all of them.",
      "A tag must equal the whole value, as in error=true or http.response.status_code=409.",
      splitTags(query.tags).derived && `Status, kind and scope are looked for among the newest ${LOOKED_THROUGH} traces that fit the rest. A shorter lookback or another tag brings older ones into reach.`,
      "Traces arrive a few seconds after their request. Try again if you have just sent one.",
    ],
    actions: [h("button", { type: "button", on: { click: retry } }, "Search again")],
  });
}
