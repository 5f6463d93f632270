import type { Round } from './round.js'
import { median } from './statistics.js'

/** A figure that is asked for, or, with no `is`, one to judge others by. */
interface Goal {
  name: string
  is?: 'at least' | 'at most'
  value?: number
  of: (round: Round) => number
}

export interface Outcome {
  name: string
  goal: string
  /** Median of the rounds. */
  figure: number
  perRound: number[]
  /** Absent of a figure that nothing is asked of. */
  isReached?: boolean
}

const KIBIBYTE = 1024

const goals: readonly Goal[] = [
  {
    name: 'call / bubblewrap with the same profile: p50',
    is: 'at most',
    value: 1.25,
    of: ({ latencyMs }) => latencyMs.call.p50 / latencyMs.raw.p50,
  },
  {
    name: 'call / bare spawn: p50',
    is: 'at most',
    value: 6,
    of: ({ latencyMs }) => latencyMs.call.p50 / latencyMs.bare.p50,
  },
  {
    name: 'warm call / bare spawn: p50',
    is: 'at most',
    value: 2,
    of: ({ latencyMs }) => latencyMs.warm.p50 / latencyMs.bare.p50,
  },
  {
    name: 'calls / bare spawns, 8 in flight: rate',
    is: 'at least',
    value: 1 / 3,
    of: ({ rate }) => rate.call8 / rate.bare8,
  },
  // The most that a call can reach, since it is bubblewrap and something more.
  {
    name: 'bubblewrap with the same profile / bare spawns, 8 in flight: rate',
    of: ({ rate }) => rate.raw8 / rate.bare8,
  },
  {
    name: 'calls / bubblewrap with the same profile, 8 in flight: rate',
    of: ({ rate }) => rate.call8 / rate.raw8,
  },
  {
    name: 'file function in a session: p50 in ms, the slower of read and write',
    is: 'at most',
    value: 3,
    of: ({ latencyMs }) => Math.max(latencyMs.fileRead.p50, latencyMs.fileWrite.p50),
  },
  {
    name: 'beyond the wall limit: ms',
    is: 'at most',
    value: 500,
    of: ({ wallOvershootMs }) => wallOvershootMs,
  },
  { name: 'survivors', is: 'at most', value: 0, of: ({ survivors }) => survivors },
  {
    name: 'beyond the output limit: KiB',
    is: 'at most',
    value: 64,
    of: ({ outputExcessBytes }) => outputExcessBytes / KIBIBYTE,
  },
]

export function outcomesOf(rounds: readonly Round[]): Outcome[] {
  return goals.map(({ name, is, value, of }) => {
    const perRound = rounds.map(of)
    const figure = median(perRound)
    if (is === undefined || value === undefined) return { name, goal: '', figure, perRound }
    const isReached = is === 'at least' ? figure >= value : figure <= value
    return { name, goal: `${is} ${Number(value.toFixed(2))}`, figure, perRound, isReached }
  })
}

export function renderOutcomes(outcomes: readonly Outcome[]): string {
  const width = Math.max(...outcomes.map(({ name }) => name.length))
  return outcomes
    .map(({ name, goal, figure, perRound, isReached }) => {
      const rounds = perRound.map((one) => one.toFixed(2)).join(' ')
      const verdict = isReached === undefined ? '' : isReached ? 'reached' : 'NOT REACHED'
      return `${name.padEnd(width)}  ${goal.padEnd(14)}  ${figure.toFixed(2).padStart(7)}  (${rounds})  ${verdict}`.trimEnd()
    })
    .join('\n')
}
