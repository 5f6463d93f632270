import { createEnvelope, type Envelope } from '@guildhall/contracts'
import { beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from './database.options.js'
import { Publications } from './publications.js'

interface Call {
  subjects: string[]
  succeed: () => void
  fail: () => void
}

const about = (...subjects: string[]): Envelope[] =>
  subjects.map((subject) =>
    createEnvelope('run.progressed', {}, '/services/executor', { tenant: 't', subject }),
  )
/** Everything that follows from what has happened so far has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('publications', () => {
  let calls: Call[]
  let published: string[]
  let publications: Publications

  beforeEach(() => {
    calls = []
    published = []
    const publish = (envelopes: readonly Envelope[]) =>
      new Promise<void>((resolve, reject) => {
        const subjects = envelopes.map(({ header }) => header.subject ?? '')
        calls.push({ subjects, succeed: resolve, fail: () => reject(new Error('Redis is away')) })
      })
    publications = new Publications({ publish }, silentLogger, (ids) => void published.push(...ids))
  })

  it('behind their callers are begun at once, and waited for by what comes later about the same subject', async () => {
    const [first, second, other] = [about('a'), about('a'), about('b')]
    await publications.publishBehind(first)
    await publications.publishBehind(other)
    const awaited = publications.publish(second)
    await settled()
    expect(calls.map(({ subjects }) => subjects)).toEqual([['a'], ['b']])
    calls[0]?.succeed()
    await settled()
    expect(calls.map(({ subjects }) => subjects)).toEqual([['a'], ['b'], ['a']])
    expect(published).toEqual([first[0]?.header.id])
    calls[2]?.succeed()
    await awaited
    expect(published).toEqual([first[0]?.header.id, second[0]?.header.id])
  })

  it('that are waited for do not wait for each other', async () => {
    void publications.publish(about('a'))
    void publications.publish(about('a'))
    await settled()
    expect(calls).toHaveLength(2)
  })

  it('about several subjects wait for all of them', async () => {
    await publications.publishBehind(about('a'))
    await publications.publishBehind(about('b'))
    await publications.publishBehind(about('b', 'a'))
    calls[1]?.succeed()
    await settled()
    expect(calls).toHaveLength(2)
    calls[0]?.succeed()
    await settled()
    expect(calls[2]?.subjects).toEqual(['b', 'a'])
  })

  it('leave to the sweeper what could not be published, and what waits behind it', async () => {
    const [first, second] = [about('a'), about('a')]
    await publications.publishBehind(first)
    await publications.publishBehind(second)
    const ids = [...first, ...second].map(({ header }) => header.id)
    expect(ids.map((id) => publications.isInHand(id))).toEqual([true, true])
    calls[0]?.fail()
    await publications.idle()
    expect([calls.length, published]).toEqual([1, []])
    expect(ids.map((id) => publications.isInHand(id))).toEqual([false, false])
    await publications.publishBehind(about('a'))
    await settled()
    expect(calls).toHaveLength(2)
  })

  it('are waited for when too many are under way', async () => {
    let committed = 0
    const goOn = async () => {
      for (let number = 0; number < 100; number += 1) {
        await publications.publishBehind(about(`subject ${number}`))
        committed += 1
      }
    }
    const all = goOn()
    await settled()
    expect(committed).toBe(64)
    expect(calls).toHaveLength(65)
    while (committed < 100) {
      for (const { succeed } of calls) succeed()
      await settled()
    }
    await all
  })

  it('tell when none is under way, about one subject or about any', async () => {
    const over: string[] = []
    await publications.publishBehind(about('a'))
    await publications.publishBehind(about('b'))
    const waiting = [
      publications.idle('a').then(() => over.push('a')),
      publications.idle().then(() => over.push('any')),
      publications.idle('c').then(() => over.push('c')),
    ]
    await settled()
    expect(over).toEqual(['c'])
    calls[0]?.succeed()
    await settled()
    expect(over).toEqual(['c', 'a'])
    calls[1]?.succeed()
    await Promise.all(waiting)
    expect(over).toEqual(['c', 'a', 'any'])
  })
})
