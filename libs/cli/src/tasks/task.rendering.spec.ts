import type { TaskView } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { plain } from '../terminal/paint.js'
import { renderStep } from './task.event.rendering.js'
import { renderTask, renderTasks } from './task.rendering.js'
import { endedDocument } from './submit.command.js'

const rejected: TaskView = {
  id: '019a0000-0000-7000-8000-000000000001',
  goal: 'Book a flight to Lisbon and reserve a hotel near the river',
  state: 'rejected',
  attempt: 0,
  maxAttempts: 3,
  requiredSkills: [],
  missingSkills: ['Book a flight to Lisbon', 'reserve a hotel near the river'],
  error: { code: 'no-agent', message: 'no agent' },
  artifacts: [],
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:01.000Z',
}
const completed: TaskView = {
  ...rejected,
  state: 'completed',
  agent: { id: 'a', name: 'surveyor', version: 2, ephemeral: false },
  matchScore: 0.931,
  missingSkills: [],
  result: '680 packages.\nMIT: 500',
  artifacts: [{ name: 'report.md', path: '/a/report.md', sizeBytes: 2048, sha256: '' }],
}

describe('renderTask', () => {
  it('shows who did it, the score, the result and where the artifacts lie', () => {
    const text = renderTask(completed, plain)
    for (const part of ['surveyor v2, permanent', '0.93', '/a/report.md (2.0 KiB)', '  MIT: 500'])
      expect(text).toContain(part)
  })

  it('shows the missing skills of a rejected task in words', () => {
    const text = renderTask(rejected, plain)
    expect(text).toContain('no-agent: no agent')
    expect(text).toContain('Book a flight to Lisbon, reserve a hotel near the river')
    expect(text).not.toContain('score')
  })
})

describe('renderTasks', () => {
  it('keeps a list within 100 columns', () => {
    const long = {
      ...completed,
      goal: 'x '.repeat(200),
      agent: { ...completed.agent!, name: 'n'.repeat(64) },
    }
    for (const line of renderTasks([long, { ...rejected, id: long.id.replace('019a', '5c1f') }], plain).split(
      '\n',
    ))
      expect(line.length).toBeLessThanOrEqual(100)
  })
})

describe('renderStep', () => {
  const step = { index: 0, kind: 'function-call', name: 'inventory', function: 'bash' } as const

  it('tells a step that begins from one that ended well, and one that did not', () => {
    expect(renderStep({ ...step, state: 'started' }, plain)).toBe('  ▸ 1. inventory (bash)')
    expect(
      renderStep({ ...step, state: 'finished', ending: 'exited', exitCode: 0, tookMs: 1_234 }, plain),
    ).toBe('  ✔ 1. inventory (bash) exit 0, 1.2 s')
    expect(renderStep({ ...step, state: 'finished', ending: 'memory', tookMs: 10 }, plain)).toBe(
      '  ✖ 1. inventory (bash) memory, 10 ms',
    )
  })
})

describe('renderStep of a model turn', () => {
  const turn = { index: 1, kind: 'model-turn', name: 'gpt' } as const

  it('shows what the model is saying, without control characters', () => {
    const output = `${'x'.repeat(200)}\n\u001b[2J the end`
    const line = renderStep({ ...turn, state: 'started', output }, plain)
    expect(line).toMatch(/^ {2}▸ 2\. gpt \(model turn\): …x+ the end$/)
    expect(line.length).toBeLessThan(130)
  })

  it('shows what it used, and that its cost is unknown', () => {
    const usage = { inputTokens: 900, cachedInputTokens: 800, outputTokens: 20 }
    expect(renderStep({ ...turn, state: 'finished', usage, costUsd: 0.00123 }, plain)).toBe(
      '  ✔ 2. gpt (model turn) 900 (800 cached) + 20 tokens, $0.0012',
    )
    expect(
      renderStep({ ...turn, state: 'finished', usage: { inputTokens: 9, outputTokens: 2 } }, plain),
    ).toContain('9 + 2 tokens, cost unknown')
  })
})

describe('endedDocument', () => {
  it('always has what programs look for', () => {
    expect(endedDocument(rejected, 'f'.repeat(32))).toMatchObject({
      id: rejected.id,
      state: 'rejected',
      agent: null,
      matchScore: null,
      result: null,
      artifacts: [],
      traceId: 'f'.repeat(32),
    })
  })
})
