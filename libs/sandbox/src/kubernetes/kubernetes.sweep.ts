import { isLeftBehind } from '../watch/owner-mark.js'
import type { Cluster } from './cluster.js'
import { machineId } from './kubernetes.call.js'
import { isLeftOver } from './leftover.policy.js'

/**
 * Removes the Jobs of calls that nobody else will remove.
 *
 * @returns how many
 */
export async function sweepJobs(cluster: Cluster): Promise<number> {
  const sweeper = {
    now: new Date(),
    machine: machineId(),
    isDead: (owner: string) => isLeftBehind(owner, ''),
  }
  const left = (await cluster.listJobs()).filter((job) => isLeftOver(job, sweeper))
  for (const { metadata } of left) await cluster.deleteJob(metadata.name)
  return left.length
}
