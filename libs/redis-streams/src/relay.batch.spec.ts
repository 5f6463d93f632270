import type { ServiceName } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { say, stamp } from './bus.fixture.js'
import { type DecidedEntry, readRelayOutcome, relayCalls } from './relay.batch.js'
import { streamKeys } from './stream.keys.js'

const keys = streamKeys('s1')
const from = keys.from('executor')

function decided(id: string, to: ServiceName[], reply: string[], data = '{}'): DecidedEntry {
  const { header } = say('test.hello', {}, 'executor')
  return { id, decision: { deliverTo: { to, reply }, header, data, stamp: stamp('from:executor', []) } }
}

const uuid = '0196f3a2-6f0e-7c3b-9a59-6d1f6d3f9b52'
const limits = { auditBytes: 9, destination: 50 }

describe('the calls of a relay', () => {
  it('name each destination once, and say what it is', () => {
    const entries = [decided('1-1', ['audit'], ['anna']), decided('1-2', ['audit', 'executor'], [])]
    const [only, ...others] = relayCalls(from, 'executor', entries, keys, limits)
    expect(others).toEqual([])
    const destinations = [keys.to('audit'), keys.reply('anna'), keys.to('executor')]
    expect(only?.keys).toEqual([from, keys.audit, ...destinations])
    expect(only?.args.slice(0, 5)).toEqual([9, 50, 'wkw', '1-1', '1-2'])
    expect(only?.args.slice(12, 16)).toEqual([2, 3, 4, 0])
    expect(only?.args.slice(-4)).toEqual([2, 3, 5, 0])
  })

  it('carry the refusal of a denied message, to a client or to a service', () => {
    const toClient = decided('1-1', [], [])
    const toService = decided('1-2', [], [])
    const envelope = say('request.refused', { code: 'x' }, 'router')
    toClient.decision.alsoReply = { to: { client: 'anna' }, envelope }
    toService.decision.alsoReply = { to: { service: 'executor' }, envelope }
    const [only] = relayCalls(from, 'executor', [toClient, toService], keys, limits)
    expect(only?.keys).toEqual([from, keys.audit, keys.reply('anna'), keys.answer('executor')])
    const said = [JSON.stringify(envelope.header), '{"code":"x"}']
    expect(only?.args.slice(13, 19)).toEqual([1, 'also', 3, 3, ...said])
    expect(only?.args.slice(-6)).toEqual([1, 'also', 3, 4, ...said])
  })

  it('say a stamp that messages have in common once', () => {
    const entries = [decided('1-1', ['audit'], []), decided('1-2', [], []), decided('1-3', ['audit'], [])]
    const [first, second, third] = entries as [DecidedEntry, DecidedEntry, DecidedEntry]
    third.decision.stamp = first.decision.stamp
    const args = relayCalls(from, 'executor', entries, keys, limits)[0]?.args ?? []
    const stamps = [first, second].map(({ decision }) => JSON.stringify(decision.stamp))
    expect(args.slice(5, 8)).toEqual([2, ...stamps])
    expect(entries.map(({ id }) => args[args.indexOf(id, 8) + 3])).toEqual([1, 2, 1])
  })

  it('leave a header that came as text as it is', () => {
    const entry = decided('1-1', ['audit'], [])
    entry.decision.event = '{ "id" : 1 }'
    expect(relayCalls(from, 'executor', [entry], keys, limits)[0]?.args).toContain('{ "id" : 1 }')
  })

  it('say when a message is due, and where its payload lies and goes', () => {
    const entry = decided('1-1', ['audit', 'router'], [])
    const sha256 = 'a'.repeat(64)
    const payload = { dataref: uuid, datasize: 7, datasha256: sha256 }
    Object.assign(entry.decision.header, payload, { delivertime: '2026-01-01T00:00:00Z' })
    const [only] = relayCalls(from, 'executor', [entry], keys, limits)
    expect(only?.keys.slice(4)).toEqual([
      keys.delayed,
      keys.delayedMessages,
      keys.blobFrom('executor', uuid),
      keys.blobTo('audit', uuid),
      keys.blobTo('router', uuid),
    ])
    expect(only?.args[2]).toBe('wwooooo')
    const due = Date.UTC(2026, 0, 1)
    expect(only?.args.slice(-13)).toEqual([2, 'due', 3, due, 5, 6, 'payload', 5, 7, 7, sha256, 8, 9])
  })

  it('neither delay what is denied or said to clients nor hand on its payload', () => {
    const reference = {
      dataref: uuid,
      datasize: 7,
      datasha256: 'a'.repeat(64),
      delivertime: '2026-01-01T00:00:00Z',
    }
    for (const entry of [decided('1-1', [], []), decided('1-1', ['audit'], ['anna'])]) {
      Object.assign(entry.decision.header, reference)
      expect(relayCalls(from, 'executor', [entry], keys, limits)[0]?.args.at(-1)).toBe(0)
    }
  })

  it.each([
    ['id', { dataref: '../x' }],
    ['size', { datasize: 9 * 1024 * 1024 }],
    ['size', { datasize: '7' }],
    ['hash', { datasha256: 'x' }],
    ['hash', { datasha256: undefined }],
  ])('find no payload for a malformed %s', (_, wrong) => {
    const entry = decided('1-1', ['audit'], [])
    const reference = { dataref: uuid, datasize: 7, datasha256: 'a'.repeat(64) }
    Object.assign(entry.decision.header, { ...reference, ...wrong })
    const [only] = relayCalls(from, 'executor', [entry], keys, limits)
    expect(only?.keys).toContain(keys.blobFrom('executor', 'none'))
  })

  it('stay short: at most 100 messages and about 1 MiB each', () => {
    const many = Array.from({ length: 250 }, (_, n) => decided(`1-${n}`, ['audit'], []))
    expect(relayCalls(from, 'executor', many, keys, limits).map(({ ids }) => ids.length)).toEqual([
      100, 100, 50,
    ])
    const large = Array.from({ length: 5 }, (_, n) => decided(`1-${n}`, ['audit'], [], 'x'.repeat(300_000)))
    expect(relayCalls(from, 'executor', large, keys, limits).map(({ ids }) => ids.length)).toEqual([
      1, 1, 1, 1, 1,
    ])
    expect(relayCalls(from, 'executor', [], keys, limits)).toEqual([])
  })
})

describe('the outcome of a relay', () => {
  it('tells how long the work streams are, and what was not moved', () => {
    const [call] = relayCalls(from, 'executor', [decided('1-1', ['audit'], ['anna'])], keys, limits)
    const { lengths, left } = readRelayOutcome(call!, [
      [7, -1],
      ['1-1', 'full'],
    ])
    expect([...lengths]).toEqual([[keys.to('audit'), 7]])
    expect([...left]).toEqual([['1-1', 'full']])
  })
})
