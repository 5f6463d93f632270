import { type ServiceName, serviceNames } from '@guildhall/contracts'
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
  await until(() => isReady(service), `${service} is ready`, 30_000)
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

describe('a service killed with SIGKILL', () => {
  for (const service of serviceNames) {
    it(`at each step of a task: ${service} comes back, the task ends right and acts once`, async () => {
      for (const type of steps) {
        const line = `${service} ${type}`
        let ended: Awaited<ReturnType<RunningStack['run']>> | undefined
        await killAfter(type, service, async () => {
          ended = await guildhall.run(ledger.task(line))
        })
        // The executor may die while the function runs: then it is unknown whether it acted, and that is said.
        if (service === 'executor' && ended?.task.error?.code === 'unknown-outcome') {
          expect(ended.task.state, line).toBe('failed')
          expect(ledger.timesOf(line), line).toBeLessThanOrEqual(1)
        } else {
          expect(ended?.task, line).toMatchObject({ state: 'completed', result: 'appended' })
          expect(ledger.timesOf(line), line).toBe(1)
        }
      }
    }, 180_000)
  }
})
