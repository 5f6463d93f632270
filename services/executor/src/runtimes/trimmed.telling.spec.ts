import { describe, expect, it } from 'vitest'
import { tellTrimmed } from './trimmed.telling.js'

const tell = (outputs: number, turns: number, summarisedTurns?: number) =>
  tellTrimmed({
    kind: 'context-trimmed',
    turnIndex: 9,
    leftOut: { outputs, turns },
    beforeTokens: 2,
    afterTokens: 1,
    ...(summarisedTurns !== undefined && { summarisedTurns }),
  })

describe('what people are told of a conversation that was too long', () => {
  it.each([
    [tell(3, 0), 'the model no longer sees the outputs of the first 3 turns.'],
    [tell(4, 2), 'the model no longer sees the first 2 turns and the outputs of the first 4 turns.'],
    [tell(2, 2), 'the model no longer sees the first 2 turns.'],
    [tell(3, 3, 3), 'the model sees a summary in the place of the first 3 turns.'],
    [tell(1, 1, 1), 'the model sees a summary in the place of the first turn.'],
    [
      tell(5, 3, 3),
      'the model sees a summary in the place of the first 3 turns, and no longer sees the outputs of the first 5 turns.',
    ],
    [
      tell(5, 5, 3),
      'the model sees a summary in the place of the first 3 turns, and no longer sees the first 5 turns.',
    ],
  ])('%s', (told, expected) => {
    expect(told).toBe(`The conversation was too long: ${expected}`)
  })
})
