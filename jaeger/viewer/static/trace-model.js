// Owns the trace as the viewer sees it: Jaeger's JSON made into a tree of spans with times relative to the trace's
// start, self times and totals per service. Pure: no document, no requests. Walks are loops, since a trace may be
// thousands of spans deep.

/** Builds the model of one trace from Jaeger's JSON. */
export function buildTrace(json) {
  const start = json.spans.reduce((least, span) => Math.min(least, span.startTime), Infinity);
  const spans = json.spans.map((span) => readSpan(span, json, start));
  const byId = new Map();
  for (const span of spans) if (!byId.has(span.id)) byId.set(span.id, span);
  const roots = linkParents(spans, byId);
  const ordered = inDisplayOrder(roots);
  for (const span of spans) span.selfTime = selfTime(span);
  return {
    id: json.traceID,
    start,
    duration: spans.reduce((most, span) => Math.max(most, span.end), 0),
    spans: ordered,
    roots,
    byId,
    services: totalsByService(ordered),
    errorCount: spans.filter((span) => span.error).length,
    depth: ordered.reduce((most, span) => Math.max(most, span.depth + 1), 0),
    warnings: json.warnings ?? [],
  };
}

function readSpan(json, trace, traceStart) {
  const process = trace.processes[json.processID] ?? { serviceName: "(unknown service)", tags: [] };
  const tags = json.tags ?? [];
  const tag = (key) => tags.find((candidate) => candidate.key === key)?.value;
  const start = json.startTime - traceStart;
  return {
    id: json.spanID,
    name: json.operationName,
    service: process.serviceName,
    kind: tag("span.kind") ?? "",
    error: String(tag("error")) === "true" || tag("otel.status_code") === "ERROR",
    statusMessage: tag("otel.status_description") ?? "",
    start,
    duration: json.duration,
    end: start + json.duration,
    tags,
    resource: process.tags ?? [],
    events: (json.logs ?? []).map((log) => ({ time: log.timestamp - traceStart, fields: log.fields ?? [] })).sort((a, b) => a.time - b.time),
    warnings: json.warnings ?? [],
    ...splitReferences(json, trace.traceID),
    parent: null, children: [], depth: 0, selfTime: 0,
  };
}

// The parent is the first CHILD_OF within the trace; failing that a FOLLOWS_FROM within it, as in the official UI.
// Everything else is a link: Jaeger gives OpenTelemetry's span links as FOLLOWS_FROM.
function splitReferences(json, traceId) {
  const references = json.references ?? [];
  const inTrace = references.filter((reference) => reference.traceID === traceId && reference.spanID !== json.spanID);
  const parentReference = inTrace.find((reference) => reference.refType === "CHILD_OF") ?? inTrace[0] ?? null;
  const links = references.filter((reference) => reference !== parentReference);
  return { parentReference, links };
}

function linkParents(spans, byId) {
  const roots = [];
  for (const span of spans) {
    const parent = span.parentReference && byId.get(span.parentReference.spanID);
    span.parentMissing = Boolean(span.parentReference) && !parent;
    if (!parent || descendsFrom(parent, span)) {
      roots.push(span);
    } else {
      span.parent = parent;
      parent.children.push(span);
    }
  }
  for (const span of spans) span.children.sort(byStart);
  return roots.sort(byStart);
}

// Malformed traces can name a parent that is below the span itself; such a circle is cut where it would close.
// Only a span that has children already can close one, so the walk up is rare.
function descendsFrom(span, ancestor) {
  if (span === ancestor) return true;
  if (ancestor.children.length === 0) return false;
  for (let above = span.parent; above; above = above.parent) if (above === ancestor) return true;
  return false;
}

function byStart(a, b) {
  return a.start - b.start || b.duration - a.duration;
}

function inDisplayOrder(roots) {
  const ordered = [];
  const waiting = [...roots].reverse();
  while (waiting.length > 0) {
    const span = waiting.pop();
    span.depth = span.parent ? span.parent.depth + 1 : 0;
    span.index = ordered.length;
    ordered.push(span);
    for (let i = span.children.length - 1; i >= 0; i -= 1) waiting.push(span.children[i]);
  }
  return ordered;
}

// The time in which a span ran and none of its children did; children may overlap each other or outlive it.
function selfTime(span) {
  let covered = 0;
  let reached = span.start;
  for (const child of span.children) {
    const from = Math.max(child.start, reached);
    const to = Math.min(child.end, span.end);
    if (to > from) covered += to - from;
    reached = Math.max(reached, to);
  }
  return span.duration - covered;
}

function totalsByService(spans) {
  const totals = new Map();
  for (const span of spans) {
    const total = totals.get(span.service) ?? { name: span.service, spans: 0, errors: 0, selfTime: 0 };
    total.spans += 1;
    total.errors += span.error ? 1 : 0;
    total.selfTime += span.selfTime;
    totals.set(span.service, total);
  }
  return [...totals.values()];
}
