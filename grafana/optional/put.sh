#!/bin/sh
# Makes Loki and Tempo data sources of a running Grafana, each linked to the other by the trace id. Safe to repeat.
# GRAFANA_URL, GRAFANA_PASSWORD.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
umask 077

printf 'user = "admin:%s"\n' "$(printf '%s' "$GRAFANA_PASSWORD" | sed 's/[\\"]/\\&/g')" > "$WORK/curl"

ask() {
  curl --silent --show-error --retry 5 --retry-connrefused --max-time 30 --config "$WORK/curl" \
    --header 'Content-Type: application/json' --output "$WORK/answer" --write-out '%{http_code}' "$@"
}

for name in loki tempo; do
  status=$(ask --request PUT --data-binary "@$HERE/$name.json" "$GRAFANA_URL/api/datasources/uid/$name")
  if [ "$status" = 404 ]; then
    status=$(ask --request POST --data-binary "@$HERE/$name.json" "$GRAFANA_URL/api/datasources")
  fi
  if [ "$status" != 200 ]; then
    cat "$WORK/answer" >&2
    echo "$name: $status" >&2
    exit 1
  fi
  echo "$name is a data source"
done
