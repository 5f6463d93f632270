import type { SkillDetails, SkillFileView, SkillVersionsListed, SkillView } from '@guildhall/contracts'
import type { Paint } from '../terminal/paint.js'
import { renderBlock, renderPairs, renderTable } from '../terminal/table.js'
import { bytes, listed, printable, shorten, when, wrap } from '../terminal/text.js'

export function renderSkills(skills: readonly SkillView[], paint: Paint): string {
  if (skills.length === 0) return 'No skills. Import some: guildhall skills import skills'
  return renderTable(
    ['name', 'version', 'runs as', 'may call', 'what it is for'],
    skills.map((skill) => [
      paint(skill.retiredAt === undefined ? 'bold' : 'gray', printable(skill.name)),
      renderVersion(skill, paint),
      skill.scripted ? 'script' : 'llm',
      listed(skill.requiredCapabilities),
      shorten(skill.description, 46),
    ]),
    paint,
  )
}

/** `v3`, and why it is that one where that needs a word. */
export function renderVersion(skill: SkillView, paint: Paint): string {
  const version = `v${skill.version}`
  if (skill.retiredAt !== undefined) return `${version} ${paint('gray', 'retired')}`
  if (skill.pinnedVersion === undefined) return version
  if (skill.version !== skill.pinnedVersion)
    return `${version} ${paint('yellow', `v${skill.pinnedVersion} is pinned`)}`
  const newest = skill.pinnedVersion < skill.newestVersion ? `, newest v${skill.newestVersion}` : ''
  return `${version} ${paint('yellow', `pinned${newest}`)}`
}

export function renderSkill(skill: SkillDetails, paint: Paint): string {
  const steps = skill.configuration.steps?.map((step) => `${step.id} (${step.call})`)
  const parameters = Object.keys(skill.configuration.parameters?.['properties'] ?? {})
  const metadata = Object.entries(skill.metadata).map(([name, text]) => `${name}: ${text}`)
  const restored = skill.restoredFrom === undefined ? '' : `, what v${skill.restoredFrom} says`
  const lines = (texts: readonly string[]) =>
    texts.length > 0 ? texts.map((text) => shorten(text, 84)).join('\n') : undefined
  const pairs = renderPairs(
    [
      ['skill', `${paint('bold', printable(skill.name))} ${renderVersion(skill, paint)}${restored}`],
      ['for', wrap(skill.description, 84).join('\n')],
      ['may call', listed(skill.requiredCapabilities)],
      ['steps', steps ? listed(steps) : 'none: only a model can carry it out'],
      ['takes', parameters.length > 0 ? listed(parameters) : undefined],
      ['tags', skill.tags.length > 0 ? listed(skill.tags) : undefined],
      ['examples', lines(skill.examples)],
      ['licence', skill.license === undefined ? undefined : shorten(skill.license, 84)],
      ['wants', skill.compatibility === undefined ? undefined : shorten(skill.compatibility, 84)],
      ['metadata', lines(metadata)],
      ['notes', lines(skill.notes.map(({ message }) => message))],
      ['files', skill.files.length > 0 ? skill.files.map(renderFile).join('\n') : '–'],
      ['digest', skill.digest],
      ['since', `${when(skill.createdAt)} UTC`],
      ['retired', skill.retiredAt === undefined ? undefined : `${when(skill.retiredAt)} UTC`],
    ],
    paint,
  )
  return `${pairs}\n${paint('dim', 'instructions')}\n${renderBlock(wrap(skill.promptTemplate, 96).join('\n'))}`
}

export function renderVersions({ skill, versions }: SkillVersionsListed, paint: Paint): string {
  return renderTable(
    ['version', 'since (UTC)', 'digest', 'what it is for'],
    versions.map((one) => [
      one.version === skill.version ? renderVersion(skill, paint) : `v${one.version}`,
      when(one.createdAt),
      one.digest.slice(0, 12),
      `${one.restoredFrom === undefined ? '' : `(v${one.restoredFrom} again) `}${shorten(one.description, 46)}`,
    ]),
    paint,
  )
}

function renderFile({ path, sizeBytes, executable, isText }: SkillFileView): string {
  const kinds = [bytes(sizeBytes), ...(executable ? ['executable'] : []), ...(isText ? [] : ['no text'])]
  return `${printable(path)} (${kinds.join(', ')})`
}
