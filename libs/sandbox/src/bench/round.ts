import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { defaultLimits, FileSession, type Sandbox } from '../index.js'
import { bareSpawn, type Contender, rawBubblewrap, sandboxedCall, trueRequest } from './contenders.js'
import { median, percentile } from './statistics.js'

interface Latency {
  p50: number
  p99: number
}

/** Figures of one round; times in milliseconds. */
export interface Round {
  latencyMs: {
    bare: Latency
    raw: Latency
    call: Latency
    warm: Latency
    fileRead: Latency
    fileWrite: Latency
  }
  /** In a second, with so many in flight. */
  rate: { bare1: number; call1: number; bare8: number; raw8: number; call8: number }
  wallOvershootMs: number
  survivors: number
  /** What was handed on beyond the limit, and what was read beyond it. */
  outputExcessBytes: number
}

const WARM_UP = 5
const IN_FLIGHT = 8
/** Rates are measured in turn, too. */
const SLICES = 5

export async function measureRound(sandbox: Sandbox, workspace: string, calls: number): Promise<Round> {
  const request = trueRequest(workspace)
  const call = sandboxedCall(sandbox, workspace)
  const contenders = { bare: bareSpawn, raw: await rawBubblewrap(workspace), call, warm: call }
  const times: Record<keyof typeof contenders, number[]> = { bare: [], raw: [], call: [], warm: [] }
  // One after another in turn: what disturbs the machine disturbs all of them.
  for (let number = -WARM_UP; number < calls; number += 1) {
    for (const name of ['bare', 'raw', 'call', 'warm'] as const) {
      if (name === 'warm') await sandbox.warmUp(request)
      const startedAt = performance.now()
      await contenders[name]()
      if (number >= 0) times[name].push(performance.now() - startedAt)
    }
  }
  const latency = (values: number[]): Latency => ({ p50: median(values), p99: percentile(values, 0.99) })
  const files = await measureFiles(sandbox, workspace, calls)
  const rate = await measureRates(call, contenders.raw, calls)
  return {
    latencyMs: {
      bare: latency(times.bare),
      raw: latency(times.raw),
      call: latency(times.call),
      warm: latency(times.warm),
      fileRead: latency(files.read),
      fileWrite: latency(files.write),
    },
    rate,
    ...(await measureLimits(sandbox, workspace)),
  }
}

async function measureFiles(sandbox: Sandbox, workspace: string, calls: number) {
  const session = new FileSession(sandbox, { workspace, mounts: [], limits: defaultLimits })
  const path = '/workspace/measured'
  const contentBase64 = Buffer.alloc(4096, 'x').toString('base64')
  const [read, write]: [number[], number[]] = [[], []]
  for (let number = -WARM_UP; number < calls; number += 1) {
    const startedAt = performance.now()
    await session.do('write', { path, contentBase64 })
    const writtenAt = performance.now()
    await session.do('read', { path, maxBytes: 4096 })
    if (number < 0) continue
    write.push(writtenAt - startedAt)
    read.push(performance.now() - writtenAt)
  }
  await session.close()
  return { read, write }
}

async function measureRates(call: Contender, raw: Contender, calls: number): Promise<Round['rate']> {
  const [one, many] = [
    { bare1: 0, call1: 0 },
    { bare8: 0, raw8: 0, call8: 0 },
  ]
  const [few, more] = [Math.ceil(calls / SLICES), Math.ceil((3 * calls) / SLICES)]
  for (let slice = 0; slice < SLICES; slice += 1) {
    one.bare1 += await timeOf(bareSpawn, few, 1)
    one.call1 += await timeOf(call, few, 1)
    many.bare8 += await timeOf(bareSpawn, more, IN_FLIGHT)
    many.raw8 += await timeOf(raw, more, IN_FLIGHT)
    many.call8 += await timeOf(call, more, IN_FLIGHT)
  }
  const rate = (count: number, ms: number): number => (1000 * SLICES * count) / ms
  return {
    bare1: rate(few, one.bare1),
    call1: rate(few, one.call1),
    bare8: rate(more, many.bare8),
    raw8: rate(more, many.raw8),
    call8: rate(more, many.call8),
  }
}

/** Milliseconds for so many. */
async function timeOf(contender: Contender, calls: number, inFlight: number): Promise<number> {
  let left = calls
  const worker = async () => {
    while (left-- > 0) await contender()
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: inFlight }, worker))
  return performance.now() - startedAt
}

async function measureLimits(sandbox: Sandbox, workspace: string) {
  const marker = String(100_000_000 + (randomBytes(4).readUInt32BE() % 800_000_000))
  const wallMs = 300
  const request = { env: {}, workspace, mounts: [] }
  const script = `trap '' TERM INT HUP; setsid sleep ${marker} & (sleep ${marker} &) ; sleep ${marker}`
  const stubborn = await Promise.all(
    Array.from({ length: 4 }, () =>
      sandbox.run({ ...request, argv: ['sh', '-c', script], limits: { ...defaultLimits, wallMs } }),
    ),
  )
  const survivors = processesNaming(marker)
  const outputBytes = 1_000_000
  let handedOn = 0
  const flood = await sandbox.run({
    ...request,
    argv: ['yes'],
    limits: { ...defaultLimits, outputBytes },
    onBytes: (_, bytes) => (handedOn += bytes.length),
  })
  return {
    wallOvershootMs: Math.max(...stubborn.map(({ usage }) => usage.wallMs)) - wallMs,
    survivors,
    outputExcessBytes: Math.max(handedOn - outputBytes, flood.ending === 'output' ? 0 : Infinity),
  }
}

function processesNaming(marker: string): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(marker)
    } catch {
      return false
    }
  }).length
}
