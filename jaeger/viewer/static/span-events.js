// Owns the list of a span's events (logs), each with its time after the span's start.
import { h } from "./dom.js";
import * as format from "./format.js";

const NAME_KEYS = ["event", "message"];

/** `table` makes the table of an event's fields. */
export function spanEvents(events, span, table) {
  return h("ol", { class: "span-events" }, events.map((event) => {
    const name = event.fields.find(({ key }) => NAME_KEYS.includes(key));
    const rest = event.fields.filter((field) => field !== name);
    return h("li", {},
      h("p", {},
        h("span", { class: "mono event-time", title: `${format.offset(event.time)} after the trace began` }, format.offset(event.time - span.start)), " ",
        h("strong", {}, name ? String(name.value) : "event")),
      rest.length > 0 && table(rest));
  }));
}
