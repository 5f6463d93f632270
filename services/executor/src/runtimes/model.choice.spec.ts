import { describe, expect, it } from 'vitest'
import { chooseEndpoints } from './model.choice.js'

const [a, b, c] = ['a', 'b', 'c'].map((model) => ({ model })) as [
  { model: string },
  { model: string },
  { model: string },
]

describe('the endpoints of an agent', () => {
  it('stay in order when the agent names no model', () => {
    expect(chooseEndpoints([a, b], undefined)).toEqual([a, b])
    expect(chooseEndpoints([], 'x')).toEqual([])
  })

  it('begin with those that have its model', () => {
    expect(chooseEndpoints([a, b, c, b], 'b')).toEqual([b, b, a, c])
  })

  it('are asked for a model that none of them names, the first one first', () => {
    expect(chooseEndpoints([{ model: 'a', baseUrl: 'http://127.0.0.1:1/v1' }, b], 'x')).toEqual([
      { model: 'x', baseUrl: 'http://127.0.0.1:1/v1' },
      b,
    ])
  })
})
