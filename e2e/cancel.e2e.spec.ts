import { readdirSync, readFileSync } from 'node:fs'
import { TaskCancel, TaskCancelRequested } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningStack } from './running.stack.js'

let guildhall: RunningStack
// A duration that nothing else on the machine sleeps for.
const seconds = `31${process.pid}`

beforeAll(async () => {
  guildhall = await RunningStack.start()
  await guildhall.teach({
    skill: 'long-nap',
    description: 'Takes a very long nap.',
    examples: ['Take a very long nap'],
    agent: 'sleeper',
    steps: [
      {
        id: 'nap',
        call: 'bash',
        arguments: { command: `sh -c 'sleep ${seconds} & setsid sleep ${seconds}'` },
      },
    ],
  })
})
afterAll(() => guildhall.stop())

function sleepers(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`sleep\0${seconds}`)
      } catch {
        return false
      }
    })
}

describe('canceling a task', () => {
  it('leaves no process of its tree alive, and says so only then', async () => {
    const { task } = await guildhall.run({ goal: 'Take a very long nap' }, async (event) => {
      if (event.type !== 'run.progressed' || event.value.step.state !== 'started') return
      const deadline = Date.now() + 10_000
      while (sleepers().length < 2 && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 20))
      expect(sleepers().length).toBeGreaterThanOrEqual(2)
      await guildhall.client.request(
        TaskCancel,
        { taskId: event.value.taskId, reason: 'slept enough' },
        TaskCancelRequested,
      )
    })
    expect(sleepers()).toEqual([])
    expect(task).toMatchObject({ state: 'canceled', error: { message: 'slept enough' } })
  })
})
