import { describe, expect, it } from 'vitest'
import { Task } from './task.entity.js'
import { taskView } from './task.views.js'

const at = new Date('2026-01-01T12:00:00.123Z')
const ref = { id: 'a1', name: 'librarian', version: 2, ephemeral: true }
const config = {
  name: 'librarian',
  description: 'Knows files',
  prompt: 'Be exact.',
  runtime: 'script' as const,
  skills: ['files'],
  functions: [],
  configuration: {},
}
const match = {
  matchId: 'm1',
  matchScore: 0.83,
  threshold: 0.5,
  margin: 0.1,
  requiredSkills: ['files'],
  missingSkills: ['mail'],
  reasons: ['because'],
}

const task = (over: Partial<Task> = {}) =>
  Object.assign(new Task(), {
    id: 't1',
    tenant: 'acme',
    clientId: 'anna',
    goal: 'List the files',
    inputs: { secret: 'of the task' },
    files: [{ name: 'a', contentBase64: '' }],
    mounts: [{ source: '/data', mode: 'ro' }],
    state: 'matching' as const,
    attempt: 0,
    maxAttempts: 3,
    timeoutMs: 1_000,
    runId: null,
    agent: null,
    match: null,
    approvalId: null,
    result: null,
    error: null,
    artifacts: [],
    cancelReason: null,
    traceparent: null,
    createdAt: at,
    updatedAt: at,
    ...over,
  })

describe('a task as its owner sees it', () => {
  it('leaves out what is not there yet', () => {
    expect(taskView(task())).toEqual({
      id: 't1',
      goal: 'List the files',
      state: 'matching',
      attempt: 0,
      maxAttempts: 3,
      requiredSkills: [],
      missingSkills: [],
      artifacts: [],
      createdAt: '2026-01-01T12:00:00.123Z',
      updatedAt: '2026-01-01T12:00:00.123Z',
    })
  })

  it('shows who works on it, how well they fit, what came out and in which trace', () => {
    const artifacts = [{ name: 'list.txt', path: '/a/list.txt', sizeBytes: 3, sha256: 'b'.repeat(64) }]
    const view = taskView(
      task({
        match,
        agent: { ref, config, skills: [] },
        approvalId: 'p1',
        result: 'done',
        artifacts,
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      }),
    )
    expect(view).toMatchObject({
      agent: ref,
      matchScore: 0.83,
      requiredSkills: ['files'],
      missingSkills: ['mail'],
      approvalId: 'p1',
      result: 'done',
      artifacts,
      traceId: '0af7651916cd43dd8448eb211c80319c',
    })
  })

  it('keeps an empty result and a score of nothing: they were given', () => {
    expect(taskView(task({ result: '', match: { ...match, matchScore: 0 } }))).toMatchObject({
      result: '',
      matchScore: 0,
    })
  })

  it('repeats neither inputs, files nor the tenant', () => {
    const text = JSON.stringify(taskView(task()))
    for (const hidden of ['of the task', 'contentBase64', 'acme', '/data']) {
      expect(text).not.toContain(hidden)
    }
  })
})
