// Owns `linkPatterns` of the UI settings: links from a trace, an attribute, a resource attribute or an event field to
// another tool, `#{name}` in the address standing for a value. A pattern whose names are not all known gives no link.
import { isSafeLink } from "./dom.js";
import { uiConfig } from "./settings.js";

const patterns = (Array.isArray(uiConfig.linkPatterns) ? uiConfig.linkPatterns : []).filter((pattern) => pattern?.type && pattern.url && pattern.text);

/** Links {url, text} for a trace. */
export function traceLinks(trace) {
  const values = { traceID: trace.id, startTime: trace.start, endTime: trace.start + trace.duration, duration: trace.duration };
  return links(patterns.filter((pattern) => pattern.type === "traces"), values);
}

/** Links {url, text} for one field; type is "tags", "process" or "logs", siblings are the fields beside it. */
export function fieldLinks(type, field, siblings, traceId) {
  const values = { ...Object.fromEntries(siblings.map(({ key, value }) => [key, value])), "trace.traceID": traceId };
  return links(patterns.filter((pattern) => pattern.type === type && pattern.key === field.key), values);
}

function links(chosen, values) {
  return chosen
    .map((pattern) => ({ url: filled(pattern.url, values, encodeURIComponent), text: filled(pattern.text, values, String) }))
    .filter(({ url, text }) => url !== null && text !== null && isSafeLink(url));
}

function filled(template, values, encode) {
  const names = [...template.matchAll(/#\{([^}]+)\}/g)].map(([, name]) => name);
  if (names.some((name) => values[name] === undefined)) return null;
  return template.replace(/#\{([^}]+)\}/g, (_, name) => encode(values[name]));
}
