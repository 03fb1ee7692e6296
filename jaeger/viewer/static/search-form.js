// Owns the search form: its fields, what they accept, and the operations that belong to the chosen service.
import { operations } from "./api.js";
import { h } from "./dom.js";
import { parseTags } from "./tags.js";

const LOOKBACKS = { "5m": "Last 5 minutes", "15m": "Last 15 minutes", "1h": "Last hour", "3h": "Last 3 hours", "12h": "Last 12 hours", "1d": "Last day", "2d": "Last 2 days", "7d": "Last 7 days" };
const DURATION = "\\s*\\d+(\\.\\d+)?(ns|us|µs|ms|s|m|h)\\s*";

/** The form, filled in from `query`; `onSubmit` gets the changed query. */
export function searchForm(services, query, onSubmit) {
  const fields = {
    service: select("service", services.includes(query.service) ? services : [query.service, ...services], query.service),
    operation: select("operation", [], ""),
    tags: input("tags", query.tags, { class: "mono", placeholder: "error=true", spellcheck: "false", autocapitalize: "off" }),
    lookback: select("lookback", lookbacks(query), query.lookback),
    minDuration: durationInput("minDuration", query.minDuration, "1.2ms"),
    maxDuration: durationInput("maxDuration", query.maxDuration, "3s"),
    limit: input("limit", query.limit, { type: "number", min: "1", max: "1500", required: true }),
  };
  const form = h("form", { class: "search-form", "aria-label": "Search traces" },
    labelled("Service", fields.service),
    labelled("Operation", fields.operation),
    labelled("Tags", fields.tags, "key=value, space between; all must match one span"),
    labelled("Lookback", fields.lookback),
    labelled("Limit", fields.limit),
    h("div", { class: "field-pair" }, labelled("Min duration", fields.minDuration), labelled("Max duration", fields.maxDuration)),
    h("button", { type: "submit", class: "primary" }, "Find traces"));

  fields.service.addEventListener("change", () => offerOperations(fields, ""));
  fields.tags.addEventListener("input", () => fields.tags.setCustomValidity(""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    fields.tags.setCustomValidity(tagsMistake(fields.tags.value));
    if (!form.reportValidity()) return;
    const values = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value.trim()]));
    const { start, end } = values.lookback === "custom" ? query : { start: "", end: "" };
    onSubmit({ ...values, start, end });
  });
  offerOperations(fields, query.operation);
  return form;
}

async function offerOperations(fields, chosen) {
  const service = fields.service.value;
  const any = h("option", { value: "" }, "any");
  fields.operation.replaceChildren(any, ...options(chosen ? [chosen] : [], chosen));
  try {
    const names = await operations(service);
    if (fields.service.value !== service) return; // another service was chosen meanwhile
    const wanted = fields.operation.value;
    const all = wanted && !names.includes(wanted) ? [wanted, ...names] : names;
    fields.operation.replaceChildren(any, ...options(all, wanted));
  } catch (error) {
    any.textContent = `any (the list could not be loaded: ${error.message})`;
  }
}

function lookbacks(query) {
  const known = Object.entries(LOOKBACKS).map(([value, text]) => ({ value, text }));
  if (query.lookback in LOOKBACKS) return known;
  const text = query.lookback === "custom" ? "As in the link" : `Last ${query.lookback}`;
  return [...known, { value: query.lookback, text }];
}

function tagsMistake(text) {
  try {
    parseTags(text);
    return "";
  } catch (error) {
    return error.message;
  }
}

function labelled(text, field, hint) {
  const hintId = hint && `${field.id}-hint`;
  if (hintId) field.setAttribute("aria-describedby", hintId);
  return h("div", { class: "field" }, h("label", { for: field.id }, text), field, hint && h("small", { id: hintId }, hint));
}

function input(name, value, attributes) {
  return h("input", { id: `search-${name}`, name, value, type: "text", autocomplete: "off", ...attributes });
}

function durationInput(name, value, example) {
  return input(name, value, { class: "mono", placeholder: example, pattern: DURATION, title: `A number with a unit, such as ${example}: ns, us, ms, s, m or h` });
}

function select(name, values, chosen) {
  return h("select", { id: `search-${name}`, name }, options(values, chosen));
}

function options(values, chosen) {
  return values.map((entry) => {
    const { value, text } = typeof entry === "string" ? { value: entry, text: entry } : entry;
    return h("option", { value, selected: value === chosen }, text);
  });
}
