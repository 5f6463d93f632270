import { schemaName } from '@guildhall/mysql'
import type { BenchPlace } from '../bench.place.js'
import { clockMs } from '../clock.js'
import { CpuMeter } from '../cpu.meter.js'
import type { RoleProcess } from '../role.process.js'
import { latencyOf, type Measurement, type Scenario, warmUpShare } from '../scenario.js'
import { carry, measureOneWay, type OneWay } from './one.way.js'
import { withRoutedWay } from './product.js'

const table = `${schemaName('audit')}.audit_records`
const blocks = `${schemaName('audit')}.audit_blocks`
const takenWithinMs = 60_000
const lookEveryMs = 20
const lagSeconds = 5

export const auditSink: Scenario = {
  name: 'audit sink',
  what:
    'rows a second of the audit service, while the records of routed events wait and nobody else is at work; ' +
    'CPU without that of MariaDB; p50 and p99 are of the lag from verdict to committed row ' +
    `(up to ${lookEveryMs} ms too much), at half the rate at which the events were routed flat out`,
  measure: (place, { messages }) =>
    withRoutedWay(place, 100, async (way) => {
      // Leaves a record of each message on the stream.
      const { rate: routedRate = 0 } = await measureOneWay(place, way, messages, { lanes: 4, batch: 100 })
      const audit = await place.startService('audit')
      try {
        const drained = await measureDrain(place, audit, messages)
        return { ...drained, routedRate, latencyMs: await measureLag(place, way, messages, routedRate / 2) }
      } finally {
        await place.end(audit)
        for (const one of [table, blocks]) await place.rows(`TRUNCATE TABLE ${one}`)
      }
    }),
}

/**
 * From when a part has been taken in, which warms the service up, until nothing is left; from its start when there are
 * so few that they are taken in at once.
 */
async function measureDrain(place: BenchPlace, audit: RoleProcess, messages: number): Promise<Measurement> {
  let from = { records: 0, atMs: clockMs() }
  let meter = await CpuMeter.start(place, { audit })
  const entries = await place.admin.xlen(place.keys.audit)
  const warm = await takenWhenAtMost(place, entries * (1 - warmUpShare))
  if (warm.records < messages) {
    from = warm
    meter = await CpuMeter.start(place, { audit })
  }
  const end = await takenWhenAtMost(place, 0)
  const measured = end.records - from.records
  const cpuUs = await meter.read(measured)
  await refuseOtherRecords(place, messages)
  return { messages: measured, rate: (measured * 1_000) / (end.atMs - from.atMs), cpuUs }
}

/**
 * Only what is about a task counts: when the audit starts for the first time everybody says again what they said of
 * late, and an answer of a scenario before, to whom a record is due as well, may be among it.
 *
 * @throws Error that shows some of the odd ones, unless there is one record for each of so many events.
 */
export async function refuseOtherRecords(place: BenchPlace, events: number): Promise<void> {
  const [row] = await place.rows<{ records: number; events: number }>(
    `SELECT COUNT(*) AS records, COUNT(DISTINCT message_id) AS events FROM ${table} WHERE task_id IS NOT NULL`,
  )
  if (Number(row?.records) === events && Number(row?.events) === events) return
  const odd = await place.rows(
    `SELECT message_id, COUNT(*) AS records, MIN(entry_id) AS first, MAX(entry_id) AS last, MAX(verdict) AS verdict
     FROM ${table} WHERE task_id IS NOT NULL GROUP BY message_id HAVING records > 1 OR verdict = 'denied' LIMIT 5`,
  )
  throw new Error(
    `${row?.records} records of ${row?.events} events were taken in instead of ${events}; odd: ${JSON.stringify(odd)}`,
  )
}

/** Waits until the stream has so few entries, each of many messages: how many records are in the table then. */
async function takenWhenAtMost(place: BenchPlace, most: number): Promise<{ records: number; atMs: number }> {
  for (const deadline = Date.now() + takenWithinMs; ;) {
    const length = await place.admin.xlen(place.keys.audit)
    if (length <= most) {
      const atMs = clockMs()
      const [row] = await place.rows<{ records: number }>(`SELECT COUNT(*) AS records FROM ${table}`)
      return { records: Number(row?.records), atMs }
    }
    if (Date.now() > deadline) throw new Error(`${length} entries stay on the audit stream`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** How old the verdict of each message is when its row is first seen. */
async function measureLag(place: BenchPlace, way: OneWay, most: number, perSecond: number) {
  const messages = Math.min(most, Math.ceil(perSecond * lagSeconds))
  const [last] = await place.rows<{ seq: number | null }>(`SELECT MAX(seq) AS seq FROM ${table}`)
  const rows = watchRows(place, messages, last?.seq ?? 0)
  const [seen] = await Promise.all([rows, carry(place, way, messages, { perSecond })])
  return latencyOf(seen)
}

async function watchRows(place: BenchPlace, messages: number, after: number): Promise<number[]> {
  const lagsMs: number[] = []
  let seq = after
  for (const deadline = Date.now() + lagSeconds * 1_000 + takenWithinMs; lagsMs.length < messages;) {
    const rows = await place.rows<{ seq: number; at: Date }>(
      `SELECT seq, at FROM ${table} WHERE seq > ? ORDER BY seq`,
      [seq],
    )
    const now = Date.now()
    for (const { at } of rows) lagsMs.push(now - at.getTime())
    seq = rows.at(-1)?.seq ?? seq
    if (now > deadline) throw new Error(`${lagsMs.length} of ${messages} records were taken in`)
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
  return lagsMs
}
