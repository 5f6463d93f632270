import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allRights, type ArtifactRef, type StepReport } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Artifact } from '../artifacts/artifact.entity.js'
import { TestDatabase } from '@guildhall/testing'
import { openExecutor, type Said } from '../executor.fixture.js'
import { bashSteps, configFor, endOf, makeFolders, skill, taskRun } from './run.fixture.js'

const folders = makeFolders()
const said: Said[] = []
let server: TestDatabase
let executor: Awaited<ReturnType<typeof openExecutor>>

beforeAll(async () => {
  server = await TestDatabase.start('executor')
  const orders = { instance: 'executor-1', database: server, config: configFor(folders) }
  executor = await openExecutor(orders, (message) => void said.push(message))
  await executor.loop.start()
})

afterAll(async () => {
  await executor?.close()
  await server?.stop()
  folders.remove()
})

const ended = (runId: string) =>
  vi.waitFor(() => endOf(said, runId) ?? Promise.reject(new Error('the run has not ended')), {
    timeout: 15_000,
    interval: 20,
  })
const typesOf = (runId: string) =>
  said.filter(({ payload }) => payload['runId'] === runId).map(({ type }) => type)

async function outcomeOf(request: ReturnType<typeof taskRun>) {
  await executor.run(request)
  return ended(request.runId)
}

