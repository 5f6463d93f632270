import { basename } from 'node:path'
import type { Paint } from '../terminal/paint.js'
import { renderTable } from '../terminal/table.js'
import { listed, printable } from '../terminal/text.js'
import { type ImportedSkill, importResults } from './skill.import.js'
import { renderVersion } from './skill.rendering.js'

const colours = { added: 'green', changed: 'cyan', unchanged: 'gray', refused: 'red' } as const
const mostNamed = 5

/** How many folders came to which result. */
export function countResults(imported: readonly ImportedSkill[]): Record<ImportedSkill['result'], number> {
  const count = (result: string) => imported.filter((one) => one.result === result).length
  const [added, changed, unchanged, refused] = importResults.map(count)
  return { added: added ?? 0, changed: changed ?? 0, unchanged: unchanged ?? 0, refused: refused ?? 0 }
}

/** A table of what was imported, what was refused and why, and what owners should know. */
export function renderImport(imported: readonly ImportedSkill[], paint: Paint): string {
  const table = renderTable(
    ['skill', 'result', 'version', 'may call'],
    imported.map((one) => [
      paint('bold', printable(one.skill?.name ?? basename(one.folder))),
      paint(colours[one.result], one.revived ? `${one.result}, no more retired` : one.result),
      one.skill ? renderVersion(one.skill, paint) : '',
      one.skill ? listed(one.skill.requiredCapabilities) : '',
    ]),
    paint,
  )
  const counts = Object.entries(countResults(imported)).filter(([, count]) => count > 0)
  const total = counts.map(([result, count]) => `${count} ${result}`).join(', ')
  return [
    table,
    ...refusals(imported, paint),
    ...leftOut(imported, paint),
    ...notes(imported, paint),
    total,
  ].join('\n')
}

function refusals(imported: readonly ImportedSkill[], paint: Paint): string[] {
  return imported.flatMap(({ folder, refused }) =>
    refused
      ? [`${paint('red', '✖')} ${printable(folder)} (${refused.code})\n  ${printable(refused.message)}`]
      : [],
  )
}

function leftOut(imported: readonly ImportedSkill[], paint: Paint): string[] {
  return imported.flatMap((one) =>
    one.leftOut.map(
      ({ path, reason }) =>
        `${paint('yellow', '!')} ${printable(basename(one.folder))}: left out ${printable(path)}: ${reason}`,
    ),
  )
}

/** Every kind of note once for all skills that have it: most have the same few. */
function notes(imported: readonly ImportedSkill[], paint: Paint): string[] {
  const byCode = new Map<string, { skill: string; message: string }[]>()
  for (const one of imported)
    for (const { code, message } of one.notes)
      byCode.set(code, [...(byCode.get(code) ?? []), { skill: one.skill?.name ?? '', message }])
  return [...byCode].flatMap(([code, all]) => [
    `${paint('yellow', '!')} ${code}: ${all.length} ${all.length === 1 ? 'skill' : 'skills'}`,
    ...all.slice(0, mostNamed).map(({ skill, message }) => `  ${printable(skill)}: ${printable(message)}`),
    ...(all.length > mostNamed ? [`  … all of them with --json or --report FILE`] : []),
  ])
}
