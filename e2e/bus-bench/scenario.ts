import type { BenchPlace } from './bench.place.js'
import type { CpuPerMessage } from './cpu.meter.js'
import { percentile } from './statistics.js'

export interface Measurement {
  messages: number
  /** Messages a second; absent where the rate was given. */
  rate?: number
  /** Of the same work done without the product, in turns with it. */
  bareRate?: number
  /** At which events were routed before the measurement. */
  routedRate?: number
  cpuUs?: CpuPerMessage
  latencyMs?: Latency
}

export interface Latency {
  p50: number
  p99: number
}

/** What is measured once in each round. */
export interface Scenario {
  name: string
  /** One line for the table. */
  what: string
  measure(place: BenchPlace, size: ScenarioSize): Promise<Measurement>
}

/** How much is measured. */
export interface ScenarioSize {
  /** Scales a scenario's own count of messages. */
  share: number
  /** Of the routed event; others are in proportion. */
  messages: number
}

/** The part of its messages with which a scenario warms its processes up before it measures. */
export const warmUpShare = 0.25

/** Messages of a scenario at 300 a second: enough of them that it is warm before the middle one. */
export function loneMessages(share: number): number {
  return Math.max(600, Math.ceil(1_500 * share))
}

export function latencyOf(latenciesMs: readonly number[]): Latency {
  return { p50: percentile(latenciesMs, 0.5), p99: percentile(latenciesMs, 0.99) }
}
