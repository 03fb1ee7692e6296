// Owns the making of elements. Strings always become text nodes, so what a span carries can never become markup;
// there is no way here to insert HTML.

const LINK_PROTOCOLS = new Set(["http:", "https:"]);

/** Makes one element. `on` holds event listeners, `style` custom or plain properties; null, undefined and false are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) apply(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function apply(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (name === "style") {
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
  } else {
    if (name === "href" && !isSafeLink(value)) throw new Error(`refused link address: ${value}`);
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Says whether an address leads to a page: anything but http and https (`javascript:` above all) does not. */
export function isSafeLink(address) {
  try {
    return LINK_PROTOCOLS.has(new URL(address, document.baseURI).protocol);
  } catch {
    return false; // not an address at all
  }
}
