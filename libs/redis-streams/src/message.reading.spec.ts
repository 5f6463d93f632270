import { TerminalError } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { readHeader, readPayload, readStamped } from './message.reading.js'

const header = { id: '1', type: 'task.run', source: '/services/task-scheduler', tenant: 't' }
const stamp = { verdict: 'allowed', deliveredTo: ['to:executor'] }
const fields = { event: JSON.stringify(header), data: '{"a":1}', stamp: JSON.stringify(stamp) }

describe('reading an entry', () => {
  it('gives header, payload text and stamp', () => {
    expect(readStamped(fields)).toEqual({ header, data: '{"a":1}', stamp })
  })

  it.each([
    ['without header', { ...fields, event: undefined }, /"event" is missing/],
    ['with a broken header', { ...fields, event: '{' }, /"event" is not JSON/],
    ['with a list for a header', { ...fields, event: '[]' }, /"event" is not a JSON object/],
    ['without a type', { ...fields, event: '{"id":"1"}' }, /"event" lacks "type"/],
    ['with a number for an id', { ...fields, event: '{"id":1}' }, /"event" lacks "id"/],
    ['without stamp', { ...fields, stamp: undefined }, /"stamp" is missing/],
    ['with a foreign stamp', { ...fields, stamp: '{}' }, /"stamp" lacks deliveredTo/],
  ])('fails for ever %s', (_, broken, sentence) => {
    const read = () => readStamped(broken as Record<string, string>)
    expect(read).toThrow(TerminalError)
    expect(read).toThrow(sentence)
  })

  it('needs no stamp for a header, and JSON for a payload', () => {
    expect(readHeader(fields.event)).toEqual(header)
    expect(readPayload('null')).toBeNull()
    expect(() => readPayload('')).toThrow(/"data" is not JSON/)
  })
})
