// Owns the talk with Jaeger's JSON API (same origin as this page). Every failure is an ApiError whose kind says what
// a person can do about it; nothing else in the viewer calls fetch.
import { LOOKED_THROUGH, splitTags } from "./derived-tags.js";

/** kind: "unreachable" | "not-found" | "refused" (the request was wrong) | "failed" (Jaeger or its store). */
export class ApiError extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

const LOOKBACK_UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export async function services(signal) {
  const names = await get("api/services", {}, signal);
  return names.sort((a, b) => a.localeCompare(b));
}

export async function operations(service, signal) {
  const names = await get(`api/services/${encodeURIComponent(service)}/operations`, {}, signal);
  return names.sort((a, b) => a.localeCompare(b));
}

/** Finds traces for a query as routes.js describes it; resolves to Jaeger's trace objects. Tags that Jaeger cannot find
 *  are left out, in exchange for more traces to look through (derived-tags.js). */
export function search(query, signal) {
  const { start, end } = range(query);
  const { sent, derived } = readTags(query.tags);
  const tags = sent ? JSON.stringify(sent) : "";
  const limit = derived ? LOOKED_THROUGH : query.limit;
  const { service, operation, minDuration, maxDuration, lookback } = query;
  return get("api/traces", { service, operation, tags, minDuration, maxDuration, limit, lookback, start, end }, signal);
}

function readTags(text) {
  try {
    return splitTags(text);
  } catch (mistake) {
    throw new ApiError("refused", mistake.message); // a link made by hand can hold tags that the form would not send
  }
}

function range(query) {
  if (query.lookback === "custom" && query.start && query.end) return query;
  const [, amount, unit] = /^(\d+)([smhdw])$/.exec(query.lookback) ?? [];
  if (!amount) throw new ApiError("refused", `The lookback “${query.lookback}” is not a number with one of the units s, m, h, d, w.`);
  const now = Date.now();
  return { start: (now - amount * LOOKBACK_UNITS_MS[unit]) * 1000, end: now * 1000 };
}

/** Loads one trace by id. */
export async function trace(traceId, signal) {
  const traces = await get(traceJsonPath(traceId), {}, signal);
  if (traces.length === 0) throw new ApiError("not-found", "trace not found");
  return traces[0];
}

export function traceJsonPath(traceId) {
  return `api/traces/${encodeURIComponent(traceId)}`;
}

const HOUR_MS = 3_600_000;

/** "calls" a second, "errors" as a share, "latencies" in seconds (95th percentile): a Map from operation to the last hour's value. */
export async function measure(what, service, signal) {
  const parameters = new URLSearchParams({ service, groupByOperation: true, endTs: Date.now(), lookback: 1000, step: 1000, ratePer: HOUR_MS });
  for (const kind of ["server", "client", "producer", "consumer", "internal"]) parameters.append("spanKind", kind);
  if (what === "latencies") parameters.set("quantile", 0.95);
  const { metrics = [] } = await answer(`api/metrics/${what}?${parameters}`, signal);
  return new Map(metrics.flatMap(({ labels, metricPoints }) => {
    const operation = labels.find(({ name }) => name === "operation")?.value;
    const value = Number(metricPoints.at(-1)?.gaugeValue.doubleValue);
    return operation && Number.isFinite(value) ? [[operation, value]] : [];
  }));
}

/** Calls between services in the traces of the last hour: [{parent, child, callCount}]. */
export function dependencies(signal) {
  return get("api/dependencies", { endTs: Date.now(), lookback: HOUR_MS }, signal);
}

async function get(path, parameters, signal) {
  const present = Object.entries(parameters).filter(([, value]) => value !== "" && value !== undefined);
  const query = present.length > 0 ? `?${new URLSearchParams(present)}` : "";
  return (await answer(path + query, signal)).data ?? [];
}

async function answer(path, signal) {
  const response = await fetch(new URL(path, document.baseURI), { signal, headers: { Accept: "application/json" } }).catch((cause) => {
    if (cause.name === "AbortError") throw cause;
    throw new ApiError("unreachable", `Jaeger does not answer at ${location.host}.`);
  });
  const body = await response.json().catch(() => null); // an error page that is not JSON is reported by its status below
  if (response.ok && body) return body;
  const message = body?.errors?.[0]?.msg ?? `Jaeger answered with status ${response.status}.`;
  throw new ApiError(kindOf(response.status), message);
}

function kindOf(status) {
  if (status === 404) return "not-found";
  return status >= 400 && status < 500 ? "refused" : "failed";
}
