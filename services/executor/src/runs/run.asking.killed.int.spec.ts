import { randomUUID } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StopAt } from '../executor.child.work.fixture.js'
import { answerTo, asked, asksOf, writing } from './asking.fixture.js'
import { useExecutors } from './executors.fixture.js'
import { bashSteps, ended, linesOf, skill, taskRun, until } from './run.fixture.js'
import { Step } from './step.entity.js'

const { folders, mounts, ...executors } = useExecutors({ config: { concurrency: 3 }, hasChildren: true })
// On a busy machine a process takes its time to start.
const timeoutMs = 60_000

describe('runs that ask, when their executor is killed', () => {
  it(
    'go on as each of them stood',
    async () => {
      const names = [randomUUID(), randomUUID(), randomUUID()] as const
      const unsaid = writing(folders, names[0])
      const answered = writing(folders, names[1])
      const begun = writing(folders, names[2])
      const config = { functionTiers: { bash: 'ask' as const } }
      const next = await executors.here({ config })
      for (const request of [unsaid, answered, begun]) await next.run(request)
      const stopsAt: StopAt[] = [
        { runId: unsaid.runId, type: 'approval.ask' },
        { runId: begun.runId, index: 0, state: 'started' },
      ]
      const first = executors.child({ config, stopsAt })
      const { askId } = await asked(first.said, unsaid)
      const question = await asked(first.said, answered)
      await next.answer(answerTo(await asked(first.said, begun)))
      await first.atStop(unsaid.runId, begun.runId)
      expect(first.said.some(({ type }) => type === 'approval.used')).toBe(true)
      await first.kill()
      await next.answer(answerTo(question))
      next.database.startSweeper()
      await next.loop.start()

      // Before the question had gone out: it is said.
      const again = await asked(next.said, unsaid)
      expect(again.askId).toBe(askId)
      await next.answer(answerTo(again))
      expect((await ended(next.said, unsaid)).type).toBe('run.succeeded')

      // Between answer and work: the answer holds.
      expect((await ended(next.said, answered)).type).toBe('run.succeeded')
      expect(asksOf(next.said, answered)).toEqual([])

      // After the approval was used: what to do is asked, and the call is not made by itself.
      const unknown = await until(() =>
        asksOf(next.said, begun).find(({ kind }) => kind === 'unknown-effect'),
      )
      expect(existsSync(join(folders.shared, names[2]))).toBe(false)
      await next.answer(answerTo(unknown, { answer: 'retry' }))
      expect((await ended(next.said, begun)).type).toBe('run.succeeded')
      const { runId } = begun
      expect(await next.database.manager.findOneByOrFail(Step, { runId })).toMatchObject({ begun: 2 })
      for (const name of names) expect(linesOf(join(folders.shared, name))).toEqual(['done'])
    },
    timeoutMs,
  )
})

describe('a call that may have been made before its executor was killed', () => {
  it(
    'is asked about: made again, left out or the end of its run, as a person says',
    async () => {
      const config = { functionTiers: { bash: 'allow' as const } }
      const next = await executors.here({ config })
      const runs = ['retry', 'skip', 'refuse'].map((answer) => {
        const file = join(folders.shared, randomUUID())
        const inside = file.replace(folders.shared, '/mnt/shared')
        const commands = [
          `echo first >> ${inside}; [ -e ${inside}.go ] || sleep 20`,
          `echo second >> ${inside}`,
        ]
        return { answer, file, request: taskRun([skill({ steps: bashSteps(...commands) })], { mounts }) }
      })
      for (const { request } of runs) await next.run(request)
      const first = executors.child({ config })
      await until(() => runs.every(({ file }) => linesOf(file).length === 1))
      await first.kill()
      for (const { file } of runs) writeFileSync(`${file}.go`, '')
      await next.loop.start()
      for (const { answer, request } of runs) {
        const ask = await asked(next.said, request)
        expect(ask).toMatchObject({
          kind: 'unknown-effect',
          subject: { function: 'bash', arguments: { command: expect.stringContaining('echo first') } },
          options: [{ answer: 'refuse' }, { answer: 'retry' }, { answer: 'skip' }],
          risk: 'high',
        })
        const { runId } = request
        const [step] = await next.database.manager.findBy(Step, { runId })
        expect(step).toMatchObject({ state: 'intent', outcome: null })
        await next.answer(
          answerTo(ask, { answer, state: answer === 'refuse' ? ('expired' as const) : 'approved' }),
        )
      }
      const ends = await Promise.all(runs.map(({ request }) => ended(next.said, request)))
      expect(ends).toMatchObject([
        { type: 'run.succeeded' },
        { type: 'run.succeeded' },
        { type: 'run.failed', payload: { code: 'unknown-outcome', retryable: false } },
      ])
      expect(runs.map(({ file }) => linesOf(file))).toEqual([
        ['first', 'first', 'second'],
        ['first', 'second'],
        ['first'],
      ])
    },
    timeoutMs,
  )
})
