import { type ServiceName, serviceNames, type TaskView } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ledger } from './ledger.js'
import { monitorRedis } from './redis.monitor.js'
import { RunningStack, until } from './running.stack.js'

/** The messages after which a service is killed: one for each step of a task's way. */
const steps = [
  'task.submit',
  'skills.match',
  'skills.matched',
  'task.run',
  'run.started',
  'run.progressed',
  'run.succeeded',
]

let guildhall: RunningStack
let ledger: Ledger

beforeAll(async () => {
  guildhall = await RunningStack.start()
  ledger = await Ledger.open(guildhall)
})
afterAll(() => guildhall.stop())

/** Kills a service with SIGKILL the moment the router has Redis carry a message of this type. */
async function killAfter(type: string, service: ServiceName, work: () => Promise<void>): Promise<void> {
  await until(() => isReady(service), `${service} is ready`, 60_000)
  const { host, port } = guildhall.stack.info.redis
  const admin = { host, port, username: 'admin', password: guildhall.secret('admin.redis') }
  const killed = Promise.withResolvers<void>()
  let isKilled = false
  const stop = await monitorRedis(admin, (line) => {
    if (isKilled || !/"fcall" "gh_relay"/i.test(line) || !line.includes(`\\"type\\":\\"${type}\\"`)) return
    isKilled = true
    killAndRevive(service).then(killed.resolve, killed.reject)
  })
  try {
    await Promise.all([work(), killed.promise])
  } finally {
    stop()
  }
}

/** By itself it would come back later each time, since it never lives for long here. */
async function killAndRevive(service: ServiceName): Promise<void> {
  await guildhall.stack.kill(service, 'SIGKILL')
  await guildhall.stack.restart(service)
}

async function isReady(service: ServiceName): Promise<boolean> {
  const port = guildhall.stack.info.services[service]?.httpPort
  const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
  return response?.ok === true
}

/** One task for each step, and the service killed at that step of it or of a task that runs beside it. */
async function killAtEachStep(service: ServiceName): Promise<{ line: string; task: TaskView }[]> {
  const ended: { line: string; task: TaskView }[] = []
  for (const type of steps) {
    const line = `${service} ${type}`
    await killAfter(type, service, async () => {
      ended.push({ line, task: (await guildhall.run(ledger.task(line))).task })
    })
  }
  return ended
}

describe('a service killed with SIGKILL at each step of a task', () => {
  // Others may die meanwhile; the executor not, which may leave it unknown what a task of another one has done.
  for (const service of serviceNames.filter((name) => name !== 'executor')) {
    it.concurrent(
      `comes back, and the task ends right and acts once: ${service}`,
      async () => {
        for (const { line, task } of await killAtEachStep(service)) {
          expect(task, line).toMatchObject({ state: 'completed', result: 'appended' })
          expect(ledger.timesOf(line), line).toBe(1)
        }
      },
      180_000,
    )
  }

  it('comes back, and the task ends right and acts once, or it is said that this is unknown: executor', async () => {
    for (const { line, task } of await killAtEachStep('executor')) {
      if (task.error?.code === 'unknown-outcome') {
        expect(task.state, line).toBe('failed')
        expect(ledger.timesOf(line), line).toBeLessThanOrEqual(1)
      } else {
        expect(task, line).toMatchObject({ state: 'completed', result: 'appended' })
        expect(ledger.timesOf(line), line).toBe(1)
      }
    }
  }, 180_000)
})
