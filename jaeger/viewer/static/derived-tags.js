// Owns the tags that Jaeger shows but its memory store cannot find: they come from a span's own fields (status, kind,
// scope), not from its attributes, so a search for `error=true` would find nothing. The viewer looks for them itself,
// among the newest traces that fit the rest of the search. Pure.
import { parseTags } from "./tags.js";

const DERIVED = new Set(["error", "span.kind", "otel.status_code", "otel.status_description", "otel.scope.name", "otel.scope.version"]);

/** How many traces are fetched to look for derived tags among them. */
export const LOOKED_THROUGH = 1000;

/** Parts the tags of a search (logfmt) into those for Jaeger and those for `hasDerived`; null where there are none. */
export function splitTags(text) {
  const entries = Object.entries(parseTags(text));
  const part = (derived) => {
    const chosen = entries.filter(([key]) => DERIVED.has(key) === derived);
    return chosen.length > 0 ? Object.fromEntries(chosen) : null;
  };
  return { sent: part(false), derived: part(true) };
}

/** Says whether one span of the trace fits service, operation and all tags of the search. */
export function hasDerived(trace, query) {
  const wanted = Object.entries(parseTags(query.tags));
  return trace.spans.some((span) => span.service === query.service
    && (!query.operation || span.name === query.operation)
    && wanted.every(([key, value]) => carries(span, key, value)));
}

function carries(span, key, value) {
  if (key === "error") return String(span.error) === value;
  const fields = [span.tags, span.resource, ...span.events.map((event) => event.fields)].flat();
  return fields.some((field) => field.key === key && asText(field.value) === value);
}

function asText(value) {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
