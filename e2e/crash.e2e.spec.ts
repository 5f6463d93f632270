import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ServiceName, serviceNames } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

beforeAll(async () => {
  guildhall = await RunningStack.start()
  chmodSync(guildhall.outside, 0o777)
  await guildhall.teach({
    skill: 'ledger-line',
    description: 'Appends one line to the ledger file.',
    examples: ['Append a line to the ledger file', 'Write one line into the ledger'],
    agent: 'bookkeeper',
    steps: [
      { id: 'look', call: 'fs.list', arguments: { path: { ref: 'task.mounts.0' } } },
      {
        id: 'append',
        call: 'bash',
        arguments: {
          command: 'echo "$1" >> "$2/ledger.txt"; echo appended',
          args: [{ ref: 'task.inputs.line' }, { ref: 'task.mounts.0' }],
        },
      },
      { id: 'done', call: 'fs.list', arguments: { path: { ref: 'task.mounts.0' } } },
    ],
    result: { ref: 'steps.append.stdout' },
  })
})
afterAll(() => guildhall.stop())

const task = (line: string) => ({
  goal: 'Append a line to the ledger file',
  inputs: { line },
  mounts: [{ source: guildhall.outside, mode: 'rw' as const }],
})
const timesIn = (line: string) =>
  readFileSync(join(guildhall.outside, 'ledger.txt'), 'utf8')
    .split('\n')
    .filter((entry) => entry === line).length

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
    guildhall.stack.kill(service, 'SIGKILL').then(killed.resolve, killed.reject)
  })
  try {
    await Promise.all([work(), killed.promise])
  } finally {
    stop()
  }
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
          ended = await guildhall.run(task(line))
        })
        // The executor may die while the function runs: then it is unknown whether it acted, and that is said.
        if (service === 'executor' && ended?.task.error?.code === 'unknown-outcome') {
          expect(ended.task.state, line).toBe('failed')
          expect(timesIn(line), line).toBeLessThanOrEqual(1)
        } else {
          expect(ended?.task, line).toMatchObject({ state: 'completed', result: 'appended' })
          expect(timesIn(line), line).toBe(1)
        }
      }
    }, 180_000)
  }
})
