import { describe, expect, it } from 'vitest'
import { repeatUpkeep } from './upkeep.repeating.js'
import { silentLogger } from './streams.logger.js'

describe('upkeep', () => {
  it('goes on after failures, tells of the first of many, and ends with its signal', async () => {
    const stop = new AbortController()
    const warnings: string[] = []
    const logger = { ...silentLogger, warn: (_: object, text: string) => void warnings.push(text) }
    let times = 0
    await repeatUpkeep('Looking', 0, stop.signal, logger, () => {
      times += 1
      if (times === 26) stop.abort()
      return Promise.reject(new Error(times <= 3 ? 'NOGROUP of the reader' : 'away'))
    })
    expect(times).toBe(26)
    expect(warnings).toEqual(['Looking failed; trying again'])
  })
})
