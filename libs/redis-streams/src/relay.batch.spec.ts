import type { ServiceName } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { say, stamp } from './bus.fixture.js'
import { type DecidedEntry, relayCalls } from './relay.batch.js'
import { streamKeys } from './stream.keys.js'

const keys = streamKeys('s1')
const from = keys.from('executor')

function decided(id: string, to: ServiceName[], reply: string[], data = '{}'): DecidedEntry {
  const { header } = say('test.hello', {}, 'executor')
  return { id, decision: { deliverTo: { to, reply }, header, data, stamp: stamp('from:executor', []) } }
}

describe('the calls of a relay', () => {
  it('name each destination once, work streams before reply streams', () => {
    const entries = [decided('1-1', ['audit'], ['anna']), decided('1-2', ['audit', 'executor'], [])]
    const [only, ...others] = relayCalls(from, entries, keys, 9)
    expect(others).toEqual([])
    expect(only?.call.keys).toEqual([
      from,
      keys.audit,
      keys.to('audit'),
      keys.to('executor'),
      keys.reply('anna'),
    ])
    expect(only?.call.args.slice(0, 4)).toEqual([9, 5, '1-1', '1-2'])
    expect(only?.call.args.slice(8, 12)).toEqual([2, 3, 5, 0])
  })

  it('carry the refusal of a denied message', () => {
    const entry = decided('1-1', [], [])
    const envelope = say('request.refused', { code: 'x' }, 'router')
    entry.decision.alsoReply = { to: { client: 'anna' }, envelope }
    const [only] = relayCalls(from, [entry], keys, 9)
    expect(only?.call.keys).toEqual([from, keys.audit, keys.reply('anna')])
    expect(only?.call.args.at(-1)).toBe('{"code":"x"}')
    expect(only?.call.args.at(-3)).toBe(3)
  })

  it('bring answers and refusals to the services that asked', () => {
    const [answered, refused] = [decided('1-1', [], []), decided('1-2', [], [])]
    answered.decision.deliverTo.answer = ['executor']
    const envelope = say('request.refused', { code: 'x' }, 'router')
    refused.decision.alsoReply = { to: { service: 'audit' }, envelope }
    const [only] = relayCalls(from, [answered, refused], keys, 9)
    expect(only?.call.keys).toEqual([from, keys.audit, keys.answer('executor'), keys.answer('audit')])
    expect(only?.call.args.slice(1, 10)).toEqual([
      3,
      '1-1',
      '1-2',
      '1-1',
      expect.any(String),
      '{}',
      expect.any(String),
      1,
      3,
    ])
    expect(only?.call.args.at(-3)).toBe(4)
  })

  it('stay short: at most 100 messages and about 1 MiB each', () => {
    const many = Array.from({ length: 250 }, (_, n) => decided(`1-${n}`, ['audit'], []))
    expect(relayCalls(from, many, keys, 9).map(({ ids }) => ids.length)).toEqual([100, 100, 50])
    const large = Array.from({ length: 5 }, (_, n) => decided(`1-${n}`, ['audit'], [], 'x'.repeat(300_000)))
    expect(relayCalls(from, large, keys, 9).map(({ ids }) => ids.length)).toEqual([1, 1, 1, 1, 1])
  })
})
