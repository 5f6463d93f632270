import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../running.stack.js'
import { readChaosConfig } from './chaos.config.js'
import { messageOf, Rig } from './rig.js'
import { endStory } from './story.report.js'

const { seed } = readChaosConfig()
// A message that blocks may hold both consumers for 20 s.
const neighboursWithinMs = 60_000
const givenUpWithinMs = 120_000

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start({
    seed,
    counts: { router: 1, 'task-scheduler': 1 },
    settings: { handlerTimeoutMs: 1_500 },
  })
})
afterAll(() => rig?.stop())
afterEach(() => rig.ledger.clear())

const nobody = { key: -1, n: 0 }

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

/** Waits until all good messages are done, and then until the poison is given up. */
async function untilOver(expectedLetters: number) {
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  rig.setLoad(0)
  const poisonedAt = Date.now()
  await until(
    async () => (await rig.ledger.outstanding()) === 0,
    'the neighbours are done',
    neighboursWithinMs,
  )
  const [slowest] = (await rig.ledger.delaysMs(0)).slice(-1)
  const isGivenUp = async () => (await rig.ledger.deadLetterCodes()).length >= expectedLetters
  await until(isGivenUp, 'the poison is given up', givenUpWithinMs)
  return [`given up after ${Date.now() - poisonedAt} ms`, `slowest neighbour ${Math.round(slowest ?? 0)} ms`]
}

async function underLoad() {
  rig.setLoad(20)
  await until(async () => (await rig.ledger.said()) > 10, 'the load flows')
}

describe('among good messages, each of which has its one effect all the same,', () => {
  it('malformed ones are refused by the router, or end in the dead letters', async () => {
    const startedAt = Date.now()
    await underLoad()
    for (const [, fields] of refused) await rig.put(rig.keys.from('task-scheduler'), fields)
    for (const [, fields] of given) await rig.put(rig.keys.to('executor'), fields)
    const notes = await untilOver(given.length)
    const told = { story: 'malformed', seed, startedAt }
    await endStory(rig, {
      ...told,
      notes: [`${refused.length} refused, ${given.length} dead letters`, ...notes],
    })
    expect(await rig.ledger.denials()).toEqual(refused.map(([code]) => code).toSorted())
    expect(await rig.ledger.deadLetterCodes()).toEqual(given.map(([code]) => code).toSorted())
  })

  it.each([
    ['throws', 'throw', 'too-many-attempts'],
    ['ends the process', 'exit', 'crash-loop'],
    ['never ends', 'hang', 'too-many-attempts'],
  ] as const)(
    'one whose handler %s ends in the dead letters',
    async (_, does, code) => {
      const startedAt = Date.now()
      await underLoad()
      await rig.put(rig.keys.from('task-scheduler'), messageOf({ ...nobody, does }))
      // In hand while the poison does its work.
      await rig.say(0, 'take-long', 1_000)
      const notes = await untilOver(1)
      await endStory(rig, { story: `poison: ${does}`, seed, startedAt, notes })
      expect(await rig.ledger.deadLetterCodes()).toEqual([code])
    },
    240_000,
  )

  it('one whose handler blocks the event loop for 20 s has its one effect, and comes to an end', async () => {
    const startedAt = Date.now()
    await underLoad()
    await rig.say(1, 'block', 20_000)
    await rig.say(0, 'take-long', 1_000)
    const notes = await untilOver(0)
    await endStory(rig, { story: 'poison: block', seed, startedAt, notes })
    // Nobody can renew it meanwhile. Whoever takes it over is blocked as well, until one settles it or it is given up.
    const codes = await rig.ledger.deadLetterCodes()
    if (codes.length > 0) expect(codes).toEqual(['crash-loop'])
  }, 240_000)
})
