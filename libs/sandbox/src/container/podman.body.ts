import { workspaceTarget } from '../bubblewrap/arguments.js'
import { type ContainerPlan, CPUS, ownerLabel, processLimits, workspaceLabel } from './container.body.js'

const CPU_PERIOD_MICROSECONDS = 100_000

/**
 * For all processes of the call's user on this machine together, so no bound of the call: that is its control group's.
 * Unless it is named Podman asks for a million, which its own limits may forbid.
 */
const PROCESSES_OF_USER = 16_384

/**
 * What `containerBody` says, for Podman's own API: the one it shares with Docker puts in writable folders, the host's names
 * and variables that nobody asked for.
 *
 * @param seccompProfile path of a file that Podman can read
 */
export function podmanBody(plan: ContainerPlan, seccompProfile: string) {
  const { limits, command, mounts } = plan
  return {
    image: plan.image,
    user: `${plan.uid}:${plan.gid}`,
    hostname: 'sandbox',
    work_dir: workspaceTarget,
    env: {},
    unsetenvall: true,
    env_host: false,
    httpproxy: false,
    entrypoint: command.slice(0, 1),
    command: command.slice(1),
    terminal: false,
    stdin: true,
    init: true,
    systemd: 'false',
    healthconfig: { Test: ['NONE'] },
    labels: { [ownerLabel]: plan.owner, [workspaceLabel]: plan.workspace },
    // Removed means killed: Podman would ask first, and wait for ten seconds.
    stop_timeout: 0,
    restart_policy: 'no',
    log_configuration: { driver: 'none' },
    netns: { nsmode: 'none' },
    ipcns: { nsmode: 'private' },
    cgroupns: { nsmode: 'private' },
    use_image_hosts: true,
    use_image_resolve_conf: true,
    manage_password: false,
    cap_drop: ['ALL'],
    no_new_privileges: true,
    seccomp_profile_path: seccompProfile,
    read_only_filesystem: true,
    image_volume_mode: 'ignore',
    shm_size: limits.shmBytes,
    resource_limits: {
      memory: { limit: limits.memoryBytes, swap: limits.memoryBytes },
      cpu: { quota: CPUS * CPU_PERIOD_MICROSECONDS, period: CPU_PERIOD_MICROSECONDS },
      pids: { limit: limits.processes },
    },
    r_limits: [
      ...processLimits(limits).map(({ name, soft, hard }) => ({ type: name, soft, hard })),
      { type: 'nproc', soft: PROCESSES_OF_USER, hard: PROCESSES_OF_USER },
    ],
    mounts: [
      ...mounts.map(({ source, target, mode }) => ({
        type: 'bind',
        source,
        destination: target,
        // `bind`, not `rbind`: read-only would not reach what is mounted below the source.
        options: ['bind', mode, 'rprivate'],
      })),
      {
        type: 'tmpfs',
        source: 'tmpfs',
        destination: '/tmp',
        options: ['rw', 'nosuid', 'nodev', 'exec', 'mode=1777', `size=${limits.tmpBytes}`, 'notmpcopyup'],
      },
    ],
  }
}
