import { describe, expect, it } from 'vitest'
import { isTerminal, taskStates, terminalTaskStates } from './task.states.js'

describe('task states', () => {
  it('are terminal exactly where nothing follows', () => {
    expect(taskStates.filter(isTerminal)).toEqual([...terminalTaskStates])
  })
})
