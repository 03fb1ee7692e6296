// Makes elements. Text is always set as text, so nothing that came from elsewhere becomes markup.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a child that is not an element is text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A list of terms and values; what has no value is left out. */
export function facts(values) {
  const shown = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return element('dl', { class: 'facts' }, ...shown.map(([term, value]) => element('div', {}, element('dt', {}, term), element('dd', {}, value instanceof Node ? value : String(value)))));
}

/** A trace id, as a link where it is known who shows traces. */
export function traceLink(traceId) {
  const traces = byId('main').dataset.traces;
  if (!traceId || !traces) return traceId ?? null;
  return element('a', { href: `${traces}/trace/${encodeURIComponent(traceId)}` }, traceId);
}
