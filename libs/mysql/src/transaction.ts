import {
  causedBy,
  createEnvelope,
  type Envelope,
  type MessageOrigin,
  messageOf,
  type PayloadClass,
  type ReceivedMessage,
  type ServiceName,
  TerminalError,
} from '@guildhall/contracts'
import type { EntityManager } from 'typeorm'

/** One attempt at a unit of work: what it changes and what it says become real together, at the commit. */
export class Transaction {
  readonly #service: ServiceName
  readonly #envelopes: Envelope[] = []
  #ended = false

  constructor(
    /** Reads and writes inside the transaction; useless after it ended. */
    readonly manager: EntityManager,
    service: ServiceName,
  ) {
    this.#service = service
  }

  /**
   * Says a message when the transaction commits. Its id, time and trace context are made now.
   * @throws TerminalError `message-too-large` above the size limit of the message's row in the topology.
   * @throws Error when this service may not say the message, or the transaction has ended (a missing `await`).
   */
  publish<P extends object>(payload: PayloadClass<P>, value: P, origin: MessageOrigin): void {
    const { type, from, maxBytes } = messageOf(payload)
    if (this.#ended)
      throw new Error(`${type} was published after its transaction had ended: await what makes it`)
    if (!from.includes(this.#service))
      throw new Error(`${this.#service} may not say ${type}: see topology.ts`)
    const envelope = createEnvelope(type, value, `/services/${this.#service}`, origin)
    const bytes = Buffer.byteLength(envelope.data)
    if (bytes > maxBytes) {
      throw new TerminalError('message-too-large', `${type} has ${bytes} bytes, ${maxBytes} are allowed`)
    }
    this.#envelopes.push(envelope)
  }

  /** Answers a request when the transaction commits: to its requester, caused by it, with its id as `correlationid`. */
  reply<P extends object>(to: ReceivedMessage, payload: PayloadClass<P>, value: P): void {
    this.publish(payload, value, { ...causedBy(to.header), correlationid: to.header.id })
  }

  /** Closes it to further messages and hands out those that were said. Called by the Database only. */
  end(): readonly Envelope[] {
    this.#ended = true
    return this.#envelopes
  }
}
