// Owns the tag query language: logfmt (`http.response.status_code=500 error=true msg="two words"`), as in Jaeger's own
// search. Knows nothing of forms or requests.

const PAIR = /\s*([^\s="]+)(?:=("(?:[^"\\]|\\.)*"|[^\s"]*))?(?=\s|$)/y;

/** Reads logfmt into an object of strings; a key alone means `true`. Throws an Error that says what is wrong. */
export function parseTags(text) {
  const tags = {};
  const input = text.trim();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < input.length) {
    const from = PAIR.lastIndex;
    const match = PAIR.exec(input);
    if (!match) throw new Error(`Cannot read the tags from “${input.slice(from).trim()}”. Write key=value, with quotes around a value that has spaces.`);
    tags[match[1]] = match[2] === undefined ? "true" : unquoted(match[2]);
  }
  return tags;
}

/** Says whether a key can be written in logfmt, which has no quotes for keys. */
export function isTagKey(key) {
  return /^[^\s="]+$/.test(key);
}

function unquoted(value) {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
}

/** Writes an object of strings as logfmt that `parseTags` reads back. */
export function formatTags(tags) {
  return Object.entries(tags).map(([key, value]) => `${key}=${quoted(String(value))}`).join(" ");
}

function quoted(value) {
  return /^[^\s"\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`;
}
