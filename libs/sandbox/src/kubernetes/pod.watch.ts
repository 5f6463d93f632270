import { setTimeout as delay } from 'node:timers/promises'
import type { PodDocument } from './call.pod.js'
import type { Cluster } from './cluster.js'

const RETRY_MS = 250

/** What became of the first pod of a Job: nothing yet, its last state, or that it is gone. */
export interface PodSight {
  pod: PodDocument | undefined
  isGone: boolean
}

/** Follows the first pod of a Job, over all breaks of the connection. */
export class PodWatch {
  #pod: PodDocument | undefined
  #isGone = false
  #wake = Promise.withResolvers<void>()
  readonly #ended = new AbortController()
  readonly #following: Promise<void>

  constructor(
    private readonly cluster: Cluster,
    private readonly job: string,
  ) {
    this.#following = this.#follow()
  }

  get sight(): PodSight {
    return { pod: this.#pod, isGone: this.#isGone }
  }

  /** Resolves when what is seen is as claimed, with true, or with false after `withinMs`. */
  async until(claim: (sight: PodSight) => boolean, withinMs: number): Promise<boolean> {
    const late = new AbortController()
    const deadline = delay(withinMs, 'late' as const, { signal: late.signal }).catch(() => 'late' as const)
    try {
      while (!claim(this.sight)) {
        if ((await Promise.race([this.#wake.promise, deadline])) === 'late') return claim(this.sight)
      }
      return true
    } finally {
      late.abort()
    }
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    await this.#following
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted && !this.#isGone) {
      try {
        const { pods, version } = await this.cluster.podsOf(this.job)
        this.#see(pods)
        for await (const { type, object } of this.cluster.followPodsOf(this.job, version, signal)) {
          if (type === 'ERROR') break
          if (type === 'BOOKMARK') continue
          this.#take(object, type === 'DELETED')
          if (this.#isGone) return
        }
      } catch {
        // The call has a deadline for everything it waits for, and says what it last saw.
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  #see(pods: readonly PodDocument[]): void {
    const own = pods.find(({ metadata }) => metadata.name === (this.#pod?.metadata.name ?? metadata.name))
    if (own !== undefined) this.#take(own, false)
    else if (this.#pod !== undefined) this.#take(this.#pod, true)
  }

  #take(pod: PodDocument, isGone: boolean): void {
    if (pod.metadata.name !== (this.#pod?.metadata.name ?? pod.metadata.name)) return
    this.#pod = pod
    this.#isGone = isGone
    this.#wake.resolve()
    this.#wake = Promise.withResolvers<void>()
  }
}
