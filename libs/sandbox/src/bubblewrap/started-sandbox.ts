import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { CallGroup } from '../cgroup/call-group.js'
import { planIslands } from '../islands.policy.js'
import type { SandboxRequest, SandboxSurroundings } from '../sandbox.js'
import { InvalidRequestError } from '../sandbox.errors.js'
import type { Descriptors } from '../stdio/descriptors.js'
import { coverForeign } from '../stdio/foreign-descriptors.js'
import type { ChildStdio, Feed } from '../stdio/child-stdio.js'
import {
  ARGS_DESCRIPTOR,
  bubblewrapArguments,
  GATE_DESCRIPTOR,
  gatedCommand,
  GROUP_DESCRIPTORS,
  IN_GROUPS,
  innerNodePath,
  workspaceTarget,
} from './arguments.js'
import { JsonStatus } from './json-status.js'
import { planLauncher, type Launcher } from './launcher.js'
import { pinSource, type PinnedSource } from './pinned-source.js'
import type { PreparedHost } from './prepared-host.js'
import type { SandboxSettings } from './settings.js'

/**
 * Positions in the child. 0 to 2 are the command's own; bubblewrap closes the others, the command's shell the gate and
 * the groups.
 */
const STATUS = 7
const SECCOMP = 8
const PASSWD = 9
const HOSTS = 10
const FIRST_SOURCE = 11

type StdioEntry = 'ignore' | 'pipe' | number

/** What is known of a command that waits at the gate. */
interface AtGate {
  /** Holds its memory; absent where no control group does. */
  group: CallGroup | undefined
}

/** Processes that stand at the gate, or will. */
export interface StartedSandbox {
  status: JsonStatus
  /** Resolves when the launcher process is gone and its status is read. Never rejects. */
  exited: Promise<{ spawnError?: string }>
  /** Resolves when the command's shell waits; never when the sandbox ends before. */
  atGate: Promise<AtGate>
  /** Lets it run: the command it was started for, or the one that the line names. */
  openGate: (line?: string) => void
  /** End of file at the gate: the command never runs, and what waits there ends. */
  abandon: () => void
  killLauncher: () => void
  /** Read ends; the caller closes them. */
  outputs: { stdout: number; stderr: number }
  feed: (() => Feed) | undefined
  /** Once; `isDead` says whether nothing of the sandbox lives, so that another call may have its control group. */
  releaseGroup: (isDead: boolean) => Promise<void>
}

/** What the child gets from position 3 on. */
function extraStdio(
  host: PreparedHost,
  launcher: Launcher,
  pinned: readonly PinnedSource[],
  entrances: readonly number[],
  descriptors: Descriptors,
): StdioEntry[] {
  const extra: StdioEntry[] = [
    'pipe',
    'pipe',
    ...GROUP_DESCRIPTORS.map((_, index) => entrances[index] ?? host.devNull),
    'pipe',
    ...[host.seccomp, host.passwd, host.hosts].map((file) => descriptors.add(file.open())),
  ]
  for (const [index, from] of launcher.sources.entries())
    if ('descriptor' in from) extra.push(pinned[index]!.descriptor)
  return extra
}

/**
 * Pins the sources and starts the processes. `descriptors` are closed when the sandbox ends or could not
 * start, except the outputs.
 *
 * @param command absent for a sandbox whose command is not known yet
 * @throws InvalidMountError
 */