describe('a script run', () => {
  it('works through its steps, hands values on, and leaves result and artifacts', async () => {
    writeFileSync(join(folders.readable, 'in.txt'), 'three\nlines\nhere\n')
    const script = '#!/bin/bash\nprintf "%s x%s " "$(wc -l < "$1/in.txt")" "$2"; cat'
    const count = Buffer.from(script).toString('base64')
    const request = taskRun(
      [
        skill(
          {
            parameters: {
              type: 'object',
              properties: {
                folder: { default: { ref: 'task.mounts.0' } },
                times: { type: 'integer', default: 2 },
              },
            },
            steps: [
              {
                id: 'count',
                call: 'bash',
                arguments: {
                  command: '"$SKILL/scripts/count.sh" "$1" "$2" < "inputs/note"; printf " %s" "$EVIL"',
                  args: [{ ref: 'parameters.folder' }, { ref: 'parameters.times' }],
                  env: { EVIL: { ref: 'task.goal' } },
                },
              },
              {
                id: 'report',
                call: 'fs.write',
                arguments: { path: 'artifacts/deep/r.txt', content: { ref: 'steps.count.stdout' } },
              },
              { id: 'read', call: 'fs.read', arguments: { path: '/workspace/artifacts/deep/r.txt' } },
              { id: 'list', call: 'fs.list', arguments: { path: '/mnt/readable' } },
            ],
            result: { ref: 'steps.read.stdout' },
          },
          { files: { 'scripts/count.sh': { content: count, encoding: 'base64', executable: true } } },
        ),
      ],
      {
        goal: '$(id)',
        inputs: { times: 3 },
        mounts: [{ source: folders.readable, mode: 'ro' }],
        files: [{ name: 'note', contentBase64: Buffer.from('noted').toString('base64') }],
      },
    )
    const end = await outcomeOf(request)
    expect(end.type, JSON.stringify(end.payload)).toBe('run.succeeded')
    expect(end.payload['result']).toBe('3 x3 noted $(id)')
    const [artifact] = end.payload['artifacts'] as ArtifactRef[]
    expect(artifact).toMatchObject({ name: 'deep/r.txt', sizeBytes: 16 })
    expect(artifact?.path).toBe(join(folders.dir, 'artifacts', request.taskId, 'deep/r.txt'))
    expect(readFileSync(artifact!.path, 'utf8')).toBe('3 x3 noted $(id)')
    expect(statSync(artifact!.path).mode & 0o777).toBe(0o600)
    expect(await executor.database.manager.countBy(Artifact, { taskId: request.taskId })).toBe(1)

    expect(typesOf(request.runId)).toEqual([
      'run.started',
      ...Array<string>(8).fill('run.progressed'),
      'run.succeeded',
    ])
    const steps = said.flatMap(({ payload }) => (payload['runId'] === request.runId && payload['step']) || [])
    expect(steps[0]).toMatchObject({ index: 0, name: 'count', function: 'bash', state: 'started' })
    expect(steps[1]).toMatchObject({
      index: 0,
      state: 'finished',
      ending: 'exited',
      exitCode: 0,
      output: '3 x3 noted $(id)',
    })
    const uses = (steps as StepReport[]).flatMap(({ sandbox }) => sandbox ?? [])
    expect(uses.map(({ start }) => start)).toEqual(['cold', 'cold', 'session', 'session'])
    expect(uses[0]).toMatchObject({ isolation: 'bubblewrap', cpuMs: expect.any(Number) as number })
    expect(steps[7]).toMatchObject({
      index: 3,
      name: 'list',
      state: 'finished',
      output: expect.stringContaining('in.txt'),
    })
    expect(end.header).toMatchObject({ subject: request.taskId, tenant: 'local', replyto: 'tester' })
    expect(end.header.traceparent).toContain('0af7651916cd43dd8448eb211c80319c')
    for (const kind of ['workspaces', 'skills'])
      await expect.poll(() => readdirSync(join(folders.dir, kind))).not.toContain(request.runId)
  })

  it('has its refused calls on record, for the audit', async () => {
    const request = taskRun([skill({ steps: bashSteps('true') })], {
      rights: { ...allRights, functions: ['fs.read'] },
    })
    await executor.run(request)
    await ended(request.runId)
    const steps = said.flatMap(({ type, payload }) =>
      type === 'run.progressed' && payload['runId'] === request.runId ? [payload['step']] : [],
    )
    expect(steps).toMatchObject([
      { function: 'bash', state: 'started' },
      {
        function: 'bash',
        state: 'finished',
        ending: 'refused',
        output: expect.stringMatching(/may not call/),
      },
    ])
  })

  it('is done once when it is handed in twice', async () => {
    const request = taskRun([skill({ steps: bashSteps('echo once >> /mnt/shared/once') })], {
      mounts: [{ source: folders.shared, mode: 'rw' }],
    })
    await Promise.all([executor.run(request), executor.run(request)].map((run) => run.catch(() => undefined)))
    await executor.run(request)
    await ended(request.runId)
    await executor.run(request)
    expect(readFileSync(join(folders.shared, 'once'), 'utf8')).toBe('once\n')
    expect(typesOf(request.runId).filter((type) => type === 'run.succeeded')).toHaveLength(1)
  })

  it.each([
    [
      'a command that fails',
      taskRun([skill({ steps: bashSteps('echo no good >&2; exit 3') })]),
      'function-failed',
      /first.*3.*no good/s,
    ],
    [
      'a function that is not granted',
      taskRun([skill({ steps: bashSteps('true') })], {}, { functions: ['fs.read'] }),
      'function-not-granted',
      /granted are fs\.read/,
    ],
    [
      'a function that the run has no right to, whatever its agent has',
      taskRun([skill({ steps: bashSteps('true') })], { rights: { ...allRights, functions: ['fs.*'] } }),
      'function-not-granted',
      /granted are fs\.read, fs\.write, fs\.list/,
    ],
    [
      'more calls than the run may make',
      taskRun([skill({ steps: bashSteps('true', 'true') })], {
        rights: { ...allRights, budget: { calls: 1 } },
      }),
      'budget-used-up',
      /second.*1 function calls/,
    ],
    [
      'a folder that the run has no right to',
      taskRun([skill({ steps: bashSteps('true') })], {
        mounts: [{ source: folders.readable, mode: 'ro' }],
        rights: { ...allRights, mounts: [{ source: folders.shared, mode: 'rw' }] },
      }),
      'mount-not-allowed',
      /neither the task nor its agent/,
    ],
    ['a skill without steps', taskRun([skill({})]), 'skill-needs-model', /runtime llm/],
    [
      'inputs that no skill takes',
      taskRun([skill({ steps: bashSteps('true') })], { inputs: { x: 1 } }),
      'invalid-inputs',
      /"x"/,
    ],
    [
      'a reference to nothing',
      taskRun([
        skill({ steps: [{ id: 'a', call: 'bash', arguments: { command: { ref: 'steps.b.stdout' } } }] }),
      ]),
      'unknown-reference',
      /steps\.b/,
    ],
    [
      'a path outside',
      taskRun([skill({ steps: [{ id: 'a', call: 'fs.read', arguments: { path: '/etc/passwd' } }] })]),
      'invalid-arguments',
      /outside of/,
    ],
    [
      'a call over its time',
      taskRun([
        skill({ steps: [{ id: 'a', call: 'bash', arguments: { command: 'sleep 60', timeoutMs: 200 } }] }),
      ]),
      'wall-time',
      /wall-time/,
    ],
    [
      'a model without an endpoint',
      taskRun([skill({})], {}, { runtime: 'llm' }),
      'no-model-endpoint',
      /OPENAI_API_KEY/,
    ],
    [
      'an artifact that cannot be kept',
      taskRun([
        skill({
          steps: bashSteps(`mkdir -p artifacts/${'d'.repeat(200)} && touch artifacts/${'d'.repeat(200)}/f`),
        }),
      ]),
      'artifacts-refused',
      /longer than 200/,
    ],
  ])('fails for good on %s', async (_, request, code, message) => {
    const end = await outcomeOf(request)
    expect(end).toMatchObject({ type: 'run.failed', payload: { code, retryable: false } })
    expect(end.payload['message']).toMatch(message)
  })

  it('keeps the artifacts of a run that failed, without following links', async () => {
    const steps = bashSteps('echo half > artifacts/half; ln -s /etc/passwd artifacts/link; exit 1')
    const end = await outcomeOf(taskRun([skill({ steps })]))
    expect(end.payload).toMatchObject({
      code: 'function-failed',
      artifacts: [{ name: 'half', sizeBytes: 5 }],
    })
  })

  it('sees only folders that are allowed', async () => {
    symlinkSync(folders.readable, join(folders.shared, 'planted'))
    for (const [source, mode] of [
      ['/etc', 'ro'],
      [folders.readable, 'rw'],
      [join(folders.shared, 'planted'), 'ro'],
      [folders.root, 'ro'],
      [folders.dir, 'ro'],
    ] as const) {
      const end = await outcomeOf(
        taskRun([skill({ steps: bashSteps('true') })], { mounts: [{ source, mode }] }),
      )
      expect(end.payload, source).toMatchObject({ code: 'mount-not-allowed', retryable: false })
    }
  })

  it('counts calls by how they ended', async () => {
    const { values } = await executor.metrics.counter('guildhall_function_calls_total', '').get()
    const timed = values.filter(({ labels }) => 'ending' in labels && labels['ending'] === 'wall-time')
    expect(timed.map(({ value }) => value)).toEqual([1])
  })
})
