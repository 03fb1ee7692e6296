// Owns copying: a button that copies a text and says so. Without a secure context browsers offer no clipboard; then
// the text is shown selected, ready to be copied by hand.
import { h } from "./dom.js";

/** A button labelled `label` that copies what `text()` returns at that moment. */
export function copyButton(label, text, title = label) {
  const button = h("button", { type: "button", class: "quiet", title }, label);
  button.addEventListener("click", async () => {
    if (await copied(text())) {
      button.textContent = "Copied";
      button.addEventListener("blur", () => { button.textContent = label; }, { once: true });
    } else {
      window.prompt("Copy this:", text());
    }
  });
  return button;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no clipboard here, or not allowed: the caller shows the text instead
  }
}
