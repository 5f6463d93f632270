/** What tells one life of the data in Redis from another. */
export interface Continuity {
  /** Of the process. */
  runId: string
  /** Of the history of writes: another one after a failover. */
  replicationId: string
  /** Changes when a consumer misses its group; gone when everything was deleted. */
  epoch: string
}

// What Redis acknowledges reaches its disk and its replicas a little later.
const marginMs = 10_000

/**
 * From when on messages may be lost, in milliseconds since 1970; 0: any that are still kept. Undefined: none are.
 * @param before what was seen last, by this process or by the one before it
 * @param intactAtMs when it was seen last; undefined when nobody knows
 */
export function lostSince(
  before: Continuity | undefined,
  now: Continuity,
  intactAtMs: number | undefined,
): number | undefined {
  if (!before || before.epoch !== now.epoch) return 0
  if (before.runId === now.runId && before.replicationId === now.replicationId) return undefined
  return intactAtMs === undefined ? 0 : Math.max(0, intactAtMs - marginMs)
}

/** The continuity as a text to keep. */
export function writeContinuity({ runId, replicationId, epoch }: Continuity): string {
  return [runId, replicationId, epoch].join(' ')
}

/** Undefined for a text that is none. */
export function readContinuity(text: string | null): Continuity | undefined {
  const [runId, replicationId, epoch] = text?.split(' ') ?? []
  return runId && replicationId && epoch ? { runId, replicationId, epoch } : undefined
}
