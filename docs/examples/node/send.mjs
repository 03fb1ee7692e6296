// Sends one event to Farol in structured mode, and prints its receipt and where to see it.
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { CloudEvent, HTTP } from "cloudevents";

const gateway = process.env.FAROL_GATEWAY_URL ?? "http://127.0.0.1:8080";
const jaeger = process.env.FAROL_JAEGER_URL ?? "http://127.0.0.1:16686";
const key = process.env.FAROL_KEY;
if (!key) throw new Error("set FAROL_KEY to your key");
const ATTEMPTS = 6;

// The receipt; sent again while the answer says that this may help, or while there is none.
async function send(headers, body) {
  for (let attempt = 1; ; attempt += 1) {
    // Half to one and a half of 1, 2, 4 … seconds, where the answer names no time.
    let wait = Math.min(30, 2 ** (attempt - 1)) * (0.5 + Math.random());
    const answer = await fetch(`${gateway}/v1/events`, { method: "POST", headers, body, signal: AbortSignal.timeout(20_000) }).catch((error) => {
      if (attempt === ATTEMPTS) throw error;
    });
    if (answer?.ok) return answer.json();
    if (answer) {
      const problem = await answer.text();
      if (![408, 429, 503].includes(answer.status) || attempt === ATTEMPTS) throw new Error(`refused with ${answer.status}: ${problem}`);
      wait = Number(answer.headers.get("retry-after") ?? wait);
    }
    await pause(wait * 1000);
  }
}

// The id stays the same however often the event is sent; that is what makes sending it again safe.
const event = new CloudEvent({ id: randomUUID(), source: "/examples/node", type: "com.example.greeting", data: { hello: "from Node" } });
// A W3C trace context by hand: version, trace id, span id, sampled. In a service OpenTelemetry's propagator writes it.
const traceId = randomBytes(16).toString("hex");
const traceparent = `00-${traceId}-${randomBytes(8).toString("hex")}-01`;
const { headers, body } = HTTP.structured(event);

const receipt = await send({ ...headers, authorization: `Bearer ${key}`, traceparent }, body);
console.log(`accepted: partition ${receipt.partition}, offset ${receipt.offset}`);
console.log(`event  ${gateway}/v1/event?source=${receipt.source}&id=${receipt.id}`);
console.log(`trace  ${jaeger}/trace/${traceId}`);
