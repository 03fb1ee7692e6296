#!/usr/bin/env bash
# Pages that each question of the look-ups reads, in tables of growing size. Pages do not depend on what else the machine
# does. Usage: measure.sh postgres://user:password@host:port/database [rows…]; the database must be empty and is filled.
# With IDS=uuid4 it does something else: random_ids.sh, with a server of its own (ROWS=10000000).
set -euo pipefail
if [ "${IDS:-}" = uuid4 ]; then exec "$(dirname "${BASH_SOURCE[0]}")/random_ids.sh"; fi
database=${1:?a connection string of an empty database is missing}
shift
sizes=("${@:-10000}")
[ "$#" -gt 0 ] || sizes=(10000 100000 1000000)
migrations="$(dirname "${BASH_SOURCE[0]}")/../../../crates/worker/migrations"

sql() { psql -qAtX -v ON_ERROR_STOP=1 "$database" "$@"; }

# The statement's own count of pages, found in memory or read.
pages() {
    sql -c "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) $1" >/dev/null
    sql -c "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) $1" |
        awk '/Buffers:/ && !seen { seen = 1; for (i = 1; i <= NF; i++) if ($i ~ /^(hit|read)=/) { sub(/.*=/, "", $i); n += $i } } END { print n + 0 }'
}

fill() {
    sql <<SQL
TRUNCATE farol.events, farol.event_keys, farol.dead_letters RESTART IDENTITY;
INSERT INTO farol.events (key, stored_at, tx, n, source, id, type, "offset", partition, topic, digest_version, digest, data)
SELECT md5(i::text)::uuid, date_trunc('day', now()) + (i * 5 / $1) * interval '1 day' + interval '1 hour', i / 1000, i % 1000,
       '/s' || i % 50, i::text, CASE i % 1000 WHEN 0 THEN 'rare' ELSE 't' END, i, 0, 't', 1, sha256('x'), '{"a":1}'
FROM generate_series(0, $1::bigint - 1) AS i;
INSERT INTO farol.event_keys (key, stored_at, tx, n, digest_version, digest)
SELECT key, stored_at, tx, n, 1, digest FROM farol.events;
INSERT INTO farol.dead_letters (cluster_id, topic, partition, "offset", header_names, header_values, event_key, cause, state, message)
SELECT 'c', 't', 0, i, '{}', '{}', md5((i % 10)::text)::uuid, 'conflict', CASE i % 2 WHEN 0 THEN 'resolved' ELSE 'open' END, 'x'
FROM generate_series(0, $1::bigint - 1) AS i;
VACUUM ANALYZE farol.events; VACUUM ANALYZE farol.event_keys; VACUUM ANALYZE farol.dead_letters;
SQL
}

# The statements of crates/gateway/src/database with their parameters in place; a test there keeps them flat, this shows by how much.
letter="SELECT * FROM (SELECT * FROM farol.dead_letters WHERE (event_key, letter_id) <= (md5('KEY')::uuid, 9223372036854775807)
        AND event_key IS NOT NULL AND state <> 'resolved' ORDER BY event_key DESC, letter_id DESC LIMIT 1) AS last
        WHERE event_key = md5('KEY')::uuid"
plain_letter="SELECT * FROM farol.dead_letters WHERE event_key = md5('8')::uuid AND state <> 'resolved' ORDER BY letter_id DESC LIMIT 1"
found="SELECT e.* FROM farol.event_keys k JOIN farol.events e ON e.tx = k.tx AND e.n = k.n AND e.stored_at = k.stored_at
       WHERE k.key = md5('KEY')::uuid"
page="SELECT * FROM (SELECT * FROM farol.events WHERE (tx, n) > (AFTER, 0) AND tx < 9223372036854775807
      AND stored_at >= '-infinity' AND stored_at < 'infinity' ORDER BY tx, n LIMIT 10000) e WHERE FILTER ORDER BY tx, n LIMIT 100"
offset="SELECT * FROM farol.events ORDER BY tx, n OFFSET SKIP LIMIT 100"

sql -c 'CREATE SCHEMA farol'
for migration in "$migrations"/*.sql; do sql -f "$migration" >/dev/null; done

echo '| rows | stored event | absent event | newest letter | no standing letter | … asked plainly | page, first | page, middle | page of a rare type | the same place by OFFSET |'
echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |'
for rows in "${sizes[@]}"; do
    fill "$rows"
    middle=$((rows / 2000))
    counts=()
    for statement in "${found//KEY/7}" "${found//KEY/none}" "${letter//KEY/7}" "${letter//KEY/8}" "$plain_letter"; do
        counts+=("$(pages "$statement")")
    done
    first=${page//AFTER/-1}
    there=${page//AFTER/$middle}
    counts+=("$(pages "${first//FILTER/true}")" "$(pages "${there//FILTER/true}")" "$(pages "${there//FILTER/"type = 'rare'"}")")
    counts+=("$(pages "${offset//SKIP/$((rows / 2))}")")
    printf '| %s |' "$rows"
    printf ' %s |' "${counts[@]}"
    printf '\n'
done
