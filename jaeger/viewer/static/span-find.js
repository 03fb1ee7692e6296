// Owns finding spans within a trace (`uiFind`): space-separated terms, any of which may match the service, operation,
// kind, span id, or an attribute's key, value or `key=value`. Pure.

/** The spans that match, in display order; null when there is nothing to find. */
export function findSpans(trace, text) {
  const terms = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (terms.length === 0) return null;
  return trace.spans.filter((span) => terms.some((term) => matches(span, term)));
}

function matches(span, term) {
  if (span.id === term) return true;
  const plain = [span.service, span.name, span.kind];
  if (plain.some((text) => text.toLowerCase().includes(term))) return true;
  if (span.error && term === "error") return true;
  const fields = [span.tags, span.resource, ...span.events.map((event) => event.fields)].flat();
  return fields.some(({ key, value }) => `${key}=${value}`.toLowerCase().includes(term));
}
