import type { Role } from './service.names.js'

// A payload class takes no constructor arguments: class-transformer makes the instance and fills it.
export type PayloadClass<P extends object = object> = new () => P

/** One row of the topology. */
export interface MessageDefinition<P extends object = object> {
  /** `noun.past-participle` for facts, `noun.verb` for requests. */
  readonly type: string
  readonly payload: PayloadClass<P>
  /** Services by name, and `client` for whoever speaks on the gateway stream. */
  readonly from: readonly string[]
  /** Services by name, and `client` for the reply stream that `replyto` names. */
  readonly to: readonly string[]
  /** The role a client needs to say it; set exactly where `from` holds `client`. */
  readonly role?: Role
  /** The type of the answer that the requester gets on its reply stream. */
  readonly reply?: string
  /**
   * Largest payload in bytes of UTF-8 JSON; default 64 KiB, never above 256 KiB, or 8 MiB when services alone hear it: what
   * is above 64 KiB lies apart then.
   */
  readonly maxBytes: number
}

export const inlineLimitBytes = 64 * 1024
export const hardLimitBytes = 256 * 1024
export const largestPayloadBytes = 8 * 1024 * 1024

/** Makes a row of the topology; see MessageDefinition. */
export function message<P extends object>(
  type: string,
  payload: PayloadClass<P>,
  row: Omit<MessageDefinition<P>, 'type' | 'payload' | 'maxBytes'> & { maxBytes?: number },
): MessageDefinition<P> {
  return { maxBytes: inlineLimitBytes, ...row, type, payload }
}
