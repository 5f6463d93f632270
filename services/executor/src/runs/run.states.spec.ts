import { describe, expect, it } from 'vitest'
import { isAllowed, isFinished, onCancel, runStates } from './run.states.js'

describe('run states', () => {
  it('lets nothing follow a finished state', () => {
    for (const from of runStates.filter(isFinished)) {
      expect(runStates.filter((to) => isAllowed(from, to))).toEqual([])
    }
    expect(runStates.filter(isFinished)).toEqual(['succeeded', 'failed', 'canceled'])
  })

  it('ends a queued run at once when canceled, tells the executor of a running one and wakes one that waits', () => {
    expect(runStates.map(onCancel)).toEqual(['end', 'tell', 'wake', 'tell', 'ignore', 'ignore', 'ignore'])
  })

  it('cannot succeed without having run', () => {
    expect(isAllowed('queued', 'succeeded')).toBe(false)
    expect(isAllowed('running', 'succeeded')).toBe(true)
  })
})
