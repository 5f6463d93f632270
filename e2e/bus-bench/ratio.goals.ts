import type { Measurement } from './scenario.js'
import { median } from './statistics.js'

/** The measurements of one round, by scenario. */
export type Round = Readonly<Record<string, Measurement>>

/** A figure that is asked for. */
export interface Goal {
  name: string
  is: 'at least' | 'at most'
  value: number
  /** The figure of one round; undefined when the round lacks a scenario of it. */
  of(round: Round): number | undefined
}

export interface Outcome {
  name: string
  goal: string
  /** Median of the rounds. */
  figure: number
  perRound: number[]
  isReached: boolean
}

/** Every goal that some round has the figures for. */
export function outcomesOf(goals: readonly Goal[], rounds: readonly Round[]): Outcome[] {
  return goals.flatMap((goal) => {
    const perRound = rounds.map((round) => goal.of(round)).filter((figure) => figure !== undefined)
    if (perRound.length === 0) return []
    const figure = median(perRound)
    const isReached = goal.is === 'at least' ? figure >= goal.value : figure <= goal.value
    return [{ name: goal.name, goal: `${goal.is} ${goal.value}`, figure, perRound, isReached }]
  })
}

type Reading = (measurement: Measurement) => number | undefined

/** One scenario's figure over another's, both of the same round. */
export function ratio(reading: Reading, of: string, to: string): Goal['of'] {
  return (round) => {
    const [above, below] = [round[of] && reading(round[of]), round[to] && reading(round[to])]
    return above === undefined || below === undefined ? undefined : above / below
  }
}

export const rate: Reading = (measurement) => measurement.rate
export const cpu: Reading = (measurement) => measurement.cpuUs?.sum
export const p50: Reading = (measurement) => measurement.latencyMs?.p50

const bareRatio: Goal['of'] = (round) => {
  const { rate, bareRate } = round['exactly-once effect'] ?? {}
  return rate === undefined || bareRate === undefined ? undefined : rate / bareRate
}

/** The audit's rate over the highest at which the same round has seen events routed. */
const auditRatio: Goal['of'] = (round) => {
  const { rate: drained, routedRate } = round['audit sink'] ?? {}
  const names = ['routed event', 'routed event, flat out']
  const routed = [routedRate, ...names.map((name) => round[name]?.rate)].filter((one) => one !== undefined)
  return drained === undefined || routed.length === 0 ? undefined : drained / Math.max(...routed)
}

/** What the bus has to reach, measured in one run on one machine. */
export const busGoals: readonly Goal[] = [
  {
    name: 'routed event / bullmq: rate',
    is: 'at least',
    value: 2,
    of: ratio(rate, 'routed event', 'bullmq'),
  },
  {
    name: 'routed event / bullmq: CPU a message',
    is: 'at most',
    value: 0.5,
    of: ratio(cpu, 'routed event', 'bullmq'),
  },
  {
    name: 'routed event, flat out / raw two-hop limit: rate',
    is: 'at least',
    value: 0.7,
    of: ratio(rate, 'routed event, flat out', 'raw two-hop limit'),
  },
  {
    name: 'routed request-reply / raw four-hop limit: rate',
    is: 'at least',
    value: 0.75,
    of: ratio(rate, 'routed request-reply', 'raw four-hop limit'),
  },
  {
    name: 'client request-reply / raw four-hop limit: rate',
    is: 'at least',
    value: 0.75,
    of: ratio(rate, 'client request-reply', 'raw four-hop limit'),
  },
  {
    name: 'lone routed event / lone raw two-hop: p50',
    is: 'at most',
    value: 1.4,
    of: ratio(p50, 'lone routed event', 'lone raw two-hop'),
  },
  {
    name: 'routed event: fsync always / everysec: rate',
    is: 'at least',
    value: 0.6,
    of: ratio(rate, 'routed event, fsync always', 'routed event'),
  },
  {
    name: 'exactly-once effect / bare transactions: rate',
    is: 'at least',
    value: 0.6,
    of: bareRatio,
  },
  { name: 'audit sink / routed event at its peak: rate', is: 'at least', value: 2, of: auditRatio },
  {
    name: 'audit sink: lag at half the peak, p99 in ms',
    is: 'at most',
    value: 1_000,
    of: (round) => round['audit sink']?.latencyMs?.p99,
  },
]
