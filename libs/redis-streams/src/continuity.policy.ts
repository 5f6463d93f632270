/** One life of the data in Redis: another one after a restart and after a failover. */
interface History {
  /** Of the process. */
  runId: string
  /** Of the sequence of writes. */
  replicationId: string
}

/** What tells one state of the data in Redis from another. */
export interface Continuity extends History {
  /** Changes when a consumer misses its group; gone when everything was deleted. */
  epoch: string
}

/**
 * What a service notes in Redis itself, again and again. Redis comes back with a beginning of what it was told, so the
 * note that is found there tells how far that goes.
 */
export interface ContinuityNote {
  seen: Continuity
  /** When the note was begun: what was said before is kept by whoever keeps the note. Milliseconds since 1970. */
  intactAtMs: number
  /** The histories before, the latest first, each with when it was intact by the last note of it that was kept. */
  ended: readonly (History & { intactAtMs: number })[]
}

// The clock by which messages are said may be set back by so much.
const marginMs = 2_000
const endedAtMost = 16

/**
 * From when on messages may be lost, in milliseconds since 1970; 0: any that are still kept. Undefined: none are.
 * @param known the note that this process has written or, when it has just begun, found
 * @param found the note that is there now; another process of the service may have written it
 */
export function lostSince(
  known: ContinuityNote | undefined,
  found: ContinuityNote | undefined,
  now: Continuity,
): number | undefined {
  if (!known || known.seen.epoch !== now.epoch) return 0
  if (isSameHistory(known.seen, now)) return undefined
  if (!found) return 0
  // Of a history of its own, such as that of a primary that others had left, the note that is found knows nothing.
  const foundOf = (history: History) => historiesOf(found).find((one) => isSameHistory(one, history))
  const common = historiesOf(known).map(foundOf).find(Boolean)
  return Math.max(0, (common?.intactAtMs ?? 0) - marginMs)
}

/** The note to write once what was lost is said again. @param intactAtMs read before Redis was looked at */
export function nextNote(
  found: ContinuityNote | undefined,
  seen: Continuity,
  intactAtMs: number,
): ContinuityNote {
  if (!found) return { seen, intactAtMs, ended: [] }
  const ended = historiesOf(found).filter((one) => !isSameHistory(one, seen))
  return { seen, intactAtMs, ended: ended.slice(0, endedAtMost) }
}

export function isSameContinuity(one: Continuity, other: Continuity): boolean {
  return isSameHistory(one, other) && one.epoch === other.epoch
}

/** The note as a text to keep: a line for what was seen, and one for each history before. */
export function writeNote({ seen, intactAtMs, ended }: ContinuityNote): string {
  const first = [seen.runId, seen.replicationId, seen.epoch, intactAtMs]
  const others = ended.map((one) => [one.runId, one.replicationId, one.intactAtMs])
  return [first, ...others].map((line) => line.join(' ')).join('\n')
}

/** Undefined for a text that is none. */
export function readNote(text: string | null): ContinuityNote | undefined {
  const [first = '', ...others] = text?.split('\n') ?? []
  const [runId, replicationId, epoch, intactAt] = first.split(' ')
  if (!runId || !replicationId || !epoch) return undefined
  const ended = others.flatMap((line) => {
    const [endedRunId, endedReplicationId, endedIntactAt] = line.split(' ')
    if (!endedRunId || !endedReplicationId) return []
    return [{ runId: endedRunId, replicationId: endedReplicationId, intactAtMs: timeOf(endedIntactAt) }]
  })
  return { seen: { runId, replicationId, epoch }, intactAtMs: timeOf(intactAt), ended }
}

function historiesOf({ seen, intactAtMs, ended }: ContinuityNote): ContinuityNote['ended'] {
  const { runId, replicationId } = seen
  return [{ runId, replicationId, intactAtMs }, ...ended]
}

function isSameHistory(one: History, other: History): boolean {
  return one.runId === other.runId && one.replicationId === other.replicationId
}

// Nobody knows when: so everything that is kept is said again.
function timeOf(text: string | undefined): number {
  const ms = Number(text)
  return Number.isFinite(ms) ? ms : 0
}
