import type { HeldEntry } from './held.entry.js'

/** Why a message lies in the dead letters: the JSON of its last field `error`, behind the original fields. */
export interface DeadLetterError {
  /** Stable, kebab-case: `too-many-attempts`, `invalid-payload`, … */
  code: string
  message: string
  /** Tries of the handler, or deliveries when it was given up before a try. */
  attempts: number
  /** Who gave it up. */
  service: string
  /** RFC 3339. */
  at: string
  /** Key of the stream that it lay in, and its id there. */
  stream: string
  entryId: string
}

/**
 * The text of the field `error` of the dead letter that an entry becomes. Redis copies the fields of the entry itself,
 * byte for byte and without a credential; more than 3,500 fields become one, `netstrings`, that holds names and values
 * in turn, each as `<length>:<bytes>,`.
 */
export function deadLetterError(
  entry: Pick<HeldEntry, 'stream' | 'id'>,
  about: Pick<DeadLetterError, 'code' | 'message' | 'attempts' | 'service'>,
): string {
  const error: DeadLetterError = {
    ...about,
    at: new Date().toISOString(),
    stream: entry.stream,
    entryId: entry.id,
  }
  return JSON.stringify(error)
}
