import type { PayloadClass, ReceivedMessage } from '@guildhall/contracts'

/**
 * Makes the payload class's instance of what a message carries.
 * @throws TerminalError `invalid-payload` for what does not fit the class.
 */
export type PayloadReader = (payload: PayloadClass, value: unknown) => object

/** One message of a batch. */
export interface BatchMessage<P extends object = object> {
  readonly payload: P
  readonly message: ReceivedMessage
}

/**
 * What became of one message of a batch: an Error as if its handler had thrown it; anything else, as if it had returned
 * it, the reply where the topology names one.
 */
export type Outcome = object | Error | undefined

/** How the messages of a type are handled. */
export interface HandlerCall {
  /** Runs the handler on one message, or on many at once where batchSize says so. */
  readonly run: (payload: unknown, message: unknown) => Promise<unknown>
  readonly timeoutMs: number
  /** Most messages in one call; absent: one message at a time, without an array round it. */
  readonly batchSize: number | undefined
  /** Makes the payload of the value that came as JSON. */
  readonly readPayload: (value: unknown) => unknown
}
