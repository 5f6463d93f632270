import { RedisLink, type StreamsConnection } from './redis.link.js'
import { type StreamKeys, streamKeys } from './stream.keys.js'

/** How much a client, or a tenant with all its clients, may say. */
export interface AdmissionLimits {
  /** Cost of messages that it may say a second in the long run; above 0. */
  perSecond: number
  /** Cost of messages that it may say at once; at least 1. */
  burst: number
  /** Tasks of it that may be under way at once. */
  waitingTasks: number
}

/** A client's message that is authenticated, permitted and well formed. */
export interface AdmissionRequest {
  client: string
  tenant: string
  messageId: string
  /** Which entry brought it, unlike any other of all shards: the same entry judged again is no replay. */
  entryId: string
  /** Default 1. What is above a burst counts as a burst. */
  cost?: number
  /** Its destination has no room: unless it was admitted before, it is refused. Default false. */
  isBusy?: boolean
  /** The task that it submits. */
  taskId?: string | undefined
  limits: { client: AdmissionLimits; tenant: AdmissionLimits }
}

/** A task that is over. */
export interface FinishedTask {
  taskId: string
  tenant: string
  client: string
}

export interface AdmissionVerdict {
  verdict: 'ok' | 'replayed' | 'busy' | 'rate-limited' | 'too-much-waiting'
  /** When it may be said again, if it is rate-limited; else 0. */
  retryAfterMs: number
}

// An id is known for one stretch at least and for two at most.
const stretchMs = 5 * 60_000
// A task whose end was never heard of does not weigh on its client for ever.
const waitingForMs = 7 * 86_400_000
const judgedPerCall = 200
const finishedPerCall = 1_000

/**
 * Who may say how much, for all routers together. Its memory is in Redis, on one shard: pass all routers the same. Loss of
 * it makes nothing wrong but the limits.
 */
export class Admission {
  readonly #keys: StreamKeys
  readonly #link: RedisLink

  constructor(options: { connection: StreamsConnection; shard: string; instance: string }) {
    this.#keys = streamKeys(options.shard)
    this.#link = new RedisLink(options.connection, `guildhall:router:${options.instance}:admission`, {
      shard: options.shard,
    })
  }

  /**
   * Judges messages, in their order; what is admitted is charged and remembered. May be asked about an entry again.
   * @param finished tasks that are over, taken off first.
   * @returns one verdict per entry.
   * @throws UnavailableError, BusyError: nothing was judged, or the answer was lost; ask again.
   */
  async judge(
    entries: readonly AdmissionRequest[],
    finished: readonly FinishedTask[] = [],
  ): Promise<AdmissionVerdict[]> {
    for (let start = 0; start + finishedPerCall < finished.length; start += finishedPerCall)
      await this.#admit([], finished.slice(start, start + finishedPerCall))
    const rest = finished.slice(
      Math.max(0, Math.ceil(finished.length / finishedPerCall) - 1) * finishedPerCall,
    )
    const verdicts = await this.#admit(entries.slice(0, judgedPerCall), rest)
    for (let start = judgedPerCall; start < entries.length; start += judgedPerCall)
      verdicts.push(...(await this.#admit(entries.slice(start, start + judgedPerCall), [])))
    return verdicts
  }

  /** Takes tasks off that are over. May be told again. @throws UnavailableError, BusyError */
  async finish(tasks: readonly FinishedTask[]): Promise<void> {
    await this.judge([], tasks)
  }

  async close(): Promise<void> {
    await this.#link.close()
  }

  async #admit(
    entries: readonly AdmissionRequest[],
    finished: readonly FinishedTask[],
  ): Promise<AdmissionVerdict[]> {
    if (entries.length + finished.length === 0) return []
    const keys = this.#keys
    const stretch = Math.floor(Date.now() / stretchMs)
    const all = [keys.seen(stretch), keys.seen(stretch - 1), keys.seen(stretch + 1), keys.rate]
    const indexes = new Map<string, number>()
    const indexOf = (key: string) => {
      let index = indexes.get(key)
      // Lua counts from 1.
      if (index === undefined) indexes.set(key, (index = all.push(key)))
      return index
    }
    const args: (string | number)[] = [stretchMs, waitingForMs, finished.length]
    for (const { taskId, tenant, client } of finished)
      args.push(taskId, indexOf(keys.waiting(tenant, client)), indexOf(keys.waiting(tenant)))
    for (const { client, tenant, messageId, entryId, cost = 1, isBusy, taskId, limits } of entries) {
      const own = limits.client
      const shared = limits.tenant
      args.push(`${client} ${messageId}`, entryId, cost, isBusy ? 1 : 0)
      args.push(
        `client ${client}`,
        own.perSecond,
        own.burst,
        `tenant ${tenant}`,
        shared.perSecond,
        shared.burst,
      )
      // A message without a task needs no set.
      if (taskId === undefined) args.push('', 0, 0, 0, 0)
      else {
        args.push(taskId, indexOf(keys.waiting(tenant, client)), own.waitingTasks)
        args.push(indexOf(keys.waiting(tenant)), shared.waitingTasks)
      }
    }
    const answer = await this.#link.call<(string | number)[]>('FCALL', [
      'gh_admit',
      all.length,
      ...all,
      ...args,
    ])
    return entries.map((_, index) => ({
      verdict: answer[2 * index] as AdmissionVerdict['verdict'],
      retryAfterMs: Number(answer[2 * index + 1]),
    }))
  }
}
