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
    // Copied, not mounted: below, the root becomes read-only with all that lies in it. Each mount costs the kernel time, and
    // bubblewrap as much again, since it reads the list of all mounts after each.
    ...['--perms', '0444', '--file', String(descriptors.passwd), '/etc/passwd'],
    ...['--perms', '0444', '--file', String(descriptors.hosts), '/etc/hosts'],
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

/** Of the child. The shell at the gate uses the first three but one: a plain POSIX shell redirects one digit only. */
export const ARGS_DESCRIPTOR = 3
export const GATE_DESCRIPTOR = 4
/** Of the control groups that the command's shell enters, see `CallGroup`. */
export const GROUP_DESCRIPTORS = [5, 6] as const

const [GATE, GROUPS] = [GATE_DESCRIPTOR, GROUP_DESCRIPTORS]

// --die-with-parent takes effect some milliseconds after the start, for each of bubblewrap's two processes, and never when the
// parent is dead by then. So the command waits: its shell says that both are set up, and this process, which
// therefore was alive, answers. End of file instead of an answer means that nobody is there any more.
const WAIT = `IFS= read -r line <&${GATE} && exec ${GATE}<&-${GROUPS.map((group) => ` ${group}>&-`).join('')} &&`
const COLD_GATE = `${WAIT} exec "$@"`
/** The answer is what to run, see `handOverLine`. */
const WARM_GATE = `newline='\n'; ${WAIT} eval "$line"`

/** What the shell says at the gate: that it is in the control groups of its call, or that it waits without. */
export const IN_GROUPS = 'in groups'

// Who writes 0 enters the group itself, alone: moving another process makes the kernel wait for all processors, about
// 10 ms.
function sayWhereItIs(groups: number): string {
  if (groups === 0) return `echo >&${GATE}`
  const enter = GROUPS.slice(0, groups).map((group) => `echo 0 >&${group}`)
  return `if { ${enter.join(' && ')}; } 2>/dev/null; then echo ${IN_GROUPS} >&${GATE}; else echo >&${GATE}; fi`
}

/** What follows bubblewrap's path in every launch; the last word only begins like this. */
export const launchSignature = [
  ...['--args', String(ARGS_DESCRIPTOR), '--', '/usr/bin/sh', '-c'],
  'ulimit -c 0 && ulimit -l 64 && ',
] as const

/** Commands of a shell that set the limits. The caller sets those of core files and of locked memory. */
export function limitCommands(limits: SandboxLimits): string[] {
  const { memoryBytes, processes, fileBytes, openFiles, cpuSeconds } = limits
  return [
    // In blocks of 512 bytes, and below in KiB.
    `ulimit -f ${Math.ceil(fileBytes / 512)}`,
    // SIGXCPU first, so that the reason can be told; SIGKILL a second later for those who ignore it.
    `ulimit -t ${cpuSeconds + 1}`,
    `ulimit -S -t ${cpuSeconds}`,
    `ulimit -v ${Math.ceil((memoryBytes + RESERVED_ADDRESS_SPACE_BYTES) / 1024)}`,
    `ulimit -n ${openFiles}`,
    // Shells differ in the letter, and take the other's for none that can be set.
    `{ ulimit -p ${processes} 2>/dev/null || ulimit -u ${processes}; }`,
  ]
}

/**
 * The words that make a shell set the limits and go on with `script`. Inside: RLIMIT_NPROC counts per user namespace, and
 * set outside it would stop bubblewrap itself. By the shell that is there anyway: a program of its own would cost as much
 * as a short command.
 */
function limitedShell(limits: SandboxLimits, script: string): string[] {
  const [signature, begin] = [launchSignature.slice(0, -1), launchSignature.at(-1)]
  return [...signature, `${begin}${[...limitCommands(limits), script].join(' && ')}`, 'sh']
}

/**
 * Follows the path of bubblewrap: a shell that sets the limits and waits at the gate.
 *
 * @param argv absent when the answer at the gate is to name it, see `handOverLine`
 * @param groups how many control groups it enters
 */
export function gatedCommand(
  argv: readonly string[] | undefined,
  limits: SandboxLimits,
  groups: number,
): string[] {
  const gate = argv === undefined ? WARM_GATE : COLD_GATE
  return [...limitedShell(limits, `${sayWhereItIs(groups)} && ${gate}`), ...(argv ?? [])]
}

/** The same with no gate and no group, for comparison. */
export function rawCommand(argv: readonly string[], limits: SandboxLimits): string[] {
  return [...limitedShell(limits, 'exec "$@"'), ...argv]
}
