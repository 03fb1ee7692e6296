// Owns what Jaeger writes into the page: the UI settings (jaeger_query.ui.config_file) and its version.
// A value Jaeger had nothing for is still its placeholder and reads as null.

const text = document.getElementById("jaeger-settings").textContent;

function filledIn(name) {
  const line = text.split("\n").find((candidate) => candidate.trim().startsWith(`${name} = `));
  const value = line?.trim().slice(`${name} = `.length).replace(/;$/, "");
  return !value || value.startsWith("DEFAULT_") ? null : JSON.parse(value);
}

export const uiConfig = filledIn("JAEGER_CONFIG") ?? {};
export const jaegerVersion = filledIn("JAEGER_VERSION")?.gitVersion || null;
