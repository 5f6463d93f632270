import { randomUUID } from 'node:crypto'
import {
  createEnvelope,
  DeadLetterList,
  DeadLetterPurge,
  DeadLetterRedrive,
  DeadLetterShow,
  type DeadLetterField,
  type DeadLetterView,
  newId,
  type Stamp,
} from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RouterFixture } from '../router.fixture.js'

let fixture: RouterFixture

beforeAll(async () => {
  fixture = await RouterFixture.start(
    [
      { id: 'root', roles: ['administrator'], token: randomUUID() },
      { id: 'anna', roles: ['operator'], token: randomUUID() },
    ],
    2,
  )
})
afterAll(() => fixture?.stop())

const stamp: Stamp = {
  verdict: 'allowed',
  at: '2026-01-01T12:00:00.000Z',
  router: 'router-9',
  policy: '1',
  heardOn: 'from:task-scheduler',
  deliveredTo: ['to:executor'],
}
const traceId = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${traceId}-b7ad6b7169203331-01`

/** A message on its deathbed: the strings of the dead letter, and what is known of it. */
function dying(
  o: { service?: string; code?: string; stamp?: Stamp; data?: string | Buffer; stream?: string } = {},
) {
  const { service = 'executor', code = 'poison' } = o
  const subject = newId()
  const { header } = createEnvelope('task.run', {}, '/services/task-scheduler', {
    tenant: 'acme',
    subject,
    traceparent,
  })
  const error = {
    code,
    message: 'it could not be handled',
    attempts: 5,
    service,
    at: new Date().toISOString(),
    stream: o.stream ?? fixture.keys.to(service),
    entryId: '1-1',
  }
  const event = JSON.stringify(header)
  const data = o.data ?? `{"taskId" : "${subject}"}`
  const flat = ['event', event, 'data', data, 'stamp', JSON.stringify(o.stamp ?? stamp)]
  return { header, event, data, flat: [...flat, 'error', JSON.stringify(error)], subject }
}
async function die(o: Parameters<typeof dying>[0] = {}) {
  const message = dying(o)
  await fixture.addFlat(fixture.keys.deadLetter(o?.service ?? 'executor'), message.flat)
  return { ...message, id: (await listed({ taskId: message.subject }, 1))[0]?.id ?? '' }
}
async function page(request: DeadLetterList): Promise<DeadLetterView[]> {
  const { value } = await fixture.ask('root', DeadLetterList, request)
  return value['deadLetters'] as DeadLetterView[]
}
/** The dead letters of a request, once there are so many. */
function listed(request: DeadLetterList, count: number): Promise<DeadLetterView[]> {
  return vi.waitFor(
    async () => {
      const letters = await page(request)
      expect(letters).toHaveLength(count)
      return letters
    },
    { timeout: 15_000, interval: 50 },
  )
}
const redrive = async (request: DeadLetterRedrive) =>
  (await fixture.ask('root', DeadLetterRedrive, request)).value
const back = async (id: string) =>
  (await fixture.on(fixture.keys.to('executor'))).filter(({ header }) => header.id === id)

describe('a dead letter', () => {
  it('is moved into the table with everything that is known of it, and shown with its bytes', async () => {
    const data = Buffer.from([0x7b, 0xff, 0x00, 0x7d])
    const { subject, header, event } = await die({ data })
    const [letter] = await listed({ taskId: subject }, 1)
    expect(letter).toEqual({
      id: expect.any(String),
      service: 'executor',
      messageId: header.id,
      type: 'task.run',
      tenant: 'acme',
      taskId: subject,
      traceId,
      code: 'poison',
      message: 'it could not be handled',
      attempts: 5,
      at: expect.any(String),
      state: 'waiting',
      redrives: 0,
    })
    const { value } = await fixture.ask('root', DeadLetterShow, { deadLetterId: letter?.id ?? '' })
    expect(value['deadLetter']).toEqual(letter)
    expect((value['fields'] as DeadLetterField[]).slice(0, 3)).toEqual([
      { name: 'event', value: event },
      { name: 'data', value: data.toString('base64'), base64: true },
      { name: 'stamp', value: JSON.stringify(stamp) },
    ])
    await expect.poll(() => fixture.redis.xlen(fixture.keys.deadLetter('executor'))).toBe(0)
  })

  it('goes back to its service as it was, with its id and trace, and into the audit, once', async () => {
    const { id, header, event, data } = await die()
    expect(await redrive({ ids: [id] })).toEqual({ redriven: [id], refused: [], remaining: 0 })
    const [only, ...others] = await back(header.id)
    expect(others).toEqual([])
    const redriven = { by: 'root', at: expect.any(String), count: 1 }
    expect(only).toEqual({ header: JSON.parse(event), data, stamp: { ...stamp, redriven } })
    const record = await fixture.arrived(
      fixture.keys.audit,
      (one) => one.header.id === header.id && one.stamp?.redriven !== undefined,
    )
    expect(record).toMatchObject({
      header: { traceparent },
      data,
      stamp: { heardOn: 'dead-letter:executor', deliveredTo: ['to:executor'], redriven },
    })
    expect(record.stamp?.router).toMatch(/^router-[12]$/)
    const again = await redrive({ ids: [id] })
    expect(again).toEqual({
      redriven: [],
      refused: [{ id, code: 'not-redrivable', message: 'it is redriven already' }],
      remaining: 0,
    })
    expect(await back(header.id)).toHaveLength(1)
  })

  it('is redriven three times at most, however often it comes back', async () => {
    const often = { by: 'root', at: stamp.at, count: 3 }
    const { id, header } = await die({ stamp: { ...stamp, redriven: often } })
    expect(await redrive({ ids: [id] })).toMatchObject({
      redriven: [],
      refused: [{ code: 'not-redrivable', message: 'it was redriven 3 times, and died each time' }],
    })
    expect(await back(header.id)).toEqual([])
  })

  it('that died before it was judged stays, whatever it says about itself', async () => {
    const forged = await die({ service: 'router', stream: fixture.keys.gateway })
    const foreign = await die({ service: 'audit' })
    const { refused } = await redrive({ ids: [forged.id, foreign.id, newId()] })
    expect(refused).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: forged.id,
          message: expect.stringContaining('died before it was judged'),
        }),
        expect.objectContaining({ id: foreign.id, message: 'audit does not hear task.run' }),
        expect.objectContaining({ code: 'dead-letter-not-found' }),
      ]),
    )
  })

  it('is purged when that is confirmed: its bytes are gone, that it was there is not', async () => {
    const { id } = await die()
    const unconfirmed = { ids: [id] } as DeadLetterPurge
    expect((await fixture.ask('root', DeadLetterPurge, unconfirmed)).value).toMatchObject({ code: 'invalid' })
    expect((await fixture.ask('root', DeadLetterPurge, { ids: [id], confirm: true })).value).toEqual({
      purged: [id],
      remaining: 0,
    })
    const { value } = await fixture.ask('root', DeadLetterShow, { deadLetterId: id })
    expect(value).toMatchObject({ deadLetter: { state: 'purged' }, fields: [] })
    expect((await redrive({ ids: [id] }))['refused']).toMatchObject([{ message: 'it is purged already' }])
  })

  it('is for administrators alone', async () => {
    expect((await fixture.ask('anna', DeadLetterList, {})).value).toMatchObject({ code: 'not-permitted' })
  })
})

describe('dead letters', () => {
  it('are found by what they are, in pages, and redriven by a hundred', async () => {
    const code = `c-${randomUUID()}`
    const pipeline = fixture.redis.pipeline()
    for (let n = 0; n < 130; n += 1)
      pipeline.call('XADD', fixture.keys.deadLetter('executor'), '*', ...dying({ code }).flat)
    await pipeline.exec()
    const all = await listed({ code, limit: 500 }, 130)
    const first = await page({ code, limit: 100 })
    const last = await page({ code, limit: 100, after: first.at(-1)?.id ?? '' })
    expect([...first, ...last]).toEqual(all)
    expect(await page({ code, service: 'audit' })).toEqual([])
    expect(await page({ code, type: 'task.submit' })).toEqual([])
    expect(await page({ code, since: '2099-01-01T00:00:00Z' })).toEqual([])
    const { redriven, remaining } = await redrive({ code })
    expect(redriven).toHaveLength(100)
    expect(remaining).toBe(30)
    expect((await redrive({ code }))['redriven']).toHaveLength(30)
    expect(await page({ code })).toEqual([])
    expect(await page({ code, state: 'redriven', limit: 500 })).toHaveLength(130)
  })

  it('stay in their stream while MySQL is away, and none is lost or doubled', async () => {
    const code = `c-${randomUUID()}`
    await fixture.mariadb.pause()
    try {
      for (let n = 0; n < 5; n += 1)
        await fixture.addFlat(fixture.keys.deadLetter('executor'), dying({ code }).flat)
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect(await fixture.redis.xlen(fixture.keys.deadLetter('executor'))).toBe(5)
    } finally {
      await fixture.mariadb.resume()
    }
    await listed({ code }, 5)
    await expect.poll(() => fixture.redis.xlen(fixture.keys.deadLetter('executor'))).toBe(0)
    expect(await page({ code })).toHaveLength(5)
  })

  it('that nobody can make sense of are kept all the same', async () => {
    const marks = [randomUUID(), randomUUID()]
    await fixture.addFlat(fixture.keys.deadLetter('router'), ['type', marks[0] ?? '', 'data', '{'])
    const many = Array.from({ length: 20_000 }, (_, n) => `x${n}`)
    const large = Buffer.alloc(9 * 1024 * 1024, 0xff)
    await fixture.addFlat(fixture.keys.deadLetter('router'), ['type', marks[1] ?? '', 'data', large, ...many])
    for (const type of marks) {
      const [letter] = await listed({ type }, 1)
      expect(letter).toMatchObject({ service: 'router', code: 'unknown', attempts: 0 })
      const { type: answer, value } = await fixture.ask('root', DeadLetterShow, {
        deadLetterId: letter?.id ?? '',
      })
      expect(answer).toBe('dead-letter.shown')
      expect(value['fields']).toContainEqual({ name: 'type', value: type })
    }
  })
})
