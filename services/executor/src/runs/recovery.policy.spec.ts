import { describe, expect, it } from 'vitest'
import {
  decideRecovery,
  maxClaims,
  maxRestarts,
  type RecordedState,
  type RunHistory,
} from './recovery.policy.js'

function step(index: number, state: RecordedState['state'], repeatable = false): RecordedState {
  const name = `step-${index}`
  return { index, name, kind: 'function-call', state, repeatable, approved: false, reachesOutside: false }
}
function history(over: Partial<RunHistory>): RunHistory {
  return { steps: [], writesOutside: false, workspaceExists: true, restarts: 0, claims: 1, ...over }
}

describe('recovery of a run', () => {
  it('begins one without recorded steps, whatever lies in its workspace', () => {
    expect(decideRecovery(history({}))).toEqual({ way: 'begin' })
    expect(decideRecovery(history({ writesOutside: true }))).toEqual({ way: 'begin' })
  })

  it('goes on after the last finished step', () => {
    const steps = [step(0, 'done'), step(1, 'done')]
    expect(decideRecovery(history({ steps }))).toEqual({ way: 'continue', repeat: [] })
    expect(decideRecovery(history({ steps, writesOutside: true }))).toEqual({ way: 'continue', repeat: [] })
  })

  it('begins anew after a call without outcome whose effects stayed in the workspace', () => {
    expect(decideRecovery(history({ steps: [step(0, 'done'), step(1, 'intent')] }))).toEqual({
      way: 'restart',
    })
  })

  it('has a person asked about a call without outcome that may have written outside', () => {
    const steps = [step(0, 'done'), step(1, 'intent')]
    expect(decideRecovery(history({ steps, writesOutside: true }))).toEqual({ way: 'continue', repeat: [] })
    expect(decideRecovery(history({ steps, writesOutside: true, claims: maxClaims + 1 }))).toEqual({
      way: 'continue',
      repeat: [],
    })
    expect(decideRecovery(history({ steps, writesOutside: true, workspaceExists: false }))).toMatchObject({
      way: 'give-up',
      code: 'unknown-outcome',
    })
  })

  it('has a person asked about a call without outcome that a person allowed once, whatever it may reach', () => {
    const steps = [step(0, 'done'), { ...step(1, 'intent'), approved: true }]
    expect(decideRecovery(history({ steps }))).toEqual({ way: 'continue', repeat: [] })
    expect(decideRecovery(history({ steps, workspaceExists: false }))).toMatchObject({
      code: 'unknown-outcome',
    })
  })

  it('goes on to a call that a person is asked about: nothing of it has happened', () => {
    const steps = [step(0, 'done', true), step(1, 'asking')]
    expect(decideRecovery(history({ steps, writesOutside: true }))).toEqual({ way: 'continue', repeat: [] })
    expect(decideRecovery(history({ steps, writesOutside: true, workspaceExists: false }))).toEqual({
      way: 'restart',
    })
  })

  it('does a repeatable call again', () => {
    const steps = [step(0, 'done'), step(1, 'intent', true)]
    expect(decideRecovery(history({ steps, writesOutside: true }))).toEqual({ way: 'continue', repeat: [1] })
  })

  it('does calls that were under way side by side again, and those that had ended not', () => {
    const steps = [
      step(0, 'done', true),
      step(1, 'intent', true),
      step(2, 'done', true),
      step(3, 'intent', true),
    ]
    const beside = history({ steps, writesOutside: true })
    expect(decideRecovery(beside)).toEqual({ way: 'continue', repeat: [1, 3] })
  })

  it('does not begin anew after a step whose effect outlives the run, however repeatable it was', () => {
    const kept = { ...step(0, 'done', true), reachesOutside: true }
    expect(decideRecovery(history({ steps: [kept], workspaceExists: false }))).toMatchObject({
      code: 'workspace-lost',
    })
    // What was begun in the workspace after it is asked about instead.
    expect(decideRecovery(history({ steps: [kept, step(1, 'intent')] }))).toEqual({
      way: 'continue',
      repeat: [],
    })
    const open = { ...step(1, 'intent', true), reachesOutside: true }
    expect(decideRecovery(history({ steps: [kept, open] }))).toEqual({ way: 'continue', repeat: [1] })
    const unrepeatable = { ...step(0, 'intent'), reachesOutside: true }
    expect(decideRecovery(history({ steps: [unrepeatable] }))).toEqual({ way: 'continue', repeat: [] })
  })

  it('goes on to a call whose outcome comes from elsewhere', () => {
    const waiting = { ...step(0, 'waiting', true), reachesOutside: true }
    expect(decideRecovery(history({ steps: [waiting] }))).toEqual({ way: 'continue', repeat: [] })
  })

  it('begins anew when the workspace is gone, unless finished steps may have written outside', () => {
    const steps = [step(0, 'done')]
    expect(decideRecovery(history({ steps, workspaceExists: false }))).toEqual({ way: 'restart' })
    expect(decideRecovery(history({ steps, workspaceExists: false, writesOutside: true }))).toMatchObject({
      code: 'workspace-lost',
    })
    const reads = [step(0, 'done', true)]
    expect(decideRecovery(history({ steps: reads, workspaceExists: false, writesOutside: true }))).toEqual({
      way: 'restart',
    })
  })

  it('stops beginning anew and stops being taken over at the limits', () => {
    expect(decideRecovery(history({ steps: [step(0, 'intent')], restarts: maxRestarts }))).toMatchObject({
      code: 'restarted-too-often',
    })
    expect(decideRecovery(history({ claims: maxClaims + 1 }))).toMatchObject({ code: 'executor-failed' })
  })
})
