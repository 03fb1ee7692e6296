#!/bin/sh
# Puts templates, retention, roles and their mapping into OpenSearch, and makes the first index behind each alias. May be run
# as often as one likes: what is there is replaced by the same, an index that is there stays.
#
#   OPENSEARCH_URL       https://host[:port]
#   OPENSEARCH_USER, OPENSEARCH_PASSWORD     a login; OPENSEARCH_INSECURE=1 where the certificate is its own
#   OPENSEARCH_WRITER    IAM role of Fluent Bit's account (mapped to fluentbit-writer), OPENSEARCH_READER that of people
#   OPENSEARCH_WRITER_PASSWORD               makes the internal user `fluentbit` instead, where there is no IAM
# Without a login the requests are signed for AWS_REGION: by AWS_ACCESS_KEY_ID and the like, else by the role of the pod.
set -eu

HERE=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
umask 077

# One value of a flat JSON object on standard input.
value() { tr -d '\n' | sed -n "s/.*\"$1\" *: *\"\{0,1\}\([^\",}]*\)\"\{0,1\}.*/\1/p"; }

quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }

# Credentials go into a file that only we can read, so that they stand in no list of processes.
credentials() {
  if [ -n "${OPENSEARCH_PASSWORD:-}" ]; then
    printf 'user = "%s:%s"\n' "$(quoted "${OPENSEARCH_USER:-admin}")" "$(quoted "$OPENSEARCH_PASSWORD")" > "$WORK/curl"
    return
  fi
  if [ -z "${AWS_ACCESS_KEY_ID:-}" ]; then
    # EKS Pod Identity: the agent of the node gives the role's credentials for the account's token.
    printf 'header = "Authorization: %s"\n' "$(cat "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")" > "$WORK/agent"
    curl --silent --show-error --fail --retry 5 --config "$WORK/agent" "$AWS_CONTAINER_CREDENTIALS_FULL_URI" > "$WORK/given"
    AWS_ACCESS_KEY_ID=$(value AccessKeyId < "$WORK/given")
    AWS_SECRET_ACCESS_KEY=$(value SecretAccessKey < "$WORK/given")
    AWS_SESSION_TOKEN=$(value Token < "$WORK/given")
  fi
  {
    printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
    printf 'aws-sigv4 = "aws:amz:%s:es"\n' "$AWS_REGION"
    [ -z "${AWS_SESSION_TOKEN:-}" ] || printf 'header = "x-amz-security-token: %s"\n' "$AWS_SESSION_TOKEN"
  } > "$WORK/curl"
}

# request PATH ARGUMENT…: prints the status; the answer's body is in $WORK/answer.
request() {
  path=$1
  shift
  [ "${OPENSEARCH_INSECURE:-}" != 1 ] || set -- --insecure "$@"
  curl --silent --show-error --retry 5 --retry-connrefused --max-time 30 --config "$WORK/curl" \
    --header 'Content-Type: application/json' --output "$WORK/answer" --write-out '%{http_code}' "$@" "$OPENSEARCH_URL$path"
}

fail() {
  echo "$1: $2" >&2
  cat "$WORK/answer" >&2
  exit 1
}

put() {
  status=$(request "$1" --request PUT --data-binary "@$2")
  case $status in
    2??) echo "put $1" ;;
    *) fail "PUT $1" "$status" ;;
  esac
}

# A policy that is there is replaced only by who names the version of it that he saw.
policy() {
  status=$(request "/_plugins/_ism/policies/$1")
  case $status in
    404) put "/_plugins/_ism/policies/$1" "$2" ;;
    200) put "/_plugins/_ism/policies/$1?if_seq_no=$(value _seq_no < "$WORK/answer")&if_primary_term=$(value _primary_term < "$WORK/answer")" "$2" ;;
    *) fail "the policy $1" "$status" ;;
  esac
}

# Fluent Bit writes to the alias; the policy rolls the index behind it over.
first_index() {
  status=$(request "/_alias/$1" --head)
  case $status in
    200) echo "kept $1" ;;
    404)
      printf '{"aliases":{"%s":{"is_write_index":true}}}' "$1" > "$WORK/index"
      put "/$1-000001" "$WORK/index"
      ;;
    *) fail "HEAD /_alias/$1" "$status" ;;
  esac
}

mapping() {
  if [ -n "$2" ]; then
    sed "s|$1|$2|" "$3" > "$WORK/mapping"
  else
    sed "s|\"backend_roles\": \[\"$1\"\]|\"backend_roles\": []|" "$3" > "$WORK/mapping"
  fi
  put "/_plugins/_security/api/rolesmapping/$4" "$WORK/mapping"
}

credentials
# An alias' name must never become an index by a writer that came first.
printf '{"persistent":{"action.auto_create_index":"-fluentbit-*,+*"}}' > "$WORK/settings"
put /_cluster/settings "$WORK/settings"
put /_component_template/fluentbit "$HERE/component-fluentbit.json"
for name in fluentbit-k8s fluentbit-host; do
  put "/_index_template/$name" "$HERE/template-$name.json"
done
policy fluentbit "$HERE/policy-fluentbit.json"
for role in fluentbit-writer logs-reader; do
  put "/_plugins/_security/api/roles/$role" "$HERE/role-$role.json"
done
if [ -n "${OPENSEARCH_WRITER_PASSWORD:-}" ]; then
  printf '{"password":"%s"}' "$(quoted "$OPENSEARCH_WRITER_PASSWORD")" > "$WORK/user"
  put /_plugins/_security/api/internalusers/fluentbit "$WORK/user"
fi
mapping @WRITER@ "${OPENSEARCH_WRITER:-}" "$HERE/mapping-fluentbit-writer.json" fluentbit-writer
mapping @READER@ "${OPENSEARCH_READER:-}" "$HERE/mapping-logs-reader.json" logs-reader
for name in fluentbit-k8s fluentbit-host; do
  first_index "$name"
done
echo "OpenSearch is ready for logs"
