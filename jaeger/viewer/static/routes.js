// Owns the shape of the viewer's addresses, which are those of the official Jaeger UI, so that links work in both:
//   /search?service=&operation=&tags={"key":"value"}&lookback=1h&minDuration=&maxDuration=&limit=
//   /monitor and /dependencies, one page here
//   /trace/<trace id>?uiFind=<text or span id>#<span id>
// Knows nothing of the history; that is navigation.js.
import { formatTags, parseTags } from "./tags.js";

const TRACE_ID = /^[0-9a-f]{1,32}$/i;
const SPAN_ID = /^[0-9a-f]{16}$/i;
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/i;

export const SEARCH_DEFAULTS = { service: "", operation: "", tags: "", lookback: "1h", minDuration: "", maxDuration: "", limit: "20", start: "", end: "" };

/** Reads an address: {page: "search", query, submitted} | {page: "trace", traceId, find, spanId} | {page: "monitor"} | {page: "unknown", path}. */
export function parseRoute(address) {
  const base = new URL(document.baseURI).pathname;
  const path = address.pathname.startsWith(base) ? address.pathname.slice(base.length) : address.pathname.slice(1);
  const parameters = new URLSearchParams(address.search);
  if (path === "" || path === "search") return { page: "search", query: parseSearch(parameters), submitted: parameters.has("service") };
  if (path === "monitor" || path === "dependencies") return { page: "monitor" };
  const [, id] = /^trace\/([^/]+)$/.exec(path) ?? [];
  if (id === undefined) return { page: "unknown", path: `/${path}` };
  const hash = address.hash.replace(/^#/, "");
  return { page: "trace", traceId: id.toLowerCase(), find: parameters.get("uiFind") ?? "", spanId: SPAN_ID.test(hash) ? hash.toLowerCase() : "" };
}

function parseSearch(parameters) {
  const query = { ...SEARCH_DEFAULTS };
  for (const name of Object.keys(query)) query[name] = parameters.get(name) ?? query[name];
  if (query.operation === "all") query.operation = "";
  query.tags = tagsText(parameters);
  return query;
}

function tagsText(parameters) {
  const tags = {};
  for (const pair of parameters.getAll("tag")) {
    const [key, ...value] = pair.split(":");
    tags[key] = value.join(":");
  }
  for (const json of parameters.getAll("tags").filter(Boolean)) {
    try {
      Object.assign(tags, JSON.parse(json));
    } catch {
      return json; // not JSON: shown in the field as it came, where parseTags judges it
    }
  }
  return formatTags(tags);
}

/** The address of a search; what equals the default is left out. */
export function searchPath(query) {
  const parameters = new URLSearchParams();
  for (const [name, fallback] of Object.entries(SEARCH_DEFAULTS)) {
    const value = query[name] ?? fallback;
    if (name === "tags") {
      if (value) parameters.set("tags", JSON.stringify(parseTags(value)));
    } else if (value !== fallback || name === "lookback" || name === "limit") {
      parameters.set(name, value);
    }
  }
  return `search?${parameters}`;
}

/** The address of a trace. `find` searches in it, `spanId` selects a span. */
export function tracePath(traceId, { find = "", spanId = "" } = {}) {
  const query = find ? `?${new URLSearchParams({ uiFind: find })}` : "";
  return `trace/${encodeURIComponent(traceId)}${query}${spanId ? `#${spanId}` : ""}`;
}

/** Reads what a person pastes to open a trace: an id, a traceparent header or an address of a trace; null if it is none. */
export function parseLookup(text) {
  const input = text.trim().replace(/^traceparent:\s*/i, "").replace(/^"|"$/g, "");
  const parent = TRACEPARENT.exec(input);
  if (parent) return { traceId: parent[1].toLowerCase(), find: parent[2].toLowerCase() };
  const [, inAddress] = /\/trace\/([0-9a-f]+)/i.exec(input) ?? [];
  const traceId = inAddress ?? input;
  return TRACE_ID.test(traceId) ? { traceId: traceId.toLowerCase(), find: "" } : null;
}
