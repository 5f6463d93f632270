import type { Envelope } from '@guildhall/contracts'
import type { DatabaseLogger, EnvelopePublisher } from './database.options.js'
import { failureOf } from './server.errors.js'

/** Beyond so many at once whoever commits waits for its own, as long as Redis takes. */
const mostBehind = 64

/**
 * Publishes what was committed. What is to go behind its caller's back is begun at once and waited for by nobody but what
 * comes later about the same subject: messages about one subject are published in the order in which they were handed in.
 * What could not be published stays in the outbox, with all that waited behind it, for the sweeper.
 */
export class Publications {
  readonly #publisher: EnvelopePublisher
  readonly #logger: DatabaseLogger
  readonly #onPublished: (ids: readonly string[]) => void
  readonly #inHand = new Set<string>()
  /** By subject, the latest that goes behind; true when it was published. */
  readonly #behind = new Map<string, Promise<boolean>>()
  #count = 0

  constructor(
    publisher: EnvelopePublisher,
    logger: DatabaseLogger,
    onPublished: (ids: readonly string[]) => void,
  ) {
    this.#publisher = publisher
    this.#logger = logger
    this.#onPublished = onPublished
  }

  /** True from the commit until it is known how the publication went. */
  isInHand(id: string): boolean {
    return this.#inHand.has(id)
  }

  /** Resolves when they are published, or left to the sweeper. */
  async publish(envelopes: readonly Envelope[]): Promise<void> {
    if (envelopes.length > 0) await this.#inTurn(envelopes)
  }

  /** As `publish`, and resolves at once unless too much is under way. */
  async publishBehind(envelopes: readonly Envelope[]): Promise<void> {
    if (envelopes.length === 0) return
    const publication = this.#inTurn(envelopes)
    for (const subject of subjectsOf(envelopes)) this.#behind.set(subject, publication)
    this.#count += 1
    const isOver = publication.then(() => {
      this.#count -= 1
      for (const subject of subjectsOf(envelopes)) {
        if (this.#behind.get(subject) === publication) this.#behind.delete(subject)
      }
    })
    if (this.#count > mostBehind) await isOver
  }

  /** Resolves when nothing about the subject, or about any, goes behind any more. */
  async idle(subject?: string): Promise<void> {
    await (subject === undefined ? Promise.all(this.#behind.values()) : this.#behind.get(subject))
  }

  async #inTurn(envelopes: readonly Envelope[]): Promise<boolean> {
    const ids = envelopes.map(({ header }) => header.id)
    for (const id of ids) this.#inHand.add(id)
    try {
      const earlier = subjectsOf(envelopes).flatMap((subject) => this.#behind.get(subject) ?? [])
      // Nothing gets ahead of what was left: the sweeper has it all, and goes by its time.
      if (earlier.length > 0 && (await Promise.all(earlier)).includes(false)) return false
      await this.#publisher.publish(envelopes)
      this.#onPublished(ids)
      return true
    } catch (error) {
      this.#logger.warn(
        { reason: failureOf(error).text, messages: ids.length },
        'messages are committed but not yet published; the sweeper will do it',
      )
      return false
    } finally {
      for (const id of ids) this.#inHand.delete(id)
    }
  }
}

function subjectsOf(envelopes: readonly Envelope[]): string[] {
  const [first, ...more] = envelopes.map(({ header }) => header.subject ?? '')
  if (first === undefined) return []
  return more.every((subject) => subject === first) ? [first] : [...new Set([first, ...more])]
}
