import { OutageError, TerminalError } from '@guildhall/contracts'
import { backOffMs, pause } from './back-off.js'
import { BatchDelivery } from './batch.delivery.js'
import { deadLetterError } from './dead.letter.js'
import { isCrashLoop, messageOfError } from './delivery.policy.js'
import { compareEntryIds } from './entry.id.js'
import type { HeldEntry } from './held.entry.js'
import {
  type NotMoved,
  readRelayOutcome,
  type RelayCall,
  relayCalls,
  type RelayDecision,
} from './relay.batch.js'
import { relayDefaults, type ShardRelayOptions } from './relay.options.js'
import { RelayUpkeep } from './relay.upkeep.js'
import { SlotPool } from './slot.pool.js'
import { StreamConsumer } from './stream.consumer.js'
import { type HeardOn, routerStreams, type StreamKeys, streamKeys } from './stream.keys.js'
import { AuditFullError, isGroupLost, UnsuitableRedisError } from './streams.errors.js'
import { WaitingRoom } from './waiting.room.js'

const blockedBackOff = { firstMs: 50, factor: 2, capMs: 1_000 }
const undecidedBackOff = { firstMs: 200, factor: 4, capMs: 10_000 }
// After so long another message finds out whether a full destination still is.
const fullForMs = 500
// What waits for a full destination beyond this, times what is in hand at most, is handed back to Redis, so that it
// neither fills this process nor stops the reading.
const waitingPerSlot = 4

/** The router's hands in one shard. */
export class ShardRelay {
  readonly #keys: StreamKeys
  readonly #heardOn: Map<string, HeardOn>
  readonly #options: Required<ShardRelayOptions>
  readonly #consumer: StreamConsumer
  readonly #batches: BatchDelivery
  readonly #upkeep: RelayUpkeep
  readonly #waitingRoom: WaitingRoom
  readonly #relayedBeforeFailure = new WeakMap<HeldEntry, number>()
  readonly #withoutPayload = new WeakSet<HeldEntry>()
  readonly #fullUntil = new Map<string, number>()
  #relayed = 0

