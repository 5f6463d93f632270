import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { answerTo, asked as askedBy } from '../../runs/asking.fixture.js'
import { useExecutors } from '../../runs/executors.fixture.js'
import { bashSteps, ended, skill, taskRun } from '../../runs/run.fixture.js'
import { Step } from '../../runs/step.entity.js'
import { serverFiles } from '../mcp/mcp.server.fixture.js'
import { asked, folder } from './registration.fixture.js'

const { folders, mounts, ...executors } = useExecutors({ config: { concurrency: 3 }, hasChildren: true })
// On a busy machine a process takes its time to start.
const timeoutMs = 60_000

const mcp = { server: 'own', command: ['node', 'server.mjs'], tier: 'allow' as const }
const server = (serverFiles['server.mjs'] ?? '').replace("existsSync('/workspace/inputs')", 'false')
const greet = { id: 'greet', call: 'custom.greet', arguments: { name: 'Ada' } }
const add = { id: 'add', call: 'mcp.own.add', arguments: { a: 2, b: 3 } }

describe('runs whose executor is killed while their functions are registered anew', () => {
  it(
    'go on with the versions that they began with',
    async () => {
      const next = await executors.here()
      const register = (request: object) => next.functions.register(request, asked('function.register'))
      await register(folder())
      await register({ mcp, files: { 'server.mjs': server } })
      const functions = ['bash', 'custom.greet', 'mcp.own.add']
      const before = taskRun([skill({ steps: [...bashSteps('true'), greet] })], {}, { functions })
      const within = taskRun([skill({ steps: [greet] })], {}, { functions })
      const unknown = taskRun([skill({ steps: [add] })], { mounts }, { functions })
      for (const run of [before, within, unknown]) await next.run(run)
      const first = executors.child({
        stopsAt: [
          // Its versions are on record, the call of bash has begun.
          { runId: before.runId, write: 2, side: 'before' },
          { runId: within.runId, index: 0, state: 'started' },
          { runId: unknown.runId, index: 0, state: 'started' },
        ],
      })
      await first.atStop(before.runId, within.runId, unknown.runId)
      await first.kill()

      await register(folder({ version: '2' }, { word: 'two' }))
      await next.functions.remove({ name: 'custom.greet' }, asked('function.remove'))
      const changed = server
        .replace('params.arguments.a +', '100 +')
        .replace('Adds two', 'Adds 100 to one of two')
      await register({ mcp: { ...mcp, tier: 'ask' }, files: { 'server.mjs': changed } })
      // As on another machine, which has called none of them yet.
      rmSync(join(folders.dir, 'functions'), { recursive: true })
      await next.loop.start()

      for (const run of [before, within]) {
        const { payload } = await ended(next.said, run)
        expect(payload['result'], JSON.stringify(payload)).toMatch(/^\{"greeting":"one /)
      }
      const ask = await askedBy(next.said, unknown)
      expect(ask).toMatchObject({
        kind: 'unknown-effect',
        subject: { function: 'mcp.own.add', version: '1' },
      })
      await next.answer(answerTo(ask, { answer: 'retry' }))
      expect((await ended(next.said, unknown)).payload).toMatchObject({ result: '5' })
      const made = await next.database.manager.find(Step, { order: { functionName: 'ASC', begun: 'ASC' } })
      expect(
        made.map(({ functionName, functionVersion, begun }) => [functionName, functionVersion, begun]),
      ).toEqual([
        ['bash', null, 1],
        ['custom.greet', '1', 1],
        ['custom.greet', '1', 2],
        ['mcp.own.add', '1', 2],
      ])

      const anew = taskRun([skill({ steps: [greet] })], {}, { functions })
      await next.run(anew)
      expect((await ended(next.said, anew)).payload['message']).toContain('there was no function')
    },
    timeoutMs,
  )
})
