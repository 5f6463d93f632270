import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SkillConfiguration, SkillStep, TaskRun } from '@guildhall/contracts'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildForChildren, startChild } from '../executor.child.fixture.js'
import { openExecutor, type Said } from '../executor.fixture.js'
import { configFor, ended, makeFolders, skill, taskRun } from '../runs/run.fixture.js'
import { Step } from '../runs/step.entity.js'

const folders = makeFolders()
const config = configFor(folders)
const said: Said[] = []
let server: TestDatabase
let executor: Awaited<ReturnType<typeof openExecutor>>

beforeAll(async () => {
  ;[server] = await Promise.all([TestDatabase.start('executor'), buildForChildren()])
  const orders = { instance: 'executor-1', database: server, config }
  executor = await openExecutor(orders, (message) => void said.push(message))
})
afterAll(async () => {
  await executor?.close()
  await server?.stop()
  folders.remove()
})

let started: Promise<void> | undefined
const startHere = () => (started ??= executor.loop.start())
const scripted = (configuration: SkillConfiguration, inputs: TaskRun['inputs'] = {}) =>
  taskRun([skill(configuration)], { mounts: [{ source: folders.readable, mode: 'ro' }], inputs })
const stepsOf = (runId: string) =>
  executor.database.manager.find(Step, { where: { runId }, order: { index: 'ASC' } })
const reading = {
  id: 'read',
  call: 'fs.read',
  forEach: { ref: 'steps.list.lines' },
  arguments: { path: { ref: 'item' } },
}

// First, while the loop of this process is not started: the other one is to take the run.
describe('a script whose executor is killed', () => {
  it('goes on with the item that it stood at', async () => {
    for (const name of ['a', 'b', 'c', 'd']) writeFileSync(join(folders.readable, name), `in ${name}\n`)
    const list = { id: 'list', call: 'bash', arguments: { command: 'printf "/mnt/readable/%s\\n" a b c d' } }
    const when = { ref: 'item', notEquals: '/mnt/readable/b' }
    const request = scripted({ steps: [list, { ...reading, when }], result: { ref: 'steps.read.text' } })
    const { runId } = request
    await executor.run(request)
    const { host, port, password } = server
    const orders = { instance: 'executor-1', database: { host, port, password }, config }
    const first = startChild({ ...orders, stopsAt: [{ runId, index: 2, state: 'started' }] })
    await first.atStop(runId).finally(() => first.kill())
    await startHere()
    expect((await ended(said, request)).payload).toMatchObject({ result: '["in a","in c","in d"]' })
    const steps = await stepsOf(runId)
    expect(steps.map(({ name, begun }) => [name, begun])).toEqual([
      ['list', 1],
      ['read[0]', 1],
      ['read[2]', 2],
      ['read[3]', 1],
    ])
  }, 60_000)
})

describe('a script', () => {
  const run = async (request: TaskRun) => {
    await startHere()
    await executor.run(request)
    const { type, payload } = await ended(said, request)
    const names = (await stepsOf(request.runId)).map(({ name }) => name)
    return { type, payload, names }
  }
  const echo = (id: string, value: string, more: Partial<SkillStep> = {}): SkillStep => ({
    id,
    call: 'bash',
    arguments: { command: 'printf %s "$1"', args: [{ ref: value }] },
    ...more,
  })

  it('leaves steps out whose conditions do not hold, and says so to those that ask', async () => {
    const request = scripted(
      {
        parameters: { type: 'object', properties: { format: { type: 'string', default: 'csv' } } },
        steps: [
          echo('csv', 'task.goal', { when: { ref: 'parameters.format', equals: 'csv' } }),
          echo('json', 'parameters.format', { when: { ref: 'parameters.format', in: ['json'] } }),
          echo('fallback', 'task.goal', { when: { ref: 'steps.csv.text', exists: false } }),
        ],
        result: { ref: 'steps.json.text' },
      },
      { format: 'json' },
    )
    expect(await run(request)).toMatchObject({
      names: ['json', 'fallback'],
      payload: { result: 'json' },
    })
  })

  it('goes through lists of values, each with its place', async () => {
    const request = scripted(
      {
        parameters: { type: 'object', properties: { files: { type: 'array' } } },
        steps: [echo('name', 'item.name', { forEach: { ref: 'parameters.files' } })],
      },
      { files: [{ name: 'x' }, { name: 'y' }] },
    )
    expect(await run(request)).toMatchObject({ names: ['name[0]', 'name[1]'], payload: { result: 'xy' } })
  })

  it.each<[string, SkillStep, string, RegExp]>([
    [
      'a list that is none',
      echo('a', 'item', { forEach: { ref: 'task.goal' } }),
      'invalid-list',
      /steps\.<id>\.lines/,
    ],
    [
      'more items than there may be',
      echo('a', 'item', { forEach: Array<number>(1_001).fill(0) }),
      'invalid-list',
      /1001 items, and 1000 are the most/,
    ],
    [
      'an item without the field',
      echo('a', 'item.x', { forEach: [{ y: 1 }] }),
      'unknown-reference',
      /item 0: "item\.x"/,
    ],
  ])('fails for good on %s', async (_, step, code, message) => {
    const { payload } = await run(scripted({ steps: [step] }))
    expect(payload).toMatchObject({ code, message: expect.stringMatching(message), retryable: false })
  })
})
