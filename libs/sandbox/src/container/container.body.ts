import { workspaceTarget } from '../bubblewrap/arguments.js'
import type { SandboxLimits } from '../limits.js'

/** What a call may use of the machine's processors. */
export const CPUS = 1

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
  owner: string
  uid: number
  gid: number
  workspace: string
  mounts: readonly ContainerMount[]
  /** What the container runs: see `gatedCommand`. */
  command: readonly string[]
  limits: SandboxLimits
  /** JSON. */
  seccompProfile: string
  /** Of this call alone, for an engine that wants files. */
  folder: string
}

/** What the engine is asked for: everything that isolates a call, and nothing that the image says instead. */
export function containerBody(plan: ContainerPlan) {
  const { limits } = plan
  return {
    Image: plan.image,
    User: `${plan.uid}:${plan.gid}`,
    Hostname: 'sandbox',
    WorkingDir: workspaceTarget,
    // The gate gives the command its own, and none of the engine's or the image's.
    Env: [],
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
      NanoCpus: CPUS * 1e9,
      ShmSize: limits.shmBytes,
      Tmpfs: { '/tmp': `rw,nosuid,nodev,exec,mode=1777,size=${limits.tmpBytes}` },
      Ulimits: processLimits(limits).map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
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

/** What the kernel bounds for each process, named as engines do. */
export function processLimits({ openFiles, fileBytes, cpuSeconds }: SandboxLimits) {
  return [
    processLimit('core', 0),
    processLimit('memlock', 65_536),
    processLimit('msgqueue', 0),
    processLimit('nofile', openFiles),
    processLimit('fsize', fileBytes),
    // SIGXCPU first, so that the reason can be told; SIGKILL a second later for those who ignore it.
    processLimit('cpu', cpuSeconds, cpuSeconds + 1),
  ]
}

const processLimit = (name: string, soft: number, hard = soft) => ({ name, soft, hard })
