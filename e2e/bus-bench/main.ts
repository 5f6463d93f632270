import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { parseOptions } from './bench.options.js'
import { BenchPlace, root } from './bench.place.js'
import { machineFacts } from './machine.facts.js'
import { busGoals, outcomesOf, type Round } from './ratio.goals.js'
import { renderOutcomes, renderScenarios } from './report.rendering.js'
import type { Measurement, Scenario, ScenarioSize } from './scenario.js'
import { auditSink } from './scenarios/audit.js'
import { exactlyOnceEffect } from './scenarios/effects.js'
import { bullmq, nestRedis } from './scenarios/peers.js'
import {
  clientRequest,
  loneRoutedEvent,
  routedEvent,
  routedEventAlways,
  routedEventFlatOut,
  routedRequest,
} from './scenarios/product.js'
import { loneRawTwoHops, rawFourHops, rawTwoHops } from './scenarios/raw.limits.js'

// Those that are compared with each other run close together.
const scenarios: readonly Scenario[] = [
  routedEvent,
  bullmq,
  routedEventAlways,
  routedEventFlatOut,
  rawTwoHops,
  routedRequest,
  rawFourHops,
  clientRequest,
  nestRedis,
  loneRoutedEvent,
  loneRawTwoHops,
  auditSink,
  exactlyOnceEffect,
]

const options = parseOptions(process.argv.slice(2), join(root, '.guildhall', 'bench', 'bus.json'))
const chosen = options.only.length === 0 ? scenarios : [...new Set(options.only.flatMap(scenariosNamed))]

const place = await BenchPlace.start({ profileDir: options.profileDir })
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void place.stop().finally(() => process.exit(1)))
}
try {
  const machine = await machineFacts(place)
  process.stdout.write(`${JSON.stringify(machine)}\n`)
  const rounds: Round[] = []
  for (let number = 1; number <= options.rounds; number += 1) {
    rounds.push(await runRound(place, number))
    write({ at: new Date().toISOString(), options, machine, rounds, outcomes: outcomesOf(busGoals, rounds) })
  }
  const outcomes = outcomesOf(busGoals, rounds)
  process.stdout.write(`\n${renderScenarios(chosen, rounds)}\n\n`)
  if (outcomes.length > 0) process.stdout.write(`${renderOutcomes(outcomes)}\n\n`)
  process.stdout.write(`figures: ${options.out}\n`)
} finally {
  await place.stop()
}

/** The one of that name, or else those with that in their names. */
function scenariosNamed(text: string): readonly Scenario[] {
  const exact = scenarios.filter(({ name }) => name === text)
  const found = exact.length > 0 ? exact : scenarios.filter(({ name }) => name.includes(text))
  if (found.length > 0) return found
  throw new Error(`--only: no scenario ${text}; there are: ${scenarios.map(({ name }) => name).join('; ')}`)
}

async function runRound(at: BenchPlace, number: number): Promise<Round> {
  const round: Record<string, Measurement & { loadBefore: number }> = {}
  for (const { name, measure } of chosen) {
    const loadBefore = loadavg()[0] ?? 0
    const size: ScenarioSize = { messages: options.messages, share: options.share }
    const measurement = await at.whileAllLive(measure(at, size))
    await at.whileAllLive(at.clean())
    round[name] = { ...measurement, loadBefore }
    const { rate, bareRate, cpuUs, latencyMs } = measurement
    const figures = [
      rate === undefined ? '' : `${Math.round(rate)}/s`,
      bareRate === undefined ? '' : `bare ${Math.round(bareRate)}/s`,
      cpuUs ? `${cpuUs.sum.toFixed(1)} µs` : '',
      latencyMs ? `p50 ${latencyMs.p50.toFixed(2)} p99 ${latencyMs.p99.toFixed(2)} ms` : '',
    ]
    process.stdout.write(`round ${number}  ${name}: ${figures.filter(Boolean).join(', ')}\n`)
  }
  return round
}

function write(figures: object): void {
  mkdirSync(dirname(options.out), { recursive: true })
  writeFileSync(options.out, `${JSON.stringify(figures, null, 2)}\n`)
}
