#!/bin/sh
# Gives Kibana its password, Logstash a user that can add documents and nothing else, and the data stream its mapping and thirty
# days. Safe to repeat. ELASTIC_URL, ELASTIC_PASSWORD, KIBANA_PASSWORD, LOGS_WRITER_PASSWORD.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
umask 077

quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

send() {
  curl --silent --show-error --fail-with-body --retry 5 --retry-connrefused --max-time 30 --config "$WORK/curl" \
    --header 'Content-Type: application/json' --request "$1" --data-binary "@$3" --output "$WORK/answer" "$ELASTIC_URL$2" || {
    cat "$WORK/answer" >&2
    echo "$1 $2 failed" >&2
    exit 1
  }
  echo "$1 $2"
}

printf 'user = "elastic:%s"\n' "$(quoted "$ELASTIC_PASSWORD")" > "$WORK/curl"
printf '{"password":"%s"}' "$(quoted "$KIBANA_PASSWORD")" > "$WORK/kibana"
send POST /_security/user/kibana_system/_password "$WORK/kibana"
send PUT /_index_template/logs-farol "$HERE/template.json"
printf '{"cluster":["monitor"],"indices":[{"names":["logs-farol-*"],"privileges":["auto_configure","create_doc"]}]}' > "$WORK/role"
send PUT /_security/role/logs_writer "$WORK/role"
printf '{"password":"%s","roles":["logs_writer"]}' "$(quoted "$LOGS_WRITER_PASSWORD")" > "$WORK/user"
send PUT /_security/user/logs_writer "$WORK/user"
echo "Elasticsearch is ready for logs"
