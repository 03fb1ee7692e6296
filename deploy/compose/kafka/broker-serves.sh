#!/usr/bin/env bash
# Health check of the broker: succeeds if it answers a client's first question (API versions, request 18, version 0).
# Kafka's own tools would start a JVM for every check.
set -euo pipefail
exec 3<>/dev/tcp/127.0.0.1/19092
printf '\0\0\0\x0a\0\x12\0\0\0\0\0\x01\xff\xff' >&3
# 4 bytes of length, then correlation 1 and error 0.
answer=$(timeout 2 head -c 10 <&3 | od -An -tx1 | tr -d ' \n')
[ "${answer:8}" = 000000010000 ]
