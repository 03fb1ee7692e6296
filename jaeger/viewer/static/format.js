// Owns how numbers and times read. Durations and times come in as microseconds, as Jaeger's API gives them.

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
const shortClockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const countFormat = new Intl.NumberFormat();

const UNITS = [
  { limit: 1_000, size: 1, name: "µs" },
  { limit: 1_000_000, size: 1_000, name: "ms" },
  { limit: 60_000_000, size: 1_000_000, name: "s" },
];

/** A duration in the unit that keeps three significant digits: `845 µs`, `1.24 ms`, `12.3 s`, `2 min 5 s`. */
export function duration(micros) {
  if (micros < 0) return `-${duration(-micros)}`;
  const unit = UNITS.find((candidate) => micros < candidate.limit);
  if (unit) return `${trimmed(micros / unit.size)} ${unit.name}`;
  const seconds = Math.round(micros / 1_000_000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

function trimmed(value) {
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** A moment after another one: `+1.2 ms`. */
export function offset(micros) {
  return `${micros < 0 ? "" : "+"}${duration(micros)}`;
}

export function clock(micros) {
  return clockFormat.format(micros / 1000);
}

export function shortClock(micros) {
  return shortClockFormat.format(micros / 1000);
}

export function day(micros) {
  return dayFormat.format(micros / 1000);
}

/** How long ago a moment was, coarsely: `12 s ago`, `3 min ago`. */
export function ago(micros, nowMillis = Date.now()) {
  const seconds = Math.max(0, Math.round(nowMillis / 1000 - micros / 1_000_000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

/** A count with its noun: `1 span`, `2,000 spans`. */
export function count(number, singular, plural = `${singular}s`) {
  return `${countFormat.format(number)} ${number === 1 ? singular : plural}`;
}

export function percent(part, whole) {
  return whole > 0 ? `${Math.round((part / whole) * 100)} %` : "0 %";
}
