/** Why a message lies in the dead letters: the JSON of its field `error`, beside the original fields. */
export interface DeadLetterError {
  code: string
  message: string
  /** Tries of the handler, or deliveries when it was given up before a try. */
  attempts: number
  service: string
  /** RFC 3339. */
  at: string
}

/** The fields of a dead letter: those of the entry, without a client's credential, and the error. */
export function deadLetterFields(
  fields: Readonly<Record<string, string>>,
  error: DeadLetterError,
): Record<string, string> {
  const { authorization: _stripped, ...kept } = fields
  return { ...kept, error: JSON.stringify(error) }
}
