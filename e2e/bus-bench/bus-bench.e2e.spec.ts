import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { BenchPlace } from './bench.place.js'
import type { Outcome } from './ratio.goals.js'
import type { Measurement } from './scenario.js'
import { refuseOtherRecords } from './scenarios/audit.js'

interface Figures {
  rounds: Record<string, Measurement>[]
  outcomes: Outcome[]
}

const main = fileURLToPath(new URL('dist/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'guildhall-bus-bench-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// More than the audit takes in at once: of less nothing could be measured.
const messagesOfSmoke = 1_000

it('measures each message handled once, its effects, its records and the CPU of each process', async () => {
  const out = join(folder, 'bus.json')
  const names = ['routed event', 'routed request-reply', 'exactly-once effect', 'audit sink']
  const args = [
    '--messages',
    String(messagesOfSmoke),
    '--rounds',
    '1',
    '--out',
    out,
    ...names.flatMap((one) => ['--only', one]),
  ]
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { timeout: 170_000 })

  const { rounds, outcomes } = JSON.parse(readFileSync(out, 'utf8')) as Figures
  expect(rounds).toHaveLength(1)
  expect(Object.keys(rounds[0] ?? {})).toEqual(names)
  for (const { rate, cpuUs, latencyMs } of Object.values(rounds[0] ?? {})) {
    expect(rate).toBeGreaterThan(0)
    // So few messages may cost less than the tick of the clock that counts processor time.
    expect(Object.values(cpuUs?.roles ?? {}).every((us) => us >= 0)).toBe(true)
    expect(cpuUs?.redis).toBeGreaterThanOrEqual(0)
    expect(latencyMs?.p99).toBeGreaterThanOrEqual(latencyMs?.p50 ?? Infinity)
  }
  const { messages, cpuUs } = rounds[0]?.['routed event'] as Measurement
  expect(messages).toBe(messagesOfSmoke)
  expect(Object.keys(cpuUs?.roles ?? {})).toEqual(['sender', 'router', 'handler'])
  expect(outcomes.map(({ name }) => name)).toEqual([
    'exactly-once effect / bare transactions: rate',
    'audit sink / routed event at its peak: rate',
    'audit sink: lag at half the peak, p99 in ms',
  ])
  expect(stdout).toContain('CPU µs/msg')
  expect(stdout).toContain('a publisher that does nothing')
}, 180_000)

it('ends at once, and says why, when a process dies in the middle of a measurement', async () => {
  const args = [
    '--only',
    'lone routed event',
    '--messages',
    '40000',
    '--out',
    join(folder, 'unfinished.json'),
  ]
  const bench = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(bench, 'exit')
  let said = ''
  bench.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  try {
    await expect.poll(() => childrenOf(bench.pid).join(), { timeout: 90_000 }).toContain('product.producer')
    const router = childrenOf(bench.pid).find(([, args]) => args.includes('services/router/'))
    process.kill(Number(router?.[0]), 'SIGKILL')
    const [code] = (await Promise.race([exited, once(AbortSignal.timeout(60_000), 'abort')])) as unknown[]
    expect(code).toBe(1)
    expect(said).toContain('router ended (SIGKILL)')
  } finally {
    bench.kill('SIGTERM')
    await exited
  }
}, 180_000)

it('takes no figures where a message has died, or has no record or two; records of others are none of its business', async () => {
  const place = await BenchPlace.start()
  const record = (entry: number, task: string | null) =>
    place.rows(
      `INSERT INTO guildhall_audit.audit_records (entry_id, message_id, verdict, task_id, at, block_id, block_position)
       VALUES (?, ?, 'allowed', ?, NOW(3), 1, ?)`,
      [`1-${entry}`, `message ${task}`, task, entry],
    )
  try {
    await record(1, 'one')
    await record(2, null)
    await refuseOtherRecords(place, 1)
    await expect(refuseOtherRecords(place, 2)).rejects.toThrow('1 records of 1 events')
    await record(3, 'one')
    await expect(refuseOtherRecords(place, 1)).rejects.toThrow('2 records of 1 events')
    await place.untilSettled()
    const stream = place.keys.deadLetter('executor')
    await place.admin.xadd(stream, '*', 'data', '{}')
    await expect(place.untilSettled()).rejects.toThrow('there are dead letters')
    await place.admin.del(stream)
    await place.untilSettled()
    await place.rows(`INSERT INTO guildhall_router.dead_letters
      (id, shard, service, entry_id, code, message, attempts, at, state)
      VALUES (UUID(), 'main', 'executor', '1-1', 'handler-failed', 'it broke', 5, NOW(3), 'waiting')`)
    await expect(place.untilSettled()).rejects.toThrow('there are dead letters: handler-failed (it broke)')
  } finally {
    await place.stop()
  }
}, 120_000)

function childrenOf(pid: number | undefined): [pid: string, args: string][] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return children.map((child) => [child, argsOf(child)])
}

function argsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