export function startSandbox(
  request: SandboxSurroundings,
  command: Pick<SandboxRequest, 'argv' | 'env'> | undefined,
  settings: SandboxSettings,
  host: PreparedHost,
  stdio: ChildStdio,
  descriptors: Descriptors,
): StartedSandbox {
  const group = host.groups?.create(request.limits.memoryBytes)
  const releaseGroup = async (isDead: boolean) => group && host.groups?.release(group, isDead)
  try {
    const entrances = group?.openEntrances(descriptors) ?? []
    const mounts = [
      { source: request.workspace, target: workspaceTarget, mode: 'rw' as const },
      { source: settings.nodePath, target: innerNodePath, mode: 'ro' as const },
      ...request.mounts,
      ...planIslands(request.protect ?? []).map(({ path, mode }) => ({
        source: join(request.workspace, path),
        target: join(workspaceTarget, path),
        mode,
      })),
    ]
    const pinned = mounts.map(({ source }) => pinSource(source, descriptors))
    const launcher = planLauncher({ ...settings, sources: pinned, firstDescriptor: FIRST_SOURCE })
    const args = bubblewrapArguments({
      programs: host.programs,
      binds: mounts.map(({ target, mode }, index) => ({ from: launcher.sources[index]!, target, mode })),
      env: command?.env ?? {},
      limits: request.limits,
      descriptors: { status: STATUS, seccomp: SECCOMP, passwd: PASSWD, hosts: HOSTS },
      disableUserNamespaces: settings.disableUserNamespaces,
    })
    const words = [...launcher.command, ...gatedCommand(command?.argv, request.limits, entrances.length)]
    // Not execa: it takes no descriptor numbers for 0 to 2. The environment is the launcher's own, nothing is
    // inherited;
    // --die-with-parent ends the child with this process, also when that is killed.
    const child = spawn(words[0]!, words.slice(1), {
      env: launcher.env,
      cwd: '/',
      ...(launcher.uid !== undefined && { uid: launcher.uid, gid: launcher.uid }),
      stdio: coverForeign<StdioEntry>(
        [...stdio.child, ...extraStdio(host, launcher, pinned, entrances, descriptors)],
        host.foreignDescriptors,
        host.devNull,
      ),
    })
    for (const end of [...stdio.child, ...entrances]) if (typeof end === 'number') descriptors.closeOne(end)
    const channels = child.stdio as unknown as (Socket | null)[]
    const status = new JsonStatus()
    channels[STATUS]?.on('data', (bytes: Buffer) => status.push(bytes.toString('latin1')))
    // A launcher that dies before it reads shows in the status, not here.
    for (const position of [ARGS_DESCRIPTOR, GATE_DESCRIPTOR])
      channels[position]?.on('error', () => undefined)
    channels[ARGS_DESCRIPTOR]?.end(args.map((arg) => `${arg}\0`).join(''))

    const gate = channels[GATE_DESCRIPTOR]
    // Where the shell cannot enter by itself, which the kernel takes milliseconds for: while bubblewrap mounts.
    const joined = new Promise<boolean>((resolve) => {
      if (entrances.length > 0 || group === undefined) resolve(false)
      else status.whenStarted((init) => resolve(group.join(init)))
    })
    const atGate = new Promise<string>((resolve) =>
      gate?.once('data', (said: Buffer) => resolve(said.toString('latin1'))),
    ).then(async (said) => {
      const isIn = said.startsWith(IN_GROUPS) || (await joined)
      return { group: isIn ? group : undefined }
    })

    const exited = endOf(child).finally(() => {
      // A staging launcher looks the pinned sources up through this process, so they stay open until it has
      // ended.
      descriptors.close()
    })
    return {
      status,
      exited,
      atGate,
      openGate: (line = '') => gate?.end(`${line}\n`),
      abandon: () => gate?.destroy(),
      killLauncher: () => void child.kill('SIGKILL'),
      outputs: { stdout: descriptors.release(stdio.stdout), stderr: descriptors.release(stdio.stderr) },
      feed: stdio.feed,
      releaseGroup,
    }
  } catch (error) {
    descriptors.close()
    void releaseGroup(true)
    if ((error as NodeJS.ErrnoException).code === 'E2BIG')
      throw new InvalidRequestError(
        'argv is too long in sum: send it through stdin or a file of the workspace',
      )
    throw error
  }
}

/**
 * `close` comes when the process is gone and its status was read to the end; after a failed spawn it need not
 * come.
 */
function endOf(child: ChildProcess): Promise<{ spawnError?: string }> {
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve({ spawnError: error.code ?? error.message })
    })
    child.once('close', () => resolve({}))
  })
}
