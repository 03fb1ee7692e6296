// Owns the time axis over the bars: five marks from the start to the end of the stretch in view.
import { h } from "./dom.js";
import * as format from "./format.js";

const MARKS = 4;

export function timeAxis() {
  const scale = h("div", { class: "axis-scale mono" });
  const element = h("div", { class: "axis", "aria-hidden": "true" }, h("div", { class: "axis-name" }, "Service and operation"), scale);

  function show({ from, to }) {
    const marks = Array.from({ length: MARKS + 1 }, (_, index) => index / MARKS);
    scale.replaceChildren(...marks.map((share) => h("span", {
      class: share === 0 ? "is-first" : share === 1 ? "is-last" : null,
      style: { left: `${share * 100}%` },
    }, format.duration(Math.round(from + (to - from) * share)))));
  }

  return { element, show };
}
