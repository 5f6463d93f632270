import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TaskRun } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import type { Said } from '../executor.fixture.js'
import { type ExecutorHere, useExecutors } from './executors.fixture.js'
import { Run } from './run.entity.js'
import { bashSteps, ended, endOf, linesOf, skill, taskRun, until } from './run.fixture.js'
import { Step } from './step.entity.js'

// What is claimed holds for any lease; with a short one it is seen sooner.
const leaseMs = 2_000
// On a busy machine a process takes its time to start.
const timeoutMs = 60_000
const { folders, mounts, ...executors } = useExecutors({
  config: { concurrency: 4 },
  leaseMs,
  hasChildren: true,
})

const appending = (name: string) => [
  ...bashSteps(`echo first >> /mnt/shared/${name}; echo kept > kept`, `echo second >> /mnt/shared/${name}`),
  { id: 'kept', call: 'fs.read', arguments: { path: 'kept' } },
  { id: 'last', call: 'bash', arguments: { command: `cat kept; echo third >> /mnt/shared/${name}` } },
]
const rowOf = ({ database }: ExecutorHere, runId: string) => database.manager.findOneByOrFail(Run, { runId })
const outside = (steps: ReturnType<typeof bashSteps>): TaskRun => taskRun([skill({ steps })], { mounts })
const hasSaid = (said: Said[], { runId }: TaskRun, index: number, state: string) =>
  said.some(({ payload }) => {
    const step = payload['step'] as { index: number; state: string } | undefined
    return payload['runId'] === runId && step?.index === index && step.state === state
  })

describe('runs whose executor is killed', () => {
  it(
    'are gone on with by another one as each of them stood',
    async () => {
      const names = { between: randomUUID(), reading: randomUUID(), outcome: randomUUID() }
      const runs = {
        // Done, and nothing begun but a call that only reads.
        between: outside(appending(names.between)),
        // In the middle of a call whose effects stay in the workspace.
        inside: taskRun([skill({ steps: bashSteps('echo 1 >> log', 'echo 2 >> log; sleep 5', 'cat log') })]),
        // About to make a call that only reads.
        reading: outside([
          ...bashSteps(`echo first >> /mnt/shared/${names.reading}`),
          { id: 'read', call: 'fs.read', arguments: { path: `/mnt/shared/${names.reading}` } },
        ]),
        // Ended, and nobody has heard of it.
        over: outside(bashSteps(`echo once >> /mnt/shared/${names.outcome}`)),
      }
      const next = await executors.here({ instance: 'executor-b' })
      for (const request of Object.values(runs)) await next.run(request)
      const first = executors.child({
        stopsAt: [
          { runId: runs.between.runId, index: 1, state: 'finished' },
          { runId: runs.reading.runId, index: 1, state: 'started' },
          { runId: runs.over.runId, type: 'run.succeeded' },
        ],
      })
      await first.atStop(runs.between.runId, runs.reading.runId, runs.over.runId)
      await until(() => hasSaid(first.said, runs.inside, 1, 'started'))
      await first.kill()
      const killedAt = Date.now()
      next.database.startSweeper()
      await next.loop.start()

      const between = await ended(next.said, runs.between)
      const tookMs = Date.now() - killedAt
      expect(between.payload).toMatchObject({ result: 'kept' })
      expect(linesOf(join(folders.shared, names.between))).toEqual(['first', 'second', 'third'])
      expect(await rowOf(next, runs.between.runId)).toMatchObject({ restarts: 0, claims: 2 })
      const { runId } = runs.between
      expect(await next.database.manager.findOneByOrFail(Step, { runId, index: 2 })).toMatchObject({
        begun: 2,
      })
      expect(tookMs).toBeLessThan(leaseMs + 4_000)
      expect(next.said.filter(({ type }) => type === 'run.started')).toEqual([])

      expect((await ended(next.said, runs.inside)).payload).toMatchObject({ result: '1\n2' })
      expect(await rowOf(next, runs.inside.runId)).toMatchObject({ restarts: 1, claims: 2 })

      expect((await ended(next.said, runs.reading)).payload).toMatchObject({ result: 'first' })
      expect(await rowOf(next, runs.reading.runId)).toMatchObject({ restarts: 0, claims: 2 })

      expect((await ended(next.said, runs.over)).type).toBe('run.succeeded')
      expect(linesOf(join(folders.shared, names.outcome))).toEqual(['once'])
      expect(await rowOf(next, runs.over.runId)).toMatchObject({ claims: 1 })
    },
    timeoutMs,
  )

  it(
    'are taken over at once by the same instance',
    async () => {
      // So long that who waited for it would be told from who did not, on any machine.
      const leaseMs = 30_000
      const name = randomUUID()
      const request = outside(appending(name))
      const next = await executors.here({ leaseMs })
      await next.run(request)
      const first = executors.child({
        leaseMs,
        stopsAt: [{ runId: request.runId, index: 2, state: 'started' }],
      })
      await first.atStop(request.runId)
      await first.kill()
      const killedAt = Date.now()
      await next.loop.start()
      await until(() => hasSaid(next.said, request, 2, 'started'))
      const tookMs = Date.now() - killedAt
      expect((await ended(next.said, request)).type).toBe('run.succeeded')
      expect(linesOf(join(folders.shared, name))).toEqual(['first', 'second', 'third'])
      expect(tookMs).toBeLessThan(leaseMs)
    },
    timeoutMs,
  )
})

describe('an executor that stands still', () => {
  it(
    'loses its run, and writes nothing more',
    async () => {
      const request = taskRun([
        skill({ steps: bashSteps('echo 1 >> log', 'echo 2 >> log; sleep 1', 'cat log') }),
      ])
      const next = await executors.here({ instance: 'executor-b' })
      await next.run(request)
      const stopped = executors.child()
      await until(() => hasSaid(stopped.said, request, 1, 'started'))
      stopped.process.kill('SIGSTOP')
      await next.loop.start()
      const end = await ended(next.said, request)
      expect(end.payload['result']).toBe('1\n2')
      const before = await next.database.manager.findBy(Step, { runId: request.runId })
      stopped.process.kill('SIGCONT')
      stopped.process.send('close')
      await until(() => stopped.said.some(({ type }) => type === 'closed'))
      expect(endOf(stopped.said, request.runId)).toBeUndefined()
      expect(hasSaid(stopped.said, request, 1, 'finished')).toBe(false)
      expect(await next.database.manager.findBy(Step, { runId: request.runId })).toEqual(before)
    },
    timeoutMs,
  )
})
