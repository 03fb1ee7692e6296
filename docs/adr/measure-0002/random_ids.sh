#!/usr/bin/env bash
# What writing and looking up cost in tables that outgrow PostgreSQL's memory, when ids are random (UUIDv4). Starts a server of its own with
# little memory, fills it in steps in the worker's shape, and asks about random events: with the server just started and its files put out of
# the operating system's cache, then warm. Settings: ROWS, STEP, SHARED_BUFFERS, MEASURE_IN (a folder with room: about 1.2 GB a million rows).
set -euo pipefail
rows=${ROWS:-10000000}
step=${STEP:-2000000}
memory=${SHARED_BUFFERS:-128MB}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
migrations="$here/../../../crates/worker/migrations"
programs=$(pg_config --bindir)
folder=$(mktemp -d "${MEASURE_IN:-/var/tmp}/farol-measure-XXXXXX")
most_gb=20

# PostgreSQL refuses to run as root.
as_server() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
sql() { psql -qAtX -v ON_ERROR_STOP=1 -h "$folder" -U postgres postgres "$@"; }
start() {
    as_server "$programs/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 300 -o "-c listen_addresses='' -c unix_socket_directories='$folder' \
        -c shared_buffers=$memory -c max_wal_size=4GB -c checkpoint_timeout=30min -c jit=off -c track_wal_io_timing=off" start >/dev/null
}
stop() { as_server "$programs/pg_ctl" -D "$folder/data" -m "${1:-fast}" -w -t 600 stop >/dev/null; }
clean_up() {
    [ ! -f "$folder/data/postmaster.pid" ] || stop immediate
    rm -rf "$folder"
}
trap clean_up EXIT

# Only the server's own files leave the operating system's cache: nobody else's work is disturbed.
forget() {
    sync -f "$folder"
    find "$folder/data/base" -type f -size +0 -exec dd if={} iflag=nocache count=0 status=none \;
}

bounded() {
    local used
    used=$(du -s --block-size=1G "$folder" | cut -f1)
    [ "$used" -lt "$most_gb" ] || { echo "stopped: $used GB are used" >&2; exit 1; }
}

wrote() { sql -c "SELECT wal_bytes, wal_fpi FROM pg_stat_wal" -c "SELECT blks_read FROM pg_stat_database WHERE datname = 'postgres'" | tr '|\n' '  '; }
gigabytes() { sql -c "SELECT round(($1) / 1e9::numeric, 2)"; }

found="SELECT e.* FROM farol.event_keys k JOIN farol.events e ON e.tx = k.tx AND e.n = k.n AND e.stored_at = k.stored_at WHERE k.key = \$key::uuid"
# shellcheck disable=SC2016 # `$key` is for ask() to put in
absent=${found/'$key::uuid'/'md5($key)::uuid'}
letter="SELECT * FROM (SELECT * FROM farol.dead_letters WHERE (event_key, letter_id) <= (\$key::uuid, 9223372036854775807)
        AND event_key IS NOT NULL AND state <> 'resolved' ORDER BY event_key DESC, letter_id DESC LIMIT 1) AS last WHERE event_key = \$key::uuid"
page="SELECT * FROM (SELECT * FROM farol.events WHERE (tx, n) > ((SELECT tx FROM farol.event_keys WHERE key = \$key::uuid), 0)
      AND tx < 9223372036854775807 AND stored_at >= '-infinity' AND stored_at < 'infinity' ORDER BY tx, n LIMIT 10000) e ORDER BY tx, n LIMIT 100"
questions=("stored event" "$found" "absent event" "$absent" "event without a standing letter" "$letter" "page of 100, anywhere" "$page")

written() {
    local from=$1 to=$2 before after
    read -r -a before <<<"$(wrote)"
    SECONDS=0
    sql -c "CALL fill($((from / 5000)), $((to / 5000 - 1)), $((rows / 5000)))"
    local took=$SECONDS
    sleep 2 # statistics are handed in with a delay
    read -r -a after <<<"$(wrote)"
    local n=$((to - from))
    printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$to" "$(gigabytes "pg_indexes_size('farol.event_keys')")" \
        "$(gigabytes "pg_total_relation_size('farol.event_keys') + (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits)")" \
        "$((n / (took > 0 ? took : 1)))" "$(awk "BEGIN { printf \"%.2f\", (${after[2]} - ${before[2]}) / $n }")" \
        "$(awk "BEGIN { printf \"%d\", (${after[0]} - ${before[0]}) / $n }")" "$(awk "BEGIN { printf \"%.2f\", (${after[1]} - ${before[1]}) / $n }")"
}

looked_up() {
    local i
    for ((i = 0; i < ${#questions[@]}; i += 2)); do
        printf '| %s | %s | %s |\n' "$1" "${questions[i]}" "$(sql -v q="${questions[i + 1]}" -v lot="$((i / 2 + 1))" <<<"SELECT ask(:'q', :lot)")"
    done
}

[ "$(id -u)" != 0 ] || chown postgres "$folder"
as_server "$programs/initdb" -D "$folder/data" -U postgres -A trust --locale=C.UTF-8 -E UTF8 >/dev/null
start
sql -c 'CREATE SCHEMA farol'
for migration in "$migrations"/*.sql; do sql -f "$migration" >/dev/null; done
sql -f "$here/random_ids.sql"

echo '| rows | indexes of the keys, GB | keys and rows, GB | rows/s | pages fetched a row | WAL bytes a row | full page images a row |'
echo '| --- | --- | --- | --- | --- | --- | --- |'
for ((from = 0; from < rows; from += step)); do
    written "$from" "$((from + step))"
    bounded
done
sql -c "CALL fill_letters($rows)"
bounded
sql -c 'VACUUM ANALYZE' -c 'CALL choose(4, 200)' -c 'CHECKPOINT'
stop
forget
start
echo
echo '| asked | question | pages | fetched | median ms | p99 ms |'
echo '| --- | --- | --- | --- | --- | --- |'
looked_up 'from disk'
looked_up 'again'
