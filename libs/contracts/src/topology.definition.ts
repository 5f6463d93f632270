import type { MessageDefinition, PayloadClass } from './message.definition.js'

const byPayload = new WeakMap<PayloadClass, MessageDefinition>()

/** Who is on a bus and what may be said there: the services and the table of messages. */
export class Topology {
  readonly #byType: ReadonlyMap<string, MessageDefinition>

  /** @throws Error when a type or a payload class is in two rows. */
  constructor(
    /** Every service that has a mouth (`from:<service>`) and an ear (`to:<service>`). */
    readonly services: readonly string[],
    readonly messages: readonly MessageDefinition[],
  ) {
    this.#byType = new Map(messages.map((row) => [row.type, row]))
    if (this.#byType.size < messages.length) throw new Error('The topology has a message type twice')
    for (const row of messages) {
      if (byPayload.has(row.payload)) throw new Error(`${row.payload.name} is the payload of two messages`)
      byPayload.set(row.payload, row)
    }
  }

  /** The row of a message type, or undefined when no such message exists. */
  find(type: string): MessageDefinition | undefined {
    return this.#byType.get(type)
  }

  /** Every message that a service must handle. */
  heardBy(service: string): MessageDefinition[] {
    return this.messages.filter((row) => row.to.includes(service))
  }
}

/**
 * The row that carries this payload class.
 * @throws Error when the class is in no row of a topology.
 */
export function messageOf<P extends object>(payload: PayloadClass<P>): MessageDefinition<P> {
  const row = byPayload.get(payload)
  if (!row) throw new Error(`${payload.name} is in no row of the topology: add it to topology.ts`)
  return row as MessageDefinition<P>
}
