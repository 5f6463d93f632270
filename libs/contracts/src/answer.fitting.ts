/** What an answer may have so that it passes every row of the topology, with room for what surrounds it. */
export const answerLimitBytes = 190 * 1024

/**
 * What the snapshot of an agent, skills and their files included, may have so that it passes every message that carries it
 * between services; the task that travels beside it has at most 60 KiB.
 */
export const snapshotLimitBytes = 900 * 1024

/** Bytes of a value as JSON on the wire. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** The longest beginning of a list that one answer holds, and how many items were left out. */
export function fittingList<T>(
  items: readonly T[],
  limitBytes: number = answerLimitBytes,
): { kept: T[]; omitted: number } {
  let bytes = 0
  const end = items.findIndex((item) => (bytes += jsonBytes(item) + 1) > limitBytes)
  const kept = end === -1 ? [...items] : items.slice(0, end)
  return { kept, omitted: items.length - kept.length }
}
