import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Run } from './run.entity.js'
import { answerTo, asked, asksOf, writing } from './asking.fixture.js'
import { useExecutors } from './executors.fixture.js'
import { bashSteps, ended, linesOf, skill, taskRun } from './run.fixture.js'

const { folders, mounts, ...executors } = useExecutors({
  config: { concurrency: 1, functionTiers: { bash: 'ask' } },
})

describe('a call that a person has to allow', () => {
  it('waits without a slot, and is made once however often it is allowed', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const name = randomUUID()
    const request = writing(folders, name)
    await executor.run(request)
    const ask = await asked(executor.said, request)
    expect(ask).toMatchObject({
      kind: 'function-call',
      question: expect.stringMatching(/tester wants to call bash.*"first"/),
      subject: {
        function: 'bash',
        arguments: { command: `echo done >> /mnt/shared/${name}` },
        agent: { name: 'tester', version: 1 },
        mounts: [{ source: folders.shared, target: '/mnt/shared', mode: 'rw' }],
      },
    })
    const other = taskRun([
      skill({ steps: [{ id: 'list', call: 'fs.list', arguments: { path: '/skills' } }] }),
    ])
    await executor.run(other)
    expect((await ended(executor.said, other)).type).toBe('run.succeeded')
    expect(linesOf(join(folders.shared, name))).toEqual([])

    const answer = answerTo(ask)
    await executor.answer(answer)
    await executor.answer(answer)
    expect((await ended(executor.said, request)).type).toBe('run.succeeded')
    await executor.answer(answer)
    await executor.run(request)
    expect(linesOf(join(folders.shared, name))).toEqual(['done'])
    const { askId, approvalId, taskId } = answer
    expect(
      executor.said.filter(({ type, payload }) => type === 'approval.used' && payload['taskId'] === taskId),
    ).toMatchObject([{ payload: { askId, approvalId } }])
    expect(asksOf(executor.said, request)).toHaveLength(1)
    const run = await executor.database.manager.findOneByOrFail(Run, { runId: request.runId })
    expect(run).toMatchObject({ state: 'succeeded', claims: 1, restarts: 0 })
  })

  it.each([
    ['refused', { answer: 'refuse', decidedBy: 'ann', comment: 'not today' }, /ann refused it: not today/],
    ['expired', { answer: 'refuse' }, /nobody allowed it in time/],
  ] as const)('is not made when the question is %s', async (state, said, message) => {
    const executor = await executors.here()
    await executor.loop.start()
    const name = randomUUID()
    const request = writing(folders, name)
    await executor.run(request)
    await executor.answer(answerTo(await asked(executor.said, request), { state, ...said }))
    const end = await ended(executor.said, request)
    expect(end).toMatchObject({ type: 'run.failed', payload: { code: 'call-refused', retryable: false } })
    expect(end.payload['message']).toMatch(message)
    expect(existsSync(join(folders.shared, name))).toBe(false)
  })

  it('is not made when it was taken back before it began', async () => {
    const executor = await executors.here()
    const name = randomUUID()
    const request = writing(folders, name)
    await executor.run(request)
    await executor.loop.start()
    const ask = await asked(executor.said, request)
    await executor.close()
    const next = await executors.here()
    await next.answer(answerTo(ask))
    await next.answer(answerTo(ask, { state: 'revoked', answer: 'refuse' }))
    await next.loop.start()
    expect((await ended(next.said, request)).payload['message']).toMatch(/taken back/)
    expect(existsSync(join(folders.shared, name))).toBe(false)
  })

  it.each([
    ['an argument that is another text', (args: Record<string, unknown>) => ({ ...args, args: ['b', true] })],
    ['a number in place of a boolean', (args: Record<string, unknown>) => ({ ...args, args: ['a', 1] })],
  ])('is not made with %s than was approved', async (_, change) => {
    const executor = await executors.here()
    await executor.loop.start()
    const name = randomUUID()
    const args = { command: `echo "$1" "$2" >> /mnt/shared/${name}`, args: ['a', true] }
    const request = taskRun([skill({ steps: [{ id: 'write', call: 'bash', arguments: args }] })], { mounts })
    await executor.run(request)
    const ask = await asked(executor.said, request)
    const changed = structuredClone(request)
    changed.agent.skills[0]!.configuration.steps![0]!.arguments = change(args)
    await executor.database.manager.update(Run, { runId: request.runId }, { request: changed as never })
    await executor.answer(answerTo(ask))
    const end = await ended(executor.said, request)
    expect(end.payload).toMatchObject({
      code: 'call-refused',
      message: expect.stringMatching(/have changed since/),
    })
    expect(existsSync(join(folders.shared, name))).toBe(false)
  })

  it.each(['skill', 'folder'])(
    'is not made with another script of its %s than was approved',
    async (place) => {
      const executor = await executors.here()
      await executor.loop.start()
      const name = randomUUID()
      const inFolder = join(folders.shared, `${name}.sh`)
      writeFileSync(inFolder, 'echo good')
      const command =
        place === 'skill' ? '"$SKILL"/scripts/go.sh' : `bash "/mnt/shared/${name}.sh" > /mnt/shared/${name}`
      const scripts = {
        'scripts/go.sh': { content: 'ZWNobyBnb29k', encoding: 'base64' as const, executable: true },
      }
      const request = taskRun([skill({ steps: bashSteps(command) }, { files: scripts })], { mounts })
      await executor.run(request)
      const ask = await asked(executor.said, request)
      const path = place === 'skill' ? '/skills/test-skill/scripts/go.sh' : `/mnt/shared/${name}.sh`
      expect(ask.files).toMatchObject([{ path, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }])
      const onDisk =
        place === 'skill'
          ? join(folders.dir, 'skills', request.runId, 'test-skill', 'scripts/go.sh')
          : inFolder
      writeFileSync(onDisk, 'echo evil')
      await executor.answer(answerTo(ask))
      expect((await ended(executor.said, request)).payload).toMatchObject({ code: 'call-refused' })
      expect(existsSync(join(folders.shared, name))).toBe(false)
    },
  )

  it('takes as long as it takes: only work counts as the time of a run', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const request = writing(folders, randomUUID(), { timeoutMs: 30_000 })
    await executor.run(request)
    const ask = await asked(executor.said, request)
    const dayAgo = new Date(Date.now() - 24 * 3_600_000)
    const { runId } = request
    await executor.database.manager.update(Run, { runId }, { startedAt: dayAgo, waitingSince: dayAgo })
    await executor.answer(answerTo(ask))
    expect((await ended(executor.said, request)).type).toBe('run.succeeded')
  })

  it('ends with its run when that is canceled, and leaves nothing behind', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const request = writing(folders, randomUUID())
    await executor.run(request)
    const ask = await asked(executor.said, request)
    const { taskId, runId } = request
    await executor.cancel({ taskId, runId, reason: 'enough' })
    expect((await ended(executor.said, request)).type).toBe('run.canceled')
    await executor.answer(answerTo(ask))
    await expect.poll(() => readdirSync(join(folders.dir, 'workspaces'))).not.toContain(runId)
  })

  it('may be denied or asked about by its agent, which cannot loosen what the operator says', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const tiers = (own: object) => {
      const request = taskRun([skill({ steps: bashSteps('true') })], {}, { configuration: { tiers: own } })
      return executor.run(request).then(() => request)
    }
    const denied = await tiers({ 'ba*': 'deny' })
    expect((await ended(executor.said, denied)).payload).toMatchObject({ code: 'function-denied' })
    const broken = await tiers({ bash: 'maybe' })
    expect((await ended(executor.said, broken)).payload).toMatchObject({ code: 'invalid-agent' })
    await asked(executor.said, await tiers({ bash: 'allow' }))
  })
})

