// Owns the browser's history: following links of the viewer without a page load, back and forward.
// What an address means is routes.js's business.
import { parseRoute } from "./routes.js";

let listener = () => {};

/** Starts to report routes: the present one at once, then every change. */
export function start(onRoute) {
  listener = onRoute;
  window.addEventListener("popstate", report);
  document.addEventListener("click", followLink);
  report();
}

/** Goes to a path of the viewer; `replace` leaves no step for “back”. */
export function go(path, { replace = false } = {}) {
  const address = absolute(path);
  if (replace || address === location.href) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  report();
}

/** The full address of a path of the viewer, as one would copy it. */
export function absolute(path) {
  return new URL(path, document.baseURI).href;
}

function report() {
  listener(parseRoute(location));
}

function followLink(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[data-route]");
  if (!link) return;
  event.preventDefault();
  go(link.getAttribute("href"));
}
