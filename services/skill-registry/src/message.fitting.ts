/** What an answer may have so that it passes every row of the topology, with room for what surrounds it. */
export const payloadLimitBytes = 190 * 1024

/** What one skill may have as a message: an agent and a task travel beside it. */
export const skillLimitBytes = 170 * 1024

/** Bytes of a value as JSON on the wire. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** The longest beginning of a list whose JSON has at most `limitBytes`. */
export function beginningThatFits<T>(items: readonly T[], limitBytes: number = payloadLimitBytes): T[] {
  let bytes = 0
  const end = items.findIndex((item) => (bytes += jsonBytes(item) + 1) > limitBytes)
  return end === -1 ? [...items] : items.slice(0, end)
}
