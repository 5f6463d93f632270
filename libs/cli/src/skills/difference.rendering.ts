import type { Paint } from '../terminal/paint.js'
import { printable, shorten } from '../terminal/text.js'
import type { FieldDifference, FileDifference, SkillDifferences } from './skill.differences.js'

const signs = { added: '+', removed: '-', changed: '~' } as const
const colours = { added: 'green', removed: 'red', changed: 'yellow' } as const

/** The fields that differ, the files that differ, then a unified diff of each text. */
export function renderDifferences(differences: SkillDifferences, paint: Paint): string {
  const { name, from, to, fields, files } = differences
  const title = `${paint('bold', printable(name))} v${from} → v${to}`
  if (fields.length === 0 && files.length === 0) return `${title}: the same to the byte`
  return [
    title,
    ...fields.flatMap((field) => renderField(field, paint)),
    ...files.map((file) => renderFile(file, paint)),
    ...files.flatMap(({ patch }) => (patch === undefined ? [] : ['', renderPatch(patch, paint)])),
  ].join('\n')
}

function renderField({ field, from, to }: FieldDifference, paint: Paint): string[] {
  if (field === 'promptTemplate') return [`  ${paint('yellow', '~')} ${field}: see SKILL.md`]
  const shown = (value: unknown) => shorten(typeof value === 'string' ? value : JSON.stringify(value), 96)
  return [
    `  ${paint('yellow', '~')} ${field}`,
    `      ${paint('red', `- ${shown(from)}`)}`,
    `      ${paint('green', `+ ${shown(to)}`)}`,
  ]
}

function renderFile({ path, change, patch, executable }: FileDifference, paint: Paint): string {
  const bit = executable === undefined ? '' : executable ? ', now executable' : ', no more executable'
  const bytes = patch === undefined && executable === undefined ? ', not shown' : ''
  return `  ${paint(colours[change], signs[change])} ${printable(path)} (${change}${bit}${bytes})`
}

function renderPatch(patch: string, paint: Paint): string {
  return printable(patch)
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (line.startsWith('@@')) return paint('cyan', line)
      if (/^(?:---|\+\+\+) /.test(line)) return paint('bold', line)
      if (line.startsWith('+')) return paint('green', line)
      return line.startsWith('-') ? paint('red', line) : line
    })
    .join('\n')
}
