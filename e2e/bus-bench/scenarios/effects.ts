import { schemaName } from '@guildhall/mysql'
import type { BenchPlace } from '../bench.place.js'
import { CpuMeter } from '../cpu.meter.js'
import type { RoleProcess } from '../role.process.js'
import type { Answered, RequestOrder } from '../role.protocol.js'
import { batchSize, type EffectsSettings } from '../roles/effect.rows.js'
import { latencyOf, type Scenario } from '../scenario.js'

// A service hands its batches on one after another.
const lanes = 1
const slices = 4
const markedWithinMs = 30_000
const schema = schemaName('executor')

/**
 * The product and the bare transactions take turns in slices, each in a process of its own, so that both meet the same
 * machine. The marks that published messages are sent belong to the product; the last few of a slice are written after
 * its clock has stopped, and are waited for.
 */
export const exactlyOnceEffect: Scenario = {
  name: 'exactly-once effect',
  what:
    `handleAllOnce, ${batchSize} messages a transaction, one transaction at a time, a state row and an outbox message each, ` +
    'a publisher that does nothing; CPU without that of MariaDB; compared with bare transactions of the same rows by mysql2',
  async measure(place, { messages }) {
    const settings = { mariadb: place.mariadbAs('executor') }
    const product = await place.startRole<EffectsSettings>('product.effects', 'executor', settings)
    const raw = await place.startRole<EffectsSettings>('raw.effects', 'executor', settings)
    const size = Math.ceil(messages / 2 / slices / batchSize) * batchSize
    const order: RequestOrder = { messages: size, lanes }
    let handledRaw = 0
    const runRaw = async () => {
      const answered = await raw.run<Answered>(order)
      handledRaw += size
      return answered
    }
    const runProduct = async () => {
      const answered = await product.run<Answered>(order)
      await untilMarked(place, handledRaw)
      return answered
    }
    try {
      await runRaw()
      await runProduct()
      const meter = await CpuMeter.start(place, { product })
      const products: Answered[] = []
      const raws: Answered[] = []
      for (let slice = 0; slice < slices; slice += 1) {
        if (slice % 2 === 0) products.push(await runProduct())
        raws.push(await runRaw())
        if (slice % 2 === 1) products.push(await runProduct())
      }
      const cpuUs = await meter.read(slices * size)
      await refuseOtherRows(place, (slices + 1) * size)
      return {
        messages: slices * size,
        rate: rateOf(products, size),
        bareRate: rateOf(raws, size),
        cpuUs,
        latencyMs: latencyOf(products.flatMap(({ latenciesMs }) => latenciesMs)),
      }
    } finally {
      await endAndEmpty(place, product, raw)
    }
  },
}

function rateOf(answered: readonly Answered[], size: number): number {
  return (answered.length * size * 1_000) / answered.reduce((sum, { tookMs }) => sum + tookMs, 0)
}

/** Waits until only the bare messages, which nobody marks, count as unsent. */
async function untilMarked(place: BenchPlace, bare: number): Promise<void> {
  for (const deadline = Date.now() + markedWithinMs; ;) {
    const unsent = await count(place, 'outbox WHERE sent_at IS NULL')
    if (unsent === bare) return
    if (Date.now() > deadline) throw new Error(`${unsent} messages stay unmarked instead of ${bare}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** @throws Error unless both have left what so many messages leave. */
async function refuseOtherRows(place: BenchPlace, each: number): Promise<void> {
  const inbox = await count(place, 'inbox')
  const outbox = await count(place, 'outbox')
  const changes = await place.rows<{ space: Buffer; changes: string }>(
    `SELECT space, SUM(version) AS changes FROM ${schema}.state_entries WHERE space LIKE 'bench %' GROUP BY space`,
  )
  const found = [inbox / 2, outbox / 2, ...changes.map((row) => Number(row.changes))]
  if (found.length !== 4 || found.some((number) => number !== each))
    throw new Error(`effects of ${each} messages each were expected, found: ${found.join(', ')}`)
}

async function count(place: BenchPlace, from: string): Promise<number> {
  const [row] = await place.rows<{ n: number }>(`SELECT COUNT(*) AS n FROM ${schema}.${from}`)
  return Number(row?.n)
}

async function endAndEmpty(place: BenchPlace, ...roles: RoleProcess[]): Promise<void> {
  await place.end(...roles)
  for (const table of ['inbox', 'outbox']) await place.rows(`TRUNCATE TABLE ${schema}.${table}`)
  await place.rows(`DELETE FROM ${schema}.state_entries WHERE space LIKE 'bench %'`)
}
