import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../running.stack.js'
import { readChaosConfig } from './chaos.config.js'
import { Rig } from './rig.js'
import { endStory } from './story.report.js'

const { seed } = readChaosConfig()
const reclaimIdleMs = 1_000
const handlerTakesMs = 10 * reclaimIdleMs

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start({ seed, settings: { reclaimIdleMs }, counts: { router: 1, 'task-scheduler': 1 } })
})
afterAll(() => rig?.stop())

const begun = () => rig.reports('began')

it('a handler of ten times the time after which others take over runs once', async () => {
  const startedAt = Date.now()
  rig.setLoad(10)
  await rig.say(0, 'take-long', handlerTakesMs)
  await rig.say(1, 'take-long', handlerTakesMs)
  await until(() => begun().length === 2, 'both have begun')
  await new Promise((resolve) => setTimeout(resolve, handlerTakesMs))
  const notes = [`${handlerTakesMs} ms, others take over after ${reclaimIdleMs} ms`]
  await endStory(rig, { story: 'slow handler', seed, startedAt, notes })
  expect(begun()).toHaveLength(2)
})
