#!/usr/bin/env bash
# Hands in a task and follows it to its end, with bash and redis-cli alone:
#
#     docs/examples/submit.sh 'Find duplicate files in this folder'
#
# The news go to stderr, the payload of the last message to stdout. Ends with 0 when the task was completed, else with 1.
# Settings: see docs/streams.md. No secret is in the arguments of a process, where others on the machine could read it.
set -euo pipefail

goal=${1:?what is to be done?}
client_file=${GUILDHALL_CLIENT_FILE:-.guildhall/client.json}
give_up_at=$((SECONDS + ${GUILDHALL_WAIT_SECONDS:-300}))

fail() {
  echo "$*" >&2
  exit 1
}

# The value of a string, or the first of a list, in JSON. A quote inside of a string has a backslash before it, so nothing else matches.
string_of() { # name json
  [[ $2 =~ \"$1\":[[:space:]]*\[?[[:space:]]*\"([^\"]*)\" ]] && printf '%s' "${BASH_REMATCH[1]}"
}
settings=$(if [[ -r $client_file ]]; then cat "$client_file"; fi)
setting() { # environment variable, name in the client file, default
  local value=${!1:-}
  [[ -n $value ]] || value=$(string_of "$2" "$settings") || value=${3:-}
  [[ -n $value ]] || fail "There is no $1, and no \"$2\" in $client_file: is Guildhall running?"
  printf '%s' "$value"
}
url=$(setting GUILDHALL_REDIS_URL redisUrl)
user=$(setting GUILDHALL_REDIS_USERNAME redisUsername client)
REDISCLI_AUTH=$(setting GUILDHALL_REDIS_PASSWORD redisPassword)
export REDISCLI_AUTH
token=$(setting GUILDHALL_TOKEN token)
shard=$(setting GUILDHALL_SHARD shards)
[[ ! $settings =~ \"shards\":[[:space:]]*\[[^]]*, ]] || fail 'The streams are in several shards, and this example reads one.'
reply=$(setting GUILDHALL_REPLY_STREAM replyStream "$(string_of id "$settings" || true)")
gateway_key="gh:{$shard}:gateway"
reply_key="gh:{$shard}:reply:$reply"

# Reads commands from stdin.
redis() {
  redis-cli -u "$url" --user "$user" --no-auth-warning -e
}

# From here on everything is news.
last=$(echo "XREVRANGE $reply_key + - COUNT 1" | redis)
position=${last%%$'\n'*}
position=${position:-0-0}

id=$(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)
goal=${goal//[[:cntrl:]]/ }
goal=${goal//\\/\\\\}
data="{\"goal\": \"${goal//\"/\\\"}\"}"
# redis-cli takes what is in single quotes as it is, but for a single quote.
printf "XADD %s * type task.submit id %s authorization \"Bearer %s\" data '%s'\n" \
  "$gateway_key" "$id" "$token" "${data//\'/\\\'}" | redis >/dev/null

task_id=
while ((SECONDS < give_up_at)); do
  # One line each: the stream, then of every entry its id and by turns a field and its value.
  news=$(echo "XREAD COUNT 100 BLOCK 2000 STREAMS $reply_key $position" | redis)
  field= event=
  while IFS= read -r line; do
    case $field in
      '')
        if [[ $line =~ ^[0-9]+-[0-9]+$ ]]; then
          position=$line
        elif [[ $line != "$reply_key" ]]; then
          field=$line
        fi
        continue
        ;;
      event) event=$line ;;
      data)
        type=$(string_of type "$event")
        if [[ $(string_of correlationid "$event") == "$id" ]]; then
          if [[ $type == request.refused ]]; then
            echo "$line"
            exit 1
          elif [[ $type == task.accepted ]]; then
            task_id=$(string_of taskId "$line")
            echo "$type: $task_id" >&2
          fi
        elif [[ -n $task_id && $(string_of subject "$event") == "$task_id" ]]; then
          echo "$type" >&2
          case $type in
            task.completed)
              echo "$line"
              exit 0
              ;;
            task.failed | task.canceled | task.rejected)
              echo "$line"
              exit 1
              ;;
          esac
        fi
        ;;
    esac
    field=
  done <<<"$news"
done
fail "There was no end of the task in time; it may still go on."
