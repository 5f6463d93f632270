import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serviceNames } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, RunningStack } from './running.stack.js'

const lone = 60
const crowd = 300
const inFlight = 50

let guildhall: RunningStack
const figures: Record<string, number | Record<string, number>> = {}

beforeAll(async () => {
  guildhall = await RunningStack.start()
  await guildhall.teach({
    skill: 'no-operation',
    description: 'Does nothing at all, as quickly as possible.',
    examples: ['Do nothing at all, quickly'],
    agent: 'idler',
    steps: [{ id: 'nothing', call: 'bash', arguments: { command: 'true' } }],
  })
})
afterAll(async () => {
  await guildhall.stop()
  const folder = join(root, '.guildhall', 'bench')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'tasks.json'), `${JSON.stringify(figures, null, 2)}\n`)
  console.log(JSON.stringify(figures, null, 2))
})

const nothing = { goal: 'Do nothing at all, quickly' }

function percentile(sorted: number[], share: number): number {
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) * 10) / 10
}

/** Runs one after another, in ms from submit to the terminal message. */
async function measure(count: number): Promise<number[]> {
  const took: number[] = []
  for (let i = 0; i < count; i++) {
    const from = performance.now()
    const { task } = await guildhall.run(nothing)
    took.push(performance.now() - from)
    expect(task.state).toBe('completed')
  }
  return took.sort((a, b) => a - b)
}

describe('tasks that do nothing', () => {
  it('one at a time: milliseconds from submit to completed', async () => {
    await measure(10)
    const sorted = await measure(lone)
    figures['loneTaskMs'] = { p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) }
  }, 120_000)

  it(`${inFlight} in flight: tasks a second`, async () => {
    let left = crowd
    const from = performance.now()
    const lane = async () => {
      while (left-- > 0) expect((await guildhall.run(nothing)).task.state).toBe('completed')
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
    figures['tasksPerSecond'] = Math.round((crowd / (performance.now() - from)) * 10_000) / 10
    figures['inFlight'] = inFlight
  }, 300_000)

  it('megabytes of memory of each process', () => {
    const processes = [...serviceNames, 'redis', 'mariadb'] as const
    figures['residentMegabytes'] = Object.fromEntries(
      processes.map((name) => {
        const status = readFileSync(`/proc/${guildhall.stack.pid(name)}/status`, 'utf8')
        return [name, Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024)]
      }),
    )
  })
})
