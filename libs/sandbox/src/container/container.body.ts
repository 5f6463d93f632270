import { workspaceTarget } from '../bubblewrap/arguments.js'
import type { SandboxLimits } from '../limits.js'

/** What a call may use of the machine's processors. */
const NANO_CPUS = 1_000_000_000

export const ownerLabel = 'guildhall.owner'
export const workspaceLabel = 'guildhall.workspace'

export interface ContainerMount {
  /** A path that the engine resolves when it mounts. */
  source: string
  target: string
  mode: 'ro' | 'rw'
}

export interface ContainerPlan {
  image: string
  /** Names that the image sets and a call does not get. */
  imageVariables: readonly string[]
  owner: string
  uid: number
  gid: number
  workspace: string
  mounts: readonly ContainerMount[]
  /** What the container runs: see `gatedCommand`. */
  command: readonly string[]
  env: Readonly<Record<string, string>>
  limits: SandboxLimits
  /** JSON. */
  seccompProfile: string
}

export type ContainerBody = ReturnType<typeof containerBody>

/** Seconds after the wall time at which a call ends by itself, should nobody have ended it. */
const SELF_END_GRACE_S = 30

// The command waits until this process has looked at what is mounted, and says so with a line. End of input instead means
// that nobody is there any more. A shell reads a line byte by byte, so the command's input begins after it.
const GATE = 'IFS= read -r line && exec "$@"'
const GATE_WITHOUT_INPUT = `${GATE} </dev/null`

/** The command behind the gate. */
export function gatedCommand(
  argv: readonly string[],
  hasInput: boolean,
  { wallMs }: SandboxLimits,
): string[] {
  const seconds = Math.ceil(wallMs / 1_000) + SELF_END_GRACE_S
  const bounded = ['/usr/bin/timeout', '-s', 'KILL', String(seconds)]
  return [...bounded, '/bin/sh', '-c', hasInput ? GATE : GATE_WITHOUT_INPUT, 'sh', ...argv]
}

/** What the engine is asked for: everything that isolates a call, and nothing that the image says instead. */
export function containerBody(plan: ContainerPlan) {
  const { limits } = plan
  return {
    Image: plan.image,
    User: `${plan.uid}:${plan.gid}`,
    Hostname: 'sandbox',
    WorkingDir: workspaceTarget,
    Env: environment(plan),
    Entrypoint: plan.command.slice(0, 1),
    Cmd: plan.command.slice(1),
    Tty: false,
    AttachStdout: true,
    AttachStderr: true,
    AttachStdin: true,
    OpenStdin: true,
    // Its end is the container's end of input.
    StdinOnce: true,
    // An image may ask for a program that is run inside from time to time.
    Healthcheck: { Test: ['NONE'] },
    Labels: { [ownerLabel]: plan.owner, [workspaceLabel]: plan.workspace },
    HostConfig: {
      Init: true,
      NetworkMode: 'none',
      // Instead of the host's, which are of no use and nobody's business.
      Dns: ['127.0.0.1'],
      DnsSearch: ['.'],
      IpcMode: 'private',
      CgroupnsMode: 'private',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', `seccomp=${plan.seccompProfile}`],
      ReadonlyRootfs: true,
      RestartPolicy: { Name: 'no' },
      // What a call writes is its caller's, and no file of the engine's.
      LogConfig: { Type: 'none' },
      PidsLimit: limits.processes,
      Memory: limits.memoryBytes,
      MemorySwap: limits.memoryBytes,
      NanoCpus: NANO_CPUS,
      ShmSize: limits.shmBytes,
      Tmpfs: { '/tmp': `rw,nosuid,nodev,exec,mode=1777,size=${limits.tmpBytes}` },
      Ulimits: [
        ulimit('core', 0),
        ulimit('memlock', 65_536),
        ulimit('msgqueue', 0),
        ulimit('nofile', limits.openFiles),
        ulimit('fsize', limits.fileBytes),
        // SIGXCPU first, so that the reason can be told; SIGKILL a second later for those who ignore it.
        ulimit('cpu', limits.cpuSeconds, limits.cpuSeconds + 1),
      ],
      Mounts: plan.mounts.map(({ source, target, mode }) => ({
        Type: 'bind',
        Source: source,
        Target: target,
        ReadOnly: mode === 'ro',
        // Read-only would not reach what is mounted below the source.
        BindOptions: { Propagation: 'rprivate', NonRecursive: true },
      })),
    },
  }
}

function environment({ env, imageVariables }: ContainerPlan): string[] {
  const given: Record<string, string> = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: workspaceTarget,
    TMPDIR: '/tmp',
    LANG: 'C.UTF-8',
    ...env,
  }
  // A name alone takes away what the image or the engine would set.
  const dropped = new Set([...imageVariables, 'HOSTNAME'].filter((name) => name !== '' && !(name in given)))
  return [...Object.entries(given).map(([name, value]) => `${name}=${value}`), ...dropped]
}

const ulimit = (Name: string, Soft: number, Hard = Soft) => ({ Name, Soft, Hard })
