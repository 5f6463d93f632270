import { setTimeout as delay } from 'node:timers/promises'
import type { CallJob } from './call.job.js'
import { isOver } from './call.pod.js'
import type { Cluster } from './cluster.js'
import { type PodSight, PodWatch } from './pod.watch.js'

/** How long a node may take to tell of an end, and the API server to come back. */
export const END_GRACE_MS = 30_000
const PAUSE_MS = 500

const isAtItsEnd = ({ pod, isGone }: PodSight): boolean => isGone || (pod !== undefined && isOver(pod))

/** A Job that the cluster took, and the pod that it made of it. */
export class PlacedJob {
  readonly watch: PodWatch

  private constructor(
    private readonly cluster: Cluster,
    private readonly name: string,
  ) {
    this.watch = new PodWatch(cluster, name)
  }

  /** @throws ClusterError */
  static async place(cluster: Cluster, job: CallJob): Promise<PlacedJob> {
    const { name } = job.metadata
    try {
      await cluster.createJob(job)
    } catch (error) {
      // It may have been taken all the same.
      await cluster.deleteJob(name).catch(() => undefined)
      throw error
    }
    return new PlacedJob(cluster, name)
  }

  /** Whether its node said within half a minute that it is over, or it is gone. */
  isOverInTime(): Promise<boolean> {
    return this.watch.until(isAtItsEnd, END_GRACE_MS)
  }

  /** The Job first: it would make another pod. */
  async delete(): Promise<void> {
    await this.cluster.deleteJob(this.name)
    const { pods } = await this.cluster.podsOf(this.name)
    for (const { metadata } of pods) await this.cluster.deletePod(metadata.name)
  }

  /** @returns when its processes are dead, undefined; else why that is not known */
  async end(): Promise<string | undefined> {
    const problem = await this.#deleteInTime()
    if (await this.isOverInTime()) return undefined
    const reason = problem ?? `its node ${this.watch.sight.pod?.spec?.nodeName} does not say that it ended`
    return `the Job ${this.name} may still run: ${reason}`
  }

  /**
   * For what is dead, or waits at its gate for nobody. Never rejects: what it cannot remove, the cluster does after a minute, or
   * the next sweep.
   */
  async forget(isDead: boolean): Promise<void> {
    // A node that is told to delete what it did not see running yet takes a minute for it.
    if (isDead) await this.isOverInTime()
    await this.#deleteInTime()
    await this.watch.stop()
  }

  /** @returns why it could not be done */
  async #deleteInTime(): Promise<string | undefined> {
    const deadline = performance.now() + END_GRACE_MS
    for (;;) {
      try {
        await this.delete()
        return undefined
      } catch (error) {
        if (performance.now() > deadline) return (error as Error).message
        await delay(PAUSE_MS)
      }
    }
  }
}
