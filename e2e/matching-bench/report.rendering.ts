import { type Figures, figureNames } from './metrics.js'
import type { ScaleFigures } from './scale.js'

export interface SuiteReport {
  name: string
  skills: number
  queries: number
  /** Which matcher answered: one name, or several when it changed. */
  source: string
  p50Ms: number
  p95Ms: number
  /** Absent when the suite has no labels. */
  figures?: Figures
}

const titles: Record<keyof Figures, string> = {
  top1: 'top-1',
  recall5: 'recall@5',
  mrr: 'MRR@10',
  complete5: 'multi: complete@5',
  setF1: 'multi: set F1',
  auroc: 'AUROC',
  aurocNear: 'AUROC near',
  aurocFar: 'AUROC far',
  fpr95: 'FPR@95',
  acceptedRight: 'accepted, right',
  rejected: 'none rejected',
  decision: 'decision',
  ece: 'ECE',
  agentBySkill: 'agent@1 by skill',
  agentByProfile: 'agent@1 by profile',
  agentRejected: 'none: no agent',
}

/** One column a suite and one for the mean over the suites that have the figure. */
export function renderReport(suites: readonly SuiteReport[], macro: Figures): string {
  const rows = [
    ['', ...suites.map(({ name }) => name), 'macro'],
    ['skills', ...suites.map(({ skills }) => String(skills)), ''],
    ['queries', ...suites.map(({ queries }) => String(queries)), ''],
    ['matched by', ...suites.map(({ source }) => source), ''],
    ...figureNames.map((name) => [
      titles[name],
      ...suites.map(({ figures }) => share(figures?.[name])),
      share(macro[name]),
    ]),
    ['p50 ms', ...suites.map(({ p50Ms }) => p50Ms.toFixed(1)), ''],
    ['p95 ms', ...suites.map(({ p95Ms }) => p95Ms.toFixed(1)), ''],
  ]
  return renderColumns(rows)
}

export function renderScale(measurements: readonly ScaleFigures[]): string {
  const one = (figure: number) => figure.toFixed(1)
  const rows = [
    ['skills', 'index ms', 'ready ms', 'query p50', 'p95', 'add p50', 'p95', 'heap MiB', 'process MiB'],
    ...measurements.map((figures) => [
      String(figures.skills),
      one(figures.indexedMs),
      one(figures.readyMs),
      one(figures.queryP50Ms),
      one(figures.queryP95Ms),
      one(figures.addedP50Ms),
      one(figures.addedP95Ms),
      one(figures.heapMib),
      one(figures.rssMib),
    ]),
  ]
  return renderColumns(rows)
}

function share(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '-' : value.toFixed(3)
}

function renderColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n')
}
