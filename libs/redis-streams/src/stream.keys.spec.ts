import { serviceNames } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { routerStreams, streamKeys } from './stream.keys.js'

describe('the keys', () => {
  it('of a shard share one hash tag', () => {
    const keys = streamKeys('s1')
    const all = [
      keys.gateway,
      keys.healing,
      keys.audit,
      keys.from('executor'),
      keys.to('executor'),
      keys.reply('anna'),
      keys.deadLetter('executor'),
      keys.alive('executor', 'i-1'),
      keys.delayed,
      keys.delayedMessages,
      keys.blobFrom('executor', 'b-1'),
      keys.blobTo('executor', 'b-1'),
      keys.seen(7),
      keys.rate,
      keys.waiting('acme'),
      keys.waiting('acme', 'anna'),
      keys.epoch,
      keys.continuity('executor'),
      keys.groups('executor'),
      keys.state('executor', 'agent:a'),
    ]
    expect(all).toEqual([
      'gh:{s1}:gateway',
      'gh:{s1}:healing',
      'gh:{s1}:audit',
      'gh:{s1}:from:executor',
      'gh:{s1}:to:executor',
      'gh:{s1}:reply:anna',
      'gh:{s1}:dead-letter:executor',
      'gh:{s1}:alive:executor:i-1',
      'gh:{s1}:delayed',
      'gh:{s1}:delayed-messages',
      'gh:{s1}:blob:from:executor:b-1',
      'gh:{s1}:blob:to:executor:b-1',
      'gh:{s1}:seen:7',
      'gh:{s1}:rate',
      'gh:{s1}:waiting:acme',
      'gh:{s1}:waiting:acme:anna',
      'gh:{s1}:epoch',
      'gh:{s1}:continuity:executor',
      'gh:{s1}:groups:executor',
      'gh:{s1}:state:executor:agent:a',
    ])
  })

  it.each(['', 'a{b}', 'A', 'a b', 'x'.repeat(33)])('are not made for the shard name %j', (shard) => {
    expect(() => streamKeys(shard)).toThrow(RangeError)
  })

  it('tell the router for each stream who speaks there', () => {
    expect([...routerStreams('s1', serviceNames).values()]).toContain('gateway')
    expect(routerStreams('s1', serviceNames).get('gh:{s1}:from:executor')).toBe('from:executor')
  })
})
