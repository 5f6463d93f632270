import { SkillFound, SkillGet, SkillList, SkillListed } from '@guildhall/contracts'
import type { Command } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { exitCodes } from '../exit.codes.js'
import { importSkills } from './skill.import.js'
import { renderImport, renderSkill, renderSkills } from './skill.rendering.js'

export function addSkillCommands(program: Command, runner: CommandRunner): void {
  const skills = program.command('skills').description('what agents can be good at')

  skills
    .command('list')
    .description('every skill in its newest version')
    .action(
      runner.action(async (session) => {
        const listed = await session.ask(SkillList, {}, SkillListed)
        session.output.result(listed, (paint) => renderSkills(listed.skills, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  skills
    .command('show <name>')
    .description('one skill with its instructions, steps and files')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const found = await session.ask(SkillGet, { name }, SkillFound)
        session.output.result(found, (paint) => renderSkill(found, paint))
      }),
    )

  skills
    .command('import <dir>')
    .description('register the skill in a folder, or in each folder of it; the same again changes nothing')
    .action(
      runner.action(async (session, _options: object, dir: string) => {
        const imported = await importSkills(session, dir)
        session.output.result({ imported }, (paint) => renderImport(imported, paint))
        return imported.some(({ refused }) => refused) ? exitCodes.failed : exitCodes.done
      }),
    )
}
