import { describe, expect, it } from 'vitest'
import { shortIds } from './id.display.js'
import { completeId, isWholeId } from './id.prefix.js'

const ids = [
  '019a0000-0000-7000-8000-000000000001',
  '019a0000-0000-7000-8000-000000000002',
  '019b0000-0000-7000-8000-000000000003',
]

describe('completeId', () => {
  it('finds the one id that begins like this, in any case', () => {
    expect(completeId('019B', ids, 'task')).toBe(ids[2])
  })

  it('refuses what begins several, none, or could be no id', () => {
    expect(() => completeId('019a', ids, 'task')).toThrow('2 ids of a task')
    expect(() => completeId('02', ids, 'task')).toThrow('No task')
    expect(() => completeId('../etc', ids, 'task')).toThrow('is no id')
  })
})

describe('shortIds', () => {
  it('cuts each id to what tells it from the others, and the cut completes to the id again', () => {
    const short = shortIds(ids)
    for (const id of ids) expect(completeId(short.get(id) ?? '', ids, 'task')).toBe(id)
    expect(shortIds([ids[0]!, ids[2]!]).get(ids[2]!)).toBe('019b0000')
  })
})

it('knows a whole id', () => {
  expect([isWholeId(ids[0]!), isWholeId('019a')]).toEqual([true, false])
})
