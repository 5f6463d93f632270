import { describe, expect, it } from 'vitest'
import { newestThatFit } from './audit.views.js'

describe('the records of one answer', () => {
  it('are the newest that fit', () => {
    const views = Array.from({ length: 500 }, (_, seq) => ({
      seq,
      messageId: 'm',
      type: 't',
      source: 's',
      deliveredTo: [],
      verdict: 'denied' as const,
      reason: 'r'.repeat(1000),
      at: '',
      dataSha256: '',
      dataBytes: 0,
    }))
    const shown = newestThatFit(views)
    expect(shown.at(-1)?.seq).toBe(499)
    expect(Buffer.byteLength(JSON.stringify(shown))).toBeLessThanOrEqual(190 * 1024)
    expect(shown.length).toBeGreaterThan(150)
    expect(newestThatFit(views.slice(0, 3))).toHaveLength(3)
  })
})
