import { readFileSync } from 'node:fs'
import { cgroupPlaces } from '../cgroup/cgroup-place.policy.js'
import { CallGroup } from '../cgroup/call-group.js'
import { identify, type ProcessIdentity } from '../watch/process-identity.js'
import { readProc } from '../watch/process-tree.js'

/** PID 1 of a container, seen from the host. */
export interface ContainerProcess {
  identity: ProcessIdentity
  /** Processes of the container that the kernel ended for want of memory. */
  countOomKills: () => number
}

/** Undefined once it has ended: the number may be another's by then, who is in no group of this container. */
export function findProcess(pid: number, containerId: string): ContainerProcess | undefined {
  if (pid === 0) return undefined
  const identity = identify(pid)
  const groups = readProc(`/proc/${pid}/cgroup`)
  if (identity.startTime === undefined || !groups.includes(containerId)) return undefined
  const found = cgroupPlaces(readFileSync('/proc/self/mountinfo', 'utf8'), groups)
    .filter(({ folder }) => folder.includes(containerId))
    .map(({ version, folder }) => new CallGroup({ version, memory: folder }))
  return { identity, countOomKills: () => found.reduce((sum, { oomKills }) => sum + oomKills, 0) }
}
