#!/usr/bin/env bash
# Sends one event to Farol in structured mode, by curl alone, and prints its receipt and where to see it.
set -euo pipefail

gateway=${FAROL_GATEWAY_URL:-http://127.0.0.1:8080}
jaeger=${FAROL_JAEGER_URL:-http://127.0.0.1:16686}
key=${FAROL_KEY:?set FAROL_KEY to your key}
hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# A W3C trace context by hand: version, trace id, span id, sampled. In a service OpenTelemetry's propagator writes it.
trace_id=$(hex 16)
traceparent="00-$trace_id-$(hex 8)-01"
# The id stays the same however often the event is sent; that is what makes sending it again safe.
id=$(hex 8)
source=/examples/curl
event=$(printf '{"specversion":"1.0","id":"%s","source":"%s","type":"com.example.greeting","data":{"hello":"from curl"}}' "$id" "$source")

# --retry sends again on 408, 429 and 503 (and on other 5xx), after as long as Retry-After says; --retry-connrefused where nobody listens.
# The answer goes into a file, which curl empties before it tries again.
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
curl --silent --show-error --fail-with-body --max-time 20 --retry 5 --retry-connrefused --output "$answer" "$gateway/v1/events" \
    --header "Authorization: Bearer $key" --header "traceparent: $traceparent" \
    --header 'Content-Type: application/cloudevents+json' --data "$event" || { cat "$answer"; exit 1; }

printf 'accepted: %s\nevent  %s/v1/event?source=%s&id=%s\ntrace  %s/trace/%s\n' "$(cat "$answer")" "$gateway" "$source" "$id" "$jaeger" "$trace_id"
