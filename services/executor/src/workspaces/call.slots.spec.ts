import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { CallSlots } from './call.slots.js'

const never = new AbortController().signal

/** A piece of work that ends when it is told to. */
function piece(log: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const work = async () => {
    log.push(`${name} begins`)
    await promise
  }
  return { work, end: resolve, fail: reject }
}

it('lets so many work at the same time, and the others in their order, also after a failure', async () => {
  const [log, slots] = [[] as string[], new CallSlots(2)]
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => piece(log, name)) as [
    ReturnType<typeof piece>,
    ReturnType<typeof piece>,
    ReturnType<typeof piece>,
    ReturnType<typeof piece>,
  ]
  const running = [a, b, c, d].map(({ work }) => slots.use(never, work))
  await setImmediate()
  expect(log).toEqual(['a begins', 'b begins'])
  expect(slots.hasFree).toBe(false)
  b.fail(new Error('broken'))
  await expect(running[1]).rejects.toThrow('broken')
  await setImmediate()
  expect(log).toEqual(['a begins', 'b begins', 'c begins'])
  for (const { end } of [a, c, d]) end()
  await Promise.allSettled(running)
  expect(log.at(-1)).toBe('d begins')
  expect(slots.hasFree).toBe(true)
})

it('keeps nobody waiting whose signal is aborted, and gives the slot to the next', async () => {
  const [log, slots] = [[] as string[], new CallSlots(1)]
  const [first, second, third] = [piece(log, 'first'), piece(log, 'second'), piece(log, 'third')]
  const controller = new AbortController()
  const running = [
    slots.use(never, first.work),
    slots.use(controller.signal, second.work),
    slots.use(never, third.work),
  ]
  await setImmediate()
  controller.abort()
  await setImmediate()
  expect(log).toEqual(['first begins', 'second begins'])
  second.end()
  await running[1]
  expect(log).not.toContain('third begins')
  first.end()
  third.end()
  await Promise.all(running)
  expect(log.at(-1)).toBe('third begins')
  expect(slots.hasFree).toBe(true)
})
