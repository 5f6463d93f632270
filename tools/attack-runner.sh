#!/bin/bash
# Lets a suite of escape and abuse cases attack `guildhall sandbox exec`: COMMAND [ARG0 ARG1 ...] runs with bash in the
# current folder. Limits come in SBX_WALL_S SBX_CPU_S SBX_MEM_MB SBX_PIDS SBX_FSIZE_MB SBX_NOFILE SBX_OUT_KB SBX_TMP_MB
# SBX_SHM_MB SBX_DISK_MB SBX_INODES, the attacker's environment as a JSON file in SBX_USER_ENV, read-only paths, with
# colons between them, in SBX_PROTECT. GUILDHALL_ISOLATION and its companions choose what isolates, as for an executor.
# Build first (tsc -b). It becomes the command, so a suite may kill it by its PID.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
node=$root/node_modules/.bin/node
[ -x "$node" ] || node=node

options=()
limit() { [ -z "$2" ] || options+=(--limit "$1=$2$3"); }
limit wall "$SBX_WALL_S" s
limit cpu "$SBX_CPU_S" s
limit memory "$SBX_MEM_MB" M
limit processes "$SBX_PIDS"
limit file "$SBX_FSIZE_MB" M
limit open-files "$SBX_NOFILE"
limit output "$SBX_OUT_KB" k
limit tmp "$SBX_TMP_MB" M
limit shm "$SBX_SHM_MB" M
limit workspace "$SBX_DISK_MB" M
limit entries "$SBX_INODES"
[ -z "$SBX_USER_ENV" ] || options+=(--env-file "$SBX_USER_ENV")
IFS=: read -r -a islands <<<"$SBX_PROTECT"
for island in "${islands[@]}"; do options+=(--protect "$island"); done

command=$1
shift
[ $# -gt 0 ] || set -- bash
exec "$node" "$root/libs/cli/bin/guildhall.mjs" sandbox exec "${options[@]}" -- bash -c "$command" "$@"
