import { TerminalError } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { readRecorded } from './audit.reading.js'

const eventOf = (id: string) =>
  JSON.stringify({ id, type: 'task.run', source: '/services/task-scheduler', tenant: 't' })
const allowed = JSON.stringify({ verdict: 'allowed', deliveredTo: ['to:executor'] })
const denied = JSON.stringify({ verdict: 'denied', deliveredTo: [] })
const message = (id: string, data: string) => ['event', eventOf(id), 'data', data]

describe('an entry of the audit', () => {
  it('gives each message the stamp that follows it', () => {
    const flat = [...message('1', '{"a":1}'), ...message('2', 'x'), 'stamp', allowed]
    const read = readRecorded([...flat, ...message('3', ''), 'stamp', denied])
    expect(read.map(({ header, data, stamp }) => [header.id, data, stamp.verdict])).toEqual([
      ['1', '{"a":1}', 'allowed'],
      ['2', 'x', 'allowed'],
      ['3', '', 'denied'],
    ])
    expect(read[2]).toMatchObject({ event: eventOf('3'), stampText: denied })
  })

  it('may hold what later versions add', () => {
    expect(readRecorded(['new', '1', ...message('1', '{}'), 'more', '2', 'stamp', allowed])).toHaveLength(1)
  })

  it.each([
    ['without anything', []],
    ['without a message', ['stamp', allowed]],
    ['without a stamp', message('1', '{}')],
    [
      'without a stamp for its last message',
      [...message('1', '{}'), 'stamp', allowed, ...message('2', '{}')],
    ],
    ['with a broken header', ['event', '{', 'data', '{}', 'stamp', allowed]],
    ['with a broken stamp', [...message('1', '{}'), 'stamp', '{}']],
  ])('cannot be read %s', (_, flat) => {
    expect(() => readRecorded(flat)).toThrow(TerminalError)
  })
})
