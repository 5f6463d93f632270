import type { SandboxLimits } from '../limits.js'

const RESERVED_ADDRESS_SPACE_BYTES = 2 * 1024 ** 3
/** Inside, `node` is found here, wherever it lies on the host. */
export const innerNodePath = '/opt/node/bin/node'
export const workspaceTarget = '/workspace'

/** A bind source: a descriptor number that bubblewrap inherits, or a path that it can reach. */
export interface BindSource {
  from: { descriptor: number } | { path: string }
  target: string
  mode: 'ro' | 'rw'
}

export interface BubblewrapPlan {
  /** Arguments for the host's own programs, the same for every call. */
  programs: readonly string[]
  binds: readonly BindSource[]
  env: Readonly<Record<string, string>>
  limits: SandboxLimits
  /** Descriptors that bubblewrap reads. */
  descriptors: { status: number; seccomp: number; passwd: number; hosts: number }
  /**
   * False where /proc/sys is read-only (containers): then the seccomp filter alone refuses new namespaces.
   */
  disableUserNamespaces: boolean
}

function bindArguments({ from, target, mode }: BindSource): string[] {
  const option = mode === 'ro' ? '--ro-bind' : '--bind'
  return 'path' in from ? [option, from.path, target] : [`${option}-fd`, String(from.descriptor), target]
}

/**
 * Everything that goes through `--args`, so that neither environment values nor host paths appear in a
 * command line.
 */
export function bubblewrapArguments(plan: BubblewrapPlan): string[] {
  const { descriptors, limits } = plan
  const env = {
    PATH: '/opt/node/bin:/usr/local/bin:/usr/bin:/bin',
    HOME: workspaceTarget,
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    ...plan.env,
  }
  return [
    ...['--unshare-all', '--unshare-user', ...(plan.disableUserNamespaces ? ['--disable-userns'] : [])],
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'sandbox', '--cap-drop', 'ALL'],
    // bubblewrap's PID 1 waits for all children: without this, a daemon would outlive its call.
    ...['--die-with-parent', '--new-session', '--clearenv'],
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...plan.programs,
    ...['--ro-bind-data', String(descriptors.passwd), '/etc/passwd'],
    ...['--ro-bind-data', String(descriptors.hosts), '/etc/hosts'],
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--size', String(limits.shmBytes), '--tmpfs', '/dev/shm'],
    ...['--size', String(limits.tmpBytes), '--tmpfs', '/tmp'],
    ...plan.binds.flatMap(bindArguments),
    // Both are tmpfs without a size: whatever could be written there would be unlimited memory.
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    ...['--chdir', workspaceTarget],
    ...['--seccomp', String(descriptors.seccomp), '--json-status-fd', String(descriptors.status)],
  ]
}

/** One digit: a plain POSIX shell redirects no other. */
export const GATE_DESCRIPTOR = 8

// --die-with-parent takes effect some milliseconds after the start, for each of bubblewrap's two processes, and never when the
// parent is dead by then. So the command waits: its shell says that both are set up, and this process, which
// therefore was alive, answers. End of file instead of an answer means that nobody is there any more.
const GATE = `echo >&${GATE_DESCRIPTOR} && IFS= read -r line <&${GATE_DESCRIPTOR} && exec ${GATE_DESCRIPTOR}<&- &&`
const COLD_GATE = `${GATE} exec "$@"`
/** The answer is what to run, see `handOverLine`. */
const WARM_GATE = `newline='\n'; ${GATE} eval "$line"`

export const ARGS_DESCRIPTOR = 3
const PRLIMIT = ['/usr/bin/prlimit', '--core=0', '--memlock=65536', '--msgqueue=0']

/** What follows bubblewrap's path in every launch. */
export const launchSignature = ['--args', String(ARGS_DESCRIPTOR), '--', ...PRLIMIT] as const

/**
 * Follows the path of bubblewrap. Limits are set inside: RLIMIT_NPROC counts per user namespace, and set
 * outside it would stop bubblewrap itself.
 */
export function rawCommand(argv: readonly string[], limits: SandboxLimits): string[] {
  return [
    ...launchSignature,
    `--nofile=${limits.openFiles}`,
    `--nproc=${limits.processes}`,
    `--fsize=${limits.fileBytes}`,
    // SIGXCPU first, so that the reason can be told; SIGKILL a second later for those who ignore it.
    `--cpu=${limits.cpuSeconds}:${limits.cpuSeconds + 1}`,
    `--as=${limits.memoryBytes + RESERVED_ADDRESS_SPACE_BYTES}`,
    '--',
    ...argv,
  ]
}

/**
 * The same behind the gate.
 *
 * @param argv absent when the answer at the gate is to name it, see `handOverLine`
 */
export function gatedCommand(argv: readonly string[] | undefined, limits: SandboxLimits): string[] {
  const shell = ['/usr/bin/sh', '-c']
  return rawCommand(
    argv === undefined ? [...shell, WARM_GATE, 'sh'] : [...shell, COLD_GATE, 'sh', ...argv],
    limits,
  )
}
