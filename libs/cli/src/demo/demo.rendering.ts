import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Paint } from '../terminal/paint.js'
import { renderPairs } from '../terminal/table.js'
import { bytes, duration, listed, printable, shorten, wrap } from '../terminal/text.js'
import { renderState } from '../tasks/task.rendering.js'
import type { DemoReport, DemoTask, Expectation } from './demo.report.js'

/** How a task ended: its state, result or error, its artifacts, and the first lines of its report. */
export async function renderEnding(task: DemoTask, root: string, paint: Paint): Promise<string> {
  const lines = [`${paint('dim', '→')} ${renderState(task.state, paint)}`]
  const add = (name: string, text: string) =>
    lines.push(renderPairs([[name, wrap(text, 80).join('\n')]], paint))
  if (task.result !== undefined) add('result   ', task.result.trim())
  if (task.error) add('why      ', task.error.message)
  if (task.missingSkills.length > 0) add('missing  ', listed(task.missingSkills))
  for (const [folder, files] of Map.groupBy(task.artifacts, ({ path }) => dirname(path))) {
    const sizes = files.map(({ name, sizeBytes }) => `${printable(basename(name))} (${bytes(sizeBytes)})`)
    add('artifacts', [`${shownPath(folder, root)}/`, sizes.join(', ')].join('\n'))
  }
  const [report] = task.artifacts.filter(({ name }) => name.endsWith('.md'))
  if (report) lines.push(...(await firstLines(report.path, 9)).map((line) => paint('dim', `  │ ${line}`)))
  return lines.join('\n')
}

/** The last page: figures, trace, commands, and whether everything went as promised. */
export function renderClosing(report: Omit<DemoReport, 'tookMs'>, paint: Paint): string {
  const { messages, audit } = report
  const figures = renderPairs(
    [
      [
        'router',
        messages
          ? `${messages.carried} messages carried, ${messages.refused} refused since this start`
          : 'does not answer',
      ],
      [
        'audit',
        `${audit.records} records since the first start: ${audit.allowed} allowed, ${audit.denied} denied`,
      ],
      ['trace', report.traceId ?? 'none'],
    ],
    paint,
  )
  return [
    figures,
    '',
    paint('dim', 'look further'),
    ...report.commands.map((command) => `  ${command}`),
  ].join('\n')
}

export function renderExpectations(expectations: readonly Expectation[], paint: Paint): string {
  return expectations
    .map(({ what, isMet }) => `${isMet ? paint('green', '✔') : paint('red', '✖')} ${what}`)
    .join('\n')
}

export function renderTook(tookMs: number): string {
  return `done in ${duration(tookMs)}`
}

/** From the checkout on where it lies in it, so that the line stays short. */
function shownPath(path: string, root: string): string {
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path
}

async function firstLines(path: string, count: number): Promise<string[]> {
  // The executor's folder may be another user's; the path alone is shown then.
  const text = await readFile(path, 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(0, count)
    .map((line) => shorten(line, 90))
}
