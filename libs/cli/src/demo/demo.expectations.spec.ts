import type { PlainAnswer, TaskState } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { demoExpectations } from './demo.expectations.js'
import type { DemoProposal, DemoTask } from './demo.report.js'

function task(state: TaskState, more: Partial<DemoTask> = {}): DemoTask {
  return {
    id: 'id',
    goal: 'goal',
    state,
    attempt: 1,
    maxAttempts: 3,
    requiredSkills: [],
    missingSkills: [],
    artifacts: [{ name: 'report.md', path: '/report.md', sizeBytes: 1, sha256: '' }],
    createdAt: '',
    updatedAt: '',
    steps: 0,
    ...more,
  }
}

function hires(state: TaskState, agentRemains: boolean, answer?: PlainAnswer): DemoProposal {
  return { ...task(state), agentRemains, ...(answer && { answer }) }
}

const fits = task('completed')
const nobody = task('rejected', { missingSkills: ['book a flight'] })
const areMet = (tasks: Parameters<typeof demoExpectations>[0]) =>
  demoExpectations(tasks).every(({ isMet }) => isMet)

describe('demoExpectations', () => {
  it.each([
    [hires('rejected', false, 'refuse'), true],
    [hires('completed', false, 'refuse'), false],
    [hires('completed', false, 'once'), true],
    [hires('completed', true, 'once'), false],
    [hires('rejected', false, 'once'), false],
    [hires('completed', true, 'permanent'), true],
    [hires('completed', false, 'permanent'), false],
    [hires('completed', true), true],
    [hires('failed', true), false],
  ])('holds the decision on the proposal against what happened (%#)', (proposal, isMet) => {
    expect(areMet({ fits, hires: proposal, nobody })).toBe(isMet)
  })

  it('wants a completed task with a report, and a rejected one that names what is missing', () => {
    const fine = { fits, hires: hires('rejected', false, 'refuse'), nobody }
    expect(areMet({ ...fine, fits: task('failed') })).toBe(false)
    expect(areMet({ ...fine, fits: task('completed', { artifacts: [] }) })).toBe(false)
    expect(areMet({ ...fine, nobody: task('rejected') })).toBe(false)
    expect(areMet({ ...fine, llm: task('failed') })).toBe(false)
  })
})
