import { ownerLabel } from '../container/container.body.js'
import { machineLabel } from './call.job.js'
import type { JobDocument } from './cluster.js'

/** How long the executor that waits for its end has to look. */
const FINISHED_FOR_MS = 60_000

/** Who asks. */
export interface Sweeper {
  now: Date
  machine: string
  /** Whether the process of this machine that an owner names is dead. */
  isDead: (owner: string) => boolean
}

/**
 * Whether nobody will remove a call's Job. Of processes of other machines nothing is known but that they would have removed it
 * after its end.
 */
export function isLeftOver(
  { metadata, spec, status }: JobDocument,
  { now, machine, isDead }: Sweeper,
): boolean {
  const owner = metadata.labels?.[ownerLabel] ?? ''
  if (metadata.labels?.[machineLabel] === machine && isDead(owner)) return true
  const finished = status?.conditions?.find(
    (condition) => condition.status === 'True' && ['Complete', 'Failed'].includes(condition.type),
  )
  const since = finished?.lastTransitionTime
  if (since !== undefined) return now.getTime() - Date.parse(since) > FINISHED_FOR_MS
  const latestMs = Date.parse(metadata.creationTimestamp) + (spec.activeDeadlineSeconds ?? Infinity) * 1_000
  return now.getTime() - latestMs > FINISHED_FOR_MS
}