describe('an agent that asks a person', () => {
  const asking = () =>
    taskRun(
      [
        skill({
          steps: [
            {
              id: 'ask',
              call: 'ask.person',
              arguments: { question: 'Which one?', options: ['red', 'blue'] },
            },
          ],
          result: { ref: 'steps.ask.stdout' },
        }),
      ],
      {},
      { functions: ['ask.person'] },
    )

  it('gets the option that the person chose', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const request = asking()
    await executor.run(request)
    const ask = await asked(executor.said, request)
    expect(ask).toMatchObject({
      kind: 'question',
      question: 'Agent tester asks: Which one?',
      options: [
        { answer: 'option:1', label: 'red' },
        { answer: 'option:2', label: 'blue' },
      ],
    })
    await executor.answer(answerTo(ask, { answer: 'option:2' }))
    const end = await ended(executor.said, request)
    expect(end).toMatchObject({ type: 'run.succeeded', payload: { result: 'blue' } })
  })

  it('is told when nobody answers', async () => {
    const executor = await executors.here()
    await executor.loop.start()
    const request = asking()
    await executor.run(request)
    const ask = await asked(executor.said, request)
    await executor.answer(answerTo(ask, { state: 'expired', answer: 'refuse' }))
    expect((await ended(executor.said, request)).payload).toMatchObject({
      code: 'call-refused',
      message: expect.stringMatching(/nobody answered in time/),
    })
  })
})