  constructor(options: ShardRelayOptions) {
    this.#options = { ...relayDefaults, ...options }
    const { connection, shard, instance, batchSize, reclaimIdleMs, drainTimeoutMs, logger } = this.#options
    const keys = streamKeys(shard)
    this.#keys = keys
    this.#heardOn = routerStreams(shard, this.#options.topology.services)
    const capacity = batchSize * this.#heardOn.size
    this.#waitingRoom = new WaitingRoom(capacity * waitingPerSlot)
    this.#batches = new BatchDelivery(
      () => this.#consumer,
      batchSize,
      (batch) => this.#deliver(batch),
    )
    this.#consumer = new StreamConsumer({
      connection,
      shard,
      streams: [...this.#heardOn.keys()],
      group: 'router',
      consumer: instance,
      // A full batch of each stream: what exceeds one batch waits its turn, and busy streams cannot crowd out others.
      slots: new SlotPool(capacity),
      reclaimIdleMs,
      drainTimeoutMs,
      logger,
      onEntries: (entries) => this.#batches.add(entries),
    })
    this.#upkeep = new RelayUpkeep(connection, this.#options.topology, keys, this.#options)
  }

  /** Whether a service had no room for messages just now. */
  isFull(service: string): boolean {
    return (this.#fullUntil.get(this.#keys.to(service)) ?? 0) > performance.now()
  }

  /** @throws UnavailableError, UnsuitableRedisError: see StreamConsumer. */
  async start(): Promise<void> {
    await this.#consumer.start()
    this.#upkeep.start()
  }

  /** Finishes the batch under way and hands back what was read beyond it. */
  async stop(): Promise<void> {
    await this.#upkeep.stop()
    await this.#consumer.stop()
  }

  async #deliver(batch: HeldEntry[]): Promise<void> {
    const { maxDeliveries } = this.#options
    const good: HeldEntry[] = []
    for (const entry of batch)
      if (isCrashLoop(entry.deliveries, maxDeliveries))
        await this.#bury(
          entry,
          'crash-loop',
          `Given up: ${maxDeliveries} deliveries ended without an outcome`,
        )
      else good.push(entry)
    await this.#relay(good)
  }

  async #relay(entries: HeldEntry[]): Promise<void> {
    if (entries.length === 0) return
    let decisions: RelayDecision[]
    try {
      decisions = await this.#decide(entries)
    } catch (error) {
      await this.#relayOneByOne(entries, error)
      return
    }
    const decided = entries.map((entry, index) => ({ entry, decision: decisions[index] as RelayDecision }))
    const { auditLimitBytes: auditBytes, destinationLimit: destination } = this.#options
    const moves: Promise<void>[] = []
    for (const [stream, some] of Map.groupBy(decided, ({ entry }) => entry.stream)) {
      some.sort((a, b) => compareEntryIds(a.entry.id, b.entry.id))
      const sorted = some.map(({ entry, decision }) => ({ id: entry.id, decision }))
      const speaker = (this.#heardOn.get(stream) as HeardOn).replace('from:', '')
      let start = 0
      for (const call of relayCalls(stream, speaker, sorted, this.#keys, { auditBytes, destination })) {
        const end = start + call.ids.length
        const moved = some.slice(start, end).map(({ entry }) => entry)
        moves.push(this.#move(call, moved))
        start = end
      }
    }
    await Promise.all(moves)
  }

  async #decide(entries: HeldEntry[]): Promise<RelayDecision[]> {
    const decisions = await this.#options.decide(
      entries.map((entry) => ({
        shard: this.#options.shard,
        heardOn: this.#heardOn.get(entry.stream) as HeardOn,
        entryId: entry.id,
        fields: entry.fields,
        ...(this.#withoutPayload.has(entry) && { problem: 'no-payload' as const }),
      })),
    )
    if (decisions.length !== entries.length)
      throw new Error(`decide() answered ${decisions.length} decisions for ${entries.length} entries`)
    return decisions
  }

  // Waits at a full audit stream, a full or an absent Redis: nothing else would get through either.
  async #move(call: RelayCall, entries: HeldEntry[]): Promise<void> {
    const { logger } = this.#options
    for (let failures = 1; !this.#consumer.stopping.aborted || failures === 1; failures += 1) {
      try {
        const answer = await this.#consumer.settleBy('gh_relay', call.keys, call.args, entries)
        this.#conclude(call, entries, answer as [number[], string[]])
        return
      } catch (error) {
        if (isGroupLost(error)) {
          // The reader makes the group again, from the first entry on: what is still there is read anew.
          this.#consumer.forget(entries)
          return
        }
        if (!isBlockage(error)) {
          await this.#relayOneByOne(entries, error)
          return
        }
        if (failures % 20 === 1)
          logger.error(
            { err: error, waiting: this.#consumer.heldCount, failures },
            'Relaying is blocked; waiting',
          )
        await pause(backOffMs(failures, blockedBackOff), this.#consumer.stopping)
      }
    }
  }

  #conclude(call: RelayCall, entries: HeldEntry[], answer: [number[], string[]]): void {
    const { lengths, left } = readRelayOutcome(call, answer)
    for (const [key, length] of lengths)
      if (length >= this.#options.destinationLimit) this.#fullUntil.set(key, performance.now() + fullForMs)
      else this.#fullUntil.delete(key)
    this.#relayed += entries.length - left.size
    if (left.size === 0) {
      this.#consumer.forget(entries)
      return
    }
    const full: HeldEntry[] = []
    for (const entry of entries) {
      const why = left.get(entry.id)
      if (why === undefined || why === 'lost') this.#consumer.forget([entry])
      else if (why === 'full') full.push(entry)
      else if (why === 'no-payload' && !this.#withoutPayload.has(entry)) {
        this.#withoutPayload.add(entry)
        this.#batches.add([entry])
      } else void this.#setAside(entry, new Error(notMoved[why]))
    }
    if (full.length > 0) this.#awaitRoom(full)
  }

  #awaitRoom(entries: HeldEntry[]): void {
    const tooMany: HeldEntry[] = []
    for (const entry of entries) {
      const ms = this.#waitingRoom.enter(entry)
      if (ms === undefined) tooMany.push(entry)
      else void this.#tryLater(entry, ms).finally(() => this.#waitingRoom.leave(entry))
    }
    if (tooMany.length > 0) void this.#consumer.putBack(tooMany)
  }

  async #relayOneByOne(entries: HeldEntry[], error: unknown): Promise<void> {
    const [only] = entries
    if (entries.length === 1 && only) await this.#setAside(only, error)
    else for (const entry of entries) await this.#relay([entry])
  }

  async #setAside(entry: HeldEntry, error: unknown): Promise<void> {
    const { maxDeliveries, logger } = this.#options
    // Only while others pass is the entry to blame: when nothing can be decided, nothing becomes a dead letter.
    const before = this.#relayedBeforeFailure.get(entry)
    if (before === undefined || this.#relayed > before) entry.beginAttempt()
    this.#relayedBeforeFailure.set(entry, this.#relayed)
    const about = { err: error, entryId: entry.id, heardOn: this.#heardOn.get(entry.stream) }
    if (error instanceof TerminalError || entry.attempt >= maxDeliveries) {
      logger.error(about, 'An entry that cannot be relayed goes to the dead letters')
      const code = error instanceof TerminalError ? error.code : 'not-relayed'
      await this.#bury(entry, code, messageOfError(error))
      return
    }
    logger.warn(about, 'An entry could not be relayed; it is tried again later')
    void this.#tryLater(entry, backOffMs(entry.attempt, undecidedBackOff))
  }

  async #tryLater(entry: HeldEntry, ms: number): Promise<void> {
    if (await this.#consumer.park(entry, ms)) this.#batches.add([entry])
  }

  async #bury(entry: HeldEntry, code: string, message: string): Promise<void> {
    const attempts = Math.max(entry.attempt, entry.deliveries)
    await this.#consumer.settle(entry, deadLetterError(entry, { code, message, attempts, service: 'router' }))
  }
}

const notMoved: Record<Exclude<NotMoved, 'lost' | 'full'>, string> = {
  broken: 'A destination cannot be written: its key holds something else than a stream',
  'no-payload': 'The payload that the message refers to is not there',
}

const blockages = [AuditFullError, OutageError, UnsuitableRedisError]

/** Whether the error concerns all entries alike. */
function isBlockage(error: unknown): boolean {
  return blockages.some((type) => error instanceof type)
}
