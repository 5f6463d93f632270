import { describe, expect, it } from 'vitest'
import { Health } from './health.js'

describe('health', () => {
  it('has no problems when every check returns, at once or later', async () => {
    const health = new Health()
    health.check('now', () => {})
    health.check('later', () => Promise.resolve())
    expect(await health.problems()).toEqual({})
  })

  it('tells the sentence of each check that throws, and runs the others', async () => {
    const health = new Health()
    health.check('mysql', () => Promise.reject(new Error('no connection')))
    health.check('listening', () => {
      throw new Error('the service is starting')
    })
    health.check('fine', () => {})
    expect(await health.problems()).toEqual({ mysql: 'no connection', listening: 'the service is starting' })
  })

  it('knows the last check of a name only', async () => {
    const health = new Health()
    health.check('mysql', () => {
      throw new Error('old')
    })
    health.check('mysql', () => {})
    expect(await health.problems()).toEqual({})
  })
})
