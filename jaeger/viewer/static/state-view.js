// Owns how “loading”, “nothing there” and “went wrong” look: a heading, what it means, what to do.
import { h } from "./dom.js";

export function loading(what) {
  return h("div", { class: "state", role: "status" }, h("p", { class: "state-loading" }, `Loading ${what} …`));
}

/** A state with advice. `actions` are buttons or links; `kind` is "empty" or "error". */
export function advice({ kind, title, text, steps = [], actions = [] }) {
  const present = steps.filter(Boolean);
  return h("section", { class: `state state-${kind}`, role: kind === "error" ? "alert" : "status" },
    h("h2", {}, title),
    h("p", {}, text),
    present.length > 0 && h("ul", {}, present.map((step) => h("li", {}, step))),
    actions.length > 0 && h("p", { class: "state-actions" }, actions));
}

/** The state for a failed request (an ApiError); any other error is a fault of this viewer and also goes to the console. */
export function failure(error, retry) {
  if (!error.kind) console.error(error);
  const steps = {
    unreachable: ["See whether the stack runs; `make up` starts it.", "Then try again."],
    refused: ["Correct the search and send it again."],
    failed: ["Look into Jaeger’s log in the stack’s logs folder.", "Then try again."],
  };
  const titles = { unreachable: "Jaeger is out of reach", refused: "Jaeger refused this request", failed: "Jaeger could not answer" };
  return advice({
    kind: "error",
    title: titles[error.kind] ?? "Something in this viewer went wrong",
    text: error.message,
    steps: steps[error.kind] ?? ["Reload the page. The browser’s console has the details."],
    actions: [h("button", { type: "button", on: { click: retry } }, "Try again")],
  });
}
