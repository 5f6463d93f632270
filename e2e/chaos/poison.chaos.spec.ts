import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../running.stack.js'
import { readChaosConfig } from './chaos.config.js'
import { messageOf, Rig } from './rig.js'
import type { Numbered } from './role.orders.js'
import { endStory } from './story.report.js'

const { seed } = readChaosConfig()
// Two consumers, both of which a message that blocks may hold for 20 s before it is given up.
const neighboursWithinMs = 45_000
const givenUpWithinMs = 120_000

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start({ seed, counts: { router: 1, 'task-scheduler': 1 } })
})
afterAll(() => rig?.stop())

const nobody = { key: -1, n: 0 }
const doing = (does: NonNullable<Numbered['does']>) => messageOf({ ...nobody, does })

/** What the router refuses: said by the task scheduler, by the code that the audit gives. */
const refused: [code: string, fields: Record<string, string>][] = [
  ['invalid', { event: 'not JSON', data: '{}' }],
  ['invalid', { data: '{}' }],
  ['invalid', messageOf(nobody, { source: '/services/executor' })],
  ['unknown-type', messageOf(nobody, { type: 'task.unheard-of' })],
  ['not-permitted', messageOf(nobody, { type: 'run.started' })],
  ['expired', messageOf(nobody, { expirytime: '2020-01-01T00:00:00Z' })],
  ['too-large', messageOf({ ...nobody, filler: 'x'.repeat(300 * 1024) })],
]

const stamp = JSON.stringify({
  verdict: 'allowed',
  router: 'none',
  policy: '0',
  heardOn: 'x',
  deliveredTo: [],
})
/** What would have got past the router: it lies in the consumer's ear, and ends in the dead letters by this code. */
const given: [code: string, fields: Record<string, string>][] = [
  ['invalid-entry', { event: 'not JSON', data: '{}', stamp }],
  ['invalid-entry', { ...messageOf(nobody), data: 'not JSON', stamp }],
  ['invalid-entry', messageOf(nobody)],
  ['unknown-type', { ...messageOf(nobody, { type: 'task.unheard-of' }), stamp }],
  ['invalid-payload', { ...messageOf({ wrong: 'shape' }), stamp }],
]

it('poison ends in the audit or in the dead letters, and every good message beside it has its one effect', async () => {
  const startedAt = Date.now()
  rig.setLoad(20)
  await until(async () => (await rig.ledger.said()) > 20, 'the load flows')
  const mouth = rig.keys.from('task-scheduler')
  for (const [, fields] of refused) await rig.put(mouth, fields)
  for (const [, fields] of given) await rig.put(rig.keys.to('executor'), fields)
  for (const does of ['throw', 'exit', 'hang', 'block'] as const) await rig.put(mouth, doing(does))
  const poisonedAt = Date.now()
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  rig.setLoad(0)

  await until(
    async () => (await rig.ledger.outstanding()) === 0,
    'the neighbours are done',
    neighboursWithinMs,
  )
  const neighboursMs = Math.round((await rig.ledger.delaysMs(startedAt)).at(-1) ?? 0)
  const dead = async () => (await rig.deadLetters()).length >= given.length + 4
  await until(dead, 'all poison is given up', givenUpWithinMs)
  const notes = [
    `${refused.length} refused, ${given.length + 4} dead letters after ${Date.now() - poisonedAt} ms`,
    `slowest neighbour ${neighboursMs} ms`,
  ]
  await endStory(rig, { story: 'poison', seed, startedAt, notes })
  expect(await rig.ledger.denials()).toEqual(refused.map(([code]) => code).toSorted())
  const codes = (await rig.deadLetters()).map(
    ({ error = '{}' }) => (JSON.parse(error) as { code: string }).code,
  )
  expect(codes).toEqual(
    expect.arrayContaining([...given.map(([code]) => code), 'too-many-attempts', 'crash-loop']),
  )
  expect(codes).toHaveLength(given.length + 4)
}, 300_000)
