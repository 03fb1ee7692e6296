// Owns the table of key and value, for attributes, resource attributes and event fields alike. Values are shown as
// they came, as text; the only links are those of the UI settings and a search for traces with the same value.
import { h } from "./dom.js";
import { fieldLinks } from "./link-patterns.js";
import { searchPath } from "./routes.js";
import { formatTags, isTagKey } from "./tags.js";

/** `type` is "tags", "process" or "logs"; fields are {key, type, value}. */
export function attributeTable(fields, { type, trace, service }) {
  const sorted = [...fields].sort((a, b) => a.key.localeCompare(b.key));
  return h("table", { class: "attributes" }, h("tbody", {}, sorted.map((field) => h("tr", {},
    h("th", { scope: "row" }, breakable(field.key)),
    h("td", { class: `mono value-${field.type}` }, shown(field),
      fieldLinks(type, field, fields, trace.id).map(({ url, text }) => [" ", h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text)])),
    h("td", { class: "attribute-search" }, sameValueLink(field, service))))));
}

// A long key breaks after its dots and underscores rather than anywhere.
function breakable(key) {
  return key.split(/(?<=[._])/).flatMap((part) => [part, h("wbr")]);
}

function shown({ value }) {
  if (typeof value !== "string") return JSON.stringify(value);
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 1).replace(/\n\s*/g, " "); // lists and maps come as JSON text
  } catch {
    return value; // only looked like JSON
  }
}

function sameValueLink(field, service) {
  if (!isTagKey(field.key) || String(field.value).length > 300) return null; // no such search, or too long an address
  const path = searchPath({ service, tags: formatTags({ [field.key]: field.value }) });
  const title = `Find traces of ${service} with this ${field.key}`;
  return h("a", { href: path, "data-route": true, title, "aria-label": title }, "⌕");
}
