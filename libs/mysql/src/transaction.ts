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
import type { ColumnValue, RowInsertion } from './row.insertion.js'
import type { TransactionCalls } from './transaction.calls.js'

/** One attempt at a unit of work: what it changes and what it says become real together, at the commit. */
export class Transaction {
  readonly #service: ServiceName
  readonly #calls: TransactionCalls
  readonly #envelopes: Envelope[] = []
  #ended = false

  constructor(
    /** Reads and writes inside the transaction; useless after it ended. */
    readonly manager: EntityManager,
    service: ServiceName,
    calls: TransactionCalls,
  ) {
    this.#service = service
    this.#calls = calls
  }

  /**
   * One statement that changes rows, with a `?` for each value. The first one of a transaction goes to the server together
   * with its beginning; one of the manager's takes a call for that.
   * @returns how many rows it inserted, deleted or, for an update, matched.
   */
  change(sql: string, values: readonly ColumnValue[]): Promise<number> {
    return this.#calls.change(sql, values)
  }

  /**
   * Adds rows right before the commit, and in the same call to the server when they are few. Whatever else the
   * transaction does comes before that, and does not see them.
   */
  insertLast(insertion: RowInsertion, rows: readonly (readonly ColumnValue[])[]): void {
    if (this.#ended)
      throw new Error('rows were added after their transaction had ended: await what makes them')
    this.#calls.insertLast(insertion, rows)
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
