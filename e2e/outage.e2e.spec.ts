import { DeadLetterList, DeadLetterListed, type DeadLetterView, serviceNames } from '@guildhall/contracts'
import { streamKeys } from '@guildhall/redis-streams'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ledger } from './ledger.js'
import { RunningStack, until } from './running.stack.js'

let guildhall: RunningStack
let ledger: Ledger

beforeAll(async () => {
  guildhall = await RunningStack.start({ env: { executor: { GUILDHALL_EXECUTOR_CONCURRENCY: '2' } } })
  ledger = await Ledger.open(guildhall)
})
afterAll(() => guildhall.stop())

/** Submits a task for each line and follows them all to their ends, each to arrive within 80 s. */
async function runAll(lines: string[]) {
  const fromId = await guildhall.client.position()
  return Promise.all(
    lines.map(async (line) => {
      const submission = { idempotencyKey: line, timeoutMs: 60_000 }
      const { taskId } = await guildhall.client.submit(ledger.task(line), submission)
      const ended = await guildhall.follow(taskId, fromId)
      return { line, ...ended.task }
    }),
  )
}

const named = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name} ${n}`)
/** Waits until so many of the tasks have acted, which leaves the others anywhere on their way. */
async function untilActed(lines: string[], count: number): Promise<void> {
  const acted = () => lines.filter((line) => ledger.timesOf(line) > 0).length
  await until(() => acted() >= count, `${count} of ${lines.length} tasks have acted`)
}

/** Kills a server again and again, as soon as it is back, so that it is away for the whole time. */
async function keepAway(name: 'mariadb' | 'redis', forMs: number): Promise<void> {
  const deadline = Date.now() + forMs
  const killed = async () => {
    if (guildhall.stack.pid(name) !== undefined) await guildhall.stack.kill(name, 'SIGKILL')
    return Date.now() > deadline
  }
  await until(killed, `${name} was kept away`, forMs + 5_000)
}

/** Those that the router has moved into its table, after none is on its way there any more. */
async function deadLetters(): Promise<DeadLetterView[]> {
  const redis = guildhall.redis('admin')
  try {
    const { deadLetter } = streamKeys('main')
    await until(async () => {
      const lengths = await Promise.all(serviceNames.map((service) => redis.xlen(deadLetter(service))))
      return lengths.every((length) => length === 0)
    }, 'the router has taken in the dead letters')
  } finally {
    redis.disconnect()
  }
  const { value } = await guildhall.client.request(DeadLetterList, {}, DeadLetterListed)
  return value.deadLetters
}

type EndedTask = Awaited<ReturnType<typeof runAll>>[number]

async function expectAllDoneOnce(tasks: readonly EndedTask[]): Promise<void> {
  for (const { line, state, result, error } of tasks) {
    expect({ line, state, result, error }).toMatchObject({ state: 'completed', result: 'appended' })
    expect(ledger.timesOf(line), line).toBe(1)
  }
  expect(await deadLetters()).toEqual([])
}

describe('tasks in flight while a server is away', () => {
  it('end well, and act once, when MariaDB was away for 25 s', async () => {
    const lines = named('before MariaDB went', 5)
    const before = runAll(lines)
    await untilActed(lines, 1)
    const outage = keepAway('mariadb', 25_000)
    const during = runAll(named('while MariaDB was away', 5))
    await outage
    await expectAllDoneOnce([...(await before), ...(await during)])
  }, 90_000)

  it('end well, and act once, when Redis was killed, and then away for longer than publishers try', async () => {
    const lines = named('Redis', 10)
    const tasks = runAll(lines)
    await untilActed(lines, 1)
    await guildhall.stack.kill('redis', 'SIGKILL')
    await untilActed(lines, 3)
    await keepAway('redis', 10_000)
    await expectAllDoneOnce(await tasks)
  }, 60_000)
})
