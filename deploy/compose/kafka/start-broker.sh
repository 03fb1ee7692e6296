#!/usr/bin/env bash
# Starts the broker of Apache's image with our settings. The image's own start would give every cluster the same id:
# with a new one per volume the worker's ledger can tell a new log from the old one.
set -euo pipefail
config=/etc/farol/kafka/server.properties
data=/var/lib/kafka/data
bin=/opt/kafka/bin

if [ ! -f "$data/meta.properties" ]; then
    "$bin/kafka-storage.sh" format --config "$config" --cluster-id="$("$bin/kafka-storage.sh" random-uuid)"
fi

# Set here and not in the environment, where Kafka's tools would read them: each would open the agent's port again, and
# log to the standard output that the cluster's id is taken from.
export KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=/etc/farol/kafka/log4j2.xml"
export KAFKA_OPTS="-javaagent:/opt/jmx_prometheus_javaagent.jar=19404:/etc/farol/kafka/jmx-rules.yaml"
# Kafka's script would add a garbage collection log, in a file that nobody bounds.
export EXTRA_ARGS="-name kafkaServer"
advertised="PLAINTEXT://kafka:19092,HOST://127.0.0.1:${FAROL_KAFKA_PORT:?the port published on the host}"
exec "$bin/kafka-server-start.sh" "$config" --override "advertised.listeners=$advertised"
