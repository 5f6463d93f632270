import { describe, expect, it } from 'vitest'
import { allowOutput } from './output.allowance.js'

const unlimited = { tokens: Infinity, costUsd: Infinity, calls: Infinity, wallMs: Infinity }
const price = { inputUsdPerMillion: 1, outputUsdPerMillion: 10, checkedOn: '', source: '' }

describe('how long an answer may become', () => {
  it('is what the endpoint allows, while the budget has it', () => {
    expect(allowOutput(500, 100, unlimited, price)).toEqual({ tokens: 500 })
    expect(allowOutput(500, 100, { ...unlimited, tokens: 600 }, undefined)).toEqual({ tokens: 500 })
  })

  it('is what the budget has left after the input', () => {
    expect(allowOutput(500, 100, { ...unlimited, tokens: 350 }, price)).toEqual({
      tokens: 250,
      cappedBy: 'tokens',
    })
    expect(allowOutput(500, 100, { ...unlimited, costUsd: 0.0021 }, price)).toEqual({
      tokens: 200,
      cappedBy: 'costUsd',
    })
  })

  it('is nothing when not even the input is paid for', () => {
    expect(allowOutput(500, 100, { ...unlimited, tokens: 10 }, price)).toEqual({
      tokens: 0,
      cappedBy: 'tokens',
    })
    expect(allowOutput(500, 100, { ...unlimited, costUsd: 0 }, price)).toEqual({
      tokens: 0,
      cappedBy: 'costUsd',
    })
  })

  it('costs nothing where the model is free', () => {
    const free = { ...price, inputUsdPerMillion: 0, outputUsdPerMillion: 0 }
    expect(allowOutput(500, 100, { ...unlimited, costUsd: 0 }, free)).toEqual({ tokens: 500 })
  })
})
