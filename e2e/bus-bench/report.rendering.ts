import type { Outcome, Round } from './ratio.goals.js'
import type { Measurement, Scenario } from './scenario.js'
import { median } from './statistics.js'

/** What each scenario measured, over all rounds: rates as `median (best)`, everything else as medians. */
export function renderScenarios(
  scenarios: readonly Pick<Scenario, 'name' | 'what'>[],
  rounds: readonly Round[],
) {
  const head = ['scenario', 'msgs/s', 'CPU µs/msg', 'of it Redis', 'p50 ms', 'p99 ms', 'roles µs/msg']
  const rows = scenarios.flatMap(({ name }) => {
    const measured = rounds.flatMap((round) => round[name] ?? [])
    if (measured.length === 0) return []
    const bare = measured.map(({ bareRate }) => bareRate).filter((rate) => rate !== undefined)
    return [[name, ...cellsOf(measured)], ...(bare.length > 0 ? [['  the same, bare', ratesOf(bare)]] : [])]
  })
  const legend = scenarios.map(({ name, what }) => `${name}: ${what}`)
  return [renderTable([head, ...rows]), '', ...legend].join('\n')
}

/** The figures asked for, the goal beside each. */
export function renderOutcomes(outcomes: readonly Outcome[]): string {
  return renderTable([
    ['figure', 'goal', 'measured', 'rounds', ''],
    ...outcomes.map(({ name, goal, figure, perRound, isReached }) => [
      name,
      goal,
      figure.toFixed(2),
      perRound.map((one) => one.toFixed(2)).join(' '),
      isReached ? 'reached' : 'NOT REACHED',
    ]),
  ])
}

function cellsOf(measured: readonly Measurement[]): string[] {
  const of = (reading: (measurement: Measurement) => number | undefined) =>
    measured.map(reading).filter((value) => value !== undefined)
  const rates = of(({ rate }) => rate)
  const roles = [...new Set(measured.flatMap(({ cpuUs }) => Object.keys(cpuUs?.roles ?? {})))]
  return [
    rates.length > 0 ? ratesOf(rates) : '',
    number(of(({ cpuUs }) => cpuUs?.sum)),
    number(of(({ cpuUs }) => cpuUs?.redis)),
    number(
      of(({ latencyMs }) => latencyMs?.p50),
      2,
    ),
    number(
      of(({ latencyMs }) => latencyMs?.p99),
      2,
    ),
    roles.map((role) => `${role} ${number(of(({ cpuUs }) => cpuUs?.roles[role]))}`).join(', '),
  ]
}

function ratesOf(rates: readonly number[]): string {
  return `${thousands(median(rates))} (${thousands(Math.max(...rates))})`
}

function number(values: readonly number[], digits = 1): string {
  return values.length > 0 ? median(values).toFixed(digits) : ''
}

function thousands(rate: number): string {
  return `${(rate / 1_000).toFixed(1)}k`
}

function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
