import { isTerminal, taskStates, type TaskState, terminalTaskStates } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { mayFollow } from './task.transitions.js'

const followersOf = (from: TaskState) => taskStates.filter((to) => mayFollow(from, to))
const openStates = taskStates.filter((state) => !isTerminal(state))

function reachableFrom(start: TaskState): Set<TaskState> {
  const reached = new Set<TaskState>()
  const next = [start]
  for (let state = next.pop(); state; state = next.pop()) {
    for (const to of followersOf(state)) {
      if (!reached.has(to)) next.push(to)
      reached.add(to)
    }
  }
  return reached
}

describe('the states of a task', () => {
  it.each(terminalTaskStates)('end with %s: nothing follows', (state) => {
    expect(followersOf(state)).toEqual([])
  })

  it.each(openStates)('let a person cancel in %s', (state) => {
    expect(mayFollow(state, 'canceled')).toBe(true)
  })

  it.each(openStates)('lead from %s to a good end and to a bad one', (state) => {
    const reachable = reachableFrom(state)
    expect(reachable).toContain('completed')
    expect(reachable).toContain('failed')
  })

  it('are all reached from submitted, which never comes back', () => {
    expect(taskStates.filter((state) => !reachableFrom('submitted').has(state))).toEqual(['submitted'])
  })

  it('are left for another one, but for a run that is tried again before its start was heard of', () => {
    expect(taskStates.filter((state) => mayFollow(state, state))).toEqual(['scheduled'])
  })

  it('let a run end before its start was heard of', () => {
    expect(followersOf('scheduled')).toEqual(expect.arrayContaining(['completed', 'failed', 'canceled']))
  })

  it('ask a person and find no agent only while there is no run', () => {
    const before = (to: TaskState) => taskStates.filter((from) => mayFollow(from, to))
    expect(before('awaiting-approval')).toEqual(['matching'])
    expect(before('rejected')).toEqual(['matching', 'awaiting-approval'])
    expect(before('completed')).toEqual(['scheduled', 'running'])
    expect(before('running')).toEqual(['scheduled'])
  })
})
