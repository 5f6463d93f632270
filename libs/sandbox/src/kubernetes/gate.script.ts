import { limitCommands } from '../bubblewrap/arguments.js'
import { InvalidRequestError } from '../sandbox.errors.js'
import type { SandboxLimits } from '../limits.js'

/** What one frame of input may carry: a program of the pod holds it in memory. */
export const FRAME_BYTES = 65_536

/**
 * The kernel counts tasks against RLIMIT_NPROC for each user of a node, not for each pod: set to a call's own limit, it
 * would hit calls that run beside it. This many times the limit only stops a bomb until it is noticed.
 */
const TASKS_FACTOR = 16

const END = '#end'

/**
 * PID 1 of a call's pod, for `sh -c` with the limit of tasks, that of the workspace in blocks of 512 bytes, the commands that
 * set the other limits, and the paths of the mounts as arguments. What it reads from its input, in this order:
 *
 * - a line, which it answers with the inode of each mount, so that the executor can see that they are what it meant;
 * - a line with a word that nobody else learns, before which it says at its end how it went, see `VerdictStream`;
 * - a line with the length of what follows: commands that become the call, see `callLine`;
 * - frames of input: a line with the length, and that many bytes. 0 is the end of the input; a line that is no number, or the
 *   end of the connection, ends the call;
 * - when it said how the call went, whatever was under way, and the word: a connection that ends with input unread loses output.
 *
 * Nobody but the kernel's limits and this process watches the command, which runs under the same user: it looks every 50 ms,
 * in the words that a plain shell has, how many tasks there are, and every half second what files are open that were deleted,
 * which nobody sees from outside. It holds the output open, so that the end of that is its own. Its
 * last act is to end everything else, and to say how it went.
 */
export const gateScript = `
tell() { printf '\\000%s\\n%s\\n%s\\n%s\\n%s\\n' "$word" "$@" >&5; grep -a -q -m 1 "$word" <&3; }
finish() {
  trap '' TERM
  kill -s KILL -- -1
  wait "$command"; code=$?
  memory= cpuNs= cpuUs= root=/sys/fs/cgroup
  for file in $root/memory/memory.max_usage_in_bytes $root/memory.peak; do [ -r $file ] && read -r memory <$file; done
  [ -r $root/cpuacct/cpuacct.usage ] && read -r cpuNs <$root/cpuacct/cpuacct.usage
  [ -r $root/cpu.stat ] && while read -r name count; do [ "$name" = usage_usec ] && cpuUs=$count; done <$root/cpu.stat
  tell "ended $code $excess" "memory $memory" "cpuNs $cpuNs" "cpuUs $cpuUs"
  exit "$code"
}
trap 'exit 143' TERM
processes=$1 blocks=$2 limits=$3; shift 3
exec 3<&0 </dev/null
IFS= read -r line <&3 && stat -c %i "$@" || exit 125
IFS= read -r word <&3 && IFS= read -r bytes <&3 || exit 125
call=$(dd bs="$bytes" count=1 iflag=fullblock <&3 2>/dev/null)
case $call in *'${END}') ;; *) exit 125 ;; esac
exec 4>&1 5>&2
( eval "$limits" ) || { tell 'ended 125 limits'; exit 125; }
feed() {
  while IFS= read -r bytes <&3; do
    case $bytes in
      0) exec >/dev/null ;;
      *[!0-9]* | '') break ;;
      *) dd bs="$bytes" count=1 iflag=fullblock <&3 2>/dev/null || exec >/dev/null ;;
    esac
  done
  kill -s TERM 1
}
feed 4>&- 5>&- | { exec 3<&- 4>&- 5>&-; eval "$limits" && eval "$call"; } &
command=$! excess=
trap finish TERM
exec >/dev/null 2>&1
unlinked() {
  sum=0 own=$(stat -c %d .)
  stat -L -c '%h %d %b %i' /proc/[0-9]*/fd/* | sort -u | {
    while read -r links device used _; do
      [ "$links $device" != "0 $own" ] || sum=$((sum + used))
    done
    echo "$sum"
  }
}
round=0
while [ -d "/proc/$command" ]; do
  round=$((round + 1))
  [ $((round % 10)) != 0 ] || [ "$(unlinked)" -le "$blocks" ] || { excess=workspace; break; }
  sleep 0.05 & wait $!
  set -- /proc/[0-9]*/task/[0-9]*
  [ $# -lt "$processes" ] || { excess=processes; break; }
  for file in /sys/fs/cgroup/memory/memory.oom_control /sys/fs/cgroup/memory.events; do
    [ -r $file ] && while read -r name count; do
      [ "$name" != oom_kill ] || [ "$count" = 0 ] || excess=memory
    done <$file
  done
  [ -z "$excess" ] || break
done
finish
`

/** The arguments of `gateScript`. */
export function gateArguments(limits: SandboxLimits, targets: readonly string[]): string[] {
  const commands = ['ulimit -c 0', 'ulimit -l 64']
  const bounded = limitCommands({ ...limits, processes: limits.processes * TASKS_FACTOR })
  const blocks = Math.ceil(limits.workspaceBytes / 512)
  return [String(limits.processes), String(blocks), [...commands, ...bounded].join(' && '), ...targets]
}

/** Some shells end at the attempt to set them. */
const OF_THE_SHELL = /^(E?UID|PPID|SHELLOPTS|BASHOPTS|BASH_VERSINFO)$/

/** @throws InvalidRequestError for a variable that shells keep for themselves */
export function assertCallable(env: Readonly<Record<string, string>>): void {
  const kept = Object.keys(env).find((name) => OF_THE_SHELL.test(name))
  if (kept !== undefined) throw new InvalidRequestError(`Environment name ${kept} belongs to the shell`)
}

/** What precedes the verdict, when `word` was handed over. */
export const markOf = (word: string): Buffer => Buffer.from(`\0${word}\n`)

/**
 * The word, and what makes the shell behind the gate become the command, with its length before it. Secrets are in it, and
 * therefore never in the pod's description.
 */
export function callLine(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  word: string,
): Buffer {
  const variables = Object.entries(env)
  const call = [
    `set -- ${argv.map(quoted).join(' ')}`,
    ...(variables.length > 0
      ? [`export ${variables.map(([name, value]) => `${name}=${quoted(value)}`).join(' ')}`]
      : []),
    `exec "$@" ${END}`,
  ].join('\n')
  return Buffer.from(`${word}\n${Buffer.byteLength(call)}\n${call}`)
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

/** One frame, or more, for the input. */
export function* framesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
    const part = bytes.subarray(at, at + FRAME_BYTES)
    yield Buffer.concat([Buffer.from(`${part.length}\n`), part])
  }
}

export const endOfInput = Buffer.from('0\n')
export const endOfCall = Buffer.from('end\n')
/** Nothing follows it. */
export const acknowledgement = (word: string): Buffer => Buffer.from(`\n${word}\n`)
