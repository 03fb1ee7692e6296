// Table of contents of the viewer: which page answers which route, and the header's look-up form. Everything else has
// a file of its own. A page is {element, update(route) -> handled here?, dispose()}.
import { h } from "./dom.js";
import { MonitorPage } from "./monitor-page.js";
import { go, start } from "./navigation.js";
import { parseLookup, tracePath } from "./routes.js";
import { SearchPage } from "./search-page.js";
import { advice } from "./state-view.js";
import { TracePage } from "./trace-page.js";

const mount = document.getElementById("page");
let page = null;

function open(route) {
  if (route.page === "search") return new SearchPage(route);
  if (route.page === "trace") return new TracePage(route);
  if (route.page === "monitor") return new MonitorPage();
  return unknownPage(route);
}

function show(route) {
  if (page?.update(route)) return;
  const first = page === null;
  page?.dispose();
  page = open(route);
  mount.replaceChildren(page.element);
  if (!first) mount.focus({ preventScroll: true }); // a page change starts reading at the page, not at the clicked link
}

function unknownPage(route) {
  const element = advice({
    kind: "empty",
    title: "This viewer has no such page",
    text: `${route.path} may be a page of the official Jaeger UI. This viewer searches traces, shows one, and lists what services do.`,
    actions: [h("a", { href: "search", "data-route": true }, "Search traces")],
  });
  return { element, update: () => false, dispose() {} };
}

function lookUp(event) {
  event.preventDefault();
  const field = document.getElementById("lookup-id");
  const found = parseLookup(field.value);
  field.setCustomValidity(found ? "" : "This is neither a trace id (hexadecimal, up to 32 digits) nor a traceparent nor the address of a trace.");
  if (!field.reportValidity()) return;
  field.value = "";
  go(tracePath(found.traceId, { find: found.find }));
}

document.getElementById("lookup").addEventListener("submit", lookUp);
document.getElementById("lookup-id").addEventListener("input", (event) => event.target.setCustomValidity(""));
start(show);
