import { workspaceTarget } from '../bubblewrap/arguments.js'
import type { SandboxRequest } from '../sandbox.js'

/** Seconds after the wall time at which a call ends by itself, should nobody have ended it. */
const SELF_END_GRACE_S = 30

// The command waits until this process has looked at what is mounted, and says so with a line, which also holds the
// command's variables: so neither the engine nor a command line ever has them. End of input instead means that nobody is
// there any more. A shell reads a line byte by byte, so the command's input begins after it.
const GATE = `N='\n'; IFS= read -r line && eval "$line" && exec "$@"`
const GATE_WITHOUT_INPUT = `${GATE} </dev/null`

/**
 * The command behind the gate. It begins without any variable, whatever engine and image set. Needs /bin/sh, /usr/bin/env
 * and /usr/bin/timeout.
 */
export function gatedCommand({
  argv,
  stdin,
  limits,
}: Pick<SandboxRequest, 'argv' | 'stdin' | 'limits'>): string[] {
  const seconds = Math.ceil(limits.wallMs / 1_000) + SELF_END_GRACE_S
  const bounded = ['/usr/bin/timeout', '-s', 'KILL', String(seconds), '/usr/bin/env', '-i']
  return [...bounded, '/bin/sh', '-c', stdin === undefined ? GATE_WITHOUT_INPUT : GATE, 'sh', ...argv]
}

/** What lets the command pass, with these variables and a few of every call's: one line. */
export function openingLine(env: Readonly<Record<string, string>>): string {
  const given: Record<string, string> = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: workspaceTarget,
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    ...env,
  }
  const pairs = Object.entries(given).map(([name, value]) => `${name}=${quoted(value)}`)
  return `export ${pairs.join(' ')}\n`
}

/** As a shell reads it on one line: a line break is the gate's own variable. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`).replaceAll('\n', `'"$N"'`)}'`
