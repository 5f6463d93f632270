import {
  SkillExport,
  SkillExported,
  SkillFound,
  SkillGet,
  SkillListVersions,
  SkillPin,
  SkillPinned,
  SkillRetire,
  SkillRetired,
  SkillRollBack,
  SkillRolledBack,
  SkillUnpin,
  SkillUnpinned,
  SkillVersionsListed,
  type SkillView,
} from '@guildhall/contracts'
import { type Command, InvalidArgumentError } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { FailedError } from '../exit.codes.js'
import { parseCount } from '../option.parsing.js'
import type { Paint } from '../terminal/paint.js'
import { printable } from '../terminal/text.js'
import { renderDifferences } from './difference.rendering.js'
import { differencesOf, type SkillVersion } from './skill.differences.js'
import { renderVersion, renderVersions } from './skill.rendering.js'

/** `3` or `v3`. */
export function parseVersion(text: string): number {
  const number = /^v?(\d+)$/.exec(text)?.[1]
  if (number === undefined) throw new InvalidArgumentError('Use a version such as 3.')
  return parseCount(1, 2 ** 31 - 1)(number)
}

export function addSkillVersionCommands(skills: Command, runner: CommandRunner): void {
  skills
    .command('versions <name>')
    .description('every version of a skill, newest first')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const listed = await session.ask(SkillListVersions, { name }, SkillVersionsListed)
        session.output.result(listed, (paint) => renderVersions(listed, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  skills
    .command('diff <name>')
    .description('what differs between two versions, in fields and files')
    .argument('[from]', 'default: the version before', parseVersion)
    .argument('[to]', 'default: the newest', parseVersion)
    .action(
      runner.action(async (session, _options: object, name: string, from?: number, to?: number) => {
        const newer = to ?? (await newestOf(session, name))
        const older = from ?? newer - 1
        if (older < 1)
          throw new FailedError('single-version', `${name} has one version only: nothing to compare.`)
        const differences = differencesOf(
          await versionOf(session, name, older),
          await versionOf(session, name, newer),
        )
        session.output.result(differences, (paint) => renderDifferences(differences, paint))
      }),
    )

  skills
    .command('pin <name>')
    .description('hand this version out, whatever is imported later')
    .argument('<version>', 'see `skills versions`', parseVersion)
    .action(
      runner.action(async (session, _options: object, name: string, version: number) => {
        const { skill } = await session.ask(SkillPin, { name, version }, SkillPinned)
        showStanding(session, skill)
      }),
    )

  skills
    .command('unpin <name>')
    .description('hand the newest version out again')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const { skill } = await session.ask(SkillUnpin, { name }, SkillUnpinned)
        showStanding(session, skill)
      }),
    )

  skills
    .command('rollback <name>')
    .description('make what an older version says the newest version again')
    .argument('<version>', 'see `skills versions`', parseVersion)
    .action(
      runner.action(async (session, _options: object, name: string, version: number) => {
        const rolledBack = await session.ask(SkillRollBack, { name, version }, SkillRolledBack)
        const { skill, created } = rolledBack
        const what = created ? `says what v${version} says` : `says what v${version} says already`
        session.output.result(rolledBack, (paint) => `${standing(skill, paint)} ${what}`)
      }),
    )

  skills
    .command('retire <name>')
    .description('matched no more and given to no agent; runs that began go on; importing it again undoes it')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const { skill } = await session.ask(SkillRetire, { name }, SkillRetired)
        showStanding(session, skill)
      }),
    )
}

function showStanding(session: CommandSession, skill: SkillView): void {
  session.output.result({ skill }, (paint) => standing(skill, paint))
}

function standing(skill: SkillView, paint: Paint): string {
  return `${paint('bold', printable(skill.name))} ${renderVersion(skill, paint)}`
}

async function newestOf(session: CommandSession, name: string): Promise<number> {
  const { skill } = await session.ask(SkillListVersions, { name }, SkillVersionsListed)
  return skill.newestVersion
}

async function versionOf(session: CommandSession, name: string, version: number): Promise<SkillVersion> {
  const { skill } = await session.ask(SkillGet, { name, version }, SkillFound)
  return { details: skill, source: await session.ask(SkillExport, { name, version }, SkillExported) }
}
