import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import type { Measurement } from './scenario.js'

const main = fileURLToPath(new URL('dist/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'guildhall-bus-bench-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('measures a routed event: every message handled once, CPU of each process, nothing left on the streams', async () => {
  const out = join(folder, 'bus.json')
  const args = ['--only', 'routed event', '--messages', '200', '--rounds', '1', '--out', out]
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { timeout: 55_000 })

  const { rounds } = JSON.parse(readFileSync(out, 'utf8')) as { rounds: Record<string, Measurement>[] }
  expect(rounds).toHaveLength(1)
  const { messages, rate, cpuUs, latencyMs } = rounds[0]?.['routed event'] as Measurement
  expect(messages).toBe(200)
  expect(rate).toBeGreaterThan(0)
  expect(Object.entries(cpuUs?.roles ?? {}).filter(([, us]) => us > 0)).toHaveLength(3)
  expect(cpuUs?.redis).toBeGreaterThan(0)
  expect(latencyMs?.p99).toBeGreaterThanOrEqual(latencyMs?.p50 ?? Infinity)
  expect(stdout).toContain('CPU µs/msg')
})
