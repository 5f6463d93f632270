import { basename } from 'node:path'
import type { SkillFound, SkillView } from '@guildhall/contracts'
import type { Paint } from '../terminal/paint.js'
import { renderBlock, renderPairs, renderTable } from '../terminal/table.js'
import { listed, printable, shorten, when, wrap } from '../terminal/text.js'
import type { ImportedSkill } from './skill.import.js'

export function renderSkills(skills: readonly SkillView[], paint: Paint): string {
  if (skills.length === 0) return 'No skills. Import some: guildhall skills import skills'
  return renderTable(
    ['name', 'version', 'runs as', 'may call', 'what it is for'],
    skills.map((skill) => [
      paint('bold', printable(skill.name)),
      `v${skill.version}`,
      skill.scripted ? 'script' : 'llm',
      listed(skill.requiredCapabilities),
      shorten(skill.description, 46),
    ]),
    paint,
  )
}

export function renderSkill({ skill }: SkillFound, paint: Paint): string {
  const steps = skill.configuration.steps?.map((step) => `${step.id} (${step.call})`)
  const parameters = Object.keys(skill.configuration.parameters?.['properties'] ?? {})
  const pairs = renderPairs(
    [
      ['skill', `${paint('bold', printable(skill.name))} v${skill.version}`],
      ['for', wrap(skill.description, 84).join('\n')],
      ['may call', listed(skill.requiredCapabilities)],
      ['steps', steps ? listed(steps) : 'none: only a model can carry it out'],
      ['takes', parameters.length > 0 ? listed(parameters) : undefined],
      ['tags', skill.tags.length > 0 ? listed(skill.tags) : undefined],
      [
        'examples',
        skill.examples.length > 0 ? skill.examples.map((text) => shorten(text, 84)).join('\n') : undefined,
      ],
      ['files', listed(Object.keys(skill.files))],
      ['since', `${when(skill.createdAt)} UTC`],
    ],
    paint,
  )
  return `${pairs}\n${paint('dim', 'instructions')}\n${renderBlock(wrap(skill.promptTemplate, 96).join('\n'))}`
}

export function renderImport(imported: readonly ImportedSkill[], paint: Paint): string {
  return imported.flatMap((one) => renderImported(one, paint)).join('\n')
}

function renderImported(one: ImportedSkill, paint: Paint): string[] {
  const lines = one.refused
    ? [
        `${paint('red', '✖')} ${printable(basename(one.folder))} refused: ${printable(one.refused.message)} (${one.refused.code})`,
      ]
    : [
        `${paint('green', '✔')} ${printable(one.skill?.name ?? '')} v${one.skill?.version} ${one.created ? 'registered' : 'was registered before'}`,
      ]
  for (const { path, reason } of one.leftOut)
    lines.push(`  ${paint('yellow', '!')} left out ${printable(path)}: ${reason}`)
  return lines
}
